//! The tables of both non-INVITE transactions, row by row: RFC 3261 17.1.2 (figure 6) and 17.2.2 (figure 8), with what
//! RFC 4320 4.1 and 4.2 changes. Each row begins in its state, has one event, and says what is sent, what the user
//! hears, and what is left.

use iwf_model::Flow;

use crate::world::{World, request, response, tcp, udp, world};

const BRANCH: &str = "z9hG4bKa";

/// A row: state, transport, event; octets sent, what the user hears, state afterwards.
type Row = (&'static str, &'static str, &'static str, usize, &'static [&'static str], &'static str);

fn flow(transport: &str) -> Flow {
    if transport == "UDP" { udp() } else { tcp() }
}

/// RFC 3261 17.1.2.2, figure 6. Each row of "any" holds for both transports.
const CLIENT: [Row; 29] = [
    ("start", "any", "request", 1, &[], "Trying"),
    ("Trying", "UDP", "timer E", 1, &[], "Trying"),
    ("Trying", "TCP", "timer E", 0, &[], "Trying"),
    ("Trying", "any", "timer F", 0, &["Timeout for 7"], "Terminated"),
    ("Trying", "any", "transport error", 0, &["Transport for 7"], "Terminated"),
    ("Trying", "any", "100", 0, &["100 for 7"], "Proceeding"),
    ("Trying", "any", "183", 0, &["183 for 7"], "Proceeding"),
    ("Trying", "UDP", "200", 0, &["200 for 7"], "Completed"),
    ("Trying", "TCP", "200", 0, &["200 for 7"], "Terminated"),
    ("Trying", "UDP", "302", 0, &["302 for 7"], "Completed"),
    ("Trying", "UDP", "408", 0, &["408 for 7"], "Completed"),
    ("Trying", "UDP", "503", 0, &["503 for 7"], "Completed"),
    ("Trying", "UDP", "603", 0, &["603 for 7"], "Completed"),
    ("Proceeding", "UDP", "timer E", 1, &[], "Proceeding"),
    ("Proceeding", "TCP", "timer E", 0, &[], "Proceeding"),
    ("Proceeding", "any", "timer F", 0, &["Timeout for 7"], "Terminated"),
    ("Proceeding", "any", "transport error", 0, &["Transport for 7"], "Terminated"),
    ("Proceeding", "any", "100", 0, &["100 for 7"], "Proceeding"),
    ("Proceeding", "UDP", "200", 0, &["200 for 7"], "Completed"),
    ("Proceeding", "TCP", "200", 0, &["200 for 7"], "Terminated"),
    ("Proceeding", "UDP", "404", 0, &["404 for 7"], "Completed"),
    ("Completed", "UDP", "timer E", 0, &[], "Completed"),
    ("Completed", "UDP", "100", 0, &[], "Completed"),
    ("Completed", "UDP", "200", 0, &[], "Completed"),
    ("Completed", "UDP", "500", 0, &[], "Completed"),
    ("Completed", "UDP", "transport error", 0, &[], "Terminated"),
    ("Completed", "UDP", "timer K", 0, &[], "Terminated"),
    ("Terminated", "any", "200", 0, &["dropped StrayResponse"], "Terminated"),
    ("Terminated", "any", "timer F", 0, &[], "Terminated"),
];

/// A client transaction in a state; what led there is forgotten.
fn client(state: &str, flow: Flow) -> World {
    let mut world = world();
    match state {
        "start" => return world,
        "Trying" => world.send(7, BRANCH, flow),
        "Proceeding" => {
            world.send(7, BRANCH, flow);
            world.receive(response(100, BRANCH), flow);
        }
        _ => {
            world.send(7, BRANCH, flow);
            world.receive(response(200, BRANCH), flow);
            if state == "Terminated" {
                world.run_until(5_000);
            }
        }
    }
    (world.sent, world.said) = (Vec::new(), Vec::new());
    world
}

fn happens_to_client(world: &mut World, event: &str, flow: Flow) {
    match event {
        "request" => world.send(7, BRANCH, flow),
        // In Trying after T1, in Proceeding it was set before the 100 came.
        "timer E" => world.run_until(500),
        "timer K" => world.run_until(5_000),
        // Timer E is none of this row.
        "timer F" => {
            world.run_until(31_999);
            world.sent.clear();
            world.run_until(32_000);
        }
        "transport error" => world.break_flow(flow),
        status => world.receive(response(status.parse().unwrap(), BRANCH), flow),
    }
}

/// The state a client transaction is in, as far as it can be told from outside: by what it would do.
fn client_state(world: &mut World, flow: Flow) -> &'static str {
    if world.endpoint.transactions().0 == 0 {
        return "Terminated";
    }
    world.said.clear();
    let (_, reason) = world.endpoint.poll_timeout().unwrap();
    if format!("{reason:?}") == "Linger" {
        return "Completed";
    }
    // After T1 timer E goes on with T2 in Proceeding, and with twice T1 in Trying; over TCP both look alike.
    world.run_until(501);
    world.sent.clear();
    world.run_until(1_600);
    match (world.sent.len(), flow) {
        (0, Flow::Udp { .. }) => "Proceeding",
        (_, Flow::Udp { .. }) => "Trying",
        _ => "Trying or Proceeding",
    }
}

#[test]
fn a_client_transaction_follows_figure_6() {
    for (state, transports, event, sends, hears, then) in CLIENT {
        for transport in ["UDP", "TCP"] {
            if transports != "any" && transports != transport {
                continue;
            }
            let (row, flow) = (format!("{state}, {transport}, {event}"), flow(transport));
            let mut world = client(state, flow);
            happens_to_client(&mut world, event, flow);
            assert_eq!(world.sent.len(), sends, "{row}");
            assert_eq!(world.events(), hears, "{row}");
            let reached = client_state(&mut world, flow);
            assert!(reached.split(" or ").any(|one| one == then), "{row}: {reached}, not {then}");
        }
    }
}

/// RFC 3261 17.2.2, figure 8; RFC 4320 4.1 (when a 100 may be sent), 4.2 (no 408, nothing late).
const SERVER: [Row; 27] = [
    ("start", "any", "request", 0, &["request MESSAGE"], "Trying"),
    ("Trying", "any", "request", 0, &[], "Trying"),
    ("Trying", "UDP", "user: 100", 0, &[], "Trying"),
    ("Trying", "TCP", "user: 100", 1, &[], "Proceeding"),
    ("Trying", "any", "user: 183", 0, &[], "Trying"),
    ("Trying", "UDP", "3.5 s", 1, &[], "Proceeding"),
    ("Trying", "TCP", "3.5 s", 0, &[], "Trying"),
    ("Trying", "UDP", "user: 200", 1, &[], "Completed"),
    ("Trying", "TCP", "user: 200", 1, &[], "Terminated"),
    ("Trying", "UDP", "user: 500", 1, &[], "Completed"),
    ("Trying", "UDP", "user: 408", 0, &[], "Completed silently"),
    ("Trying", "TCP", "user: 408", 0, &[], "Terminated"),
    ("Trying", "any", "64 * T1", 0, &[], "Terminated"),
    ("Trying", "any", "transport error", 0, &[], "Terminated"),
    ("Proceeding", "any", "request", 1, &[], "Proceeding"),
    ("Proceeding", "any", "user: 100", 1, &[], "Proceeding"),
    ("Proceeding", "any", "user: 180", 0, &[], "Proceeding"),
    ("Proceeding", "UDP", "user: 200", 1, &[], "Completed"),
    ("Proceeding", "TCP", "user: 200", 1, &[], "Terminated"),
    ("Proceeding", "any", "transport error", 0, &[], "Terminated"),
    ("Proceeding", "any", "64 * T1", 0, &[], "Terminated"),
    ("Completed", "UDP", "request", 1, &[], "Completed"),
    ("Completed", "UDP", "user: 200", 0, &[], "Completed"),
    ("Completed", "UDP", "user: 500", 0, &[], "Completed"),
    ("Completed", "UDP", "transport error", 0, &[], "Terminated"),
    ("Completed", "UDP", "64 * T1", 0, &[], "Terminated"),
    ("Terminated", "any", "user: 200", 0, &[], "Terminated"),
];

/// A server transaction in a state, and what answers it; what led there is forgotten.
fn server(state: &str, flow: Flow) -> (World, Option<(iwf_sip::ServerKey, iwf_sip::Request)>) {
    let mut world = world();
    if state == "start" {
        return (world, None);
    }
    world.receive(request("MESSAGE", BRANCH, ""), flow);
    let received = world.requests().remove(0);
    match state {
        "Proceeding" => {
            world.run_until(3_500);
            world.answer(&received, 100);
        }
        "Completed" | "Terminated" => world.answer(&received, 200),
        _ => {}
    }
    if state == "Terminated" {
        world.run_until(32_000);
    }
    (world.sent, world.said) = (Vec::new(), Vec::new());
    (world, Some(received))
}

/// The state a server transaction is in, told by what a retransmission gets and by whether a 100 may be sent.
fn server_state(world: &mut World, flow: Flow) -> &'static str {
    if world.endpoint.transactions().1 == 0 {
        return "Terminated";
    }
    world.sent.clear();
    world.receive(request("MESSAGE", BRANCH, ""), flow);
    let reason = world.endpoint.poll_timeout().map(|(_, reason)| format!("{reason:?}")).unwrap_or_default();
    match (world.statuses().first(), reason.as_str()) {
        (Some(100), _) => "Proceeding",
        (Some(_), _) => "Completed",
        (None, "Linger") => "Completed silently",
        (None, _) => "Trying",
    }
}

#[test]
fn a_server_transaction_follows_figure_8_and_rfc_4320() {
    for (state, transports, event, sends, hears, then) in SERVER {
        for transport in ["UDP", "TCP"] {
            if transports != "any" && transports != transport {
                continue;
            }
            let (row, flow) = (format!("{state}, {transport}, {event}"), flow(transport));
            let (mut world, received) = server(state, flow);
            match event {
                "request" => world.receive(request("MESSAGE", BRANCH, ""), flow),
                "3.5 s" => world.run_until(3_500),
                "64 * T1" => {
                    world.run_until(31_999);
                    world.sent.clear();
                    world.run_until(36_000);
                }
                "transport error" => world.break_flow(flow),
                answer => {
                    let status = answer.strip_prefix("user: ").unwrap().parse().unwrap();
                    world.answer(received.as_ref().unwrap(), status);
                }
            }
            assert_eq!(world.sent.len(), sends, "{row}");
            assert_eq!(world.events(), hears, "{row}");
            assert_eq!(server_state(&mut world, flow), then, "{row}");
        }
    }
}

/// RFC 3261 17.2.1, 17.1.1.3, 9.2, as far as an INVITE is answered here: with a refusal, at once.
#[test]
fn a_refused_invite_is_answered_again_and_its_ack_and_cancel_end_with_it() {
    let of = |method: &str| request(method, BRANCH, "");
    for (transport, events, statuses) in [
        ("UDP", vec!["INVITE", "INVITE", "ACK", "INVITE", "CANCEL"], vec![405, 405, 405, 200]),
        ("UDP", vec!["CANCEL", "ACK", "INVITE", "ACK", "ACK"], vec![481, 405]),
        ("TCP", vec!["INVITE", "ACK", "CANCEL"], vec![405, 481]),
    ] {
        let (mut world, flow) = (world(), flow(transport));
        for event in &events {
            let before = world.requests().len();
            world.receive(of(event), flow);
            if let Some(received) = world.requests().get(before).cloned() {
                world.answer(&received, 405);
            }
        }
        assert_eq!(world.statuses(), statuses, "{transport} {events:?}");
        world.run_until(40_000);
        assert_eq!(world.endpoint.transactions(), (0, 0));
    }
}

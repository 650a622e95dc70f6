//! Requests of ours on a virtual clock: RFC 3261 17.1.2, 17.1.3, 17.1.4.

use iwf_model::Flow;
use iwf_sip::EndpointConfig;

use crate::world::{World, address, response, tcp, udp, world};

/// 17.1.2.2: timer E doubles from T1 up to T2; timer F ends it after 64 * T1.
#[test]
fn an_unanswered_request_is_resent_eleven_times_over_udp() {
    let mut world = world();
    world.send(7, "z9hG4bKa", udp());
    world.run_until(60_000);
    let expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(world.sent_at(), expected);
    assert_eq!(world.events(), ["Timeout for 7"]);
    assert_eq!(world.said[0].0, 32_000);
    assert_eq!(world.endpoint.transactions(), (0, 0));
}

/// 17.1.2.2: in Proceeding timer E is reset to T2.
#[test]
fn after_a_100_a_request_is_resent_every_t2() {
    let mut world = world();
    world.send(7, "z9hG4bKa", udp());
    world.run_until(600);
    world.receive(response(100, "z9hG4bKa"), udp());
    world.run_until(14_000);
    assert_eq!(world.sent_at(), [0, 500, 1500, 5500, 9500, 13_500]);
    world.run_until(60_000);
    assert_eq!(world.events(), ["100 for 7", "Timeout for 7"]);
}

/// 17.1.2.2: no timer E over reliable transports, timer F over all.
#[test]
fn over_tcp_nothing_is_resent_and_timer_f_still_runs() {
    let mut world = world();
    world.send(7, "z9hG4bKa", tcp());
    world.run_until(60_000);
    assert_eq!(world.sent_at(), [0]);
    assert_eq!((world.said[0].0, world.events()[0].as_str()), (32_000, "Timeout for 7"));
}

/// 17.1.2.2: Completed absorbs retransmitted responses until timer K fires after T4.
#[test]
fn a_final_response_is_passed_once_and_its_retransmissions_are_absorbed() {
    let mut world = world();
    world.send(7, "z9hG4bKa", udp());
    world.run_until(700);
    for _ in 0..3 {
        world.receive(response(200, "z9hG4bKa"), udp());
    }
    world.run_until(5_699);
    world.receive(response(404, "z9hG4bKa"), udp());
    assert_eq!(world.events(), ["200 for 7"]);
    world.run_until(5_700);
    assert_eq!(world.endpoint.transactions(), (0, 0));
    world.receive(response(200, "z9hG4bKa"), udp());
    assert_eq!(world.events(), ["200 for 7", "dropped StrayResponse"]);
    assert_eq!(world.sent_at(), [0, 500], "an answered request is not resent");
}

/// 17.1.2.2: timer K is zero over reliable transports.
#[test]
fn over_tcp_a_final_response_ends_the_transaction() {
    let mut world = world();
    world.send(7, "z9hG4bKa", tcp());
    world.receive(response(202, "z9hG4bKa"), tcp());
    assert_eq!(world.events(), ["202 for 7"]);
    assert_eq!(world.endpoint.transactions(), (0, 0));
    assert_eq!(world.endpoint.poll_timeout(), None);
}

/// 17.1.4: a transport error ends what is under way on the flow, and nothing else.
#[test]
fn a_broken_flow_fails_its_requests() {
    let mut world = world();
    let other = Flow::datagrams(address("192.0.2.99:5060"));
    world.send(1, "z9hG4bKa", udp());
    world.send(2, "z9hG4bKb", other);
    world.send(3, "z9hG4bKc", udp());
    world.send(4, "z9hG4bKd", udp());
    world.receive(response(200, "z9hG4bKc"), udp());
    world.break_flow(udp());
    assert_eq!(world.events(), ["200 for 3", "Transport for 1", "Transport for 4"]);
    assert_eq!(world.endpoint.transactions(), (1, 0));
    world.break_flow(udp());
    world.receive(response(200, "z9hG4bKb"), other);
    assert_eq!(world.events().last().unwrap(), "200 for 2");
}

/// RFC 3263 4.3: what was not sent may go elsewhere at once.
#[test]
fn a_request_whose_connection_could_not_be_made_was_not_sent() {
    let mut world = world();
    world.send(1, "z9hG4bKa", tcp());
    world.refuse_flow(tcp());
    assert_eq!(world.events(), ["NoConnection for 1"]);
    assert_eq!(world.endpoint.transactions(), (0, 0));
}

/// 18.4, RFC 3263 4.3: what the network says that it did not deliver may go elsewhere at once. Where something was heard
/// somebody is there, whoever says otherwise.
#[test]
fn an_icmp_error_fails_the_requests_of_which_nothing_was_heard() {
    let mut world = world();
    let other = Flow::datagrams(address("192.0.2.99:5060"));
    world.send(1, "z9hG4bKa", udp());
    world.send(2, "z9hG4bKb", other);
    world.send(3, "z9hG4bKc", udp());
    world.receive(response(100, "z9hG4bKc"), udp());
    world.lose_flow(udp());
    assert_eq!(world.events(), ["100 for 3", "NoConnection for 1"]);
    world.receive(response(200, "z9hG4bKc"), udp());
    world.receive(response(200, "z9hG4bKb"), other);
    world.lose_flow(udp());
    assert_eq!(world.events(), ["100 for 3", "NoConnection for 1", "200 for 3", "200 for 2"]);
}

/// 17.1.3, 8.1.3.3: branch and CSeq method decide, and a second Via makes it another's response.
#[test]
fn a_response_to_something_else_is_dropped() {
    let mut world = world();
    world.send(7, "z9hG4bKa", udp());
    let right = response(200, "z9hG4bKa");
    world.receive(response(200, "z9hG4bKb"), udp());
    world.receive(right.replace("1 MESSAGE", "1 OPTIONS"), udp());
    world.receive(right.replace("Max-Forwards: 70", "Via: SIP/2.0/UDP a;branch=z9hG4bKc"), udp());
    assert_eq!(world.events(), ["dropped StrayResponse"; 3]);
    world.receive(right, udp());
    assert_eq!(world.events().last().unwrap(), "200 for 7");
}

#[test]
fn a_request_without_room_fails_at_once() {
    let mut world = World::new(EndpointConfig { max_clients: 2, ..EndpointConfig::default() });
    world.send(1, "z9hG4bKa", udp());
    world.send(2, "z9hG4bKa", udp());
    world.send(3, "z9hG4bKb", udp());
    world.send(4, "z9hG4bKc", udp());
    assert_eq!(world.events(), ["TableFull for 2", "TableFull for 4"]);
    assert_eq!(world.sent.len(), 2);
}

/// What was sent over one flow of a device is given up when another flow has brought it.
#[test]
fn a_request_that_is_given_up_is_neither_repeated_nor_told_of() {
    let mut world = world();
    world.send(1, "z9hG4bKa", udp());
    world.run_until(600);
    world.endpoint.give_up("z9hG4bKa");
    world.run_until(40_000);
    assert_eq!(world.sent_at(), [0, 500]);
    world.receive(response(200, "z9hG4bKa"), udp());
    assert_eq!(world.events(), ["dropped StrayResponse"]);
}

//! Overload on a virtual clock: RFC 7339, RFC 3261 21.5.4, interworking.md C.10 and D.5.

use std::collections::VecDeque;

use iwf_model::{Flow, Transport};
use iwf_sip::{Lingering, Name, Response};

use crate::world::{World, address, request, response, world};

/// A device or trunk at an address of its own.
fn udp_of(host: u8) -> Flow {
    Flow::datagrams(address(&format!("192.0.2.{host}:5060")))
}

fn tcp_of(host: u8) -> Flow {
    let peer = address(&format!("192.0.2.{host}:40000"));
    Flow::Stream { transport: Transport::Tcp, peer, connection: u64::from(host) }
}

/// A request of a user, like no other one.
fn asked(method: &str, user: &str, number: usize) -> String {
    request(method, &format!("z9hG4bK{user}{number}"), "")
        .replace("call-1", &format!("{user}-{number}"))
        .replace("sip:111@", &format!("sip:{user}@"))
}

/// The same with credentials.
fn proven(method: &str, user: &str, number: usize) -> String {
    let credentials = format!("Authorization: Digest username=\"{user}\", realm=\"iwf\"\r\nContent-Length");
    asked(method, user, number).replace("Content-Length", &credentials)
}

fn has_offer(text: &str) -> String {
    text.replace(";rport", ";rport;oc;oc-algo=\"rate,loss\"")
}

/// A user or trunk proves who it is, and is answered.
fn prove(world: &mut World, text: &str, flow: Flow) {
    world.receive(text, flow);
    let received = world.requests().pop().unwrap();
    world.answer(&received, 202);
    world.sent.clear();
    world.said.clear();
}

/// Late for so long, in steps of 100 ms.
fn late(world: &mut World, from_ms: u64, to_ms: u64) {
    for ms in (from_ms..to_ms).step_by(100) {
        world.run_until(ms);
        world.strain(2000, 0);
    }
}

/// So late for so long that no new work is taken.
fn worst() -> World {
    let mut world = world();
    for (user, flow) in [("111", udp_of(1)), ("222", tcp_of(2))] {
        prove(&mut world, &proven("MESSAGE", user, 0), flow);
    }
    prove(&mut world, &asked("MESSAGE", "999", 0), udp_of(9));
    late(&mut world, 0, 3000);
    assert_eq!(world.events(), ["overload Begun"]);
    world.said.clear();
    world
}

fn answers(world: &World) -> Vec<Response> {
    world.sent.iter().map(|(_, _, octets)| Response::parse(octets.clone()).unwrap()).collect()
}

fn retry_after(response: &Response) -> Option<u32> {
    response.header(Name::RetryAfter).map(|value| value.parse().unwrap())
}

#[test]
fn work_is_turned_away_when_answers_would_come_after_t1_and_taken_again_when_they_come_in_time() {
    let mut world = world();
    world.strain(399, 399);
    world.run_until(100);
    world.strain(0, 400);
    assert_eq!((world.events(), world.endpoint.overload_percent()), (vec!["overload Begun".to_owned()], 5));
    world.run_until(200);
    world.strain(100, 399);
    assert_eq!(world.endpoint.overload_percent(), 5, "between the two limits nothing changes");
    world.strain(5000, 5000);
    assert_eq!(world.endpoint.overload_percent(), 5, "once in an interval");
    for ms in [300, 400] {
        world.run_until(ms);
        world.strain(99, 99);
    }
    assert_eq!(world.endpoint.overload_percent(), 3);
    for ms in [500, 600, 700] {
        world.run_until(ms);
        world.strain(0, 0);
    }
    assert_eq!(world.events(), ["overload Begun", "overload Ended"]);
}

#[test]
fn what_is_turned_away_leaves_nothing_behind_and_its_retransmission_is_turned_away_too() {
    let mut world = worst();
    let before = world.endpoint.transactions();
    let message = proven("MESSAGE", "111", 1);
    world.receive(&message, udp_of(1));
    assert_eq!(world.endpoint.transactions(), before);
    assert_eq!(world.events(), ["dropped Shed { answered: true }"], "nobody above hears of it");
    for ms in (3000..20_000).step_by(100) {
        world.run_until(ms);
        world.strain(0, 0);
    }
    assert_eq!(world.endpoint.overload_percent(), 0);
    world.receive(&message, udp_of(1));
    assert_eq!(world.statuses(), [500, 500], "its sender was told that it is not taken");
    world.receive(proven("MESSAGE", "111", 2), udp_of(1));
    assert_eq!(world.requests().len(), 1, "a new one is taken");
}

/// interworking.md D.5: on 503 a proxy would stop using us for everybody.
#[test]
fn an_app_is_told_500_and_when_to_come_again() {
    let mut world = worst();
    (1..30).for_each(|number| world.receive(proven("MESSAGE", "111", number), udp_of(1)));
    let answers = answers(&world);
    assert!(answers.iter().all(|answer| answer.status() == 500));
    let mut seconds: Vec<u32> = answers.iter().filter_map(retry_after).collect();
    assert_eq!(seconds.len(), 29);
    seconds.sort_unstable();
    seconds.dedup();
    assert!(seconds.len() > 5, "not all at once: {seconds:?}");
    assert!(seconds.iter().all(|seconds| (1..=30).contains(seconds)), "{seconds:?}");
}

/// RFC 3261 21.5.4: 503 is about the server, so a trunk hears it, and a proxy when nobody is served.
#[test]
fn a_trunk_and_a_proxy_without_rfc_7339_are_told_503() {
    let mut world = worst();
    world.receive(asked("MESSAGE", "4471", 1), udp_of(9));
    let proxied = proven("MESSAGE", "222", 1)
        .replace("Max-Forwards", "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKphone\r\nMax-Forwards");
    world.receive(&proxied, tcp_of(2));
    assert_eq!(world.statuses(), [503, 503]);
    assert!(answers(&world).iter().all(|answer| retry_after(answer).is_some()));
}

/// interworking.md C.10: no answers to those who may not be there.
#[test]
fn a_stranger_behind_udp_is_told_nothing_and_one_on_a_stream_500() {
    let mut world = worst();
    world.receive(proven("MESSAGE", "111", 1), udp_of(77));
    world.receive(asked("MESSAGE", "4471", 1), udp_of(77));
    world.receive(
        b"MESSAGE sip:iwf SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK1\r\n\r\n",
        udp_of(77),
    );
    assert!(
        world.sent.is_empty(),
        "a name that is known elsewhere proves nothing here, what is broken is not answered"
    );
    world.receive(asked("MESSAGE", "4471", 2), tcp_of(78));
    assert_eq!(world.statuses(), [500]);
}

/// RFC 7339 5.1 and 4: the value, the algorithm in use, how long it holds and which is newer, in the Via that offered
/// it, and no Retry-After, which would stop all.
#[test]
fn a_peer_that_offers_rfc_7339_is_told_how_much_to_hold_back() {
    let mut world = worst();
    world.receive(has_offer(&asked("MESSAGE", "4471", 1)), udp_of(9));
    world.receive(asked("MESSAGE", "4471", 2), udp_of(9));
    world.receive(has_offer(&proven("REGISTER", "222", 3)), tcp_of(2));
    let received = world.requests().pop().unwrap();
    world.answer(&received, 200);
    let answers = answers(&world);
    let via = answers[0].via();
    let value = |name| via.params().value(name);
    assert_eq!((answers[0].status(), retry_after(&answers[0])), (503, None));
    assert_eq!((value("oc"), value("oc-algo")), (Some("100"), Some("\"loss\"")));
    assert_eq!((value("oc-validity"), value("oc-seq")), (Some("500"), Some("1795219201.800")));
    assert_eq!(via.params().iter().filter(|param| param.name == "oc").count(), 1);
    assert_eq!((value("branch"), value("rport")), (Some("z9hG4bK44711"), Some("5060")));
    assert!(!answers[1].via().params().contains("oc"), "who has not offered it is not told");
    assert_eq!((answers[2].status(), answers[2].via().params().value("oc")), (200, Some("100")));
}

#[test]
fn when_all_is_well_an_offer_is_given_back_as_it_came() {
    let mut world = world();
    world.receive(has_offer(&proven("MESSAGE", "111", 1)), udp_of(1));
    let received = world.requests().pop().unwrap();
    world.answer(&received, 202);
    assert_eq!(answers(&world)[0].via().params().get("oc").unwrap().value, None);
}

/// It may be the carriers who make us late, and nothing that is done to apps helps then.
#[test]
fn whatever_makes_us_late_those_who_ask_for_little_are_served_while_the_store_takes_anything() {
    let mut world = world();
    prove(&mut world, &proven("MESSAGE", "111", 0), udp_of(1));
    for ms in (0..60_000).step_by(100) {
        world.run_until(ms);
        world.strain(1999, 60_000);
        if ms % 1000 == 0 {
            world.receive(proven("MESSAGE", "111", 1 + ms as usize), udp_of(1));
        }
    }
    assert_eq!((world.requests().len(), world.endpoint.overload_percent()), (60, 99));
}

/// Losing registrations makes more of them (interworking.md C.10).
#[test]
fn registrations_and_notices_go_on_when_no_message_does() {
    let mut world = worst();
    let notice = proven("MESSAGE", "111", 2)
        .replace("Content-Length", "Content-Type: message/imdn+xml\r\nContent-Length");
    world.receive(proven("MESSAGE", "111", 1), udp_of(1));
    world.receive(proven("REGISTER", "111", 3), udp_of(1));
    world.receive(asked("OPTIONS", "proxy", 4), udp_of(50));
    world.receive(&notice, udp_of(1));
    let taken: Vec<_> =
        world.requests().iter().map(|(_, request)| request.method_text().to_owned()).collect();
    assert_eq!(
        (taken, world.statuses()),
        (vec!["REGISTER".into(), "OPTIONS".into(), "MESSAGE".into()], vec![500])
    );
}

#[test]
fn responses_and_retransmissions_are_always_taken() {
    let mut world = worst();
    world.receive(proven("MESSAGE", "111", 0), udp_of(1));
    assert_eq!(world.statuses(), [202], "it was accepted before");
    world.sent.clear();
    world.send(7, "z9hG4bKours", udp_of(1));
    world.receive(response(200, "z9hG4bKours"), udp_of(1));
    assert_eq!(world.events(), ["200 for 7"]);
}

/// RFC 7339 5.3: the peer's own Via carries what it asks for.
#[test]
fn we_hold_back_as_much_as_a_peer_asks_for_and_as_long() {
    let mut world = world();
    world.send(0, "z9hG4bK0", udp_of(1));
    let told = response(503, "z9hG4bK0")
        .replace(";rport", ";rport;oc=40;oc-algo=\"loss\";oc-seq=1.1;oc-validity=1000");
    world.receive(&told, udp_of(1));
    world.said.clear();
    (1..=50).for_each(|token| world.send(token, &format!("z9hG4bK{token}"), udp_of(1)));
    assert_eq!(world.events().iter().filter(|event| event.starts_with("HeldBack for")).count(), 20);
    assert_eq!(world.sent.len(), 1 + 30);
    world.said.clear();
    (51..=60).for_each(|token| world.send(token, &format!("z9hG4bK{token}"), udp_of(2)));
    assert_eq!(world.events().len(), 0, "others are sent to");
    world.run_until(1000);
    world.said.clear();
    (61..=70).for_each(|token| world.send(token, &format!("z9hG4bK{token}"), udp_of(1)));
    assert_eq!(world.events().len(), 0, "it is over");
}

/// A server that can do 1,000 messages a second, to which a refusal costs a twentieth of one; what comes waits in one
/// line, as in the kernel. Everybody is known. Counts for each source what it asked for, what was taken, and the
/// longest wait in milliseconds, after the first two seconds.
fn serve(rates: &[usize], ms: u64) -> Vec<(usize, usize, u64)> {
    let mut world = world();
    let flows: Vec<Flow> = (1..).take(rates.len()).map(udp_of).collect();
    for (flow, user) in flows.iter().zip(0..) {
        prove(&mut world, &proven("MESSAGE", &format!("u{user}"), 0), *flow);
    }
    let (mut line, mut counts) = (VecDeque::new(), vec![(0, 0, 0); rates.len()]);
    let (mut number, mut empty_at, mut budget) = (0, 0, 0);
    for now in 0..ms {
        world.run_until(now);
        for (source, rate) in rates.iter().enumerate() {
            let due = |ms: u64| ms as usize * rate / 1000;
            for _ in due(now)..due(now + 1) {
                number += 1;
                line.push_back((source, number, now));
            }
        }
        // Twentieths of a millisecond.
        budget += 20;
        while budget > 0
            && let Some((source, number, since)) = line.pop_front()
        {
            world.receive(proven("MESSAGE", &format!("u{source}"), number), flows[source]);
            let taken = world.requests().pop();
            if let Some(received) = &taken {
                world.answer_to(received, 202, Lingering::Keep);
            }
            budget -= if taken.is_some() { 20 } else { 1 };
            if now >= 2000 {
                let (asked, done, longest) = &mut counts[source];
                *asked += 1;
                *done += usize::from(taken.is_some());
                *longest = (*longest).max(now - since);
            }
            world.said.clear();
            world.sent.clear();
        }
        if line.is_empty() {
            (empty_at, budget) = (now, budget.min(0));
        }
        if now % 100 == 0 {
            world.strain(0, now - empty_at);
        }
    }
    counts
}

#[test]
fn a_source_that_floods_at_ten_times_anothers_rate_is_turned_away_and_the_other_is_not() {
    let counts = serve(&[2000, 200], 12_000);
    let [(flood, taken_of_flood, _), (other, taken, longest)] = counts[..] else { unreachable!() };
    assert!(other >= 1900 && flood >= 19_000, "{counts:?}");
    assert_eq!(taken, other, "{counts:?}");
    assert!(longest < 500, "answered before T1 is over: {counts:?}");
    assert!(taken_of_flood > 5000, "the flood has most of what is left: {counts:?}");
}

#[test]
fn all_that_can_be_done_is_done_for_those_who_ask_alike() {
    let counts = serve(&[500, 500, 500, 500], 12_000);
    let done: Vec<usize> = counts.iter().map(|(_, done, _)| *done).collect();
    let (least, most, all) =
        (done.iter().min().unwrap(), done.iter().max().unwrap(), done.iter().sum::<usize>());
    assert!(all > 8_500, "of 10,000 that could be done: {counts:?}");
    assert!(most - least < all / 20, "{counts:?}");
}

#[test]
fn without_overload_nothing_is_turned_away() {
    for (asked, done, longest) in serve(&[700, 200], 5_000) {
        assert_eq!((asked, longest < 50), (done, true));
    }
}

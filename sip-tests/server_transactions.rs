//! Requests of others on a virtual clock: RFC 3261 17.2, 8.2.2.2, 9.2, RFC 4320, RFC 3581.

use iwf_model::{Flow, Transport};
use iwf_sip::{EndpointConfig, Lingering, Name, Response};

use crate::world::{World, address, request, response, tcp, udp, world};

/// A request that belongs to no other one.
fn unrelated(number: usize) -> String {
    request("MESSAGE", &format!("z9hG4bK{number}"), "").replace("call-1", &format!("call-{number}"))
}

/// 17.2.2: Trying discards retransmissions, Completed answers them again until timer J fires after 64 * T1.
#[test]
fn a_retransmitted_request_is_passed_up_once_and_answered_each_time() {
    let mut world = world();
    let message = request("MESSAGE", "z9hG4bKa", "");
    world.receive(&message, udp());
    world.receive(&message, udp());
    assert_eq!((world.events().len(), world.sent.len()), (1, 0));
    let received = world.requests().remove(0);
    world.answer(&received, 202);
    world.receive(&message, udp());
    world.run_until(31_999);
    world.receive(&message, udp());
    assert_eq!(world.statuses(), [202, 202, 202]);
    assert_eq!(world.events(), ["request MESSAGE"]);
    assert_eq!(world.sent[0].2, world.sent[2].2, "the same octets each time");
    world.run_until(32_000);
    assert_eq!(world.endpoint.transactions(), (0, 0));
    world.receive(&message, udp());
    assert_eq!(world.events().len(), 2, "after timer J only the application can tell");
}

/// Anybody can say in the name of the network that a peer is gone; its requests are not taken twice for that.
#[test]
fn an_icmp_error_ends_no_request_of_the_peer() {
    let mut world = world();
    let message = request("MESSAGE", "z9hG4bKa", "");
    world.receive(&message, udp());
    world.lose_flow(udp());
    world.receive(&message, udp());
    let received = world.requests();
    assert_eq!(received.len(), 1);
    world.answer(&received[0], 202);
    world.lose_flow(udp());
    world.receive(&message, udp());
    assert_eq!(world.statuses(), [202, 202]);
}

/// 17.2.2: a second final response of the user is discarded.
#[test]
fn only_the_first_final_response_counts() {
    let mut world = world();
    world.receive(request("MESSAGE", "z9hG4bKa", ""), udp());
    let received = world.requests().remove(0);
    world.answer(&received, 202);
    world.answer(&received, 500);
    world.receive(request("MESSAGE", "z9hG4bKa", ""), udp());
    assert_eq!(world.statuses(), [202, 202]);
}

/// 8.2.7: what is not to be kept ends with its answer, for merged requests too.
#[test]
fn a_forgotten_answer_leaves_no_state() {
    let mut world = world();
    world.receive(request("MESSAGE", "z9hG4bKa", ""), udp());
    world.receive(request("MESSAGE", "z9hG4bKb", ""), udp());
    let received = world.requests().remove(0);
    world.answer_to(&received, 401, Lingering::Forget);
    assert_eq!(world.statuses(), [401, 401]);
    assert_eq!((world.endpoint.transactions(), world.endpoint.poll_timeout()), ((0, 0), None));
    world.receive(request("MESSAGE", "z9hG4bKa", ""), udp());
    assert_eq!(world.requests().len(), 2, "its retransmission is a new request");
}

#[test]
fn kept_answers_stay_within_their_octets_the_oldest_going_first() {
    let mut world = World::new(EndpointConfig { max_lingering: 1_000, ..EndpointConfig::default() });
    for number in 0..100 {
        world.receive(unrelated(number), udp());
        let received = world.requests().remove(number);
        world.answer(&received, 202);
    }
    let kept = world.endpoint.transactions().1;
    assert!((1..=5).contains(&kept), "{kept}");
    world.receive(unrelated(99), udp());
    assert_eq!((world.requests().len(), world.sent.len()), (100, 101), "the newest is answered again");
    world.receive(unrelated(0), udp());
    assert_eq!(world.requests().len(), 101, "the oldest is forgotten");
    world.run_until(64_000);
    assert_eq!((world.endpoint.transactions(), world.endpoint.poll_timeout()), ((0, 0), None));
}

/// RFC 4320 4.1: a 100 over UDP not before timer E of the client was reset to T2, then at once.
#[test]
fn a_slow_answer_is_announced_with_a_100_after_3500_ms() {
    let mut world = world();
    let message = request("MESSAGE", "z9hG4bKa", "");
    world.receive(&message, udp());
    let received = world.requests().remove(0);
    world.answer(&received, 100);
    world.receive(&message, udp());
    world.run_until(3_499);
    assert!(world.sent.is_empty());
    world.run_until(7_500);
    assert_eq!((world.sent_at(), world.statuses()), (vec![3_500], vec![100]));
    world.receive(&message, udp());
    world.answer(&received, 200);
    world.receive(&message, udp());
    assert_eq!(world.statuses(), [100, 100, 200, 200]);
    let trying = Response::parse(world.sent[0].2.clone()).unwrap();
    assert_eq!(trying.to().tag(), None, "RFC 3261 8.2.6.2: no tag in a 100");
}

/// RFC 4320 4.1: over reliable transports a 100 may be sent at any time.
#[test]
fn over_tcp_a_100_goes_at_once_and_a_final_response_ends_it() {
    let mut world = world();
    world.receive(request("MESSAGE", "z9hG4bKa", ""), tcp());
    let received = world.requests().remove(0);
    world.answer(&received, 100);
    world.answer(&received, 200);
    assert_eq!(world.statuses(), [100, 200]);
    assert_eq!((world.endpoint.transactions(), world.endpoint.poll_timeout()), ((0, 0), None));
}

/// RFC 4320 4.1, 4.2: no provisional response but 100; never a 408, nor anything after 64 * T1.
#[test]
fn what_would_only_make_noise_is_not_sent() {
    let mut world = world();
    for number in 0..3 {
        world.receive(unrelated(number), tcp());
    }
    let received = world.requests();
    world.answer(&received[0], 183);
    world.answer(&received[1], 408);
    assert!(world.sent.is_empty());
    world.run_until(32_000);
    world.answer(&received[2], 200);
    assert!(world.sent.is_empty());
    assert_eq!(world.endpoint.transactions(), (0, 0), "a request that nobody answers ends too");
}

/// 17.2.3: branch, sent-by and method together name a transaction.
#[test]
fn requests_that_differ_in_branch_sent_by_or_method_are_different() {
    let mut world = world();
    let message = unrelated(1);
    world.receive(&message, udp());
    let same = message.replace("192.0.2.1:5060", "192.0.2.1").replace("Hello", "");
    world.receive(&same, udp());
    assert_eq!(world.requests().len(), 1, "5060 is the default port of UDP");
    let others = [
        message.replace("z9hG4bK1", "z9hG4bK2").replace("call-1", "call-2"),
        message.replace("192.0.2.1:5060", "192.0.2.1:5062").replace("call-1", "call-3"),
        message.replace("MESSAGE", "OPTIONS").replace("call-1", "call-4"),
    ];
    for other in others {
        world.receive(other, udp());
    }
    assert_eq!(world.requests().len(), 4);
    world.receive(message.replace("192.0.2.1:5060", "HOST.example.com"), udp());
    world.receive(message.replace("192.0.2.1:5060", "host.EXAMPLE.com:5060"), udp());
    assert_eq!(world.requests().len(), 4, "the first is merged, the second is its retransmission");
}

/// 17.2.3, second list: without a unique branch the fields of RFC 2543 decide.
#[test]
fn requests_of_rfc_2543_are_matched_by_their_fields() {
    let mut world = world();
    let message = request("MESSAGE", "1", "");
    world.receive(&message, udp());
    let received = world.requests().remove(0);
    world.answer(&received, 200);
    world.receive(&message, udp());
    assert_eq!((world.requests().len(), world.statuses()), (1, vec![200, 200]));
    world.receive(message.replace("CSeq: 1", "CSeq: 2"), udp());
    world.receive(message.replace("call-1", "call-2"), udp());
    world.receive(message.replace("tag=f1", "tag=f2"), udp());
    assert_eq!(world.requests().len(), 4);
}

/// 8.2.2.2 would refuse it; a phone that repeats itself under a new branch gets the answer to the first.
#[test]
fn a_merged_request_waits_and_gets_the_same_answer() {
    let mut world = world();
    let other = Flow::datagrams(address("192.0.2.9:5070"));
    world.receive(request("MESSAGE", "z9hG4bKa", ""), udp());
    world.receive(request("MESSAGE", "z9hG4bKb", ""), other);
    world.receive(request("MESSAGE", "z9hG4bKb", ""), other);
    assert_eq!(world.requests().len(), 1);
    let received = world.requests().remove(0);
    world.answer(&received, 202);
    let told: Vec<_> = world
        .sent
        .iter()
        .map(|(_, flow, octets)| (*flow, Response::parse(octets.clone()).unwrap()))
        .collect();
    assert_eq!(told.len(), 2);
    let (flow, second) = &told[1];
    assert_eq!((*flow, second.status(), second.via().branch()), (other, 202, Some("z9hG4bKb")));
    assert_eq!((second.via().rport(), second.to().tag()), (Some(5070), told[0].1.to().tag()));
    world.receive(request("MESSAGE", "z9hG4bKb", ""), other);
    assert_eq!(world.sent.len(), 3, "its retransmissions are answered as well");
    world.receive(request("MESSAGE", "z9hG4bKc", ""), udp());
    assert_eq!(world.requests().len(), 2, "nothing is pending any more");
}

/// 8.2.2.2: beyond a few, merged requests are a loop.
#[test]
fn too_many_merged_requests_are_refused() {
    let mut world = world();
    for number in 0..6 {
        world.receive(request("MESSAGE", &format!("z9hG4bK{number}"), ""), udp());
    }
    assert_eq!((world.requests().len(), world.statuses()), (1, vec![482]));
    world.run_until(200_000);
    assert_eq!(world.endpoint.transactions(), (0, 0));
}

/// 8.2.2.2: only requests without a To tag can be merged.
#[test]
fn requests_within_a_dialog_are_not_merged() {
    let mut world = world();
    for branch in ["z9hG4bKa", "z9hG4bKb"] {
        world.receive(
            request("MESSAGE", branch, "").replace("222@example.com>", "222@example.com>;tag=x"),
            udp(),
        );
    }
    assert_eq!(world.requests().len(), 2);
}

/// 17.1.1.3, 9.2: a refused INVITE, its ACK and its CANCEL.
#[test]
fn an_invite_is_refused_once_and_its_ack_absorbed() {
    let mut world = world();
    let invite = request("INVITE", "z9hG4bKa", "");
    world.receive(&invite, udp());
    let received = world.requests().remove(0);
    world.answer(&received, 405);
    world.receive(&invite, udp());
    world.receive(request("CANCEL", "z9hG4bKa", ""), udp());
    world.receive(request("ACK", "z9hG4bKa", ""), udp());
    world.receive(request("ACK", "z9hG4bKb", ""), udp());
    world.receive(request("CANCEL", "z9hG4bKb", ""), udp());
    assert_eq!(world.statuses(), [405, 405, 200, 481]);
    assert_eq!(world.events(), ["request INVITE", "dropped StrayAck"]);
}

#[test]
fn a_full_table_drops_datagrams_and_answers_503_on_connections() {
    let mut world =
        World::new(EndpointConfig { max_servers: 1, retry_after: 9, ..EndpointConfig::default() });
    for number in 0..2 {
        world.receive(unrelated(number), udp());
    }
    world.receive(unrelated(2), tcp());
    assert_eq!(world.events(), ["request MESSAGE", "dropped TableFull", "dropped TableFull"]);
    assert_eq!(world.statuses(), [503]);
    let refusal = Response::parse(world.sent[0].2.clone()).unwrap();
    assert_eq!(refusal.header(Name::RetryAfter), Some("9"));
}

/// 17.2.4: what came over a flow ends with it; an answer that comes later goes nowhere.
#[test]
fn a_broken_flow_ends_what_came_over_it() {
    let mut world = world();
    world.receive(unrelated(1), tcp());
    let received = world.requests().remove(0);
    world.break_flow(tcp());
    world.answer(&received, 200);
    assert!(world.sent.is_empty());
    assert_eq!(world.endpoint.transactions(), (0, 0));
}

/// A phone repeats its request on a new connection after the first one broke: it is not left without answer.
#[test]
fn a_request_that_others_wait_for_outlives_its_flow() {
    let mut world = world();
    let again = Flow::Stream { transport: Transport::Tcp, peer: address("192.0.2.1:40001"), connection: 2 };
    world.receive(request("MESSAGE", "z9hG4bKa", ""), tcp());
    world.receive(request("MESSAGE", "z9hG4bKb", ""), again);
    world.break_flow(tcp());
    let received = world.requests().remove(0);
    world.answer(&received, 202);
    assert_eq!(world.sent.last().unwrap().1, again);
    assert_eq!(world.endpoint.transactions(), (0, 0));
}

/// RFC 3581 4, and RFC 3261 18.2.2 beyond it: the answer goes where the request came from.
#[test]
fn responses_go_to_the_source_whatever_via_says() {
    let mut world = world();
    let source = Flow::datagrams(address("203.0.113.7:61234"));
    world.receive(
        request("MESSAGE", "z9hG4bKa", "").replace(";rport", "").replace("Call-ID: call-1", "Call-ID:"),
        source,
    );
    let (_, flow, octets) = world.sent.remove(0);
    assert_eq!(flow, source);
    let text = String::from_utf8(octets.to_vec()).unwrap();
    assert!(text.starts_with("SIP/2.0 400 Bad Call-ID\r\n"), "{text}");
    assert!(text.contains(";received=203.0.113.7;rport=61234\r\n"), "{text}");
}

/// 8.2.7: the same broken request gets the same answer, tag included.
#[test]
fn a_stateless_answer_does_not_change() {
    let mut world = world();
    for _ in 0..2 {
        world.receive(
            request("MESSAGE", "z9hG4bKa", "").replace("Max-Forwards: 70", "Max-Forwards: 256"),
            udp(),
        );
    }
    assert_eq!(world.sent[0].2, world.sent[1].2);
    assert!(Response::parse(world.sent[0].2.clone()).unwrap().to().tag().is_some());
}

/// RFC 5626 4.4: keep-alives over UDP are not answered.
#[test]
fn noise_is_dropped_quietly() {
    let mut world = world();
    for noise in [&b"\r\n\r\n"[..], b"\0\0\0\0", b"", b"hello", &[b'\r'; 60]] {
        world.receive(noise, udp());
    }
    assert_eq!(world.events(), ["dropped KeepAlive"; 5]);
    assert!(world.sent.is_empty());
}

/// Every state of many transactions at once: all of them end, and nothing is left behind.
#[test]
fn a_thousand_transactions_leave_nothing_behind() {
    let mut world = world();
    for number in 0..1000 {
        world.send(number, &format!("z9hG4bKc{number}"), if number % 3 == 0 { tcp() } else { udp() });
        world.receive(unrelated(number as usize), if number % 5 == 0 { tcp() } else { udp() });
        world.run_until(number * 7);
        if number % 2 == 0 {
            world.receive(response(200, &format!("z9hG4bKc{number}")), udp());
        }
    }
    let received = world.requests();
    assert_eq!(received.len(), 1000);
    for one in received.iter().step_by(2) {
        world.answer(one, 200);
    }
    world.run_until(200_000);
    assert_eq!(world.endpoint.transactions(), (0, 0));
    assert_eq!(world.endpoint.poll_timeout(), None);
    let ended = world.events().iter().filter(|event| event.contains(" for ")).count();
    assert_eq!(ended, 1000, "each request has one end");
}

/// RFC 3261 16.3, step 4: what we sent and what comes back to us is a loop.
#[test]
fn a_request_that_is_what_became_of_ours_is_482_and_goes_no_further() {
    let mut world = world();
    world.send(1, "z9hG4bKours", udp());
    let looped = request("MESSAGE", "z9hG4bKproxy", "")
        .replace("Max-Forwards", "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKours\r\nMax-Forwards");
    world.receive(&looped, udp());
    assert!(world.requests().is_empty());
    let last = world.sent.last().expect("an answer").2.clone();
    assert_eq!(Response::parse(last).expect("a response").status(), 482);
    world.receive(looped.replace("bKours", "bKother").replace("bKproxy", "bKproxy2"), udp());
    assert_eq!(world.requests().len(), 1, "another's Via below the top is none of ours");
}

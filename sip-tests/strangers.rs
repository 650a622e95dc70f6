//! Guessing, scanning and flooding (interworking.md G, 3 to 5 and 24), and that none of it shuts out who lives behind the
//! same NAT.

use iwf_model::Flow;
use iwf_sip::Response;
use iwf_sip::uas::{StrangerPolicy, Turned, UasPolicy};

use crate::server::{App, Server, flow, nonce, policy};

const CONTACT: &str = "Contact: <sip:1@192.0.2.1:5060>\r\n";

fn server() -> Server {
    let strangers = StrangerPolicy { scanners: vec!["friendly-scanner".into()], per_second: 5 };
    Server::new(UasPolicy { strangers, ..policy() })
}

fn options(user: &str, number: usize, headers: &str) -> String {
    format!(
        "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKo{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:{user}@example.com>;tag=1\r\nTo: <sip:example.com>\r\nCall-ID: o{number}\r\nCSeq: 1 OPTIONS\r\n\
         {headers}Content-Length: 0\r\n\r\n"
    )
}

/// How many of so many OPTIONS are answered.
fn answered(server: &mut Server, from: Flow, user: &str, numbers: std::ops::Range<usize>) -> usize {
    numbers.filter(|number| !server.receive(options(user, *number, "").as_bytes(), from).is_empty()).count()
}

/// A wrong digest with a nonce that was sent to there.
fn guess(server: &mut Server, app: &mut App) -> Response {
    let draft = app.draft_register(CONTACT);
    let challenged = app.send_once(server, &draft, "");
    let wrong = App { password: "guess", ..app.clone() };
    let authorization = wrong.authorization(&draft, &nonce(&challenged), 1);
    app.send_once(server, &draft, &authorization)
}

#[test]
fn a_scanner_gets_no_answer_leaves_nothing_behind_and_is_told_once() {
    let mut server = server();
    let from = flow("198.51.100.9:5060", None);
    for (number, said) in
        ["User-Agent: Friendly-Scanner\r\n", "User-Agent: x friendly-scanner/2\r\n"].iter().enumerate()
    {
        assert!(server.receive(options("1", number, said).as_bytes(), from).is_empty(), "{said}");
    }
    let named = options("1", 9, "").replace("From: ", "From: \"friendly-scanner\" ");
    assert!(server.receive(named.as_bytes(), from).is_empty());
    assert_eq!((server.transactions(), server.turned_away(Turned::Scanner)), (0, 3));
    assert_eq!(server.bans().len(), 1);
    assert_eq!(answered(&mut server, from, "1", 10..11), 1, "who else is at the address is answered");
}

#[test]
fn strangers_are_answered_at_a_bounded_rate_for_each_address() {
    let mut server = server();
    let (one, other) = (flow("198.51.100.9:5060", None), flow("198.51.100.10:5060", None));
    assert_eq!(answered(&mut server, one, "1", 0..100), 20, "four seconds' worth");
    assert_eq!(answered(&mut server, other, "1", 100..110), 10);
    server.wait(2);
    assert_eq!(answered(&mut server, one, "1", 200..300), 10);
    assert_eq!((server.turned_away(Turned::Flood), server.transactions()), (170, 0));
    assert_eq!(server.bans().len(), 1);
}

/// A datagram's source can be anybody's, so what comes in the name of a NAT must not silence who lives behind it.
#[test]
fn a_flood_in_the_name_of_a_nat_silences_no_phone_behind_it() {
    let mut server = server();
    let mut phones = [
        App { flow: flow("198.51.100.9:40001", None), ..App::new("111222333") },
        App { flow: flow("198.51.100.9:40002", Some(7)), ..App::new("alice") },
    ];
    phones.iter_mut().for_each(|phone| assert_eq!(phone.register(&mut server, CONTACT).status(), 200));
    assert_eq!(answered(&mut server, flow("198.51.100.9:6000", None), "1", 0..500), 20);

    for (number, phone) in phones.iter_mut().enumerate() {
        assert_eq!(
            answered(&mut server, phone.flow, phone.user, 1000 + number..1001 + number),
            1,
            "{}",
            phone.user
        );
        assert_eq!(phone.text(&mut server, "444555", "still here").status(), 202);
        assert_eq!(phone.register(&mut server, CONTACT).status(), 200);
    }
    let mut late = App { flow: flow("198.51.100.9:40003", Some(8)), call_id: "late", ..App::new("alice") };
    assert_eq!(late.register(&mut server, CONTACT).status(), 200, "a connection proves where it comes from");
}

#[test]
fn a_guesser_behind_a_nat_shuts_out_no_phone_that_was_right_there() {
    let mut server = server();
    let mut phone = App { flow: flow("198.51.100.9:40001", None), ..App::new("111222333") };
    assert_eq!(phone.register(&mut server, CONTACT).status(), 200);
    for name in 0..60 {
        let user: &'static str = Box::leak(format!("90{name}").into_boxed_str());
        guess(&mut server, &mut App { flow: flow("198.51.100.9:666", None), ..App::new(user) });
    }
    assert!(server.turned_away(Turned::Address) > 0);
    phone.flow = flow("198.51.100.9:40777", None);
    assert_eq!(phone.register(&mut server, CONTACT).status(), 200, "another port of the NAT, the same phone");
    let newcomer =
        App { flow: flow("198.51.100.9:40002", None), ..App::new("alice") }.register(&mut server, CONTACT);
    assert_eq!(newcomer.status(), 500);
    assert!(newcomer.header(iwf_sip::Name::RetryAfter).is_some(), "it waits for its turn");
    server.wait(120);
    let mut newcomer = App { flow: flow("198.51.100.9:40002", None), call_id: "again", ..App::new("alice") };
    assert_eq!(newcomer.register(&mut server, CONTACT).status(), 200);
}

#[test]
fn who_guesses_at_the_name_of_a_phone_behind_its_nat_does_not_shut_it_out() {
    let mut server = server();
    let mut phone = App { flow: flow("198.51.100.9:40001", None), ..App::new("111222333") };
    assert_eq!(phone.register(&mut server, CONTACT).status(), 200);
    let mut guesser = App { flow: flow("198.51.100.9:666", None), call_id: "guess", ..App::new("111222333") };
    for _ in 0..6 {
        guess(&mut server, &mut guesser);
    }
    assert_eq!(guess(&mut server, &mut guesser).status(), 403);
    assert_eq!(server.bans().iter().map(|ban| ban.user.as_str()).collect::<Vec<_>>(), ["111222333"]);
    assert_eq!(phone.register(&mut server, CONTACT).status(), 200, "over the flow that it is registered by");
    assert_eq!(phone.text(&mut server, "444555", "still here").status(), 202);
}

/// Answers to a challenge that was sent elsewhere say nothing of who sends from there.
#[test]
fn wrong_digests_in_the_name_of_an_address_that_heard_no_challenge_are_not_counted() {
    let mut server = server();
    let (mut away, victim) = (App::new("111222333"), flow("198.51.100.9:40001", None));
    for _ in 0..10 {
        let draft = away.draft_register(CONTACT);
        let challenged = away.send_once(&mut server, &draft, "");
        let forged = App { password: "guess", ..away.clone() }.authorization(&draft, &nonce(&challenged), 1);
        away.flow = victim;
        assert_eq!(away.send_once(&mut server, &draft, &forged).status(), 401);
        away.flow = crate::world::udp();
    }
    let mut phone = App { flow: victim, ..App::new("111222333") };
    assert_eq!(phone.register(&mut server, CONTACT).status(), 200);
}

//! Short messages of IMS phones through the server of the apps (3GPP TS 24.341, 24.011, 23.040; interworking.md C.13).

use std::time::Duration;

use iwf_model::{
    AccountId, Address, Alphabet, Binding, Encoding, Imdn, MessageId, Notice, Origin, PartKind,
    ReceiptRequest, Refusal, ShortAsked, Tidings, Timestamp, Validity,
};
use iwf_sip::Directory;
use iwf_sip::delivery::is_for;
use iwf_sip::ims::cause::RpCause;
use iwf_sip::ims::reply::{Reply, Way};
use iwf_sip::{Name, Request, Response};

use crate::server::{App, Server, flow, policy};

const SHORT: &str = "Content-Type: application/vnd.3gpp.sms\r\n";
/// RP-DATA 42 with the SMS-SUBMIT of `src/sip/ims/tests.rs`: "hellohello" to +46708251358, for four days.
const HELLO: &str = "00 2A 00 00 17 11 00 0B 91 6407281553F8 00 00 AA 0A E8329BFD4697D9EC37";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16);
    digits.chunks(2).map(|pair| octet(pair).expect("an octet")).collect()
}

fn server() -> Server {
    Server::new(policy())
}

/// A phone of alice, registered with the feature.
fn phone(server: &mut Server) -> App {
    let mut phone = App::new("alice");
    let contact = "Contact: <sip:alice@192.0.2.1:5060>;+g.3gpp.smsip\r\n";
    assert_eq!(phone.register(server, contact).status(), 200);
    phone
}

/// The answer to a MESSAGE with these octets to the service centre.
fn sends(phone: &mut App, server: &mut Server, headers: &str, unit: &str) -> Response {
    let draft = phone.draft_message("smsc", &format!("{SHORT}{headers}"), &octets(unit));
    phone.send(server, &draft)
}

/// The body of the MESSAGE that a phone is sent in the end, and the request.
fn told(server: &Server, reply: &Reply, result: Result<(), RpCause>) -> Request {
    let way = Way {
        flow: flow("192.0.2.1:5060", None),
        sent_by: "198.51.100.1:5060",
        random: 7,
        user_agent: "iwf/0.1",
    };
    let outgoing = reply.outgoing(result, way, 0, server.now.utc).expect("a request");
    Request::parse(outgoing.octets).expect("we write what we can read")
}

#[test]
fn a_short_message_is_a_text_of_the_account_and_its_phone_hears_rp_ack() {
    let mut server = server();
    let mut phone = phone(&mut server);
    let response = sends(&mut phone, &mut server, "", HELLO);
    assert_eq!((response.status(), response.body().len()), (202, 0));
    let taken = &server.taken[0];
    assert_eq!((taken.origin, &taken.source), (Origin::Account(AccountId(2)), &number("444555")));
    assert_eq!((taken.destination.as_str(), taken.text.as_str()), ("46708251358", "hellohello"));
    assert_eq!(taken.validity, Validity::For(Duration::from_secs(4 * 86_400)));
    assert!(taken.options.is_none());

    let (reply, result) = &server.told[0];
    let request = told(&server, reply, *result);
    assert_eq!(request.request_uri_text(), "sip:alice@192.0.2.1:5060");
    assert_eq!(request.header(Name::InReplyTo), Some(phone.call_id));
    assert_eq!(request.header(Name::To), Some("<sip:alice@example.com>"));
    assert_eq!(request.header(Name::PAssertedIdentity), Some("<sip:smsc@example.com>"));
    assert_eq!(request.header(Name::ContentType), Some("application/vnd.3gpp.sms"));
    // RP-ACK with an SMS-SUBMIT-REPORT; the time is that of the virtual clock: 2026-11-21 09:30:00 UTC.
    assert_eq!(server.now.utc, Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).expect("a time"));
    assert_eq!(request.body()[..], octets("03 2A 41 09 01 00 62111290030000"));
}

#[test]
fn who_sent_it_is_proved_by_digest_and_never_by_the_unit() {
    let mut server = server();
    let mut phone = phone(&mut server);
    let originator = HELLO.replacen("00 2A 00", "00 2A 05 91 11223344", 1);
    assert_eq!(sends(&mut phone, &mut server, "", &originator).status(), 202);
    assert_eq!(server.taken[0].source, number("444555"));
    let draft = phone.draft_message("smsc", SHORT, &octets(HELLO));
    let foreign = crate::server::Draft { from: "<sip:111222333@example.com>".into(), ..draft.clone() };
    assert_eq!(phone.send(&mut server, &foreign).status(), 403);
    let second = crate::server::Draft { from: "<sip:+444556@example.com;user=phone>".into(), ..draft };
    assert_eq!(phone.send(&mut server, &second).status(), 202);
    assert_eq!(server.taken[1].source, number("444556"), "any number that the account owns");
}

#[test]
fn a_part_of_a_long_text_stays_a_part_and_wishes_are_kept() {
    let mut server = server();
    let mut phone = phone(&mut server);
    let unit = "00 07 00 00 11 41 05 04 81 1121 00 10 09 05 00 03 07 02 01 D0 69";
    assert_eq!(sends(&mut phone, &mut server, "", unit).status(), 202, "one octet of TP-DCS says flash");
    let taken = &server.taken[0];
    let part = taken.options().part.as_ref().expect("a part");
    assert_eq!((part.kind, part.reference, part.total, part.number), (PartKind::Udh8, 7, 2, 1));
    assert_eq!((part.encoding, &*part.octets), (Encoding::from(Alphabet::Gsm7), b"hi".as_slice()));
    assert_eq!((taken.options().class, taken.text.as_str()), (Some(0), ""));
}

#[test]
fn who_asks_for_a_status_report_is_to_hear_of_the_text() {
    let mut server = server();
    let mut phone = phone(&mut server);
    let asking = HELLO.replacen("17 11 00", "17 31 4D", 1);
    assert_eq!(sends(&mut phone, &mut server, "", &asking).status(), 202);
    let taken = server.taken.pop().expect("a text");
    assert_eq!(taken.receipt, ReceiptRequest::ANY);
    let Some(Imdn::Asked(asked)) = taken.options().imdn.as_deref() else { panic!("{taken:?}") };
    let short = ShortAsked { reference: 0x4D, is_international: true, submitted: server.now.utc };
    assert_eq!((asked.short, asked.name.as_str()), (Some(short), ""));
    let notice = Notice {
        about: MessageId::compose(1, 2, 3).expect("an id"),
        tells: Tidings::Failed,
        asked: asked.clone(),
    };
    let own = server.users.bindings(AccountId(2));
    assert!(own.iter().all(|binding| is_for(&notice, binding)), "its phone hears it");
    let app = Binding { params: String::new(), ..own[0].clone() };
    assert!(!is_for(&notice, &app), "and nobody who would not understand it");
}

#[test]
fn what_can_not_be_taken_is_answered_by_rp_error() {
    let mut server = server();
    let mut phone = phone(&mut server);
    for (unit, cause) in [
        ("00 09 00 00 05 02 00 00 00 00", 69),
        ("00 09 00 00 17 11 00 0B 91 64", 96),
        ("00 09 00 00 0A 01 00 04 81 1121 00 04 01 41", 69),
        ("06 09 99", 96),
    ] {
        assert_eq!(sends(&mut phone, &mut server, "", unit).status(), 202, "{unit}");
        let (reply, result) = server.told.pop().expect("an answer");
        assert_eq!((reply.reference, result), (9, Err(RpCause(cause))), "{unit}");
        assert_eq!(told(&server, &reply, result).body()[..4], [5, 9, 1, cause], "{unit}");
    }
    server.refusal = Some(Refusal::UnknownDestination);
    assert_eq!(sends(&mut phone, &mut server, "", HELLO).status(), 202);
    let (reply, result) = server.told.pop().expect("an answer");
    assert_eq!(result, Err(RpCause(1)));
    assert_eq!(told(&server, &reply, result).body()[..], octets("05 2A 01 01 41 0A 01 C3 00 62111290030000"));
    assert!(server.taken.is_empty());
}

#[test]
fn what_can_not_be_answered_is_refused_by_the_response() {
    let mut server = server();
    let mut phone = App::new("alice");
    assert_eq!(sends(&mut phone, &mut server, "", HELLO).status(), 403, "it is not registered for this");
    assert_eq!(phone.register(&mut server, "Contact: <sip:alice@192.0.2.1:5060>\r\n").status(), 200);
    assert_eq!(sends(&mut phone, &mut server, "", HELLO).status(), 403, "nor is an app that takes texts");
    let contact = "Contact: <sip:alice@192.0.2.1:5060>;+g.3gpp.smsip\r\n";
    assert_eq!(phone.register(&mut server, contact).status(), 200);
    for unit in ["00", "02 01 41", "04 01 00", "01 01 00 00 01 11", "07 01"] {
        assert_eq!(sends(&mut phone, &mut server, "", unit).status(), 400, "{unit}");
    }
    let elsewhere = phone.draft_message("smsc", SHORT, &octets(HELLO));
    let draft = crate::server::Draft { uri: "sip:smsc@192.0.2.99".into(), ..elsewhere };
    let mut strict = Server::new(iwf_sip::uas::UasPolicy { domains: vec!["example.com".into()], ..policy() });
    let mut phone = self::phone(&mut strict);
    assert_eq!(phone.send(&mut strict, &draft).status(), 404, "another service centre");
    assert!(server.told.is_empty());
}

#[test]
fn a_report_names_what_it_is_about_and_counts_for_its_account_only() {
    let mut server = server();
    let mut phone = phone(&mut server);
    assert_eq!(sends(&mut phone, &mut server, "In-Reply-To: a@b, c@d\r\n", "02 07 41 02 0000").status(), 202);
    assert_eq!(sends(&mut phone, &mut server, "", "04 08 01 16").status(), 202);
    let [ack, error] = &server.reported[..] else { panic!("{:?}", server.reported) };
    assert_eq!((ack.account, ack.reference, ack.in_reply_to.as_deref()), (AccountId(2), 7, Some("a@b")));
    assert_eq!((error.reference, error.in_reply_to.as_deref()), (8, None));
    assert_eq!((ack.result, error.result), (Ok(()), Err(RpCause(22))));
    assert!(server.told.is_empty(), "a report is not answered by another");
}

#[test]
fn a_phone_that_has_room_again_is_heard() {
    let mut server = server();
    let mut phone = phone(&mut server);
    assert_eq!(sends(&mut phone, &mut server, "", "06 0B").status(), 202);
    assert_eq!(server.with_room, [AccountId(2)]);
    let (reply, result) = &server.told[0];
    assert_eq!(told(&server, reply, *result).body()[..], [3, 0x0B]);
}

#[test]
fn the_answer_goes_to_the_phone_that_asked() {
    let mut server = server();
    let mut phone = phone(&mut server);
    let mut other = App { flow: flow("192.0.2.2:5060", None), call_id: "reg-2", ..App::new("alice") };
    let contact = "Contact: <sip:alice@192.0.2.2:5060>;+g.3gpp.smsip;expires=7200\r\n";
    assert_eq!(other.register(&mut server, contact).status(), 200);
    for (app, expected) in [(&mut phone, "192.0.2.1:5060"), (&mut other, "192.0.2.2:5060")] {
        assert_eq!(sends(app, &mut server, "", HELLO).status(), 202);
        let (reply, _) = server.told.pop().expect("an answer");
        assert!(reply.binding.contact.ends_with(expected), "{}", reply.binding.contact);
    }
}

#[test]
fn a_text_for_an_emergency_is_no_short_message_either() {
    let emergency = vec!["46708251358".parse().expect("a number")];
    let mut server = Server::new(iwf_sip::uas::UasPolicy { emergency, ..policy() });
    let mut phone = phone(&mut server);
    assert_eq!(sends(&mut phone, &mut server, "", HELLO).status(), 202);
    assert_eq!(server.told.pop().map(|(_, result)| result), Some(Err(RpCause(8))));
    assert_eq!(sends(&mut phone, &mut server, "Privacy: id\r\n", HELLO).status(), 202);
    assert_eq!(server.told.pop().map(|(_, result)| result), Some(Err(RpCause(8))));
    let mut plain = self::server();
    let mut phone = self::phone(&mut plain);
    assert_eq!(sends(&mut phone, &mut plain, "Privacy: id\r\n", HELLO).status(), 202);
    assert_eq!(
        plain.told.pop().map(|(_, result)| result),
        Some(Err(RpCause(29))),
        "a carrier is owed a sender"
    );
}

fn number(digits: &str) -> Address {
    Address::Number(digits.parse().expect("a number"))
}

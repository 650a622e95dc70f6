//! RFC 5438: what an app asks to hear of the text that it sends.

use iwf_model::{Asked, Imdn, Origin, ReceiptRequest, Submission};
use iwf_sip::delivery::is_for;

use crate::server::{App, Server, from_port, policy};

/// A text in CPIM, of 20 November.
fn body(wishes: &str) -> Vec<u8> {
    format!(
        "From: <sip:a@b>\r\nTo: <sip:c@d>\r\nDateTime: 2026-11-20T10:00:00+01:00\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: d834jied93rf\r\n{wishes}\r\n\
         Content-Type: text/plain;charset=UTF-8\r\n\r\nHello"
    )
    .into_bytes()
}

const ALL: &str = "imdn.Disposition-Notification: positive-delivery, negative-delivery, display\r\n";

fn asked(submission: &Submission) -> Option<&Asked> {
    match submission.options().imdn.as_deref()? {
        Imdn::Asked(asked) => Some(asked),
        Imdn::Notice(_) => panic!("an app sends no notice of ours"),
    }
}

/// Sends such a text and gives back what was taken.
fn taken(app: &mut App, server: &mut Server, to: &str, headers: &str, wishes: &str) -> Submission {
    let headers = format!("Content-Type: message/cpim\r\n{headers}");
    let draft = app.draft_message(to, &headers, &body(wishes));
    assert_eq!(app.send(server, &draft).status(), 202);
    server.taken.pop().unwrap()
}

/// RFC 5438 7.1.1: its name and its time of the text, and whom it wrote to.
#[test]
fn what_an_app_asks_to_hear_is_taken_with_its_text() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let taken = taken(&mut app, &mut server, "222", "", ALL);
    assert_eq!(
        (taken.text.as_str(), taken.receipt),
        ("Hello", ReceiptRequest { read: true, ..ReceiptRequest::ANY })
    );
    let asked = asked(&taken).unwrap();
    assert_eq!((asked.name.as_str(), asked.to.as_str()), ("d834jied93rf", "sip:222@example.com"));
    assert_eq!(asked.written_at, "2026-11-20T10:00:00+01:00");
    assert!(matches!(taken.origin, Origin::Account(_)));
}

#[test]
fn a_text_that_asks_for_nothing_carries_nothing_around() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    for wishes in ["", "imdn.Disposition-Notification: processing\r\n"] {
        let taken = taken(&mut app, &mut server, "222", "", wishes);
        assert_eq!((taken.receipt, taken.options), (ReceiptRequest::NONE, None));
    }
}

/// RFC 5438 8.3: whoever does not say who he is is not told anything.
#[test]
fn an_anonymous_text_asks_in_vain() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let taken = taken(&mut app, &mut server, "444555", "Privacy: id\r\n", ALL);
    assert_eq!((taken.receipt, taken.options), (ReceiptRequest::NONE, None));
}

#[test]
fn an_address_that_could_not_be_given_back_is_not_kept() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let mut draft = app.draft_message("222", "Content-Type: message/cpim\r\n", &body(ALL));
    draft.to = format!("<sip:222@example.com;x={}>", "y".repeat(300));
    assert_eq!(app.send(&mut server, &draft).status(), 202);
    assert_eq!(server.taken[0].options, None);
}

/// Another device of the account may not read what this one asked for.
#[test]
fn a_notice_is_for_the_device_that_asked_also_when_it_registers_anew() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let contact = |port: u16, instance: char| {
        let uuid = instance.to_string().repeat(8);
        format!("Contact: <sip:111222333@192.0.2.1:{port}>;+sip.instance=\"<urn:uuid:{uuid}>\"\r\n")
    };
    let mut other = App { flow: from_port(6000), call_id: "reg-2", ..App::new("111222333") };
    assert_eq!(app.register(&mut server, &contact(5060, '1')).status(), 200);
    assert_eq!(other.register(&mut server, &contact(6000, '2')).status(), 200);
    let taken = taken(&mut app, &mut server, "222", "", ALL);
    let asked = asked(&taken).unwrap().clone();
    assert_eq!(app.register(&mut server, &contact(7000, '1')).status(), 200);

    let (about, tells) = ("734018265501928374".parse().unwrap(), iwf_model::Tidings::Delivered);
    let notice = iwf_model::Notice { about, tells, asked };
    let Origin::Account(account) = taken.origin else { panic!("{taken:?}") };
    let bindings = iwf_sip::Directory::bindings(&server.users, account);
    let meant: Vec<&str> =
        bindings.iter().filter(|binding| is_for(&notice, binding)).map(|it| it.contact.as_str()).collect();
    assert_eq!(meant, ["sip:111222333@192.0.2.1:7000"]);
}

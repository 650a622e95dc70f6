//! RFC 3261 10.3 on the wire: REGISTER in, response out.

use iwf_sip::Name;
use iwf_sip::registrar::RegistrarPolicy;
use iwf_sip::uas::UasPolicy;

use crate::server::{App, Draft, Server, contacts, from_port, policy};
use crate::world::{tcp, udp};

fn server() -> Server {
    Server::new(policy())
}

const CONTACT: &str = "Contact: <sip:111222333@192.0.2.1:5060>\r\n";

/// RFC 3261 10.3 step 8, 20.17.
#[test]
fn a_phone_registers_and_the_200_lists_it_with_its_time_and_the_date() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let response = app.register(&mut server, &format!("{CONTACT}Expires: 600\r\n"));
    assert_eq!(response.status(), 200);
    assert_eq!(contacts(&response), ["<sip:111222333@192.0.2.1:5060>;expires=600"]);
    assert_eq!(response.header(Name::Date), Some("Sat, 21 Nov 2026 09:30:00 GMT"));
    assert!(response.to().tag().is_some(), "RFC 3261 8.2.6.2");
    assert_eq!(server.users.contacts("111222333"), ["sip:111222333@192.0.2.1:5060"]);
}

/// RFC 3261 17.2.2: the transaction absorbs it, the registrar never sees it.
#[test]
fn a_retransmitted_register_gets_the_same_answer() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let challenged = app.send_once(&mut server, &draft, "");
    let authorization = app.authorization(&draft, &crate::server::nonce(&challenged), 1);
    let octets = app.octets(&draft, &authorization);
    let first = server.receive(&octets, udp());
    let second = server.receive(&octets, udp());
    assert!(first[0].starts_with(b"SIP/2.0 200 "));
    assert_eq!(first, second);
}

/// RFC 3261 10.2.2, 10.2.3.
#[test]
fn a_phone_asks_and_leaves() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    app.register(&mut server, CONTACT);
    server.wait(100);
    assert_eq!(contacts(&app.register(&mut server, "")), ["<sip:111222333@192.0.2.1:5060>;expires=3500"]);
    let response = app.register(&mut server, "Contact: *\r\nExpires: 0\r\n");
    assert_eq!((response.status(), contacts(&response).len()), (200, 0));
    assert!(server.users.contacts("111222333").is_empty());
}

/// RFC 3261 10.2.2: the star needs Expires: 0 and no other Contact.
#[test]
fn a_star_used_wrongly_is_400() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    app.register(&mut server, CONTACT);
    for headers in [
        "Contact: *\r\n",
        "Contact: *\r\nExpires: 1\r\n",
        "Contact: *, <sip:a@b>\r\nExpires: 0\r\n",
        "Contact: *\r\nContact: <sip:a@b>\r\nExpires: 0\r\n",
    ] {
        assert_eq!(app.register(&mut server, headers).status(), 400, "{headers}");
    }
    assert_eq!(server.users.contacts("111222333").len(), 1, "nothing was changed");
}

/// RFC 3261 10.3 step 7, 21.4.17, 20.23.
#[test]
fn too_brief_is_423_with_the_least_there_is() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let response = app.register(&mut server, &format!("{CONTACT}Expires: 59\r\n"));
    assert_eq!((response.status(), response.header(Name::MinExpires)), (423, Some("60")));
    assert_eq!(app.register(&mut server, &format!("{CONTACT}Expires: 60\r\n")).status(), 200);
}

/// RFC 3261 10.3 step 7.
#[test]
fn a_late_register_is_400_and_changes_nothing() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    app.register(&mut server, CONTACT);
    let mut late = App { cseq: 0, call_id: "reg-1", ..app.clone() };
    late.flow = from_port(5062);
    let response = late.register(&mut server, &format!("{CONTACT}Expires: 0\r\n"));
    assert_eq!(response.status(), 400);
    assert_eq!(server.users.contacts("111222333").len(), 1);
}

/// RFC 3261 10.3 steps 4 and 5.
#[test]
fn an_address_of_record_of_somebody_else_is_403_and_of_nobody_404() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let register_as = |server: &mut Server, app: &mut App, to: &str, from: &str| {
        let draft = app.draft_register(CONTACT);
        app.send(server, &Draft { to: to.to_owned(), from: from.to_owned(), ..draft }).status()
    };
    let own = "<sip:111222333@example.com>";
    assert_eq!(register_as(&mut server, &mut app, "<sip:alice@example.com>", own), 403);
    assert_eq!(register_as(&mut server, &mut app, "<sip:444555@example.com>", own), 403);
    assert_eq!(register_as(&mut server, &mut app, own, "<sip:alice@example.com>"), 403, "as somebody else");
    assert_eq!(register_as(&mut server, &mut app, "<sip:nobody@example.com>", own), 404);
    assert_eq!(register_as(&mut server, &mut app, "<tel:111222333>", own), 404, "RFC 3261 10.2: a SIP URI");
    assert_eq!(register_as(&mut server, &mut app, "sip:%31%311222333@any.example;user=phone", own), 200);
}

#[test]
fn an_account_registers_any_of_its_numbers_and_keeps_the_address_as_it_wrote_it() {
    let (mut server, mut app) = (server(), App::new("alice"));
    let to = "\"Alice\" <sip:+444556@10.0.0.1:5060;transport=tcp>".to_owned();
    let draft = Draft { to, ..app.draft_register(CONTACT) };
    assert_eq!(app.send(&mut server, &draft).status(), 200);
    let account = iwf_sip::Directory::account(&server.users, "alice").unwrap();
    let bindings = iwf_sip::Directory::bindings(&server.users, account.id);
    assert_eq!(bindings[0].aor, "sip:+444556@10.0.0.1:5060");
    assert_eq!((bindings[0].user_agent.as_str(), bindings[0].flow), ("app/1", udp()));
}

/// design.md: with domains configured, no other is served.
#[test]
fn domains_are_kept_where_they_are_configured() {
    let domains = vec!["example.com".to_owned()];
    let mut server = Server::new(UasPolicy { domains, ..policy() });
    let mut app = App::new("111222333");
    assert_eq!(app.register(&mut server, CONTACT).status(), 200);
    let own = app.draft_register(CONTACT);
    let elsewhere = Draft { to: "<sip:111222333@example.org>".into(), ..own.clone() };
    assert_eq!(app.send(&mut server, &elsewhere).status(), 404);
    let proxied = Draft { uri: "sip:example.org".into(), ..own.clone() };
    assert_eq!(app.send(&mut server, &proxied).status(), 404);
    let by_address = Draft { uri: "sip:198.51.100.1:5060".into(), ..own };
    assert_eq!(app.send(&mut server, &by_address).status(), 200, "the address it reached us by");
}

/// RFC 3261 8.2.2.3, 20.40.
#[test]
fn required_extensions_are_420_and_all_named() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let headers = format!("{CONTACT}Require: path, gruu\r\nProxy-Require: outbound, 100rel\r\n");
    let response = app.register(&mut server, &headers);
    assert_eq!((response.status(), response.header(Name::Unsupported)), (420, Some("gruu, 100rel")));
    let supported = format!("{CONTACT}Supported: gruu, outbound, path\r\nRoute: <sip:198.51.100.1;lr>\r\n");
    assert_eq!(app.register(&mut server, &supported).status(), 200, "as baresip does");
}

#[test]
fn a_suspended_account_is_403() {
    let (mut server, mut app) = (server(), App::new("off"));
    assert_eq!(app.register(&mut server, CONTACT).status(), 403);
}

/// field-notes 2: Linphone's Contact, and what comes back of it.
#[test]
fn parameters_of_a_contact_come_back_as_they_were_written() {
    let (mut server, mut app) = (server(), App { flow: tcp(), ..App::new("111222333") });
    let headers = "Contact: \"Bob, Jr.\" <sip:111222333@10.0.0.7:41234;transport=tcp>;+sip.instance=\"<urn:uuid:1>\";\
                   +org.linphone.specs=\"ephemeral/1.1,lime\";expires=1200\r\nAccept: text/plain\r\nAccept: message/cpim\r\n";
    let response = app.register(&mut server, headers);
    let expected = "<sip:111222333@10.0.0.7:41234;transport=tcp>;+sip.instance=\"<urn:uuid:1>\";\
                    +org.linphone.specs=\"ephemeral/1.1,lime\";expires=1200";
    assert_eq!(contacts(&response), [expected]);
}

/// RFC 5626 6: the phone came back from another port, under another Call-ID.
#[test]
fn a_device_that_lost_its_nat_binding_is_one_device() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let at = |port| format!("Contact: <sip:111222333@192.0.2.1:{port}>;+sip.instance=\"<urn:uuid:1>\"\r\n");
    app.register(&mut server, &at(5060));
    let mut again = App { flow: from_port(40_000), call_id: "reg-2", ..App::new("111222333") };
    assert_eq!(contacts(&again.register(&mut server, &at(40_000))).len(), 1);
    assert_eq!(server.users.contacts("111222333"), ["sip:111222333@192.0.2.1:40000"]);
}

/// RFC 3261 10.2.1: what the server grants is what counts.
#[test]
fn a_long_registration_is_shortened() {
    let registrar =
        RegistrarPolicy { max_expires: std::time::Duration::from_secs(300), ..policy().registrar };
    let mut server = Server::new(UasPolicy { registrar, ..policy() });
    let mut app = App::new("111222333");
    let response = app.register(&mut server, &format!("{CONTACT}Expires: 7200\r\n"));
    assert_eq!(contacts(&response), ["<sip:111222333@192.0.2.1:5060>;expires=300"]);
}

/// RFC 4475 3.1.2.12 and 3.3.x: a Contact that can't be read spoils all of it.
#[test]
fn a_contact_that_can_not_be_read_is_400() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    for contact in ["<sip:a@b", "sip:a@b?Route=%3Csip:c%3E", "\"Watson, Thomas\" < sip:t@e >", "<mailto:a@b>"]
    {
        let headers = format!("{CONTACT}Contact: {contact}\r\n");
        assert_eq!(app.register(&mut server, &headers).status(), 400, "{contact}");
    }
    assert!(server.users.contacts("111222333").is_empty());
}

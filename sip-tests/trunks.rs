//! Who a request is from: the digest, or a trunk that is named (RFC 3325, RFC 3323; interworking.md C.11, G.2).

use iwf_model::profile::CertificateRule;
use iwf_model::{AccountId, Address, CarrierId, Network, Origin};
use iwf_sip::uas::{Trunk, UasPolicy};

use crate::server::{App, Server, contacts, flow, policy};

const TEXT: &str = "Content-Type: text/plain\r\n";

fn server(accounts: bool, carrier: Option<&str>) -> Server {
    let trunk = Trunk {
        name: "edge".into(),
        networks: vec![Network::parse("198.51.100.0/28").expect("a network")],
        certificate: None,
        accounts,
        carrier: carrier.map(str::to_owned),
    };
    Server::new(UasPolicy {
        trunks: vec![trunk],
        emergency: vec!["112".parse().expect("a number")],
        ..policy()
    })
}

fn edge() -> App {
    App { flow: flow("198.51.100.1:5060", None), ..App::new("somebody") }
}

/// The status of a text with these headers from the trunk.
fn sends(edge: &mut App, server: &mut Server, to: &str, headers: &str) -> u16 {
    let draft = edge.draft_message(to, &format!("{TEXT}{headers}"), b"hello");
    edge.send_once(server, &draft, "").status()
}

#[test]
fn a_trunk_speaks_for_our_accounts_where_it_may_and_from_says_nothing() {
    let mut server = server(true, None);
    let mut edge = edge();
    assert_eq!(
        sends(
            &mut edge,
            &mut server,
            "111222333",
            "P-Asserted-Identity: \"A\" <sip:+444556@example.com;user=phone>\r\n"
        ),
        202
    );
    let taken = &server.taken[0];
    assert_eq!((taken.origin, &taken.source), (Origin::Account(AccountId(2)), &number("444556")));
    assert_eq!(
        sends(
            &mut edge,
            &mut server,
            "111222333",
            "P-Asserted-Identity: <sip:alice@example.com>, <tel:+444555>\r\n"
        ),
        202
    );
    assert_eq!(server.taken[1].source, number("444555"));
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", "P-Asserted-Identity: <tel:777>\r\n"),
        403,
        "suspended"
    );
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", "P-Asserted-Identity: <tel:+4915112345678>\r\n"),
        403,
        "not ours"
    );
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", ""),
        401,
        "it asserts nothing, so the digest is asked for"
    );
}

#[test]
fn a_trunk_brings_the_messages_of_its_carrier_and_may_not_speak_for_our_accounts() {
    let mut server = server(false, Some("Carrier1"));
    let mut edge = edge();
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", "P-Asserted-Identity: <tel:+49-151-12345678>\r\n"),
        202
    );
    let taken = &server.taken[0];
    assert_eq!((taken.origin, &taken.source), (Origin::Carrier(CarrierId(1)), &number("4915112345678")));
    assert_eq!(taken.source_as_submitted.ton, 1, "it was international");
    assert_eq!(
        sends(
            &mut edge,
            &mut server,
            "111222333",
            "P-Asserted-Identity: <sip:ACME%20Bank@carrier.example>\r\n"
        ),
        202
    );
    assert!(matches!(&server.taken[1].source, Address::Name(name) if name.as_str() == "ACME Bank"));
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", "P-Asserted-Identity: <tel:444555>\r\n"),
        403,
        "that is alice"
    );
    assert_eq!(sends(&mut edge, &mut server, "nobody", "P-Asserted-Identity: <tel:+4915112345678>\r\n"), 404);
    let mut unknown = self::server(false, Some("Carrier2"));
    assert_eq!(
        sends(&mut edge, &mut unknown, "111222333", "P-Asserted-Identity: <tel:+4915112345678>\r\n"),
        403
    );
}

#[test]
fn a_trunk_with_a_certificate_is_who_shows_it_and_nobody_else_at_its_address() {
    let rule: CertificateRule = "name:edge.example".parse().expect("a rule");
    let trunk = |networks: &[&str]| Trunk {
        name: "edge".into(),
        networks: networks.iter().map(|text| Network::parse(text).expect("a network")).collect(),
        certificate: Some(rule.clone()),
        accounts: true,
        carrier: None,
    };
    let asserted = "P-Asserted-Identity: <tel:444555>\r\n";
    let mut server = Server::new(UasPolicy { trunks: vec![trunk(&[])], ..policy() });
    let mut edge = edge();
    let address = edge.flow.peer().ip();
    assert_eq!(sends(&mut edge, &mut server, "111222333", asserted), 401, "it has shown nothing");
    assert_eq!(server.uas.proven(address, |shown| *shown != rule), None);
    server.proven = server.uas.proven(address, |shown| *shown == rule);
    assert_eq!(sends(&mut edge, &mut server, "111222333", asserted), 202, "wherever it comes from");

    let elsewhere = Server::new(UasPolicy { trunks: vec![trunk(&["203.0.113.0/24"])], ..policy() });
    assert_eq!(elsewhere.uas.proven(address, |_| true), None, "the address has to be right too");
    assert!(elsewhere.uas.proven("203.0.113.9".parse().expect("an address"), |_| true).is_some());
    let plain = self::server(true, None);
    assert_eq!(plain.uas.proven(address, |_| true), None, "known by its address, and needs no more");
}

/// RFC 3325 5: outside the trust domain it is not believed.
#[test]
fn what_anybody_else_asserts_is_not_looked_at() {
    let mut server = server(true, Some("Carrier1"));
    let mut app = App::new("111222333");
    let headers = format!("{TEXT}P-Asserted-Identity: <sip:+444555@example.com>\r\n");
    let draft = app.draft_message("444556", &headers, b"hello");
    assert_eq!(app.send_once(&mut server, &draft, "").status(), 401);
    assert_eq!(app.send(&mut server, &draft).status(), 202);
    assert_eq!(server.taken[0].source, number("111222333"));
}

#[test]
fn an_app_registers_through_a_trunk_that_has_authenticated_it() {
    let mut edge = App { user: "alice", ..edge() };
    let mut server = server(true, None);
    let contact = "Contact: <sip:a@10.0.0.1>\r\n";
    let asserted = format!("{contact}P-Asserted-Identity: <sip:alice@example.com>\r\n");
    let draft = edge.draft_register(&asserted);
    let response = edge.send_once(&mut server, &draft, "");
    assert_eq!((response.status(), contacts(&response).len()), (200, 1));
    assert_eq!(
        edge.register(&mut server, contact).status(),
        200,
        "without a word of the trunk by its digest"
    );
    let other = format!("{contact}P-Asserted-Identity: <tel:111222333>\r\n");
    let draft = edge.draft_register(&other);
    assert_eq!(edge.send_once(&mut server, &draft, "").status(), 403, "for nobody else");

    let mut server = self::server(false, Some("Carrier1"));
    let draft = edge.draft_register(&format!("{contact}P-Asserted-Identity: <tel:+4915112345678>\r\n"));
    assert_eq!(edge.send_once(&mut server, &draft, "").status(), 403);
}

/// RFC 3323 4.2, RFC 3325 9.3.
#[test]
fn who_asks_for_privacy_is_not_named_to_who_gets_the_text() {
    let mut server = server(true, None);
    let mut edge = edge();
    for privacy in ["id", "critical; ID", "user,header"] {
        let headers = format!("P-Asserted-Identity: <tel:444555>\r\nPrivacy: {privacy}\r\n");
        assert_eq!(sends(&mut edge, &mut server, "111222333", &headers), 202);
        let taken = server.taken.last().expect("a text");
        assert_eq!(
            (taken.origin, &taken.source),
            (Origin::Account(AccountId(2)), &Address::Absent),
            "{privacy}"
        );
        assert_eq!(
            sends(&mut edge, &mut server, "999888", &headers),
            433,
            "a carrier can't be sent a text of nobody"
        );
    }
    assert_eq!(
        sends(&mut edge, &mut server, "111222333", "P-Asserted-Identity: <tel:444555>\r\nPrivacy: none\r\n"),
        202
    );
    assert_eq!(server.taken.last().expect("a text").source, number("444555"));
}

/// interworking.md E.6; RFC 5031 4.2.
#[test]
fn a_text_for_an_emergency_is_refused_and_never_looks_taken() {
    let mut server = server(true, None);
    let mut edge = edge();
    let from = "P-Asserted-Identity: <tel:444555>\r\n";
    assert_eq!(sends(&mut edge, &mut server, "112", from), 403);
    let draft = edge.draft_message("x", TEXT, b"help");
    for urn in ["urn:service:sos", "URN:service:SOS.police"] {
        let draft = crate::server::Draft { uri: urn.into(), to: format!("<{urn}>"), ..draft.clone() };
        assert_eq!(edge.send_once(&mut server, &draft, "").status(), 403, "{urn}");
    }
    server.users.change("alice", |alice| alice.dids.push("112".parse().expect("a number")));
    assert_eq!(sends(&mut edge, &mut server, "112", from), 202, "what an account owns is its own");
}

fn number(digits: &str) -> Address {
    Address::Number(digits.parse().expect("a number"))
}

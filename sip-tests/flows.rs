//! Flows on the wire: Path (RFC 3327), outbound (RFC 5626), Service-Route (RFC 3608), NAT (RFC 3581).

use std::time::Duration;

use iwf_model::Flow;
use iwf_sip::Name;
use iwf_sip::registrar::RegistrarPolicy;
use iwf_sip::uas::UasPolicy;

use crate::server::{App, Server, contacts, from_port, policy};
use crate::world::{address, tcp, world};

const FLOW: &str = "Contact: <sip:1@10.0.0.1:5060;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\nSupported: path, outbound\r\n";

/// RFC 3327 5.3: kept, and copied into the 200; a phone that knows nothing of it is served all the same.
#[test]
fn the_path_of_a_registration_comes_back_as_it_was() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let path =
        "Path: <sip:tok@192.0.2.1;lr;ob>,<sip:inner.example.com;lr>\r\nPath: <sips:last.example.com;lr>\r\n";
    let response = app.register(&mut server, &format!("Contact: <sip:1@10.0.0.1>\r\n{path}"));
    let expected = "<sip:tok@192.0.2.1;lr;ob>, <sip:inner.example.com;lr>, <sips:last.example.com;lr>";
    assert_eq!((response.status(), response.header(Name::Path)), (200, Some(expected)));
    for bad in ["Path: <tel:1>\r\n", "Path: nonsense\r\n", "Path: <sip:a>, <\r\n"] {
        assert_eq!(
            app.register(&mut server, &format!("Contact: <sip:1@10.0.0.1>\r\n{bad}")).status(),
            400,
            "{bad}"
        );
    }
}

/// RFC 3261 8.2.2.3: what we do may be insisted on, and no more.
#[test]
fn path_and_outbound_may_be_required_and_gruu_may_not() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let register = |app: &mut App, server: &mut Server, tags: &str| {
        app.register(server, &format!("Contact: <sip:1@10.0.0.1>\r\nRequire: {tags}\r\n"))
    };
    assert_eq!(register(&mut app, &mut server, "path, Outbound").status(), 200);
    let refused = register(&mut app, &mut server, "path, gruu");
    assert_eq!((refused.status(), refused.header(Name::Unsupported)), (420, Some("gruu")));
}

/// RFC 5626 6 and 5.4.
#[test]
fn an_app_with_outbound_hears_that_it_was_done_and_on_a_connection_how_often_to_show() {
    let registrar =
        RegistrarPolicy { flow_timer: Some(Duration::from_secs(120)), ..RegistrarPolicy::default() };
    let mut server = Server::new(UasPolicy { registrar, ..policy() });
    let mut app = App { flow: tcp(), ..App::new("111222333") };
    let response = app.register(&mut server, FLOW);
    assert_eq!(
        (response.header(Name::Require), response.other("Flow-Timer")),
        (Some("outbound"), Some("120"))
    );
    let mut datagrams = App::new("alice");
    let response = datagrams.register(&mut server, FLOW);
    assert_eq!((response.header(Name::Require), response.other("Flow-Timer")), (Some("outbound"), None));
    let response = app.register(&mut server, "Contact: <sip:1@10.0.0.1>\r\n");
    assert_eq!((response.header(Name::Require), response.other("Flow-Timer")), (None, None));
}

/// RFC 5626 6.
#[test]
fn outbound_through_a_proxy_that_lacks_it_is_439() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    let via = "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKfirst\r\n";
    assert_eq!(app.register(&mut server, &format!("{via}{FLOW}")).status(), 439);
    let path = "Path: <sip:tok@192.0.2.1;lr;ob>\r\n";
    let response = app.register(&mut server, &format!("{via}{path}{FLOW}"));
    assert_eq!((response.status(), response.header(Name::Require)), (200, Some("outbound")));
}

/// RFC 3608 5.
#[test]
fn a_service_route_is_told_where_one_is_configured() {
    let route = |response: iwf_sip::Response| response.other("Service-Route").map(str::to_owned);
    let mut app = App::new("111222333");
    assert_eq!(route(app.register(&mut Server::new(policy()), FLOW)), None);
    let service_route = vec!["sip:edge.example.com;lr".to_owned()];
    let mut server = Server::new(UasPolicy { service_route, ..policy() });
    assert_eq!(route(app.register(&mut server, FLOW)).as_deref(), Some("<sip:edge.example.com;lr>"));
}

/// RFC 3581 4: the answer goes where the request came from and says so, asked or not.
#[test]
fn behind_a_nat_the_source_counts_and_not_what_the_phone_believes() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    app.flow = from_port(40_000);
    let response = app.register(&mut server, FLOW);
    let via = response.header(Name::Via).unwrap_or_default();
    assert!(via.contains("received=192.0.2.1") && via.contains("rport=40000"), "{via}");
    let account = iwf_sip::Directory::account(&server.users, "111222333").unwrap();
    let flows = |server: &Server| -> Vec<Flow> {
        let bindings = iwf_sip::Directory::bindings(&server.users, account.id);
        bindings.iter().map(|binding| iwf_sip::delivery::target(binding).flow()).collect()
    };
    assert_eq!(flows(&server), [from_port(40_000)]);
    // A NAT that maps anew: the next REGISTER comes from another port.
    app.flow = from_port(40_001);
    let response = app.register(&mut server, FLOW);
    assert_eq!(contacts(&response).len(), 1);
    assert_eq!(flows(&server), [from_port(40_001)]);
}

/// Over IPv6 there is no NAT: the Contact is the source, and is where the phone listens.
#[test]
fn over_ipv6_a_phone_is_reached_where_it_listens() {
    let (mut server, mut app) = (Server::new(policy()), App::new("111222333"));
    app.flow = Flow::datagrams(address("[2001:db8::7]:40000"));
    assert_eq!(app.register(&mut server, "Contact: <sip:1@[2001:db8::7]:5070>\r\n").status(), 200);
    let account = iwf_sip::Directory::account(&server.users, "111222333").unwrap();
    let bindings = iwf_sip::Directory::bindings(&server.users, account.id);
    let target = iwf_sip::delivery::target(&bindings[0]).flow();
    assert_eq!(target, Flow::datagrams(address("[2001:db8::7]:5070")));
}

/// RFC 5626 8: STUN and SIP share the port; over a stream the same octets are no STUN.
#[test]
fn a_stun_binding_request_on_the_sip_port_is_answered() {
    let request = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    let mut world = world();
    world.receive(request, from_port(40_000));
    assert_eq!((world.sent.len(), world.sent[0].1), (1, from_port(40_000)));
    assert_eq!(world.sent[0].2[..2], [1, 1]);
    world.receive(request, tcp());
    assert_eq!(world.sent.len(), 1);
}

//! RFC 3261 10.3, step by step.

use iwf_model::Transport;

use super::*;
use crate::message::{Name, Request};

const NOW: Timestamp = Timestamp::from_micros(1_795_219_200_000_000);

/// A REGISTER as a test writes it: its header lines, Call-ID and CSeq.
struct Phone {
    call_id: &'static str,
    cseq: u32,
    flow: Flow,
}

fn phone(call_id: &'static str, cseq: u32) -> Phone {
    Phone { call_id, cseq, flow: Flow::datagrams("192.0.2.7:5060".parse().unwrap()) }
}

impl Phone {
    fn register(&self, current: &[Binding], headers: &str) -> Result<Registered, Rejected> {
        self.register_at(NOW, current, headers, &RegistrarPolicy::default())
    }

    fn register_at(
        &self,
        now: Timestamp,
        current: &[Binding],
        headers: &str,
        policy: &RegistrarPolicy,
    ) -> Result<Registered, Rejected> {
        let octets = format!(
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n\
             From: <sip:1@example.com>;tag=1\r\nTo: <sip:1@example.com>\r\nCall-ID: {}\r\n\
             CSeq: {} REGISTER\r\n{headers}\r\n\r\n",
            self.call_id, self.cseq
        );
        let request = Request::parse(octets.into()).unwrap();
        let asked = Register {
            account: AccountId(1),
            aor: "sip:1@example.com",
            call_id: request.call_id(),
            cseq: request.cseq().number,
            contacts: &request.contacts().unwrap(),
            expires: request.expires(),
            flow: self.flow,
            path: &request.headers(Name::Path).collect::<Vec<_>>().join(", "),
            is_first_hop: !request.headers(Name::Path).any(|_| true),
            push: &["fcm".to_owned()],
            supports_outbound: request.header(Name::Supported) == Some("outbound"),
            user_agent: "phone/1",
        };
        register(policy, current, &asked, now)
    }

    fn bindings(&self, current: &[Binding], headers: &str) -> Vec<Binding> {
        self.register(current, headers).unwrap().bindings
    }
}

fn contacts(bindings: &[Binding]) -> Vec<&str> {
    bindings.iter().map(|binding| binding.contact.as_str()).collect()
}

fn seconds(binding: &Binding) -> u64 {
    binding.expires_at.since(NOW).as_secs()
}

const A: &str = "Contact: <sip:a@192.0.2.7>";
const B: &str = "Contact: <sip:b@192.0.2.8>";

#[test]
fn a_contact_is_bound_as_it_was_written() {
    let headers = "Contact: \"Bob\" <sip:1-0x5@192.0.2.7:5070;transport=udp;ob>;q=0.5;Expires=600;\
                   +org.linphone.specs=\"ephemeral/1.1,lime\";methods=\"MESSAGE\"";
    let registered = phone("c1", 7).register(&[], headers).unwrap();
    let binding = &registered.bindings[0];
    assert_eq!(binding.contact, "sip:1-0x5@192.0.2.7:5070;transport=udp;ob");
    assert_eq!(binding.params, ";q=0.5;+org.linphone.specs=\"ephemeral/1.1,lime\";methods=\"MESSAGE\"");
    assert_eq!((binding.q, binding.cseq, binding.call_id.as_str()), (500, 7, "c1"));
    assert_eq!((binding.aor.as_str(), binding.user_agent.as_str()), ("sip:1@example.com", "phone/1"));
    assert_eq!(seconds(binding), 600);
    assert_eq!(registered.changes, [BindingChange::Put(Box::new(binding.clone()))]);
    assert_eq!(
        listed(binding, NOW.after(Duration::from_millis(1500))),
        "<sip:1-0x5@192.0.2.7:5070;transport=udp;ob>;q=0.5;+org.linphone.specs=\"ephemeral/1.1,lime\";\
         methods=\"MESSAGE\";expires=599"
    );
}

/// 10.3 step 6, and 10.2.3: without Contact it is a question.
#[test]
fn a_register_without_contact_lists_and_changes_nothing() {
    let current = phone("c1", 1).bindings(&[], A);
    let registered = phone("c1", 2).register(&current, "Expires: 0").unwrap();
    assert_eq!((registered.changes.len(), registered.bindings), (0, current));
}

/// 10.3 step 7: the Contact's own time, else the header's, else the default.
#[test]
fn the_time_is_the_contacts_then_the_headers_then_the_default() {
    let granted = |headers: &str| seconds(&phone("c", 1).bindings(&[], headers)[0]);
    assert_eq!(granted(A), 3600);
    assert_eq!(granted(&format!("{A}\r\nExpires: 120")), 120);
    assert_eq!(granted(&format!("{A};expires=90\r\nExpires: 120")), 90);
    assert_eq!(granted(&format!("{A};expires=never")), 3600, "a malformed value counts as none");
    assert_eq!(granted(&format!("{A};expires=99999999999")), 3600, "shortened to the longest");
}

/// 10.3 step 7: 423 between 0 and the minimum.
#[test]
fn too_brief_is_refused_at_59_and_granted_at_60() {
    let register = |expires: u32| phone("c", 1).register(&[], &format!("{A};expires={expires}"));
    assert_eq!(register(1), Err(Rejected::TooBrief));
    assert_eq!(register(59), Err(Rejected::TooBrief));
    assert_eq!(seconds(&register(60).unwrap().bindings[0]), 60);
    assert_eq!(seconds(&register(3600).unwrap().bindings[0]), 3600);
}

#[test]
fn a_device_behind_nat_on_udp_may_get_less() {
    let brief = Duration::from_secs(300);
    let policy = RegistrarPolicy { max_expires_behind_nat: brief, ..RegistrarPolicy::default() };
    let granted = |phone: &Phone, headers: &str| {
        seconds(&phone.register_at(NOW, &[], headers, &policy).unwrap().bindings[0])
    };
    let udp = phone("c", 1);
    assert_eq!(granted(&udp, "Contact: <sip:a@10.0.0.1>"), 300);
    assert_eq!(granted(&udp, A), 3600, "no NAT between");
    let tcp = Phone {
        flow: Flow::Stream { transport: Transport::Tcp, peer: udp.flow.peer(), connection: 1 },
        ..udp
    };
    assert_eq!(granted(&tcp, "Contact: <sip:a@10.0.0.1>"), 3600, "a connection keeps its path open");
}

/// 10.2.2 and 10.3 step 6.
#[test]
fn a_star_with_expires_zero_removes_all() {
    let current = phone("c1", 1).bindings(&[], &format!("{A}\r\n{B}"));
    let registered = phone("c2", 1).register(&current, "Contact: *\r\nExpires: 0").unwrap();
    assert!(registered.bindings.is_empty());
    let removed = |contact: &str| BindingChange::Remove { account: AccountId(1), key: contact.into() };
    assert_eq!(registered.changes, [removed("sip:a@192.0.2.7"), removed("sip:b@192.0.2.8")]);
}

/// 10.3 step 6.
#[test]
fn a_star_needs_expires_zero() {
    for expires in ["", "\r\nExpires: 1", "\r\nExpires: x"] {
        let result = phone("c", 1).register(&[], &format!("Contact: *{expires}"));
        assert_eq!(result, Err(Rejected::StarNeedsExpiresZero), "{expires}");
    }
}

/// 10.3 steps 6 and 7: CSeq orders the REGISTERs of one Call-ID.
#[test]
fn a_late_register_changes_nothing() {
    let current = phone("c1", 5).bindings(&[], &format!("{A}\r\n{B}"));
    for (cseq, headers) in
        [(5, A), (4, "Contact: *\r\nExpires: 0"), (5, "Contact: <sip:new@h>, <sip:b@192.0.2.8>")]
    {
        assert_eq!(phone("c1", cseq).register(&current, headers), Err(Rejected::OutOfOrder), "{headers}");
    }
    assert!(phone("c1", 6).register(&current, A).is_ok());
    assert!(phone("c2", 1).register(&current, A).is_ok(), "another Call-ID has its own order");
}

/// 10.3 step 7: URIs are compared by 19.1.4.
#[test]
fn the_same_contact_written_otherwise_is_refreshed() {
    let current = phone("c1", 1).bindings(&[], "Contact: <sip:%61@HOST.example;transport=tcp>");
    let registered =
        phone("c1", 2).register(&current, "Contact: <sip:a@host.example;transport=TCP>;expires=100");
    let registered = registered.unwrap();
    assert_eq!(contacts(&registered.bindings), ["sip:a@host.example;transport=TCP"]);
    assert_eq!(seconds(&registered.bindings[0]), 100);
    assert_eq!(registered.changes.len(), 2, "stored under its text, so the old text goes");
}

/// 10.3 step 8: all bindings are listed, not those of this REGISTER alone.
#[test]
fn other_devices_stay_and_are_listed() {
    let current = phone("c1", 1).bindings(&[], A);
    let registered = phone("c2", 1).register(&current, B).unwrap();
    assert_eq!(contacts(&registered.bindings), ["sip:a@192.0.2.7", "sip:b@192.0.2.8"]);
    assert_eq!(registered.changes.len(), 1);
}

/// 10.2.2: one contact is removed by `expires=0`; one that is not there is removed in vain.
#[test]
fn expires_zero_removes_that_contact() {
    let current = phone("c1", 1).bindings(&[], &format!("{A}\r\n{B}"));
    let registered = phone("c1", 2).register(&current, &format!("{A};expires=0")).unwrap();
    assert_eq!(contacts(&registered.bindings), ["sip:b@192.0.2.8"]);
    let registered = phone("c1", 3).register(&current, "Contact: <sip:x@y>;expires=0").unwrap();
    assert!(registered.changes.is_empty());
}

/// 10.3 step 7: all or nothing.
#[test]
fn one_bad_contact_stops_the_whole_request() {
    let bad = ["<sip:b@h>;expires=5", "<tel:+1555>", "<mailto:a@b>"];
    for contact in bad {
        let result = phone("c1", 1).register(&[], &format!("{A}\r\nContact: {contact}"));
        assert!(matches!(result, Err(Rejected::TooBrief | Rejected::BadContact)), "{contact}");
    }
}

#[test]
fn what_is_too_long_to_be_kept_is_refused() {
    let long = "a".repeat(1025);
    for contact in [format!("<sip:{long}@h>"), format!("<sip:a@h>;{long}"), format!("<sip:a@h>;x=\"{long}\"")]
    {
        let result = phone("c1", 1).register(&[], &format!("{A}\r\nContact: {contact}"));
        assert_eq!(result, Err(Rejected::TooLong), "{contact}");
    }
}

#[test]
fn the_last_of_two_entries_for_one_contact_counts() {
    let headers = format!("{A};expires=100\r\n{A};expires=200");
    let bindings = phone("c1", 1).bindings(&[], &headers);
    assert_eq!((bindings.len(), seconds(&bindings[0])), (1, 200));
}

/// RFC 5626 6; field-notes 2: a phone that came back from another port is one phone.
#[test]
fn a_device_that_comes_back_replaces_itself_at_once() {
    let at =
        |port: u16, id: &str| format!("Contact: <sip:1@192.0.2.7:{port}>;+sip.instance=\"<urn:uuid:{id}>\"");
    let current = phone("c1", 1).bindings(&[], &at(5060, "one"));
    assert_eq!(current[0].instance.as_deref(), Some("<urn:uuid:one>"));
    let registered = phone("c2", 1).register(&current, &at(40_000, "one")).unwrap();
    assert_eq!(contacts(&registered.bindings), ["sip:1@192.0.2.7:40000"]);
    assert!(
        matches!(&registered.changes[0], BindingChange::Remove { key, .. } if key == "sip:1@192.0.2.7:5060")
    );
    let registered = phone("c3", 1).register(&current, &at(40_000, "two")).unwrap();
    assert_eq!(registered.bindings.len(), 2, "another device");
}

/// RFC 5626 4.2: two flows of one device, told apart by reg-id.
#[test]
fn flows_with_different_reg_ids_live_side_by_side() {
    let flow = |port: u16, reg_id: &str| {
        format!("Contact: <sip:1@192.0.2.7:{port}>;+sip.instance=\"<urn:uuid:1>\"{reg_id}")
    };
    let one = phone("c1", 1).bindings(&[], &flow(1, ";reg-id=1"));
    assert_eq!(one[0].reg_id, Some(1));
    let two = phone("c2", 1).bindings(&one, &flow(2, ";reg-id=2"));
    assert_eq!(two.len(), 2);
    let moved = phone("c3", 1).bindings(&two, &flow(3, ";reg-id=1"));
    assert_eq!(contacts(&moved), ["sip:1@192.0.2.7:2", "sip:1@192.0.2.7:3"]);
    assert_eq!(phone("c4", 1).bindings(&moved, "Contact: <sip:2@h>;reg-id=1")[2].reg_id, None);
}

/// RFC 5626 6: instance and number name a flow, not its contact.
#[test]
fn flows_of_one_contact_are_two_and_those_of_two_devices_never_one() {
    let flow = |device: u8, reg_id: u8| {
        format!("Contact: <sip:1@d.invalid;ob>;+sip.instance=\"<urn:uuid:{device}>\";reg-id={reg_id}")
    };
    let one = phone("c1", 1).bindings(&[], &flow(1, 1));
    let two = phone("c2", 1).bindings(&one, &flow(1, 2));
    let three = phone("c3", 1).bindings(&two, &flow(2, 1));
    assert_eq!(three.iter().map(|binding| binding.reg_id).collect::<Vec<_>>(), [Some(1), Some(2), Some(1)]);
    let left = phone("c2", 2).register(&three, &format!("{};expires=0", flow(1, 2))).unwrap();
    let key = two[1].key().into_owned();
    assert_eq!(left.changes, [BindingChange::Remove { account: AccountId(1), key }]);
    let again = phone("c9", 1).register(&three, &flow(1, 1)).unwrap();
    assert_eq!((again.bindings.len(), again.changes.len()), (3, 1), "replaced in its place");
    let unnumbered = phone("c9", 1).bindings(&three, "Contact: <sip:1@h>;+sip.instance=\"<urn:uuid:1>\"");
    assert_eq!(unnumbered.len(), 2, "a device without outbound has one flow");
}

/// RFC 5626 6: a number from 1 up.
#[test]
fn a_flow_has_a_number_from_one_up() {
    for reg_id in ["0", "-1", "x", "4294967296"] {
        let headers = format!("Contact: <sip:1@h>;+sip.instance=\"<urn:uuid:1>\";reg-id={reg_id}");
        assert_eq!(phone("c1", 1).bindings(&[], &headers)[0].reg_id, None, "{reg_id}");
    }
}

const NUMBERED: &str = "Contact: <sip:1@10.0.0.1>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";

/// RFC 5626 6: behind a proxy that does not keep flows apart there are none.
#[test]
fn outbound_needs_a_first_hop_that_does_it() {
    let (plain, edge) = ("Path: <sip:edge.example.com;lr>", "Path: <sip:tok@192.0.2.1;lr;ob>, <sip:p2;lr>");
    let asks = "Supported: outbound";
    let refused = phone("c", 1).register(&[], &format!("{NUMBERED}\r\n{plain}\r\n{asks}"));
    assert_eq!(refused, Err(Rejected::FirstHopLacksOutbound));
    let ignored = phone("c", 1).register(&[], &format!("{NUMBERED}\r\n{plain}")).unwrap();
    assert_eq!((ignored.bindings[0].reg_id, ignored.outbound), (None, false));
    let done = phone("c", 1).register(&[], &format!("{NUMBERED}\r\n{edge}\r\n{asks}")).unwrap();
    assert_eq!((done.bindings[0].reg_id, done.outbound), (Some(1), true));
    assert_eq!(done.bindings[0].path, "<sip:tok@192.0.2.1;lr;ob>, <sip:p2;lr>", "RFC 3327 5.3");
    let unasked = phone("c", 1).register(&[], NUMBERED).unwrap();
    assert_eq!((unasked.bindings[0].reg_id, unasked.outbound), (Some(1), false));
}

/// RFC 5626 6.
#[test]
fn a_flow_is_registered_alone() {
    let other = "Contact: <sip:2@h>";
    let result = phone("c", 1).register(&[], &format!("{NUMBERED}\r\n{other}"));
    assert_eq!(result, Err(Rejected::SeveralFlows));
    assert!(phone("c", 1).register(&[], &format!("{NUMBERED}\r\n{other};expires=0")).is_ok());
}

/// RFC 8599: it is woken when it is wanted, so its registration may outlive its way.
#[test]
fn an_app_that_is_woken_by_push_may_register_for_long() {
    let brief = Duration::from_secs(300);
    let week = Duration::from_secs(604_800);
    let policy = RegistrarPolicy {
        max_expires_behind_nat: brief,
        max_expires_with_push: week,
        ..RegistrarPolicy::default()
    };
    let granted = |params: &str| {
        let headers = format!("Contact: <sip:a@10.0.0.1{params}>;expires=99999999");
        seconds(&phone("c", 1).register_at(NOW, &[], &headers, &policy).unwrap().bindings[0])
    };
    assert_eq!(granted(";pn-provider=fcm;pn-prid=t"), 604_800);
    assert_eq!(granted(";pn-provider=apns;pn-prid=t"), 300, "a provider that there is not");
}

/// A NAT before the edge is the edge's to keep open.
#[test]
fn behind_a_proxy_the_time_is_not_shortened() {
    let brief = Duration::from_secs(300);
    let policy = RegistrarPolicy { max_expires_behind_nat: brief, ..RegistrarPolicy::default() };
    let headers = "Contact: <sip:a@10.0.0.1>\r\nPath: <sip:192.0.2.7;lr>";
    let registered = phone("c", 1).register_at(NOW, &[], headers, &policy).unwrap();
    assert_eq!(seconds(&registered.bindings[0]), 3600);
}

#[test]
fn the_eleventh_device_replaces_the_one_that_ends_first() {
    let mut current = Vec::new();
    for device in 0..10_u32 {
        let headers = format!("Contact: <sip:d{device}@h>;expires={}", 1000 - device);
        current = phone("c", 1 + device).bindings(&current, &headers);
    }
    let registered = phone("c", 99).register(&current, "Contact: <sip:new@h>;expires=60").unwrap();
    assert_eq!(registered.bindings.len(), 10);
    assert!(contacts(&registered.bindings).contains(&"sip:new@h"));
    assert!(!contacts(&registered.bindings).contains(&"sip:d9@h"));
    let eleven = format!("Contact: {}", ["<sip:a@h>"; 11].join(","));
    assert_eq!(phone("d", 1).register(&[], &eleven), Err(Rejected::TooManyContacts));
}

#[test]
fn what_lapsed_is_neither_listed_nor_in_the_way() {
    let current = phone("c1", 9).bindings(&[], &format!("{A};expires=60"));
    let later = NOW.after(Duration::from_secs(60));
    let policy = RegistrarPolicy::default();
    let registered = phone("c1", 1).register_at(later, &current, B, &policy).unwrap();
    assert_eq!(contacts(&registered.bindings), ["sip:b@192.0.2.8"]);
    assert!(phone("c1", 1).register_at(later, &current, A, &policy).is_ok(), "its CSeq is forgotten");
}

/// RFC 3261 19.1.1; interworking.md G.20.
#[test]
fn header_fields_of_a_contact_are_dropped() {
    let bindings = phone("c", 1).bindings(&[], "Contact: <sip:a@h;lr?Route=%3Csip:evil%3E>");
    assert_eq!(contacts(&bindings), ["sip:a@h;lr"]);
}

//! Environments of ours: which way a text has come (vendor TLVs 0x1503 and 0x1504), and carriers that tell us, on their
//! own binds, what became of what they took (interworking.md E.5).

use std::sync::Arc;

use iwf_model::{BindKind, Cause, EnvironmentId, FinalState, Options, Trace, UpstreamNews};
use iwf_smpp::{ClientConfig, CommandId, CommandStatus, Version};

use crate::centre::{Centre, HERE, carrier, config};
use crate::peer::{Peer, Submit, id, pdu, receipt, tlv};
use crate::texts::message_of;

const ELSEWHERE: EnvironmentId = EnvironmentId(*b"env-four");

fn env(version: Version) -> ClientConfig {
    let carrier = Arc::new(carrier(&[("environment", "true")]));
    ClientConfig { carrier, version, ..config(BindKind::Transceiver) }
}

/// The TLVs of a way.
fn way(hops: u8, visited: &[EnvironmentId]) -> Vec<u8> {
    let names: Vec<u8> = visited.iter().flat_map(|EnvironmentId(name)| *name).collect();
    [tlv(0x1503, &[hops]), tlv(0x1504, &names)].concat()
}

fn ends_with(octets: &[u8], end: &[u8]) -> bool {
    octets.ends_with(end)
}

#[test]
fn an_environment_is_told_which_way_a_text_has_come_and_others_are_not() {
    let mut centre = Centre::bound(env(Version::V50));
    centre.gives(1, "hello");
    assert!(ends_with(&centre.one().octets, &way(1, &[HERE])), "it begins here");
    let trace = Some(Box::new(Trace { hops: 1, visited: vec![ELSEWHERE] }));
    let options = Some(Box::new(Options { trace, ..Options::NONE }));
    for (config, told) in [
        (env(Version::V34), way(2, &[ELSEWHERE, HERE])),
        (env(Version::V33), b"\x05hello".to_vec()),
        (config(BindKind::Transceiver), b"\x05hello".to_vec()),
    ] {
        let mut centre = Centre::bound(config);
        let mut message = message_of("hello", id(1), centre.now.utc);
        message.submission.options.clone_from(&options);
        centre.gives_message(message);
        assert!(ends_with(&centre.one().octets, &told), "{told:?}");
    }
}

#[test]
fn what_an_environment_says_of_the_way_is_believed_and_what_others_say_is_not() {
    let come = Submit { tlvs: way(3, &[ELSEWHERE, HERE]), ..Submit::default() };
    let trace = Trace { hops: 3, visited: vec![ELSEWHERE, HERE] };
    let mut centre = Centre::bound(env(Version::V50));
    centre.sends(&come.deliver_sm(5));
    assert_eq!(centre.submissions[0].options().trace.as_deref(), Some(&trace));
    let mut stranger = Centre::transceiver();
    stranger.sends(&come.deliver_sm(5));
    assert_eq!(stranger.submissions[0].options, None);

    let mut peer = Peer::connected();
    peer.profile.reading.environment = true;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.sends(&come.submit_sm(5));
    assert_eq!(peer.submissions[0].options().trace.as_deref(), Some(&trace));
}

#[test]
fn a_way_that_is_none_is_refused_and_one_that_is_too_long_is_cut() {
    let mut centre = Centre::bound(env(Version::V50));
    for tlvs in [tlv(0x1503, &[1, 2]), tlv(0x1504, &[0; 9])] {
        centre.sends(&Submit { tlvs, ..Submit::default() }.deliver_sm(5));
        assert_eq!(centre.one().status, CommandStatus::EsmeRinvtlvlen);
    }
    centre.sends(&Submit { tlvs: way(9, &[ELSEWHERE; 12]), ..Submit::default() }.deliver_sm(6));
    let trace = centre.submissions[0].options().trace.clone().unwrap();
    assert_eq!((trace.hops, trace.visited.len()), (9, 8));
}

#[test]
fn to_an_environment_an_end_is_a_receipt_and_reading_is_an_acknowledgement() {
    let mut centre = Centre::bound(env(Version::V50));
    let read = iwf_model::Receipt { acknowledges: Some(id(7)), message: id(8), ..receipt(7) };
    for (told, esm_class) in [(receipt(7), 0x04), (read, 0x08)] {
        assert!(centre.client.send_receipt(&told, centre.now));
        let submit = centre.one();
        assert_eq!(submit.id, CommandId::SubmitSm);
        // service_type, the two addresses with type and plan.
        assert_eq!(submit.body()[1 + 13 + 7], esm_class);
    }
}

/// A carrier that says itself what becomes of what its receivers take.
fn acknowledging(environment: bool) -> Peer {
    let mut peer = Peer::connected();
    peer.profile.sending.acknowledges = true;
    peer.profile.reading.environment = environment;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.answers();
    peer
}

#[test]
fn a_carrier_that_acknowledges_is_asked_to_and_has_its_names_or_ours() {
    for (body, name) in [(&b"0A-7\0"[..], "0A-7"), (b"\0", "100000000000000001"), (b"", "100000000000000001")]
    {
        let mut peer = acknowledging(false);
        let carrier = Arc::new(crate::texts::carrier_of(peer.profile.clone()));
        let message = Arc::new(message_of("hello", id(1), peer.now.utc));
        assert!(peer.session.send_text(&message, &carrier, peer.now));
        let deliver = peer.answer();
        assert_eq!(deliver.id, CommandId::DeliverSm);
        assert!(ends_with(&deliver.octets, &tlv(0x001E, b"100000000000000001\0")));
        let registered = deliver.octets.len() - 23 - 5 - 5;
        assert_eq!(deliver.octets[registered..][..4], [1, 0, 0, 0], "registered_delivery 1");
        peer.sends(&pdu(CommandId::DeliverSmResp, deliver.sequence, body));
        assert_eq!(peer.texts[0].1.cause, Cause::Taken);
        assert_eq!(peer.names[0], [Some(name.into())]);
    }
}

#[test]
fn what_a_carrier_that_acknowledges_tells_is_no_text() {
    let told = |esm_class, text: &[u8]| Submit {
        esm_class,
        source: (1, 1, b"111222333".to_vec()),
        destination: (5, 0, b"ACME".to_vec()),
        short_message: text.to_vec(),
        ..Submit::default()
    };
    let (end, read) = (b"id:abc stat:UNDELIV err:021", b"id:abc stat:DELIVRD");
    let failed = UpstreamNews::Ended(FinalState::Undeliverable);
    let delivered = UpstreamNews::Ended(FinalState::Delivered);
    for (environment, esm_class, text, tells) in [
        (true, 0x04, &end[..], failed),
        (false, 0x04, &end[..], failed),
        (false, 0x08, &end[..], failed),
        (false, 0x08, &read[..], delivered),
        (true, 0x08, &read[..], UpstreamNews::Read),
    ] {
        let mut peer = acknowledging(environment);
        peer.sends(&told(esm_class, text).submit_sm(7));
        let answer = peer.answer();
        assert_eq!(answer.short(), (CommandId::SubmitSmResp, CommandStatus::EsmeRok, 7));
        assert_eq!(answer.body(), b"\0");
        assert_eq!((&*peer.upstream[0].name, peer.upstream[0].tells), ("abc", tells), "{esm_class:#x}");
        assert!(peer.submissions.is_empty());
    }
    let mut other = Peer::transceiver();
    other.sends(&told(0x04, end).submit_sm(7));
    assert_eq!(
        other.answer().status,
        CommandStatus::EsmeRinvdstton,
        "of anybody else it is a text, and a wrong one"
    );
    assert!(other.upstream.is_empty());
}

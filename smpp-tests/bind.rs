//! Binding: SMPP 5.0 4.1.1, 4.1.1.2, 4.1.1.4, 4.1.1.6, 4.7.13, 4.8.4.51; A.3.4.

use std::time::Duration;

use iwf_model::BindKind;
use iwf_smpp::{BindRefusal, CloseReason, CommandId, CommandStatus, Version};

use crate::peer::{Peer, Submit, c_string, pdu};

fn bind_pdu(system_id: &[u8], password: &[u8], system_type: &[u8], address_range: &[u8]) -> Vec<u8> {
    let body = [
        &c_string(system_id)[..],
        &c_string(password),
        &c_string(system_type),
        &[0x34, 0, 0],
        &c_string(address_range),
    ];
    pdu(CommandId::BindTransceiver, 1, &body.concat())
}

fn verdict(octets: &[u8]) -> CommandStatus {
    let mut peer = Peer::connected();
    peer.sends(octets);
    let answer = peer.answer();
    assert_eq!((answer.id, answer.sequence), (CommandId::BindTransceiverResp, 1));
    answer.status
}

#[test]
fn each_kind_of_bind_is_answered_by_its_own_response() {
    for (kind, id) in [
        (BindKind::Transmitter, CommandId::BindTransmitterResp),
        (BindKind::Receiver, CommandId::BindReceiverResp),
        (BindKind::Transceiver, CommandId::BindTransceiverResp),
    ] {
        let mut peer = Peer::connected();
        peer.binds(kind, 0x34);
        assert_eq!(peer.answer().short(), (id, CommandStatus::EsmeRok, 1));
        assert_eq!(peer.last_bind.map(|request| request.kind), Some(kind));
    }
}

#[test]
fn the_response_names_us_and_the_version_but_not_to_v3_3() {
    for (version, body) in [
        (0x34, &b"iwf\0\x02\x10\0\x01\x34"[..]),
        (0x3F, b"iwf\0\x02\x10\0\x01\x34"),
        (0x50, b"iwf\0\x02\x10\0\x01\x50"),
        (0x99, b"iwf\0\x02\x10\0\x01\x50"),
        (0x33, b"iwf\0"),
        (0x00, b"iwf\0"),
    ] {
        let mut peer = Peer::connected();
        peer.binds(BindKind::Transceiver, version);
        assert_eq!(peer.answer().body(), body, "{version:#x}");
    }
}

#[test]
fn the_request_is_told_as_it_came() {
    let mut peer = Peer::connected();
    peer.sends(&bind_pdu(b"Carrier 1 ", b"s\xE9cret", b"VMS", b"^1234"));
    let request = peer.last_bind.unwrap();
    assert_eq!(request.system_id, "Carrier 1 ");
    assert_eq!(request.password.as_bytes(), b"s\xE9cret");
    assert_eq!((request.system_type.as_str(), request.address_range.as_str()), ("VMS", "^1234"));
    assert_eq!(request.version, Version::V34);
}

/// A.4 system_id 16, password 9 (A.19: up to 64 octets are taken), system_type 13, address_range 41.
#[test]
fn fields_at_their_limits_are_taken_and_beyond_them_have_their_own_status() {
    use CommandStatus as S;
    let x = |count: usize| vec![b'x'; count];
    for (system_id, password, system_type, range, status) in [
        (x(1), x(0), x(0), x(0), S::EsmeRok),
        (x(15), x(8), x(12), x(40), S::EsmeRok),
        (x(15), x(9), x(0), x(0), S::EsmeRok),
        (x(15), x(64), x(0), x(0), S::EsmeRok),
        (x(0), x(8), x(0), x(0), S::EsmeRinvsysid),
        (x(16), x(8), x(0), x(0), S::EsmeRinvsysid),
        (x(15), x(65), x(0), x(0), S::EsmeRinvpaswd),
        (x(15), x(8), x(13), x(0), S::EsmeRinvsystyp),
        (x(15), x(8), x(0), x(41), S::EsmeRbindfail),
    ] {
        let octets = bind_pdu(&system_id, &password, &system_type, &range);
        let lengths = [system_id.len(), password.len(), system_type.len(), range.len()];
        assert_eq!(verdict(&octets), status, "{lengths:?}");
    }
}

#[test]
fn a_bind_that_ends_early_is_a_short_pdu() {
    let whole = &bind_pdu(b"carrier1", b"secret1", b"", b"")[16..];
    for end in 0..whole.len() {
        let cut = pdu(CommandId::BindTransceiver, 1, &whole[..end]);
        assert_eq!(verdict(&cut), CommandStatus::EsmeRinvcmdlen, "{end}");
    }
}

#[test]
fn refusals_say_whose_fault_it_is() {
    for (refusal, status) in [
        (BindRefusal::Credentials, CommandStatus::EsmeRbindfail),
        (BindRefusal::Disabled, CommandStatus::EsmeRbindfail),
        (BindRefusal::Address, CommandStatus::EsmeRbindfail),
        (BindRefusal::Clear, CommandStatus::EsmeRbindfail),
        (BindRefusal::Certificate, CommandStatus::EsmeRbindfail),
        (BindRefusal::TooManyBinds, CommandStatus::EsmeRbindfail),
        (BindRefusal::Stopping, CommandStatus::EsmeRsyserr),
    ] {
        let mut peer = Peer::connected();
        peer.granting = false;
        peer.binds(BindKind::Transceiver, 0x34);
        peer.session.refuse_bind(refusal, peer.now);
        peer.passes(Duration::from_secs(1));
        assert_eq!(peer.answer().short(), (CommandId::BindTransceiverResp, status, 1));
        assert!(peer.lives(), "it may try again");
    }
}

#[test]
fn a_refused_peer_may_bind_again_on_the_same_connection() {
    let mut peer = Peer::connected();
    peer.granting = false;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.session.refuse_bind(BindRefusal::Credentials, peer.now);
    peer.passes(Duration::from_secs(1));
    peer.answers();
    peer.granting = true;
    peer.binds(BindKind::Transceiver, 0x34);
    assert_eq!(peer.answer().status, CommandStatus::EsmeRok);
}

#[test]
fn three_binds_that_can_not_be_read_end_the_connection() {
    let mut peer = Peer::connected();
    for _ in 0..3 {
        peer.sends(&bind_pdu(b"", b"", b"", b""));
    }
    assert_eq!(peer.answers().len(), 3);
    assert_eq!(peer.closed, Some(CloseReason::BindRefused));
}

/// A.19 no. 21.
#[test]
fn submits_pipelined_behind_a_bind_are_taken_after_it() {
    let mut peer = Peer::connected();
    let octets =
        [bind_pdu(b"c", b"p", b"", b""), Submit::default().submit_sm(2), Submit::default().submit_sm(3)];
    peer.sends(&octets.concat());
    let short: Vec<_> = peer.answers().iter().map(|answer| (answer.id, answer.sequence)).collect();
    assert_eq!(
        short,
        [(CommandId::BindTransceiverResp, 1), (CommandId::SubmitSmResp, 2), (CommandId::SubmitSmResp, 3)]
    );
}

#[test]
fn answering_a_bind_that_was_not_asked_does_nothing() {
    let mut peer = Peer::connected();
    peer.granted();
    peer.session.refuse_bind(BindRefusal::Credentials, peer.now);
    assert_eq!(peer.answers(), []);
}

/// G 8 and 47.
#[test]
fn a_bind_may_wait_longer_than_session_init_and_is_decided_then() {
    let mut peer = Peer::connected();
    peer.granting = false;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.session.postpone_bind(Duration::from_secs(30), peer.now);
    peer.lives_through(Duration::from_secs(29));
    assert_eq!((peer.closed, peer.answers().len(), peer.due), (None, 0, 0));
    peer.lives_through(Duration::from_secs(1));
    assert_eq!(peer.due, 1);
    peer.granted();
    assert_eq!(peer.answer().status, CommandStatus::EsmeRok);
}

#[test]
fn little_is_read_of_a_peer_whose_bind_waits() {
    let mut peer = Peer::connected();
    peer.granting = false;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.session.postpone_bind(Duration::from_secs(30), peer.now);
    let octets: Vec<u8> = (2..100).flat_map(|sequence| Submit::default().submit_sm(sequence)).collect();
    peer.sends(&octets);
    assert!(!peer.session.wants_input());
    peer.lives_through(Duration::from_secs(30));
    peer.granted();
    assert_eq!(peer.answers().len(), 99, "what was read is not lost");
}

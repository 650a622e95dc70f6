//! The timers of A.14 (SMPP 5.0 2.7, 2.3.6, 4.1.2.1) on a virtual clock.

use std::time::Duration;

use iwf_model::BindKind;
use iwf_smpp::{Anomaly, CloseReason, CommandId, CommandStatus, ReceiptAnswer, SessionConfig, TimerReason};

use crate::peer::{Peer, Submit, id, pdu};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn timeout(reason: TimerReason) -> Option<CloseReason> {
    Some(CloseReason::Timeout(reason))
}

#[test]
fn session_init_a_stranger_has_10_seconds_to_bind() {
    let mut peer = Peer::connected();
    peer.lives_through(seconds(9));
    assert_eq!(peer.closed, None);
    peer.sends(&pdu(CommandId::EnquireLink, 1, &[]));
    peer.lives_through(seconds(1));
    assert_eq!(peer.closed, timeout(TimerReason::SessionInit), "enquire_link is no bind");
}

#[test]
fn session_init_runs_on_while_a_bind_is_decided() {
    let mut peer = Peer::connected();
    peer.granting = false;
    peer.binds(BindKind::Transceiver, 0x34);
    peer.lives_through(seconds(10));
    assert_eq!(peer.closed, timeout(TimerReason::SessionInit));
}

#[test]
fn a_pdu_has_10_seconds_from_its_first_octet_to_its_last() {
    let mut peer = Peer::transceiver();
    let octets = Submit::default().submit_sm(2);
    let mut input = bytes::BytesMut::new();
    for octet in octets.iter().take(9) {
        input.extend_from_slice(&[*octet]);
        peer.session.handle_input(&mut input, peer.now);
        peer.lives_through(seconds(1));
        assert_eq!(peer.closed, None);
    }
    peer.lives_through(seconds(1));
    assert_eq!(peer.closed, timeout(TimerReason::WholePdu));
}

#[test]
fn a_pdu_that_becomes_whole_in_time_starts_the_next_one_anew() {
    let mut peer = Peer::transceiver();
    let octets = pdu(CommandId::EnquireLink, 2, &[]);
    for _ in 0..5 {
        let mut input = peer.sends(&octets[..8]);
        peer.lives_through(seconds(9));
        input.extend_from_slice(&octets[8..]);
        peer.session.handle_input(&mut input, peer.now);
    }
    assert_eq!((peer.closed, peer.answers().len()), (None, 5));
}

#[test]
fn enquire_link_is_sent_after_30_silent_seconds_and_again_after_10() {
    let mut peer = Peer::transceiver();
    peer.lives_through(seconds(29));
    assert_eq!(peer.answers(), []);
    peer.lives_through(seconds(1));
    assert_eq!(peer.answer().short(), (CommandId::EnquireLink, CommandStatus::EsmeRok, 1));
    peer.lives_through(seconds(10));
    assert_eq!(peer.answer().short(), (CommandId::EnquireLink, CommandStatus::EsmeRok, 2));
    assert_eq!(peer.anomalies, [Anomaly::EnquiryMissed]);
    peer.lives_through(seconds(10));
    assert_eq!(peer.closed, timeout(TimerReason::EnquireLinkResp));
}

#[test]
fn an_answered_enquire_link_keeps_the_link_for_ever() {
    let mut peer = Peer::transceiver();
    for _ in 0..1000 {
        peer.lives_through(seconds(30));
        let sequence = peer.answer().sequence;
        peer.sends(&pdu(CommandId::EnquireLinkResp, sequence, &[]));
    }
    assert_eq!((peer.closed, peer.anomalies.len()), (None, 0));
}

/// A.19 no. 15.
#[test]
fn traffic_is_life_even_when_enquire_link_is_never_answered() {
    let mut peer = Peer::bound(BindKind::Transmitter, 0x34);
    for sequence in 1..100 {
        peer.lives_through(seconds(35));
        peer.sends(&Submit::default().submit_sm(sequence));
    }
    assert_eq!(peer.closed, None);
}

#[test]
fn traffic_leaves_no_need_to_ask() {
    let mut peer = Peer::transceiver();
    for sequence in 1..100 {
        peer.lives_through(seconds(29));
        peer.sends(&Submit::default().submit_sm(sequence));
    }
    assert!(peer.answers().iter().all(|answer| answer.id == CommandId::SubmitSmResp));
}

#[test]
fn inactivity_what_we_send_keeps_no_dead_peer() {
    let mut peer = Peer::bound(BindKind::Receiver, 0x34);
    for number in 0..179 {
        peer.sends_receipt(number);
        peer.lives_through(seconds(1));
        assert_eq!(peer.closed, None, "{number}");
    }
    peer.lives_through(seconds(1));
    assert_eq!(peer.closed, timeout(TimerReason::Inactivity));
}

#[test]
fn a_receipt_without_an_answer_is_in_doubt_after_30_seconds() {
    let mut peer = Peer::bound(BindKind::Receiver, 0x34);
    assert!(peer.sends_receipt(1));
    peer.lives_through(seconds(10));
    assert!(peer.sends_receipt(2));
    peer.sends(&pdu(CommandId::EnquireLink, 9, &[]));
    peer.lives_through(seconds(19));
    assert_eq!(peer.receipts, []);
    peer.lives_through(seconds(1));
    assert_eq!(peer.receipts, [(id(1), ReceiptAnswer::Lost, 0)]);
    peer.sends(&pdu(CommandId::DeliverSmResp, 1, b"\0"));
    assert_eq!(peer.receipts.len(), 1, "too late");
    assert_eq!(peer.anomalies, [Anomaly::UnknownResponse(CommandId::DeliverSmResp)]);
}

#[test]
fn enquire_link_is_answered_in_every_state() {
    let mut open = Peer::connected();
    let mut deciding = Peer::connected();
    deciding.granting = false;
    deciding.binds(BindKind::Transceiver, 0x34);
    let mut unbound = Peer::transceiver();
    unbound.sends(&pdu(CommandId::Unbind, 2, &[]));
    let mut leaving = Peer::transceiver();
    leaving.session.unbind(leaving.now);
    for peer in [&mut open, &mut deciding, &mut unbound, &mut leaving] {
        assert!(peer.lives());
    }
}

/// A.13: a full window stops the reading, and what is not read is not held against the peer.
#[test]
fn our_own_slowness_ends_no_session_and_no_receipt() {
    let mut peer = Peer::transceiver();
    peer.accepting = false;
    assert!(peer.sends_receipt(1));
    let mut octets: Vec<u8> = (1..=100).flat_map(|sequence| Submit::default().submit_sm(sequence)).collect();
    octets.extend([0, 0, 0]);
    peer.sends(&octets);
    assert!(!peer.session.wants_input());
    peer.lives_through(seconds(600));
    assert_eq!((peer.closed, peer.receipts.len(), peer.answers().len()), (None, 0, 1));
}

#[test]
fn a_peer_that_reads_nothing_is_given_up_all_the_same() {
    let config = SessionConfig { max_output: 100, ..SessionConfig::default() };
    let mut peer = Peer::with(config);
    peer.binds(BindKind::Transmitter, 0x34);
    for sequence in 0..10 {
        peer.sends(&pdu(CommandId::EnquireLink, sequence, &[]));
    }
    assert!(!peer.session.wants_input());
    peer.lives_through(seconds(50));
    assert_eq!(peer.closed, timeout(TimerReason::EnquireLinkResp));
}

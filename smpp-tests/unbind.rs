//! The end of a bind, from either side: SMPP 5.0 2.3.5, 4.1.1.8, 4.1.1.9; A.3, A.14.

use std::time::Duration;

use iwf_model::BindKind;
use iwf_smpp::{CloseReason, CommandId, CommandStatus, ReceiptAnswer, TimerReason};

use crate::peer::{Peer, Submit, id, pdu};

#[test]
fn the_peers_unbind_is_answered_and_the_peer_may_close() {
    let mut peer = Peer::transceiver();
    peer.sends(&pdu(CommandId::Unbind, 9, &[]));
    assert_eq!(peer.answer().short(), (CommandId::UnbindResp, CommandStatus::EsmeRok, 9));
    assert!(peer.unbound);
    assert_eq!((peer.closed, peer.session.receipt_room()), (None, 0));
    peer.session.handle_closed(peer.now);
    peer.settles();
    assert_eq!(peer.closed, Some(CloseReason::UnboundByPeer));
}

#[test]
fn a_peer_that_does_not_close_is_closed() {
    let mut peer = Peer::transceiver();
    peer.sends(&pdu(CommandId::Unbind, 9, &[]));
    peer.lives_through(Duration::from_secs(4));
    assert_eq!(peer.closed, None);
    peer.lives_through(Duration::from_secs(1));
    assert_eq!(peer.closed, Some(CloseReason::UnboundByPeer));
}

#[test]
fn submits_before_an_unbind_are_answered_before_it() {
    let mut peer = Peer::transceiver();
    let octets =
        [Submit::default().submit_sm(2), Submit::default().submit_sm(3), pdu(CommandId::Unbind, 4, &[])];
    peer.sends(&octets.concat());
    let ids: Vec<_> = peer.answers().iter().map(|answer| (answer.id, answer.sequence)).collect();
    assert_eq!(ids, [(CommandId::SubmitSmResp, 2), (CommandId::SubmitSmResp, 3), (CommandId::UnbindResp, 4)]);
}

#[test]
fn a_receipt_may_still_be_answered_after_unbind() {
    let mut peer = Peer::transceiver();
    assert!(peer.sends_receipt(1) && peer.sends_receipt(2));
    peer.sends(&pdu(CommandId::Unbind, 9, &[]));
    peer.sends(&pdu(CommandId::DeliverSmResp, 1, b"\0"));
    peer.session.handle_closed(peer.now);
    peer.settles();
    assert_eq!(peer.receipts, [(id(1), ReceiptAnswer::Taken, 0), (id(2), ReceiptAnswer::Lost, 0)]);
}

#[test]
fn our_unbind_ends_with_the_peers_answer() {
    let mut peer = Peer::transceiver();
    peer.session.unbind(peer.now);
    let answer = peer.answer();
    assert_eq!((answer.id, answer.status), (CommandId::Unbind, CommandStatus::EsmeRok));
    peer.sends(&pdu(CommandId::UnbindResp, answer.sequence, &[]));
    assert_eq!(peer.closed, Some(CloseReason::UnboundByUs));
}

#[test]
fn our_unbind_does_not_wait_for_ever() {
    let mut peer = Peer::transceiver();
    peer.session.unbind(peer.now);
    peer.answers();
    peer.lives_through(Duration::from_secs(4));
    assert_eq!(peer.closed, None);
    peer.lives_through(Duration::from_secs(1));
    assert_eq!(peer.closed, Some(CloseReason::Timeout(TimerReason::Unbind)));
}

#[test]
fn our_unbind_waits_5_seconds_for_what_is_owed_and_is_then_sent() {
    let mut peer = Peer::transceiver();
    assert!(peer.sends_receipt(1));
    peer.answers();
    peer.session.unbind(peer.now);
    assert_eq!(peer.answers(), []);
    peer.lives_through(Duration::from_secs(5));
    assert_eq!(peer.answer().id, CommandId::Unbind);
}

#[test]
fn crossing_unbinds_are_both_answered() {
    let mut peer = Peer::transceiver();
    peer.session.unbind(peer.now);
    let sequence = peer.answer().sequence;
    peer.sends(&pdu(CommandId::Unbind, 9, &[]));
    assert_eq!(peer.answer().short(), (CommandId::UnbindResp, CommandStatus::EsmeRok, 9));
    peer.sends(&pdu(CommandId::UnbindResp, sequence, &[]));
    assert_eq!(peer.closed, Some(CloseReason::UnboundByUs));
}

#[test]
fn a_connection_without_a_bind_is_simply_closed() {
    let mut peer = Peer::connected();
    peer.session.unbind(peer.now);
    peer.settles();
    assert_eq!(peer.closed, Some(CloseReason::UnboundByUs));
    assert_eq!(peer.answers(), []);
}

#[test]
fn an_unbind_of_something_not_bound_is_in_the_wrong_state() {
    let mut peer = Peer::connected();
    peer.sends(&pdu(CommandId::Unbind, 9, &[]));
    assert_eq!(peer.answer().short(), (CommandId::UnbindResp, CommandStatus::EsmeRinvbndsts, 9));
}

#[test]
fn a_broken_connection_is_told_once() {
    let mut peer = Peer::bound(BindKind::Transmitter, 0x34);
    peer.session.handle_closed(peer.now);
    peer.session.handle_closed(peer.now);
    peer.settles();
    assert_eq!(peer.closed, Some(CloseReason::PeerClosed));
    assert_eq!(peer.session.poll_timeout(), None);
}

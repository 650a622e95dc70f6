//! What the peer answers: SMPP 5.0 2.6.4, 2.8.1, 4.1.4.1; A.3.3, A.5, A.6 (generic_nack), A.19 no. 16, 17, 32.

use iwf_model::BindKind;
use iwf_smpp::{Anomaly, CloseReason, CommandId, CommandStatus, ReceiptAnswer};

use crate::peer::{Peer, id, pdu, response};

/// A receiver with so many receipts in flight, sequence numbers from 1.
fn receiver(receipts: u64) -> Peer {
    let mut peer = Peer::bound(BindKind::Receiver, 0x34);
    for number in 1..=receipts {
        assert!(peer.sends_receipt(number));
    }
    peer.answers();
    peer
}

fn answered(status: u32) -> ReceiptAnswer {
    let mut peer = receiver(1);
    peer.sends(&response(CommandId::DeliverSmResp, CommandStatus::from(status), 1, b"\0"));
    assert_eq!(peer.receipts.len(), 1);
    let (message, answer, told) = peer.receipts[0];
    assert_eq!((message, told), (id(1), status));
    answer
}

#[test]
fn what_is_temporary_comes_again_and_what_is_permanent_does_not() {
    for status in [0x58, 0x14, 0x08, 0x64, 0xFF, 0x102, 0x04, 0x0500, 0x30] {
        assert_eq!(answered(status), ReceiptAnswer::Later, "{status:#x}");
    }
    for status in [0x65, 0x66, 0x0B, 0x45, 0x43, 0x101, 0xC0] {
        assert_eq!(answered(status), ReceiptAnswer::Refused, "{status:#x}");
    }
    assert_eq!(answered(0), ReceiptAnswer::Taken);
}

#[test]
fn a_response_counts_with_any_body() {
    for body in [&b""[..], b"\0", b"12345\0", b"no end", &[0xFF; 60]] {
        let mut peer = receiver(1);
        peer.sends(&pdu(CommandId::DeliverSmResp, 1, body));
        assert_eq!(peer.receipts, [(id(1), ReceiptAnswer::Taken, 0)]);
    }
}

#[test]
fn responses_come_in_any_order() {
    let mut peer = receiver(3);
    for sequence in [3, 1, 2] {
        peer.sends(&pdu(CommandId::DeliverSmResp, sequence, b"\0"));
    }
    let messages: Vec<_> = peer.receipts.iter().map(|(message, ..)| *message).collect();
    assert_eq!(messages, [id(3), id(1), id(2)]);
}

#[test]
fn a_response_to_nothing_is_counted_and_never_answered() {
    let mut peer = receiver(0);
    for _ in 0..100 {
        peer.sends(&pdu(CommandId::DeliverSmResp, 77, b"\0"));
        peer.sends(&pdu(CommandId::from(0x8000_0ABC), 78, b""));
    }
    assert_eq!((peer.answers().len(), peer.anomalies.len(), peer.closed), (0, 200, None));
}

#[test]
fn a_response_twice_counts_once() {
    let mut peer = receiver(1);
    for _ in 0..2 {
        peer.sends(&pdu(CommandId::DeliverSmResp, 1, b"\0"));
    }
    assert_eq!(peer.receipts.len(), 1);
    assert_eq!(peer.anomalies, [Anomaly::UnknownResponse(CommandId::DeliverSmResp)]);
}

#[test]
fn a_response_of_another_kind_fails_its_request_for_a_time() {
    let mut peer = receiver(1);
    peer.sends(&pdu(CommandId::SubmitSmResp, 1, b"\0"));
    assert_eq!(peer.receipts, [(id(1), ReceiptAnswer::Later, 0)]);
    assert_eq!(peer.anomalies, [Anomaly::MismatchedResponse(CommandId::SubmitSmResp)]);
    assert!(peer.lives());
}

#[test]
fn ten_of_them_end_the_session() {
    let mut peer = receiver(11);
    for sequence in 1..=10 {
        assert_eq!(peer.closed, None);
        peer.sends(&pdu(CommandId::SubmitSmResp, sequence, b"\0"));
    }
    assert_eq!(peer.closed, Some(CloseReason::Confused));
    assert_eq!(peer.receipts.len(), 11, "the last one is in doubt");
}

#[test]
fn generic_nack_fails_the_request_of_its_number() {
    for (status, answer) in [
        (CommandStatus::EsmeRinvcmdid, ReceiptAnswer::Refused),
        (CommandStatus::EsmeRinvcmdlen, ReceiptAnswer::Refused),
        (CommandStatus::EsmeRthrottled, ReceiptAnswer::Later),
        (CommandStatus::EsmeRsyserr, ReceiptAnswer::Later),
        (CommandStatus::EsmeRok, ReceiptAnswer::Later),
    ] {
        let mut peer = receiver(1);
        peer.sends(&response(CommandId::GenericNack, status, 1, b""));
        assert_eq!(peer.receipts, [(id(1), answer, status.into())]);
        assert!(peer.lives(), "and is not answered");
    }
}

#[test]
fn five_nacks_to_nothing_within_a_minute_end_the_session() {
    let nack = response(CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, 0, b"");
    let mut peer = receiver(0);
    for _ in 0..4 {
        peer.sends(&nack);
    }
    peer.now = peer.now.after(std::time::Duration::from_secs(61));
    for _ in 0..4 {
        peer.sends(&nack);
    }
    assert_eq!(peer.closed, None);
    peer.sends(&nack);
    assert_eq!(peer.closed, Some(CloseReason::Confused));
}

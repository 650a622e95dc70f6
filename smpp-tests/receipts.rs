//! Receipts: SMPP 5.0 4.3.5.1, 4.3.1.1, 4.3.3, 4.7.15, 4.8.4.37, 4.8.4.42, 4.8.4.47; 3.4 appendix B; A.17, I 6-7.

use iwf_model::profile::Answers;
use iwf_model::{BindKind, FinalState, Party};
use iwf_smpp::receipt::{Role, Style};
use iwf_smpp::{CommandId, CommandStatus, SessionConfig, Version};
use rusmpp_core::pdus::owned::{DeliverSm, Pdu};

use crate::peer::{Peer, Submit, pdu, receipt};

fn written(receipt: &iwf_model::Receipt, version: u8) -> (DeliverSm, Vec<u8>) {
    let mut peer = Peer::bound(BindKind::Receiver, version);
    assert!(peer.session.send_receipt(receipt, peer.now));
    let answer = peer.answer();
    let Some(Pdu::DeliverSm(deliver)) = answer.command.pdu().cloned() else {
        panic!("not a deliver_sm: {answer:?}");
    };
    (deliver, answer.octets)
}

/// Tag and value of each TLV of a PDU whose mandatory part has so many octets.
fn tlvs(mut octets: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let [t0, t1, l0, l1, rest @ ..] = octets {
        let (value, after) = rest.split_at(usize::from(u16::from_be_bytes([*l0, *l1])));
        found.push((u16::from_be_bytes([*t0, *t1]), value));
        octets = after;
    }
    found
}

#[test]
fn the_text_is_that_of_appendix_b() {
    let (deliver, _) = written(&receipt(7), 0x34);
    assert_eq!(
        std::str::from_utf8(deliver.short_message().as_ref()).unwrap(),
        "id:100000000000000007 sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 \
         stat:DELIVRD err:000 text:"
    );
}

#[test]
fn every_state_has_its_word_its_number_and_its_error() {
    for (state, stat) in [
        (FinalState::Delivered, "stat:DELIVRD"),
        (FinalState::Expired, "stat:EXPIRED"),
        (FinalState::Deleted, "stat:DELETED"),
        (FinalState::Undeliverable, "stat:UNDELIV"),
        (FinalState::Rejected, "stat:REJECTD"),
    ] {
        let (deliver, octets) =
            written(&iwf_model::Receipt { state, error: 27, code: 480, ..receipt(7) }, 0x34);
        let text = String::from_utf8(deliver.short_message().as_ref().to_vec()).unwrap();
        assert!(text.contains(stat) && text.contains("err:027"), "{text}");
        assert_eq!(text.contains("dlvrd:001"), state == FinalState::Delivered, "{text}");
        let end = octets.len();
        let tail =
            if state == FinalState::Delivered { &octets[end - 5..] } else { &octets[end - 12..end - 7] };
        assert_eq!(tail, [4, 0x27, 0, 1, state as u8]);
    }
}

/// SMPP 3.4 2.11 and 5.2.12: an SME delivery acknowledgement, in the form of the receipt.
#[test]
fn that_a_message_was_read_is_told_under_an_esm_class_of_its_own() {
    let told = iwf_model::Receipt { acknowledges: Some(receipt(7).message), ..receipt(7) };
    for version in [0x33, 0x34, 0x50] {
        let ((receipt, _), (read, _)) = (written(&receipt(7), version), written(&told, version));
        assert_eq!((u8::from(receipt.esm_class), u8::from(read.esm_class)), (0x04, 0x08));
        assert_eq!(receipt.short_message(), read.short_message());
        assert_eq!(receipt.tlvs(), read.tlvs());
    }
}

#[test]
fn the_addresses_are_swapped_and_exactly_as_submitted() {
    let mut peer = Peer::transceiver();
    let submit = Submit {
        source: (5, 9, b"Caf\xE9 ".to_vec()),
        destination: (7, 1, b"+00111".to_vec()),
        registered_delivery: 1,
        ..Submit::default()
    };
    peer.sends(&submit.submit_sm(2));
    peer.answers();
    let submission = peer.submissions.remove(0);
    let receipt = iwf_model::Receipt {
        source: submission.source_as_submitted,
        destination: submission.destination_as_submitted,
        ..receipt(1)
    };
    assert!(peer.session.send_receipt(&receipt, peer.now));
    let octets = peer.session.output().split();
    assert!(octets[16..].starts_with(b"\0\x07\x01+00111\0\x05\x09Caf\xE9 \0\x04\0\0"), "{octets:?}");
}

#[test]
fn it_is_a_receipt_and_asks_for_nothing() {
    let (deliver, _) = written(&receipt(7), 0x34);
    assert_eq!(u8::from(deliver.esm_class), 0x04);
    assert_eq!((deliver.protocol_id, deliver.sm_default_msg_id), (0, 0));
    assert_eq!(u8::from(deliver.registered_delivery), 0);
    assert_eq!(u8::from(deliver.data_coding), 0);
    assert!(deliver.short_message().as_ref().iter().all(|octet| (0x20..0x7F).contains(octet)));
}

#[test]
fn the_id_is_byte_identical_in_the_response_the_text_and_the_tlv() {
    let mut peer = Peer::transceiver();
    peer.sends(&Submit::default().submit_sm(2));
    let response = peer.answer();
    let id = &response.body()[..18];
    assert!(peer.sends_receipt(1));
    let octets = peer.answer().octets;
    let mut places = octets.windows(18).filter(|window| *window == id);
    assert!(places.next().is_some() && places.next().is_some() && places.next().is_none());
}

#[test]
fn the_tlvs_say_the_same_and_echo_the_reference() {
    let sent = iwf_model::Receipt {
        state: FinalState::Rejected,
        error: 13,
        code: 603,
        reference: Some(0xBEEF),
        ..receipt(7)
    };
    let (deliver, octets) = written(&sent, 0x34);
    let start = octets.len() - (23 + 5 + 7 + 6);
    assert_eq!(
        tlvs(&octets[start..]),
        [
            (0x001E, &b"100000000000000007\0"[..]),
            (0x0427, &[8]),
            (0x0423, &[8, 2, 0x5B]),
            (0x0204, &[0xBE, 0xEF]),
        ]
    );
    assert_eq!(deliver.tlvs().len(), 4);
}

#[test]
fn a_peer_of_v3_3_gets_no_tlvs() {
    let (deliver, _) = written(&receipt(7), 0x00);
    assert_eq!(deliver.tlvs().len(), 0);
}

#[test]
fn receipts_go_to_binds_that_receive_and_never_to_others() {
    for (kind, room) in [(BindKind::Transmitter, 0), (BindKind::Receiver, 50), (BindKind::Transceiver, 50)] {
        let mut peer = Peer::bound(kind, 0x34);
        assert_eq!(peer.session.receipt_room(), room);
        assert_eq!(peer.sends_receipt(1), room > 0);
    }
    let mut stranger = Peer::connected();
    assert!(!stranger.sends_receipt(1));
}

#[test]
fn no_more_are_in_flight_than_the_window_holds() {
    let mut peer = Peer::with(SessionConfig { receipt_window: 3, ..SessionConfig::default() });
    peer.binds(BindKind::Receiver, 0x34);
    peer.answers();
    let sent = (0..5).filter(|number| peer.sends_receipt(*number)).count();
    assert_eq!((sent, peer.session.receipt_room()), (3, 0));
    let sequences: Vec<_> = peer.answers().iter().map(|answer| answer.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    peer.sends(&pdu(CommandId::DeliverSmResp, 2, b"\0"));
    assert_eq!(peer.session.receipt_room(), 1);
}

#[test]
fn an_address_too_long_for_its_field_does_not_break_the_pdu() {
    let long = Party { ton: 1, npi: 1, addr: vec![b'1'; 64].into() };
    let sent = iwf_model::Receipt { source: long.clone(), destination: long, ..receipt(7) };
    let (deliver, _) = written(&sent, 0x34);
    assert_eq!(deliver.source_addr.as_ref(), b"11111111111111111111\0");
}

#[test]
fn the_pdu_is_right_by_rusmpp_core_for_every_version() {
    for version in [Version::V33, Version::V34, Version::V50] {
        let mut out = bytes::BytesMut::new();
        let answers = Answers::default();
        iwf_smpp::receipt::write(
            &mut out,
            &receipt(3),
            Style::new(Role::MessageCentre, version, &answers),
            9,
        );
        let answer = crate::peer::understood(&out);
        assert_eq!(answer.short(), (CommandId::DeliverSm, CommandStatus::EsmeRok, 9));
    }
}

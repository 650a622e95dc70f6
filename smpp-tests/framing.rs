//! Framing: SMPP 5.0 3.2, 3.2.1.1; A.1, A.19 no. 39 and 40, G 10-13.

use iwf_model::Stranger;
use iwf_smpp::frame::FrameError;
use iwf_smpp::{CloseReason, CommandId, CommandStatus};

use crate::peer::{Peer, Submit, pdu, tlv};

#[test]
fn octet_by_octet_is_answered_as_all_at_once() {
    let octets = [
        Submit::default().submit_sm(2),
        pdu(CommandId::EnquireLink, 3, &[]),
        Submit { short_message: Vec::new(), ..Submit::default() }.submit_sm(4),
        pdu(CommandId::from(0x0A), 5, b"x"),
        Submit::default().data_sm(6),
    ]
    .concat();
    let mut whole = Peer::transceiver();
    whole.sends(&octets);
    let mut slow = Peer::transceiver();
    let mut input = bytes::BytesMut::new();
    for octet in &octets {
        input.extend_from_slice(&[*octet]);
        slow.session.handle_input(&mut input, slow.now);
        slow.settles();
    }
    let octets = |peer: &mut Peer| {
        let mut answers: Vec<_> = peer.answers().into_iter().map(|answer| answer.octets).collect();
        answers.sort();
        answers
    };
    let answered = octets(&mut whole);
    assert_eq!((answered.len(), &answered), (5, &octets(&mut slow)));
}

#[test]
fn what_follows_the_last_whole_pdu_stays_in_the_input() {
    let mut peer = Peer::transceiver();
    let octets = [&pdu(CommandId::EnquireLink, 3, &[])[..], &[0, 0, 0, 0x20, 0]].concat();
    assert_eq!(peer.sends(&octets)[..], [0, 0, 0, 0x20, 0]);
    assert_eq!(peer.answers().len(), 1);
}

#[test]
fn a_length_that_can_not_be_is_nacked_and_ends_the_session() {
    for length in [0, 4, 15, 70_001, 0x7FFF_FFFF, 0xFFFF_FFFF_u32] {
        let mut octets = pdu(CommandId::SubmitSm, 0x1234, &[]);
        octets[..4].copy_from_slice(&length.to_be_bytes());
        let mut peer = Peer::transceiver();
        peer.sends(&octets);
        let answer = peer.answer();
        assert_eq!(answer.short(), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, 0x1234));
        let error = FrameError::Length { length, sequence: 0x1234 };
        assert_eq!(peer.closed, Some(CloseReason::Frame(error)));
    }
}

#[test]
fn the_largest_pdu_is_read() {
    let mut body = b"\0\x05\0ACME\0\x01\x01111\0\0\0\0".to_vec();
    body.extend(tlv(0x1400, &vec![0; 65_535]));
    body.extend(tlv(0x1401, &vec![0; 70_000 - 16 - body.len() - 4]));
    let octets = pdu(CommandId::DataSm, 5, &body);
    assert_eq!(octets.len(), 70_000);
    let mut peer = Peer::transceiver();
    peer.sends(&octets);
    assert_eq!(peer.answer().status, CommandStatus::EsmeRmissingtlv);
}

#[test]
fn a_stranger_gets_room_for_a_bind_and_no_more() {
    let mut peer = Peer::connected();
    peer.sends(&pdu(CommandId::SubmitSm, 5, &[0; 184]));
    assert_eq!(peer.answer().short(), (CommandId::SubmitSmResp, CommandStatus::EsmeRinvbndsts, 5));
    peer.sends(&pdu(CommandId::SubmitSm, 6, &[0; 185]));
    assert_eq!(peer.answer().short(), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, 6));
    assert!(peer.session.is_closed());
}

#[test]
fn other_protocols_are_closed_without_an_answer() {
    for (octets, error) in [
        (&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3][..], FrameError::Stranger(Stranger::Tls)),
        (b"GET / HTTP/1.1\r\n", FrameError::Stranger(Stranger::Http)),
        (b"POST / HTTP/1.1\r\n", FrameError::Stranger(Stranger::Http)),
    ] {
        let mut peer = Peer::connected();
        peer.sends(octets);
        assert_eq!(peer.answers(), []);
        assert_eq!(peer.closed, Some(CloseReason::Frame(error)));
    }
}

#[test]
fn nothing_is_read_after_the_end() {
    let mut peer = Peer::transceiver();
    peer.sends(&[&[0; 16][..], &pdu(CommandId::EnquireLink, 3, &[])].concat());
    assert_eq!(peer.answers().len(), 1);
    peer.sends(&pdu(CommandId::EnquireLink, 4, &[]));
    assert_eq!(peer.answers(), []);
    assert!(!peer.session.wants_input());
}

/// Header-only PDUs with a body are what they say they are.
#[test]
fn a_body_where_none_belongs_is_ignored() {
    let mut peer = Peer::transceiver();
    peer.sends(&pdu(CommandId::EnquireLink, 3, b"hello"));
    assert_eq!(peer.answer().short(), (CommandId::EnquireLinkResp, CommandStatus::EsmeRok, 3));
}

//! TLV rules: SMPP 5.0 4.8, 4.8.1, 4.8.2, 4.8.3, 4.2.4; A.7.

use std::time::Duration;

use iwf_model::{BindKind, Validity};
use iwf_smpp::{CommandId, CommandStatus as S};

use crate::peer::{Peer, Submit, pdu, tlv};

fn verdict(tlvs: &[u8]) -> S {
    Submit { tlvs: tlvs.to_vec(), ..Submit::default() }.verdict(0x34)
}

#[test]
fn unknown_and_unexpected_tlvs_are_skipped_wherever_they_are() {
    for tag in [0x0000, 0x1400, 0x1401, 0x3FFF, 0x0210, 0x001E, 0x0427, 0x0423, 0xFFFF] {
        assert_eq!(verdict(&tlv(tag, b"anything")), S::EsmeRok, "{tag:#06x}");
        assert_eq!(verdict(&tlv(tag, b"")), S::EsmeRok, "{tag:#06x}");
    }
    let mixed = [tlv(0x1400, b"1101"), tlv(0x0204, &[0, 9]), tlv(0x130C, b"")].concat();
    let submission = Submit { tlvs: mixed, ..Submit::default() }.taken();
    assert_eq!(submission.reference, Some(9));
}

#[test]
fn a_stream_that_does_not_end_with_the_pdu_has_its_own_status() {
    let whole = tlv(0x0204, &[0, 9]);
    for end in 1..whole.len() {
        assert_eq!(verdict(&whole[..end]), S::EsmeRinvtlvstream, "{end}");
    }
    for extra in 1..=3 {
        assert_eq!(verdict(&[&whole[..], &vec![0; extra]].concat()), S::EsmeRinvtlvstream, "{extra}");
    }
}

#[test]
fn the_tlvs_we_act_on_have_their_length() {
    for (tag, length) in
        [(0x0204, 2), (0x0017, 4), (0x020C, 2), (0x020E, 1), (0x020F, 1), (0x0304, 1), (0x020B, 2)]
    {
        for wrong in [0, length - 1, length + 1] {
            assert_eq!(verdict(&tlv(tag, &vec![0; wrong])), S::EsmeRinvtlvlen, "{tag:#06x} {wrong}");
        }
        assert_eq!(verdict(&tlv(tag, &vec![0; length])), S::EsmeRok, "{tag:#06x}");
    }
}

#[test]
fn values_that_can_not_be_are_refused() {
    assert_eq!(verdict(&tlv(0x0304, &[99])), S::EsmeRok);
    assert_eq!(verdict(&tlv(0x0304, &[100])), S::EsmeRinvnummsgs);
    assert_eq!(verdict(&tlv(0x0501, &[2])), S::EsmeRtlvnotallwd);
    assert_eq!(verdict(&tlv(0x020B, &[0x0B, 0x84])), S::EsmeRtlvnotallwd);
}

/// SMPP 5.0 4.8.4.48, 4.8.4.49, 4.8.4.50: each of sar_* is ignored unless all three are there.
#[test]
fn parts_are_checked_only_when_they_are_complete() {
    let part = |total, number| [tlv(0x020C, &[0, 1]), tlv(0x020E, &[total]), tlv(0x020F, &[number])].concat();
    assert_eq!(verdict(&part(3, 1)), S::EsmeRok);
    assert_eq!(verdict(&part(3, 0)), S::EsmeRinvtlvval);
    assert_eq!(verdict(&part(3, 4)), S::EsmeRinvtlvval);
    assert_eq!(verdict(&part(0, 1)), S::EsmeRinvtlvval);
    assert_eq!(verdict(&[tlv(0x020E, &[0]), tlv(0x020F, &[0])].concat()), S::EsmeRok);
}

/// SMPP 5.0 4.8.4.36: message_payload instead of short_message; A.19 no. 26, 27.
#[test]
fn the_text_is_in_short_message_or_in_message_payload() {
    let submit = |short: &[u8], payload: &[u8]| Submit {
        short_message: short.to_vec(),
        tlvs: tlv(0x0424, payload),
        ..Submit::default()
    };
    assert_eq!(submit(b"", b"payload").taken().text, "payload");
    assert_eq!(submit(b"same", b"same").taken().text, "same");
    assert_eq!(submit(b"one", b"other").verdict(0x34), S::EsmeRinvmsglen);
    assert_eq!(submit(b"", b"").verdict(0x34), S::EsmeRinvmsglen);
}

#[test]
fn a_payload_may_be_as_long_as_20_parts() {
    let submit = |count| Submit {
        short_message: Vec::new(),
        tlvs: tlv(0x0424, &vec![b'a'; count]),
        ..Submit::default()
    };
    assert_eq!(submit(3060).verdict(0x34), S::EsmeRok);
    assert_eq!(submit(3061).verdict(0x34), S::EsmeRinvmsglen);
    assert_eq!(submit(65_535).verdict(0x34), S::EsmeRinvmsglen);
}

/// A.6: the very case the specification names for RMISSINGTLV.
#[test]
fn a_data_sm_needs_message_payload() {
    let mut peer = Peer::transceiver();
    peer.sends(&pdu(CommandId::DataSm, 3, b"\0\x05\0ACME\0\x01\x01111\0\0\0\0"));
    assert_eq!(peer.answer().short(), (CommandId::DataSmResp, S::EsmeRmissingtlv, 3));
}

#[test]
fn qos_time_to_live_is_stronger_than_validity_period() {
    let submit = |seconds: u32| Submit {
        validity_period: b"000000000500000R".to_vec(),
        tlvs: tlv(0x0017, &seconds.to_be_bytes()),
        ..Submit::default()
    };
    assert_eq!(submit(120).taken().validity, Validity::For(Duration::from_secs(120)));
    assert_eq!(submit(1).taken().validity, Validity::For(Duration::from_secs(1)));
    assert_eq!(submit(0).taken().validity, Validity::For(Duration::from_secs(300)));
}

#[test]
fn tlvs_from_a_peer_of_v3_3_are_read_all_the_same() {
    let mut peer = Peer::bound(BindKind::Transmitter, 0x00);
    peer.sends(&Submit { tlvs: tlv(0x0204, &[1, 2]), ..Submit::default() }.submit_sm(2));
    assert_eq!(peer.answer().status, S::EsmeRok);
    assert_eq!(peer.submissions[0].reference, Some(0x0102));
}

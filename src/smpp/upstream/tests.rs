use iwf_model::Timestamp;

use super::*;
use crate::pdu::message::RawAddress;
use crate::pdu::tlv::Tlvs;

fn receipt(esm_class: u8, text: &[u8], tlvs: &[u8], teller: Teller) -> Option<UpstreamReceipt> {
    let address = |addr| RawAddress { ton: 1, npi: 1, addr };
    let pdu = MessagePdu {
        service_type: b"",
        source: address(b"111222333"),
        destination: address(b"4915112345"),
        esm_class,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: b"",
        validity_period: b"",
        registered_delivery: 0,
        replace_if_present_flag: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: text,
        tlvs: Tlvs::parse(tlvs).unwrap(),
    };
    read(&pdu, teller)
}

const PLAIN: &[u8] =
    b"id:0123456789 sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 stat:DELIVRD err:000 text:id:9";
const DELIVERED: UpstreamNews = UpstreamNews::Ended(FinalState::Delivered);

#[test]
fn the_text_of_the_specification_is_read() {
    let read = receipt(0x04, PLAIN, b"", Teller::MessageCentre).unwrap();
    assert_eq!((&*read.name, read.tells, read.error), ("0123456789", DELIVERED, 0));
    assert_eq!(read.done_at, Timestamp::from_civil((2026, 11, 21), (9, 31, 0)));
    assert_eq!(&*read.source.addr, b"111222333");
}

#[test]
fn tlvs_are_stronger_than_the_text() {
    let tlvs = b"\x00\x1E\x00\x04abc\0\x04\x27\x00\x01\x05\x04\x23\x00\x03\x03\x00\x22";
    let read = receipt(0x04, PLAIN, tlvs, Teller::MessageCentre).unwrap();
    let failed = UpstreamNews::Ended(FinalState::Undeliverable);
    assert_eq!((&*read.name, read.tells, read.error), ("abc", failed, 0x22));
    let empty = receipt(0x04, PLAIN, b"\x00\x1E\x00\x01\0", Teller::MessageCentre).unwrap();
    assert_eq!(&*empty.name, "0123456789", "an empty one says nothing");
}

#[test]
fn the_bits_of_esm_class_say_what_is_told() {
    for (esm_class, by_centre, by_esme) in [
        (0x00, None, None),
        (0x03, None, None),
        (0x04, Some(DELIVERED), Some(DELIVERED)),
        (0x07, Some(DELIVERED), Some(DELIVERED)),
        (0x24, Some(DELIVERED), Some(DELIVERED)),
        (0x08, Some(UpstreamNews::Read), Some(DELIVERED)),
        (0x10, None, None),
        (0x20, Some(UpstreamNews::UnderWay), Some(UpstreamNews::UnderWay)),
    ] {
        let told = |teller| receipt(esm_class, PLAIN, b"", teller).map(|receipt| receipt.tells);
        assert_eq!(told(Teller::MessageCentre), by_centre, "{esm_class:#x}");
        assert_eq!(told(Teller::Esme), by_esme, "{esm_class:#x}");
    }
    let words = b"I have read it";
    assert_eq!(receipt(0x08, words, b"", Teller::Esme), None, "an acknowledgement of nothing is a text");
    let unnamed = receipt(0x04, words, b"", Teller::MessageCentre).unwrap();
    assert_eq!((&*unnamed.name, unnamed.tells), ("", UpstreamNews::UnderWay));
}

#[test]
fn message_states_have_their_meaning() {
    use FinalState as S;
    for (octet, state) in [
        (2, S::Delivered),
        (3, S::Expired),
        (4, S::Deleted),
        (5, S::Undeliverable),
        (8, S::Rejected),
        (9, S::Undeliverable),
    ] {
        assert_eq!(news(octet), Some(UpstreamNews::Ended(state)), "{octet}");
    }
    for octet in [0, 1, 6, 7] {
        assert_eq!(news(octet), Some(UpstreamNews::UnderWay), "{octet}");
    }
    assert_eq!(news(10), None);
}

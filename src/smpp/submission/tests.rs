use super::*;
use crate::testing;

/// The body of a submit_sm: what differs from a plain one is changed in `MessagePdu`.
fn plain() -> MessagePdu<'static> {
    MessagePdu {
        service_type: b"",
        source: RawAddress { ton: 5, npi: 0, addr: b"ACME" },
        destination: RawAddress { ton: 1, npi: 1, addr: b"111222333" },
        esm_class: 0,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: b"",
        validity_period: b"",
        registered_delivery: 0,
        replace_if_present_flag: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: b"hello",
        tlvs: Tlvs::default(),
    }
}

fn read(pdu: &MessagePdu<'_>) -> Result<Submission, Fault> {
    let terms = Terms { carrier: CarrierId(7), alphabet: Alphabet::Gsm7, version: Version::V34 };
    understand(pdu, false, &terms, testing::now().utc)
}

fn validity_of(field: &[u8]) -> Result<Validity, Fault> {
    read(&MessagePdu { validity_period: field, ..plain() }).map(|submission| submission.validity)
}

#[test]
fn a_plain_message_is_understood_whole() {
    let submission = read(&plain()).unwrap();
    assert_eq!(submission.origin, Origin::Carrier(CarrierId(7)));
    assert_eq!(submission.source.to_string(), "ACME");
    assert_eq!(submission.destination.as_str(), "111222333");
    assert_eq!(submission.text, "hello");
    assert_eq!(submission.receipt, ReceiptRequest::NONE);
    assert_eq!(submission.validity, Validity::Default);
    assert_eq!(submission.source_as_submitted, Party { ton: 5, npi: 0, addr: b"ACME"[..].into() });
}

#[test]
fn addresses_are_read_as_peers_write_them_and_kept_as_submitted() {
    for (ton, addr, number) in [
        (1, &b"+964111222333"[..], "964111222333"),
        (1, b"00964111222333", "964111222333"),
        (0, b"00964111222333", "00964111222333"),
        (9, b"1111", "1111"),
    ] {
        let destination = RawAddress { ton, npi: 1, addr };
        let submission = read(&MessagePdu { destination, ..plain() }).unwrap();
        assert_eq!(submission.destination.as_str(), number);
        assert_eq!(*submission.destination_as_submitted.addr, *addr);
    }
}

#[test]
fn a_sender_of_letters_is_a_name_whatever_its_type_of_number() {
    let sender = |ton, addr| read(&MessagePdu { source: RawAddress { ton, npi: 1, addr }, ..plain() });
    assert_eq!(sender(1, b"ACME Bank").unwrap().source.to_string(), "ACME Bank");
    assert_eq!(sender(5, b"Caf\xE9").unwrap().source.to_string(), "Café");
    assert_eq!(sender(0, b"").unwrap().source, Address::Absent);
    assert!(matches!(sender(5, b"12345").unwrap().source, Address::Number(_)));
    assert_eq!(sender(5, b"\r\n"), Err(Fault::Invalid(Field::SourceAddr)));
}

#[test]
fn a_destination_is_digits() {
    let to = |ton, addr| read(&MessagePdu { destination: RawAddress { ton, npi: 1, addr }, ..plain() });
    assert_eq!(to(1, b""), Err(Fault::Invalid(Field::DestinationAddr)));
    assert_eq!(to(1, b"12a"), Err(Fault::Invalid(Field::DestinationAddr)));
    assert_eq!(to(5, b"ACME"), Err(Fault::Invalid(Field::DestAddrTon)));
}

#[test]
fn short_validity_is_kept_and_the_past_is_refused() {
    let now = testing::now().utc;
    assert_eq!(validity_of(b"000000000500000R"), Ok(Validity::For(Duration::from_secs(300))));
    assert_eq!(validity_of(b"000000000010000R"), Ok(Validity::For(Duration::from_secs(10))));
    assert_eq!(validity_of(b"261121092930000+"), Ok(Validity::Until(now.after(MIN_VALIDITY))));
    assert_eq!(validity_of(b"261121092800000+"), Err(Fault::Invalid(Field::ValidityPeriod)));
    assert_eq!(validity_of(b"soon"), Err(Fault::Invalid(Field::ValidityPeriod)));
}

#[test]
fn qos_time_to_live_is_stronger_than_validity_period() {
    let tlvs = Tlvs::parse(&[0, 0x17, 0, 4, 0, 0, 0, 90]).unwrap();
    let pdu = MessagePdu { validity_period: b"000000000500000R", tlvs, ..plain() };
    assert_eq!(read(&pdu).unwrap().validity, Validity::For(Duration::from_secs(90)));
}

#[test]
fn a_schedule_is_taken_when_it_means_now_and_refused_otherwise() {
    let at = |field| read(&MessagePdu { schedule_delivery_time: field, ..plain() }).is_ok();
    assert!(at(b"000000000000000R") && at(b"000000000005000R") && at(b"261121093000000+"));
    assert!(!at(b"000000000006000R") && !at(b"261121093006000+") && !at(b"261121092000000+") && !at(b"noon"));
}

#[test]
fn modes_that_are_not_offered_are_refused_as_esm_class() {
    let mode = |esm_class| read(&MessagePdu { esm_class, ..plain() }).map(|_| ());
    for esm_class in [0, 1, 3, 8, 0x10, 0x80, 0x83] {
        assert_eq!(mode(esm_class), Ok(()), "{esm_class:#x}");
    }
    for esm_class in [2, 4, 0x0A, 0x0C, 0x18, 0x20, 0x3C] {
        assert_eq!(mode(esm_class), Err(Fault::Invalid(Field::EsmClass)), "{esm_class:#x}");
    }
}

#[test]
fn nobody_reads_a_silent_message() {
    assert_eq!(read(&MessagePdu { protocol_id: 0x40, ..plain() }), Err(Fault::NotForReaders));
    assert!(read(&MessagePdu { protocol_id: 0x41, ..plain() }).is_ok());
}

#[test]
fn the_text_is_in_one_place_or_twice_the_same() {
    let payload = [&[4, 0x24, 0, 3][..], b"abc"].concat();
    let tlvs = Tlvs::parse(&payload).unwrap();
    let text = |short_message| read(&MessagePdu { short_message, tlvs, ..plain() }).map(|s| s.text);
    assert_eq!((text(b""), text(b"abc")), (Ok("abc".to_owned()), Ok("abc".to_owned())));
    assert_eq!(text(b"xyz"), Err(Fault::Invalid(Field::SmLength)));
    assert!(read(&MessagePdu { short_message: b"", ..plain() }).is_err());
}

#[test]
fn success_only_is_a_wish_of_v5_0() {
    let wish = |registered, version| receipt_request(registered, version);
    assert_eq!(wish(0x10, Version::V34), ReceiptRequest::NONE);
    assert_eq!(wish(0x11, Version::V34), ReceiptRequest::ANY);
    assert_eq!(wish(2, Version::V34), ReceiptRequest { failure: true, ..ReceiptRequest::NONE });
    assert_eq!(wish(3, Version::V34), ReceiptRequest::ANY);
    assert_eq!(wish(3, Version::V50), ReceiptRequest { success: true, ..ReceiptRequest::NONE });
}

#[test]
fn parts_that_make_no_sense_are_refused_and_incomplete_ones_ignored() {
    let part = |total: u8, number: u8| {
        [&[2, 0x0C, 0, 2, 0, 1, 2, 0x0E, 0, 1][..], &[total], &[2, 0x0F, 0, 1], &[number]].concat()
    };
    let read_tlvs =
        |octets: &[u8]| read(&MessagePdu { tlvs: Tlvs::parse(octets).unwrap(), ..plain() }).map(|_| ());
    assert_eq!(read_tlvs(&part(3, 3)), Ok(()));
    assert_eq!(read_tlvs(&part(3, 4)), Err(Fault::TlvValue(tag::SAR_SEGMENT_SEQNUM)));
    assert_eq!(read_tlvs(&part(3, 0)), Err(Fault::TlvValue(tag::SAR_SEGMENT_SEQNUM)));
    assert_eq!(read_tlvs(&[2, 0x0F, 0, 1, 0]), Ok(()));
}

use std::time::Duration;

use iwf_model::{Mode, Part, PartKind, Party, PassedTlv, ReceiptRequest, Validity};

use super::timing::MIN_VALIDITY;
use super::*;
use crate::pdu::message::RawAddress;
use crate::pdu::tlv::Tlvs;
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
    read_as(pdu, |_| {})
}

fn read_as(pdu: &MessagePdu<'_>, change: fn(&mut Profile)) -> Result<Submission, Fault> {
    let mut profile = Profile::default();
    change(&mut profile);
    from_pdu(pdu, false, &terms(&profile), testing::now().utc)
}

fn read_strictly(pdu: &MessagePdu<'_>) -> Result<(), Fault> {
    read_as(pdu, |profile| profile.reading.strict = true).map(|_| ())
}

fn terms(profile: &Profile) -> Terms<'_> {
    Terms { carrier: CarrierId(7), alphabet: Alphabet::Gsm7, version: Version::V34, profile }
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
fn a_plain_message_carries_no_options_around() {
    assert_eq!(read(&plain()).unwrap().options, None);
    let pdu = MessagePdu { schedule_delivery_time: b"000000000000000R", esm_class: 3, ..plain() };
    assert_eq!(read(&pdu).unwrap().options, None);
}

#[test]
fn a_schedule_is_absolute_or_relative_and_at_most_two_weeks_ahead() {
    let now = testing::now().utc;
    let schedule = |field| {
        let submission = read(&MessagePdu { schedule_delivery_time: field, ..plain() })?;
        Ok(submission.options().schedule)
    };
    let wrong = Err(Fault::Invalid(Field::ScheduleDeliveryTime));
    let minute = now.after(Duration::from_secs(60));
    assert_eq!(schedule(b"000000000100000R"), Ok(Some(minute)));
    let second = now.after(Duration::from_secs(1));
    assert_eq!(schedule(b"000000000001000R"), Ok(Some(second)), "however near");
    assert_eq!(schedule(b"261121093100000+"), Ok(Some(minute)));
    assert_eq!(schedule(b"000014000000000R"), Ok(Some(now.after(Duration::from_secs(14 * 86_400)))));
    assert_eq!(schedule(b"261121093000100+"), Ok(Some(now.after(Duration::from_millis(100)))));
    for means_now in [&b"000000000000000R"[..], b"261121093000000+", b"261121092500000+"] {
        assert_eq!(schedule(means_now), Ok(None));
    }
    for field in [&b"000014000001000R"[..], b"261121092459000+", b"noon"] {
        assert_eq!(schedule(field), wrong);
    }
}

#[test]
fn a_stated_validity_outlasts_the_schedule() {
    let at = |schedule, validity| {
        let pdu = MessagePdu { schedule_delivery_time: schedule, validity_period: validity, ..plain() };
        read(&pdu).map(|_| ())
    };
    let hour = b"000000010000000R";
    assert_eq!(at(hour, hour), Err(Fault::Invalid(Field::ValidityPeriod)));
    assert_eq!(at(hour, b"261121103000000+"), Err(Fault::Invalid(Field::ValidityPeriod)));
    assert_eq!(at(hour, b"000000010001000R"), Ok(()));
    assert_eq!(at(b"000010000000000R", b""), Ok(()), "the default counts for nothing here");
}

#[test]
fn the_modes_are_read_and_what_is_no_text_is_refused() {
    let mode =
        |esm_class| read(&MessagePdu { esm_class, ..plain() }).map(|submission| submission.options().mode);
    for (esm_class, expected) in [
        (0, Mode::StoreAndForward),
        (1, Mode::Datagram),
        (2, Mode::Transaction),
        (3, Mode::StoreAndForward),
        (8, Mode::StoreAndForward),
        (0x0A, Mode::Transaction),
        (0x10, Mode::StoreAndForward),
        (0x83, Mode::StoreAndForward),
    ] {
        assert_eq!(mode(esm_class), Ok(expected), "{esm_class:#x}");
    }
    for esm_class in [4, 0x0C, 0x18, 0x20, 0x3C] {
        assert_eq!(mode(esm_class), Err(Fault::Invalid(Field::EsmClass)), "{esm_class:#x}");
    }
}

#[test]
fn a_schedule_makes_a_datagram_stored_and_a_transaction_impossible() {
    let scheduled =
        |esm_class| MessagePdu { esm_class, schedule_delivery_time: b"000000010000000R", ..plain() };
    assert_eq!(read(&scheduled(1)).unwrap().options().mode, Mode::StoreAndForward);
    assert_eq!(read(&scheduled(2)).map(|_| ()), Err(Fault::Invalid(Field::EsmClass)));
    assert_eq!(read_strictly(&scheduled(1)), Err(Fault::Invalid(Field::EsmClass)));
    let receipt = MessagePdu { esm_class: 1, registered_delivery: 1, ..plain() };
    assert_eq!(read(&receipt).unwrap().receipt, ReceiptRequest::ANY);
    assert_eq!(read_strictly(&receipt), Err(Fault::Invalid(Field::EsmClass)));
}

#[test]
fn what_is_not_by_the_letter_is_refused_only_where_the_profile_is_strict() {
    let source = |ton, npi, addr| RawAddress { ton, npi, addr };
    for (pdu, field) in [
        (MessagePdu { service_type: b"\x07", ..plain() }, Field::ServiceType),
        (MessagePdu { source: source(7, 1, b"1"), ..plain() }, Field::SourceAddrTon),
        (MessagePdu { source: source(1, 2, b"1"), ..plain() }, Field::SourceAddrNpi),
        (MessagePdu { source: source(5, 0, b"TwelveLetter"), ..plain() }, Field::SourceAddrTon),
        (MessagePdu { destination: source(7, 1, b"1"), ..plain() }, Field::DestAddrTon),
        (MessagePdu { destination: source(1, 11, b"1"), ..plain() }, Field::DestAddrNpi),
        (MessagePdu { priority_flag: 4, ..plain() }, Field::PriorityFlag),
        (MessagePdu { registered_delivery: 0x20, ..plain() }, Field::RegisteredDelivery),
        (MessagePdu { validity_period: b"000000010000R", ..plain() }, Field::ValidityPeriod),
        (MessagePdu { schedule_delivery_time: b"000000010000R", ..plain() }, Field::ScheduleDeliveryTime),
        (MessagePdu { data_coding: 8, short_message: b"abc", ..plain() }, Field::SmLength),
    ] {
        assert!(read(&pdu).is_ok(), "{}", field.as_str());
        assert_eq!(read_strictly(&pdu), Err(Fault::Invalid(field)));
    }
    assert_eq!(read_strictly(&plain()), Ok(()));
}

#[test]
fn what_few_messages_ask_for_is_kept() {
    let tlvs = [&[0x14, 0, 0, 2, 7, 8, 0x14, 1, 0, 0][..], &[0x14, 2, 0, 1, 9]].concat();
    let pdu = MessagePdu {
        service_type: b"CMT",
        priority_flag: 9,
        data_coding: 0xF0,
        replace_if_present_flag: 1,
        tlvs: Tlvs::parse(&tlvs).unwrap(),
        ..plain()
    };
    let submission = read_as(&pdu, |profile| profile.reading.tlvs = vec![0x1400, 0x1401]).unwrap();
    let options = submission.options();
    assert_eq!((options.service_type.as_str(), options.priority, options.class), ("CMT", 3, Some(0)));
    assert!(options.replaces);
    let passed = |tag, value: &[u8]| PassedTlv { tag, value: value.into() };
    assert_eq!(options.tlvs, [passed(0x1400, &[7, 8]), passed(0x1401, &[])]);
    assert_eq!(read(&pdu).unwrap().options().tlvs, []);
}

#[test]
fn what_is_carried_along_is_bounded() {
    let allow = |profile: &mut Profile| profile.reading.tlvs = vec![0x1400];
    let too_many = [0x14, 0, 0, 0].repeat(17);
    let too_long = [&[0x14, 0, 4, 1][..], &[0; 1025]].concat();
    for tlvs in [too_many, too_long] {
        let pdu = MessagePdu { tlvs: Tlvs::parse(&tlvs).unwrap(), ..plain() };
        assert_eq!(read_as(&pdu, allow).map(|_| ()), Err(Fault::TlvNotAllowed(0x1400)));
    }
}

#[test]
fn dest_addr_subunit_1_is_flash() {
    let subunit = |value: &[u8]| {
        let tlvs = [&[0, 5, 0, value.len() as u8], value].concat();
        read(&MessagePdu { tlvs: Tlvs::parse(&tlvs).unwrap(), ..plain() }).unwrap().options().class
    };
    assert_eq!((subunit(&[1]), subunit(&[2]), subunit(&[]), subunit(&[1, 1])), (Some(0), None, None, None));
}

#[test]
fn set_dpf_1_asks_for_a_flag() {
    let asks = |value: &[u8]| {
        let tlvs = [&[0x04, 0x21, 0, value.len() as u8], value].concat();
        read(&MessagePdu { tlvs: Tlvs::parse(&tlvs).unwrap(), ..plain() }).unwrap().options().dpf
    };
    assert_eq!([asks(&[1]), asks(&[0]), asks(&[2]), asks(&[0, 1])], [true, false, false, false]);
    assert_eq!(read(&plain()).unwrap().options, None, "a plain message has nothing to carry around");
}

#[test]
fn nobody_reads_a_silent_message() {
    assert_eq!(read(&MessagePdu { protocol_id: 0x40, ..plain() }), Err(Fault::NotForReaders));
    let replacing = |protocol_id, esm_class| {
        read(&MessagePdu { protocol_id, esm_class, ..plain() }).unwrap().options().replace_type
    };
    assert_eq!([replacing(0x41, 0), replacing(0x47, 0)], [Some(1), Some(7)]);
    assert_eq!([replacing(0x48, 0), replacing(0x39, 0), replacing(0x41, 1)], [None, None, None]);
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
fn every_bit_of_registered_delivery_has_its_meaning() {
    let mut profile = Profile::default();
    profile.answers.intermediate = true;
    let wish = |registered, version| receipt_request(registered, &Terms { version, ..terms(&profile) });
    let some = |success, failure| ReceiptRequest { success, failure, ..ReceiptRequest::NONE };
    assert_eq!(wish(1, Version::V34), Ok(ReceiptRequest::ANY));
    assert_eq!(wish(2, Version::V34), Ok(some(false, true)));
    assert_eq!(wish(3, Version::V34), Ok(ReceiptRequest::ANY), "reserved before v5.0");
    assert_eq!(wish(3, Version::V50), Ok(some(true, false)));
    assert_eq!(wish(0x04, Version::V34), Ok(ReceiptRequest { read: true, ..ReceiptRequest::NONE }));
    assert_eq!(wish(0x08, Version::V34), Ok(ReceiptRequest { reply: true, ..ReceiptRequest::NONE }));
    assert_eq!(wish(0x10, Version::V34), Ok(ReceiptRequest { intermediate: true, ..ReceiptRequest::NONE }));
    let plain = Profile::default();
    assert_eq!(
        receipt_request(0xF0, &terms(&plain)),
        Ok(ReceiptRequest::NONE),
        "nobody gets what he may not"
    );
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

fn place(total: u8, number: u8) -> Vec<u8> {
    [&[2, 0x0C, 0, 2, 0, 1, 2, 0x0E, 0, 1][..], &[total], &[2, 0x0F, 0, 1], &[number]].concat()
}

#[test]
fn a_part_is_kept_as_octets_and_has_no_text() {
    let tlvs = place(3, 2);
    let sar = MessagePdu { tlvs: Tlvs::parse(&tlvs).unwrap(), short_message: b"a\x1b", ..plain() };
    let submission = read(&sar).unwrap();
    let part = |kind, reference, octets: &[u8]| Part {
        reference,
        kind,
        total: 3,
        number: 2,
        encoding: Alphabet::Gsm7.into(),
        octets: octets.into(),
    };
    assert_eq!(submission.text, "");
    assert_eq!(submission.options().part, Some(part(PartKind::Sar, 1, b"a\x1b")));
    let both = MessagePdu { esm_class: UDHI, short_message: b"\x05\x00\x03\x09\x03\x02b", ..sar };
    assert_eq!(read(&both).unwrap().options().part, Some(part(PartKind::Udh8, 9, b"b")), "the header wins");
}

#[test]
fn a_part_is_no_transaction_and_replaces_nothing() {
    let tlvs = place(3, 2);
    let part = MessagePdu { tlvs: Tlvs::parse(&tlvs).unwrap(), ..plain() };
    let transaction = MessagePdu { esm_class: 2, ..part.clone() };
    assert_eq!(read(&transaction).map(|_| ()), Err(Fault::Invalid(Field::EsmClass)));
    let replaces = MessagePdu { replace_if_present_flag: 1, ..part };
    assert_eq!(read(&replaces).map(|_| ()), Err(Fault::ReplaceNotOffered));
}

#[test]
fn what_replaces_is_stored_and_forwarded() {
    for esm_class in [1, 2] {
        let pdu = MessagePdu { esm_class, replace_if_present_flag: 1, ..plain() };
        assert_eq!(read(&pdu).map(|_| ()), Err(Fault::ReplaceNotOffered));
    }
    let twice = MessagePdu { replace_if_present_flag: 2, ..plain() };
    assert_eq!(read(&twice).map(|_| ()), Err(Fault::Invalid(Field::ReplaceIfPresentFlag)));
    let canned = MessagePdu { sm_default_msg_id: 1, ..plain() };
    assert_eq!(read(&canned).map(|_| ()), Err(Fault::Invalid(Field::SmDefaultMsgId)));
}

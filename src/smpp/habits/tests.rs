use iwf_model::{Carrier, CarrierId, Profile};

use super::*;

fn carrier() -> Carrier {
    Carrier {
        id: CarrierId(1),
        name: "Carrier1".into(),
        system_id: "carrier1".into(),
        password_hash: String::new(),
        enabled: true,
        max_binds: 1,
        rate: 10,
        window: 10,
        alphabet: Alphabet::Gsm7,
        profile: Profile::default(),
    }
}

/// A submit_sm body: esm_class, registered_delivery, data_coding, text, TLVs.
fn body(esm_class: u8, registered_delivery: u8, data_coding: u8, text: &[u8], tlvs: &[u8]) -> Vec<u8> {
    let mut body = b"\0\x05\0ACME\0\x01\x01491511\0".to_vec();
    body.extend([esm_class, 0, 0, 0, 0, registered_delivery, 0, data_coding, 0, text.len() as u8]);
    body.extend(text);
    body.extend(tlvs);
    body
}

fn seen(bodies: &[Vec<u8>]) -> Habits {
    let mut watcher = Watcher::default();
    bodies.iter().for_each(|body| watcher.submit(CommandId::SubmitSm, body));
    watcher.lock().clone()
}

fn said(habits: &Habits) -> String {
    findings(habits, &carrier()).join("\n")
}

#[test]
fn a_carrier_that_keeps_to_its_profile_has_nothing_to_hear() {
    let habits = seen(&[
        body(0, 1, 0, b"your code is 1234", &[]),
        body(3, 1, 8, &[0x06, 0x45, 0x06, 0x31], &[]),
        body(0x40, 1, 0, &[5, 0, 3, 7, 2, 1, b'h', b'i'], &[]),
    ]);
    assert_eq!(said(&habits), "");
    assert_eq!(habits.of(Habit::Destination(1, 1)), 3);
    assert_eq!(habits.of(Habit::HasHeader), 1);
}

#[test]
fn what_data_coding_0_really_is_shows_by_its_octets() {
    let packed = septets::pack(b"your code is 1234, hello there", 0);
    for (text, advice) in [
        ("código 1234".as_bytes(), "--alphabet utf8"),
        (b"c\xF3digo 1234", "latin1 most likely"),
        (&packed, "packed=true"),
    ] {
        let habits = seen(&[body(0, 0, 0, text, &[]), body(0, 0, 0, b"plain", &[])]);
        assert!(said(&habits).contains(advice), "{text:?}: {}", said(&habits));
    }
}

#[test]
fn what_departs_is_said_with_what_to_set() {
    let little_endian: Vec<u8> = "hello there".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut habits = seen(&[
        body(0, 0x11, 0, b"hi", &[0x14, 0x00, 0, 1, 7]),
        body(0, 1, 8, &little_endian, &[]),
        body(0, 1, 0, b"hi\0", &[]),
    ]);
    habits.refused(CommandStatus::EsmeRthrottled);
    habits.receipt(ReceiptAnswer::Lost, 0);
    habits.receipt(ReceiptAnswer::Refused, CommandStatus::EsmeRxRAppn.into());
    let said = said(&habits);
    for part in [
        "intermediate=true",
        "tlvs=0x1400",
        "little endian or UTF-8; they are recognised",
        "end with a NUL",
        "agreed rate of 10/s",
        "1 receipts had no answer",
        "answered with EsmeRxRAppn",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

#[test]
fn a_busy_bind_is_looked_at_now_and_then() {
    let mut watcher = Watcher::default();
    let body = body(0, 0, 0, b"hi", &[]);
    (0..9_984).for_each(|_| watcher.submit(CommandId::SubmitSm, &body));
    assert_eq!(watcher.lock().submits(), (9_984, 1_000 + (9_984 - 1_000) / 64 + 1));
}

#[test]
fn what_is_kept_is_bounded_and_adds_up() {
    let mut habits = Habits::default();
    for tag in 0..=0xFFFF {
        habits.count(Habit::Tlv(tag));
    }
    assert_eq!(habits.iter().count(), MOST);
    let mut sum = Habits::default();
    sum.merge(&habits);
    sum.merge(&habits);
    assert_eq!(sum.of(Habit::Tlv(0)), 2);
}

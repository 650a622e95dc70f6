use iwf_model::{CarrierId, Language, PartKind, Profile};

use super::*;
use crate::bind::Version;

fn content(data_coding: u8, payload: &[u8], change: fn(&mut Profile)) -> Result<Content, Fault> {
    read_with(false, data_coding, payload, change)
}

/// The same behind a header of these elements.
fn behind(elements: &[u8], data_coding: u8, octets: &[u8]) -> Result<Content, Fault> {
    let payload = [&[elements.len() as u8], elements, octets].concat();
    read_with(true, data_coding, &payload, |_| {})
}

fn read_with(
    has_header: bool,
    data_coding: u8,
    payload: &[u8],
    change: fn(&mut Profile),
) -> Result<Content, Fault> {
    let mut profile = Profile::default();
    change(&mut profile);
    let terms =
        Terms { carrier: CarrierId(1), alphabet: Alphabet::Gsm7, version: Version::V34, profile: &profile };
    read((has_header, coding::coding(data_coding, Alphabet::Gsm7).unwrap()), payload, None, &terms)
}

fn text(text: &str) -> Result<Content, Fault> {
    Ok(Content::Text(text.to_owned()))
}

fn part(encoding: Encoding, octets: &[u8]) -> Result<Content, Fault> {
    let (reference, kind, total, number) = (7, PartKind::Udh8, 2, 1);
    Ok(Content::Part(Part { reference, kind, total, number, encoding, octets: octets.into() }))
}

const FIRST_OF_TWO: [u8; 5] = [0, 3, 7, 2, 1];

#[test]
fn gsm_that_is_called_ascii_is_read_as_what_it_is() {
    let read = |octets: &[u8]| content(1, octets, |_| {});
    assert_eq!(read(b"user\x11name\x00host costs \x025"), text("user_name@host costs $5"));
    assert_eq!(read(b"5\x1be \x1b(net\x1b)"), text("5\u{20AC} {net}"));
    assert_eq!(read(b"plain_text@host $5\r\n\tx\0"), text("plain_text@host $5\r\n\tx"));
}

#[test]
fn a_header_is_taken_off_whatever_is_in_it() {
    for elements in [&[][..], &[0x24, 1, 0], &[0x0A, 9, 1, 2], &[0, 3, 7, 1, 1], &[0, 3, 7, 2, 3]] {
        assert_eq!(behind(elements, 0, b"hi"), text("hi"), "{elements:?}");
    }
    assert_eq!(behind(&FIRST_OF_TWO, 0, b""), Err(Fault::Invalid(Field::SmLength)), "no text after it");
}

#[test]
fn data_for_applications_and_sim_cards_is_not_shown_to_a_reader() {
    for elements in [&[5, 4, 0x0B, 0x84, 0x23, 0xF0][..], &[0x70, 0], &[4, 2, 1, 1]] {
        assert_eq!(behind(elements, 0, b"hi"), Err(Fault::NotForReaders));
    }
}

#[test]
fn national_letters_are_read_by_their_tables_and_only_in_gsm_7_bit() {
    // 0x1B 0x67 is a single shift 'ğ', and 0x07 a locking shift 'ı', of the Turkish tables.
    assert_eq!(behind(&[0x24, 1, 1], 0, &[0x1B, 0x67]), text("\u{11F}"));
    assert_eq!(behind(&[0x25, 1, 1], 0, &[0x07]), text("\u{131}"));
    assert_eq!(behind(&[0x25, 1, 99], 0, &[0x07]), text("\u{EC}"), "an unknown language is not there");
    assert_eq!(behind(&[0x25, 1, 1], 3, b"caf\xE9"), text("caf\u{E9}"));
    assert_eq!(behind(&[0x24, 1, 1, 0x25, 1, 1], 1, b"\x1Bg"), text("\u{11F}"), "ASCII in name only");
}

#[test]
fn a_part_keeps_its_octets_and_how_to_read_them() {
    let shifted = [&FIRST_OF_TWO[..], &[0x24, 1, 1, 0x25, 1, 2]].concat();
    let encoding = Encoding::gsm7(Language::Spanish, Language::Turkish);
    assert_eq!(behind(&shifted, 0, b"a\x1B"), part(encoding, b"a\x1B"));
    let half_an_emoji = [0, b'a', 0xD8, 0x3D];
    assert_eq!(behind(&FIRST_OF_TWO, 8, &half_an_emoji), part(Alphabet::Utf16.into(), &half_an_emoji));
    assert_eq!(behind(&FIRST_OF_TWO, 1, b"a\x11"), part(Alphabet::Gsm7.into(), b"a\x11"));
}

#[test]
fn packed_septets_are_unpacked_behind_the_fill_bits() {
    let packed = |profile: &mut Profile| profile.reading.packed = true;
    let hellohello = [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37];
    assert_eq!(content(0, &hellohello, packed), text("hellohello"));
    // Six octets of header are 48 bits: one fill bit leads to the seventh septet.
    let payload = [&[5], &FIRST_OF_TWO[..], &septets::pack(b"hello", 1)].concat();
    assert_eq!(read_with(true, 0, &payload, packed), part(Alphabet::Gsm7.into(), b"hello"));
    assert_eq!(content(3, b"abc", packed), text("abc"), "only GSM 7-bit is packed");
}

#[test]
fn what_data_coding_8_really_is_is_seen_unless_the_profile_says_otherwise() {
    let little = [0x45, 0x06, 0x31, 0x06, 0x2D, 0x06, 0x28, 0x06, 0x27, 0x06];
    assert_eq!(content(8, &little, |_| {}), text("\u{645}\u{631}\u{62D}\u{628}\u{627}"));
    let read = content(8, &little, |profile| profile.reading.sniffs = false);
    assert_ne!(read, text("\u{645}\u{631}\u{62D}\u{628}\u{627}"));
    assert_eq!(
        behind(&FIRST_OF_TWO, 8, &little),
        part(Alphabet::Utf16.into(), &little),
        "of a part it can't be seen"
    );
}

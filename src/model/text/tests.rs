use super::seeded::Seeded;
use super::*;

/// Every alphabet, and GSM 7-bit with every language's shift tables.
fn encodings() -> Vec<Encoding> {
    let shifted = Language::ALL.into_iter().flat_map(|language| {
        let others = [(language, language), (language, Language::Default), (Language::Default, language)];
        others.map(|(locking, single)| Encoding::gsm7(locking, single))
    });
    Alphabet::ALL.into_iter().map(Encoding::from).chain(shifted).collect()
}

/// Characters that the encoding has, without NUL (it is dropped at the end of single octets).
fn characters(encoding: impl Into<Encoding>) -> Vec<char> {
    let encoding = encoding.into();
    let wide = ['م', 'Ж', '漢', '😀', '👩', '\u{200D}', '\u{FE0F}', '🇩', '\u{FFFD}', '\u{10FFFF}', '€'];
    let indic = (0x900..0xD80u32).filter_map(char::from_u32);
    let all = (1..0x250u32).filter_map(char::from_u32).chain(wide).chain("ΔΦΓΛΩΠΨΣΘΞ".chars()).chain(indic);
    all.filter(|c| encode_with(encoding, &c.to_string()).is_some()).collect()
}

#[test]
fn each_alphabet_has_as_many_characters_as_it_should() {
    assert_eq!(characters(Alphabet::Gsm7).len(), 127 + 10);
    assert_eq!(characters(Alphabet::Ascii).len(), 127);
    assert_eq!(characters(Alphabet::Latin1).len(), 127 + 96);
    assert_eq!(characters(Alphabet::Iso8859_8).len(), 127 + 60 - 27 - 3, "without Hebrew letters and marks");
    for alphabet in [Alphabet::Utf16, Alphabet::Utf16Le] {
        assert_eq!(characters(alphabet).len(), characters(Alphabet::Utf8).len());
    }
}

#[test]
fn what_goes_in_comes_out_of_every_encoding() {
    let mut seeded = Seeded(0x5EED);
    for encoding in encodings() {
        let characters = characters(encoding);
        for round in 0..60 {
            let text = seeded.text(200, &characters);
            let octets = encode_with(encoding, &text).unwrap();
            assert_eq!(decode_with(encoding, &octets), text, "{encoding:?}, round {round}");
        }
    }
}

#[test]
fn one_character_that_is_missing_refuses_the_whole_text() {
    for alphabet in [Alphabet::Gsm7, Alphabet::Ascii, Alphabet::Latin1] {
        for place in [0, 1, 31, 32, 33, 99] {
            let mut text = "x".repeat(100);
            text.replace_range(place..=place, "😀");
            assert_eq!(encode(alphabet, &text), None, "{alphabet:?}, place {place}");
        }
    }
}

#[test]
fn any_octets_are_some_text_and_the_second_reading_agrees_with_the_first() {
    let mut seeded = Seeded(0xF00D);
    for encoding in encodings() {
        let ends_with_nul = matches!(
            encoding.alphabet,
            Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Iso8859_5 | Alphabet::Iso8859_8
        );
        for _ in 0..100 {
            let octets = seeded.octets();
            let text = decode_with(encoding, &octets);
            if let Some(again) = encode_with(encoding, &text) {
                let nul = ends_with_nul && text.ends_with('\0');
                assert!(nul || decode_with(encoding, &again) == text, "{encoding:?} {octets:?}");
            }
        }
    }
}

#[test]
fn a_nul_at_the_end_is_dropped_where_it_is_no_character() {
    assert_eq!(decode(Alphabet::Ascii, b"code\0"), "code");
    assert_eq!(decode(Alphabet::Latin1, b"code\0\0"), "code\0");
    assert_eq!(decode(Alphabet::Gsm7, b"code\0"), "code@");
}

#[test]
fn broken_utf_8_is_read_as_windows_1252() {
    assert_eq!(decode(Alphabet::Utf8, "Grüße 😀".as_bytes()), "Grüße 😀");
    assert_eq!(decode(Alphabet::Utf8, b"Gr\xFC\xDFe"), "Grüße");
}

#[test]
fn the_words_of_configuration_files_are_read_back() {
    for alphabet in Alphabet::ALL {
        assert_eq!(Alphabet::parse(alphabet.as_str()), Some(alphabet));
    }
    assert_eq!(Alphabet::parse("GSM7"), None);
}

#[test]
fn whatever_octets_are_said_to_be_ucs_2_are_read_as_some_text() {
    let mut seeded = Seeded(0x5C2);
    for _ in 0..3000 {
        let octets = seeded.octets();
        let text = decode(sniff_ucs2(&octets), &octets);
        assert!(octets.len() < 2 || !text.is_empty(), "{octets:?}");
    }
}

use super::*;

/// Every table once more, septet by septet, as the specification prints them.
///
/// Where its code points are misprints, both follow its character column and what phones do: the comma (0x2C) of
/// the locking shift tables 4 to 13, printed as an apostrophe; Kannada 0x24 in A.3.7 (U+0CA1, printed as U+0CAA,
/// which stands at 0x3D too); the euro (0x65) in A.2.12, which is in all other tables and missing in some prints.
const PRINTED: &str = include_str!("tables.txt");

fn printed(language: Language, shift: &str) -> Option<Vec<Option<char>>> {
    let head = format!("{} {shift}", language.as_str());
    let mut lines = PRINTED.lines().skip_while(|line| **line != head);
    lines.next()?;
    let codes = lines.take(8).flat_map(str::split_whitespace);
    Some(codes.map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32)).collect())
}

#[test]
fn every_table_is_as_printed() {
    for language in Language::ALL {
        let Some(locking) = printed(language, "locking") else {
            assert_eq!(language, Language::Spanish, "the one without a locking shift table");
            continue;
        };
        for (septet, c) in (0u8..).zip(&locking) {
            if septet != ESC {
                let text = decode(language, Language::Default, &[septet]);
                assert_eq!(text, c.unwrap_or(' ').to_string(), "{language:?} {septet:#04x}");
            }
        }
        assert_eq!(locking.len(), 128);
    }
    for language in Language::ALL {
        let single = printed(language, "single").unwrap();
        for (septet, c) in (0u8..).zip(&single) {
            let plain = printed(Language::Default, "locking").unwrap()[usize::from(septet)];
            let expected = c.or(plain).unwrap_or(' ').to_string();
            let text = decode(Language::Default, language, &[ESC, septet]);
            assert_eq!(text, expected, "{language:?} {septet:#04x}");
        }
        assert_eq!(single.len(), 128);
    }
}

#[test]
fn every_character_of_every_pair_of_tables_comes_back() {
    for locking in Language::ALL {
        for single in Language::ALL {
            for c in table(&LOCKING, locking).iter().chain(table(&SINGLE, single)).filter(|c| **c != VOID) {
                if *c == '\u{1B}' {
                    continue;
                }
                let octets = encode(locking, single, &c.to_string()).unwrap();
                assert_eq!(decode(locking, single, &octets), c.to_string(), "{locking:?} {single:?}");
            }
        }
    }
}

#[test]
fn turkish_spanish_and_portuguese_have_their_letters() {
    let locked = |language, text| encode(language, Language::Default, text);
    let shifted = |language, text| encode(Language::Default, language, text);
    assert_eq!(locked(Language::Turkish, "ığışçİĞŞ€").unwrap(), b"\x07\x0C\x07\x1D\x60\x40\x0B\x1C\x04");
    assert_eq!(shifted(Language::Turkish, "ığ€").unwrap(), b"\x1B\x69\x1B\x67\x1B\x65");
    assert_eq!(shifted(Language::Turkish, "İçŞ").unwrap(), b"\x1B\x49\x1B\x63\x1B\x53");
    assert_eq!(shifted(Language::Spanish, "ñáÚç").unwrap(), b"\x7D\x1B\x61\x1B\x55\x1B\x09");
    assert_eq!(locked(Language::Portuguese, "ãõ∞`~").unwrap(), b"\x7B\x7C\x15\x7D\x60");
    assert_eq!(shifted(Language::Portuguese, "ãÂâΦ").unwrap(), b"\x1B\x7B\x1B\x61\x1B\x7F\x12");
    assert_eq!(shifted(Language::Turkish, "漢"), None);
}

#[test]
fn a_word_of_each_script_is_read() {
    let read = |language, octets: &[u8]| decode(language, language, octets);
    assert_eq!(read(Language::Hindi, b"\x28").len(), 1, "the brackets have changed places");
    assert_eq!(read(Language::Hindi, b"\x28\x1B\x00\x1BA\x1B\x1D"), ")@A\u{0967}");
    let namaste = encode(Language::Hindi, Language::Hindi, "नमस्ते").unwrap();
    assert_eq!(namaste.len(), 6, "one septet a letter");
    assert_eq!(read(Language::Hindi, &namaste), "नमस्ते");
    assert_eq!(read(Language::Urdu, b"\x4D\x3D\x20\x28"), "ل\u{0633} )");
}

#[test]
fn escapes_are_read_as_in_the_default_tables() {
    let read = |octets: &[u8]| decode(Language::Turkish, Language::Turkish, octets);
    assert_eq!(read(b"a\x1B"), "a");
    assert_eq!(read(b"\x1B\x1Ba"), " a");
    assert_eq!(read(b"\x1B\x07"), "ı", "of the locking shift table");
    assert_eq!(read(b"\x1B\xE9\xFC"), "éü");
    assert_eq!(decode(Language::Tamil, Language::Tamil, b"\x00\x1B\x75"), " u", "a void is a space");
    assert_eq!(encode(Language::Tamil, Language::Tamil, "\0"), None);
    assert_eq!(encode(Language::Turkish, Language::Default, " "), Some(vec![b' ']));
    assert_eq!(encode(Language::Turkish, Language::Turkish, "\u{1B}"), None);
}

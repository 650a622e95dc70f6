//! ISO 8859-5 (Cyrillic) and ISO 8859-8 (Hebrew, in the order in which it is read): data_coding 6 and 7.
//!
//! Octets that they leave undefined, and the C1 controls, are read as Windows-1252, as in Latin-1.

use super::windows1252;

/// The character of one octet of ISO 8859-5.
pub(super) fn cyrillic(octet: u8) -> char {
    match octet {
        0xA0 | 0xAD => char::from(octet),
        0xF0 => '№',
        0xFD => '§',
        0xA1..=0xFF => shifted(octet, 0x0401 - 0xA1),
        _ => windows1252::character(octet),
    }
}

/// The character of one octet of ISO 8859-8.
pub(super) fn hebrew(octet: u8) -> char {
    match octet {
        0xAA => '×',
        0xBA => '÷',
        0xDF => '‗',
        0xE0..=0xFA => shifted(octet, 0x05D0 - 0xE0),
        0xFD => '\u{200E}',
        0xFE => '\u{200F}',
        _ => windows1252::character(octet),
    }
}

/// Writes a text in the alphabet that `character` reads; the C1 controls and what a standard leaves
/// undefined are not written.
pub(super) fn encode(character: fn(u8) -> char, text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(|c| octet(character, c)).collect()
}

fn octet(character: fn(u8) -> char, c: char) -> Option<u8> {
    if c.is_ascii() {
        return u8::try_from(c).ok();
    }
    (0xA0..=0xFF).find(|octet| character(*octet) == c && !undefined(character, *octet))
}

/// ISO 8859-8 has no character there; ISO 8859-5 has one everywhere.
fn undefined(character: fn(u8) -> char, octet: u8) -> bool {
    let same = character(octet) == char::from(octet);
    same && matches!(octet, 0xA1 | 0xBF | 0xC0..=0xDE | 0xFB | 0xFC | 0xFF)
}

fn shifted(octet: u8, by: u32) -> char {
    char::from_u32(u32::from(octet) + by).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyrillic_is_read_and_written() {
        let octets = b"\xBF\xE0\xD8\xD2\xD5\xE2 \xF0 1 \xF1\xA1 \xFD";
        let text: String = octets.iter().map(|octet| cyrillic(*octet)).collect();
        assert_eq!(text, "Привет № 1 ёЁ §");
        assert_eq!(encode(cyrillic, &text).as_deref(), Some(&octets[..]));
        assert_eq!(encode(cyrillic, "é"), None);
        assert_eq!(encode(cyrillic, "\u{85}"), None);
    }

    #[test]
    fn hebrew_is_read_and_written() {
        let octets = b"\xF9\xEC\xE5\xED \xAA\xBA\xDF\xFD";
        let text: String = octets.iter().map(|octet| hebrew(*octet)).collect();
        assert_eq!(text, "שלום ×÷‗\u{200E}");
        assert_eq!(encode(hebrew, &text).as_deref(), Some(&octets[..]));
        assert_eq!(encode(hebrew, "Ã"), None, "0xC3 is undefined");
        assert_eq!(encode(hebrew, "ÿ"), None);
    }

    #[test]
    fn each_has_as_many_characters_as_the_standard_gives_it() {
        let written = |character: fn(u8) -> char| {
            (0xA0..=0xFF)
                .filter(|octet| encode(character, &character(*octet).to_string()) == Some(vec![*octet]))
                .count()
        };
        assert_eq!(written(cyrillic), 96);
        assert_eq!(written(hebrew), 60);
    }
}

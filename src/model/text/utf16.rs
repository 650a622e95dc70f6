//! UTF-16, which is what "UCS2" means in practice: emoji are surrogate pairs.

/// Reads UTF-16, big endian unless a byte order mark or the text itself says otherwise.
///
/// The mark is no part of the text, a lone surrogate is U+FFFD, an odd octet at the end is dropped.
pub(super) fn decode(octets: &[u8]) -> String {
    let (octets, read): (_, fn([u8; 2]) -> u16) = match octets {
        [0xFE, 0xFF, rest @ ..] => (rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => (rest, u16::from_le_bytes),
        _ if looks_little_endian(octets) => (octets, u16::from_le_bytes),
        _ => (octets, u16::from_be_bytes),
    };
    let units = octets.chunks_exact(2).map(|unit| read([unit[0], unit[1]]));
    let mut text = String::with_capacity(octets.len());
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    text
}

/// Writes UTF-16, big endian, without a mark.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len() * 2);
    for unit in text.encode_utf16() {
        octets.extend_from_slice(&unit.to_be_bytes());
    }
    octets
}

/// Whether nearly all units would be ASCII if they were read the other way round, as "H\0i\0" is.
/// Big endian, such a text is made of characters U+xx00 alone; four of them say nothing in any language.
fn looks_little_endian(octets: &[u8]) -> bool {
    let units = octets.len() / 2;
    let ascii =
        octets.chunks_exact(2).filter(|unit| unit[1] == 0 && matches!(unit[0], b' '..=b'~' | 10 | 13));
    units >= 4 && ascii.count() * 10 > units * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_endian_is_read_with_and_without_a_mark() {
        assert_eq!(decode(&[0x06, 0x45, 0xD8, 0x3D, 0xDE, 0x00]), "م😀");
        assert_eq!(decode(&[0xFE, 0xFF, 0x00, b'a']), "a");
        assert_eq!(encode("a😀"), [0x00, b'a', 0xD8, 0x3D, 0xDE, 0x00]);
    }

    #[test]
    fn little_endian_is_known_by_its_mark_or_by_its_text() {
        assert_eq!(decode(&[0xFF, 0xFE, b'a', 0x00]), "a");
        assert_eq!(decode(b"H\0e\0l\0l\0o\0"), "Hello");
    }

    #[test]
    fn chinese_that_has_a_zero_octet_stays_big_endian() {
        assert_eq!(decode(&[0x4E, 0x00]), "一");
        assert_eq!(decode(&encode("一一一")), "一一一");
        assert_eq!(decode(&encode("星期一一起吃飯")), "星期一一起吃飯");
    }

    #[test]
    fn damage_is_shown_where_it_is_and_nowhere_else() {
        assert_eq!(decode(&[0xD8, 0x3D, 0x00, b'a']), "\u{FFFD}a");
        assert_eq!(decode(&[0xDE, 0x00]), "\u{FFFD}");
        assert_eq!(decode(&[0x00, b'a', 0x00]), "a");
        assert_eq!(decode(&[0x00]), "");
        assert_eq!(decode(&[]), "");
    }
}

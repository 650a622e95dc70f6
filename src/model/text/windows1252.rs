//! Single octets: ISO 8859-1, with what Windows-1252 puts in place of its C1 controls.

/// Reads each octet as one character.
pub(super) fn decode(octets: &[u8]) -> String {
    if octets.is_ascii() {
        return String::from_utf8_lossy(octets).into_owned();
    }
    octets.iter().map(|octet| character(*octet)).collect()
}

/// Writes ISO 8859-1 proper: neither what only Windows-1252 has, nor the C1 controls, which would be
/// read back as something else.
pub(super) fn encode_latin1(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(latin1).collect()
}

/// The octet of a character in ISO 8859-1 proper.
pub(super) fn latin1(c: char) -> Option<u8> {
    u8::try_from(c).ok().filter(|octet| !(0x80..=0x9F).contains(octet))
}

/// The character of one octet.
pub(super) fn character(octet: u8) -> char {
    match octet {
        0x80..=0x9F => C1[usize::from(octet & 0x1F)],
        _ => char::from(octet),
    }
}

/// 0x80-0x9F in Windows-1252; the five octets that it leaves undefined stay the C1 controls they are.
#[rustfmt::skip]
const C1: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_read_octet_by_octet_and_the_gap_as_windows_1252() {
        assert_eq!(decode(b"caf\xE9"), "café");
        assert_eq!(decode(b"\x80 \x93hi\x94 \x99"), "€ “hi” ™");
        assert_eq!(decode(b"\x81\xFF"), "\u{81}ÿ");
    }

    #[test]
    fn what_latin_1_lacks_is_not_written() {
        assert_eq!(encode_latin1("café ÿ").unwrap(), b"caf\xE9 \xFF");
        assert_eq!(encode_latin1("€"), None);
        assert_eq!(encode_latin1("\u{85}"), None);
        assert_eq!(encode_latin1("Ā"), None);
    }

    #[test]
    fn every_octet_is_another_character() {
        let mut all: Vec<char> = (0..=255).map(character).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 256);
    }
}

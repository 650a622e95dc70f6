//! What data_coding 8 ("UCS2") really is: UTF-16, big endian, but for some peers (interworking.md A.19, 5 and 6).
//!
//! A text that is misread is worse than garbage that its sender made, so each rule here asks for what texts in
//! big endian practically never are; whatever is in doubt is big endian.

use super::Alphabet;

/// Which alphabet the octets of a data_coding 8 text are in: [`Alphabet::Utf16`] unless a byte order mark or
/// the octets themselves say [`Alphabet::Utf16Le`] or [`Alphabet::Utf8`].
///
/// It takes a whole text: the parts of a concatenated one are joined before.
pub fn sniff_ucs2(octets: &[u8]) -> Alphabet {
    match octets {
        [0xFE, 0xFF, ..] => Alphabet::Utf16,
        [0xFF, 0xFE, ..] => Alphabet::Utf16Le,
        [0xEF, 0xBB, 0xBF, ..] => Alphabet::Utf8,
        _ if is_swapped(octets) => Alphabet::Utf16Le,
        _ if is_utf8(octets) => Alphabet::Utf8,
        _ => Alphabet::Utf16,
    }
}

/// Whether the octets are little endian.
///
/// Letters of one script share the high octet of their units. Read the wrong way round they are ideographs
/// that share their low octet, which at least four of them, three of them different, never do in a language.
fn is_swapped(octets: &[u8]) -> bool {
    let (units, rest) = octets.as_chunks::<2>();
    if units.len() < 4 || !rest.is_empty() {
        return false;
    }
    let mut blocks = [0usize; SCRIPTS];
    for [_, high] in units {
        if let Some(block) = blocks.get_mut(usize::from(*high)) {
            *block += 1;
        }
    }
    // Block 0 goes with any script: spaces and digits are there.
    let most = blocks.iter().skip(1).max().copied().unwrap_or(0);
    let script = (1..SCRIPTS).find(|block| most > 0 && blocks[*block] == most).unwrap_or(0);
    let belongs = |[low, high]: &[u8; 2]| match usize::from(*high) {
        0 => matches!(low, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0xA0..=0xFF),
        high => high == script,
    };
    let swapped = units.iter().filter(|unit| belongs(unit)).count();
    let upright = units.iter().filter(|[high, _]| usize::from(*high) < SCRIPTS).count();
    let mut letters = [false; 256];
    for [low, _] in units.iter().filter(|unit| belongs(unit)) {
        letters[usize::from(*low)] = true;
    }
    let different = letters.iter().filter(|seen| **seen).count();
    swapped * 10 > units.len() * 9 && upright * 2 < units.len() && different >= 3
}

/// The blocks of alphabets: Latin to Georgian. From 0x1100 on every octet is the low octet of something.
const SCRIPTS: usize = 0x11;

/// Whether the octets are UTF-8. They can only be if they are valid and hold no control characters, which
/// every text in an alphabet's script has as high octets in UTF-16.
fn is_utf8(octets: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(octets) else { return false };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return false;
    }
    octets.len() % 2 == 1 || has_spaces(octets) || is_no_language(octets) || is_one_script(text)
}

/// Whether there are spaces as between words. In big endian these are ideographs whose low octet is 0x20 (one
/// in 256), or a punctuation mark of U+20xx, among ideographs that have no other octets than ASCII has.
fn has_spaces(octets: &[u8]) -> bool {
    let spaces = octets.iter().filter(|octet| **octet == b' ').count();
    octets.len() >= 12 && spaces >= 2 && spaces * 12 >= octets.len() && spaces * 3 <= octets.len()
}

/// Whether big endian would make the text, to a third, of lone surrogates, of private use or of scripts that
/// are not in daily use: that is what the lead octets of Arabic and of all three- and four-octet
/// characters look like. A single such unit may be what a cut left of an emoji.
fn is_no_language(octets: &[u8]) -> bool {
    let units = octets.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    let odd = char::decode_utf16(units).filter(|c| match c {
        Ok(c) => matches!(c, '\u{A000}'..='\u{ABFF}' | '\u{D7A4}'..='\u{F8FF}'),
        Err(_) => true,
    });
    let odd = odd.count();
    odd >= 2 && odd * 6 >= octets.len()
}

/// Whether the characters beyond ASCII are four or more, of one script, and at least half of the text:
/// Cyrillic, say. In big endian these are four or more Korean syllables of the same 128.
fn is_one_script(text: &str) -> bool {
    let mut wide = text.chars().filter(|c| !c.is_ascii()).map(|c| u32::from(c) >> 8);
    let Some(script) = wide.next() else { return false };
    let mut count = 1;
    for other in wide {
        if other != script {
            return false;
        }
        count += 1;
    }
    count >= 4 && count * 2 >= text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::encode;

    const ALPHABETS: [Alphabet; 3] = [Alphabet::Utf16, Alphabet::Utf16Le, Alphabet::Utf8];

    #[test]
    fn a_mark_decides() {
        for alphabet in ALPHABETS {
            for text in ["\u{FEFF}", "\u{FEFF}a", "\u{FEFF}中文", "\u{FEFF}😀"] {
                assert_eq!(sniff_ucs2(&encode(alphabet, text).unwrap()), alphabet, "{text:?}");
            }
        }
    }

    #[test]
    fn little_endian_is_known_by_the_high_octets_that_its_letters_share() {
        for text in
            ["Hello", "Ihre PIN: 1234", "Grüße!", "Ваш код 123456", "مرحبا بك", "नमस्ते", "Καλημέρα", "שלום לך"]
        {
            assert_eq!(sniff_ucs2(&encode(Alphabet::Utf16Le, text).unwrap()), Alphabet::Utf16Le, "{text}");
        }
    }

    #[test]
    fn utf_8_is_known_where_big_endian_makes_no_sense() {
        for text in [
            "Hello",
            "Your code is 123456",
            "Your code is 1234",
            "Größe: 42 cm ok",
            "Привет",
            "Ваш код 123456",
            "مرحبا بك",
            "سلام",
            "नमस्ते",
            "สวัสดี",
            "你好",
            "你好世界",
            "안녕하세요",
            "ありがとう",
            "😀😀",
            "Καλημέρα",
            "שלום",
        ] {
            assert_eq!(sniff_ucs2(text.as_bytes()), Alphabet::Utf8, "{text}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_big_endian() {
        for octets in
            [&b""[..], b"OK", b"Hi", b"Code1234", b"H\0i\0", b"N-e\x87", b"1K1K1K1K1K1K", b"0B0J0F0K0D0A0B0J"]
        {
            assert_eq!(sniff_ucs2(octets), Alphabet::Utf16, "{octets:?}");
        }
        assert_eq!(sniff_ucs2("Да".as_bytes()), Alphabet::Utf16);
    }
}

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

/// Whether the octets are UTF-8. They can only be if they are valid and hold no control characters but a few line
/// ends and tabulators: the high octets of every alphabet are such (09 is Devanagari).
fn is_utf8(octets: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(octets) else { return false };
    let blanks = octets.iter().filter(|octet| matches!(octet, b'\t' | b'\n' | b'\r')).count();
    let controls = text.chars().filter(|c| c.is_control()).count();
    if controls > blanks || blanks * 8 > octets.len() {
        return false;
    }
    octets.len() % 2 == 1 || has_words(octets) || is_no_language(octets) || is_one_script(text)
}

/// Whether there are words with spaces between them. In big endian a space is half of an ideograph (one in 256
/// ends with it) or of a mark, and ideographs that are made of printable ASCII alone have the brackets and the
/// marks between upper and lower case in every fourth of their high octets.
fn has_words(octets: &[u8]) -> bool {
    let spaces = octets.iter().filter(|octet| **octet == b' ').count();
    let marks = octets.iter().filter(|octet| matches!(octet, b'['..=b'`' | b'{'..=b'~')).count();
    octets.len() >= 16
        && (octets.len().div_ceil(10)..=octets.len() / 3).contains(&spaces)
        && marks * 12 <= octets.len()
}

/// Whether big endian would make the text, to a third, of lone surrogates, of private use or of scripts that
/// are not in daily use: that is what the lead octets of Arabic and of all three- and four-octet characters look
/// like. A single lone surrogate may be what a cut left of an emoji, and does not count.
fn is_no_language(octets: &[u8]) -> bool {
    let units = octets.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    let (mut odd, mut private) = (0, false);
    for c in char::decode_utf16(units) {
        match c {
            Ok('\u{E000}'..='\u{F8FF}') => (odd, private) = (odd + 1, true),
            Err(_) | Ok('\u{A000}'..='\u{ABFF}' | '\u{D7A4}'..='\u{D7FF}') => odd += 1,
            Ok(_) => {}
        }
    }
    (odd >= 2 || private) && odd * 6 >= octets.len()
}

/// Whether the characters beyond ASCII are of one script, five or more, four of them different, and at least
/// half of the text: Cyrillic, say. In big endian these are as many Korean syllables out of 128 of the 11,172.
fn is_one_script(text: &str) -> bool {
    let wide = || text.chars().filter(|c| !c.is_ascii()).map(u32::from);
    let Some(script) = wide().next().map(|c| c >> 8) else { return false };
    let mut different = [false; 256];
    for c in wide() {
        different[(c & 0xFF) as usize] = true;
    }
    let count = wide().count();
    wide().all(|c| c >> 8 == script)
        && count >= 5
        && different.iter().filter(|seen| **seen).count() >= 4
        && count * 2 >= text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::super::seeded::Seeded;
    use super::*;
    use crate::text::{decode, encode};

    fn sniffed(alphabet: Alphabet, text: &str) -> Alphabet {
        sniff_ucs2(&encode(alphabet, text).unwrap())
    }

    #[test]
    fn a_mark_decides() {
        for alphabet in [Alphabet::Utf16, Alphabet::Utf16Le, Alphabet::Utf8] {
            for text in ["\u{FEFF}", "\u{FEFF}a", "\u{FEFF}中文", "\u{FEFF}😀"] {
                assert_eq!(sniffed(alphabet, text), alphabet, "{text:?}");
                assert_eq!(decode(alphabet, &encode(alphabet, text).unwrap()), text[3..]);
            }
        }
    }

    #[test]
    fn little_endian_is_known_by_the_high_octets_that_its_letters_share() {
        for text in [
            "Hello",
            "PIN: 1234",
            "Grüße!",
            "Ваш код 123456",
            "مرحبا بك",
            "नमस्ते",
            "สวัสดี",
            "Καλημέρα",
            "שלום לך",
        ] {
            assert_eq!(sniffed(Alphabet::Utf16Le, text), Alphabet::Utf16Le, "{text}");
        }
    }

    #[test]
    fn utf_8_is_known_where_big_endian_makes_no_sense() {
        for text in [
            "Hello",
            "Your code is 123456",
            "Your code: 5555.",
            "Größe: 42 cm ok?",
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
            "😀",
            "👍🏽",
            "Καλημέρα",
            "שלומכם",
        ] {
            assert_eq!(sniffed(Alphabet::Utf8, text), Alphabet::Utf8, "{text}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_big_endian() {
        for text in ["", "OK", "Hi", "Code1234", "Да"] {
            assert_eq!(sniffed(Alphabet::Utf8, text), Alphabet::Utf16, "{text}");
        }
        assert_eq!(sniffed(Alphabet::Utf16Le, "OK"), Alphabet::Utf16);
        assert_eq!(sniffed(Alphabet::Utf16Le, "你好世界"), Alphabet::Utf16);
        // A text that was cut inside an emoji, and one that lost an octet.
        assert_eq!(sniff_ucs2(&[0xDE, 0x80, 0x4E, 0x2D]), Alphabet::Utf16);
        assert_eq!(sniff_ucs2(b"\0H\0i\0"), Alphabet::Utf16);
    }

    #[test]
    fn texts_in_big_endian_whose_octets_look_like_something_else_stay_what_they_are() {
        for text in [
            "一",
            "一一一一一一",
            "最最最最",
            "中文",
            "你好",
            "張三在台北",
            "ㅋㅋㅋㅋㅋㅋ",
            "ㅠㅠ",
            "카카오톡",
            "키토",
            "토킹",
            "きたないことばをいうな",
            "ありがとう",
            "हमारा",
            "ઘરઘર",
            "മലയാളം",
            "ਪੰਜਾਬੀ",
            "😀😀😀😀",
            "a😀",
            "🇩🇪",
            "‼️⁉️",
            "AAAA",
            "ЇЄІЁ",
            "12345678",
            "مم",
            "ا",
            "\u{600}\u{601}\u{602}\u{603}",
            "丠丠丠丠丠丠丠丠",
        ] {
            assert_eq!(sniffed(Alphabet::Utf16, text), Alphabet::Utf16, "{text}");
        }
    }

    #[test]
    fn no_text_of_any_script_in_big_endian_is_taken_for_something_else() {
        const CHINESE: &str = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年\
            过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实";
        const RANGES: [(u32, u32); 16] = [
            (0x20, 0x7E),
            (0xC0, 0x17F),
            (0x391, 0x3C9),
            (0x400, 0x45F),
            (0x5D0, 0x5EA),
            (0x621, 0x64A),
            (0x901, 0x94D),
            (0x985, 0x9CD),
            (0xA85, 0xACD),
            (0xD05, 0xD4D),
            (0xE01, 0xE3A),
            (0x10D0, 0x10FF),
            (0x3041, 0x30FA),
            (0x4E00, 0x9FA5),
            (0xAC00, 0xD7A3),
            (0x1F300, 0x1F6FF),
        ];
        let of_range = |(first, last)| (first..=last).filter_map(char::from_u32).collect::<Vec<_>>();
        let mut pools: Vec<Vec<char>> = RANGES.map(of_range).into();
        pools.push(CHINESE.chars().collect());
        pools.push(CHINESE.chars().chain("，。！？ 0123456789abc😀".chars()).collect());
        let mut seeded = Seeded(0xBE);
        for pool in &pools {
            for most in [2, 3, 4, 5, 9, 17, 71] {
                for _ in 0..400 {
                    let text = seeded.text(most, pool);
                    assert_eq!(sniffed(Alphabet::Utf16, &text), Alphabet::Utf16, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_character_alone_is_big_endian_whatever_it_is() {
        for c in ('\0'..='\u{FFFF}').filter(|c| !matches!(c, '\u{FFFE}')) {
            assert_eq!(sniffed(Alphabet::Utf16, &c.to_string()), Alphabet::Utf16, "{c:?}");
        }
    }
}

//! GSM 7-bit default alphabet and its extension table, one septet per octet (3GPP TS 23.038 6.2.1).

/// Reads septets, one per octet.
///
/// ESC and a septet that the extension table lacks is that septet's character in the default table,
/// ESC ESC is a space, a lone ESC at the end is nothing (6.2.1.1). Octets from 0x80 are no septets:
/// they come from peers that send Latin-1 under the wrong name, and are read as Windows-1252.
pub(super) fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() + octets.len() / 4);
    let mut rest = octets;
    loop {
        let (plain, other) = rest.split_at(plain_len(rest));
        // Plain octets are ASCII, so this is always `Ok`.
        text.push_str(std::str::from_utf8(plain).unwrap_or_default());
        match *other {
            [] | [ESC] => return text,
            [ESC, septet, ..] => {
                text.push(extended(septet));
                rest = &other[2..];
            }
            [octet, ..] => {
                text.push(default(octet));
                rest = &other[1..];
            }
        }
    }
}

/// Writes septets, one per octet; a character of the extension table takes two.
pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (plain, other) = rest.split_at(plain_len(rest.as_bytes()));
        octets.extend_from_slice(plain.as_bytes());
        let Some(c) = other.chars().next() else { return Some(octets) };
        let code = septets(c)?;
        if code > 0x7F {
            octets.push(ESC);
        }
        octets.push((code & 0x7F) as u8);
        rest = &other[c.len_utf8()..];
    }
}

/// How many septets a character takes; `None` when the tables lack it.
pub(super) fn cost(c: char) -> Option<usize> {
    septets(c).map(|code| if code > 0x7F { 2 } else { 1 })
}

/// How many octets at the start mean the same in ASCII. In whole chunks, without a branch per octet,
/// because most texts are plain from end to end.
fn plain_len(octets: &[u8]) -> usize {
    let mut len = 0;
    for chunk in octets.chunks(32) {
        if chunk.iter().fold(true, |all, octet| all & plain(*octet)) {
            len += chunk.len();
        } else {
            return len + chunk.iter().take_while(|octet| plain(**octet)).count();
        }
    }
    len
}

/// Whether the octet is the same character in ASCII and in the default table.
const fn plain(octet: u8) -> bool {
    let printable = (octet >= b' ') & (octet <= b'z');
    let differs = (octet == b'$') | (octet == b'@') | ((octet >= b'[') & (octet <= b'`'));
    (printable & !differs) | (octet == b'\n') | (octet == b'\r')
}

fn default(octet: u8) -> char {
    match DEFAULT.get(usize::from(octet)) {
        Some(c) => *c,
        None => super::windows1252::character(octet),
    }
}

fn extended(septet: u8) -> char {
    if septet == ESC {
        return ' ';
    }
    let found = EXTENSION.iter().find(|(code, _)| *code == septet);
    found.map_or_else(|| default(septet), |(_, c)| *c)
}

/// The septet of a character; 0x80 is added to it if it belongs to the extension table.
fn septets(c: char) -> Option<u16> {
    if let Some(code) = LOW.get(c as usize) {
        return (*code != NONE).then_some(*code);
    }
    if let Some((code, _)) = EXTENSION.iter().find(|(_, known)| *known == c) {
        return Some(u16::from(*code) | 0x80);
    }
    GREEK.clone().find(|code| DEFAULT[*code] == c).map(|code| code as u16)
}

pub(super) const ESC: u8 = 0x1B;
const NONE: u16 = u16::MAX;

/// Where the characters above U+00FF are in the default table.
const GREEK: std::ops::Range<usize> = 0x10..0x1B;

/// The default table; its ESC is a space, which is what a lone one would be shown as.
#[rustfmt::skip]
pub(super) const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table, reached by ESC (6.2.1.1).
pub(super) const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{000C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The two tables turned round, for characters up to U+00FF.
const LOW: [u16; 256] = turned_round();

const fn turned_round() -> [u16; 256] {
    let mut low = [NONE; 256];
    let mut septet = 0;
    while septet < DEFAULT.len() {
        let c = DEFAULT[septet] as usize;
        if c < low.len() && septet != ESC as usize {
            low[c] = septet as u16;
        }
        septet += 1;
    }
    let mut row = 0;
    while row < EXTENSION.len() {
        let (code, c) = EXTENSION[row];
        if (c as usize) < low.len() {
            low[c as usize] = code as u16 | 0x80;
        }
        row += 1;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_septet_is_its_character_and_comes_back() {
        for (septet, c) in (0u8..).zip(DEFAULT) {
            if septet != ESC {
                assert_eq!(decode(&[septet, b'x']), format!("{c}x"), "{septet:#04x}");
                assert_eq!(encode(&c.to_string()), Some(vec![septet]), "{c:?}");
            }
        }
    }

    #[test]
    fn what_is_plain_is_the_same_in_ascii_and_nothing_else_is() {
        for octet in 0..=255u8 {
            let same = DEFAULT.get(usize::from(octet)) == Some(&char::from(octet));
            assert_eq!(plain(octet), same, "{octet:#04x}");
        }
    }

    #[test]
    fn the_pitfalls_of_data_coding_zero_are_read_right() {
        assert_eq!(decode(b"a\x00b\x11c\x02d\x24e"), "a@b_c$d¤e");
        assert_eq!(encode("a@b_c$d¤e").unwrap(), b"a\x00b\x11c\x02d\x24e");
        assert_eq!(decode(b"mail me\x00"), "mail me@");
        assert_eq!(decode(&[0x09]), "Ç");
        assert_eq!(encode("ç"), None);
        assert_eq!(encode("`"), None);
        assert_eq!(encode("\u{1B}"), None);
        assert_eq!(encode("\0"), None);
    }

    #[test]
    fn every_extension_character_is_two_octets_and_comes_back() {
        for (code, c) in EXTENSION {
            assert_eq!(decode(&[b'a', ESC, code, b'b']), format!("a{c}b"), "{code:#04x}");
            assert_eq!(encode(&format!("a{c}b")), Some(vec![b'a', ESC, code, b'b']), "{c:?}");
        }
    }

    #[test]
    fn an_unknown_escape_is_the_default_character_and_a_lone_one_is_nothing() {
        assert_eq!(decode(&[ESC, b'A']), "A");
        assert_eq!(decode(&[ESC, 0x00]), "@");
        assert_eq!(decode(&[ESC, 0x0D]), "\r");
        assert_eq!(decode(&[ESC, ESC]), " ");
        assert_eq!(decode(&[ESC, ESC, b'e']), " e");
        assert_eq!(decode(&[b'a', ESC]), "a");
        assert_eq!(decode(&[ESC]), "");
        assert_eq!(decode(&[ESC, 0xE9]), "é");
    }

    #[test]
    fn octets_that_are_no_septets_are_read_as_windows_1252() {
        assert_eq!(decode(b"caf\xE9 \x80"), "café €");
    }

    #[test]
    fn a_special_character_is_found_at_every_place_of_a_long_text() {
        for place in 0..100 {
            let mut octets = vec![b'x'; 100];
            octets[place] = 0x00;
            let text = decode(&octets);
            assert_eq!(text.find('@'), Some(place));
            assert_eq!(text.len(), 100);
            assert_eq!(encode(&text), Some(octets));
        }
    }
}

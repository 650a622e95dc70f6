//! Typographic characters as the plain ones that say the same (interworking.md B.5, first row).

use std::borrow::Cow;

/// The text with each typographic character written as the plain one that says the same: quotes, dashes,
/// an ellipsis, a bullet, spaces of special widths, a tabulator; and letters that stand apart from their accent
/// joined with it, which is the same letter in Unicode.
///
/// No letter changes and nothing is left out. An encoder uses it where it makes GSM 7-bit possible, which such
/// characters alone would prevent.
pub fn lossless(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| plain(c).is_some() || is_accent(c)) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if let Some(letter) = written.chars().next_back().and_then(|base| accented(base, c)) {
            written.pop();
            written.push(letter);
        } else {
            match plain(c) {
                Some(same) => written.push_str(same),
                None => written.push(c),
            }
        }
    }
    Cow::Owned(written)
}

fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{2032}' => "'",
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{2033}' => "\"",
        '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2014}' | '\u{2212}' => "-",
        '\u{2026}' => "...",
        '\u{2022}' => "*",
        '\t' | '\u{A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' => " ",
        _ => return None,
    })
}

/// The accents that letters of GSM 7-bit have: grave, acute, tilde, diaeresis, ring, cedilla.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{308}' | '\u{30A}' | '\u{327}')
}

/// The letter of GSM 7-bit that the two make.
fn accented(base: char, accent: char) -> Option<char> {
    Some(match (base, accent) {
        ('a', '\u{300}') => 'à',
        ('e', '\u{300}') => 'è',
        ('i', '\u{300}') => 'ì',
        ('o', '\u{300}') => 'ò',
        ('u', '\u{300}') => 'ù',
        ('e', '\u{301}') => 'é',
        ('E', '\u{301}') => 'É',
        ('n', '\u{303}') => 'ñ',
        ('N', '\u{303}') => 'Ñ',
        ('a', '\u{308}') => 'ä',
        ('o', '\u{308}') => 'ö',
        ('u', '\u{308}') => 'ü',
        ('A', '\u{308}') => 'Ä',
        ('O', '\u{308}') => 'Ö',
        ('U', '\u{308}') => 'Ü',
        ('a', '\u{30A}') => 'å',
        ('A', '\u{30A}') => 'Å',
        ('C', '\u{327}') => 'Ç',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Alphabet, encode};

    #[test]
    fn typography_is_written_plainly() {
        let text = "\u{201C}It\u{2019}s 5\u{2013}6\u{A0}km\u{2026}\u{201D}\t\u{2022}\u{2212}1";
        assert_eq!(lossless(text), "\"It's 5-6 km...\" *-1");
        assert!(encode(Alphabet::Gsm7, &lossless(text)).is_some());
    }

    #[test]
    fn a_letter_is_joined_with_its_accent_and_never_loses_it() {
        assert_eq!(lossless("Mu\u{308}nchen, cafe\u{301}, C\u{327}a"), "München, café, Ça");
        assert_eq!(lossless("c\u{327} s\u{30C} x\u{301}"), "c\u{327} s\u{30C} x\u{301}");
        assert_eq!(lossless("\u{301}"), "\u{301}");
    }

    #[test]
    fn no_letter_is_changed_and_a_plain_text_is_not_copied() {
        for text in ["", "plain", "šçАΑ", "😀", "«‹»", "line\r\nline"] {
            assert!(matches!(lossless(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn doing_it_twice_changes_nothing_more() {
        let once = lossless("a\u{308}\u{301}\u{2026}e\u{300}").into_owned();
        assert_eq!(lossless(&once), once);
    }
}

//! What the grammars of RFC 3261 25.1 are made of, octet by octet: header values are short, and read so often
//! that a table pays.

/// What an octet may be part of.
#[derive(Clone, Copy)]
pub(super) struct Class(u8);

impl Class {
    /// `token`
    pub(super) const TOKEN: Self = Self(1);
    /// A host name or IPv4 address; underscores are no part of a host name, and common.
    pub(super) const HOST: Self = Self(2);
    /// A URI: no blanks, control characters, quotes or angle brackets.
    pub(super) const URI: Self = Self(4);
    /// A parameter value that is not quoted.
    pub(super) const VALUE: Self = Self(8);
    /// `scheme`
    pub(super) const SCHEME: Self = Self(16);
    /// `DIGIT`
    pub(super) const DIGIT: Self = Self(32);

    /// Whether an octet is of this class.
    pub(super) fn has(self, octet: u8) -> bool {
        CLASSES[usize::from(octet)] & self.0 != 0
    }

    /// Whether the text is of this class and not empty.
    pub(super) fn fits(self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        !text.is_empty() && text.iter().all(|octet| self.has(*octet))
    }
}

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let octet = at as u8;
        let letter = octet.is_ascii_alphanumeric();
        let token = letter || is_one_of(octet, b"-.!%*_+`'~");
        let uri = octet > b' ' && octet != 0x7f && !is_one_of(octet, b"<>\"");
        classes[at] |= if token { Class::TOKEN.0 } else { 0 };
        classes[at] |= if letter || is_one_of(octet, b"-._") { Class::HOST.0 } else { 0 };
        classes[at] |= if uri { Class::URI.0 } else { 0 };
        classes[at] |= if uri && !is_one_of(octet, b",;") { Class::VALUE.0 } else { 0 };
        classes[at] |= if letter || is_one_of(octet, b"+-.") { Class::SCHEME.0 } else { 0 };
        classes[at] |= if octet.is_ascii_digit() { Class::DIGIT.0 } else { 0 };
        at += 1;
    }
    classes
}

const fn is_one_of(octet: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == octet {
            return true;
        }
        at += 1;
    }
    false
}

/// Linear white space; folding is undone before values are looked at.
pub(super) fn is_blank(octet: u8) -> bool {
    octet == b' ' || octet == b'\t'
}

/// The text without blanks around it.
pub(super) fn trim(text: &str) -> &str {
    let octets = text.as_bytes();
    let Some(first) = octets.iter().position(|octet| !is_blank(*octet)) else { return "" };
    let last = octets.iter().rposition(|octet| !is_blank(*octet)).unwrap_or(first);
    text.get(first..=last).unwrap_or_default()
}

/// Splits before the first `at`, an ASCII character, which stays with the second part.
pub(super) fn split_before(text: &str, at: u8) -> (&str, &str) {
    position(text, at).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// Splits at the first `at`, an ASCII character, which is left out.
pub(super) fn split_at(text: &str, at: u8) -> Option<(&str, &str)> {
    let at = position(text, at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn position(text: &str, at: u8) -> Option<usize> {
    text.bytes().position(|octet| octet == at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_come_off_at_both_ends_only() {
        for (text, trimmed) in [(" \ta b\t", "a b"), ("", ""), (" \t ", ""), ("\u{fc} ", "\u{fc}")] {
            assert_eq!(trim(text), trimmed, "{text:?}");
        }
    }

    #[test]
    fn classes_are_those_of_the_grammar() {
        assert!(Class::TOKEN.fits("!interesting-Method0123456789_*+`.%indeed'~"));
        for text in ["", "a b", "a:b", "a@b", "\u{fc}", "a\0"] {
            assert!(!Class::TOKEN.fits(text), "{text:?}");
        }
        assert!(Class::VALUE.fits("[2001:db8::1]") && !Class::VALUE.fits("a,b"));
        assert!(Class::URI.fits("a,b;c=\u{fc}") && !Class::URI.fits("a\"b") && !Class::URI.fits("a\x7f"));
    }
}

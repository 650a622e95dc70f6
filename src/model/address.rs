//! Who a message is from and to, parsed once.

use std::fmt;

/// 1 to 20 decimal digits without '+': an E.164 number, a DID or a short code.
///
/// Kept in place (no allocation) because every message carries two and every route looks at one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    digits: [u8; Number::MAX],
    len: u8,
}

/// Why a text is not a [`Number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// Nothing is left after '+' and separators.
    #[error("a number needs at least one digit")]
    Empty,
    /// More than 20 digits.
    #[error("a number has at most 20 digits")]
    TooLong,
    /// A character that is neither digit nor separator.
    #[error("a number has digits only")]
    NotDigits,
}

impl Number {
    /// The most digits a number may have: what fits an SMPP address of 21 octets.
    pub const MAX: usize = 20;

    /// Reads digits; one leading '+' is dropped, nothing else is forgiven.
    pub fn parse(text: &[u8]) -> Result<Self, NotANumber> {
        let text = text.strip_prefix(b"+").unwrap_or(text);
        if text.is_empty() {
            return Err(NotANumber::Empty);
        }
        if !text.iter().all(u8::is_ascii_digit) {
            return Err(NotANumber::NotDigits);
        }
        if text.len() > Self::MAX {
            return Err(NotANumber::TooLong);
        }
        let mut digits = [0; Self::MAX];
        digits[..text.len()].copy_from_slice(text);
        Ok(Self { digits, len: text.len() as u8 })
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.len)]).unwrap_or("")
    }
}

impl std::str::FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An alphanumeric sender such as `ACME Bank`: 1 to 20 printable characters.
///
/// Control characters, line separators and bidirectional overrides can't be in one, so it can be
/// shown to a user or written to a header (quoted and escaped there) without harm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Box<str>);

impl Name {
    /// Takes a text, dropping what must not be shown; `None` when nothing is left or it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !hidden(*c)).collect();
        let kept = kept.trim();
        let fits = !kept.is_empty() && kept.chars().count() <= 20;
        fits.then(|| Self(kept.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// The sender of a message as we understand it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A number or short code.
    Number(Number),
    /// A name in letters.
    Name(Name),
    /// The origin gave none.
    Absent,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Name(name) => f.write_str(name.as_str()),
            Self::Absent => f.write_str("-"),
        }
    }
}

/// An address exactly as an SMPP peer wrote it. Receipts echo it, because peers match on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Party {
    /// Type of number (SMPP 5.0 4.7.1).
    pub ton: u8,
    /// Numbering plan indicator (SMPP 5.0 4.7.2).
    pub npi: u8,
    /// The octets of the address without their NUL.
    pub addr: Box<[u8]>,
}

impl Party {
    /// The type of number that it came with; `None` where nothing was written.
    pub fn ton(&self) -> Option<u8> {
        (!self.addr.is_empty()).then_some(self.ton)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_digits_and_drops_one_plus() {
        assert_eq!("111222333".parse::<Number>().unwrap().as_str(), "111222333");
        assert_eq!("+964111222333".parse::<Number>().unwrap().as_str(), "964111222333");
        assert_eq!("++1".parse::<Number>(), Err(NotANumber::NotDigits));
        assert_eq!("+".parse::<Number>(), Err(NotANumber::Empty));
        assert_eq!("123456789012345678901".parse::<Number>(), Err(NotANumber::TooLong));
        assert_eq!("12a".parse::<Number>(), Err(NotANumber::NotDigits));
    }

    #[test]
    fn a_name_loses_what_could_break_a_header_or_a_screen() {
        assert_eq!(Name::parse("ACME Bank").unwrap().as_str(), "ACME Bank");
        assert_eq!(Name::parse("A\r\nContact: x").unwrap().as_str(), "AContact: x");
        assert_eq!(Name::parse("\u{202E}evil\u{2028}").unwrap().as_str(), "evil");
        assert_eq!(Name::parse("\r\n\0"), None);
        assert_eq!(Name::parse("123456789012345678901"), None);
    }
}

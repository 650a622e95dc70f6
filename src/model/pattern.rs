//! Patterns of numbers: `222%`, `2_2%`, `22[2-5]%` (interworking.md E.7).

use std::fmt;

use crate::address::Number;

/// A pattern of numbers, checked when it was built; shown as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    written: Box<str>,
    elements: Box<[Element]>,
    /// It ends with '%': more digits may follow.
    open: bool,
}

/// What stands for one digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Element {
    /// Just this digit.
    Digit(u8),
    /// Any of these: bit n for the digit n.
    Set(u16),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    /// There is nothing in it.
    #[error("a pattern has digits, \"_\", \"[2-5]\" and at its end \"%\"")]
    Empty,
    /// A character that has no meaning in a pattern.
    #[error("\"{0}\" has no meaning in a pattern")]
    Unknown(char),
    /// '%' before the end.
    #[error("\"%\" stands at the end only")]
    Open,
    /// A set that is empty, turned round or not closed.
    #[error("a set of digits is written \"[135]\" or \"[2-5]\"")]
    Set,
    /// Longer than any number.
    #[error("a pattern stands for at most 20 digits")]
    TooLong,
}

/// How closely a pattern describes a number: of two that match, the greater is meant. Exact ones first, then
/// the longer literal prefix, then fewer wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closeness {
    exact: bool,
    prefix: usize,
    literal: usize,
}

impl Pattern {
    /// Reads a pattern; one leading '+' is dropped.
    pub fn parse(text: &str) -> Result<Self, NotAPattern> {
        let written = text.strip_prefix('+').unwrap_or(text);
        let (body, open) = written.strip_suffix('%').map_or((written, false), |body| (body, true));
        if body.is_empty() && !open {
            return Err(NotAPattern::Empty);
        }
        let mut elements = Vec::new();
        let mut rest = body.as_bytes();
        while let [first, after @ ..] = rest {
            let (element, after) = match first {
                digit @ b'0'..=b'9' => (Element::Digit(*digit), after),
                b'_' => (Element::Set(0x3FF), after),
                b'[' => set(after)?,
                b'%' => return Err(NotAPattern::Open),
                _ => return Err(NotAPattern::Unknown(unknown(rest))),
            };
            elements.push(element);
            rest = after;
        }
        if elements.len() > Number::MAX {
            return Err(NotAPattern::TooLong);
        }
        Ok(Self { written: written.into(), elements: elements.into(), open })
    }

    /// Whether the number is one of those described.
    pub fn matches(&self, number: &Number) -> bool {
        let digits = number.as_str().as_bytes();
        let long_enough =
            if self.open { digits.len() >= self.elements.len() } else { digits.len() == self.elements.len() };
        long_enough && self.elements.iter().zip(digits).all(|(element, digit)| element.takes(*digit))
    }

    /// The digits it begins with: no number matches that does not begin with them too.
    pub fn prefix(&self) -> &str {
        let end = self.written.bytes().take_while(u8::is_ascii_digit).count();
        self.written.get(..end).unwrap_or_default()
    }

    /// How closely it describes what it matches.
    pub fn closeness(&self) -> Closeness {
        let is_literal = |element: &&Element| matches!(element, Element::Digit(_));
        let literal = self.elements.iter().filter(is_literal).count();
        let prefix = self.elements.iter().take_while(is_literal).count();
        Closeness { exact: !self.open && literal == self.elements.len(), prefix, literal }
    }
}

impl Element {
    fn takes(self, digit: u8) -> bool {
        match self {
            Self::Digit(own) => own == digit,
            Self::Set(digits) => digits & bit(digit) != 0,
        }
    }
}

fn bit(digit: u8) -> u16 {
    1 << (digit.saturating_sub(b'0')).min(15)
}

/// `135]` or `2-5]` and what follows.
fn set(mut rest: &[u8]) -> Result<(Element, &[u8]), NotAPattern> {
    let mut digits = 0;
    loop {
        match rest {
            [b']', after @ ..] if digits != 0 => return Ok((Element::Set(digits), after)),
            [from @ b'0'..=b'9', b'-', to @ b'0'..=b'9', after @ ..] if from <= to => {
                digits |= (*from..=*to).map(bit).fold(0, |all, one| all | one);
                rest = after;
            }
            [digit @ b'0'..=b'9', after @ ..] if after.first() != Some(&b'-') => {
                digits |= bit(*digit);
                rest = after;
            }
            _ => return Err(NotAPattern::Set),
        }
    }
}

fn unknown(rest: &[u8]) -> char {
    String::from_utf8_lossy(rest).chars().next().unwrap_or_default()
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, number: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(&number.parse().unwrap())
    }

    #[test]
    fn a_pattern_takes_what_it_describes() {
        for (pattern, takes, leaves) in [
            ("222%", &["222", "222333"][..], &["22", "2212"][..]),
            ("%", &["1", "49151"], &[]),
            ("+1111", &["1111"], &["11111", "111"]),
            ("2_2%", &["212", "2929"], &["2122233"][..0]),
            ("22[2-5]1", &["2221", "2251"], &["2211", "2261", "22211"]),
            ("[135-7]", &["1", "6"], &["2", "4", "8"]),
        ] {
            assert!(takes.iter().all(|number| matches(pattern, number)), "{pattern}");
            assert!(!leaves.iter().any(|number| matches(pattern, number)), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_tells_the_digits_it_begins_with() {
        for (pattern, prefix) in [("222%", "222"), ("%", ""), ("+1111", "1111"), ("2_2%", "2"), ("[12]2", "")]
        {
            assert_eq!(Pattern::parse(pattern).unwrap().prefix(), prefix, "{pattern}");
        }
    }

    #[test]
    fn a_text_that_is_no_pattern_is_told_why() {
        for (text, why) in [
            ("", NotAPattern::Empty),
            ("2%2", NotAPattern::Open),
            ("22x", NotAPattern::Unknown('x')),
            ("22é", NotAPattern::Unknown('é')),
            ("2[", NotAPattern::Set),
            ("2[]", NotAPattern::Set),
            ("2[5-2]", NotAPattern::Set),
            ("2[2-]", NotAPattern::Set),
            ("111111111111111111111", NotAPattern::TooLong),
        ] {
            assert_eq!(Pattern::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn the_closer_pattern_is_greater() {
        let order = ["%", "2%", "2_2%", "22%", "22_", "222%", "222"];
        let closeness = |text: &&str| Pattern::parse(text).unwrap().closeness();
        assert!(order.iter().map(closeness).is_sorted());
    }
}

//! Values that settings of several kinds have.

use std::fmt;
use std::ops::Deref;

use super::{Value, wrong};

impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().or_else(|_| wrong("not a yes or no"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: Value> Value for Vec<T> {
    fn read(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::read).collect()
    }

    fn show(&self) -> String {
        self.iter().map(T::show).collect::<Vec<_>>().join(", ")
    }
}

impl<T: Value> Value for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        T::read(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

/// ASCII characters without a blank or a comma, at most `MAX` of them; empty where nothing is set.
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Label<const MAX: usize>(Box<str>);

impl<const MAX: usize> Label<MAX> {
    /// Takes a text if it is such a label.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() <= MAX && text.bytes().all(|c| c.is_ascii_graphic() && c != b',');
        fits.then(|| Self(text.into()))
    }
}

impl<const MAX: usize> Deref for Label<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Label<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: usize> fmt::Display for Label<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> Value for Label<MAX> {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).map_or_else(
            || wrong(format_args!("at most {MAX} ASCII characters without a blank or a comma")),
            Ok,
        )
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// The name of a carrier or an account: up to 64 octets of printable characters, blanks within it too; empty where nothing
/// is set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Title(Box<str>);

impl Title {
    /// Takes a text if it is such a name.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() <= 64 && text.trim() == text && !text.contains(char::is_control);
        fits.then(|| Self(text.into()))
    }
}

impl Deref for Title {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Title {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).map_or_else(|| wrong("at most 64 printable characters"), Ok)
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Count<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// The number, brought within its bounds.
    pub const fn near(value: u32) -> Self {
        let value = if value < MIN { MIN } else { value };
        Self(if value > MAX { MAX } else { value })
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Value for Count<MIN, MAX> {
    fn read(text: &str) -> Result<Self, String> {
        let read = text.parse().ok().filter(|value| (MIN..=MAX).contains(value));
        read.map_or_else(|| wrong(format_args!("not a number from {MIN} to {MAX}")), |value| Ok(Self(value)))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_as_long_as_it_may_be_and_has_no_blank() {
        assert_eq!(Label::<3>::read("abc").map(|label| label.to_string()), Ok("abc".to_owned()));
        for text in ["abcd", "a b", "a,b", "é"] {
            assert!(Label::<3>::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_title_is_what_people_call_a_carrier() {
        for text in ["Acme Bank, \u{fc}ber", "", "TATA"] {
            assert_eq!(Title::read(text).map(|title| title.show()), Ok(text.to_owned()));
        }
        for text in [" a", "a\n", "a\u{7}b", &"x".repeat(65)] {
            assert!(Title::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_keeps_its_bounds() {
        assert_eq!(Count::<1, 9>::read("9"), Ok(Count(9)));
        for text in ["0", "10", "-1", "x", ""] {
            assert!(Count::<1, 9>::read(text).is_err(), "{text}");
        }
        assert_eq!((Count::<1, 9>::near(0), Count::<1, 9>::near(99)), (Count(1), Count(9)));
    }
}

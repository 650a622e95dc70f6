//! A number plan: how an origin writes numbers, and what they are in E.164 (interworking.md E.6).

use crate::address::{Address, Number};
use crate::settings::{Label, Value, wrong};

/// How numbers are written where an origin is at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPlan {
    /// The country code.
    country: Label<3>,
    /// What stands before a national number; empty: nothing.
    trunk: Label<3>,
    /// What stands before an international number.
    international: Label<5>,
}

impl NumberPlan {
    /// The number in E.164. `ton` is the type of number it came with, where it came with one (SMPP 5.0 4.7.1): 1 is
    /// international already, 2 national. `None`: as it stands it is no number of the plan.
    pub fn normalise(&self, number: &Number, ton: Option<u8>) -> Option<Number> {
        let digits = number.as_str();
        let national = |rest: &str| format!("{}{rest}", &*self.country).parse().ok();
        let read: Option<Number> = match ton {
            Some(1) => Some(*number),
            Some(2) => national(digits.strip_prefix(&*self.trunk).unwrap_or(digits)),
            _ => match (digits.strip_prefix(&*self.international), self.national(digits)) {
                (Some(rest), _) => rest.parse().ok(),
                (None, Some(rest)) => national(rest),
                (None, None) => Some(*number),
            },
        };
        // ITU-T E.164 6.1; the shortest numbers that are dialled with their country have 7 digits.
        read.filter(|read| (7..=15).contains(&read.as_str().len()) && !read.as_str().starts_with('0'))
    }

    /// The sender in E.164 where it is a number of the plan; else, and names, as it stands.
    pub fn normalise_source(&self, source: &Address, ton: Option<u8>) -> Address {
        match source {
            Address::Number(number) => Address::Number(self.normalise(number, ton).unwrap_or(*number)),
            other => other.clone(),
        }
    }

    fn national<'a>(&self, digits: &'a str) -> Option<&'a str> {
        digits.strip_prefix(&*self.trunk).filter(|_| !self.trunk.is_empty())
    }
}

impl Value for NumberPlan {
    fn read(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (country, trunk, international) = match words[..] {
            [country, trunk, international] => {
                (country, if trunk == "-" { "" } else { trunk }, international)
            }
            _ => return wrong("a country code, a trunk prefix or \"-\", and an international prefix"),
        };
        let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        if country.is_empty()
            || country.starts_with('0')
            || ![country, trunk, international].iter().all(|it| digits(it))
        {
            return wrong("prefixes are digits, and a country code does not begin with 0");
        }
        let (country, trunk) = (Label::parse(country), Label::parse(trunk));
        match (country, trunk, Label::parse(international)) {
            (Some(country), Some(trunk), Some(international)) => Ok(Self { country, trunk, international }),
            _ => wrong(
                "a country code and a trunk prefix have up to 3 digits, an international prefix up to 5",
            ),
        }
    }

    fn show(&self) -> String {
        let trunk = if self.trunk.is_empty() { "-" } else { &*self.trunk };
        format!("{} {trunk} {}", &*self.country, &*self.international)
    }
}

impl std::str::FromStr for NumberPlan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(plan: &str, number: &str, ton: Option<u8>) -> Option<String> {
        let plan: NumberPlan = plan.parse().unwrap();
        plan.normalise(&number.parse().unwrap(), ton).map(|number| number.to_string())
    }

    #[test]
    fn numbers_become_international() {
        for (number, ton, expected) in [
            ("00491511234567", None, Some("491511234567")),
            ("01511234567", None, Some("491511234567")),
            ("491511234567", None, Some("491511234567")),
            ("1511234567", Some(2), Some("491511234567")),
            ("01511234567", Some(2), Some("491511234567")),
            ("0151123", Some(1), None),
            ("12345", None, None),
            ("1234567890123456", None, None),
        ] {
            assert_eq!(normal("49 0 00", number, ton).as_deref(), expected, "{number} {ton:?}");
        }
        assert_eq!(normal("1 1 011", "12125551234", None).as_deref(), Some("12125551234"));
        assert_eq!(normal("45 - 00", "004512345678", None).as_deref(), Some("4512345678"));
    }

    #[test]
    fn a_sender_that_is_no_number_of_the_plan_stays_as_it_is() {
        let plan: NumberPlan = "49 0 00".parse().unwrap();
        for (sender, expected) in [("01511234567", "491511234567"), ("12345", "12345")] {
            let sender = plan.normalise_source(&Address::Number(sender.parse().unwrap()), None);
            assert_eq!(sender.to_string(), expected);
        }
        let name = Address::Name(crate::address::Name::parse("ACME").unwrap());
        assert_eq!(plan.normalise_source(&name, Some(5)), name);
    }

    #[test]
    fn a_plan_reads_back_what_it_shows() {
        for text in ["49 0 00", "45 - 00", "7 8 810"] {
            assert_eq!(NumberPlan::read(text).unwrap().show(), text);
        }
        for text in ["49", "49 0", "0 0 00", "4999 0 00", "49 a 00", ""] {
            assert!(NumberPlan::read(text).is_err(), "{text}");
        }
    }
}

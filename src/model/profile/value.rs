//! The values of a profile as texts: what people write, and what they are shown.

use std::str::FromStr;
use std::time::Duration;

use super::{CertificateRule, IdForm, LongTexts, MissingParts, Outbind, ReceiptForm, SpokenVersion, TextPdu};
use crate::network::Network;
use crate::pattern::Pattern;
use crate::settings::{Value, words, wrong};
use crate::text::Language;

impl Value for Network {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).or_else(wrong)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Pattern {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).or_else(wrong)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Language {
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(text)
            .filter(|language| *language != Self::Default)
            .map_or_else(|| wrong(format_args!("there is no national table \"{text}\"")), Ok)
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Value for CertificateRule {
    fn read(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("name", name)) if is_host(name) => Ok(Self::Name(name.to_ascii_lowercase().into())),
            Some(("sha256", digest)) => digest_of(digest).map_or_else(
                || wrong("a SHA-256 digest has 64 hexadecimal digits"),
                |digest| Ok(Self::Sha256(digest)),
            ),
            _ => wrong("not a rule for a certificate"),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Name(name) => format!("name:{name}"),
            Self::Sha256(digest) => {
                digest.iter().fold(String::from("sha256:"), |text, octet| text + &format!("{octet:02x}"))
            }
        }
    }
}

/// As in a profile: `name:HOST` or `sha256:DIGEST`. The error says in words what is wrong.
impl FromStr for CertificateRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as Value>::read(text)
    }
}

fn is_host(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 254
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c))
}

/// 64 hexadecimal digits, as tools print them: with colons or without.
fn digest_of(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> =
        text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect();
    (digits.len() == 64).then(|| octets.try_into().ok()).flatten()
}

/// Seconds.
impl Value for Duration {
    fn read(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(seconds @ 1..=3600) => Ok(Self::from_secs(seconds)),
            _ => wrong("not a number of seconds that makes sense here"),
        }
    }

    fn show(&self) -> String {
        self.as_secs().to_string()
    }
}

/// The tag of a TLV.
impl Value for u16 {
    fn read(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let tag = digits.map_or_else(|| text.parse().ok(), |digits| Self::from_str_radix(digits, 16).ok());
        // Below stand the tags of the specification, which have their own meaning (SMPP 5.0 4.8.1).
        tag.filter(|tag| (0x1400..0x4000).contains(tag))
            .map_or_else(|| wrong("vendors have the tags 0x1400 to 0x3FFF"), Ok)
    }

    fn show(&self) -> String {
        format!("{self:#06x}")
    }
}

/// Minutes ahead of UTC.
impl Value for i16 {
    fn read(text: &str) -> Result<Self, String> {
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return wrong("a time zone begins with \"+\" or \"-\""),
        };
        let parsed = rest
            .split_once(':')
            .and_then(|(hours, minutes)| Some((hours.parse().ok()?, minutes.parse().ok()?)));
        match parsed {
            Some((hours @ 0..=14, minutes @ (0 | 15 | 30 | 45))) => Ok(sign * (hours * 60 + minutes)),
            _ => wrong("no such time zone"),
        }
    }

    fn show(&self) -> String {
        let sign = if *self < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", self.abs() / 60, self.abs() % 60)
    }
}

/// Type of number and numbering plan indicator.
impl Value for (u8, u8) {
    fn read(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(ton, npi)| Some((ton.trim().parse().ok()?, npi.trim().parse().ok()?)));
        match parsed {
            Some((ton @ 0..=6, npi @ (0 | 1 | 3 | 4 | 6 | 8 | 9 | 10 | 14 | 18))) => Ok((ton, npi)),
            _ => wrong("the type of number is 0-6, the plan one of 0, 1, 3, 4, 6, 8, 9, 10, 14, 18"),
        }
    }

    fn show(&self) -> String {
        format!("{}/{}", self.0, self.1)
    }
}

/// A service_type.
impl Value for Box<str> {
    fn read(text: &str) -> Result<Self, String> {
        let fits = text.len() <= 5 && text.bytes().all(|c| c.is_ascii_graphic());
        if fits { Ok(text.into()) } else { wrong("at most 5 ASCII characters") }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Outbind {
    fn read(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let address = words.next().and_then(|word| word.parse().ok());
        let address = address.ok_or("it begins with an address and a port")?;
        let system_id =
            words.next().filter(|word| word.len() <= 15).ok_or("a system_id has 1 to 15 characters")?;
        let password = words.next().unwrap_or_default();
        if password.len() > 8 || words.next().is_some() {
            return wrong("a password has at most 8 characters, and nothing follows it");
        }
        Ok(Self { address, system_id: system_id.into(), password: password.into() })
    }

    fn show(&self) -> String {
        format!("{} {} {}", self.address, self.system_id, self.password).trim_end().to_owned()
    }
}

words! {
    SpokenVersion { "3.3" = V33, "3.4" = V34, "5.0" = V50 }
    MissingParts { "deliver" = Deliver, "fail" = Fail }
    IdForm { "decimal" = Decimal, "hex" = Hex, "HEX" = HexUpper }
    TextPdu { "deliver_sm" = DeliverSm, "data_sm" = DataSm }
    ReceiptForm { "both" = Both, "text" = Text, "tlvs" = Tlvs }
    LongTexts { "udh8" = Udh8, "udh16" = Udh16, "sar" = Sar, "payload" = Payload }
}

//! A price: millionths of a currency's unit, exact.

use std::fmt;

use crate::settings::{Value, wrong};

/// What one message costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    /// Millionths of the unit.
    pub micros: u64,
    /// The letters of the currency (ISO 4217).
    pub currency: [u8; 3],
}

/// One unit.
const UNIT: u64 = 1_000_000;

impl Price {
    /// The letters of the currency.
    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }
}

/// `0.0075 EUR`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.micros % UNIT);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{}{point}{fraction} {}", self.micros / UNIT, self.currency())
    }
}

impl Value for Price {
    fn read(text: &str) -> Result<Self, String> {
        let (amount, currency) = text.split_once(' ').ok_or("an amount and a currency")?;
        let currency: [u8; 3] = currency.as_bytes().try_into().map_err(|_| "a currency has three letters")?;
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return wrong("a currency has three capital letters");
        }
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
            return wrong("an amount has at most 9 digits before and 6 behind its point");
        }
        let micros = format!("{whole}{fraction:0<6}").parse().map_err(|_| "not an amount")?;
        Ok(Self { micros, currency })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

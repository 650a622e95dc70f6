//! What a vendor does that its customers have to live with.

use std::str::FromStr;
use std::time::Duration;

/// How a vendor takes a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With this command_status; zero takes it, under the next id.
    Status(u32),
    /// It takes it under this id.
    Id(String),
    /// It takes it, and says that it is delivered before it answers.
    ReceiptFirst,
    /// It takes it, and answers so much later.
    After(Duration),
    /// It does not take it, and says nothing.
    Silence,
    /// It closes the connection instead.
    HangUp,
}

/// The text is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no answer of a vendor, as \"0x00000058\", \"id 12AB\", \"receipt first\", \"after 200 ms\", \"silence\" and \
     \"hang up\" are"
)]
pub struct NoAnswer(String);

impl FromStr for Answer {
    type Err = NoAnswer;

    fn from_str(text: &str) -> Result<Self, NoAnswer> {
        let status = |text: &str| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let after = |text: &str| text.strip_prefix("after ")?.strip_suffix(" ms")?.parse().ok();
        match text {
            "silence" => Ok(Self::Silence),
            "hang up" => Ok(Self::HangUp),
            "receipt first" => Ok(Self::ReceiptFirst),
            _ => None
                .or_else(|| status(text).map(Self::Status))
                .or_else(|| after(text).map(Duration::from_millis).map(Self::After))
                .or_else(|| text.strip_prefix("id ").map(|id| Self::Id(id.to_owned())))
                .ok_or_else(|| NoAnswer(text.to_owned())),
        }
    }
}

/// How a message id is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdForm {
    /// Decimal digits.
    #[default]
    Decimal,
    /// Hexadecimal digits, small.
    Hex,
    /// Hexadecimal digits, capital.
    UpperHex,
    /// Decimal digits, filled up with zeros to twenty.
    Padded,
}

impl IdForm {
    /// Writes the number of a message.
    pub fn write(self, number: u64) -> String {
        match self {
            Self::Decimal => number.to_string(),
            Self::Hex => format!("{number:x}"),
            Self::UpperHex => format!("{number:X}"),
            Self::Padded => format!("{number:020}"),
        }
    }

    fn read(self, id: &str) -> Option<u64> {
        match self {
            Self::Decimal | Self::Padded => id.parse().ok(),
            Self::Hex | Self::UpperHex => u64::from_str_radix(id, 16).ok(),
        }
    }

    /// An id that is written so, in another form; an id that is no number stays.
    pub fn convert(self, id: &str, into: Self) -> String {
        self.read(id).map_or_else(|| id.to_owned(), |number| into.write(number))
    }
}

/// What tells the id and the state in a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReceiptForm {
    /// The text and the TLVs.
    #[default]
    Both,
    /// The text of SMPP 3.4 appendix B.
    Text,
    /// receipted_message_id and message_state.
    Tlvs,
}

/// A receipt to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Such as DELIVRD.
    pub stat: String,
    /// Three characters.
    pub err: String,
    /// How the id is written; as it was answered, when absent.
    pub id: Option<IdForm>,
    /// Where it is told.
    pub form: ReceiptForm,
    /// Over another bind than the one that the text came by.
    pub elsewhere: bool,
}

impl Default for Telling {
    /// That it was delivered, in the usual way.
    fn default() -> Self {
        let (stat, err) = ("DELIVRD".to_owned(), "000".to_owned());
        Self { stat, err, id: None, form: ReceiptForm::default(), elsewhere: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert_eq!("0x58".parse(), Ok(Answer::Status(0x58)));
        assert_eq!("id 12AB".parse(), Ok(Answer::Id("12AB".to_owned())));
        assert_eq!("after 20 ms".parse(), Ok(Answer::After(Duration::from_millis(20))));
        assert!("later".parse::<Answer>().is_err());
    }

    #[test]
    fn an_id_is_written_in_every_form() {
        assert_eq!(IdForm::Hex.convert("1a2b", IdForm::Decimal), "6699");
        assert_eq!(IdForm::Decimal.convert("6699", IdForm::UpperHex), "1A2B");
        assert_eq!(IdForm::Decimal.convert("6699", IdForm::Padded), "00000000000000006699");
        assert_eq!(IdForm::Decimal.convert("a-b", IdForm::Hex), "a-b");
    }
}

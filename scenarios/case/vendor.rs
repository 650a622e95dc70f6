//! The steps of vendors and links.

use iwf_sim::carrier::{Coding, Part};
use iwf_sim::vendor::{Answer, IdForm, ReceiptForm};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::world::id_form;
use super::{coding, gsm7, once, part, word};

/// Its answers to texts to come; the last one stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorAnswers {
    pub(crate) vendor: String,
    #[serde(deserialize_with = "answers")]
    pub(crate) with: Vec<Answer>,
}

/// The next binds that it refuses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorRefuses {
    pub(crate) vendor: String,
    /// Each with its command_status.
    pub(crate) with: Vec<u32>,
}

/// At least so many binds are there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorBound {
    pub(crate) vendor: String,
    #[serde(default = "once")]
    pub(crate) binds: usize,
}

/// The next text that it takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorGets {
    pub(crate) vendor: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    /// In how many PDUs it comes.
    #[serde(default = "once")]
    pub(crate) parts: usize,
    /// data_coding.
    #[serde(default)]
    pub(crate) data_coding: u8,
    /// What the steps call it there.
    #[serde(default)]
    pub(crate) message: Option<String>,
}

/// A receipt that it tells.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorTells {
    pub(crate) vendor: String,
    /// The text, as `vendor gets` called it.
    pub(crate) of: String,
    #[serde(default = "delivered")]
    pub(crate) stat: String,
    #[serde(default = "nothing_wrong")]
    pub(crate) err: String,
    /// How the id is written; as in the answer, when absent.
    #[serde(default, deserialize_with = "some_id_form")]
    pub(crate) id: Option<IdForm>,
    #[serde(default, deserialize_with = "receipt_form")]
    pub(crate) form: ReceiptForm,
    /// Over another bind than the text came by.
    #[serde(default)]
    pub(crate) elsewhere: bool,
    /// So often.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

/// A text that it sends to its customer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorSends {
    pub(crate) vendor: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    #[serde(default = "gsm7", deserialize_with = "coding")]
    pub(crate) coding: Coding,
    #[serde(default, deserialize_with = "part")]
    pub(crate) part: Option<Part>,
    /// registered_delivery.
    #[serde(default)]
    pub(crate) receipt: u8,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
}

/// What its customer says of a text of the vendor's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorHears {
    pub(crate) vendor: String,
    /// The sender of that text.
    pub(crate) from: String,
    /// Its recipient.
    pub(crate) to: String,
    pub(crate) stat: String,
    pub(crate) err: String,
}

/// A link by its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    pub(crate) link: String,
}

/// A link that takes its time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slows {
    pub(crate) link: String,
    /// Milliseconds, in each direction.
    pub(crate) by_ms: u64,
}

fn delivered() -> String {
    "DELIVRD".to_owned()
}

fn nothing_wrong() -> String {
    "000".to_owned()
}

fn some_id_form<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IdForm>, D::Error> {
    id_form(from).map(Some)
}

fn receipt_form<'de, D: Deserializer<'de>>(from: D) -> Result<ReceiptForm, D::Error> {
    word(from, &[("both", ReceiptForm::Both), ("text", ReceiptForm::Text), ("tlvs", ReceiptForm::Tlvs)])
}

fn answers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Answer>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    words.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

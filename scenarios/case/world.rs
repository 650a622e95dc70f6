//! What is there before the first step, when there is more than one node: environments, links, vendors.

use iwf_sim::vendor::IdForm;
use serde::Deserialize;
use serde::de::Deserializer;

use super::word;

/// A node with its configuration and what is provisioned there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What the steps and addresses (`${NAME.smpp}`) call it.
    pub name: String,
    /// As [`super::Case::config`].
    #[serde(default)]
    pub config: toml::Table,
    /// As [`super::Case::given`]; texts in it may name addresses.
    #[serde(default)]
    pub given: toml::Table,
    /// In place of both: files below `config/`, whose addresses are replaced.
    #[serde(default)]
    pub files: Option<Files>,
}

/// An environment that is described where people look for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The configuration; the addresses where it listens are left to the system.
    pub config: String,
    /// What is provisioned.
    pub given: String,
    /// Addresses as they stand there, and what is put in their place.
    #[serde(default)]
    pub replace: std::collections::BTreeMap<String, String>,
}

/// A link between two systems that can fail; it leads to where its `to` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkEntry {
    /// What the steps and addresses call it.
    pub name: String,
    /// The environment or the vendor at its other end.
    pub to: String,
}

/// The message centre of a vendor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorEntry {
    /// What the steps and addresses call it; its customers bind as that, too.
    pub name: String,
    /// Their password.
    pub password: String,
    /// How it writes ids in its answers.
    #[serde(default, deserialize_with = "id_form")]
    pub ids: IdForm,
}

/// `decimal`, `hex`, `HEX` or `padded`.
pub(super) fn id_form<'de, D: Deserializer<'de>>(from: D) -> Result<IdForm, D::Error> {
    let words = [
        ("decimal", IdForm::Decimal),
        ("hex", IdForm::Hex),
        ("HEX", IdForm::UpperHex),
        ("padded", IdForm::Padded),
    ];
    word(from, &words)
}

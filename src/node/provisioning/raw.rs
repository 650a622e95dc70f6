//! The shape of a provisioning file: nothing is checked but the type.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::settings::RawSettings;
use crate::config::{Fault, Faults, Place};

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawFile {
    pub(super) carrier: Vec<RawCarrier>,
    pub(super) account: Vec<RawAccount>,
    pub(super) connection: Vec<RawSettings>,
    pub(super) route: Vec<RawSettings>,
}

/// `[[carrier]]`, or the options of `iwf carrier`. What is absent has its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawCarrier {
    pub(crate) name: String,
    pub(crate) system_id: String,
    pub(crate) password: Option<String>,
    pub(crate) password_file: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) max_binds: Option<i64>,
    pub(crate) rate: Option<i64>,
    pub(crate) window: Option<i64>,
    pub(crate) alphabet: Option<String>,
    pub(crate) profile: RawSettings,
}

/// `[[account]]`, or the options of `iwf account`. What is absent has its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawAccount {
    pub(crate) username: String,
    pub(crate) password: Option<String>,
    pub(crate) password_file: Option<String>,
    pub(crate) dids: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) digest: Option<String>,
    pub(crate) tls_only: Option<bool>,
}

impl RawCarrier {
    /// One carrier in JSON.
    pub(crate) fn of_json(value: serde_json::Value) -> Result<Self, Faults> {
        of_json(value)
    }
}

impl RawAccount {
    /// One account in JSON.
    pub(crate) fn of_json(value: serde_json::Value) -> Result<Self, Faults> {
        of_json(value)
    }
}

/// One connection, or one route, in JSON: its settings, and its name among them.
pub(crate) fn settings_of_json(value: serde_json::Value) -> Result<RawSettings, Faults> {
    of_json(value)
}

/// Whoever reads JSON has looked at its shape before; what still doesn't fit is one fault.
fn of_json<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Faults> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let key = error.path().to_string();
        Fault { place: Place::Nowhere, key, what: error.into_inner().to_string() }.into()
    })
}

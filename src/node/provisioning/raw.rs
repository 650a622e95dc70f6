//! The shape of a provisioning file: nothing is checked but the type.

use serde::Deserialize;

use super::profile::RawProfile;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawFile {
    pub(super) carrier: Vec<RawCarrier>,
    pub(super) account: Vec<RawAccount>,
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
    pub(crate) profile: RawProfile,
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

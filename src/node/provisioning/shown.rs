//! What is provisioned, as it is shown: without what could stand for a password.

use std::collections::BTreeMap;

use iwf_model::{Account, Carrier, Challenge, Number};
use serde::{Deserialize, Serialize};

use super::file::DEFAULT_DIGEST;
use super::settings::shown;

/// A carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CarrierShown {
    pub(crate) name: String,
    pub(crate) system_id: String,
    pub(crate) enabled: bool,
    pub(crate) max_binds: u16,
    pub(crate) rate: u32,
    pub(crate) window: u16,
    pub(crate) alphabet: String,
    /// What differs from the defaults.
    pub(crate) profile: BTreeMap<String, String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountShown {
    pub(crate) username: String,
    pub(crate) state: String,
    pub(crate) realm: String,
    pub(crate) digest: String,
    pub(crate) tls_only: bool,
    pub(crate) dids: Vec<String>,
}

/// One carrier.
pub(crate) fn carrier_as_shown(carrier: &Carrier) -> CarrierShown {
    let profile = shown(&carrier.profile).map(|(key, text)| (key.to_owned(), text)).collect();
    CarrierShown {
        name: carrier.name.clone(),
        system_id: carrier.system_id.clone(),
        enabled: carrier.enabled,
        max_binds: carrier.max_binds,
        rate: carrier.rate,
        window: carrier.window,
        alphabet: carrier.alphabet.as_str().to_owned(),
        profile,
    }
}

/// One account.
pub(crate) fn account_as_shown(account: &Account) -> AccountShown {
    AccountShown {
        username: account.username.clone(),
        state: account.state.as_str().to_owned(),
        realm: account.realm.clone(),
        digest: account.digest.map_or(DEFAULT_DIGEST, Challenge::as_str).to_owned(),
        tls_only: account.tls_only,
        dids: account.dids.iter().map(Number::to_string).collect(),
    }
}

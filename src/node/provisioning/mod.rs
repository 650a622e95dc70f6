//! Provisioning: carriers, accounts, connections and routes, from a declarative file or the command line into the store.
//!
//! - `raw`: the shape of the file
//! - `file`: the same as entries that can't be wrong
//! - `plan`: all entries of a file, or of one command
//! - `settings`: settings by key, as of profiles, connections and routes
//! - `routing`: connections and routes
//! - `adopt`: accounts for the users of another registrar
//! - `diff`: what must change to get there; nothing when nothing must
//! - `remote`: a file on its way to a node elsewhere
//! - `would_be`: what would be provisioned if a plan had all routes
//! - `shown`: what is provisioned, as it is shown
//!
//! A plan says all about what it names and nothing about what it does not: import adds and updates, and
//! removes what is absent only when told to prune. A key that is absent has its default, except the
//! password, which then stays.

mod adopt;
mod diff;
mod file;
mod plan;
mod raw;
mod remote;
mod routing;
mod settings;
mod shown;
#[cfg(test)]
mod tests;
mod would_be;

pub(crate) use adopt::{Adoption, Left};
pub(crate) use diff::{DiffError, Difference, Differences, Fate, diff, removal};
pub(crate) use file::{DEFAULT_DIGEST, MAX_BINDS, RATE, WINDOW};
use iwf_model::{Account, Challenge};
use iwf_sip::uas::Trunk;
use iwf_store::Provisioning;

pub(crate) use plan::Plan;
pub(crate) use raw::{RawAccount, RawCarrier, settings_of_json};
pub(crate) use remote::as_remote;
pub(crate) use settings::shown as shown_settings;
pub(crate) use shown::{AccountShown, CarrierShown, account_as_shown, carrier_as_shown};
pub(crate) use would_be::with_routes_of;

/// The tables of a provisioning file: how it is told from a configuration file.
pub(crate) const TABLES: [&str; 4] = ["carrier", "account", "connection", "route"];

/// Says in the log which trunks bring messages of a carrier that does not exist.
pub(crate) fn warn_of_trunks(provisioning: &Provisioning, trunks: &[Trunk]) {
    for trunk in trunks {
        let Some(name) = &trunk.carrier else { continue };
        if !provisioning.carriers.iter().any(|carrier| carrier.name == *name) {
            let trunk = &trunk.name;
            tracing::warn!(
                trunk,
                carrier = name,
                "the carrier of this trunk is not provisioned: its messages get 403"
            );
        }
    }
}

/// Says in the log whose passwords have to be set again: those set under another realm can't authenticate, and those set
/// before a hash was kept are asked for another one.
pub(crate) fn warn_of_passwords(provisioning: &Provisioning, realm: &str, challenge: Challenge) {
    let lacking = |account: &&Account| account.challenge(challenge) != account.digest.unwrap_or(challenge);
    let lacking = provisioning.accounts.iter().filter(lacking);
    if let (Some(account), others) = (lacking.clone().next(), lacking.skip(1).count()) {
        tracing::warn!(
            account = account.username,
            others,
            asked_for = challenge.as_str(),
            "passwords were set by a version that did not keep the hash that is asked for; until they are set again, \
             SHA-256 is asked for"
        );
    }
    for account in provisioning.accounts.iter().filter(|account| account.realm != realm) {
        tracing::warn!(
            account = account.username,
            bound_to = account.realm,
            realm,
            "the account's password is bound to another realm, so its apps can't register; set it again"
        );
    }
}

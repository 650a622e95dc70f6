//! What is provisioned.

use iwf_model::{Account, AccountState};
use iwf_store::{Sqlite, Store};

use super::Finding;
use crate::config::Config;

/// Looks at carriers and accounts; gives the accounts, for those who look further.
pub(super) async fn look(config: &Config, store: &Sqlite, findings: &mut Vec<Finding>) -> Vec<Account> {
    let read = match store.provisioning().await {
        Ok(read) => read,
        Err(error) => {
            findings.push(Finding::bad(format!("The store can not be read: {error}")));
            return Vec::new();
        }
    };
    let enabled = read.carriers.iter().filter(|carrier| carrier.enabled).count();
    findings.push(match enabled {
        0 => Finding::bad("No carrier may bind: add one with `iwf carrier add`."),
        _ => Finding::good(format!("{enabled} of {} carriers may bind.", read.carriers.len())),
    });
    let active: Vec<&Account> =
        read.accounts.iter().filter(|account| account.state == AccountState::Active).collect();
    findings.push(match active.len() {
        0 => Finding::bad("No account is active, so no number is served: add one with `iwf account add`."),
        active => Finding::good(format!("{active} of {} accounts are active.", read.accounts.len())),
    });
    let without_number = active.iter().filter(|account| account.dids.is_empty()).count();
    if without_number > 0 {
        findings.push(Finding::note(format!(
            "{without_number} accounts own no number: no carrier reaches them."
        )));
    }
    let realm = &config.sip.realm;
    let other: Vec<&str> =
        active.iter().filter(|a| a.realm != *realm).map(|account| account.username.as_str()).collect();
    if let Some(first) = other.first() {
        findings.push(Finding::bad(format!(
            "{} accounts, {first} among them, have passwords of another realm than \"{realm}\" and can not \
             register: set their passwords again, or put sip.realm back.",
            other.len()
        )));
    }
    read.accounts
}

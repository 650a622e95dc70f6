//! What is provisioned.

use std::path::Path;

use iwf_model::{Account, AccountState};
use iwf_relay::Directory;
use iwf_store::{Options, Provisioning, Sqlite, Store, StoreError};

use super::Finding;
use crate::config::Config;

/// Looks at carriers and accounts; gives them, for those who look further.
pub(super) async fn look(config: &Config, data: &Path, findings: &mut Vec<Finding>) -> Directory {
    let path = config.store.file(data);
    if !path.exists() {
        findings.push(Finding::bad(format!(
            "{} is not there: name the data directory of the node with --data, or import something first.",
            path.display()
        )));
        return Directory::default();
    }
    match read(&path).await {
        Ok(read) => {
            carriers(&read, findings);
            accounts(&read, &config.sip.realm, findings);
            Directory::new(read.carriers, read.accounts, read.connections, read.routes)
        }
        Err(error) => {
            findings.push(Finding::bad(format!("{} can not be read: {error}.", path.display())));
            Directory::default()
        }
    }
}

async fn read(path: &Path) -> Result<Provisioning, StoreError> {
    let store = Sqlite::open(path, Options::tool()).await?;
    let read = store.provisioning().await;
    store.close().await?;
    read
}

fn carriers(read: &Provisioning, findings: &mut Vec<Finding>) {
    let enabled = read.carriers.iter().filter(|carrier| carrier.enabled).count();
    findings.push(match enabled {
        0 => Finding::bad("No carrier may bind: add one with `iwf carrier add`."),
        _ => Finding::good(format!("{enabled} of {} carriers may bind.", read.carriers.len())),
    });
}

fn accounts(read: &Provisioning, realm: &str, findings: &mut Vec<Finding>) {
    let active = read.accounts.iter().filter(|account| account.state == AccountState::Active);
    let active: Vec<&Account> = active.collect();
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
    let mut other = active.iter().filter(|account| account.realm != *realm).peekable();
    if let Some(first) = other.peek().map(|account| account.username.clone()) {
        findings.push(Finding::bad(format!(
            "{} accounts, {first} among them, have passwords of another realm than \"{realm}\" and can not \
             register: set their passwords again, or put sip.realm back.",
            other.count()
        )));
    }
}

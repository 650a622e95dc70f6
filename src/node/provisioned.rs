//! Follows the provisioning: what an admin changes in the store is in force within a second, without a restart.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::AccountState;
use iwf_relay::Directory;
use iwf_store::StoreError;
use tokio::sync::watch;

use crate::config::SipConfig;
use crate::net::stopped;
use crate::provisioning::{warn_of_passwords, warn_of_trunks};
use crate::serve::Core;
use crate::texts::FromCarriers;

/// How often the revision is asked for: one read of one row.
const LOOK: Duration = Duration::from_millis(250);

/// Reads the provisioning and puts it in force; the sender tells the revision to all who follow it.
pub(crate) async fn load(core: &Core, sip: &SipConfig) -> Result<watch::Sender<u64>, StoreError> {
    let revision = watch::Sender::new(0);
    put_in_force(core, sip, &revision).await?;
    Ok(revision)
}

/// Looks for changes until the node stops.
pub(crate) async fn watch(
    core: Arc<Core>,
    sip: SipConfig,
    revision: watch::Sender<u64>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopped(&mut stopping) => return,
        }
        let changed = match core.store.revision().await {
            Ok(current) if current == *revision.borrow() => continue,
            Ok(_) => put_in_force(&core, &sip, &revision).await,
            Err(error) => Err(error),
        };
        if let Err(error) = changed {
            tracing::error!(%error, "the provisioning could not be read; the last one stays in force");
        }
    }
}

async fn put_in_force(core: &Core, sip: &SipConfig, revision: &watch::Sender<u64>) -> Result<(), StoreError> {
    let read = core.store.provisioning().await?;
    warn_of_passwords(&read, &sip.realm, sip.algorithm);
    warn_of_trunks(&read, &sip.trunks);
    let number = read.revision;
    let directory = Directory::new(read.carriers, read.accounts, read.connections, read.routes);
    let (accounts, carriers) = directory.counts();
    core.locations.keep(|binding| {
        let account = directory.account(binding.account);
        account.is_some_and(|account| account.is_reached_over(binding.flow.transport()))
    });
    core.reach.elsewhere.keep(|account| {
        directory.account(account).is_some_and(|account| account.state == AccountState::Active)
    });
    core.directory.store(Arc::new(directory));
    core.from_carriers.put([FromCarriers::Rerouted]);
    core.metrics.provisioning_revision.set(number as f64);
    tracing::info!(revision = number, accounts, carriers, "provisioning in force");
    revision.send_replace(number);
    Ok(())
}

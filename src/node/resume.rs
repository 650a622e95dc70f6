//! A start goes on with what the last run left: registrations and receipts. Waiting messages are read by the
//! driver while it serves (`sip::waiting`).

use iwf_model::{AccountState, Flow};
use iwf_store::StoreError;

use crate::clock;
use crate::serve::Core;

/// The numbers of connections begin at 1 in each run: a stored number may by now be that of a stranger.
const NO_CONNECTION: u64 = 0;

/// Registrations that have not lapsed. Devices over TCP are reached again once they reconnect.
pub(crate) async fn bindings(core: &Core) -> Result<(), StoreError> {
    let directory = core.directory.load();
    for mut binding in core.store.bindings(clock::utc()).await? {
        if let Flow::Stream { connection, .. } = &mut binding.flow {
            *connection = NO_CONNECTION;
        }
        if directory.account(binding.account).is_some_and(|account| account.state == AccountState::Active) {
            core.locations.put(binding);
        }
    }
    Ok(())
}

/// Receipts that no receiver has acknowledged.
pub(crate) async fn receipts(core: &Core) -> Result<(), StoreError> {
    core.receipts.load(clock::utc()).await
}

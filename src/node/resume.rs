//! A start goes on with what the last run left: registrations and receipts. Waiting messages are read by the
//! driver while it serves (`sip::waiting`), but for those that must be known before others come.

use std::sync::Arc;

use iwf_model::{Flow, Message};
use iwf_store::StoreError;

use crate::clock;
use crate::serve::Core;

/// The numbers of connections begin at 1 in each run: a stored number may by now be that of a stranger.
const NO_CONNECTION: u64 = 0;

/// Registrations that have not lapsed. Devices over TCP are reached again once they reconnect.
pub(crate) async fn bindings(core: &Core) -> Result<(), StoreError> {
    let directory = core.directory.load();
    for mut binding in core.store.bindings(clock::utc()).await? {
        let transport = binding.flow.transport();
        if let Flow::Stream { connection, .. } = &mut binding.flow {
            *connection = NO_CONNECTION;
        }
        if directory.account(binding.account).is_some_and(|account| account.is_reached_over(transport)) {
            core.locations.put(binding);
        }
    }
    Ok(())
}

/// Messages read at a time.
const PAGE: u32 = 500;

/// What must be known before anything is accepted or sent: the parts of long texts, because they may come again; and
/// the messages that take the place of others, which are given back.
pub(crate) async fn foremost(core: &Core) -> Result<Vec<Arc<Message>>, StoreError> {
    let (mut takers, mut last) = (Vec::new(), None);
    loop {
        let page = core.store.foremost(last, PAGE).await?;
        let full = page.len() == PAGE as usize;
        last = page.last().map(|message| message.id);
        let mut parts = core.intake.parts.lock();
        for mut message in page {
            let options = message.submission.options();
            let (is_part, takes_a_place) = (options.part.is_some(), options.takes_a_place());
            // A part takes a place when its text is whole, and under the name of that.
            let name = if is_part { parts.foresee(&message) } else { Some(message.id) };
            if let Some(name) = name.filter(|_| takes_a_place) {
                message.id = name;
                takers.push(Arc::new(message));
            }
        }
        drop(parts);
        if !full {
            return Ok(takers);
        }
    }
}

/// Receipts that no receiver has acknowledged.
pub(crate) async fn receipts(core: &Core) -> Result<(), StoreError> {
    core.receipts.load(clock::utc()).await
}

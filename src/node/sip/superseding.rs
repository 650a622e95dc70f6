//! Messages that take the place of others that only the store has: one after the other, each goes on when those have
//! ended.

use std::collections::VecDeque;
use std::sync::Arc;

use iwf_model::{Message, MessageId, Now};
use iwf_store::{Store, StoreError};

use super::driver::Driver;
use super::operations::Search;

/// A message, and those that it may replace.
pub(super) type Replacement = (Arc<Message>, Vec<MessageId>);

/// See the module. What waits here is bounded by what waits in the store: each message there is looked for once.
#[derive(Default)]
pub(super) struct Superseding {
    waiting: VecDeque<Replacement>,
    under_way: bool,
    /// The store could not be read: housekeeping tries again.
    failed: bool,
}

/// Messages looked up at a time.
const PAGE: usize = 100;

impl Superseding {
    pub(super) fn add(&mut self, newer: Arc<Message>, older: Vec<MessageId>) {
        self.waiting.push_back((newer, older));
    }

    /// What failed is tried again.
    pub(super) fn retry(&mut self) {
        self.failed = false;
    }

    /// The next search, when none is under way.
    pub(super) fn next(&mut self) -> Option<Search> {
        if self.under_way || self.failed {
            return None;
        }
        let (newer, older) = self.waiting.pop_front()?;
        self.under_way = true;
        Some(Search::Older(newer, older))
    }
}

/// Reads the first of the messages that wait still.
pub(super) async fn read(store: &dyn Store, older: &[MessageId]) -> Result<Vec<Message>, StoreError> {
    let mut waiting = Vec::new();
    for id in older.iter().take(PAGE) {
        waiting.extend(store.story(*id).await?.and_then(|story| story.message));
    }
    Ok(waiting)
}

impl Driver {
    pub(super) fn take_older(
        &mut self,
        (newer, mut older): Replacement,
        read: Result<Vec<Message>, StoreError>,
        now: Now,
    ) {
        let superseding = &mut self.operations.superseding;
        superseding.under_way = false;
        let messages = match read {
            Ok(messages) => messages,
            Err(error) => {
                tracing::error!(%error, "messages that are replaced could not be read");
                superseding.failed = true;
                return superseding.waiting.push_front((newer, older));
            }
        };
        let at = self.at(now);
        for message in messages {
            self.queue.supersede_stored(Arc::new(message), &newer, at, &mut self.orders);
        }
        older.drain(..older.len().min(PAGE));
        if older.is_empty() {
            self.queue.insert_read(newer, &*self.shared.reach, at, &mut self.orders);
        } else {
            self.operations.superseding.waiting.push_front((newer, older));
        }
    }
}

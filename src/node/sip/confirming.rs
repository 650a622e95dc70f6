//! Messages that another system had taken, and told the end of: read from the store, ended, and answered when that is
//! durable.

use std::collections::HashMap;
use std::sync::Arc;

use iwf_model::{Message, MessageId, Now};
use iwf_relay::Since;
use iwf_store::StoreError;

use super::driver::Driver;
use super::later::Done;
use crate::desk::Reply;
use crate::upstream::Ending;

/// Ends that are to be looked up: at the end of this turn, or by housekeeping.
#[derive(Default)]
pub(super) struct Confirming {
    now: Vec<(Ending, Reply)>,
    later: Vec<(Ending, Reply)>,
}

/// Ends, and their messages as the store has them.
pub(super) struct Confirmed {
    endings: Vec<(Ending, Reply)>,
    read: Since,
    messages: Result<Vec<Message>, StoreError>,
}

impl Driver {
    pub(super) fn confirm(&mut self, ending: Ending, reply: Reply) {
        self.confirming.now.push((ending, reply));
    }

    /// What could not be looked up, or was read too early, is looked up again.
    pub(super) fn confirm_again(&mut self) {
        self.confirming.now.append(&mut self.confirming.later);
    }

    /// Reads the messages when what has happened to them so far is with the store: see `begin_loads`.
    pub(super) fn begin_confirming(&mut self) {
        let endings = std::mem::take(&mut self.confirming.now);
        if endings.is_empty() {
            return;
        }
        let read = self.queue.begin_read();
        let store = Arc::clone(&self.shared.store);
        let written = store.flush();
        self.later.push(Box::pin(async move {
            let ids = endings.iter().flat_map(|(ending, _)| &ending.messages).copied().collect();
            let messages = async {
                written.await?;
                store.messages(ids).await
            };
            let messages = messages.await;
            Done::Confirmed(Box::new(Confirmed { endings, read, messages }))
        }));
    }

    pub(super) fn take_confirmed(&mut self, Confirmed { endings, read, messages }: Confirmed, now: Now) {
        match messages {
            Ok(messages) => {
                let mut stored: HashMap<MessageId, Message> =
                    messages.into_iter().map(|message| (message.id, message)).collect();
                endings
                    .into_iter()
                    .for_each(|(ending, reply)| self.end_taken(ending, reply, &mut stored, now));
            }
            Err(error) => {
                tracing::error!(%error, "messages that another system had taken could not be read");
                self.confirming.later.extend(endings);
            }
        }
        self.queue.end_read(read);
    }

    /// Ends those that were taken; those that the store does not have have ended before.
    fn end_taken(
        &mut self,
        mut ending: Ending,
        reply: Reply,
        stored: &mut HashMap<MessageId, Message>,
        now: Now,
    ) {
        let at = self.at(now);
        ending.messages.retain(|id| {
            let message = stored.remove(id).filter(|message| message.progress.taken.is_some());
            let Some(message) = message else { return false };
            let told = (ending.outcome, ending.detail.clone());
            !self.queue.confirm(Arc::new(message), told, at, &mut self.orders)
        });
        self.carry_out(now);
        // What is remembered goes with the last of them: until then it may be told again.
        if ending.messages.is_empty() {
            self.writes.append(&mut ending.writes);
            self.operations.replies.push(reply);
        } else {
            self.confirming.later.push((ending, reply));
        }
    }
}

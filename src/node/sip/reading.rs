//! What apps say that they have read: looked up in the store, told to the carriers and apps that want to hear of it, and
//! answered when that is durable.

use std::collections::HashSet;
use std::sync::Arc;

use iwf_model::{Awaited, MessageId, Now, PendingReceipt, Refusal};
use iwf_relay::{ReadEarly, Reading, Teller, Word, reading, word};
use iwf_store::{StoreError, Write};

use super::driver::Driver;
use super::later::Done;
use super::requests::Question;
use crate::telemetry::ReadResult;

/// Looks into the store that may be under way; who comes then is to come again.
const MOST: usize = 1_000;

/// What is being heard.
#[derive(Default)]
pub(super) struct Readings {
    /// Messages that are looked up, or whose reading is being written: each is told once.
    under_way: HashSet<MessageId>,
    /// Messages that were read before their delivery was known.
    early: ReadEarly,
    /// What is looked up as soon as the store has all that this turn writes: the end of the message may be part of it.
    due: Vec<(MessageId, Teller, Option<Question>)>,
}

/// A message that somebody says was read, and what is kept of it.
pub(super) struct Looked {
    message: MessageId,
    teller: Teller,
    question: Option<Question>,
    awaited: Result<Vec<Awaited>, StoreError>,
}

/// A reading that is written: what is to be told when that is durable.
pub(super) struct Read {
    message: MessageId,
    told: Vec<PendingReceipt>,
    question: Option<Question>,
}

impl Driver {
    /// Somebody says that a message was read. Without a `question` nobody waits for the answer.
    pub(super) fn handle_read(
        &mut self,
        message: MessageId,
        teller: Teller,
        question: Option<Question>,
        now: Now,
    ) {
        if self.queue.entry_of(message).is_some() {
            self.readings.early.note(message, teller);
            return self.answer_reader(question, Ok(()), now);
        }
        self.readings.due.push((message, teller, question));
    }

    fn look_up(&mut self, message: MessageId, teller: Teller, question: Option<Question>, now: Now) {
        let (known, full) =
            (self.readings.under_way.contains(&message), self.readings.under_way.len() >= MOST);
        if known || full {
            let answer = if known { Ok(()) } else { Err(Refusal::Throttled) };
            return self.answer_reader(question, answer, now);
        }
        self.readings.under_way.insert(message);
        let store = Arc::clone(&self.shared.store);
        // The read comes behind the end of the message.
        let written = store.flush();
        self.later.push(Box::pin(async move {
            let found = async {
                written.await?;
                store.awaited(message, now.utc).await
            };
            Done::Looked(Looked { message, teller, question, awaited: found.await })
        }));
    }

    /// A message is delivered whose origin wants to hear of its reader: who was early is heard now.
    pub(super) fn handle_awaited(&mut self, awaited: Box<Awaited>) {
        let sent_as = awaited.sent_as;
        self.writes.push(Write::Await(awaited));
        if let Some(teller) = self.readings.early.take(sent_as) {
            self.readings.due.push((sent_as, teller, None));
        }
    }

    /// Looks up what was read, when the ends of messages of this turn are with the store.
    pub(super) fn look_up_read(&mut self, now: Now) {
        for (message, teller, question) in std::mem::take(&mut self.readings.due) {
            self.look_up(message, teller, question, now);
        }
    }

    pub(super) fn take_looked(&mut self, looked: Looked, now: Now) {
        let Looked { message, teller, question, awaited } = looked;
        let (result, awaited) = match awaited.map(|awaited| reading(awaited, teller)) {
            Ok(Reading::Told(awaited)) => (ReadResult::Told, awaited),
            Ok(Reading::Unasked) => (ReadResult::Unasked, Vec::new()),
            Ok(Reading::Foreign) => (ReadResult::Foreign, Vec::new()),
            Err(error) => {
                tracing::error!(%error, "a message that was read could not be looked up");
                self.readings.under_way.remove(&message);
                return self.answer_reader(question, Err(Refusal::StoreUnavailable), now);
            }
        };
        self.shared.metrics.readings.of(result).increment(1);
        if awaited.is_empty() {
            self.readings.under_way.remove(&message);
            return self.answer_reader(question, Ok(()), now);
        }
        let mut told = Vec::with_capacity(awaited.len());
        for awaited in awaited {
            match word(awaited, self.shared.intake.ids.next(now.utc), now.utc) {
                (Word::Receipt(pending), step) => {
                    told.push((*pending).clone());
                    self.writes.push(Write::Acknowledge(pending, step));
                }
                // A full account hears nothing, and may do so when it is said again.
                (Word::Notice(notice), step) => drop(self.tell(*notice, Some(step), now)),
            }
        }
        self.read.push(Read { message, told, question });
    }

    /// A reading is durable.
    pub(super) fn tell_reading(&mut self, read: Read, now: Now) {
        self.readings.under_way.remove(&read.message);
        self.shared.receipts.put(read.told, now.utc);
        self.answer_reader(read.question, Ok(()), now);
    }
}

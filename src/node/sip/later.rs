//! Work of the driver that ends elsewhere, most of it in the store: what is awaited, and what follows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use iwf_model::{Denial, Message, Now, PendingReceipt, Recipient};
use iwf_relay::Since;
use iwf_sip::locate;
use iwf_store::{StoreError, Write};

use super::confirming::Confirmed;
use super::driver::Driver;
use super::operations::Found;
use super::reading::{Looked, Read};
use super::requests::Question;
use super::waiting::Loaded;
use super::waking::Pushed;
use crate::clock;
use crate::intake::Settled;

/// Work that ends elsewhere, most of it in the store.
pub(super) type Later = Pin<Box<dyn Future<Output = Done> + Send>>;

/// The end of such work.
pub(super) enum Done {
    /// Ends of messages are durable.
    Finished(Written),
    /// They could not be written now: the store keeps them and tries again.
    NotYetFinished(Written, StoreError),
    /// A text of an app is durable or refused.
    Settled(Settled<Question>),
    /// Waiting messages were read.
    Loaded(Loaded),
    /// What somebody says was read was looked up.
    Looked(Looked),
    /// A push has its end.
    Pushed(Pushed),
    /// What an origin asked about was looked up.
    Found(Box<Found>, Since),
    /// Messages that another system had taken were read.
    Confirmed(Box<Confirmed>),
    /// The DNS was asked.
    Resolved(locate::Question, locate::Lookup),
}

/// A message that ended. When that is durable its place is free, and its receipt may be told.
pub(super) struct Ended {
    pub(super) recipient: Recipient,
    pub(super) receipt: Option<PendingReceipt>,
}

/// What follows from writes when they are durable.
#[derive(Default)]
pub(super) struct Written {
    /// Messages that ended.
    pub(super) ended: Vec<Ended>,
    /// Messages that were read.
    pub(super) read: Vec<Read>,
    /// Notices to apps.
    pub(super) told: Vec<Arc<Message>>,
    /// Receipts about messages that another system had taken.
    pub(super) confirmed: Vec<PendingReceipt>,
    /// Names by which other systems call what they took.
    pub(super) handed: bool,
}

impl Written {
    pub(super) fn is_empty(&self) -> bool {
        self.ended.is_empty()
            && self.read.is_empty()
            && self.told.is_empty()
            && self.confirmed.is_empty()
            && !self.handed
    }
}

impl Driver {
    pub(super) fn take_done(&mut self, done: Done) {
        let now = clock::now();
        match done {
            Done::Finished(written) => self.close(written, now),
            Done::NotYetFinished(Written { ended, read, told, confirmed, handed }, error) => {
                self.written_late.handed |= handed;
                self.written_late.confirmed.extend(confirmed);
                self.written_late.ended.extend(ended);
                self.written_late.read.extend(read);
                self.written_late.told.extend(told);
                tracing::error!(%error, "the end of messages could not be written yet");
            }
            Done::Settled(settled) => self.answer_question(settled, now),
            Done::Looked(looked) => self.take_looked(looked, now),
            Done::Found(found, read) => self.take_found(*found, read, now),
            Done::Pushed(pushed) => self.take_pushed(pushed, now),
            Done::Loaded(loaded) => self.take_loaded(loaded, now),
            Done::Confirmed(confirmed) => self.take_confirmed(*confirmed, now),
            Done::Resolved(question, lookup) => self.take_lookup(question, lookup, now),
        }
    }

    pub(super) fn flush_writes(&mut self, now: Now) {
        if self.writes.is_empty() && self.operations.replies.is_empty() {
            return;
        }
        let writes = std::mem::take(&mut self.writes);
        let (ended, read) = (std::mem::take(&mut self.ended), std::mem::take(&mut self.read));
        let (told, confirmed) = (std::mem::take(&mut self.told), std::mem::take(&mut self.confirmed));
        let handed = writes.iter().any(|write| matches!(write, Write::Hand { .. }));
        let written = Written { ended, read, told, confirmed, handed };
        let (store, metrics) = (&self.shared.store, Arc::clone(&self.shared.metrics));
        // What is to be answered may have been written in an earlier turn.
        let commit = if writes.is_empty() { store.flush() } else { store.write(writes) };
        let replies = std::mem::take(&mut self.operations.replies);
        self.later.push(Box::pin(async move {
            let committed = commit.await;
            for reply in replies {
                // Whoever asked may have gone.
                let _ = reply.send(committed.as_ref().map(drop).map_err(|_| Denial::Unavailable));
            }
            match committed {
                Ok(()) => {
                    metrics.store_commit_seconds.record(now.instant.elapsed().as_secs_f64());
                    Done::Finished(written)
                }
                Err(error) => Done::NotYetFinished(written, error),
            }
        }));
    }

    /// What happened to these messages is durable.
    pub(super) fn close(&mut self, written: Written, now: Now) {
        let Written { ended, read, told, confirmed, handed } = written;
        if handed {
            self.shared.upstream.note_taken();
        }
        ended.iter().for_each(|ended| self.shared.intake.load.leave(ended.recipient));
        let receipts = ended.into_iter().filter_map(|ended| ended.receipt);
        self.shared.receipts.put(receipts.chain(confirmed), now.utc);
        read.into_iter().for_each(|read| self.tell_reading(read, now));
        let at = self.at(now);
        for notice in told {
            self.queue.insert(notice, &*self.shared.reach, at, &mut self.orders);
        }
    }
}

//! Work of the driver that ends elsewhere, most of it in the store: what is awaited, and what follows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use iwf_model::{Denial, Now, PendingReceipt, Recipient};
use iwf_relay::Since;
use iwf_store::StoreError;

use super::driver::Driver;
use super::operations::Found;
use super::requests::Question;
use super::waiting::Loaded;
use crate::clock;
use crate::intake::Settled;

/// Work that ends elsewhere, most of it in the store.
pub(super) type Later = Pin<Box<dyn Future<Output = Done> + Send>>;

/// The end of such work.
pub(super) enum Done {
    /// Ends of messages are durable.
    Finished(Vec<Ended>),
    /// They could not be written now: the store keeps them and tries again.
    NotYetFinished(Vec<Ended>, StoreError),
    /// A text of an app is durable or refused.
    Settled(Settled<Question>),
    /// Waiting messages were read.
    Loaded(Loaded),
    /// What an origin asked about was looked up.
    Found(Box<Found>, Since),
}

/// A message that ended. When that is durable its place is free, and its receipt may be told.
pub(super) struct Ended {
    pub(super) recipient: Recipient,
    pub(super) receipt: Option<PendingReceipt>,
}

impl Driver {
    pub(super) fn take_done(&mut self, done: Done) {
        let now = clock::now();
        match done {
            Done::Finished(ended) => self.close(ended, now),
            Done::NotYetFinished(ended, error) => {
                self.ended_late.extend(ended);
                tracing::error!(%error, "the end of messages could not be written yet");
            }
            Done::Settled(settled) => self.answer_question(settled, now),
            Done::Found(found, read) => self.take_found(*found, read, now),
            Done::Loaded(loaded) => self.take_loaded(loaded, now),
        }
    }

    pub(super) fn flush_writes(&mut self, now: Now) {
        if self.writes.is_empty() && self.operations.replies.is_empty() {
            return;
        }
        let (writes, ended) = (std::mem::take(&mut self.writes), std::mem::take(&mut self.ended));
        let (store, metrics) = (&self.shared.store, Arc::clone(&self.shared.metrics));
        // What is to be answered may have been written in an earlier turn.
        let commit = if writes.is_empty() { store.flush() } else { store.write(writes) };
        let replies = std::mem::take(&mut self.operations.replies);
        self.later.push(Box::pin(async move {
            let written = commit.await;
            for reply in replies {
                // Whoever asked may have gone.
                let _ = reply.send(written.as_ref().map(drop).map_err(|_| Denial::Unavailable));
            }
            match written {
                Ok(()) => {
                    metrics.store_commit_seconds.record(now.instant.elapsed().as_secs_f64());
                    Done::Finished(ended)
                }
                Err(error) => Done::NotYetFinished(ended, error),
            }
        }));
    }

    /// The ends of these messages are durable.
    pub(super) fn close(&self, ended: Vec<Ended>, now: Now) {
        ended.iter().for_each(|ended| self.shared.intake.load.leave(ended.recipient));
        self.shared.receipts.put(ended.into_iter().filter_map(|ended| ended.receipt), now.utc);
    }
}

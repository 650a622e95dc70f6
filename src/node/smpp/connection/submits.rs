//! Submits: admitted and stored in batches, answered when they are durable.

use iwf_model::{MessageId, Now, Refusal, Submission};
use iwf_smpp::{MultiTicket, Ticket};

use super::{Answered, Connection};
use crate::intake::{Handover, Settled};
use crate::telemetry::SubmitResult;

/// A batch that the store has, or could not take, with the moment it was read.
pub(super) struct Stored {
    batch: Batch,
    read_at: Now,
}

enum Batch {
    /// Submits that one read brought.
    Submits(Settled<Ticket>),
    /// The messages of one submit_multi. `results` are as many as it has; those that were stored are in
    /// `settled`, by their places.
    Multi { ticket: MultiTicket, results: Vec<Result<MessageId, Refusal>>, settled: Vec<Settled<usize>> },
}

impl Connection {
    pub(super) fn submit(&mut self, submits: Vec<(Ticket, Submission)>, now: Now) {
        let bucket = self.bound.as_ref().map(|bound| &*bound.rate);
        let taken = self.shared.core.intake.take(submits, bucket, now);
        for (ticket, refusal) in taken.refused {
            self.metrics().submits.of(SubmitResult::Refused(refusal)).increment(1);
            self.session.refuse_submit(ticket, refusal);
        }
        taken.transactions.into_iter().for_each(|transaction| self.await_end(transaction));
        for pending in taken.pending.into_iter().chain(taken.repeated) {
            self.storing.push_back(Box::pin(async move {
                Stored { batch: Batch::Submits(pending.settle().await), read_at: now }
            }));
        }
    }

    /// Each message takes its part of the rate; all are stored together and answered at once.
    pub(super) fn submit_multi(&mut self, ticket: MultiTicket, submissions: Vec<Submission>, now: Now) {
        let mut results = vec![Err(Refusal::StoreUnavailable); submissions.len()];
        let bucket = self.bound.as_ref().map(|bound| &*bound.rate);
        let taken = self.shared.core.intake.take_as_one(submissions.into_iter().enumerate(), bucket, now);
        for (place, refusal) in taken.refused {
            self.metrics().submits.of(SubmitResult::Refused(refusal)).increment(1);
            put(&mut results, place, Err(refusal));
        }
        let pending: Vec<_> = taken.pending.into_iter().chain(taken.repeated).collect();
        if pending.is_empty() {
            return self.session.answer_multi(ticket, results);
        }
        self.storing.push_back(Box::pin(async move {
            let mut settled = Vec::with_capacity(pending.len());
            for pending in pending {
                settled.push(pending.settle().await);
            }
            Stored { batch: Batch::Multi { ticket, results, settled }, read_at: now }
        }));
    }

    /// Answers a batch that is durable, writes the answers, and only then lets the messages go on.
    pub(super) fn settle(&mut self, stored: Stored) {
        self.session.set_congestion(self.shared.core.load.percent());
        let (count, handover) = match stored.batch {
            Batch::Submits(settled) => self.settle_submits(settled),
            Batch::Multi { ticket, results, settled } => self.settle_multi(ticket, results, settled),
        };
        match handover {
            Ok(handover) => {
                let answered_at = self.stream.taken() + self.session.output().len() as u64;
                let read_at = stored.read_at.instant;
                self.handovers.push_back(Answered { at: answered_at, read_at, handover });
                // A broken connection is noticed by the loop.
                let _ = self.write_some();
                self.metrics().submits.of(SubmitResult::Accepted).increment(count);
            }
            Err(refusal) => self.metrics().submits.of(SubmitResult::Refused(refusal)).increment(count),
        }
        // One sample for each batch: its members were read and answered together.
        self.metrics().submit_answer_seconds.record(stored.read_at.instant.elapsed().as_secs_f64());
    }

    fn settle_submits(&mut self, settled: Settled<Ticket>) -> (u64, Result<Handover, Refusal>) {
        let count = settled.tickets.len() as u64;
        for (ticket, id) in settled.tickets {
            match &settled.result {
                Ok(_) => self.session.accept_submit(ticket, id),
                Err(refusal) => self.session.refuse_submit(ticket, *refusal),
            }
        }
        (count, settled.result)
    }

    fn settle_multi(
        &mut self,
        ticket: MultiTicket,
        mut results: Vec<Result<MessageId, Refusal>>,
        settled: Vec<Settled<usize>>,
    ) -> (u64, Result<Handover, Refusal>) {
        let (mut count, mut handover) = (0, None);
        for Settled { tickets, result } in settled {
            count += tickets.len() as u64;
            for (place, id) in tickets {
                put(&mut results, place, result.as_ref().map(|_| id).map_err(|refusal| *refusal));
            }
            // What follows the first is parts that came again: nothing is handed over with them.
            handover.get_or_insert(result);
        }
        self.session.answer_multi(ticket, results);
        (count, handover.unwrap_or(Err(Refusal::StoreUnavailable)))
    }
}

fn put(results: &mut [Result<MessageId, Refusal>], place: usize, result: Result<MessageId, Refusal>) {
    if let Some(slot) = results.get_mut(place) {
        *slot = result;
    }
}

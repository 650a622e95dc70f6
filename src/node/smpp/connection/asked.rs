//! What carriers ask of their messages, and transactions: answered when the answer is there, each at its own time,
//! so that none holds up the submits behind it.

use futures_util::future::BoxFuture;
use iwf_model::{Cancel, Denial, MessageId, Now, Query, Refusal, Replace, Standing, UpstreamReceipt};
use iwf_smpp::{QueryTicket, Ticket};

use super::Connection;
use crate::desk::TransactionEnd;
use crate::intake::Transaction;
use crate::telemetry::SubmitResult;

/// An answer that is on its way.
pub(super) type Awaited = BoxFuture<'static, Answer>;

/// An answer that has come.
pub(super) enum Answer {
    Query(QueryTicket, Result<Standing, Denial>),
    Operation(Ticket, Result<(), Denial>),
    Transaction(Ticket, MessageId, TransactionEnd),
    Receipt(Ticket, Result<(), Refusal>),
}

/// Answers that one connection may wait for besides those to its transactions, which its window limits.
const MOST_ASKED: usize = 32;

impl Connection {
    pub(super) fn query(&mut self, ticket: QueryTicket, query: Query, now: Now) {
        if let Err(denial) = self.may_ask(now) {
            return self.session.answer_query(ticket, Err(denial));
        }
        let standing = self.shared.core.intake.desk.query(query);
        self.await_asked(Box::pin(async move { Answer::Query(ticket, standing.await) }));
    }

    pub(super) fn cancel(&mut self, ticket: Ticket, cancel: Cancel, now: Now) {
        if let Err(denial) = self.may_ask(now) {
            return self.session.answer_operation(ticket, Err(denial));
        }
        let done = self.shared.core.intake.desk.cancel(cancel);
        self.await_asked(Box::pin(async move { Answer::Operation(ticket, done.await) }));
    }

    pub(super) fn replace(&mut self, ticket: Ticket, replace: Box<Replace>, now: Now) {
        if let Err(denial) = self.may_ask(now) {
            return self.session.answer_operation(ticket, Err(denial));
        }
        let done = self.shared.core.intake.desk.replace(replace);
        self.await_asked(Box::pin(async move { Answer::Operation(ticket, done.await) }));
    }

    pub(super) fn await_end(&mut self, transaction: Transaction<Ticket>) {
        let Transaction { ticket, id, end } = transaction;
        self.answers.push(Box::pin(async move {
            // Whoever would tell its end is gone when the node stops.
            let end = end.await.unwrap_or(TransactionEnd::Refused(Refusal::Stopping));
            Answer::Transaction(ticket, id, end)
        }));
    }

    /// What became of a text that the carrier took.
    pub(super) fn hear(&mut self, ticket: Ticket, receipt: Box<UpstreamReceipt>) {
        let Some(bound) = &self.bound else { return };
        let told = self.shared.core.upstream.tell(bound.carrier, None, receipt);
        self.answers.push(Box::pin(async move { Answer::Receipt(ticket, told.await) }));
    }

    pub(super) fn give_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Query(ticket, standing) => {
                self.asked -= 1;
                self.session.answer_query(ticket, standing);
            }
            Answer::Operation(ticket, done) => {
                self.asked -= 1;
                self.session.answer_operation(ticket, done);
            }
            Answer::Receipt(ticket, Ok(())) => self.session.accept_receipt(ticket),
            Answer::Receipt(ticket, Err(refusal)) => self.session.refuse_submit(ticket, refusal),
            Answer::Transaction(ticket, id, TransactionEnd::Delivered) => {
                self.metrics().submits.of(SubmitResult::Accepted).increment(1);
                self.session.accept_submit(ticket, id);
            }
            Answer::Transaction(ticket, _, TransactionEnd::Failed(outcome, dpf)) => {
                self.metrics().submits.of(SubmitResult::Undelivered).increment(1);
                self.session.fail_submit(ticket, &outcome, dpf);
            }
            Answer::Transaction(ticket, _, TransactionEnd::Refused(refusal)) => {
                self.metrics().submits.of(SubmitResult::Refused(refusal)).increment(1);
                self.session.refuse_submit(ticket, refusal);
            }
        }
    }

    /// Each question takes its part of the carrier's rate.
    fn may_ask(&self, now: Now) -> Result<(), Denial> {
        let bucket = self.bound.as_ref().map(|bound| &*bound.rate);
        let has_token = bucket.is_none_or(|bucket| {
            bucket.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take(now.instant)
        });
        if has_token && self.asked < MOST_ASKED { Ok(()) } else { Err(Denial::Throttled) }
    }

    fn await_asked(&mut self, answer: Awaited) {
        self.asked += 1;
        self.answers.push(answer);
    }
}

//! What comes over a bind of ours: texts, stored before they are answered, and receipts.

use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use iwf_model::{Now, Refusal, Submission, UpstreamReceipt};
use iwf_smpp::ClientTicket;

use super::Link;
use crate::intake::Settled;
use crate::telemetry::SubmitResult;

/// Texts on their way to the store.
pub(super) type Storing = BoxFuture<'static, Settled<ClientTicket>>;
/// A receipt on its way to who knows the message.
pub(super) type Heard = BoxFuture<'static, (ClientTicket, Result<(), Refusal>)>;

impl Link<'_> {
    /// Texts are taken as those of the carrier on its own binds are.
    pub(super) fn submit(&mut self, submits: Vec<(ClientTicket, Submission)>, now: Now) {
        let core = &self.shared.core;
        self.card.counts().texts.fetch_add(submits.len() as u64, Ordering::Relaxed);
        let rate = core.rates.of(&self.plan.carrier, now.instant);
        let taken = core.intake.take(submits, Some(&*rate), now);
        for (ticket, refusal) in taken.refused {
            core.metrics.submits.of(SubmitResult::Refused(refusal)).increment(1);
            self.client.refuse_submit(ticket, refusal);
        }
        for pending in taken.pending.into_iter().chain(taken.repeated) {
            self.storing.push_back(Box::pin(pending.settle()));
        }
    }

    /// Answers texts that are durable, and lets them go on.
    pub(super) fn settle(&mut self, stored: Settled<ClientTicket>) {
        let Settled { tickets, result } = stored;
        let (count, submits) = (tickets.len() as u64, &self.shared.core.metrics.submits);
        match &result {
            Ok(_) => submits.of(SubmitResult::Accepted).increment(count),
            Err(refusal) => submits.of(SubmitResult::Refused(*refusal)).increment(count),
        }
        for (ticket, id) in tickets {
            match &result {
                Ok(_) => self.client.accept_submit(ticket, id),
                Err(refusal) => self.client.refuse_submit(ticket, *refusal),
            }
        }
        // The answers go first; what is told of the texts goes by another request.
        let _ = self.write_some();
        drop(result);
    }

    /// What became of a text of ours.
    pub(super) fn hear(&mut self, ticket: ClientTicket, receipt: Box<UpstreamReceipt>) {
        self.card.counts().receipts.fetch_add(1, Ordering::Relaxed);
        let (carrier, connection) = (self.plan.carrier.id, self.plan.connection.id);
        let told = self.shared.core.upstream.tell(carrier, Some(connection), receipt);
        self.heard.push(Box::pin(async move { (ticket, told.await) }));
    }

    pub(super) fn answer(&mut self, ticket: ClientTicket, answer: Result<(), Refusal>) {
        match answer {
            Ok(()) => self.client.accept_receipt(ticket),
            Err(refusal) => self.client.refuse_submit(ticket, refusal),
        }
    }
}

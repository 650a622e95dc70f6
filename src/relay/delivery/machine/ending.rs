//! How a message ends, and what its origin is told.

use std::sync::Arc;

use iwf_model::{
    Awaited, CarrierId, Cause, ConnectionId, DeliveryState, Message, Mode, Notification, Origin, Outcome,
    Owed, PendingReceipt, Receipt, Recipient, Record, Step, Timestamp,
};

use super::{Action, Delivery};
use crate::notice::{notice_of_end, notice_of_reading};
use crate::pending_flags::pending_flag;
use crate::routing::Contents;

impl Delivery {
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<Action> {
        let code = self.progress.last.map_or(0, |last| last.code);
        // The origin of a transaction is told of its one attempt.
        let cause = if self.is_transaction() { Cause::NoAnswer } else { Cause::Expired };
        self.finish(DeliveryState::Failed, Outcome::new(cause, code), now)
    }

    pub(super) fn finish(&mut self, state: DeliveryState, outcome: Outcome, now: Timestamp) -> Vec<Action> {
        let without_attempt = matches!(outcome.cause, Cause::Expired | Cause::Cancelled | Cause::Replaced);
        let ended_attempt = self.state == DeliveryState::Attempting && !without_attempt;
        self.state = state;
        self.open.clear();
        // What made an expired message wait is what it ended of, and what its origin is told.
        let reason = self.progress.last.filter(|_| outcome.cause == Cause::Expired).unwrap_or(outcome);
        let end = End {
            at: now,
            outcome,
            attempts: self.progress.attempts.saturating_add(u16::from(ended_attempt)),
            in_doubt: self.progress.in_doubt,
            reason: reason.cause,
            via: self.via,
        };
        if self.message.notice().is_some() {
            return vec![Action::Forget(self.message.id, outcome.cause)];
        }
        let story = std::mem::take(&mut self.story);
        let mut actions: Vec<Action> = self.awaited(&end).collect();
        let state = outcome.cause.final_state();
        actions.extend(self.submitted().filter_map(|text| notice_of_end(text, state)).map(Action::Tell));
        if self.message.parts.is_empty() {
            actions.push(end.of(&self.message, story));
        } else {
            let whole = |part: &Arc<Message>| end.of(part, [&part.story[..], &story[..]].concat());
            actions.extend(self.message.parts.iter().map(whole));
        }
        actions.extend(self.flags(reason.cause));
        actions
    }

    /// What the origin is told when its message first has to wait, if it asked for that: of each part that asked.
    pub(super) fn notifications(&self, outcome: Outcome, now: Timestamp) -> impl Iterator<Item = Action> {
        self.submitted().filter_map(move |message| notification(message, outcome, now)).map(Action::Notify)
    }

    /// The delivery pending flags to be set when it ends or has to wait because of `cause`.
    pub(super) fn flags(&self, cause: Cause) -> impl Iterator<Item = Action> {
        let flags = self.submitted().filter_map(move |message| pending_flag(message, cause));
        flags.map(|(account, alert)| Action::Flag(account, Box::new(alert)))
    }

    /// What is to be kept of it because its origin wants to hear when it is read: of each part that asked.
    fn awaited(&self, end: &End) -> impl Iterator<Item = Action> {
        let is_delivered = end.outcome.cause == Cause::Delivered;
        let asked = self.submitted().filter(move |message| is_delivered && message.submission.receipt.read);
        asked.filter_map(|message| {
            let owed = match message.submission.origin {
                Origin::Carrier(carrier) => Owed::Receipt(end.told(carrier, message)),
                Origin::Account(_) => Owed::Notice(notice_of_reading(message)?),
            };
            Some(Action::Await(Box::new(Awaited {
                message: message.id,
                sent_as: self.message.id,
                reader: self.message.recipient,
                since: end.at,
                until: end.at.after(Awaited::LIFE),
                owed,
            })))
        })
    }

    /// What its origin submitted: itself, or its parts.
    fn submitted(&self) -> impl Iterator<Item = &Arc<Message>> {
        let itself = self.message.parts.is_empty().then_some(&self.message);
        self.message.parts.iter().chain(itself)
    }
}

fn notification(message: &Message, outcome: Outcome, now: Timestamp) -> Option<Box<Notification>> {
    let submission = &message.submission;
    let Origin::Carrier(carrier) = submission.origin else { return None };
    submission.receipt.intermediate.then(|| {
        Box::new(Notification {
            message: message.id,
            told_as: submission.options().told_as.unwrap_or(message.id),
            carrier,
            source: submission.source_as_submitted.clone(),
            destination: submission.destination_as_submitted.clone(),
            error: outcome.cause.error(),
            code: outcome.code,
            submitted_at: message.accepted_at,
            at: now,
            reference: submission.reference,
            service_type: submission.options().service_type.clone(),
        })
    })
}

/// How a message ended: the same for each part of a joined text.
struct End {
    at: Timestamp,
    outcome: Outcome,
    attempts: u16,
    in_doubt: bool,
    /// What made an expired message wait, or the cause of its end.
    reason: Cause,
    /// Over which connection it went last.
    via: Option<ConnectionId>,
}

impl End {
    /// The record of a message that ended so, and its receipt.
    fn of(&self, message: &Message, story: Vec<Step>) -> Action {
        let is_routed = matches!(message.recipient, Recipient::Route(_));
        let record = Record {
            message: message.id,
            origin: message.submission.origin,
            recipient: message.recipient,
            source: message.submission.source.to_string(),
            destination: message.submission.destination.to_string(),
            accepted_at: message.accepted_at,
            finished_at: self.at,
            state: self.outcome.cause.final_state(),
            cause: self.outcome.cause,
            reason: self.reason,
            via: self.via,
            code: self.outcome.code,
            attempts: self.attempts,
            in_doubt: self.in_doubt,
            text: is_routed.then(|| Contents::of(&message.submission).facts()),
            story,
        };
        Action::Finish(Box::new(record), self.receipt(message))
    }

    /// The receipt that is owed, if the origin asked to hear of this end. Of a transaction the answer to its submit
    /// has told.
    fn receipt(&self, message: &Message) -> Option<Box<PendingReceipt>> {
        let submission = &message.submission;
        let Origin::Carrier(carrier) = submission.origin else { return None };
        let state = self.outcome.cause.final_state();
        let wanted = submission.receipt.wants(state) && submission.options().mode != Mode::Transaction;
        wanted.then(|| {
            let receipt = self.told(carrier, message);
            Box::new(PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: self.at })
        })
    }

    /// The three digits of a receipt. Those of the system that could not deliver it say more than ours.
    fn error(&self) -> u16 {
        let theirs = u16::try_from(self.outcome.code).ok().filter(|code| (1..=999).contains(code));
        let ours = self.reason.error();
        if self.reason == Cause::Undelivered { theirs.unwrap_or(ours) } else { ours }
    }

    /// What a carrier is told of its message.
    fn told(&self, carrier: CarrierId, message: &Message) -> Receipt {
        let submission = &message.submission;
        Receipt {
            message: message.id,
            acknowledges: None,
            told_as: submission.options().told_as.unwrap_or(message.id),
            carrier,
            source: submission.source_as_submitted.clone(),
            destination: submission.destination_as_submitted.clone(),
            state: self.outcome.cause.final_state(),
            error: self.error(),
            code: self.outcome.code,
            submitted_at: message.accepted_at,
            done_at: self.at,
            reference: submission.reference,
            service_type: submission.options().service_type.clone(),
        }
    }
}

//! A message that leads on over connections: one after the other, until one takes it, and says what became of it.

use iwf_model::{Cause, Class, DeliveryState, Link, Outcome, Recipient, StepKind, Taken, Timestamp};

use super::{Action, Attempt, Delivery};

/// So often the same connection is asked again when it does not answer.
const MOST_SILENCES: u16 = 2;

impl Delivery {
    /// Of a round over connections the first is tried now: each of them would deliver it.
    pub(super) fn keep_others_for_later(&mut self) {
        if self.is_routed() {
            let others = self.open.drain(self.open.len().min(1)..);
            self.next_connections = others.map(|attempt| attempt.device).collect();
        }
    }

    pub(super) fn is_routed(&self) -> bool {
        matches!(self.message.recipient, Recipient::Route(_))
    }

    /// A connection failed: the next one is tried if that is allowed, and what somebody decided for good is the end.
    pub(super) fn next_connection(&mut self, outcome: Outcome, random: u32, now: Timestamp) -> Vec<Action> {
        if outcome.cause == Cause::NoAnswer {
            self.progress.in_doubt = true;
            self.tell(now, StepKind::InDoubt, String::from("it may have been taken"));
        }
        // Who did not answer may have it, and is asked again before another one is.
        let silent_again = outcome.cause == Cause::NoAnswer && self.progress.attempts >= MOST_SILENCES;
        if !outcome.cause.allows_next_route() && !silent_again {
            self.worst = Some(outcome);
            return self.end_round(random, now);
        }
        let Some(device) = self.next_connections.pop_front().filter(|_| !self.is_over(now)) else {
            return self.end_round(random, now);
        };
        self.open.push(Attempt { device, begun: false });
        vec![Action::Attempt(device)]
    }

    /// Another system has it, and says later what became of it.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Action> {
        self.state = DeliveryState::Taken;
        self.open.clear();
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        self.progress.taken = Some(Taken { connection: self.via, at: now });
        self.progress.due_at = self.message.expires_at.max(now).after(Link::UNCONFIRMED);
        vec![Action::Take(self.progress, self.new_steps())]
    }

    /// The system that took it has told how it ended, or never did.
    pub(super) fn end_taken(&mut self, outcome: Outcome, now: Timestamp) -> Vec<Action> {
        let delivered = outcome.cause.class() == Class::Done;
        let state = if delivered { DeliveryState::Delivered } else { DeliveryState::Failed };
        self.finish(state, outcome, now)
    }
}

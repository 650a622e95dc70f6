//! What its origin does with a message that is at rest.

use std::sync::Arc;

use iwf_model::{Cause, DeliveryState, Message, Outcome, StepKind, Timestamp};

use super::{Action, Delivery};

impl Delivery {
    /// Whether no attempt is under way: only then it may be taken back or changed, because nobody can have it.
    /// One that waits for its lane is at rest.
    pub fn is_at_rest(&self) -> bool {
        match self.state {
            DeliveryState::Accepted => true,
            DeliveryState::Attempting => self.none_begun(),
            DeliveryState::Taken | DeliveryState::Delivered | DeliveryState::Failed => false,
        }
    }

    pub(super) fn recalled(&mut self, cause: Cause, now: Timestamp) -> Vec<Action> {
        if !self.is_at_rest() {
            return Vec::new();
        }
        self.finish(DeliveryState::Failed, Outcome::new(cause, 0), now)
    }

    /// It goes on as `message`. What was heard of devices about the old text says nothing about the new one.
    pub(super) fn changed(&mut self, mut message: Message, now: Timestamp) -> Vec<Action> {
        if !self.is_at_rest() {
            return Vec::new();
        }
        let waits_on =
            self.state == DeliveryState::Accepted && self.progress.last.is_some() && !self.is_held(now);
        let held_until = message.submission.options().schedule.filter(|schedule| *schedule > now);
        self.progress.due_at = match held_until {
            Some(schedule) => schedule,
            None if waits_on => self.progress.due_at,
            None => now,
        };
        message.progress = self.progress;
        self.state = DeliveryState::Accepted;
        self.open.clear();
        self.closed_devices.clear();
        self.message = Arc::new(message);
        self.tell(now, StepKind::Changed, String::from("by its origin"));
        vec![Action::Change(Arc::clone(&self.message), self.new_steps())]
    }
}

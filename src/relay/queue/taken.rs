//! Messages that another system has taken: the store alone has them until that system tells their end.

use std::sync::Arc;

use iwf_model::{Message, Outcome};

use super::{At, Entry, Order, Queue};
use crate::delivery::Event;

impl Queue {
    /// The system that took a message tells how it ended; the message was read from the store. False: it was read while it
    /// was being taken, or has ended since, and has to be read again.
    pub fn confirm(
        &mut self,
        message: Arc<Message>,
        (outcome, detail): (Outcome, String),
        at: At,
        orders: &mut Vec<Order>,
    ) -> bool {
        let id = message.id;
        if self.ended.has(id) {
            return false;
        }
        self.entries.entry(id).or_insert_with(|| Entry::new(message, true));
        self.step(id, Event::Confirmed { outcome, detail }, at, orders);
        true
    }
}

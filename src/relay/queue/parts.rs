//! A joined text is one entry; the store and its origin know each of its parts.

use std::sync::Arc;

use iwf_model::{Cause, DeliveryState, Message, MessageId, Progress, Step};

use super::{Order, Queue};
use crate::pending_flags::pending_flag;

impl Queue {
    /// The entry that a message is in: its own, or that of the text it is a part of.
    pub fn entry_of(&self, id: MessageId) -> Option<MessageId> {
        self.parts.get(&id).copied().or_else(|| self.entries.contains_key(&id).then_some(id))
    }

    /// Whether a message that was read from the store is here, or ended since it was read.
    pub fn knows(&self, id: MessageId) -> bool {
        self.entry_of(id).is_some() || self.ended.has(id)
    }

    /// A message that came here waiting, because of `cause`, and still does: whoever wrote that it waits set no flag.
    pub(super) fn flag_again(&self, id: MessageId, cause: Cause, orders: &mut Vec<Order>) {
        let waiting = self.entries.get(&id).map(|entry| &entry.delivery);
        let Some(delivery) = waiting.filter(|it| it.state() == DeliveryState::Accepted) else { return };
        let flags = all(delivery.message()).filter_map(|message| pending_flag(message, cause));
        orders.extend(flags.map(|(account, alert)| Order::Flag(account, Box::new(alert))));
    }

    pub(super) fn list_parts(&mut self, message: &Message) {
        let others = message.parts.iter().map(|part| part.id).filter(|part| *part != message.id);
        self.parts.extend(others.map(|part| (part, message.id)));
    }

    pub(super) fn unlist_parts(&mut self, message: &Message) {
        for part in &message.parts {
            self.parts.remove(&part.id);
        }
    }
}

/// The messages of an entry that the store knows: the parts of a joined text, or the message itself.
pub(super) fn all(message: &Arc<Message>) -> impl Iterator<Item = &Arc<Message>> {
    let itself = message.parts.is_empty().then_some(message);
    message.parts.iter().chain(itself)
}

/// It waits again: each message of the entry does.
pub(super) fn postpone(
    message: &Arc<Message>,
    progress: Progress,
    steps: Vec<Step>,
    orders: &mut Vec<Order>,
) {
    for part in &message.parts {
        orders.push(Order::Postpone(part.id, progress, steps.clone()));
    }
    if message.parts.is_empty() {
        orders.push(Order::Postpone(message.id, progress, steps));
    }
}

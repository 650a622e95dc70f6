//! A joined text is one entry; the store and its origin know each of its parts.

use std::sync::Arc;

use iwf_model::{Message, MessageId, Progress, Step};

use super::{Order, Queue};

impl Queue {
    /// The entry that a message is in: its own, or that of the text it is a part of.
    pub fn entry_of(&self, id: MessageId) -> Option<MessageId> {
        self.parts.get(&id).copied().or_else(|| self.entries.contains_key(&id).then_some(id))
    }

    /// Whether a message that was read from the store is here, or ended since it was read.
    pub fn knows(&self, id: MessageId) -> bool {
        self.entry_of(id).is_some() || self.ended_meanwhile.contains(&id)
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

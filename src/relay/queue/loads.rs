//! What the store alone has: when it is read, and what memory has no room for.

use iwf_model::Recipient;

use super::Queue;

impl Queue {
    /// A read of waiting messages begins.
    pub fn begin_load(&mut self) {
        self.loads += 1;
    }

    /// A read has ended and what it brought was inserted.
    pub fn end_load(&mut self) {
        self.loads = self.loads.saturating_sub(1);
        if self.loads == 0 {
            self.ended_meanwhile.clear();
        }
    }

    /// Whether no more waiting messages are kept in memory.
    pub fn is_full(&self) -> bool {
        self.waiting_count >= self.most_waiting
    }

    /// Notes that the store holds waiting messages to this recipient that are not in memory.
    pub fn note_overflow(&mut self, recipient: Recipient) {
        self.overflowed.insert(recipient);
    }

    /// Whether some waiting messages are in the store alone: their end must be watched there.
    pub fn has_overflow(&self) -> bool {
        !self.overflowed.is_empty()
    }
}

//! What the store alone has: when it is read, what is forgotten of it, and what memory has no room for.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use iwf_model::{Message, MessageId, Recipient};

use super::Queue;

/// Something that began and will bring messages as they were then: a read of the store, or acceptances on their way
/// from their origins.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use]
pub struct Since(u64);

/// The messages that left since the first of all that is under way began: what it brings of them is old.
///
/// Each is forgotten when all that began before it left is over, so that something new may begin at any time.
#[derive(Debug, Default)]
pub(super) struct Left {
    next: u64,
    open: BTreeSet<u64>,
    /// What will be over when a message may be forgotten: all that began before this.
    messages: HashMap<MessageId, u64>,
    order: VecDeque<(u64, MessageId)>,
}

impl Left {
    fn begin(&mut self) -> Since {
        self.open.insert(self.next);
        self.next += 1;
        Since(self.next - 1)
    }

    fn end(&mut self, Since(begun): Since) {
        self.open.remove(&begun);
        let oldest = self.open.first().copied().unwrap_or(self.next);
        while let Some((until, id)) = self.order.front().copied().filter(|(until, _)| *until <= oldest) {
            self.order.pop_front();
            if self.messages.get(&id) == Some(&until) {
                self.messages.remove(&id);
            }
        }
    }

    /// A message leaves: remembered if something is under way that may bring it again.
    pub(super) fn note(&mut self, id: MessageId) {
        if !self.open.is_empty() && self.messages.insert(id, self.next) != Some(self.next) {
            self.order.push_back((self.next, id));
        }
    }

    pub(super) fn has(&self, id: MessageId) -> bool {
        self.messages.contains_key(&id)
    }
}

impl Queue {
    /// A read of waiting messages begins.
    pub fn begin_read(&mut self) -> Since {
        self.ended.begin()
    }

    /// A read is over, and what it brought was inserted.
    pub fn end_read(&mut self, read: Since) {
        self.ended.end(read);
    }

    /// From now on acceptances may be on their way here that nothing tells of but the store.
    pub fn begin_acceptances(&mut self) -> Since {
        self.read_before.begin()
    }

    /// All acceptances that were on their way when others began have come.
    pub fn end_acceptances(&mut self, acceptances: Since) {
        self.read_before.end(acceptances);
    }

    /// Whether something is remembered until acceptances have come.
    pub fn awaits_acceptances(&self) -> bool {
        !self.read_before.messages.is_empty()
    }

    /// Messages of the last run are read from now on, the oldest first. `takers` are those of them that take the place
    /// of others: an older one ends then and is not sent, as if the last run had lived to end it.
    pub fn begin_resume(&mut self, takers: impl IntoIterator<Item = Arc<Message>>) {
        self.places.begin_resume(takers);
    }

    /// All of the last run have been inserted.
    pub fn end_resume(&mut self) {
        self.places.end_resume();
    }

    /// Whether no more waiting messages are kept in memory.
    pub fn is_full(&self) -> bool {
        self.waiting_count >= self.most_waiting
    }

    /// Notes that the store holds waiting messages to this recipient that are not in memory.
    pub fn note_overflow(&mut self, recipient: Recipient) {
        self.overflowed.insert(recipient);
    }

    /// The routes under which messages wait, in memory or in the store alone.
    pub fn waiting_routes(&self) -> impl Iterator<Item = Recipient> {
        let waiting = self.waiting.keys().chain(&self.overflowed).copied();
        waiting.filter(|recipient| matches!(recipient, Recipient::Route(_)))
    }

    /// Whether some waiting messages are in the store alone: their end must be watched there.
    pub fn has_overflow(&self) -> bool {
        !self.overflowed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::id;

    #[test]
    fn a_message_is_forgotten_when_all_that_began_before_it_left_is_over() {
        let mut left = Left::default();
        left.note(id(1));
        assert!(!left.has(id(1)), "nothing could bring it again");
        let first = left.begin();
        left.note(id(1));
        let second = left.begin();
        left.note(id(2));
        left.end(first);
        assert_eq!((left.has(id(1)), left.has(id(2))), (false, true));
        left.end(second);
        assert!(left.messages.is_empty() && left.order.is_empty());
    }

    #[test]
    fn one_that_leaves_twice_is_remembered_for_the_second_time() {
        let mut left = Left::default();
        let first = left.begin();
        left.note(id(1));
        left.note(id(1));
        let second = left.begin();
        left.note(id(1));
        left.end(first);
        assert!(left.has(id(1)));
        left.end(second);
        assert!(left.messages.is_empty() && left.order.is_empty());
    }

    #[test]
    fn reads_without_a_pause_do_not_make_it_grow() {
        let mut left = Left::default();
        let mut open = left.begin();
        for counter in 0..10_000 {
            left.note(id(counter));
            let next = left.begin();
            left.end(std::mem::replace(&mut open, next));
            assert!(left.messages.len() <= 1 && left.order.len() <= 1, "{counter}");
        }
        left.end(open);
    }
}

//! Parts that the last run left and that were not read so far: whoever submits one again has its answer already.

use std::collections::{BTreeMap, HashMap};

use iwf_model::{MessageId, Part};

use super::recent::Trace;
use super::set::Key;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Foreseen(HashMap<Key, BTreeMap<u8, Trace>>);

impl Foreseen {
    /// Adds a part, in the order of ids. Gives the name of its text when that is whole with it.
    pub(super) fn add(&mut self, key: Key, part: &Part, message: MessageId) -> Option<MessageId> {
        let total = usize::from(key.total());
        let parts = self.0.entry(key).or_default();
        let trace = Trace::of(part, message);
        match parts.get(&part.number) {
            // Stored twice: the first has the answer.
            Some(known) if known.is_like(trace) => return None,
            // The reference is used again.
            Some(_) => parts.clear(),
            None => {}
        }
        parts.insert(part.number, trace);
        let leader = parts.values().map(|trace| trace.message()).min();
        leader.filter(|_| parts.len() >= total)
    }

    /// The message that holds the same part.
    pub(super) fn same(&self, key: &Key, part: &Part) -> Option<MessageId> {
        let known = self.0.get(key)?.get(&part.number)?;
        known.is_like(Trace::of(part, known.message())).then_some(known.message())
    }

    /// A part was read: from now on others know it.
    pub(super) fn read(&mut self, key: &Key, number: u8, message: MessageId) {
        let Some(parts) = self.0.get_mut(key) else { return };
        if parts.get(&number).is_some_and(|trace| trace.message() == message) {
            parts.remove(&number);
        }
        if parts.is_empty() {
            self.0.remove(key);
        }
    }

    /// All were read.
    pub(super) fn clear(&mut self) {
        self.0 = HashMap::new();
    }
}

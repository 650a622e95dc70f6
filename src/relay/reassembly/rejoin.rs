//! Texts that went on before, and are read from the store part by part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iwf_model::{Joined, Message, MessageId, Recipient};

use super::Rule;
use super::whole::{Fate, Fragment, whole};

/// The parts read so far, by the name of their text. Nothing is waited for: the others are in the store.
#[derive(Debug, Default)]
pub(super) struct Rejoining(BTreeMap<MessageId, BTreeMap<MessageId, Arc<Message>>>);

impl Rejoining {
    /// Adds a part; gives the text when it was the last.
    pub(super) fn add(
        &mut self,
        message: Arc<Message>,
        joined: Joined,
        rule: Rule,
    ) -> Option<(Arc<Message>, Fate)> {
        let parts = self.0.entry(joined.leader).or_default();
        parts.insert(message.id, message);
        if parts.len() < usize::from(joined.messages) {
            return None;
        }
        let mut parts: Vec<Arc<Message>> = self.0.remove(&joined.leader)?.into_values().collect();
        let number =
            |message: &Message| message.submission.options().part.as_ref().map_or(0, |part| part.number);
        // Stable: of doubles, which follow each other by id, the first stays the first.
        parts.sort_by_key(|message| number(message));
        Some((Arc::new(whole(parts, Fragment::Old(joined), rule)?), Fate::Resumed))
    }

    pub(super) fn recipients(&self) -> impl Iterator<Item = Recipient> {
        let first = self.0.values().filter_map(|parts| parts.values().next());
        first.map(|message| message.recipient).collect::<BTreeSet<_>>().into_iter()
    }
}

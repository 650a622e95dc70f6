//! Who takes whose place: replace_if_present_flag (SMPP 5.0 4.2.11) and the replace types (3GPP TS 23.040 9.2.3.9).
//!
//! Messages at rest are listed by what a later one is compared with, those that the store alone has included, so that
//! whoever takes a place finds it without looking at what else waits.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use iwf_model::{Message, MessageId};

use super::operations::is_of;

/// What messages have in common of which one may take the place of another, as a number: few others share it.
type Place = u64;

#[derive(Debug, Default)]
pub(super) struct Places {
    held: BTreeSet<(Place, MessageId)>,
    /// While those of the last run are read, who takes which place: what is older may come later.
    takers: Option<HashMap<Place, Arc<Message>>>,
}

impl Places {
    /// Lists a message under the places that it holds.
    pub(super) fn list(&mut self, message: &Message) {
        self.held.extend(held(message).map(|place| (place, message.id)));
    }

    /// It has ended.
    pub(super) fn unlist(&mut self, message: &Message) {
        for place in held(message) {
            self.held.remove(&(place, message.id));
        }
    }

    /// Takes a message that is looked for in the store off the places that `newer` takes: nobody else looks for it.
    pub(super) fn take(&mut self, id: MessageId, newer: &Message) {
        for place in wanted(newer) {
            self.held.remove(&(place, id));
        }
    }

    /// Older messages that may hold a place that this one takes.
    pub(super) fn before(&self, newer: &Message) -> Vec<MessageId> {
        let of = |place| {
            let older = self.held.range(..(place, newer.id)).rev();
            older.take_while(move |(other, _)| *other == place).map(|(_, id)| *id)
        };
        let mut older: Vec<MessageId> = wanted(newer).flat_map(of).collect();
        older.sort_unstable();
        older.dedup();
        older
    }

    /// Messages of the last run are read from now on; these take places.
    pub(super) fn begin_resume(&mut self, takers: impl IntoIterator<Item = Arc<Message>>) {
        self.takers = Some(HashMap::new());
        takers.into_iter().for_each(|taker| self.note_taker(&taker));
    }

    /// All of the last run are here or listed.
    pub(super) fn end_resume(&mut self) {
        self.takers = None;
    }

    /// Remembers who takes a place, as long as older ones may come later.
    pub(super) fn note_taker(&mut self, newer: &Arc<Message>) {
        let Some(takers) = &mut self.takers else { return };
        for place in wanted(newer) {
            let taker = takers.entry(place).or_insert_with(|| Arc::clone(newer));
            if taker.id < newer.id {
                *taker = Arc::clone(newer);
            }
        }
    }

    /// Whether a later message took its place before it came.
    pub(super) fn is_taken(&self, older: &Message) -> bool {
        let Some(takers) = &self.takers else { return false };
        held(older).filter_map(|place| takers.get(&place)).any(|newer| is_replaced(older, newer))
    }
}

/// What is compared beside sender and recipient.
#[derive(Hash)]
enum Kind<'a> {
    Service(&'a str),
    Type(u8),
}

/// The places that a message holds until it is replaced.
fn held(message: &Message) -> impl Iterator<Item = Place> {
    let options = message.submission.options();
    let of_type = options.replace_type.map(|number| place(message, &Kind::Type(number)));
    std::iter::once(place(message, &Kind::Service(&options.service_type))).chain(of_type)
}

/// The places that a message takes.
fn wanted(message: &Message) -> impl Iterator<Item = Place> {
    let options = message.submission.options();
    let of_service = options.replaces.then(|| place(message, &Kind::Service(&options.service_type)));
    let of_type = options.replace_type.map(|number| place(message, &Kind::Type(number)));
    of_service.into_iter().chain(of_type)
}

fn place(message: &Message, kind: &Kind<'_>) -> Place {
    let submission = &message.submission;
    let mut hasher = DefaultHasher::new();
    (submission.origin, &submission.source, submission.destination, kind).hash(&mut hasher);
    hasher.finish()
}

/// Older, of the same sender and recipient, and of the same service or the same replace type.
pub(super) fn is_replaced(older: &Message, newer: &Message) -> bool {
    let (old, new) = (&older.submission, &newer.submission);
    let (its, wishes) = (old.options(), new.options());
    let same_service = wishes.replaces && its.service_type == wishes.service_type;
    let same_type = wishes.replace_type.is_some() && its.replace_type == wishes.replace_type;
    older.id < newer.id
        && is_of(older, (new.origin, &new.source))
        && old.destination == new.destination
        && (same_service || same_type)
}

//! The parts of one text that are there so far.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use iwf_model::profile::MissingParts;
use iwf_model::{Address, Message, MessageId, Number, Origin, Part, PartKind, Submission, Timestamp};

use super::whole::{Fate, Fragment, whole};
use super::{Rule, recent::Trace};

/// What parts of one text have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    origin: Origin,
    source: Address,
    destination: Number,
    kind: PartKind,
    reference: u16,
    total: u8,
}

impl Key {
    pub(super) fn of(submission: &Submission, part: &Part) -> Self {
        Self {
            origin: submission.origin,
            source: submission.source.clone(),
            destination: submission.destination,
            kind: part.kind,
            reference: part.reference,
            total: part.total,
        }
    }

    pub(super) fn total(&self) -> u8 {
        self.total
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin
    }
}

/// How far a part has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is being stored.
    Promised,
    /// It is durable.
    Held,
}

#[derive(Debug)]
struct Slot {
    message: Arc<Message>,
    place: Place,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Set {
    key: Key,
    rule: Rule,
    slots: BTreeMap<u8, Slot>,
    /// Messages that were accepted and hold a part that is here already: they share its end.
    doubles: Vec<Arc<Message>>,
    octets: usize,
    last_moment: Instant,
    deadline: Instant,
    expires_at: Timestamp,
    closed: bool,
    /// Why it goes on as it is, when that is not by the rule.
    fate: Option<Fate>,
    late: bool,
}

impl Set {
    pub(super) fn new(key: Key, rule: Rule, last_moment: Instant) -> Self {
        Self {
            key,
            rule,
            slots: BTreeMap::new(),
            doubles: Vec::new(),
            octets: 0,
            last_moment,
            deadline: last_moment,
            expires_at: Timestamp::MAX,
            closed: false,
            fate: None,
            late: false,
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn rule(&self) -> Rule {
        self.rule
    }

    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// Until when it waits for its next part.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// When the first of its parts expires.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(super) fn has(&self, number: u8) -> bool {
        self.slots.contains_key(&number)
    }

    /// The message that holds the same part with the same octets.
    pub(super) fn same(&self, part: &Part) -> Option<MessageId> {
        let slot = self.slots.get(&part.number)?;
        let known = slot.message.submission.options().part.as_ref()?;
        (known == part).then_some(slot.message.id)
    }

    pub(super) fn add(&mut self, message: Arc<Message>, place: Place, now: Instant) {
        self.deadline = (now + self.rule.wait).min(self.last_moment);
        self.expires_at = self.expires_at.min(message.expires_at);
        let Some(part) = &message.submission.options().part else { return };
        let number = part.number;
        if self.slots.contains_key(&number) {
            self.doubles.push(message);
        } else {
            self.octets += part.octets.len();
            self.slots.insert(number, Slot { message, place });
        }
    }

    pub(super) fn hold(&mut self, message: MessageId) {
        if let Some(slot) = self.slots.values_mut().find(|slot| slot.message.id == message) {
            slot.place = Place::Held;
        }
    }

    /// Takes a message out again; tells which part it was.
    pub(super) fn remove(&mut self, message: MessageId) -> Option<u8> {
        let number =
            self.slots.iter().find(|(_, slot)| slot.message.id == message).map(|(number, _)| *number)?;
        let slot = self.slots.remove(&number)?;
        let octets = slot.message.submission.options().part.as_ref().map_or(0, |part| part.octets.len());
        self.octets = self.octets.saturating_sub(octets);
        Some(number)
    }

    pub(super) fn find(&self, message: MessageId) -> Option<&Arc<Message>> {
        self.members().find(|member| member.id == message)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.slots.values().map(|slot| &slot.message).chain(&self.doubles)
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// It holds one part whose text has gone on without it, and takes no other.
    pub(super) fn set_late(&mut self, fate: Fate) {
        (self.closed, self.late, self.fate) = (true, true, Some(fate));
    }

    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    pub(super) fn set_fate(&mut self, fate: Fate) {
        self.fate = Some(fate);
    }

    /// All of its parts were lost to a failed store.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn is_full(&self) -> bool {
        self.slots.len() >= usize::from(self.key.total)
    }

    /// Whether it may go on, or is empty and may go.
    pub(super) fn is_ready(&self) -> bool {
        let over = self.closed || self.is_full() || self.is_empty();
        over && self.slots.values().all(|slot| slot.place == Place::Held)
    }

    /// What becomes of it.
    pub(super) fn fate(&self) -> Fate {
        match (self.fate, self.rule.missing) {
            (Some(fate), _) => fate,
            (None, _) if self.is_full() => Fate::Complete,
            (None, MissingParts::Deliver) => Fate::Marked,
            (None, MissingParts::Fail) => Fate::Failed,
        }
    }

    /// What is to be remembered of its parts.
    pub(super) fn traces(&self) -> impl Iterator<Item = (u8, Trace)> {
        self.slots.iter().filter_map(|(number, slot)| {
            let part = slot.message.submission.options().part.as_ref()?;
            Some((*number, Trace::of(part, slot.message.id)))
        })
    }

    /// The message that it goes on as; none when it is empty.
    pub(super) fn whole(self, now: Timestamp) -> Option<(Arc<Message>, Fate)> {
        let fate = self.fate();
        let parts: Vec<Arc<Message>> =
            self.slots.into_values().map(|slot| slot.message).chain(self.doubles).collect();
        let message = whole(parts, Fragment::New { fate, now }, self.rule)?;
        Some((Arc::new(message), fate))
    }
}

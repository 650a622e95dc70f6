//! Parts of long texts: they are held until all are there, and go on as one message (interworking.md B.8).
//!
//! Each part is a message of its own: stored, answered, counted, with a record and a receipt. What is here is
//! derived from them, so that after a crash it is built again from the store.
//!
//! - [`Assembler::known`] and [`Assembler::offer`]: before a part is stored
//! - [`Assembler::hold`]: it is durable, and its origin was told so; [`Assembler::abandon`]: it could not be stored
//! - [`Assembler::foresee`], [`Assembler::resume`], [`Assembler::end_resume`]: the last run left it, it was read, all were
//! - [`Assembler::handle_timeout`]: what is missing does not come
//! - [`Assembler::poll_whole`]: what goes on
//!
//! What makes two parts belong to one text is `set::Key`. The encoding is not in it, because some senders
//! choose one for each part; neither is the bind, because parts come over several.

mod foreseen;
mod recent;
mod rejoin;
mod set;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iwf_model::profile::{MissingParts, Reading};
use iwf_model::{Message, MessageId, Now, Origin, Part, Recipient, Refusal, Step, StepKind, Timestamp};

use foreseen::Foreseen;
use recent::Recent;
use rejoin::Rejoining;
use set::{Key, Place, Set};
pub use whole::{Fate, GAP};

/// The most texts of one origin that wait for parts: an origin that opens sets and never fills them takes no more
/// memory than this (interworking.md B.8).
pub const MOST_SETS: usize = 10_000;
/// The most octets of one text: 255 parts of 140 octets fit.
pub const MOST_OCTETS: usize = 40 * 1024;
/// In all, a text is waited for so many times as long as for its next part.
const HARD_FACTOR: u32 = 5;

/// What a carrier's profile says about its long texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What becomes of the others.
    pub missing: MissingParts,
    /// How long the next part is waited for.
    pub wait: Duration,
    /// UTF-16 that can only be UTF-8 or little endian is read as that.
    pub sniffs: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self::from(&Reading::default())
    }
}

impl From<&Reading> for Rule {
    fn from(reading: &Reading) -> Self {
        Self { missing: reading.missing_parts, wait: reading.part_wait, sniffs: reading.sniffs }
    }
}

/// Holds parts, gives wholes.
#[derive(Debug, Default)]
pub struct Assembler {
    sets: BTreeMap<u64, Set>,
    /// The sets that take parts still.
    open: HashMap<Key, u64>,
    /// In which set a message is.
    members: HashMap<MessageId, u64>,
    of_origin: HashMap<Origin, usize>,
    deadlines: BTreeSet<(Instant, u64)>,
    expiries: BTreeSet<(Timestamp, u64)>,
    recent: Recent,
    foreseen: Foreseen,
    rejoining: Rejoining,
    ready: VecDeque<(Arc<Message>, Fate)>,
    last_set: u64,
}

/// Marks a message that is a part as held, before it is stored: it is not due by itself.
pub fn hold_back(message: &mut Message, now: Timestamp) {
    let Some(part) = &message.submission.options().part else { return };
    let detail = format!("part {} of {}, reference {}", part.number, part.total, part.reference);
    message.progress.due_at = Timestamp::MAX;
    message.story.push(Step { at: now, kind: StepKind::Held, detail });
}

impl Assembler {
    /// Whether the part was here before, with the same octets: the id it was given then.
    pub fn known(&mut self, message: &Message, now: Instant) -> Option<MessageId> {
        let (key, part) = place(message)?;
        let open = self.open.get(&key).and_then(|set| self.sets.get(set));
        let here = match open {
            Some(set) => set.same(part),
            None => self.recent.same(&key, part, now),
        };
        here.or_else(|| self.foreseen.same(&key, part))
    }

    /// Takes a part that is about to be stored, unless there is no room. It goes nowhere before [`Self::hold`].
    pub fn offer(&mut self, message: &Arc<Message>, rule: Rule, now: Now) -> Result<(), Refusal> {
        let Some((key, part)) = place(message) else { return Ok(()) };
        if let Some(id) = self.open.get(&key).copied()
            && let Some(set) = self.sets.get(&id)
        {
            if !set.has(part.number) {
                if set.octets() + part.octets.len() > MOST_OCTETS {
                    return Err(Refusal::QueueFull);
                }
                self.add(id, message, Place::Promised, now);
                return Ok(());
            }
            self.check_room(message)?;
            // The reference is used again: what the old text lacks will not come any more.
            self.close(id, now);
        }
        self.check_room(message)?;
        let late = self.recent.late(&key, part, message.id, now.instant);
        if late.is_none() {
            self.recent.forget(&key);
        }
        let id = self.open_set(key, rule, late, now);
        self.add(id, message, Place::Promised, now);
        Ok(())
    }

    /// The part is durable, and its origin was told so.
    pub fn hold(&mut self, message: MessageId, now: Now) {
        let Some(id) = self.members.get(&message).copied() else { return };
        if let Some(set) = self.sets.get_mut(&id) {
            set.hold(message);
        }
        self.release(id, now);
    }

    /// The part was not stored, and its origin was told so.
    pub fn abandon(&mut self, message: MessageId, now: Now) {
        let Some(id) = self.members.remove(&message) else { return };
        let Some(set) = self.sets.get_mut(&id) else { return };
        if let Some(number) = set.remove(message) {
            let key = set.key().clone();
            self.recent.forget_part(&key, number, message);
        }
        self.release(id, now);
    }

    /// The last run left this part, and it will be read. Parts come in the order of their ids, before anything is
    /// offered. Gives the name under which its text goes on, when the last part of that has come.
    pub fn foresee(&mut self, message: &Message) -> Option<MessageId> {
        let (key, part) = place(message)?;
        let leader = self.foreseen.add(key, part, message.id);
        message.progress.joined.map(|joined| joined.leader).or(leader)
    }

    /// All parts that the last run left were read.
    pub fn end_resume(&mut self) {
        self.foreseen.clear();
    }

    /// Takes a part that was read from the store.
    pub fn resume(&mut self, message: Arc<Message>, rule: Rule, now: Now) {
        if self.members.contains_key(&message.id) {
            return;
        }
        if let Some((key, part)) = place(&message) {
            self.foreseen.read(&key, part.number, message.id);
        }
        if let Some(joined) = message.progress.joined {
            let key = place(&message).map(|(key, _)| key);
            if let Some(whole) = self.rejoining.add(message, joined, rule) {
                if key.is_none_or(|key| !self.open.contains_key(&key)) {
                    self.recent.note_resumed(&whole.0, (rule, now.instant));
                }
                self.ready.push_back(whole);
            }
            return;
        }
        let Some((key, part)) = place(&message) else { return };
        let open = self.open.get(&key).copied().filter(|id| {
            let set = self.sets.get(id);
            set.is_some_and(|set| !set.has(part.number) || set.same(part).is_some())
        });
        let id = open.unwrap_or_else(|| {
            if let Some(recycled) = self.open.get(&key).copied() {
                self.close(recycled, now);
            }
            self.open_set(key, rule, None, now)
        });
        self.add(id, &message, Place::Held, now);
        self.release(id, now);
    }

    /// Time has passed: what is missing is waited for no longer, or the validity of a part is over.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some((_, id)) = self.deadlines.first().copied().filter(|(due, _)| *due <= now.instant) {
            self.close(id, now);
        }
        while let Some((_, id)) = self.expiries.first().copied().filter(|(due, _)| *due <= now.utc) {
            self.close(id, now);
        }
    }

    /// Ends the text that a held part belongs to, as taken back; tells whether there is one, and it is not closed.
    pub fn cancel(&mut self, message: MessageId, now: Now) -> bool {
        let Some(id) = self.members.get(&message).copied() else { return false };
        let Some(set) = self.sets.get_mut(&id).filter(|set| !set.is_closed()) else { return false };
        set.set_fate(Fate::Cancelled);
        self.close(id, now);
        true
    }

    /// A held message, as it was accepted.
    pub fn held(&self, message: MessageId) -> Option<&Arc<Message>> {
        self.sets.get(self.members.get(&message)?)?.find(message)
    }

    /// A message that goes on, and why it does now.
    pub fn poll_whole(&mut self) -> Option<(Arc<Message>, Fate)> {
        self.ready.pop_front()
    }

    /// How many texts wait for parts.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Recipients of texts that went on before, and of which not all parts were read so far.
    pub fn rejoining(&self) -> impl Iterator<Item = Recipient> {
        self.rejoining.recipients()
    }

    fn check_room(&self, message: &Message) -> Result<(), Refusal> {
        let open = self.of_origin.get(&message.submission.origin).copied().unwrap_or_default();
        if open < MOST_SETS { Ok(()) } else { Err(Refusal::QueueFull) }
    }

    /// A new set. One of a late part takes no other.
    fn open_set(&mut self, key: Key, rule: Rule, late: Option<Fate>, now: Now) -> u64 {
        self.last_set += 1;
        let id = self.last_set;
        *self.of_origin.entry(key.origin()).or_default() += 1;
        let mut set = Set::new(key.clone(), rule, now.instant + rule.wait * HARD_FACTOR);
        match late {
            Some(fate) => set.set_late(fate),
            None => drop(self.open.insert(key, id)),
        }
        self.sets.insert(id, set);
        id
    }

    fn add(&mut self, id: u64, message: &Arc<Message>, place: Place, now: Now) {
        let Some(set) = self.sets.get_mut(&id) else { return };
        self.deadlines.remove(&(set.deadline(), id));
        self.expiries.remove(&(set.expires_at(), id));
        set.add(Arc::clone(message), place, now.instant);
        if !set.is_closed() {
            self.deadlines.insert((set.deadline(), id));
            self.expiries.insert((set.expires_at(), id));
        }
        self.members.insert(message.id, id);
    }

    /// The set takes no more parts; it goes on when what it has is durable.
    fn close(&mut self, id: u64, now: Now) {
        if let Some(set) = self.sets.get_mut(&id) {
            set.close();
            self.deadlines.remove(&(set.deadline(), id));
            self.expiries.remove(&(set.expires_at(), id));
            if self.open.get(set.key()) == Some(&id) {
                self.open.remove(set.key());
            }
        }
        self.release(id, now);
    }

    /// Lets the set go on, if it is whole or closed, and all of it is durable.
    fn release(&mut self, id: u64, now: Now) {
        let Some(set) = self.sets.get(&id) else { return };
        if !set.is_ready() {
            return;
        }
        let Some(set) = self.sets.remove(&id) else { return };
        self.deadlines.remove(&(set.deadline(), id));
        self.expiries.remove(&(set.expires_at(), id));
        if self.open.get(set.key()) == Some(&id) {
            self.open.remove(set.key());
        }
        if let Some(count) = self.of_origin.get_mut(&set.key().origin()) {
            *count -= 1;
            if *count == 0 {
                self.of_origin.remove(&set.key().origin());
            }
        }
        for message in set.members() {
            self.members.remove(&message.id);
        }
        // What a newer text under the same reference is compared with is its own.
        if !set.is_empty() && !self.open.contains_key(set.key()) {
            self.recent.note(&set, now.instant);
        }
        self.ready.extend(set.whole(now.utc));
    }
}

/// To which text a message belongs, and as what.
fn place(message: &Message) -> Option<(Key, &Part)> {
    let part = message.submission.options().part.as_ref()?;
    Some((Key::of(&message.submission, part), part))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

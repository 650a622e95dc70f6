//! Texts that have gone on: their parts may come again, or late.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use iwf_model::{Message, MessageId, Part};

use super::set::{Key, Set};
use super::whole::Fate;
use super::{HARD_FACTOR, Rule};

/// A part of a complete text that comes again within this is a repetition: its answer was lost. Later, and it is
/// the beginning of another text of a sender whose reference never changes.
const REPETITION: Duration = Duration::from_secs(10);
/// A first part that comes again within this was sent twice at once. Later it may begin another text of such a sender.
const DOUBLED: Duration = Duration::from_secs(2);
/// The most texts that are remembered; the one that would be forgotten first gives way.
const MOST: usize = 10_000;

/// What is remembered of a part: enough to recognise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trace {
    message: MessageId,
    content: u64,
}

impl Trace {
    pub(super) fn of(part: &Part, message: MessageId) -> Self {
        let mut hasher = DefaultHasher::new();
        (part.encoding, &part.octets).hash(&mut hasher);
        Self { message, content: hasher.finish() }
    }

    pub(super) fn message(self) -> MessageId {
        self.message
    }

    /// Whether both have the same octets.
    pub(super) fn is_like(self, other: Self) -> bool {
        self.content == other.content
    }
}

#[derive(Debug)]
struct Gone {
    fate: Fate,
    parts: BTreeMap<u8, Trace>,
    went_on: Instant,
    until: Instant,
    /// It went on in an earlier run: all that was not answered then comes again.
    resumed: bool,
}

impl Gone {
    /// Whether a part like this one is where another text begins: senders whose reference never changes write texts
    /// that begin alike. The part that came last comes again because its answer was lost.
    fn begins_anew(&self, number: u8, known: Trace, now: Instant) -> bool {
        let was_last = self.parts.values().all(|other| other.message <= known.message);
        number == 1 && !was_last && !self.resumed && now >= self.went_on + DOUBLED
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Recent {
    texts: HashMap<Key, Gone>,
    ends: BTreeSet<(Instant, Key)>,
}

impl Recent {
    /// The message that held the same part, if this is that part again and not the beginning of another text.
    pub(super) fn same(&mut self, key: &Key, part: &Part, now: Instant) -> Option<MessageId> {
        let gone = self.find(key, now)?;
        let known = *gone.parts.get(&part.number)?;
        if gone.begins_anew(part.number, known, now) {
            return None;
        }
        known.is_like(Trace::of(part, known.message)).then_some(known.message)
    }

    /// What becomes of a part that its text has gone on without; none when it belongs to a new text.
    pub(super) fn late(&mut self, key: &Key, part: &Part, message: MessageId, now: Instant) -> Option<Fate> {
        let gone = self.find(key, now)?;
        let fate = match gone.fate {
            Fate::Marked => Fate::Late,
            Fate::Failed | Fate::Cancelled => gone.fate,
            Fate::Complete | Fate::Late | Fate::Resumed => return None,
        };
        if gone.parts.contains_key(&part.number) {
            return None;
        }
        gone.parts.insert(part.number, Trace::of(part, message));
        Some(fate)
    }

    pub(super) fn note(&mut self, set: &Set, now: Instant) {
        // A late part was noted with the text it came too late for.
        if set.is_late() {
            return;
        }
        self.put(set.key(), set.fate(), set.traces().collect(), (set.rule(), now));
    }

    /// A text that went on in an earlier run: its parts may come again all the same.
    pub(super) fn note_resumed(&mut self, whole: &Message, (rule, now): (Rule, Instant)) {
        let mut parts = BTreeMap::new();
        let mut key = None;
        for (message, part) in
            whole.parts.iter().filter_map(|it| Some((it, it.submission.options().part.as_ref()?)))
        {
            parts.entry(part.number).or_insert_with(|| Trace::of(part, message.id));
            key = Some((Key::of(&message.submission, part), part.total));
        }
        let late = whole.progress.joined.is_some_and(|joined| joined.late);
        if let Some((key, total)) = key.filter(|_| !late) {
            let is_full = parts.len() >= usize::from(total);
            self.put(&key, if is_full { Fate::Complete } else { Fate::Marked }, parts, (rule, now));
            if let Some(gone) = self.texts.get_mut(&key) {
                gone.resumed = true;
            }
        }
    }

    fn put(&mut self, key: &Key, fate: Fate, parts: BTreeMap<u8, Trace>, (rule, now): (Rule, Instant)) {
        self.forget(key);
        let until = now + if fate == Fate::Complete { REPETITION } else { rule.wait * HARD_FACTOR };
        self.sweep(now);
        self.ends.insert((until, key.clone()));
        self.texts.insert(key.clone(), Gone { fate, parts, went_on: now, until, resumed: false });
    }

    pub(super) fn forget(&mut self, key: &Key) {
        if let Some(gone) = self.texts.remove(key) {
            self.ends.remove(&(gone.until, key.clone()));
        }
    }

    /// A late part could not be stored: it may come again.
    pub(super) fn forget_part(&mut self, key: &Key, number: u8, message: MessageId) {
        if let Some(gone) = self.texts.get_mut(key)
            && gone.parts.get(&number).is_some_and(|trace| trace.message == message)
        {
            gone.parts.remove(&number);
        }
    }

    fn find(&mut self, key: &Key, now: Instant) -> Option<&mut Gone> {
        self.texts.get_mut(key).filter(|gone| gone.until > now)
    }

    /// Forgets what is over, and what there is no room for.
    fn sweep(&mut self, now: Instant) {
        while let Some((until, _)) = self.ends.first()
            && (*until <= now || self.ends.len() >= MOST)
        {
            if let Some((_, key)) = self.ends.pop_first() {
                self.texts.remove(&key);
            }
        }
    }
}

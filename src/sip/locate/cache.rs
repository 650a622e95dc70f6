//! What the DNS said, for as long as it holds, and longer where nobody says anything newer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Answer, Question, Record};

/// How a lookup ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Records, and how long they hold.
    Found(Vec<Record>, Duration),
    /// There are none, or there is no such name; how long that holds, where it was said.
    Absent(Option<Duration>),
    /// No answer, or one that can't be read.
    Failed,
}

/// What a lookup changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Learnt {
    /// There are records.
    Records,
    /// There are none.
    Absent,
    /// It failed; what was known before is used on.
    Stale,
    /// It failed, and nothing was known before.
    Failed,
}

/// Answers by question. A full one forgets what ends first.
#[derive(Debug)]
pub struct Cache {
    entries: BTreeMap<Question, Entry>,
    most: usize,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    holds_until: Instant,
    /// Until then it is better than nothing (RFC 8767 5).
    serves_until: Instant,
}

/// A shorter time to live would have us ask for every message.
const SHORTEST: Duration = Duration::from_secs(5);
/// A longer one would keep a mistake in a zone for days.
const LONGEST: Duration = Duration::from_secs(3600);
/// The longest that something is held to be absent.
const ABSENT: Duration = Duration::from_secs(30);
/// After a failure the resolver is left alone for so long, and what was known serves.
const AGAIN: Duration = Duration::from_secs(30);
/// The same where nothing was known: messages wait for the answer.
const AGAIN_SOON: Duration = Duration::from_secs(5);
/// How long an answer serves that could not be had anew.
const STALE: Duration = Duration::from_secs(86_400);

impl Cache {
    /// An empty one for at most `most` answers.
    pub fn new(most: usize) -> Self {
        Self { entries: BTreeMap::new(), most: most.max(1) }
    }

    /// What is known at this moment.
    pub fn look(&self, question: &Question, now: Instant) -> Option<&Answer> {
        self.entries.get(question).filter(|entry| entry.holds_until > now).map(|entry| &entry.answer)
    }

    /// Takes the end of a lookup.
    pub fn learn(&mut self, question: Question, lookup: Lookup, now: Instant) -> Learnt {
        let (answer, holds, learnt) = match lookup {
            Lookup::Found(records, ttl) if !records.is_empty() => {
                (Answer::Records(records), ttl.clamp(SHORTEST, LONGEST), Learnt::Records)
            }
            Lookup::Found(_, ttl) => (Answer::Absent, ttl.clamp(SHORTEST, ABSENT), Learnt::Absent),
            Lookup::Absent(ttl) => {
                (Answer::Absent, ttl.unwrap_or(ABSENT).clamp(SHORTEST, ABSENT), Learnt::Absent)
            }
            Lookup::Failed => {
                let known = self.entries.get_mut(&question);
                let useful = |entry: &&mut Entry| entry.serves_until > now && entry.answer != Answer::Failed;
                if let Some(known) = known.filter(useful) {
                    known.holds_until = now + AGAIN;
                    return Learnt::Stale;
                }
                (Answer::Failed, AGAIN_SOON, Learnt::Failed)
            }
        };
        self.make_room(now);
        let holds_until = now + holds;
        self.entries.insert(question, Entry { answer, holds_until, serves_until: holds_until + STALE });
        learnt
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn make_room(&mut self, now: Instant) {
        if self.entries.len() < self.most {
            return;
        }
        self.entries.retain(|_, entry| entry.serves_until > now);
        if self.entries.len() >= self.most {
            let first = self.entries.iter().min_by_key(|(_, entry)| entry.holds_until);
            if let Some(question) = first.map(|(question, _)| question.clone()) {
                self.entries.remove(&question);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn question(name: &str) -> Question {
        Question { name: name.into(), kind: Kind::A }
    }

    fn found(ttl: u64) -> Lookup {
        let address = Record::Address([192, 0, 2, 1].into());
        Lookup::Found(vec![address], Duration::from_secs(ttl))
    }

    /// For how many seconds, looked at second by second, an answer to `lookup` is given.
    fn holds(lookup: Lookup) -> u64 {
        let (mut cache, now) = (Cache::new(10), start());
        cache.learn(question("a"), lookup, now);
        let known = |second: &u64| cache.look(&question("a"), now + Duration::from_secs(*second)).is_some();
        (0..100_000).take_while(known).count() as u64
    }

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
        Instant::now()
    }

    #[test]
    fn an_answer_holds_as_long_as_it_says_but_for_the_extremes() {
        assert_eq!([0, 1, 60, 86_400].map(|ttl| holds(found(ttl))), [5, 5, 60, 3600]);
    }

    #[test]
    fn what_is_absent_is_asked_for_again_after_half_a_minute_at_the_latest() {
        let absent = |ttl: Option<u64>| holds(Lookup::Absent(ttl.map(Duration::from_secs)));
        assert_eq!([absent(None), absent(Some(0)), absent(Some(7)), absent(Some(3600))], [30, 5, 7, 30]);
        assert_eq!(holds(Lookup::Found(Vec::new(), Duration::from_secs(600))), 30);
    }

    #[test]
    fn a_failure_serves_what_was_known_for_a_day_and_asks_every_half_minute() {
        let (mut cache, mut now) = (Cache::new(10), start());
        cache.learn(question("a"), found(60), now);
        let expected = cache.look(&question("a"), now).cloned();
        now += Duration::from_secs(61);
        assert_eq!(cache.look(&question("a"), now), None, "it has to be asked again");
        for _ in 0..100 {
            assert_eq!(cache.learn(question("a"), Lookup::Failed, now), Learnt::Stale);
            assert_eq!(cache.look(&question("a"), now).cloned(), expected);
            now += Duration::from_secs(30);
            assert_eq!(cache.look(&question("a"), now), None);
        }
        now += Duration::from_secs(86_400);
        assert_eq!(cache.learn(question("a"), Lookup::Failed, now), Learnt::Failed);
    }

    #[test]
    fn a_failure_of_what_was_never_known_is_soon_tried_again() {
        assert_eq!(holds(Lookup::Failed), 5);
    }

    #[test]
    fn a_full_cache_forgets_what_ends_first() {
        let (mut cache, now) = (Cache::new(2), start());
        cache.learn(question("long"), found(600), now);
        cache.learn(question("short"), found(60), now);
        cache.learn(question("new"), found(300), now);
        assert_eq!(cache.len(), 2);
        assert!(cache.look(&question("long"), now).is_some() && cache.look(&question("new"), now).is_some());
    }
}

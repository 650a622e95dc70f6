//! Against guessing: who was wrong too often is not listened to for a while.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How many wrong digests within [`SPAN`] are too many.
const LIMIT: u8 = 5;
/// The span in which they are counted, and for which the guesser is then shut out.
const SPAN: Duration = Duration::from_secs(60);

/// Counts wrong digests by user and source address, for at most `capacity` pairs: the oldest give way.
#[derive(Debug)]
pub(super) struct Guard {
    wrong: BTreeMap<Guesser, Wrong>,
    oldest: VecDeque<(Instant, Guesser)>,
    capacity: usize,
}

/// A user name as somebody at an address claimed it (hashed: it may be long).
pub(super) type Guesser = (IpAddr, [u8; 16]);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    since: Instant,
    count: u8,
}

impl Guard {
    pub(super) fn new(capacity: usize) -> Self {
        Self { wrong: BTreeMap::new(), oldest: VecDeque::new(), capacity }
    }

    /// Whether this one is to be refused without a look at the digest.
    pub(super) fn is_shut_out(&self, guesser: &Guesser, now: Instant) -> bool {
        self.wrong.get(guesser).is_some_and(|wrong| wrong.count >= LIMIT && recent(wrong.since, now))
    }

    /// Counts a wrong digest. The one that reaches the limit starts the time of being shut out.
    pub(super) fn count(&mut self, guesser: Guesser, now: Instant) {
        self.forget(now);
        let wrong = self.wrong.entry(guesser).or_insert(Wrong { since: now, count: 0 });
        if !recent(wrong.since, now) {
            *wrong = Wrong { since: now, count: 0 };
        }
        wrong.count = wrong.count.saturating_add(1);
        let first = wrong.count == 1;
        if wrong.count == LIMIT {
            wrong.since = now;
        }
        if first || wrong.count == LIMIT {
            self.oldest.push_back((now, guesser));
        }
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, guesser)) = self.oldest.front().copied() {
            if recent(at, now) && self.wrong.len() < self.capacity {
                break;
            }
            self.oldest.pop_front();
            if self.wrong.get(&guesser).is_some_and(|wrong| wrong.since == at) {
                self.wrong.remove(&guesser);
            }
        }
    }
}

fn recent(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < SPAN
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    fn guesser(name: u8) -> Guesser {
        (IpAddr::from([127, 0, 0, 1]), [name; 16])
    }

    #[test]
    fn the_fifth_wrong_digest_in_a_minute_shuts_out_for_a_minute() {
        let (mut guard, start) = (Guard::new(10), Instant::now());
        for second in 0..5 {
            assert!(!guard.is_shut_out(&guesser(1), start));
            guard.count(guesser(1), start + Duration::from_secs(second));
        }
        let fifth = start + Duration::from_secs(4);
        assert!(guard.is_shut_out(&guesser(1), fifth + Duration::from_secs(59)));
        assert!(!guard.is_shut_out(&guesser(1), fifth + Duration::from_secs(60)));
        assert!(!guard.is_shut_out(&guesser(2), fifth), "others are not touched");
    }

    #[test]
    fn wrong_digests_far_apart_are_forgiven() {
        let (mut guard, start) = (Guard::new(10), Instant::now());
        for minute in 0..20 {
            let now = start + Duration::from_secs(minute * 61);
            guard.count(guesser(1), now);
            assert!(!guard.is_shut_out(&guesser(1), now));
        }
    }

    #[test]
    fn the_table_stays_bounded_and_empties() {
        let (mut guard, start) = (Guard::new(10), Instant::now());
        for name in 0..200 {
            guard.count(guesser(name), start);
            guard.count(guesser(name), start);
        }
        assert!(guard.wrong.len() <= 10 && guard.oldest.len() <= 20);
        guard.count(guesser(201), start + Duration::from_secs(61));
        assert_eq!((guard.wrong.len(), guard.oldest.len()), (1, 1));
    }
}

//! Which destinations work: those that do not are left alone for a while, and then tried by one request.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Destination;

/// What went wrong at a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There was no connection, or the network said that it is not there.
    Unreachable,
    /// It answered 503, and wished to be left alone for so long (RFC 3261 21.5.4).
    Overloaded(Option<Duration>),
    /// A request had no answer. Silence alone is no proof: a proxy whose phone is silent is silent itself
    /// (RFC 4320 4.1). It counts if nothing at all was heard since the request was sent.
    Silent {
        /// When that was.
        since: Instant,
    },
}

/// The destinations of late, and how they did.
#[derive(Debug)]
pub struct Standing {
    known: BTreeMap<Destination, Known>,
    most: usize,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    heard_at: Option<Instant>,
    /// Left alone until then; past it one request may try.
    rests_until: Option<Instant>,
    used_at: Instant,
}

/// How long a destination is left alone, where it does not say.
const REST: Duration = Duration::from_secs(30);
/// The longest wish that is followed.
const LONGEST_REST: Duration = Duration::from_secs(3600);
/// How long the one who tries it has: timer F.
const TRIAL: Duration = Duration::from_secs(32);

impl Standing {
    /// Of at most `most` destinations.
    pub fn new(most: usize) -> Self {
        Self { known: BTreeMap::new(), most: most.max(1) }
    }

    /// Whether a request may go there now. One that was left alone long enough is given to the first who asks,
    /// and to others once something was heard.
    pub fn admits(&mut self, destination: &Destination, now: Instant) -> bool {
        let known = self.entry(destination, now);
        match known.rests_until {
            Some(until) if until > now => false,
            Some(_) => {
                known.rests_until = Some(now + TRIAL);
                true
            }
            None => true,
        }
    }

    /// It answered, and with anything but 503.
    pub fn heard(&mut self, destination: &Destination, now: Instant) {
        let known = self.entry(destination, now);
        (known.heard_at, known.rests_until) = (Some(now), None);
    }

    /// Something went wrong there.
    pub fn failed(&mut self, destination: &Destination, trouble: Trouble, now: Instant) {
        let known = self.entry(destination, now);
        let rest = match trouble {
            Trouble::Unreachable => REST,
            Trouble::Overloaded(wish) => wish.unwrap_or(REST).min(LONGEST_REST),
            Trouble::Silent { since } if known.heard_at.is_some_and(|at| at >= since) => return,
            Trouble::Silent { .. } => REST,
        };
        known.rests_until = Some(now + rest);
    }

    /// How long until one of these may be tried: at least a second, and spread a little by `random`, so that
    /// what waits does not come back all at once.
    pub fn wait<'a>(
        &self,
        destinations: impl IntoIterator<Item = &'a Destination>,
        random: u32,
        now: Instant,
    ) -> Duration {
        let rests = destinations.into_iter().filter_map(|it| self.known.get(it)?.rests_until);
        let first = rests.min().map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let least = first.max(Duration::from_secs(1));
        least + least.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
    }

    /// How many are left alone now.
    pub fn resting(&self, now: Instant) -> usize {
        self.known.values().filter(|known| known.rests_until.is_some_and(|until| until > now)).count()
    }

    fn entry(&mut self, destination: &Destination, now: Instant) -> &mut Known {
        if self.known.len() >= self.most && !self.known.contains_key(destination) {
            // Of those that do well nothing is lost.
            let order = |(_, known): &(&Destination, &Known)| (known.rests_until.is_some(), known.used_at);
            if let Some(least) = self.known.iter().min_by_key(order).map(|(least, _)| least.clone()) {
                self.known.remove(&least);
            }
        }
        let fresh = Known { heard_at: None, rests_until: None, used_at: now };
        let known = self.known.entry(destination.clone()).or_insert(fresh);
        known.used_at = now;
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::Transport;

    fn destination(last: u8) -> Destination {
        Destination {
            transport: Transport::Udp,
            address: ([192, 0, 2, last], 5060).into(),
            domain: "example.com".into(),
        }
    }

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
        Instant::now()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_that_can_not_be_reached_rests_and_is_then_tried_by_one() {
        let (mut standing, one, now) = (Standing::new(10), destination(1), start());
        assert!(standing.admits(&one, now));
        standing.failed(&one, Trouble::Unreachable, now);
        assert!(!standing.admits(&one, now + seconds(29)));
        assert_eq!(standing.resting(now), 1);
        let later = now + seconds(30);
        assert!(standing.admits(&one, later), "the trial");
        assert!(!standing.admits(&one, later), "all others wait for its end");
        standing.heard(&one, later + seconds(1));
        assert!(standing.admits(&one, later + seconds(1)) && standing.admits(&one, later + seconds(1)));
        assert_eq!(standing.resting(later + seconds(1)), 0);
    }

    #[test]
    fn a_trial_that_fails_begins_the_rest_anew_and_one_that_is_lost_ends_by_itself() {
        let (mut standing, one, now) = (Standing::new(10), destination(1), start());
        standing.failed(&one, Trouble::Unreachable, now);
        let trial = now + seconds(31);
        assert!(standing.admits(&one, trial));
        standing.failed(&one, Trouble::Unreachable, trial);
        assert!(!standing.admits(&one, trial + seconds(29)));
        assert!(standing.admits(&one, trial + seconds(30)));
        assert!(standing.admits(&one, trial + seconds(30) + TRIAL));
    }

    /// RFC 3261 21.5.4, RFC 3263 4.3.
    #[test]
    fn a_503_is_followed_up_to_an_hour() {
        for (wish, rest) in [(None, 30), (Some(7), 7), (Some(100_000), 3600), (Some(0), 0)] {
            let (mut standing, one, now) = (Standing::new(10), destination(1), start());
            standing.failed(&one, Trouble::Overloaded(wish.map(seconds)), now);
            assert_eq!(standing.wait([&one], 0, now), seconds(rest.max(1)), "{wish:?}");
            assert!(standing.admits(&one, now + seconds(rest)));
        }
    }

    #[test]
    fn silence_counts_only_if_nothing_else_was_heard_meanwhile() {
        let (mut standing, one, sent) = (Standing::new(10), destination(1), start());
        standing.heard(&one, sent + seconds(3));
        let end = sent + seconds(32);
        standing.failed(&one, Trouble::Silent { since: sent }, end);
        assert!(standing.admits(&one, end), "another request was answered: it is there");
        standing.failed(&one, Trouble::Silent { since: sent + seconds(4) }, end);
        assert!(!standing.admits(&one, end));
    }

    #[test]
    fn what_waits_comes_back_spread_over_half_the_time() {
        let (mut standing, one, two, now) = (Standing::new(10), destination(1), destination(2), start());
        standing.failed(&one, Trouble::Overloaded(Some(seconds(100))), now);
        standing.failed(&two, Trouble::Overloaded(Some(seconds(40))), now);
        assert_eq!(standing.wait([&one, &two], 0, now), seconds(40));
        assert_eq!(standing.wait([&one, &two], u32::MAX, now), seconds(60));
    }

    #[test]
    fn a_full_table_forgets_first_those_that_do_well() {
        let (mut standing, now) = (Standing::new(2), start());
        standing.failed(&destination(1), Trouble::Unreachable, now);
        standing.heard(&destination(2), now + seconds(1));
        standing.heard(&destination(3), now + seconds(2));
        assert!(!standing.admits(&destination(1), now + seconds(3)));
    }
}

//! When a carrier that we call to bind to us (outbind) may be called again.

use std::time::{Duration, Instant};

/// The calls to one carrier: one at a time, less and less often while they come to nothing.
#[derive(Debug)]
pub struct Redial {
    /// The time between calls, at least, if the one under way comes to nothing.
    pause: Duration,
    /// When the call under way began.
    since: Option<Instant>,
    not_before: Option<Instant>,
}

/// Between two calls, always.
const SHORTEST: Duration = Duration::from_secs(30);
/// Between two calls that came to nothing, at most.
const LONGEST: Duration = Duration::from_secs(600);

impl Default for Redial {
    fn default() -> Self {
        Self { pause: SHORTEST, since: None, not_before: None }
    }
}

impl Redial {
    /// Begins a call; false when one is under way, or it is too early.
    pub fn begin(&mut self, now: Instant) -> bool {
        let may = self.since.is_none() && self.not_before.is_none_or(|moment| moment <= now);
        if may {
            self.since = Some(now);
        }
        may
    }

    /// The call has ended. `bound`: the carrier had bound to receive. A carrier that binds and leaves at once is called
    /// no more often than one that doesn't come for the first time.
    pub fn ended(&mut self, bound: bool, now: Instant) {
        let Some(since) = self.since.take() else { return };
        if bound {
            self.pause = SHORTEST;
            self.not_before = Some(since + SHORTEST);
        } else {
            self.not_before = Some(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST);
        }
    }

    /// Whether a call is under way.
    pub fn is_calling(&self) -> bool {
        self.since.is_some()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    /// The first second, from `now` on, at which a call begins.
    fn next(redial: &mut Redial, now: Instant) -> u64 {
        (0..1000).find(|second| redial.begin(now + Duration::from_secs(*second))).unwrap()
    }

    #[test]
    fn calls_that_come_to_nothing_are_30_seconds_apart_and_then_twice_as_long_up_to_10_minutes() {
        let (mut redial, mut now) = (Redial::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = next(&mut redial, now);
            pauses.push(pause);
            now += Duration::from_secs(pause + 5);
            redial.ended(false, now);
        }
        assert_eq!(pauses, [0, 30, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn a_call_that_ended_in_a_bind_makes_the_pauses_short_again() {
        let (mut redial, mut now) = (Redial::default(), Instant::now());
        for _ in 0..3 {
            now += Duration::from_secs(next(&mut redial, now));
            redial.ended(false, now);
        }
        now += Duration::from_secs(next(&mut redial, now));
        redial.ended(true, now + Duration::from_secs(3600));
        now += Duration::from_secs(3600);
        assert_eq!(next(&mut redial, now), 0, "it was long bound, and something waits anew");
        redial.ended(true, now + Duration::from_secs(1));
        assert_eq!(next(&mut redial, now), 30, "it binds and leaves");
        redial.ended(false, now);
        assert_eq!(next(&mut redial, now), 30);
    }

    #[test]
    fn there_is_one_call_at_a_time() {
        let (mut redial, now) = (Redial::default(), Instant::now());
        assert!(redial.begin(now) && redial.is_calling());
        assert!(!redial.begin(now + LONGEST * 2));
        redial.ended(false, now);
        assert!(!redial.is_calling() && !redial.begin(now));
        redial.ended(false, now + LONGEST);
        assert!(redial.begin(now + SHORTEST), "an end that was none changes nothing");
    }
}

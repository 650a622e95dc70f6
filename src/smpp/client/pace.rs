//! How fast texts go to a message centre that says that they come too fast (interworking.md A.13).

use std::time::{Duration, Instant};

/// The rate of one bind: as high as it was agreed until the peer minds, then lower than it was, then slowly higher again.
#[derive(Debug)]
pub(super) struct Pace {
    /// Parts in a thousand seconds, since the peer minded; `None`: it did not, or not for long.
    limit: Option<u64>,
    /// The same, as it was agreed.
    agreed: Option<u64>,
    /// How many may go now, in thousandths of a part.
    allowance: u64,
    /// Up to when it was counted.
    counted_at: Instant,
    /// How many went in the second that began then, and in the one before.
    second: (Instant, u64, u64),
    /// When the limit was changed last.
    changed_at: Instant,
    /// How many seconds nobody minded.
    quiet: u64,
    /// The peer is near congestion: no faster than now.
    holds: bool,
}

const SECOND: Duration = Duration::from_secs(1);
/// One part, in thousandths.
const ONE: u64 = 1000;
/// A rate below 5 in a second is mostly one that nobody wanted more of.
const TELLING: u64 = 5 * ONE;
/// After so many quiet seconds there is no limit any more.
const QUIET: u64 = 60;

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            limit: None,
            agreed: None,
            allowance: 0,
            counted_at: now,
            second: (now, 0, 0),
            changed_at: now,
            quiet: 0,
            holds: false,
        }
    }

    /// How many parts in a thousand seconds were agreed at most; `None`: any number.
    pub(super) fn agree(&mut self, agreed: Option<u64>, now: Instant) {
        if self.rate().is_none() {
            // What was not limited has saved up nothing.
            (self.counted_at, self.allowance) = (now, 0);
        }
        self.agreed = agreed.map(|rate| rate.max(1));
    }

    /// Whether a part may go now.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        self.grow(now);
        self.count(now);
        self.rate().is_none() || self.allowance >= ONE
    }

    fn rate(&self) -> Option<u64> {
        [self.limit, self.agreed].into_iter().flatten().min()
    }

    /// A part goes.
    pub(super) fn sent(&mut self, now: Instant) {
        self.turn(now);
        self.second.1 += 1;
        self.allowance = self.allowance.saturating_sub(ONE);
    }

    /// When a part may go that may not go now.
    pub(super) fn ready_at(&self) -> Option<Instant> {
        let limit = self.rate().filter(|_| self.allowance < ONE)?;
        let millis = (ONE - self.allowance).saturating_mul(1000).div_ceil(limit);
        Some(self.counted_at + Duration::from_millis(millis.max(1)))
    }

    /// The peer says that texts come too fast: four fifths of what they did. What it says of those that were on their way
    /// already says nothing new.
    pub(super) fn throttled(&mut self, now: Instant) {
        self.slow_down(4, 5, now);
    }

    /// How congested the peer says it is, in percent (congestion_state; SMPP 5.0 4.8.4.18): from 90 on half as fast, to be
    /// between 80 and 90 is what it wants.
    pub(super) fn congested(&mut self, percent: u8, now: Instant) {
        self.holds = percent >= 80;
        if percent >= 90 {
            self.slow_down(1, 2, now);
        }
    }

    fn slow_down(&mut self, numerator: u64, denominator: u64, now: Instant) {
        let (changed_at, is_limited) = (self.changed_at, self.limit.is_some());
        self.quiet = 0;
        if is_limited && now < changed_at + SECOND {
            return;
        }
        self.turn(now);
        let (_, current, last) = self.second;
        // The first time it is what really went, unless that was too little to tell.
        let measured = current.max(last).saturating_mul(ONE).max(TELLING);
        let rate = self.limit.unwrap_or(measured);
        self.limit = Some((rate * numerator / denominator).max(ONE));
        (self.changed_at, self.counted_at, self.allowance) = (now, now, 0);
    }

    /// A twentieth more for each second in which nobody minded.
    fn grow(&mut self, now: Instant) {
        while self.limit.is_some() && now >= self.changed_at + SECOND {
            self.changed_at += SECOND;
            if self.holds {
                continue;
            }
            self.quiet += 1;
            let more = |limit: u64| limit + (limit / 20).max(ONE / 20);
            self.limit = self.limit.filter(|_| self.quiet < QUIET).map(more);
        }
    }

    /// The allowance of a fifth of a second may be saved up.
    fn count(&mut self, now: Instant) {
        let Some(limit) = self.rate() else { return };
        let millis =
            u64::try_from(now.saturating_duration_since(self.counted_at).as_millis()).unwrap_or(u64::MAX);
        let earned = limit.saturating_mul(millis) / 1000;
        if earned > 0 {
            self.allowance = self.allowance.saturating_add(earned).min((limit / 5).max(ONE));
            self.counted_at = now;
        }
    }

    fn turn(&mut self, now: Instant) {
        let (began, count, _) = self.second;
        if now >= began + 2 * SECOND {
            self.second = (now, 0, 0);
        } else if now >= began + SECOND {
            self.second = (began + SECOND, 0, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many parts go in a second that begins then.
    fn in_a_second(pace: &mut Pace, from: Instant) -> u32 {
        let mut sent = 0;
        for millis in 0..1000 {
            let now = from + Duration::from_millis(millis);
            while sent < 100_000 && pace.allows(now) {
                pace.sent(now);
                sent += 1;
                if pace.rate().is_none() && sent % 10 == 0 {
                    break;
                }
            }
        }
        sent
    }

    #[test]
    fn what_is_throttled_goes_on_at_four_fifths_and_grows_by_a_twentieth_a_second() {
        let start = crate::testing::start();
        let mut pace = Pace::new(start);
        let at = |second| start + Duration::from_secs(second);
        let free = in_a_second(&mut pace, start);
        pace.throttled(at(1));
        pace.throttled(at(1));
        let first = in_a_second(&mut pace, at(1));
        assert!((free * 78 / 100..=free * 81 / 100).contains(&first), "{free} {first}");
        let second = in_a_second(&mut pace, at(2));
        assert!(second > first && second <= free * 86 / 100, "{first} {second}");
    }

    #[test]
    fn a_minute_without_complaint_lifts_the_limit() {
        let start = crate::testing::start();
        let mut pace = Pace::new(start);
        pace.sent(start);
        pace.throttled(start);
        assert!(!pace.allows(start));
        assert!(pace.ready_at().is_some_and(|at| at > start && at <= start + SECOND));
        assert!(pace.allows(start + Duration::from_secs(59)) && pace.limit.is_some());
        assert!(pace.allows(start + Duration::from_secs(60)) && pace.limit.is_none());
    }

    #[test]
    fn no_more_go_than_were_agreed() {
        let start = crate::testing::start();
        let mut pace = Pace::new(start);
        let at = |second| start + Duration::from_secs(second);
        pace.agree(Some(50 * ONE), start);
        assert_eq!(in_a_second(&mut pace, start), 49, "none was saved up");
        let sent = in_a_second(&mut pace, at(1));
        assert!((50..=51).contains(&sent), "{sent}");
        pace.throttled(at(2));
        assert!((39..=41).contains(&in_a_second(&mut pace, at(2))));
        assert!((50..=60).contains(&in_a_second(&mut pace, at(200))), "a fifth of a second is saved up");
        pace.agree(Some(ONE / 2), at(300));
        let slow: u32 = (300..310).map(|second| in_a_second(&mut pace, at(second))).sum();
        assert!((5..=12).contains(&slow), "{slow}: half a part a second");
        pace.agree(None, at(400));
        assert!(in_a_second(&mut pace, at(400)) > 1000);
    }

    #[test]
    fn a_congested_peer_gets_half_and_one_that_is_nearly_so_no_more_than_now() {
        let start = crate::testing::start();
        let mut pace = Pace::new(start);
        let at = |second| start + Duration::from_secs(second);
        let free = in_a_second(&mut pace, start);
        pace.congested(92, at(1));
        pace.congested(85, at(1));
        let halved = in_a_second(&mut pace, at(1));
        assert!((free * 48 / 100..=free * 51 / 100).contains(&halved), "{free} {halved}");
        let held = in_a_second(&mut pace, at(2));
        assert!(held.abs_diff(halved) <= halved / 100, "{halved} {held}");
        pace.congested(40, at(3));
        assert!(in_a_second(&mut pace, at(4)) > held * 101 / 100);
    }
}

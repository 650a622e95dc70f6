//! When a bind of ours that has ended, or was not made, is tried again (interworking.md A.14).

use std::time::Duration;

/// The tries of one bind: at once after an end in good order, less and less often while they come to nothing.
#[derive(Debug)]
pub struct Rebind {
    /// The time until the next try, if this one comes to nothing.
    pause: Duration,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryEnd {
    /// There was no connection, or no bind.
    Failed,
    /// The message centre refused us, and will until somebody changes something.
    Refused,
    /// The bind held for so long.
    Lost {
        /// How long.
        held: Duration,
        /// It was ended in good order.
        cleanly: bool,
    },
}

/// After the first that came to nothing.
const SHORTEST: Duration = Duration::from_secs(1);
/// Between two, at most.
const LONGEST: Duration = Duration::from_secs(60);
/// After a refusal that lasts, at least: who is asked again and again locks us out.
const REFUSED: Duration = Duration::from_secs(30);
/// A bind that held for so long worked.
const STEADY: Duration = Duration::from_secs(10);
/// Pauses differ by so many percent, so that what broke at one time does not come back at one time.
const JITTER: u32 = 20;

impl Default for Rebind {
    fn default() -> Self {
        Self { pause: SHORTEST }
    }
}

impl Rebind {
    /// How long to wait after a try that ended so; `random` is any number.
    pub fn after(&mut self, end: TryEnd, random: u32) -> Duration {
        let least = match end {
            TryEnd::Lost { held, cleanly } if held >= STEADY => {
                self.pause = SHORTEST;
                if cleanly {
                    return Duration::ZERO;
                }
                SHORTEST
            }
            TryEnd::Lost { .. } | TryEnd::Failed => SHORTEST,
            TryEnd::Refused => REFUSED,
        };
        let pause = self.pause.max(least);
        self.pause = (self.pause * 2).min(LONGEST);
        let percent = 100 - JITTER + random % (2 * JITTER + 1);
        (pause * percent / 100).max(least * u32::from(end == TryEnd::Refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEADILY: TryEnd = TryEnd::Lost { held: STEADY, cleanly: false };
    const CLEANLY: TryEnd = TryEnd::Lost { held: STEADY, cleanly: true };
    /// Leaves a pause as it is.
    const EVEN: u32 = JITTER;

    #[test]
    fn pauses_double_from_a_second_to_a_minute_and_begin_anew_after_a_bind_that_worked() {
        let mut rebind = Rebind::default();
        let seconds: Vec<_> = (0..8).map(|_| rebind.after(TryEnd::Failed, EVEN).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(rebind.after(STEADILY, EVEN), SHORTEST);
        assert_eq!(rebind.after(TryEnd::Failed, EVEN), 2 * SHORTEST);
    }

    #[test]
    fn a_bind_that_ended_in_good_order_is_made_again_at_once_unless_it_did_not_work() {
        let mut rebind = Rebind::default();
        assert_eq!(rebind.after(CLEANLY, EVEN), Duration::ZERO);
        let short = TryEnd::Lost { held: Duration::from_secs(1), cleanly: true };
        let seconds: Vec<_> = (0..3).map(|_| rebind.after(short, EVEN).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4], "who takes a bind and ends it is not asked at once again");
    }

    #[test]
    fn who_refuses_us_is_left_alone_for_half_a_minute() {
        let mut rebind = Rebind::default();
        for random in [0, EVEN, u32::MAX] {
            assert!(rebind.after(TryEnd::Refused, random) >= REFUSED);
        }
    }

    #[test]
    fn pauses_differ_by_a_fifth_at_most() {
        for random in (0..1000).chain([u32::MAX]) {
            let pause = Rebind::default().after(TryEnd::Failed, random);
            assert!((800..=1200).contains(&pause.as_millis()), "{pause:?}");
        }
    }
}

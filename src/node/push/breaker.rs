//! A provider that fails again and again is left alone for a while, and then tried with one push.

use std::time::{Duration, Instant};

/// Whether a provider is asked.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Nothing is sent before.
    shut_until: Option<Instant>,
}

/// Failures in a row that shut it.
const MOST: u32 = 5;
/// For how long.
const PAUSE: Duration = Duration::from_secs(30);

impl Breaker {
    /// Whether a push may be sent. After a pause the first one decides, and the others wait another pause.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        match self.shut_until {
            Some(moment) if now < moment => false,
            Some(_) => {
                self.shut_until = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// The provider answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not, or with an error of its own. True: this shut it.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        let shuts = self.failures == MOST;
        if self.failures >= MOST {
            self.shut_until = Some(now + PAUSE);
        }
        shuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_shut_it_and_one_push_opens_it_again() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        let shut: Vec<bool> = (0..5).map(|_| breaker.failed(start)).collect();
        assert_eq!(shut, [false, false, false, false, true]);
        assert!(!breaker.admits(start + PAUSE / 2));
        let later = start + PAUSE;
        assert!(breaker.admits(later), "one is tried");
        assert!(!breaker.admits(later), "and no other meanwhile");
        assert!(!breaker.failed(later), "it was shut before");
        assert!(!breaker.admits(later + PAUSE / 2));
        assert!(breaker.admits(later + PAUSE));
        breaker.succeeded();
        assert!(breaker.admits(later + PAUSE));
    }
}

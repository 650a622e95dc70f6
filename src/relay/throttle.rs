//! The rate a carrier agreed to, as a token bucket that is told the time.

use std::time::{Duration, Instant};

/// A bucket of one second's worth of tokens (at least 10), refilled continuously (interworking.md A.13).
#[derive(Debug)]
pub struct TokenBucket {
    rate: u32,
    /// Tokens times one million, so that a refill of any length is exact.
    micro_tokens: u64,
    refilled_at: Instant,
}

const MICRO: u64 = 1_000_000;

impl TokenBucket {
    /// A full bucket for `rate` tokens per second; 0 is no limit.
    pub fn new(rate: u32, now: Instant) -> Self {
        Self { rate, micro_tokens: Self::capacity(rate), refilled_at: now }
    }

    /// Changes the rate and keeps what is in the bucket, up to the new capacity.
    pub fn set_rate(&mut self, rate: u32) {
        self.rate = rate;
        self.micro_tokens = self.micro_tokens.min(Self::capacity(rate));
    }

    /// Takes one token; false when there is none.
    pub fn take(&mut self, now: Instant) -> bool {
        if self.rate == 0 {
            return true;
        }
        self.refill(now);
        let enough = self.micro_tokens >= MICRO;
        if enough {
            self.micro_tokens -= MICRO;
        }
        enough
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled_at).min(Duration::from_secs(60));
        let gained = elapsed.as_micros() as u64 * u64::from(self.rate);
        self.micro_tokens = self.micro_tokens.saturating_add(gained).min(Self::capacity(self.rate));
        self.refilled_at = self.refilled_at.max(now);
    }

    fn capacity(rate: u32) -> u64 {
        u64::from(rate.max(10)) * MICRO
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_burst_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(100, start);
        assert_eq!((0..200).filter(|_| bucket.take(start)).count(), 100);
        let later = start + Duration::from_millis(50);
        assert_eq!((0..200).filter(|_| bucket.take(later)).count(), 5);
    }

    #[test]
    fn slow_refills_are_not_lost_to_rounding() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(3, start);
        while bucket.take(start) {}
        let taken = (1..=3_000).filter(|i| bucket.take(start + Duration::from_micros(i * 1_000))).count();
        assert_eq!(taken, 9);
    }

    #[test]
    fn no_rate_is_no_limit_and_time_going_back_gives_nothing() {
        let start = Instant::now();
        let mut free = TokenBucket::new(0, start);
        assert!((0..10_000).all(|_| free.take(start)));
        let mut bucket = TokenBucket::new(10, start + Duration::from_secs(5));
        while bucket.take(start + Duration::from_secs(5)) {}
        assert!(!bucket.take(start));
    }
}

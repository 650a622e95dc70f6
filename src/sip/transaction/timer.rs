//! The timers of RFC 3261 table 4.

use std::time::{Duration, Instant};

use super::arena::{Key, Links, List};

/// The three values that all others follow from (RFC 3261 17.1.1.1, table 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Estimate of the round-trip time; 500 ms.
    pub t1: Duration,
    /// The longest interval between retransmissions of a non-INVITE request; 4 s.
    pub t2: Duration,
    /// How long a message stays in the network; 5 s.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timers {
    /// Timers F and J: 64 * T1, when a transaction is given up, and how long its answer is kept.
    pub fn transaction(self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// The interval of timer E after this one (RFC 3261 17.1.2.2).
    pub(crate) fn next_e(self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.t2)
    }

    /// When timer E of the other side has been reset to T2: no 100 over UDP before (RFC 4320 4.1).
    pub(crate) fn provisional(self) -> Duration {
        let (mut interval, mut sum) = (self.t1, Duration::ZERO);
        while interval < self.t2 && sum < self.transaction() {
            sum += interval;
            interval = self.next_e(interval).max(Duration::from_millis(1));
        }
        sum
    }
}

/// Why an endpoint wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerReason {
    /// Timer E: a request is to be sent again.
    Retransmit,
    /// Timer F: a request stays without a final response.
    Timeout,
    /// Timer J or K: a transaction has absorbed what it had to.
    Linger,
    /// A request is unanswered for so long that it gets a 100 (RFC 4320 4.1).
    Provisional,
    /// A request was never answered: its sender has given up.
    Abandon,
}

/// One timer that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    queue: usize,
    link: Key,
}

/// All timers of an endpoint. There are few different durations, and the clock does not go back, so each
/// duration has a queue that is in order by itself: setting, stopping and firing take constant time.
#[derive(Debug)]
pub(crate) struct TimerQueue<T> {
    links: Links<(Instant, TimerReason, T)>,
    queues: Vec<(Duration, List)>,
}

impl<T: Copy> TimerQueue<T> {
    pub(crate) fn new() -> Self {
        Self { links: Links::new(), queues: Vec::new() }
    }

    /// Sets a timer.
    pub(crate) fn set(&mut self, now: Instant, after: Duration, reason: TimerReason, owner: T) -> Running {
        let queue = self.queues.iter().position(|(duration, _)| *duration == after).unwrap_or_else(|| {
            self.queues.push((after, List::default()));
            self.queues.len() - 1
        });
        let mut unused = List::default();
        let list = self.queues.get_mut(queue).map_or(&mut unused, |(_, list)| list);
        Running { queue, link: self.links.push(list, (now + after, reason, owner)) }
    }

    /// Stops a timer; one that has fired is stopped already.
    pub(crate) fn stop(&mut self, timer: Running) {
        if let Some((_, list)) = self.queues.get_mut(timer.queue) {
            self.links.remove(list, timer.link);
        }
    }

    /// The timer that fires first.
    pub(crate) fn next(&self) -> Option<(Instant, TimerReason)> {
        let fronts = self.queues.iter().filter_map(|(_, list)| self.links.first(list));
        fronts.map(|(at, reason, _)| (*at, *reason)).min_by_key(|(at, _)| *at)
    }

    /// Takes the timer that fired first, if any has.
    pub(crate) fn fire(&mut self, now: Instant) -> Option<(TimerReason, T)> {
        let due = self.queues.iter_mut().filter_map(|(_, list)| {
            let (at, _, _) = self.links.first(list)?;
            (*at <= now).then_some((*at, list))
        });
        let (_, list) = due.min_by_key(|(at, _)| *at)?;
        self.links.pop(list).map(|(_, reason, owner)| (reason, owner))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a first instant has to come from the clock")]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn timers_fire_in_order_of_their_time_and_once() {
        let (mut timers, start) = (TimerQueue::new(), Instant::now());
        timers.set(start, 30 * MS, TimerReason::Timeout, 'c');
        timers.set(start, 10 * MS, TimerReason::Retransmit, 'a');
        let stopped = timers.set(start, 10 * MS, TimerReason::Retransmit, 'x');
        timers.set(start + 10 * MS, 10 * MS, TimerReason::Linger, 'b');
        timers.stop(stopped);
        timers.stop(stopped);
        assert_eq!(timers.next(), Some((start + 10 * MS, TimerReason::Retransmit)));
        assert_eq!(timers.fire(start + 9 * MS), None);
        let fired: Vec<_> = std::iter::from_fn(|| timers.fire(start + 30 * MS)).map(|(_, who)| who).collect();
        assert_eq!(fired, ['a', 'b', 'c']);
        assert_eq!(timers.next(), None);
    }

    /// RFC 4320 4.1 with the values of RFC 3261 table 4.
    #[test]
    fn a_provisional_response_has_to_wait_3500_ms() {
        assert_eq!(Timers::default().provisional(), 3500 * MS);
        assert_eq!(Timers::default().transaction(), 32_000 * MS);
    }
}

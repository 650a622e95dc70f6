//! Our requests that are not answered yet: bounded, matched by sequence number, and expiring.

use std::collections::VecDeque;
use std::time::Instant;

/// A bounded set of unanswered requests of one kind. All wait equally long, so the oldest is first.
#[derive(Debug)]
pub struct Window<T> {
    pending: VecDeque<Pending<T>>,
    limit: usize,
}

#[derive(Debug)]
struct Pending<T> {
    sequence: u32,
    deadline: Instant,
    request: T,
}

impl<T> Window<T> {
    /// A window for so many requests.
    pub fn new(limit: usize) -> Self {
        Self { pending: VecDeque::new(), limit }
    }

    /// How many more it takes.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.pending.len())
    }

    /// How many wait for an answer.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing waits for an answer.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Notes a request; false when the window is full. Deadlines must not go back.
    pub fn insert(&mut self, sequence: u32, request: T, deadline: Instant) -> bool {
        let fits = self.room() > 0;
        if fits {
            self.pending.push_back(Pending { sequence, deadline, request });
        }
        fits
    }

    /// The request a response belongs to. Peers mostly answer in order, so it is mostly the first.
    pub fn take(&mut self, sequence: u32) -> Option<T> {
        let place = self.pending.iter().position(|pending| pending.sequence == sequence)?;
        self.pending.remove(place).map(|pending| pending.request)
    }

    /// The oldest request if its time is over.
    pub fn expired(&mut self, now: Instant) -> Option<T> {
        let over = self.pending.front().is_some_and(|pending| pending.deadline <= now);
        if over { self.oldest() } else { None }
    }

    /// The oldest request, whatever its time.
    pub fn oldest(&mut self) -> Option<T> {
        self.pending.pop_front().map(|pending| pending.request)
    }

    /// Gives every request time until then at least: we did not read its answer.
    pub fn defer(&mut self, until: Instant) {
        for pending in &mut self.pending {
            pending.deadline = pending.deadline.max(until);
        }
    }

    /// When the oldest request's time is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.pending.front().map(|pending| pending.deadline)
    }
}

/// Gives our requests their numbers: 1 to 0x7FFFFFFF, then 1 again (SMPP 5.0 3.2.1.4).
#[derive(Debug, Default)]
pub struct Sequence(u32);

impl Sequence {
    /// The next number.
    pub fn advance(&mut self) -> u32 {
        self.0 = if self.0 >= 0x7FFF_FFFF { 1 } else { self.0 + 1 };
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_takes_as_many_as_it_may_and_matches_in_any_order() {
        let now = crate::testing::start();
        let mut window = Window::new(2);
        assert!(window.insert(1, 'a', now) && window.insert(2, 'b', now));
        assert!(!window.insert(3, 'c', now));
        assert_eq!((window.take(2), window.take(2), window.take(1)), (Some('b'), None, Some('a')));
        assert!(window.is_empty());
    }

    #[test]
    fn requests_expire_oldest_first() {
        let now = crate::testing::start();
        let later = now + Duration::from_secs(1);
        let mut window = Window::new(9);
        window.insert(1, 'a', now);
        window.insert(2, 'b', later);
        assert_eq!((window.expired(now), window.expired(now)), (Some('a'), None));
        assert_eq!(window.deadline(), Some(later));
    }

    #[test]
    fn numbers_wrap_to_1() {
        let mut sequence = Sequence(0x7FFF_FFFE);
        assert_eq!((sequence.advance(), sequence.advance()), (0x7FFF_FFFF, 1));
    }
}

//! Message ids, and the only randomness.

use std::sync::atomic::{AtomicU64, Ordering};

use iwf_model::{MessageId, Timestamp};

const PER_TICK: u64 = 100_000;

/// Gives out message ids: each larger than all before it, also across restarts and when the clock is set back.
#[derive(Debug)]
pub(crate) struct Ids {
    node: u8,
    /// `tick * PER_TICK + counter` of the last id.
    last: AtomicU64,
}

impl Ids {
    /// Goes on after `last`, the largest id that the store knows.
    pub(crate) fn new(node: u8, last: Option<MessageId>) -> Self {
        // The counter of the last id is not needed: the next tick is above all of its tick.
        let last = last.map_or(0, |id| (id.tick() + 1) * PER_TICK);
        Self { node, last: AtomicU64::new(last) }
    }

    /// The next id. More than 100,000 in 10 ms borrow from the ticks to come.
    pub(crate) fn next(&self, now: Timestamp) -> MessageId {
        let floor = MessageId::tick_at(now) * PER_TICK;
        let step = |last: u64| Some((last + 1).max(floor));
        let previous = match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(last) | Err(last) => last,
        };
        let value = (previous + 1).max(floor);
        MessageId::compose(value / PER_TICK, self.node, (value % PER_TICK) as u32)
            .expect("the node number is checked by the configuration, and ticks last beyond the year 2300")
    }
}

/// A number for a connection, unique within the run.
pub(crate) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Random numbers from the operating system, fetched in blocks.
pub(crate) struct Random {
    block: [u8; 512],
    used: usize,
}

impl Default for Random {
    fn default() -> Self {
        Self { block: [0; 512], used: 512 }
    }
}

impl Random {
    /// 64 random bits.
    pub(crate) fn u64(&mut self) -> u64 {
        if self.used + 8 > self.block.len() {
            fill(&mut self.block);
            self.used = 0;
        }
        let mut bits = [0; 8];
        bits.copy_from_slice(&self.block[self.used..self.used + 8]);
        self.used += 8;
        u64::from_le_bytes(bits)
    }

    /// 32 random bits.
    pub(crate) fn u32(&mut self) -> u32 {
        self.u64() as u32
    }
}

/// Fills a key or secret with random octets.
pub(crate) fn fill(octets: &mut [u8]) {
    getrandom::fill(octets).expect("the operating system has random numbers");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn ids_grow_even_when_the_clock_stands_or_goes_back() {
        let ids = Ids::new(7, None);
        let now = Timestamp::from_civil((2025, 3, 2), (0, 0, 0)).unwrap();
        let mut last = ids.next(now);
        for i in 0..300_000_u64 {
            let next = ids.next(now.before(Duration::from_micros(i)));
            assert!(next > last && next.node() == 7);
            last = next;
        }
    }

    #[test]
    fn a_restart_goes_on_above_what_was_stored() {
        let now = Timestamp::from_civil((2025, 3, 2), (0, 0, 0)).unwrap();
        let ids = Ids::new(0, None);
        let stored = (0..250_000).map(|_| ids.next(now)).last();
        assert!(Some(Ids::new(0, stored).next(now)) > stored);
    }
}

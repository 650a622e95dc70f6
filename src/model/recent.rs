//! What is remembered of many who come: counts that fade, in tables that stay bounded.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A count that loses one in each span of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leaky {
    count: u32,
    /// Since when the first of them has been leaking.
    since: Option<Instant>,
}

impl Leaky {
    /// What is left of it.
    pub fn level(&self, span: Duration, now: Instant) -> u32 {
        self.count.saturating_sub(self.leaked(span, now))
    }

    fn leaked(&self, span: Duration, now: Instant) -> u32 {
        let elapsed = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        u32::try_from(elapsed.as_micros() / span.as_micros().max(1)).unwrap_or(u32::MAX)
    }

    /// One more.
    pub fn add(&mut self, span: Duration, now: Instant) {
        let leaked = self.leaked(span, now);
        self.count = self.count.saturating_sub(leaked);
        self.since = match self.since {
            Some(since) if self.count > 0 => Some(since + span * leaked),
            _ => Some(now),
        };
        self.count = self.count.saturating_add(1);
    }

    /// How long until there are fewer than `limit`, with the one that would be added.
    pub fn until_below(&self, limit: u32, span: Duration, now: Instant) -> Duration {
        let excess = (self.count + 1).saturating_sub(limit);
        match self.since {
            Some(since) if excess > 0 => (since + span * excess).saturating_duration_since(now),
            _ => Duration::ZERO,
        }
    }
}

/// A table of bounded size: what was touched longest ago gives way.
#[derive(Debug)]
pub struct Recent<K, V> {
    entries: BTreeMap<K, (u64, V)>,
    order: BTreeMap<u64, K>,
    touches: u64,
    capacity: usize,
}

impl<K: Ord + Clone, V: Default> Recent<K, V> {
    /// Holds at most `capacity` keys.
    pub fn new(capacity: usize) -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), touches: 0, capacity }
    }

    /// What is remembered of a key.
    pub fn find(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// What is remembered of a key, which is now the one heard of last.
    pub fn touch(&mut self, key: &K) -> &mut V {
        if !self.entries.contains_key(key)
            && self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.touches += 1;
        let (touched, value) = self.entries.entry(key.clone()).or_default();
        self.order.remove(touched);
        *touched = self.touches;
        self.order.insert(self.touches, key.clone());
        value
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) {
        if let Some((touched, _)) = self.entries.remove(key) {
            self.order.remove(&touched);
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    #[test]
    fn a_count_loses_one_in_each_span() {
        let (mut count, start, span) = (Leaky::default(), Instant::now(), Duration::from_millis(20));
        (0..5).for_each(|_| count.add(span, start));
        assert_eq!(count.level(span, start + Duration::from_millis(19)), 5);
        assert_eq!(count.level(span, start + Duration::from_millis(60)), 2);
        assert_eq!(count.until_below(5, span, start), Duration::from_millis(20));
        assert_eq!(count.level(span, start + Duration::from_secs(9)), 0);
    }

    #[test]
    fn the_one_heard_of_longest_ago_gives_way() {
        let mut table: Recent<u8, u8> = Recent::new(2);
        *table.touch(&1) = 1;
        *table.touch(&2) = 2;
        *table.touch(&1) += 1;
        *table.touch(&3) = 3;
        assert_eq!((table.find(&1), table.find(&2), table.find(&3)), (Some(&2), None, Some(&3)));
        table.remove(&1);
        assert_eq!((table.len(), table.order.len()), (1, 1));
    }
}

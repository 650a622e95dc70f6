//! Which nonce counts were used: a window of 64 for each nonce, in a table of bounded size.

use std::collections::BTreeMap;

use iwf_model::Timestamp;

use super::nonce::{NONCE_LIFE, NonceName};

/// The counts used with each live nonce (RFC 7616 3.4, `nc`).
///
/// Ordered by the time of issue, so that the oldest goes first when the table is full. What was forgotten
/// is not forgiven: a nonce as old as one that was dropped counts as stale, and its owner asks for another.
#[derive(Debug)]
pub(super) struct Replay {
    used: BTreeMap<NonceName, Window>,
    capacity: usize,
    forgotten: Option<NonceName>,
}

/// The highest count seen, and which of the 64 up to it.
#[derive(Debug, Clone, Copy)]
struct Window {
    highest: u32,
    seen: u64,
}

impl Replay {
    pub(super) fn new(capacity: usize) -> Self {
        Self { used: BTreeMap::new(), capacity, forgotten: None }
    }

    /// Whether the nonce may be used at `now`, with any count.
    pub(super) fn is_live(&self, nonce: NonceName, now: Timestamp) -> bool {
        now.since(nonce.issued) < NONCE_LIFE
            && (self.used.contains_key(&nonce) || self.forgotten.is_none_or(|forgotten| nonce > forgotten))
    }

    /// Uses a count; false if it was used before, or is too far behind to know.
    pub(super) fn take(&mut self, nonce: NonceName, count: u32, now: Timestamp) -> bool {
        if let Some(window) = self.used.get_mut(&nonce) {
            return window.take(count);
        }
        while let Some(oldest) = self.used.first_entry() {
            let lapsed = now.since(oldest.key().issued) >= NONCE_LIFE;
            if !lapsed && self.used.len() < self.capacity {
                break;
            }
            self.forgotten = self.used.pop_first().map(|(nonce, _)| nonce).max(self.forgotten);
        }
        self.used.insert(nonce, Window { highest: count, seen: 1 });
        true
    }
}

impl Window {
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.seen = self.seen.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let Some(bit) = 1_u64.checked_shl(self.highest - count) else { return false };
        let fresh = self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::super::nonce::{issue, verify};
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_795_219_200_000_000);

    fn nonce(issued: Timestamp, salt: u64) -> NonceName {
        verify(&[0; 32], "r", &issue(&[0; 32], "r", issued, salt, [0; 4])).unwrap()
    }

    /// RFC 7616 3.4: the count lets the server detect replays.
    #[test]
    fn a_count_is_taken_once_in_any_order_within_the_window() {
        let mut replay = Replay::new(10);
        let nonce = nonce(NOW, 1);
        for count in [1, 3, 2, 70] {
            assert!(replay.take(nonce, count, NOW), "{count}");
        }
        for count in [1, 2, 3, 70, 6] {
            assert!(!replay.take(nonce, count, NOW), "{count}");
        }
        assert!(replay.take(nonce, 7, NOW));
        assert!(replay.take(nonce, u32::MAX, NOW));
        assert!(!replay.take(nonce, 70, NOW));
    }

    #[test]
    fn a_nonce_lives_300_seconds() {
        let replay = Replay::new(10);
        let nonce = nonce(NOW, 1);
        assert!(replay.is_live(nonce, NOW.after(Duration::from_secs(299))));
        assert!(!replay.is_live(nonce, NOW.after(Duration::from_secs(300))));
    }

    #[test]
    fn what_a_full_table_forgot_can_not_be_replayed() {
        let mut replay = Replay::new(2);
        let [a, b, c] = [1, 2, 3].map(|salt| nonce(NOW.after(Duration::from_secs(salt)), salt));
        for nonce in [a, b, c] {
            assert!(replay.take(nonce, 1, NOW));
        }
        assert!(!replay.is_live(a, NOW), "forgotten, so not live");
        assert!(replay.is_live(b, NOW) && replay.is_live(c, NOW));
        assert_eq!(replay.used.len(), 2);
    }

    #[test]
    fn lapsed_nonces_make_room() {
        let mut replay = Replay::new(100);
        for salt in 0..50 {
            replay.take(nonce(NOW, salt), 1, NOW);
        }
        let later = NOW.after(Duration::from_secs(301));
        replay.take(nonce(later, 1), 1, later);
        assert_eq!(replay.used.len(), 1);
    }
}

//! Identifiers. Each is its own type, so that a carrier can't be taken for an account.

use std::fmt;
use std::str::FromStr;

use crate::time::Timestamp;

/// Names one accepted message, everywhere: in `submit_sm_resp`, receipts, Call-ID, records and logs.
///
/// Always 18 decimal digits, the first 1-9 (interworking.md E.4): 11 digits of 10 ms ticks, 2 digits
/// of node, 5 digits of a counter. Decimal, because some clients convert whatever looks hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(u64);

impl MessageId {
    /// The smallest and the largest value of 18 digits.
    pub const RANGE: std::ops::RangeInclusive<u64> = 100_000_000_000_000_000..=999_999_999_999_999_999;

    /// Composes an id. `tick` counts 10 ms since 2025-01-01 UTC; `node` is 0-99, `counter` 0-99,999.
    /// Returns `None` when a part is out of its range (the ticks last beyond the year 2300).
    pub fn compose(tick: u64, node: u8, counter: u32) -> Option<Self> {
        let first = tick.checked_add(10_000_000_000)?;
        if first > 99_999_999_999 || node > 99 || counter > 99_999 {
            return None;
        }
        Some(Self(first * 10_000_000 + u64::from(node) * 100_000 + u64::from(counter)))
    }

    /// The tick of a moment, in which ids are made then; that of the beginning for moments before it.
    pub fn tick_at(moment: Timestamp) -> u64 {
        // 2025-01-01 UTC, and the length of a tick, in microseconds.
        const EPOCH: i64 = 1_735_689_600_000_000;
        const TICK: i64 = 10_000;
        u64::try_from((moment.as_micros() - EPOCH) / TICK).unwrap_or(0)
    }

    /// The last id that may be older than a moment: what was accepted from then on has a larger one. `None`: all do.
    pub fn last_before(moment: Timestamp) -> Option<Self> {
        Self::compose(Self::tick_at(moment).checked_sub(1)?, 99, 99_999)
    }

    /// The tick (10 ms since 2025-01-01 UTC) in which the id was made.
    pub fn tick(self) -> u64 {
        self.0 / 10_000_000 - 10_000_000_000
    }

    /// The node that made the id, 0-99.
    pub fn node(self) -> u8 {
        (self.0 / 100_000 % 100) as u8
    }

    /// Takes a stored number; `None` unless it has 18 digits.
    pub fn from_u64(value: u64) -> Option<Self> {
        Self::RANGE.contains(&value).then_some(Self(value))
    }

    /// The reference by which the parts of its text belong together: different in texts that follow one another,
    /// the same when a text is sent again, so that who has half of it can complete it.
    pub fn text_reference(self) -> u16 {
        (self.tick().wrapping_add(self.as_u64() % 100_000) & 0xFFFF) as u16
    }

    /// The number, as stored.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The text is not an id of ours: 18 decimal digits, the first not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message id has 18 decimal digits")]
pub struct NotAMessageId;

impl FromStr for MessageId {
    type Err = NotAMessageId;

    fn from_str(text: &str) -> Result<Self, NotAMessageId> {
        if text.len() != 18 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAMessageId);
        }
        text.parse().ok().and_then(Self::from_u64).ok_or(NotAMessageId)
    }
}

/// Names a carrier in the store; survives a change of its name or system_id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CarrierId(pub i64);

/// Names an account in the store; survives a change of its username or numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub i64);

/// Names a connection in the store; survives a change of all else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub i64);

/// Names a route in the store; survives a change of all else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_18_digits_and_gives_back_its_parts() {
        let id = MessageId::compose(5_961_234_567, 7, 42).unwrap();
        assert_eq!(id.to_string().len(), 18);
        assert_eq!((id.tick(), id.node()), (5_961_234_567, 7));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn what_is_accepted_from_a_moment_on_has_a_larger_id_than_what_came_before() {
        let moment = Timestamp::from_civil((2026, 11, 21), (22, 0, 0)).unwrap();
        let tick = MessageId::tick_at(moment);
        let before = MessageId::last_before(moment).unwrap();
        assert!(before < MessageId::compose(tick, 0, 0).unwrap());
        assert!(before >= MessageId::compose(tick - 1, 99, 99_999).unwrap());
        assert_eq!(MessageId::last_before(Timestamp::from_micros(0)), None);
    }

    #[test]
    fn ids_grow_with_time_before_node_and_counter() {
        let early = MessageId::compose(1, 99, 99_999).unwrap();
        let late = MessageId::compose(2, 0, 0).unwrap();
        assert!(early < late);
    }

    #[test]
    fn parts_out_of_range_make_no_id() {
        assert_eq!(MessageId::compose(u64::MAX, 0, 0), None);
        assert_eq!(MessageId::compose(0, 100, 0), None);
        assert_eq!(MessageId::compose(0, 0, 100_000), None);
        for text in
            ["", "12345678901234567", "012345678901234567", "12345678901234567a", "+23456789012345678"]
        {
            assert_eq!(text.parse::<MessageId>(), Err(NotAMessageId), "{text}");
        }
    }
}

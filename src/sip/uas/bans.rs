//! Who was turned away, and what of it an operator is told: all is counted, and the beginning of each ban is said,
//! not too often.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use iwf_model::recent::{Leaky, Recent};

/// Why somebody was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turned {
    /// It calls itself a scanner: no answer.
    Scanner,
    /// Too many requests without proof from one address: no answer.
    Flood,
    /// The name was guessed at from there: 403.
    User,
    /// Many names were tried from there: 500 with Retry-After.
    Address,
}

impl Turned {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Scanner, Self::Flood, Self::User, Self::Address];

    /// The word used in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Flood => "flood",
            Self::User => "user",
            Self::Address => "address",
        }
    }
}

/// What an operator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Why.
    pub turned: Turned,
    /// Whom.
    pub address: IpAddr,
    /// The user name that was claimed; at most 64 characters of it.
    pub user: String,
    /// How many bans were not told since the last one that was.
    pub untold: u64,
}

/// Counts, and keeps what is to be told.
#[derive(Debug)]
pub(super) struct Bans {
    counts: [u64; Turned::ALL.len()],
    told: Recent<(Turned, IpAddr, String), Option<Instant>>,
    pace: Leaky,
    untold: u64,
    waiting: VecDeque<Ban>,
}

/// The same is told again after so long.
const AGAIN: Duration = Duration::from_secs(600);
/// So many in a row, then one in each span.
const IN_A_ROW: u32 = 10;
const SPAN: Duration = Duration::from_secs(6);
/// The most that are remembered as told.
const TOLD: usize = 1000;

impl Bans {
    pub(super) fn new() -> Self {
        Self {
            counts: [0; Turned::ALL.len()],
            told: Recent::new(TOLD),
            pace: Leaky::default(),
            untold: 0,
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn count(&self, turned: Turned) -> u64 {
        self.counts.get(turned as usize).copied().unwrap_or(0)
    }

    /// Somebody was turned away.
    pub(super) fn add(&mut self, turned: Turned) {
        if let Some(count) = self.counts.get_mut(turned as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Somebody is turned away from now on.
    pub(super) fn begin(&mut self, turned: Turned, address: IpAddr, user: &str, now: Instant) {
        let user: String = user.chars().take(64).collect();
        let told = self.told.touch(&(turned, address, user.clone()));
        if told.is_some_and(|at| now.saturating_duration_since(at) < AGAIN) {
            return;
        }
        *told = Some(now);
        if self.pace.level(SPAN, now) >= IN_A_ROW {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        self.pace.add(SPAN, now);
        self.waiting.push_back(Ban { turned, address, user, untold: std::mem::take(&mut self.untold) });
    }

    pub(super) fn poll(&mut self) -> Option<Ban> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    fn address(host: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, host])
    }

    #[test]
    fn a_ban_is_told_once_in_ten_minutes() {
        let (mut bans, start) = (Bans::new(), Instant::now());
        bans.begin(Turned::User, address(1), "bob", start);
        bans.begin(Turned::User, address(1), "bob", start + Duration::from_secs(599));
        let told = Ban { turned: Turned::User, address: address(1), user: "bob".into(), untold: 0 };
        assert_eq!((bans.poll(), bans.poll()), (Some(told.clone()), None));
        bans.begin(Turned::User, address(1), "bob", start + AGAIN);
        assert_eq!(bans.poll(), Some(told));
    }

    #[test]
    fn many_bans_are_few_lines_and_a_number() {
        let (mut bans, start) = (Bans::new(), Instant::now());
        (0..100).for_each(|host| bans.begin(Turned::Scanner, address(host), "", start));
        assert_eq!(std::iter::from_fn(|| bans.poll()).count(), 10);
        bans.begin(Turned::Scanner, address(200), "", start + SPAN);
        assert_eq!(bans.poll().map(|ban| ban.untold), Some(90));
    }

    #[test]
    fn each_reason_is_counted_for_itself() {
        let mut bans = Bans::new();
        for (times, turned) in Turned::ALL.into_iter().enumerate() {
            (0..times).for_each(|_| bans.add(turned));
        }
        assert_eq!(Turned::ALL.map(|turned| bans.count(turned)), [0, 1, 2, 3]);
    }
}

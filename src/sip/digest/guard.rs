//! Against guessing: who was wrong too often is not listened to for a while.
//!
//! Only digests with a nonce that was sent to the very address are counted (`nonce`), so nobody can be made a guesser by
//! somebody elsewhere. Behind one address there may be many honest users and a guesser. So a name is shut out at an
//! address for what was wrong with that name there; and where many names are tried, only those that were never right
//! there wait. The device that is registered over a flow is listened to on it whatever others behind its NAT do.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use iwf_model::network::neighbourhood;
use iwf_model::recent::{Leaky, Recent};

/// How many wrong digests of one name within [`SPAN`] are too many.
const LIMIT: u8 = 5;
/// The span in which they are counted, and for which the name is shut out for the first time; then for twice as long.
const SPAN: Duration = Duration::from_secs(60);
/// How often it is doubled at most: 16 minutes.
const DOUBLINGS: u32 = 4;
/// After so long without, it begins with [`SPAN`] again.
const FORGIVEN: Duration = Duration::from_secs(3600);
/// How many wrong digests of names that were never right there an address may have, and how fast they are forgotten.
const ADDRESS_LIMIT: u32 = 30;
const ADDRESS_SPAN: Duration = Duration::from_secs(2);

/// Counts wrong digests by name and address, and by address, in tables of bounded size: the oldest give way.
#[derive(Debug)]
pub(super) struct Guard {
    wrong: Recent<Guesser, Wrong>,
    addresses: Recent<IpAddr, Leaky>,
    known: Recent<Guesser, ()>,
}

/// A user name as somebody at an address claimed it (hashed: it may be long).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guesser {
    address: IpAddr,
    name: [u8; 16],
}

/// Why a digest is not looked at, or no longer will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// The name was guessed at from there.
    User {
        /// For so long from now.
        span: Duration,
    },
    /// Many names were tried from there.
    Address {
        /// For about so long, if it ends.
        span: Duration,
    },
}

#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    since: Option<Instant>,
    count: u8,
    until: Option<Instant>,
    times: u32,
}

impl Guesser {
    pub(super) fn new(address: IpAddr, name: [u8; 16]) -> Self {
        Self { address: neighbourhood(address), name }
    }
}

impl Guard {
    pub(super) fn new(guessers: usize, known: usize) -> Self {
        Self { wrong: Recent::new(guessers), addresses: Recent::new(guessers), known: Recent::new(known) }
    }

    /// Whether this one is to be refused without a look at the digest.
    pub(super) fn shuts_out(&self, guesser: &Guesser, now: Instant) -> Option<Shut> {
        let until = self.wrong.find(guesser).and_then(|wrong| wrong.until);
        let span = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        if !span.is_zero() {
            return Some(Shut::User { span });
        }
        if self.known.find(guesser).is_some() {
            return None;
        }
        let tried = self.addresses.find(&guesser.address)?;
        let span = tried.until_below(ADDRESS_LIMIT, ADDRESS_SPAN, now);
        (!span.is_zero()).then_some(Shut::Address { span })
    }

    /// Counts a wrong digest, through a proxy or not; tells what it leads to.
    pub(super) fn wrong(&mut self, guesser: Guesser, is_proxy: bool, now: Instant) -> Option<Shut> {
        let user = self.wrong.touch(&guesser).wrong(now);
        if is_proxy || self.known.find(&guesser).is_some() {
            return user;
        }
        let tried = self.addresses.touch(&guesser.address);
        let before = tried.level(ADDRESS_SPAN, now);
        tried.add(ADDRESS_SPAN, now);
        let first = before + 1 == ADDRESS_LIMIT;
        user.or(first.then_some(Shut::Address { span: ADDRESS_SPAN }))
    }

    /// A right digest: the name is known there from now on.
    pub(super) fn right(&mut self, guesser: Guesser) {
        self.wrong.remove(&guesser);
        self.known.touch(&guesser);
    }
}

impl Wrong {
    /// The one that reaches the limit starts the time of being shut out.
    fn wrong(&mut self, now: Instant) -> Option<Shut> {
        let within =
            |moment: Option<Instant>, span| moment.is_some_and(|at| now.saturating_duration_since(at) < span);
        if !within(self.since, SPAN) {
            (self.since, self.count) = (Some(now), 0);
        }
        if !within(self.until, FORGIVEN) {
            self.times = 0;
        }
        self.count = self.count.saturating_add(1);
        if self.count < LIMIT {
            return None;
        }
        let span = SPAN * 2_u32.pow(self.times.min(DOUBLINGS));
        *self = Self { since: None, count: 0, until: Some(now + span), times: self.times + 1 };
        Some(Shut::User { span })
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    fn guesser(name: u8) -> Guesser {
        Guesser::new(IpAddr::from([127, 0, 0, 1]), [name; 16])
    }

    fn is_shut_out(guard: &Guard, name: u8, now: Instant) -> bool {
        guard.shuts_out(&guesser(name), now).is_some()
    }

    #[test]
    fn the_fifth_wrong_digest_in_a_minute_shuts_out_for_a_minute() {
        let (mut guard, start) = (Guard::new(10, 10), Instant::now());
        for second in 0..5 {
            assert!(!is_shut_out(&guard, 1, start));
            guard.wrong(guesser(1), false, start + Duration::from_secs(second));
        }
        let fifth = start + Duration::from_secs(4);
        assert!(is_shut_out(&guard, 1, fifth + Duration::from_secs(59)));
        assert!(!is_shut_out(&guard, 1, fifth + Duration::from_secs(60)));
        assert!(!is_shut_out(&guard, 2, fifth), "others are not touched");
    }

    #[test]
    fn who_goes_on_is_shut_out_for_longer_each_time_up_to_16_minutes_until_an_hour_of_peace() {
        let (mut guard, mut now) = (Guard::new(10, 10), Instant::now());
        let mut minutes = Vec::new();
        for _ in 0..7 {
            let shut = (0..5).filter_map(|_| guard.wrong(guesser(1), false, now)).next();
            let Some(Shut::User { span }) = shut else { panic!("{shut:?}") };
            minutes.push(span.as_secs() / 60);
            now += span;
        }
        assert_eq!(minutes, [1, 2, 4, 8, 16, 16, 16]);
        now += FORGIVEN;
        let shut = (0..5).filter_map(|_| guard.wrong(guesser(1), false, now)).next();
        assert_eq!(shut, Some(Shut::User { span: SPAN }));
    }

    #[test]
    fn wrong_digests_far_apart_are_forgiven() {
        let (mut guard, start) = (Guard::new(10, 10), Instant::now());
        for minute in 0..20 {
            let now = start + Duration::from_secs(minute * 61);
            assert_eq!(guard.wrong(guesser(1), false, now), None);
            assert!(!is_shut_out(&guard, 1, now));
        }
    }

    #[test]
    fn many_names_from_one_address_shut_out_names_that_were_never_right_there_and_only_there() {
        let (mut guard, now) = (Guard::new(1000, 1000), Instant::now());
        guard.right(guesser(255));
        let begun: Vec<Shut> = (0..60).filter_map(|name| guard.wrong(guesser(name), false, now)).collect();
        assert_eq!(begun, [Shut::Address { span: ADDRESS_SPAN }], "said once");
        assert!(is_shut_out(&guard, 200, now), "a name that nobody tried yet");
        assert!(!is_shut_out(&guard, 255, now), "a name that was right there");
        let elsewhere = Guesser::new(IpAddr::from([127, 0, 0, 2]), [200; 16]);
        assert_eq!(guard.shuts_out(&elsewhere, now), None);
        assert!(!is_shut_out(&guard, 200, now + ADDRESS_SPAN * 60), "it ends by itself");
    }

    #[test]
    fn wrong_passwords_of_those_who_are_known_there_shut_nobody_else_out() {
        let (mut guard, now) = (Guard::new(1000, 1000), Instant::now());
        for name in 0..200 {
            guard.right(guesser(name));
            (0..4).for_each(|_| assert_eq!(guard.wrong(guesser(name), false, now), None));
        }
        assert!(!is_shut_out(&guard, 255, now), "an office that set a new password is no guesser");
    }

    #[test]
    fn behind_a_proxy_only_the_name_counts() {
        let (mut guard, now) = (Guard::new(1000, 1000), Instant::now());
        for name in 0..60 {
            assert_eq!(guard.wrong(guesser(name), true, now), None);
        }
        assert!(!is_shut_out(&guard, 200, now));
        let begun = (0..4).filter_map(|_| guard.wrong(guesser(1), true, now)).count();
        assert_eq!(begun, 1);
        assert!(is_shut_out(&guard, 1, now));
    }

    #[test]
    fn the_tables_stay_bounded() {
        let (mut guard, start) = (Guard::new(10, 10), Instant::now());
        for name in 0..200 {
            guard.wrong(guesser(name), false, start);
            guard.right(guesser(name));
            guard.wrong(guesser(name), false, start);
        }
        assert_eq!((guard.wrong.len(), guard.known.len(), guard.addresses.len()), (10, 10, 1));
        for host in 0..200 {
            guard.wrong(Guesser::new(IpAddr::from([192, 0, 2, host]), [0; 16]), false, start);
        }
        assert_eq!(guard.addresses.len(), 10);
    }
}

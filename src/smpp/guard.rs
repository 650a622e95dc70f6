//! Against guessing and against flapping: how long a bind waits before anybody looks at it
//! (interworking.md G, 8 and 47).
//!
//! A bind waits, right or wrong, so that the time of an answer tells nothing. Nobody is shut out: a right
//! password gets in, from an address that was never wrong at once or nearly so, whatever others try
//! elsewhere.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use iwf_model::network::neighbourhood;
use iwf_model::recent::{Leaky, Recent};

/// Who somebody says to be, and from where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    address: IpAddr,
    system_id: String,
}

/// Counts failures by claim, by address and by system_id, and binds by claim.
#[derive(Debug)]
pub struct BindGuard {
    claims: Recent<Claim, History>,
    addresses: Recent<IpAddr, Leaky>,
    system_ids: Recent<String, Leaky>,
}

#[derive(Debug, Default)]
struct History {
    failures: Leaky,
    binds: Leaky,
    /// How many binds in a row are nothing unusual for this carrier.
    usual_binds: u32,
    /// It has bound from there.
    known: bool,
}

/// One failure is forgotten in so long.
const FORGET: Duration = Duration::from_secs(60);
/// The longest wait of a claim that was wrong again and again.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest wait for what others did at the same address or with the same system_id. Clients give up a bind
/// after 5 seconds and more.
const LONGEST_FOR_OTHERS: Duration = Duration::from_secs(3);
/// So many failures of an address or a system_id, all claims together, make nobody wait.
const FREE: u32 = 10;
/// Binds that a carrier may make in a row, at least, and then one in each span.
const BINDS: u32 = 10;
const BIND_SPAN: Duration = Duration::from_secs(6);

impl Claim {
    /// Of a system_id from an address. An IPv6 network of 64 bits is one address: it belongs to one host.
    pub fn new(address: IpAddr, system_id: &str) -> Self {
        Self { address: neighbourhood(address), system_id: system_id.to_owned() }
    }
}

impl BindGuard {
    /// Remembers at most so many claims, addresses and system_ids each: those heard of last.
    pub fn new(capacity: usize) -> Self {
        Self {
            claims: Recent::new(capacity),
            addresses: Recent::new(capacity),
            system_ids: Recent::new(capacity),
        }
    }

    /// How long a bind waits that comes now.
    pub fn wait(&self, claim: &Claim, now: Instant) -> Duration {
        let history = self.claims.find(claim);
        let own = history.map_or(Duration::ZERO, |history| {
            let failed = growing(history.failures.level(FORGET, now)).min(LONGEST);
            failed.max(history.binds.until_below(history.usual_binds.max(BINDS), BIND_SPAN, now))
        });
        if history.is_some_and(|history| history.known) {
            return own;
        }
        let address = self.addresses.find(&claim.address).map_or(0, |failures| failures.level(FORGET, now));
        let name = self.system_ids.find(&claim.system_id).map_or(0, |failures| failures.level(FORGET, now));
        let others = growing(address.max(name).saturating_sub(FREE));
        own.max(others.min(LONGEST_FOR_OTHERS))
    }

    /// The bind was refused for a reason of the peer's.
    pub fn refused(&mut self, claim: &Claim, now: Instant) {
        self.claims.touch(claim).failures.add(FORGET, now);
        self.addresses.touch(&claim.address).add(FORGET, now);
        self.system_ids.touch(&claim.system_id).add(FORGET, now);
    }

    /// The bind was granted, to a carrier that may have so many binds.
    pub fn granted(&mut self, claim: &Claim, max_binds: u16, now: Instant) {
        let history = self.claims.touch(claim);
        history.failures = Leaky::default();
        history.known = true;
        // All of them may come back at once, twice.
        history.usual_binds = u32::from(max_binds) * 2;
        history.binds.add(BIND_SPAN, now);
    }
}

/// A second, and twice as long each time.
fn growing(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(host: u8, system_id: &str) -> Claim {
        Claim::new(IpAddr::from([192, 0, 2, host]), system_id)
    }

    fn wait(guard: &BindGuard, claim: &Claim, now: Instant) -> u64 {
        guard.wait(claim, now).as_secs()
    }

    #[test]
    fn each_wrong_password_makes_the_next_bind_wait_longer_up_to_30_seconds() {
        let (mut guard, now, claim) = (BindGuard::new(10), crate::testing::start(), claim(1, "carrier1"));
        let mut waits = Vec::new();
        for _ in 0..8 {
            waits.push(wait(&guard, &claim, now));
            guard.refused(&claim, now);
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_failure_is_forgotten_each_minute_and_all_of_them_with_the_right_password() {
        let (mut guard, start, claim) = (BindGuard::new(10), crate::testing::start(), claim(1, "carrier1"));
        (0..4).for_each(|_| guard.refused(&claim, start));
        assert_eq!(wait(&guard, &claim, start + Duration::from_secs(59)), 8);
        assert_eq!(wait(&guard, &claim, start + Duration::from_secs(120)), 2);
        assert_eq!(wait(&guard, &claim, start + Duration::from_secs(240)), 0);
        guard.granted(&claim, 1, start);
        assert_eq!(wait(&guard, &claim, start), 0);
    }

    #[test]
    fn guessing_elsewhere_costs_the_carrier_three_seconds_once_and_then_nothing() {
        let (mut guard, now, carrier) = (BindGuard::new(100), crate::testing::start(), claim(1, "carrier1"));
        for host in 2..60 {
            guard.refused(&claim(host, "carrier1"), now);
        }
        assert_eq!(wait(&guard, &carrier, now), 3);
        guard.granted(&carrier, 1, now);
        assert_eq!(wait(&guard, &carrier, now), 0);
    }

    #[test]
    fn names_tried_from_one_address_make_it_wait_but_not_who_is_known_there() {
        let (mut guard, now, known) = (BindGuard::new(100), crate::testing::start(), claim(1, "carrier1"));
        guard.granted(&known, 1, now);
        for name in 0..40 {
            guard.refused(&claim(1, &format!("name{name}")), now);
        }
        assert_eq!(wait(&guard, &claim(1, "another"), now), 3);
        assert_eq!(wait(&guard, &known, now), 0);
    }

    #[test]
    fn rebinding_again_and_again_is_slowed_to_ten_binds_a_minute() {
        let (mut guard, start, claim) = (BindGuard::new(10), crate::testing::start(), claim(1, "carrier1"));
        let mut now = start;
        for _ in 0..70 {
            now += guard.wait(&claim, now);
            guard.granted(&claim, 2, now);
        }
        let minutes = (now - start).as_secs() / 60;
        assert_eq!(minutes, 6, "ten at once, then ten each minute");
    }

    #[test]
    fn all_binds_of_a_carrier_may_come_back_at_once() {
        let (mut guard, now, claim) = (BindGuard::new(10), crate::testing::start(), claim(1, "carrier1"));
        for _ in 0..100 {
            assert_eq!(wait(&guard, &claim, now), 0);
            guard.granted(&claim, 50, now);
        }
        assert!(guard.wait(&claim, now) > Duration::ZERO);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_give_way() {
        let (mut guard, now) = (BindGuard::new(10), crate::testing::start());
        for host in 0..200 {
            guard.refused(&claim(host, &format!("name{host}")), now);
        }
        assert_eq!((guard.claims.len(), guard.addresses.len() + guard.system_ids.len()), (10, 20));
        assert_eq!(wait(&guard, &claim(199, "name199"), now), 1);
        assert_eq!(wait(&guard, &claim(100, "name100"), now), 0);
    }
}

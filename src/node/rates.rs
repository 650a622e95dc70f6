//! How fast each carrier may submit, by whatever ways it comes: its binds and its trunk share one rate.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use dashmap::DashMap;
use iwf_model::{Carrier, CarrierId};
use iwf_relay::TokenBucket;

/// The rates of all carriers that have submitted something.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    carriers: DashMap<CarrierId, Rate>,
}

/// What a carrier has left of its rate.
pub(crate) type Rate = Arc<Mutex<TokenBucket>>;

impl Rates {
    /// That of one carrier, as the provisioning has it now.
    pub(crate) fn of(&self, carrier: &Carrier, now: Instant) -> Rate {
        let new = || Arc::new(Mutex::new(TokenBucket::new(carrier.rate, now)));
        let rate = Arc::clone(&self.carriers.entry(carrier.id).or_insert_with(new));
        rate.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).set_rate(carrier.rate);
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{Alphabet, Profile};

    #[test]
    fn all_ways_of_a_carrier_share_its_rate_and_follow_its_changes() {
        let mut carrier = Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled: true,
            max_binds: 2,
            rate: 1,
            window: 10,
            alphabet: Alphabet::Gsm7,
            profile: Profile::default(),
        };
        let (rates, now) = (Rates::default(), Instant::now());
        let (bind, trunk) = (rates.of(&carrier, now), rates.of(&carrier, now));
        let takes = |rate: &Rate| rate.lock().unwrap().take(now);
        let taken = (0..100).filter(|_| takes(&bind)).count();
        assert!((1..100).contains(&taken), "{taken}");
        assert!(!takes(&trunk));
        carrier.rate = 0;
        rates.of(&carrier, now);
        assert!(takes(&bind), "no rate is no limit");
    }
}

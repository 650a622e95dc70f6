//! How many binds each carrier has, and the rate they share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dashmap::DashMap;
use iwf_model::{Carrier, CarrierId};
use iwf_relay::TokenBucket;

use super::probe::{Card, Cards, Report};

/// The binds of all carriers.
#[derive(Debug, Default)]
pub(crate) struct Binds {
    carriers: DashMap<CarrierId, Arc<CarrierBinds>>,
}

#[derive(Debug)]
struct CarrierBinds {
    open: AtomicUsize,
    bucket: Mutex<TokenBucket>,
    cards: Cards,
}

/// The carrier has as many binds as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyBinds;

/// A place among the binds of a carrier; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    carrier: Arc<CarrierBinds>,
    card: Option<u64>,
}

impl Binds {
    /// Takes a place for a bind.
    pub(crate) fn enter(&self, carrier: &Carrier, now: Instant) -> Result<Seat, TooManyBinds> {
        let new = || {
            let bucket = Mutex::new(TokenBucket::new(carrier.rate, now));
            Arc::new(CarrierBinds { open: AtomicUsize::new(0), bucket, cards: Cards::default() })
        };
        let entry = Arc::clone(&self.carriers.entry(carrier.id).or_insert_with(new));
        let most = usize::from(carrier.max_binds);
        let room = |open: usize| (open < most).then_some(open + 1);
        entry.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).map_err(|_| TooManyBinds)?;
        let seat = Seat { carrier: entry, card: None };
        seat.set_rate(carrier.rate);
        Ok(seat)
    }

    /// What is known of the binds of a carrier.
    pub(crate) fn report(&self, carrier: &Carrier) -> Report {
        let entry = self.carriers.get(&carrier.id).map(|entry| Arc::clone(&entry));
        entry.map_or_else(|| Cards::default().report(carrier), |entry| entry.cards.report(carrier))
    }

    /// How many binds there are.
    pub(crate) fn count(&self) -> usize {
        self.carriers.iter().map(|entry| entry.open.load(Ordering::Relaxed)).sum()
    }
}

impl Seat {
    /// Tells who sits here, for the probe.
    pub(crate) fn show(&mut self, card: Card) {
        self.card = Some(self.carrier.cards.put(card));
    }

    /// The rate over all binds of the carrier.
    pub(crate) fn bucket(&self) -> &Mutex<TokenBucket> {
        &self.carrier.bucket
    }

    /// Follows a change of the provisioning.
    pub(crate) fn set_rate(&self, rate: u32) {
        self.bucket().lock().unwrap_or_else(|poisoned| poisoned.into_inner()).set_rate(rate);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.carrier.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(card) = self.card {
            self.carrier.cards.remove(card);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{Alphabet, Profile};

    #[test]
    fn a_carrier_has_as_many_binds_as_it_may_and_gets_the_place_back() {
        let carrier = Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled: true,
            max_binds: 2,
            rate: 0,
            window: 10,
            alphabet: Alphabet::Gsm7,
            profile: Profile::default(),
        };
        let (binds, now) = (Binds::default(), Instant::now());
        let first = binds.enter(&carrier, now).unwrap();
        let _second = binds.enter(&carrier, now).unwrap();
        assert_eq!(binds.enter(&carrier, now).err(), Some(TooManyBinds));
        drop(first);
        assert_eq!(binds.count(), 1);
        assert!(binds.enter(&carrier, now).is_ok());
    }
}

//! How many binds each carrier has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use iwf_model::{Carrier, CarrierId};

use super::probe::{Bind, Card, Cards, Report};

/// The binds of all carriers.
#[derive(Debug, Default)]
pub(crate) struct Binds {
    carriers: DashMap<CarrierId, Arc<CarrierBinds>>,
}

#[derive(Debug)]
struct CarrierBinds {
    open: AtomicUsize,
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
    pub(crate) fn enter(&self, carrier: &Carrier) -> Result<Seat, TooManyBinds> {
        let new = || Arc::new(CarrierBinds { open: AtomicUsize::new(0), cards: Cards::default() });
        let entry = Arc::clone(&self.carriers.entry(carrier.id).or_insert_with(new));
        let most = usize::from(carrier.max_binds);
        let room = |open: usize| (open < most).then_some(open + 1);
        entry.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).map_err(|_| TooManyBinds)?;
        Ok(Seat { carrier: entry, card: None })
    }

    /// What is known of the binds of a carrier.
    pub(crate) fn report(&self, carrier: &Carrier) -> Report {
        let entry = self.carriers.get(&carrier.id).map(|entry| Arc::clone(&entry));
        entry.map_or_else(|| Cards::default().report(carrier), |entry| entry.cards.report(carrier))
    }

    /// The binds of a carrier, each with its number.
    pub(crate) fn open(&self, carrier: CarrierId) -> Vec<(u64, Bind)> {
        let entry = self.carriers.get(&carrier).map(|entry| Arc::clone(&entry));
        entry.map(|entry| entry.cards.open()).unwrap_or_default()
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
        let binds = Binds::default();
        let first = binds.enter(&carrier).unwrap();
        let _second = binds.enter(&carrier).unwrap();
        assert_eq!(binds.enter(&carrier).err(), Some(TooManyBinds));
        drop(first);
        assert_eq!(binds.count(), 1);
        assert!(binds.enter(&carrier).is_ok());
    }
}

//! Who is bound: the limit on binds, the common rate of a carrier's binds, and what an operator sees of them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dashmap::DashMap;
use iwf_model::{BindKind, Carrier, CarrierId, Timestamp};
use iwf_relay::TokenBucket;

/// All binds of all carriers.
#[derive(Debug, Default)]
pub(crate) struct Binds {
    carriers: DashMap<CarrierId, Arc<CarrierBinds>>,
}

/// The binds of one carrier.
#[derive(Debug)]
pub(crate) struct CarrierBinds {
    binds: Mutex<Vec<Bind>>,
    /// The rate over all binds.
    pub(crate) bucket: Mutex<TokenBucket>,
}

/// One bind.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    /// Its number, unique within the run.
    pub(crate) number: u64,
    /// What it may do.
    pub(crate) kind: BindKind,
    /// Who is at the other end.
    pub(crate) peer: SocketAddr,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// The carrier has as many binds as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyBinds;

/// A place among the binds of a carrier; given back when dropped.
pub(crate) struct Seat {
    number: u64,
    carrier: Arc<CarrierBinds>,
}

impl Binds {
    /// Takes a place for a bind.
    pub(crate) fn enter(&self, carrier: &Carrier, bind: Bind, now: Instant) -> Result<Seat, TooManyBinds> {
        let new = || {
            let bucket = Mutex::new(TokenBucket::new(carrier.rate, now));
            Arc::new(CarrierBinds { binds: Mutex::default(), bucket })
        };
        let entry = Arc::clone(&self.carriers.entry(carrier.id).or_insert_with(new));
        let number = bind.number;
        {
            let mut binds = lock(&entry.binds);
            if binds.len() >= usize::from(carrier.max_binds) {
                return Err(TooManyBinds);
            }
            binds.push(bind);
        }
        lock(&entry.bucket).set_rate(carrier.rate);
        Ok(Seat { number, carrier: entry })
    }

    /// The binds of a carrier, oldest first.
    pub(crate) fn of(&self, carrier: CarrierId) -> Vec<Bind> {
        self.carriers.get(&carrier).map(|entry| lock(&entry.binds).clone()).unwrap_or_default()
    }

    /// How many binds there are.
    pub(crate) fn count(&self) -> usize {
        self.carriers.iter().map(|entry| lock(&entry.binds).len()).sum()
    }
}

impl Seat {
    /// The rate over all binds of the carrier.
    pub(crate) fn bucket(&self) -> &Mutex<TokenBucket> {
        &self.carrier.bucket
    }

    /// Follows a change of the provisioning.
    pub(crate) fn set_rate(&self, rate: u32) {
        lock(&self.carrier.bucket).set_rate(rate);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.carrier.binds).retain(|bind| bind.number != self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::Alphabet;

    fn carrier(max_binds: u16) -> Carrier {
        Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled: true,
            max_binds,
            rate: 0,
            window: 10,
            alphabet: Alphabet::Gsm7,
        }
    }

    fn bind(number: u64) -> Bind {
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        Bind { number, kind: BindKind::Transceiver, peer, since: Timestamp::from_micros(0) }
    }

    #[test]
    fn a_carrier_has_as_many_binds_as_it_may_and_gets_the_place_back() {
        let (binds, carrier, now) = (Binds::default(), carrier(2), Instant::now());
        let first = binds.enter(&carrier, bind(1), now).ok();
        let second = binds.enter(&carrier, bind(2), now).ok();
        assert!(first.is_some() && second.is_some());
        assert_eq!(binds.enter(&carrier, bind(3), now).err(), Some(TooManyBinds));
        drop(first);
        assert_eq!(binds.of(carrier.id).iter().map(|bind| bind.number).collect::<Vec<_>>(), [2]);
        assert!(binds.enter(&carrier, bind(3), now).is_ok());
    }
}

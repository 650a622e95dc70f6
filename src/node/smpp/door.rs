//! The door of the SMPP server: how many may stand in it, what is remembered of those who came, and what is said
//! of those who came to the wrong one.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use iwf_model::network::neighbourhood;
use iwf_smpp::{BindGuard, Stranger};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::telemetry::{Metrics, Turned};

/// Shared by all listeners.
pub(crate) struct Door {
    places: Arc<Semaphore>,
    max_unbound: usize,
    unbound: Mutex<HashMap<IpAddr, usize>>,
    guard: Mutex<BindGuard>,
    said: Mutex<HashMap<IpAddr, Instant>>,
}

/// A connection that was let in; its place is given back when this is dropped.
pub(crate) struct Visit {
    peer: SocketAddr,
    door: Arc<Door>,
    bound: bool,
    _place: OwnedSemaphorePermit,
}

/// Claims, addresses and system_ids that are remembered: about 10 MB when all are there.
const REMEMBERED: usize = 20_000;
/// What is wrong with an address is said once in so long.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// Addresses of which something was said lately; of others nothing is said then.
const MAX_SAID: usize = 1000;

impl Door {
    /// For so many connections, and so many of one address that have not bound.
    pub(crate) fn new(max_connections: usize, max_unbound: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max_connections)),
            max_unbound,
            unbound: Mutex::default(),
            guard: Mutex::new(BindGuard::new(REMEMBERED)),
            said: Mutex::default(),
        }
    }

    /// Lets a connection in, or says which limit it would break.
    pub(crate) fn enter(self: &Arc<Self>, peer: SocketAddr) -> Result<Visit, Turned> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Turned::Connections)?;
        let mut unbound = locked(&self.unbound);
        let here = unbound.entry(neighbourhood(peer.ip())).or_insert(0);
        if *here >= self.max_unbound {
            return Err(Turned::Address);
        }
        *here += 1;
        Ok(Visit { peer, door: Arc::clone(self), bound: false, _place: place })
    }

    /// Who was wrong, and who binds too often.
    pub(super) fn guard(&self) -> MutexGuard<'_, BindGuard> {
        locked(&self.guard)
    }

    /// Counts somebody who speaks another protocol, and says what to do about it.
    pub(super) fn turn_away(&self, address: IpAddr, stranger: Stranger, metrics: &Metrics) {
        self.complain(address, &advice(stranger));
        metrics.smpp_strangers.of(stranger).increment(1);
    }

    /// Says what is wrong with an address, once a minute.
    pub(super) fn complain(&self, address: IpAddr, what: &dyn Display) {
        if is_new(&mut locked(&self.said), neighbourhood(address), Instant::now()) {
            tracing::warn!(%address, %what, "SMPP connection closed; the next minute's from there are not logged");
        }
    }
}

impl Visit {
    /// Who it is.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The connection has bound: it no longer counts among those that have not.
    pub(super) fn is_bound(&mut self) {
        if !std::mem::replace(&mut self.bound, true) {
            let mut unbound = locked(&self.door.unbound);
            let address = neighbourhood(self.peer.ip());
            if let Some(here) = unbound.get_mut(&address) {
                *here -= 1;
                if *here == 0 {
                    unbound.remove(&address);
                }
            }
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.is_bound();
    }
}

/// Notes that something is said; false when something was said of it lately, or there is no room to note it.
fn is_new<K: Eq + Hash>(said: &mut HashMap<K, Instant>, key: K, now: Instant) -> bool {
    let lately = |at: &Instant| now.saturating_duration_since(*at) < SAY_AGAIN;
    if said.get(&key).is_some_and(lately) {
        return false;
    }
    if said.len() >= MAX_SAID {
        said.retain(|_, at| lately(at));
    }
    let room = said.len() < MAX_SAID;
    if room {
        said.insert(key, now);
    }
    room
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What an operator can do about somebody who speaks another protocol.
fn advice(stranger: Stranger) -> &'static str {
    match stranger {
        Stranger::Tls => {
            "a TLS client came to a port for SMPP in the clear: it must connect to an address of smpp.tls.listen, or switch TLS off"
        }
        Stranger::ClearSmpp => {
            "SMPP in the clear came to a port for TLS: the carrier must switch TLS on, or connect to an address of smpp.listen"
        }
        Stranger::Http => {
            "an HTTP client or scanner came to the SMPP port: if it is a health check of yours, let it do no more than connect, or ask GET /health on admin.listen"
        }
        Stranger::Sip => {
            "a SIP client or scanner came to the SMPP port: apps connect to an address of sip.udp or sip.tcp"
        }
        Stranger::Ssh => {
            "an SSH client or scanner came to the SMPP port: let a firewall pass nobody but your carriers"
        }
        Stranger::Proxy => {
            "a load balancer puts PROXY protocol headers before its connections: switch them off, they are not read here"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(host: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, host], 1000))
    }

    #[tokio::test]
    async fn an_address_has_so_many_unbound_connections_and_gets_the_places_back() {
        let door = Arc::new(Door::new(10, 2));
        let mut first = door.enter(peer(1)).unwrap();
        let second = door.enter(peer(1)).unwrap();
        assert_eq!(door.enter(peer(1)).err(), Some(Turned::Address));
        assert!(door.enter(peer(2)).is_ok(), "another address has its own");
        first.is_bound();
        first.is_bound();
        let third = door.enter(peer(1)).unwrap();
        assert_eq!(door.enter(peer(1)).err(), Some(Turned::Address));
        drop((first, second, third));
        assert!(locked(&door.unbound).is_empty());
    }

    #[tokio::test]
    async fn all_connections_together_are_bounded_bound_or_not() {
        let door = Arc::new(Door::new(2, 2));
        let mut first = door.enter(peer(1)).unwrap();
        first.is_bound();
        let _second = door.enter(peer(2)).unwrap();
        assert_eq!(door.enter(peer(3)).err(), Some(Turned::Connections));
        drop(first);
        assert!(door.enter(peer(3)).is_ok());
    }

    #[test]
    fn the_same_is_said_once_a_minute_and_the_notes_are_bounded() {
        let (mut said, now) = (HashMap::new(), Instant::now());
        assert!(is_new(&mut said, 0, now));
        assert!(!is_new(&mut said, 0, now + Duration::from_secs(59)));
        assert!(is_new(&mut said, 0, now + Duration::from_secs(60)));
        let new = (1..5000).filter(|key| is_new(&mut said, *key, now + Duration::from_secs(60))).count();
        assert_eq!((new, said.len()), (MAX_SAID - 1, MAX_SAID));
        assert!(is_new(&mut said, 9999, now + Duration::from_secs(200)));
    }
}

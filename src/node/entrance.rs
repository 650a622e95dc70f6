//! How many connections may stand at a door: in all, of one address, and of one address that have proved nothing yet.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iwf_model::network::neighbourhood;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Shared by all listeners of a protocol.
pub(crate) struct Entrance {
    places: Arc<Semaphore>,
    bounds: Bounds,
    here: Mutex<HashMap<IpAddr, Here>>,
}

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// In all.
    pub(crate) all: usize,
    /// Of one address.
    pub(crate) address: usize,
    /// Of one address that have proved nothing yet.
    pub(crate) unproved: usize,
}

/// Which bound a connection would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// That of all connections.
    All,
    /// That of its address.
    Address,
    /// That of its address for those who have proved nothing yet.
    Unproved,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct Here {
    all: usize,
    unproved: usize,
}

/// A connection that was let in; its place is given back when this is dropped.
pub(crate) struct Visit {
    peer: SocketAddr,
    entrance: Arc<Entrance>,
    proved: bool,
    _place: OwnedSemaphorePermit,
}

impl Entrance {
    /// With nobody in it.
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(bounds.all)), bounds, here: Mutex::default() })
    }

    /// Lets a connection in, or says which bound it would break.
    pub(crate) fn enter(self: &Arc<Self>, peer: SocketAddr) -> Result<Visit, Full> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Full::All)?;
        let mut addresses = self.addresses();
        let here = addresses.entry(neighbourhood(peer.ip())).or_default();
        if here.all >= self.bounds.address {
            return Err(Full::Address);
        }
        if here.unproved >= self.bounds.unproved {
            return Err(Full::Unproved);
        }
        here.all += 1;
        here.unproved += 1;
        Ok(Visit { peer, entrance: Arc::clone(self), proved: false, _place: place })
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, Here>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// Who it is.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The connection has proved that it is of use: it no longer counts among those that have not.
    pub(crate) fn prove(&mut self) {
        if !std::mem::replace(&mut self.proved, true)
            && let Some(here) = self.entrance.addresses().get_mut(&neighbourhood(self.peer.ip()))
        {
            here.unproved -= 1;
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.prove();
        let mut addresses = self.entrance.addresses();
        let address = neighbourhood(self.peer.ip());
        if let Some(here) = addresses.get_mut(&address) {
            here.all -= 1;
            if here.all == 0 {
                addresses.remove(&address);
            }
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
    async fn an_address_has_so_many_unproved_connections_and_gets_the_places_back() {
        let entrance = Entrance::new(Bounds { all: 10, address: 3, unproved: 2 });
        let mut first = entrance.enter(peer(1)).unwrap();
        let second = entrance.enter(peer(1)).unwrap();
        assert_eq!(entrance.enter(peer(1)).err(), Some(Full::Unproved));
        assert!(entrance.enter(peer(2)).is_ok(), "another address has its own");
        first.prove();
        first.prove();
        let third = entrance.enter(peer(1)).unwrap();
        assert_eq!(entrance.enter(peer(1)).err(), Some(Full::Address));
        drop((second, third));
        assert!(entrance.enter(peer(1)).is_ok());
        drop(first);
        assert!(entrance.addresses().is_empty());
    }

    #[tokio::test]
    async fn all_connections_together_are_bounded_proved_or_not() {
        let entrance = Entrance::new(Bounds { all: 2, address: 2, unproved: 2 });
        let mut first = entrance.enter(peer(1)).unwrap();
        first.prove();
        let _second = entrance.enter(peer(2)).unwrap();
        assert_eq!(entrance.enter(peer(3)).err(), Some(Full::All));
        drop(first);
        assert!(entrance.enter(peer(3)).is_ok());
    }
}

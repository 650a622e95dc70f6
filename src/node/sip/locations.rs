//! The registrar's cache: where the devices of each account are, in memory. A lookup never touches the store.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::{DashMap, DashSet};
use iwf_model::{AccountId, Binding, Timestamp};
use iwf_relay::Device;
use iwf_sip::delivery::{Target, target};

use crate::clock;

/// Where everybody is.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    accounts: DashMap<AccountId, Vec<Arc<Location>>>,
    /// The TCP connections that are open.
    connections: DashSet<u64>,
    count: AtomicUsize,
}

/// One device.
#[derive(Debug)]
pub(crate) struct Location {
    /// Its registration.
    pub(crate) binding: Binding,
    /// Its name among all devices; the same in every run.
    pub(crate) device: Device,
    /// Where to send.
    pub(crate) target: Target,
}

impl Location {
    fn new(binding: Binding) -> Self {
        let mut hasher = DefaultHasher::new();
        binding.account.0.hash(&mut hasher);
        match &binding.instance {
            Some(instance) => (instance, binding.reg_id).hash(&mut hasher),
            None => binding.contact.hash(&mut hasher),
        }
        let (device, target) = (Device(hasher.finish()), target(&binding));
        Self { binding, device, target }
    }

    /// Our end of a connection that is yet to be made: the system chooses.
    pub(crate) fn local_end(&self) -> SocketAddr {
        match self.binding.flow.peer() {
            SocketAddr::V4(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
            SocketAddr::V6(_) => SocketAddr::from(([0_u16; 8], 0)),
        }
    }
}

impl Locations {
    /// Adds a registration, or replaces the one of the same key.
    pub(crate) fn put(&self, binding: Binding) {
        let location = Arc::new(Location::new(binding));
        let mut devices = self.accounts.entry(location.binding.account).or_default();
        match devices.iter_mut().find(|known| known.binding.key() == location.binding.key()) {
            Some(known) => *known = location,
            None => {
                devices.push(location);
                self.count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Removes a registration.
    pub(crate) fn remove(&self, account: AccountId, key: &str) {
        if let dashmap::Entry::Occupied(mut devices) = self.accounts.entry(account) {
            let before = devices.get().len();
            devices.get_mut().retain(|known| known.binding.key() != key);
            self.count.fetch_sub(before - devices.get().len(), Ordering::Relaxed);
            if devices.get().is_empty() {
                devices.remove();
            }
        }
    }

    /// Removes this very registration; false: it was refreshed or removed meanwhile.
    pub(crate) fn remove_exactly(&self, location: &Arc<Location>) -> bool {
        let current = self.accounts.get(&location.binding.account);
        let is_current =
            current.is_some_and(|devices| devices.iter().any(|known| Arc::ptr_eq(known, location)));
        if is_current {
            self.remove(location.binding.account, &location.binding.key());
        }
        is_current
    }

    /// Removes the registrations of accounts that are no longer there, or that may not receive.
    pub(crate) fn keep(&self, may_stay: impl Fn(AccountId) -> bool) {
        let gone: Vec<AccountId> =
            self.accounts.iter().map(|entry| *entry.key()).filter(|id| !may_stay(*id)).collect();
        for account in gone {
            if let Some((_, devices)) = self.accounts.remove(&account) {
                self.count.fetch_sub(devices.len(), Ordering::Relaxed);
            }
        }
    }

    /// The registrations of an account, lapsed ones included.
    pub(crate) fn bindings(&self, account: AccountId) -> Vec<Binding> {
        let devices = self.accounts.get(&account);
        devices.map(|devices| devices.iter().map(|known| known.binding.clone()).collect()).unwrap_or_default()
    }

    /// One device of an account.
    pub(crate) fn find(&self, account: AccountId, device: Device) -> Option<Arc<Location>> {
        let devices = self.accounts.get(&account)?;
        // The newest, where one that has lapsed is not swept yet.
        let same = devices.iter().filter(|known| known.device == device);
        same.max_by_key(|known| known.binding.expires_at).map(Arc::clone)
    }

    /// Removes what has lapsed, and tells what that was.
    pub(crate) fn sweep(&self, now: Timestamp) -> Vec<(AccountId, String)> {
        let mut lapsed = Vec::new();
        for devices in &self.accounts {
            let old = devices.iter().filter(|known| known.binding.expires_at <= now);
            lapsed.extend(old.map(|known| (*devices.key(), known.binding.key().into_owned())));
        }
        lapsed.iter().for_each(|(account, key)| self.remove(*account, key));
        lapsed
    }

    /// A TCP connection was opened.
    pub(crate) fn opened(&self, connection: u64) {
        self.connections.insert(connection);
    }

    /// A TCP connection was closed: the devices on it can't be reached over it any more.
    pub(crate) fn closed(&self, connection: u64) {
        self.connections.remove(&connection);
    }

    /// How many registrations there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many TCP connections are open.
    pub(crate) fn connections(&self) -> usize {
        self.connections.len()
    }

    fn reachable(&self, location: &Location, now: Timestamp) -> bool {
        let has_way = match location.target {
            Target::Datagram(_) => true,
            Target::Connection { connection, otherwise, .. } => {
                otherwise.is_some() || self.connections.contains(&connection)
            }
        };
        has_way && location.binding.expires_at > now
    }
}

impl Locations {
    /// Adds the devices of an account that can be reached at this moment.
    pub(crate) fn devices(&self, account: AccountId, out: &mut Vec<Device>) {
        let Some(devices) = self.accounts.get(&account) else { return };
        let now = clock::utc();
        out.extend(devices.iter().filter(|known| self.reachable(known, now)).map(|known| known.device));
    }

    /// Whether a device of the account can be reached at this moment.
    pub(crate) fn is_reachable(&self, account: AccountId) -> bool {
        let Some(devices) = self.accounts.get(&account) else { return false };
        let now = clock::utc();
        devices.iter().any(|known| self.reachable(known, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{Flow, Transport};
    use std::time::Duration;

    fn binding(contact: &str, flow: Flow) -> Binding {
        Binding {
            account: AccountId(1),
            aor: "sip:1111@127.0.0.1".into(),
            contact: contact.into(),
            params: String::new(),
            instance: None,
            reg_id: None,
            q: 1000,
            call_id: "c".into(),
            cseq: 1,
            flow,
            user_agent: String::new(),
            path: String::new(),
            expires_at: clock::utc().after(Duration::from_secs(60)),
        }
    }

    fn udp() -> Flow {
        Flow::Udp { peer: ([127, 0, 0, 1], 5062).into() }
    }

    fn reached(locations: &Locations) -> usize {
        let mut devices = Vec::new();
        locations.devices(AccountId(1), &mut devices);
        devices.len()
    }

    #[test]
    fn a_refresh_replaces_and_a_removal_removes() {
        let locations = Locations::default();
        locations.put(binding("sip:1111@127.0.0.1:5062", udp()));
        locations.put(Binding { cseq: 2, ..binding("sip:1111@127.0.0.1:5062", udp()) });
        locations.put(binding("sip:1111@127.0.0.1:5064", udp()));
        assert_eq!((locations.count(), reached(&locations)), (2, 2));
        assert_eq!(locations.bindings(AccountId(1))[0].cseq, 2);
        locations.remove(AccountId(1), "sip:1111@127.0.0.1:5062");
        locations.remove(AccountId(1), "sip:nobody@127.0.0.1");
        assert_eq!((locations.count(), reached(&locations)), (1, 1));
    }

    #[test]
    fn a_device_behind_a_closed_connection_is_not_reached() {
        let locations = Locations::default();
        let flow =
            Flow::Stream { transport: Transport::Tcp, peer: ([127, 0, 0, 1], 40_000).into(), connection: 9 };
        locations.put(binding("sip:1111@10.0.0.7:5060;transport=tcp", flow));
        assert_eq!(reached(&locations), 0);
        locations.opened(9);
        assert_eq!(reached(&locations), 1);
        locations.closed(9);
        assert_eq!(reached(&locations), 0);
    }

    #[test]
    fn only_the_very_registration_that_failed_is_forgotten() {
        let locations = Locations::default();
        locations.put(binding("sip:1111@127.0.0.1:5062", udp()));
        let mut devices = Vec::new();
        locations.devices(AccountId(1), &mut devices);
        let tried = locations.find(AccountId(1), devices[0]).unwrap();
        locations.put(Binding { cseq: 2, ..binding("sip:1111@127.0.0.1:5062", udp()) });
        assert!(!locations.remove_exactly(&tried), "it was refreshed meanwhile");
        let fresh = locations.find(AccountId(1), devices[0]).unwrap();
        assert!(locations.remove_exactly(&fresh));
        assert_eq!(locations.count(), 0);
    }

    #[test]
    fn accounts_that_are_gone_are_not_reached() {
        let locations = Locations::default();
        locations.put(binding("sip:1111@127.0.0.1:5062", udp()));
        locations.keep(|account| account == AccountId(1));
        assert_eq!(locations.count(), 1);
        locations.keep(|_| false);
        assert_eq!((locations.count(), reached(&locations)), (0, 0));
    }

    #[test]
    fn what_has_lapsed_is_not_reached_and_is_swept() {
        let locations = Locations::default();
        let past = clock::utc().before(Duration::from_secs(1));
        locations.put(Binding { expires_at: past, ..binding("sip:1111@127.0.0.1:5062", udp()) });
        assert_eq!(reached(&locations), 0);
        assert_eq!(locations.sweep(clock::utc()).len(), 1);
        assert_eq!(locations.count(), 0);
    }
}

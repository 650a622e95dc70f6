//! The registrar's cache: where the devices of each account are, in memory. A lookup never touches the store.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use dashmap::{DashMap, DashSet};
use iwf_model::{AccountId, Binding, Timestamp};
use iwf_relay::Device;
use iwf_sip::delivery::{Target, target};
use iwf_sip::ims::is_offered_by;
use iwf_sip::registrar::{PushTarget, push_target, without_push};

use crate::clock;

/// Where everybody is.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    accounts: DashMap<AccountId, Vec<Arc<Location>>>,
    /// The connections that are open.
    connections: DashSet<u64>,
    count: AtomicUsize,
    /// How many registrations came so far.
    registered: AtomicU64,
    /// Through whom apps may be woken.
    push: Vec<String>,
}

/// One flow of a device; most devices have one.
#[derive(Debug)]
pub(crate) struct Location {
    /// Its registration.
    pub(crate) binding: Binding,
    /// The name of its device among all devices; the same in every run.
    pub(crate) device: Device,
    /// Where to send.
    pub(crate) target: Target,
    /// The higher, the newer.
    order: u64,
    /// How its app is woken.
    pub(crate) push: Option<PushTarget>,
    /// Its provider knows it no more.
    is_push_gone: AtomicBool,
    /// The contact as people see it.
    shown: Option<Box<str>>,
    /// The attempt that last went this way, or the way that this one replaced; it may be over. 0: none.
    carries: AtomicU64,
    /// Its device has refused CPIM.
    refuses_cpim: AtomicBool,
    /// It takes texts as short messages (TS 24.341), and in no other form.
    pub(crate) takes_short: bool,
    /// A connection to it was tried, and came to nothing.
    keeps_to_datagrams: AtomicBool,
}

impl Location {
    fn new(binding: Binding, order: u64, providers: &[String]) -> Self {
        let mut hasher = DefaultHasher::new();
        binding.account.0.hash(&mut hasher);
        match &binding.instance {
            Some(instance) => instance.hash(&mut hasher),
            None => binding.contact.hash(&mut hasher),
        }
        let (device, target) = (Device(hasher.finish()), target(&binding));
        let push = if providers.is_empty() { None } else { push_target(&binding.contact, providers) };
        let shown = binding.contact.contains(";pn-").then(|| without_push(&binding.contact).into());
        let (is_push_gone, refuses_cpim, keeps_to_datagrams, carries) = Default::default();
        let takes_short = is_offered_by(&binding.params);
        Self {
            binding,
            device,
            target,
            order,
            push,
            is_push_gone,
            shown,
            refuses_cpim,
            keeps_to_datagrams,
            carries,
            takes_short,
        }
    }

    /// Its contact, for stories and logs.
    pub(crate) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.binding.contact)
    }

    /// Whether its app can be woken.
    pub(crate) fn is_woken(&self) -> bool {
        self.push.is_some() && !self.is_push_gone.load(Ordering::Relaxed)
    }

    /// Its provider knows the app no more.
    pub(crate) fn forget_push(&self) {
        self.is_push_gone.store(true, Ordering::Relaxed);
    }

    /// Notes the attempt that goes this way.
    pub(crate) fn carry(&self, attempt: u64) {
        self.carries.store(attempt, Ordering::Relaxed);
    }

    /// The attempt that last went this way; it may be over.
    pub(crate) fn carried(&self) -> u64 {
        self.carries.load(Ordering::Relaxed)
    }

    /// Notes that its device has refused CPIM, for as long as it is registered.
    pub(crate) fn refuse_cpim(&self) {
        self.refuses_cpim.store(true, Ordering::Relaxed);
    }

    /// Whether its device has refused CPIM.
    pub(crate) fn refuses_cpim(&self) -> bool {
        self.refuses_cpim.load(Ordering::Relaxed)
    }

    /// Notes that nothing can be said to it but by datagrams.
    pub(crate) fn keep_to_datagrams(&self) {
        self.keeps_to_datagrams.store(true, Ordering::Relaxed);
    }

    /// Whether nothing can be said to it but by datagrams.
    pub(crate) fn keeps_to_datagrams(&self) -> bool {
        self.keeps_to_datagrams.load(Ordering::Relaxed)
    }

    /// Whether what goes to one goes to the other: a registration that was but refreshed.
    pub(crate) fn is_same_way(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.binding, &other.binding);
        self.target == other.target && mine.contact == theirs.contact && mine.path == theirs.path
    }
}

impl Locations {
    /// Nobody is there yet; apps may be woken through these providers.
    pub(crate) fn new(push: Vec<String>) -> Self {
        Self { push, ..Self::default() }
    }

    fn locate(&self, binding: Binding) -> Location {
        Location::new(binding, self.registered.fetch_add(1, Ordering::Relaxed), &self.push)
    }

    /// Adds a registration, or replaces the one of the same key. What is under way to its device is known to it.
    pub(crate) fn put(&self, binding: Binding) -> Arc<Location> {
        let location = Arc::new(self.locate(binding));
        let mut devices = self.accounts.entry(location.binding.account).or_default();
        let same = devices.iter().filter(|known| known.device == location.device);
        for known in same {
            location.carry(location.carried().max(known.carried()));
            location.refuses_cpim.fetch_or(known.refuses_cpim(), Ordering::Relaxed);
            if known.keeps_to_datagrams() && known.is_same_way(&location) {
                location.keep_to_datagrams();
            }
        }
        let put = Arc::clone(&location);
        match devices.iter_mut().find(|known| known.binding.key() == location.binding.key()) {
            Some(known) => *known = location,
            None => {
                devices.push(location);
                self.count.fetch_add(1, Ordering::Relaxed);
            }
        }
        put
    }

    /// Removes a registration; gives it back.
    pub(crate) fn remove(&self, account: AccountId, key: &str) -> Option<Arc<Location>> {
        let dashmap::Entry::Occupied(mut devices) = self.accounts.entry(account) else { return None };
        let place = devices.get().iter().position(|known| known.binding.key() == key)?;
        let gone = devices.get_mut().remove(place);
        self.count.fetch_sub(1, Ordering::Relaxed);
        if devices.get().is_empty() {
            devices.remove();
        }
        Some(gone)
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

    /// Removes the registrations that may not stay: of accounts that are no longer there, or that may not receive.
    pub(crate) fn keep(&self, may_stay: impl Fn(&Binding) -> bool) {
        self.accounts.retain(|_, devices| {
            let before = devices.len();
            devices.retain(|known| may_stay(&known.binding));
            self.count.fetch_sub(before - devices.len(), Ordering::Relaxed);
            !devices.is_empty()
        });
    }

    /// The registrations of an account, lapsed ones included.
    pub(crate) fn bindings(&self, account: AccountId) -> Vec<Binding> {
        let devices = self.accounts.get(&account);
        devices.map(|devices| devices.iter().map(|known| known.binding.clone()).collect()).unwrap_or_default()
    }

    /// This registration as it is now.
    pub(crate) fn of(&self, binding: &Binding) -> Option<Arc<Location>> {
        let devices = self.accounts.get(&binding.account)?;
        devices.iter().find(|known| known.binding.key() == binding.key()).map(Arc::clone)
    }

    /// Of the flows of a device that can be reached at this moment and are wanted the newest (RFC 5626 5.3).
    pub(crate) fn newest_flow(
        &self,
        account: AccountId,
        device: Device,
        is_wanted: impl Fn(&Location) -> bool,
    ) -> Option<Arc<Location>> {
        let devices = self.accounts.get(&account)?;
        let now = clock::utc();
        let flows = devices.iter().filter(|known| known.device == device && known.binding.expires_at > now);
        let flows = flows.filter(|known| self.has_way(known) && is_wanted(known));
        flows.max_by_key(|known| known.order).map(Arc::clone)
    }

    /// The registration by which the app of a device can be woken: its newest.
    pub(crate) fn sleeper(&self, account: AccountId, device: Device) -> Option<Arc<Location>> {
        let devices = self.accounts.get(&account)?;
        let now = clock::utc();
        let flows = devices.iter().filter(|known| known.device == device && known.binding.expires_at > now);
        flows.filter(|known| known.is_woken()).max_by_key(|known| known.order).map(Arc::clone)
    }

    /// Whether something can be sent this way at this moment.
    pub(crate) fn has_way(&self, location: &Location) -> bool {
        match location.target {
            Target::Datagram { .. } => true,
            Target::Connection { connection, otherwise, .. } => {
                otherwise.is_some() || self.connections.contains(&connection)
            }
        }
    }

    /// Removes what has lapsed, and tells what that was.
    pub(crate) fn sweep(&self, now: Timestamp) -> Vec<(AccountId, String)> {
        let mut lapsed = Vec::new();
        for devices in &self.accounts {
            let old = devices.iter().filter(|known| known.binding.expires_at <= now);
            lapsed.extend(old.map(|known| (*devices.key(), known.binding.key().into_owned())));
        }
        for (account, key) in &lapsed {
            self.remove(*account, key);
        }
        lapsed
    }

    /// A connection was opened.
    pub(crate) fn opened(&self, connection: u64) {
        self.connections.insert(connection);
    }

    /// A connection was closed: the devices on it can't be reached over it any more.
    pub(crate) fn closed(&self, connection: u64) {
        self.connections.remove(&connection);
    }

    /// How many registrations there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn reachable(&self, location: &Location, now: Timestamp) -> bool {
        location.binding.expires_at > now && (self.has_way(location) || location.is_woken())
    }
}

impl Locations {
    /// Adds the devices of an account that can be reached at this moment and are meant.
    pub(crate) fn devices(
        &self,
        account: AccountId,
        is_meant: impl Fn(&Binding) -> bool,
        out: &mut Vec<Device>,
    ) {
        let Some(devices) = self.accounts.get(&account) else { return };
        let now = clock::utc();
        for known in devices.iter().filter(|known| self.reachable(known, now) && is_meant(&known.binding)) {
            // Two flows of one device get one copy.
            if !out.contains(&known.device) {
                out.push(known.device);
            }
        }
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
        Flow::datagrams(([127, 0, 0, 1], 5062).into())
    }

    fn reached(locations: &Locations) -> usize {
        let mut devices = Vec::new();
        locations.devices(AccountId(1), |_| true, &mut devices);
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
    fn an_app_that_can_be_woken_is_reached_without_a_way_until_its_provider_knows_it_no_more() {
        let locations = Locations::new(vec!["fcm".to_owned()]);
        let flow =
            Flow::Stream { transport: Transport::Tcp, peer: ([127, 0, 0, 1], 40_000).into(), connection: 9 };
        let asleep = locations.put(binding("sip:1@10.0.0.7;pn-provider=fcm;pn-prid=secret", flow));
        assert_eq!((reached(&locations), asleep.shown()), (1, "sip:1@10.0.0.7"));
        assert!(locations.newest_flow(AccountId(1), asleep.device, |_| true).is_none());
        assert!(Arc::ptr_eq(&locations.sleeper(AccountId(1), asleep.device).unwrap(), &asleep));
        asleep.forget_push();
        assert_eq!(reached(&locations), 0);
    }

    fn flow_of(reg_id: u32, port: u16) -> Binding {
        let peer = ([127, 0, 0, 1], port).into();
        let instance = Some("<urn:uuid:1>".to_owned());
        Binding { instance, reg_id: Some(reg_id), ..binding("sip:1111@d.invalid;ob", Flow::datagrams(peer)) }
    }

    #[test]
    fn two_flows_are_one_device_and_the_newest_is_tried_first() {
        let locations = Locations::default();
        locations.put(flow_of(1, 5061));
        locations.put(flow_of(2, 5062));
        assert_eq!((locations.count(), reached(&locations)), (2, 1));
        let mut devices = Vec::new();
        locations.devices(AccountId(1), |_| true, &mut devices);
        let newest = |but: Option<&Location>| {
            let is_other = |flow: &Location| but.is_none_or(|but| !but.is_same_way(flow));
            locations.newest_flow(AccountId(1), devices[0], is_other).unwrap()
        };
        let first = newest(None);
        assert_eq!(first.binding.reg_id, Some(2));
        assert_eq!(newest(Some(&first)).binding.reg_id, Some(1));
        locations.put(flow_of(1, 5063));
        assert_eq!(newest(None).binding.reg_id, Some(1), "it registered last");
    }

    #[test]
    fn a_flow_that_takes_the_place_of_another_knows_what_is_under_way() {
        let locations = Locations::default();
        locations.put(flow_of(1, 5061)).carry(7);
        assert_eq!(locations.put(flow_of(1, 5062)).carried(), 7);
        assert_eq!(locations.put(flow_of(2, 5062)).carried(), 7, "another flow of the device");
        assert_eq!(locations.put(binding("sip:1111@127.0.0.1", udp())).carried(), 0, "another device");
    }

    #[test]
    fn only_the_very_registration_that_failed_is_forgotten() {
        let locations = Locations::default();
        locations.put(binding("sip:1111@127.0.0.1:5062", udp()));
        let mut devices = Vec::new();
        locations.devices(AccountId(1), |_| true, &mut devices);
        let tried = locations.newest_flow(AccountId(1), devices[0], |_| true).unwrap();
        locations.put(Binding { cseq: 2, ..binding("sip:1111@127.0.0.1:5062", udp()) });
        assert!(!locations.remove_exactly(&tried), "it was refreshed meanwhile");
        let fresh = locations.newest_flow(AccountId(1), devices[0], |_| true).unwrap();
        assert!(locations.remove_exactly(&fresh));
        assert_eq!(locations.count(), 0);
    }

    #[test]
    fn accounts_that_are_gone_are_not_reached() {
        let locations = Locations::default();
        locations.put(binding("sip:1111@127.0.0.1:5062", udp()));
        locations.keep(|binding| binding.account == AccountId(1));
        assert_eq!(locations.count(), 1);
        locations.put(binding("sip:1111@127.0.0.1:5064", udp()));
        locations.keep(|binding| binding.contact.ends_with("5064"));
        assert_eq!((locations.count(), reached(&locations)), (1, 1));
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

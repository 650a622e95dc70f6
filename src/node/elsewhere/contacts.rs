//! Who is where elsewhere, in memory. A lookup never touches a database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use iwf_model::{AccountId, Binding, Timestamp};
use iwf_relay::Device;

use crate::clock;
use crate::sip::next_hops::Remote;

/// The contacts of accounts that registered with another server.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    accounts: DashMap<AccountId, Vec<Contact>>,
    count: AtomicUsize,
}

#[derive(Debug)]
struct Contact {
    remote: Arc<Remote>,
    /// When its row was written, in the form of the database.
    written: String,
    /// The reading that saw it last.
    reading: u64,
    /// Its server said that it knows it no more: it rests until its row is written anew.
    rests: bool,
}

impl Contact {
    fn is_reachable(&self, now: Timestamp) -> bool {
        !self.rests && self.remote.binding.expires_at > now
    }

    fn is_same(&self, other: &Remote) -> bool {
        let (mine, theirs) = (&self.remote.binding, &other.binding);
        mine.contact == theirs.contact && mine.path == theirs.path
    }
}

impl Contacts {
    /// Notes a contact that a reading saw; whether it is new or was refreshed. Several rows may lead the same way, and
    /// the newest counts. Of more than `most` of one account the oldest gives way.
    pub(crate) fn put(&self, remote: Remote, written: &str, reading: u64, most: usize) -> bool {
        let mut contacts = self.accounts.entry(remote.binding.account).or_default();
        if let Some(known) = contacts.iter_mut().find(|known| known.is_same(&remote)) {
            known.reading = reading;
            let is_newer = *known.written < *written;
            if is_newer {
                *known = Contact { remote: Arc::new(remote), written: written.into(), reading, rests: false };
            }
            return is_newer;
        }
        let contact = Contact { remote: Arc::new(remote), written: written.into(), reading, rests: false };
        if contacts.len() < most {
            contacts.push(contact);
            self.count.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let oldest = contacts.iter_mut().min_by(|a, b| a.written.cmp(&b.written));
        let Some(oldest) = oldest.filter(|oldest| *oldest.written < *written) else { return false };
        *oldest = contact;
        true
    }

    /// Forgets what this reading of everything did not see.
    pub(crate) fn keep_seen(&self, reading: u64) {
        self.retain(|_, contact| contact.reading == reading);
    }

    /// Forgets the contacts of accounts that are no longer there, or that may not receive.
    pub(crate) fn keep(&self, may_stay: impl Fn(AccountId) -> bool) {
        self.retain(|account, _| may_stay(account));
    }

    fn retain(&self, stays: impl Fn(AccountId, &Contact) -> bool) {
        self.accounts.retain(|account, contacts| {
            let before = contacts.len();
            contacts.retain(|contact| stays(*account, contact));
            self.count.fetch_sub(before - contacts.len(), Ordering::Relaxed);
            !contacts.is_empty()
        });
    }

    /// Its server knows a contact no more. One that was refreshed meanwhile is left alone.
    pub(crate) fn rest(&self, remote: &Arc<Remote>) {
        let Some(mut contacts) = self.accounts.get_mut(&remote.binding.account) else { return };
        let gone = contacts.iter_mut().filter(|contact| Arc::ptr_eq(&contact.remote, remote));
        gone.for_each(|contact| contact.rests = true);
    }

    /// What is sent to for a device: of its contacts the newest.
    pub(crate) fn remote(&self, account: AccountId, device: Device) -> Option<Arc<Remote>> {
        if self.is_empty() {
            return None;
        }
        let contacts = self.accounts.get(&account)?;
        let now = clock::utc();
        let ways =
            contacts.iter().filter(|contact| contact.remote.device == device && contact.is_reachable(now));
        ways.max_by(|a, b| a.written.cmp(&b.written)).map(|contact| Arc::clone(&contact.remote))
    }

    /// Adds the devices of an account that can be reached at this moment and are meant. What stands for all of them is.
    pub(crate) fn devices(
        &self,
        account: AccountId,
        is_meant: impl Fn(&Binding) -> bool,
        out: &mut Vec<Device>,
    ) {
        if self.is_empty() {
            return;
        }
        let Some(contacts) = self.accounts.get(&account) else { return };
        let now = clock::utc();
        for Contact { remote, .. } in contacts.iter().filter(|contact| contact.is_reachable(now)) {
            let meant = remote.stands_for_all || is_meant(&remote.binding);
            if meant && !out.contains(&remote.device) {
                out.push(remote.device);
            }
        }
    }

    /// Whether a device of the account can be reached at this moment.
    pub(crate) fn is_reachable(&self, account: AccountId) -> bool {
        if self.is_empty() {
            return false;
        }
        let now = clock::utc();
        let contacts = self.accounts.get(&account);
        contacts.is_some_and(|contacts| contacts.iter().any(|contact| contact.is_reachable(now)))
    }

    /// How many contacts there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use iwf_sip::elsewhere::NoWay;
    use iwf_store::usrloc::Row;

    use super::super::contact::remote;
    use super::super::samples::{account, row};
    use super::*;

    const ONE: AccountId = AccountId(1);

    fn put(contacts: &Contacts, row: &Row, written: &str, reading: u64) -> bool {
        contacts.put(remote(row, &account(), None, None).unwrap(), written, reading, 2)
    }

    fn devices(contacts: &Contacts) -> Vec<Device> {
        let mut devices = Vec::new();
        contacts.devices(ONE, |_| true, &mut devices);
        assert_eq!(contacts.is_reachable(ONE), !devices.is_empty());
        devices
    }

    const EDGE: Option<&str> = Some("<sip:192.0.2.7;lr>");

    #[test]
    fn a_contact_counts_as_refreshed_only_when_its_row_was_written_anew() {
        let contacts = Contacts::default();
        let row = row("sip:1@10.0.0.1", EDGE, None);
        let seen = ["1", "1", "2", "1"].map(|written| put(&contacts, &row, written, 1));
        assert_eq!((seen, contacts.count()), ([true, false, true, false], 1));
    }

    #[test]
    fn devices_behind_a_path_are_told_apart_and_two_flows_of_one_are_not() {
        let contacts = Contacts::default();
        put(&contacts, &row("sip:1@10.0.0.1", EDGE, Some("<urn:uuid:1>")), "1", 1);
        put(&contacts, &row("sip:1@10.0.0.2", EDGE, Some("<urn:uuid:1>")), "2", 1);
        let one = devices(&contacts);
        assert_eq!((one.len(), contacts.count()), (1, 2));
        let newest = contacts.remote(ONE, one[0]).unwrap();
        assert_eq!(newest.binding.contact, "sip:1@10.0.0.2");
        contacts.rest(&newest);
        assert_eq!(contacts.remote(ONE, one[0]).unwrap().binding.contact, "sip:1@10.0.0.1", "its other flow");
    }

    #[test]
    fn devices_without_a_path_are_one_to_us_because_their_server_tells_them_apart() {
        let contacts = Contacts::default();
        put(&contacts, &row("sip:1@10.0.0.1", None, Some("<urn:uuid:1>")), "1", 1);
        put(&contacts, &row("sip:1@10.0.0.2", None, Some("<urn:uuid:2>")), "2", 1);
        let devices = devices(&contacts);
        assert_eq!(devices.len(), 1);
        let remote = contacts.remote(ONE, devices[0]).unwrap();
        assert_eq!(remote.binding.contact, "sip:1111@192.0.2.1");
        assert_eq!(remote.binding.path, "<sip:192.0.2.1:5060;transport=udp;lr>");
    }

    #[test]
    fn one_device_is_meant_where_they_are_told_apart_and_all_where_their_server_does_that() {
        let meant = |contacts: &Contacts| {
            let mut devices = Vec::new();
            contacts.devices(ONE, |binding| binding.user_agent == "a", &mut devices);
            devices
                .into_iter()
                .map(|one| contacts.remote(ONE, one).unwrap().binding.contact.clone())
                .collect()
        };
        let of = |app: &str, row: Row| Row { user_agent: app.into(), ..row };
        let apart = Contacts::default();
        put(&apart, &of("a", row("sip:1@10.0.0.1", EDGE, Some("<urn:uuid:1>"))), "1", 1);
        put(&apart, &of("b", row("sip:1@10.0.0.2", EDGE, Some("<urn:uuid:2>"))), "2", 1);
        let first: Vec<String> = meant(&apart);
        assert_eq!(first, ["sip:1@10.0.0.1"]);
        let as_one = Contacts::default();
        put(&as_one, &of("b", row("sip:1@10.0.0.1", None, None)), "1", 1);
        assert_eq!(meant(&as_one), ["sip:1111@192.0.2.1"]);
    }

    #[test]
    fn what_its_server_knows_no_more_rests_until_its_row_is_written_anew() {
        let contacts = Contacts::default();
        let row = row("sip:1@10.0.0.1", EDGE, None);
        put(&contacts, &row, "1", 1);
        let device = devices(&contacts)[0];
        let gone = contacts.remote(ONE, device).unwrap();
        contacts.rest(&gone);
        assert!(!put(&contacts, &row, "1", 2) && devices(&contacts).is_empty());
        assert!(put(&contacts, &row, "2", 3));
        contacts.rest(&gone);
        assert_eq!(devices(&contacts).len(), 1, "what was refreshed meanwhile does not rest");
    }

    #[test]
    fn what_lapsed_or_was_not_seen_or_has_no_account_is_not_reached() {
        let contacts = Contacts::default();
        let past = Some(clock::utc().before(Duration::from_secs(1)));
        put(&contacts, &Row { expires_at: past, ..row("sip:1@10.0.0.1", EDGE, None) }, "1", 1);
        assert!(devices(&contacts).is_empty());
        put(&contacts, &row("sip:1@10.0.0.2", EDGE, None), "2", 2);
        contacts.keep_seen(2);
        assert_eq!((contacts.count(), devices(&contacts).len()), (1, 1));
        contacts.keep(|_| false);
        assert_eq!((contacts.count(), devices(&contacts).len()), (0, 0));
    }

    #[test]
    fn of_too_many_contacts_the_oldest_gives_way() {
        let contacts = Contacts::default();
        let put = |host, written| put(&contacts, &row(&format!("sip:1@{host}"), EDGE, None), written, 1);
        assert!(put("10.0.0.1", "1") && put("10.0.0.2", "3") && put("10.0.0.3", "2"));
        assert!(!put("10.0.0.4", "0"), "older than all that are there");
        let left = devices(&contacts)
            .into_iter()
            .map(|one| contacts.remote(ONE, one).unwrap().binding.contact.clone());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["sip:1@10.0.0.2", "sip:1@10.0.0.3"]);
    }

    #[test]
    fn a_row_that_nothing_leads_to_is_none() {
        let row = Row { socket: None, ..row("sip:1@10.0.0.1", None, None) };
        assert_eq!(remote(&row, &account(), Some("example.com"), None).unwrap_err(), NoWay::NoEdge);
        let by_edge = remote(&row, &account(), Some("example.com"), Some("sip:192.0.2.9")).unwrap();
        assert_eq!(by_edge.binding.aor, "sip:1111@example.com");
    }
}

//! Where a message can go at this moment: what is known of devices and of binds, asked as one.

use std::sync::Arc;

use arc_swap::ArcSwap;
use iwf_model::{
    Account, AccountId, AccountState, Binding, CarrierId, Connection, ConnectionId, Message, Notice,
    Recipient, Route,
};
use iwf_relay::{Device, Directory, Reach, carrier_lane, connection_lane};
use iwf_sip::delivery::is_for;

use crate::clock;
use crate::connections::Connections;
use crate::elsewhere::Contacts;
use crate::receipts::Receipts;
use crate::sip::locations::Locations;
use crate::sip::next_hops::Remote;
use crate::sip::proxy::Proxy;
use crate::texts::Taker;

/// Answers for accounts from their registrations, here and elsewhere, or with the proxy; for carriers from their binds.
pub(crate) struct Reachable {
    /// Where devices are.
    pub(crate) locations: Arc<Locations>,
    /// Where they are that registered with another server.
    pub(crate) elsewhere: Arc<Contacts>,
    /// What the receivers of carriers take from.
    pub(crate) receipts: Arc<Receipts>,
    /// Who the accounts are.
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    /// Where texts go to accounts that have no device here, or to all.
    pub(crate) proxy: Option<Proxy>,
    /// What our binds of connections take from.
    pub(crate) connections: Arc<Connections>,
}

/// A connection that can take a text at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// Which one.
    pub(crate) connection: ConnectionId,
    /// Its carrier, if the text may go to the receivers that it has bound to us.
    pub(crate) receivers: Option<CarrierId>,
}

impl Reachable {
    /// Whether anything goes to this recipient at this moment.
    pub(crate) fn reaches(&self, recipient: Recipient) -> bool {
        match recipient {
            Recipient::Account(account) => {
                self.locations.is_reachable(account)
                    || self.elsewhere.is_reachable(account)
                    || self.by_proxy(account, |_, _| ()).is_some()
            }
            Recipient::Carrier(carrier) => self.receipts.finds_receiver(carrier),
            // What waits for a route waits for whatever connection comes.
            Recipient::Route(_) => false,
        }
    }

    /// The connections that can take a routed text at this moment, in their order.
    fn ways(&self, message: &Message) -> Vec<Way> {
        let directory = self.directory.load();
        let choice = directory.choose(&message.submission, clock::utc());
        let connections = choice.map(|choice| choice.connections).unwrap_or_default();
        connections.into_iter().filter_map(|connection| self.way_over(&directory, connection)).collect()
    }

    /// Over our own binds if there are any, else over those that its carrier made to us.
    fn way_over(&self, directory: &Directory, connection: &Connection) -> Option<Way> {
        let way = Way { connection: connection.id, receivers: None };
        if self.connections.is_bound(connection.id) {
            return Some(way);
        }
        let carrier = directory.carrier_of(connection).filter(|_| connection.link.receivers)?;
        let receivers = Some(carrier.id).filter(|carrier| self.receipts.finds_receiver(*carrier));
        receivers.is_some().then_some(Way { receivers, ..way })
    }

    /// The connection whose lane that is.
    pub(crate) fn way(&self, message: &Message, lane: Device) -> Option<Way> {
        self.ways(message).into_iter().find(|way| connection_lane(way.connection, message) == lane)
    }

    /// Whose messages may go now that somebody takes texts who did not.
    pub(crate) fn waiting_for(&self, taker: Taker) -> Vec<Recipient> {
        let directory = self.directory.load();
        let is_taken_by = |connection: &Connection| match taker {
            Taker::Connection(id) => connection.id == id,
            Taker::Carrier(id) => {
                let carrier = directory.carrier_of(connection);
                connection.link.receivers && carrier.is_some_and(|carrier| carrier.id == id)
            }
        };
        let leads_there = |route: &Route| {
            let mut named = route.rule.connections().filter_map(|name| directory.connection_named(name));
            named.any(|connection| is_taken_by(connection))
        };
        let routes =
            directory.routes().filter(|route| leads_there(route)).map(|route| Recipient::Route(route.id));
        let carrier = match taker {
            Taker::Carrier(carrier) => Some(Recipient::Carrier(carrier)),
            Taker::Connection(_) => None,
        };
        carrier.into_iter().chain(routes).collect()
    }

    /// The carrier at the other end of a connection.
    pub(crate) fn carrier_of(&self, connection: ConnectionId) -> Option<CarrierId> {
        let directory = self.directory.load();
        let connection = directory.connection(connection)?;
        directory.carrier_of(connection).map(|carrier| carrier.id)
    }

    /// What no flow leads to, if that is what the device stands for: a contact elsewhere, or the proxy.
    pub(crate) fn remote(&self, account: AccountId, device: Device) -> Option<Arc<Remote>> {
        if let Some(remote) = self.elsewhere.remote(account, device) {
            return Some(remote);
        }
        let is_meant = self.proxy.is_some() && device == Proxy::device(account);
        is_meant.then(|| self.by_proxy(account, Proxy::remote))?.map(Arc::new)
    }

    /// The proxy, as far as it leads to the account.
    fn by_proxy<T>(&self, account: AccountId, then: impl FnOnce(&Proxy, &Account) -> T) -> Option<T> {
        let proxy = self.proxy.as_ref()?;
        let directory = self.directory.load();
        let account = directory.account(account).filter(|account| account.state == AccountState::Active)?;
        Some(then(proxy, account))
    }

    /// A notice goes to the device whose text it tells of, and to the proxy only if the account has no device here.
    fn devices_of(&self, account: AccountId, notice: Option<&Notice>, out: &mut Vec<Device>) {
        let before = out.len();
        if !self.proxy.as_ref().is_some_and(Proxy::is_for_all) {
            let is_meant = |binding: &Binding| notice.is_none_or(|notice| is_for(notice, binding));
            self.locations.devices(account, is_meant, out);
            self.elsewhere.devices(account, is_meant, out);
            let has_device = || self.locations.is_reachable(account) || self.elsewhere.is_reachable(account);
            if notice.is_some() && has_device() {
                return;
            }
        }
        // A status report is nothing for anybody else.
        if notice.is_some_and(|notice| notice.asked.short.is_some()) {
            return;
        }
        if out.len() == before {
            out.extend(self.by_proxy(account, |_, account| Proxy::device(account.id)));
        }
    }
}

impl Reach for Reachable {
    fn devices(&self, message: &Message, out: &mut Vec<Device>) {
        match message.recipient {
            Recipient::Account(account) => self.devices_of(account, message.notice(), out),
            Recipient::Carrier(carrier) => {
                out.extend(self.receipts.finds_receiver(carrier).then(|| carrier_lane(message)));
            }
            Recipient::Route(_) => {
                out.extend(
                    self.ways(message).into_iter().map(|way| connection_lane(way.connection, message)),
                );
            }
        }
    }
}

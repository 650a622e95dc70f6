//! Who is who: the provisioning, indexed for the questions that every message asks.
//!
//! Built anew when an admin changes something and then swapped in whole, so a message sees either all of
//! a change or none of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iwf_model::route::Subject;
use iwf_model::{
    Account, AccountId, Carrier, CarrierId, Connection, ConnectionId, Number, Origin, Recipient, Route,
    RouteId, Submission, Timestamp,
};

use crate::numbers::Numbers;
use crate::routing::{Choice, Contents, Routing};

/// The provisioning at one revision.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: BTreeMap<AccountId, Arc<Account>>,
    by_number: HashMap<Number, Arc<Account>>,
    by_username: HashMap<String, Arc<Account>>,
    carriers: BTreeMap<CarrierId, Arc<Carrier>>,
    by_system_id: HashMap<String, Arc<Carrier>>,
    served: Numbers,
    routing: Routing,
}

impl Directory {
    /// Indexes what the store holds.
    pub fn new(
        carriers: Vec<Carrier>,
        accounts: Vec<Account>,
        connections: Vec<Connection>,
        routes: Vec<Route>,
    ) -> Self {
        let mut directory = Self::default();
        for account in accounts.into_iter().map(Arc::new) {
            for did in &account.dids {
                directory.by_number.insert(*did, Arc::clone(&account));
            }
            directory.by_username.insert(account.username.clone(), Arc::clone(&account));
            directory.accounts.insert(account.id, account);
        }
        for carrier in carriers.into_iter().map(Arc::new) {
            // Without one it does not bind to us.
            if !carrier.system_id.is_empty() {
                directory.by_system_id.insert(carrier.system_id.clone(), Arc::clone(&carrier));
            }
            directory.carriers.insert(carrier.id, carrier);
        }
        directory.served = Numbers::new(directory.carriers.values());
        directory.routing = Routing::new(directory.carriers.values(), connections, routes);
        directory
    }

    /// The account that owns a number. Whatever an account owns is a destination, however short or long.
    pub fn owner(&self, number: &Number) -> Option<&Arc<Account>> {
        self.by_number.get(number)
    }

    /// The carrier whose receivers take texts to a number, if no account owns it.
    pub fn server(&self, number: &Number) -> Option<&Arc<Carrier>> {
        self.served.carrier(number)
    }

    /// Whose a number is: an account's that owns it, or a carrier's that serves it.
    pub fn recipient(&self, number: &Number) -> Option<Recipient> {
        let owner = self.owner(number).map(|account| Recipient::Account(account.id));
        owner.or_else(|| self.server(number).map(|carrier| Recipient::Carrier(carrier.id)))
    }

    /// The account that an app means by the user part of its address: a username, or one of its numbers.
    pub fn user(&self, user: &str) -> Option<&Arc<Account>> {
        self.by_username.get(user).or_else(|| self.owner(&user.parse().ok()?))
    }

    /// An account by its key.
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// Every carrier.
    pub fn carriers(&self) -> impl Iterator<Item = &Arc<Carrier>> {
        self.carriers.values()
    }

    /// A carrier by its key.
    pub fn carrier(&self, id: CarrierId) -> Option<&Arc<Carrier>> {
        self.carriers.get(&id)
    }

    /// A carrier by what it binds as; case counts.
    pub fn system_id(&self, system_id: &str) -> Option<&Arc<Carrier>> {
        self.by_system_id.get(system_id)
    }

    /// The routes and connections.
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// A connection by its key.
    pub fn connection(&self, id: ConnectionId) -> Option<&Arc<Connection>> {
        self.routing.connection(id)
    }

    /// A connection by its name.
    pub fn connection_named(&self, name: &str) -> Option<&Arc<Connection>> {
        self.routing.connection_named(name)
    }

    /// Every connection.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.routing.connections()
    }

    /// The carrier at the other end of a connection.
    pub fn carrier_of(&self, connection: &Connection) -> Option<&Arc<Carrier>> {
        self.routing.carrier_of(connection)
    }

    /// A route by its key.
    pub fn route(&self, id: RouteId) -> Option<&Arc<Route>> {
        self.routing.route(id)
    }

    /// Every route.
    pub fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.routing.routes()
    }

    /// The name of a carrier, or the username of an account, as routes know them; empty when it is gone.
    pub fn name_of(&self, origin: Origin) -> &str {
        match origin {
            Origin::Carrier(id) => self.carrier(id).map_or("", |carrier| &carrier.name),
            Origin::Account(id) => self.account(id).map_or("", |account| &account.username),
        }
    }

    /// Asks about a text what routes are asked.
    pub fn ask<T>(&self, submission: &Submission, at: Timestamp, ask: impl FnOnce(&Subject<'_>) -> T) -> T {
        let contents = Contents::of(submission);
        ask(&Subject {
            source: &submission.source,
            destination: &submission.destination,
            origin: submission.origin,
            origin_name: self.name_of(submission.origin),
            at,
            content: &|content| contents.is(content),
        })
    }

    /// The route that a text takes at this moment, and its connections as they may be used; `None` when no route is for it.
    pub fn choose(&self, submission: &Submission, at: Timestamp) -> Option<Choice<'_>> {
        self.ask(submission, at, |subject| self.routing.choose(subject))
    }

    /// How many accounts and carriers there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.accounts.len(), self.carriers.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use iwf_model::{AccountState, Settings};

    pub(crate) fn account(id: i64, username: &str, dids: &[&str]) -> Account {
        Account {
            id: AccountId(id),
            username: username.into(),
            ha1_md5: String::new(),
            ha1_sha256: String::new(),
            ha1_sha512_256: None,
            realm: "iwf".into(),
            digest: None,
            tls_only: false,
            dids: dids.iter().map(|did| did.parse().unwrap()).collect(),
            state: AccountState::Active,
        }
    }

    #[test]
    fn a_number_is_its_owners_before_it_is_the_carriers_that_serves_it() {
        let mut serving = crate::admission::tests::carrier(true);
        serving.profile.set("numbers", "1111%").unwrap();
        let directory = Directory::new(vec![serving], vec![account(1, "a", &["1111"])], vec![], vec![]);
        let recipient = |number: &str| directory.recipient(&number.parse().unwrap());
        assert_eq!(recipient("1111"), Some(Recipient::Account(AccountId(1))));
        assert_eq!(recipient("11112"), Some(Recipient::Carrier(CarrierId(1))));
        assert_eq!(recipient("222"), None);
    }

    #[test]
    fn a_user_is_found_by_name_and_by_each_number() {
        let directory =
            Directory::new(vec![], vec![account(1, "anna", &["1111", "964111222333"])], vec![], vec![]);
        for user in ["anna", "1111", "+964111222333"] {
            assert_eq!(directory.user(user).map(|a| a.id), Some(AccountId(1)), "{user}");
        }
        assert!(directory.user("Anna").is_none());
        assert!(directory.owner(&"111".parse().unwrap()).is_none());
    }
}

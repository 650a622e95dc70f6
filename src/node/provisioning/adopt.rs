//! Accounts for the users of another registrar: each gets the name, the number and the password that it has there.

use std::collections::{BTreeMap, BTreeSet};

use iwf_model::{Account, AccountId, AccountState, Challenge, Number};
use iwf_store::usrloc::Subscriber;
use iwf_store::{Change, Provisioning};

use super::file::is_username;
use crate::credentials;

/// Why a user gets no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Left {
    /// There is an account of this name, or one that owns the number.
    Known,
    /// It is of another domain than `registrar.domain`.
    Domain,
    /// No account can have this name.
    Name,
    /// Neither a password nor an HA1 is kept of it.
    Secret,
}

/// What is to be added.
pub(crate) struct Adoption<'a> {
    realm: &'a str,
    domain: Option<&'a str>,
    usernames: BTreeSet<String>,
    numbers: BTreeSet<Number>,
    /// For the store.
    pub(crate) changes: Vec<Change>,
    /// The names of the new accounts.
    pub(crate) added: Vec<String>,
    /// How many users get none, and why.
    pub(crate) left: BTreeMap<Left, u64>,
    /// New accounts whose HA1 is bound to another realm than ours: they can't prove who they are.
    pub(crate) other_realm: u64,
}

impl<'a> Adoption<'a> {
    /// To what is there already. `domain`: users of others are left alone.
    pub(crate) fn new(current: &Provisioning, realm: &'a str, domain: Option<&'a str>) -> Self {
        let accounts = &current.accounts;
        Self {
            realm,
            domain,
            usernames: accounts.iter().map(|account| account.username.clone()).collect(),
            numbers: accounts.iter().flat_map(|account| account.dids.iter().copied()).collect(),
            changes: Vec::new(),
            added: Vec::new(),
            left: BTreeMap::new(),
            other_realm: 0,
        }
    }

    /// Looks at one user. `random` stands for the hashes that nobody knows of it, so that nobody can guess them.
    pub(crate) fn take(&mut self, user: &Subscriber, random: [u8; 32]) {
        match self.account(user, random) {
            Ok(account) => {
                self.other_realm += u64::from(account.realm != self.realm);
                self.usernames.insert(account.username.clone());
                self.numbers.extend(&account.dids);
                self.added.push(account.username.clone());
                self.changes.push(Change::PutAccount(account));
            }
            Err(why) => *self.left.entry(why).or_default() += 1,
        }
    }

    fn account(&self, user: &Subscriber, random: [u8; 32]) -> Result<Account, Left> {
        let Subscriber { username, domain, password, ha1 } = user;
        if self.domain.is_some_and(|ours| !domain.is_empty() && !ours.eq_ignore_ascii_case(domain)) {
            return Err(Left::Domain);
        }
        if !is_username(username) {
            return Err(Left::Name);
        }
        let number = username.parse::<Number>().ok();
        if self.usernames.contains(username) || number.is_some_and(|number| self.numbers.contains(&number)) {
            return Err(Left::Known);
        }
        let account = Account {
            id: AccountId(0),
            username: username.clone(),
            ha1_md5: String::new(),
            ha1_sha256: String::new(),
            ha1_sha512_256: None,
            realm: self.realm.to_owned(),
            digest: None,
            tls_only: false,
            dids: number.into_iter().collect(),
            state: AccountState::Active,
        };
        if !password.is_empty() {
            let kept = credentials::ha1s(username, self.realm, password);
            let (ha1_md5, ha1_sha256, ha1_sha512_256) = (kept.md5, kept.sha256, Some(kept.sha512_256));
            return Ok(Account { ha1_md5, ha1_sha256, ha1_sha512_256, ..account });
        }
        if ha1.len() != MD5_DIGITS || !ha1.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(Left::Secret);
        }
        let realm = if domain.is_empty() { self.realm } else { domain };
        Ok(Account {
            ha1_md5: ha1.to_ascii_lowercase(),
            ha1_sha256: credentials::hex(&random),
            realm: realm.to_owned(),
            // The one hash that there is.
            digest: Some(Challenge::Md5),
            ..account
        })
    }
}

/// An MD5 in hex.
const MD5_DIGITS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const HA1: &str = "939E7578ED9E3C518A452ACEE763BCE9";

    fn user(username: &str, domain: &str, password: &str, ha1: &str) -> Subscriber {
        let [username, domain, password, ha1] = [username, domain, password, ha1].map(str::to_owned);
        Subscriber { username, domain, password, ha1 }
    }

    fn adopted(current: &Provisioning, users: &[Subscriber]) -> (Vec<Account>, BTreeMap<Left, u64>, u64) {
        let mut adoption = Adoption::new(current, "iwf", Some("example.com"));
        users.iter().for_each(|user| adoption.take(user, [7; 32]));
        let accounts = adoption.changes.into_iter().map(|change| match change {
            Change::PutAccount(account) => account,
            other => panic!("{other:?}"),
        });
        (accounts.collect(), adoption.left, adoption.other_realm)
    }

    #[test]
    fn a_user_with_a_password_can_do_here_what_it_can_there() {
        let (accounts, _, other_realm) =
            adopted(&Provisioning::default(), &[user("+964111222333", "example.com", "secret", HA1)]);
        let kept = credentials::ha1s("+964111222333", "iwf", "secret");
        assert_eq!((&accounts[0].ha1_md5, &accounts[0].ha1_sha256), (&kept.md5, &kept.sha256));
        assert_eq!(
            (accounts[0].dids.clone(), accounts[0].digest),
            (vec!["964111222333".parse().unwrap()], None)
        );
        assert_eq!((accounts[0].realm.as_str(), other_realm), ("iwf", 0));
    }

    #[test]
    fn of_a_user_with_an_ha1_alone_no_other_hash_can_be_guessed() {
        let (accounts, _, other_realm) =
            adopted(&Provisioning::default(), &[user("anna", "example.com", "", HA1)]);
        let anna = &accounts[0];
        assert_eq!((anna.ha1_md5.as_str(), anna.realm.as_str()), (&*HA1.to_ascii_lowercase(), "example.com"));
        assert_eq!((anna.ha1_sha256.clone(), anna.digest), ("07".repeat(32), Some(Challenge::Md5)));
        assert_eq!((anna.dids.len(), other_realm), (0, 1));
    }

    #[test]
    fn who_is_known_or_can_not_be_named_is_left() {
        let (mut accounts, ..) =
            adopted(&Provisioning::default(), &[user("1111", "example.com", "secret", "")]);
        accounts[0].username = "bob".into();
        let current = Provisioning { accounts, ..Provisioning::default() };
        let users = [
            user("bob", "example.com", "secret", ""),
            user("1111", "example.com", "secret", ""),
            user("2222", "example.org", "secret", ""),
            user("a b", "example.com", "secret", ""),
            user("carol", "example.com", "", "none"),
        ];
        let (added, left, _) = adopted(&current, &users);
        assert!(added.is_empty());
        assert_eq!(
            left,
            BTreeMap::from([(Left::Known, 2), (Left::Domain, 1), (Left::Name, 1), (Left::Secret, 1)])
        );
    }
}

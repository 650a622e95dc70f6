//! What must change in the store to make it what a plan wants. No change, no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use iwf_model::{Account, AccountId, Carrier, CarrierId, Challenge, Number, Profile, Settings};
use iwf_store::{Change, Provisioning};

use super::file::{AccountEntry, CarrierEntry, under};
use super::plan::{Entries, Plan};
use crate::config::{Fault, Faults};
use crate::credentials::{self, NoRandomness};

/// What happens to a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was not there.
    Added,
    /// It differs in these fields.
    Changed(Vec<String>),
    /// It goes.
    Removed,
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `carrier`, `account`, `connection` or `route`.
    pub(crate) kind: &'static str,
    /// Its name or username.
    pub(crate) name: String,
    /// What happens to it.
    pub(crate) fate: Fate,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = (self.kind, &self.name);
        match &self.fate {
            Fate::Added => write!(f, "added {kind} {name}"),
            Fate::Changed(fields) => write!(f, "changed {kind} {name}: {}", fields.join(", ")),
            Fate::Removed => write!(f, "removed {kind} {name}"),
        }
    }
}

/// What changes, for people, and the changes that make it so, for the store: one transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Differences {
    /// One for each thing that changes.
    pub(crate) listed: Vec<Difference>,
    /// In the order in which no number is ever owned twice.
    pub(crate) changes: Vec<Change>,
    /// What is odd about the plan without being wrong.
    pub(crate) warnings: Vec<Fault>,
}

/// Why there is no way from here to the plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    /// The plan lacks something.
    #[error("{0}")]
    Refused(Faults),
    /// The plan wants what belongs to somebody whom it does not name.
    #[error("{0}")]
    Taken(Faults),
    /// A password could not be hashed.
    #[error("{0}")]
    Randomness(#[from] NoRandomness),
}

/// Compares. With `prune`, what the plan does not name is removed.
pub(crate) fn diff(
    current: &Provisioning,
    plan: &Plan,
    realm: &str,
    prune: bool,
) -> Result<Differences, DiffError> {
    let differences = Differences { warnings: plan.warnings.clone(), ..Differences::default() };
    let mut diff = Diff { plan, differences, faults: Vec::new() };
    if prune {
        diff.prune(current);
    }
    diff.carriers(current)?;
    diff.accounts(current, realm);
    diff.connections(current, prune);
    diff.routes(current, prune);
    if !diff.faults.is_empty() {
        return Err(DiffError::Refused(Faults(diff.faults)));
    }
    if !prune {
        diff.check_owners(current);
    }
    if diff.faults.is_empty() { Ok(diff.differences) } else { Err(DiffError::Taken(Faults(diff.faults))) }
}

/// One thing goes.
pub(crate) fn removal(kind: &'static str, name: &str, change: Change) -> Differences {
    let listed = vec![Difference { kind, name: name.to_owned(), fate: Fate::Removed }];
    Differences { listed, changes: vec![change], warnings: Vec::new() }
}

pub(super) struct Diff<'a> {
    pub(super) plan: &'a Plan,
    pub(super) differences: Differences,
    pub(super) faults: Vec<Fault>,
}

impl Diff<'_> {
    /// What the plan does not name goes.
    fn prune(&mut self, current: &Provisioning) {
        let Entries { carriers, accounts, connections, routes } = &self.plan.entries;
        let there = current.carriers.iter().map(|carrier| carrier.name.as_str());
        let gone = absent(there, carriers.iter().map(|entry| entry.name.as_str()));
        self.remove("carrier", gone, |name| Change::RemoveCarrier { name });
        let there = current.accounts.iter().map(|account| account.username.as_str());
        let gone = absent(there, accounts.iter().map(|entry| entry.username.as_str()));
        self.remove("account", gone, |username| Change::RemoveAccount { username });
        let there = current.connections.iter().map(|connection| connection.name.as_str());
        let gone = absent(there, connections.iter().map(|entry| entry.name.as_str()));
        self.remove("connection", gone, |name| Change::RemoveConnection { name });
        let there = current.routes.iter().map(|route| route.name.as_str());
        let gone = absent(there, routes.iter().map(|entry| entry.name.as_str()));
        self.remove("route", gone, |name| Change::RemoveRoute { name });
    }

    fn remove(&mut self, kind: &'static str, names: Vec<String>, change: impl Fn(String) -> Change) {
        for name in names {
            self.differences.changes.push(change(name.clone()));
            self.differences.listed.push(Difference { kind, name, fate: Fate::Removed });
        }
    }

    fn carriers(&mut self, current: &Provisioning) -> Result<(), NoRandomness> {
        let known: BTreeMap<&str, &Carrier> =
            current.carriers.iter().map(|carrier| (carrier.name.as_str(), carrier)).collect();
        for entry in &self.plan.entries.carriers {
            let before = known.get(entry.name.as_str()).copied();
            let has_none = before.is_none_or(|before| before.password_hash.is_empty());
            if has_none && entry.password.is_none() && !entry.system_id.is_empty() {
                let what = "a carrier that binds to us needs a password or a password_file";
                self.fault(&entry.key, "password", what);
                continue;
            }
            let after = carrier(entry, before)?;
            let Some(fate) = fate(before, &after, carrier_fields) else { continue };
            self.differences.listed.push(Difference { kind: "carrier", name: entry.name.clone(), fate });
            self.differences.changes.push(Change::PutCarrier(Box::new(after)));
        }
        Ok(())
    }

    /// Accounts that give up numbers do so before any account takes one.
    fn accounts(&mut self, current: &Provisioning, realm: &str) {
        let known: BTreeMap<&str, &Account> =
            current.accounts.iter().map(|account| (account.username.as_str(), account)).collect();
        let mut taking = Vec::new();
        for entry in &self.plan.entries.accounts {
            let before = known.get(entry.username.as_str()).copied();
            if before.is_none() && entry.password.is_none() {
                self.fault(&entry.key, "password", "a new account needs a password or a password_file");
                continue;
            }
            let after = account(entry, before, realm);
            if entry.digest == Some(Challenge::Sha512Trunc256) && after.ha1_sha512_256.is_none() {
                let what = "sha-512-256 needs the password once more: it was set by a version that did not keep this hash";
                self.fault(&entry.key, "digest", what);
                continue;
            }
            let Some(fate) = fate(before, &after, account_fields) else { continue };
            self.differences.listed.push(Difference { kind: "account", name: entry.username.clone(), fate });
            if let Some(giving) = before.and_then(|before| giving_up(before, &after)) {
                self.differences.changes.push(Change::PutAccount(giving));
            }
            taking.push(Change::PutAccount(after));
        }
        self.differences.changes.append(&mut taking);
    }

    /// A number or system_id of somebody whom the plan does not name can't be taken.
    fn check_owners(&mut self, current: &Provisioning) {
        for account in &current.accounts {
            if self.plan.entries.accounts.iter().any(|entry| entry.username == account.username) {
                continue;
            }
            for entry in &self.plan.entries.accounts {
                for (index, did) in
                    entry.dids.iter().enumerate().filter(|(_, did)| account.dids.contains(did))
                {
                    let what = format!(
                        "the number {did} belongs to account {}; take it from there first",
                        account.username
                    );
                    self.faults
                        .push(self.plan.document.fault(&under(&entry.key, &format!("dids[{index}]")), what));
                }
            }
        }
        for carrier in &current.carriers {
            let named = self.plan.entries.carriers.iter().any(|entry| entry.name == carrier.name);
            let mut takers = self.plan.entries.carriers.iter().filter(|entry| !entry.system_id.is_empty());
            let taker = takers.find(|entry| entry.system_id == carrier.system_id);
            if let (false, Some(entry)) = (named, taker) {
                let what = format!("the system_id {} belongs to carrier {}", carrier.system_id, carrier.name);
                self.faults.push(self.plan.document.fault(&under(&entry.key, "system_id"), what));
            }
        }
    }

    fn fault(&mut self, key: &str, name: &str, what: &str) {
        // The key is absent, so the fault is placed at its table.
        self.faults.push(self.plan.document.fault(&under(key, name), what));
    }
}

/// Those that are there and are not wanted.
fn absent<'a>(there: impl Iterator<Item = &'a str>, wanted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: BTreeSet<&str> = wanted.collect();
    there.filter(|name| !wanted.contains(name)).map(str::to_owned).collect()
}

pub(super) fn fate<T: PartialEq>(
    before: Option<&T>,
    after: &T,
    fields: impl FnOnce(&T, &T) -> Vec<(&'static str, bool)>,
) -> Option<Fate> {
    let Some(before) = before else { return Some(Fate::Added) };
    if before == after {
        return None;
    }
    let changed = fields(before, after).into_iter().filter(|(_, same)| !same);
    Some(Fate::Changed(changed.map(|(name, _)| name.to_owned()).collect()))
}

fn carrier_fields(before: &Carrier, after: &Carrier) -> Vec<(&'static str, bool)> {
    let settings = Profile::settings().iter();
    let settings = settings.map(|one| (one.key, one.show(&before.profile) == one.show(&after.profile)));
    let fields = [
        ("system_id", before.system_id == after.system_id),
        ("password", before.password_hash == after.password_hash),
        ("enabled", before.enabled == after.enabled),
        ("max_binds", before.max_binds == after.max_binds),
        ("rate", before.rate == after.rate),
        ("window", before.window == after.window),
        ("alphabet", before.alphabet == after.alphabet),
    ];
    fields.into_iter().chain(settings).collect()
}

fn account_fields(before: &Account, after: &Account) -> Vec<(&'static str, bool)> {
    vec![
        (
            "password",
            before.ha1_md5 == after.ha1_md5
                && before.ha1_sha256 == after.ha1_sha256
                && before.ha1_sha512_256 == after.ha1_sha512_256,
        ),
        ("realm", before.realm == after.realm),
        ("digest", before.digest == after.digest),
        ("tls_only", before.tls_only == after.tls_only),
        ("dids", before.dids == after.dids),
        ("state", before.state == after.state),
    ]
}

/// The carrier as it is to be. A password that is the same keeps its hash.
fn carrier(entry: &CarrierEntry, before: Option<&Carrier>) -> Result<Carrier, NoRandomness> {
    let kept = before.map(|before| before.password_hash.as_str());
    let password_hash = match (&entry.password, kept) {
        _ if entry.system_id.is_empty() => String::new(),
        (Some(password), Some(kept)) if credentials::verify(kept, password.0.as_bytes()) => kept.to_owned(),
        (Some(password), _) => credentials::hash(&password.0)?,
        (None, kept) => kept.unwrap_or_default().to_owned(),
    };
    Ok(Carrier {
        id: before.map_or(CarrierId(0), |before| before.id),
        name: entry.name.clone(),
        system_id: entry.system_id.clone(),
        password_hash,
        enabled: entry.enabled,
        max_binds: entry.max_binds,
        rate: entry.rate,
        window: entry.window,
        alphabet: entry.alphabet,
        profile: entry.profile.clone(),
    })
}

/// The account as it is to be. Without a password the hashes and their realm stay.
fn account(entry: &AccountEntry, before: Option<&Account>, realm: &str) -> Account {
    let (ha1_md5, ha1_sha256, ha1_sha512_256, realm) = match (&entry.password, before) {
        (Some(password), _) => {
            let kept = credentials::ha1s(&entry.username, realm, &password.0);
            (kept.md5, kept.sha256, Some(kept.sha512_256), realm.to_owned())
        }
        (None, Some(Account { ha1_md5, ha1_sha256, ha1_sha512_256, realm, .. })) => {
            (ha1_md5.clone(), ha1_sha256.clone(), ha1_sha512_256.clone(), realm.clone())
        }
        (None, None) => Default::default(),
    };
    // The order of the numbers means nothing: another order is no difference.
    let sorted = |dids: &[Number]| {
        let mut dids = dids.to_vec();
        dids.sort_unstable();
        dids
    };
    let same = before.filter(|before| sorted(&before.dids) == sorted(&entry.dids));
    let dids = same.map_or_else(|| entry.dids.clone(), |before| before.dids.clone());
    Account {
        id: before.map_or(AccountId(0), |before| before.id),
        username: entry.username.clone(),
        ha1_md5,
        ha1_sha256,
        ha1_sha512_256,
        realm,
        digest: entry.digest,
        tls_only: entry.tls_only,
        dids,
        state: entry.state,
    }
}

/// The account with only the numbers that it keeps; `None` when it gives none up.
fn giving_up(before: &Account, after: &Account) -> Option<Account> {
    let kept: Vec<_> = before.dids.iter().copied().filter(|did| after.dids.contains(did)).collect();
    (kept.len() < before.dids.len()).then(|| Account { dids: kept, ..before.clone() })
}

//! All that a file, or one command, wants.

use std::path::Path;

use iwf_model::Number;

use super::file::{AccountEntry, CarrierEntry, Check, under};
use super::raw::{RawAccount, RawCarrier, RawFile};
use super::routing::{ConnectionEntry, RouteEntry};
use super::settings::RawSettings;
use crate::config::{Document, Fault, Faults};

/// All that is wanted, and what is odd about it without being wrong.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(super) entries: Entries,
    /// Said to the user; they stop nothing.
    pub(crate) warnings: Vec<Fault>,
    pub(super) document: Document,
}

/// What is wanted, by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    pub(super) carriers: Vec<CarrierEntry>,
    pub(super) accounts: Vec<AccountEntry>,
    pub(super) connections: Vec<ConnectionEntry>,
    pub(super) routes: Vec<RouteEntry>,
}

impl Plan {
    /// Reads a whole file. Password files are looked for beside it.
    pub(crate) fn of_file(document: Document, directory: &Path) -> Result<Self, Faults> {
        Self::of_document(document, Some(directory))
    }

    /// Reads a whole document that came from elsewhere: it names no files of this machine.
    pub(crate) fn of_remote(document: Document) -> Result<Self, Faults> {
        Self::of_document(document, None)
    }

    fn of_document(document: Document, directory: Option<&Path>) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let raw: RawFile = document.read(&mut faults);
        Self::checked(document, directory, faults, |check| Entries {
            carriers: each("carrier", &raw.carrier, |raw, key| check.carrier(raw, key)),
            accounts: each("account", &raw.account, |raw, key| check.account(raw, key)),
            connections: each("connection", &raw.connection, |raw, key| check.connection(raw, key)),
            routes: each("route", &raw.route, |raw, key| check.route(raw, key)),
        })
    }

    /// One carrier by itself.
    pub(crate) fn of_carrier(raw: &RawCarrier) -> Result<Self, Faults> {
        let carrier = |check: &mut Check<'_>| vec![check.carrier(raw, String::new())];
        Self::of_one(|check| Entries { carriers: carrier(check), ..Entries::default() })
    }

    /// One account by itself.
    pub(crate) fn of_account(raw: &RawAccount) -> Result<Self, Faults> {
        let account = |check: &mut Check<'_>| vec![check.account(raw, String::new())];
        Self::of_one(|check| Entries { accounts: account(check), ..Entries::default() })
    }

    /// One connection by itself: its settings, and its name among them.
    pub(crate) fn of_connection(raw: &RawSettings) -> Result<Self, Faults> {
        let connection = |check: &mut Check<'_>| vec![check.connection(raw, String::new())];
        Self::of_one(|check| Entries { connections: connection(check), ..Entries::default() })
    }

    /// One route by itself: its settings, and its name among them.
    pub(crate) fn of_route(raw: &RawSettings) -> Result<Self, Faults> {
        let route = |check: &mut Check<'_>| vec![check.route(raw, String::new())];
        Self::of_one(|check| Entries { routes: route(check), ..Entries::default() })
    }

    fn of_one(entries: impl FnOnce(&mut Check<'_>) -> Entries) -> Result<Self, Faults> {
        Self::checked(Document::empty(), None, Vec::new(), entries)
    }

    fn checked(
        document: Document,
        directory: Option<&Path>,
        faults: Vec<Fault>,
        entries: impl FnOnce(&mut Check<'_>) -> Entries,
    ) -> Result<Self, Faults> {
        let mut check = Check { document: &document, directory, faults, warnings: Vec::new() };
        let entries = entries(&mut check);
        entries.each_once(&mut check);
        let (faults, warnings) = (check.faults, check.warnings);
        if faults.is_empty() { Ok(Self { entries, warnings, document }) } else { Err(Faults(faults)) }
    }
}

fn each<R, E>(kind: &str, raw: &[R], mut check: impl FnMut(&R, String) -> E) -> Vec<E> {
    raw.iter().enumerate().map(|(index, raw)| check(raw, format!("{kind}[{index}]"))).collect()
}

impl Entries {
    /// Names, system_ids, usernames and numbers stand once in a file.
    fn each_once(&self, check: &mut Check<'_>) {
        let named = |key: &str, name: &str, value: &str| (under(key, name), value.to_owned());
        let Self { carriers, accounts, connections, routes } = self;
        check.once("name", carriers.iter().map(|entry| named(&entry.key, "name", &entry.name)));
        check
            .once("system_id", carriers.iter().map(|entry| named(&entry.key, "system_id", &entry.system_id)));
        check.once("username", accounts.iter().map(|entry| named(&entry.key, "username", &entry.username)));
        check.once("name", connections.iter().map(|entry| named(&entry.key, "name", &entry.name)));
        check.once("name", routes.iter().map(|entry| named(&entry.key, "name", &entry.name)));
        let dids = accounts.iter().flat_map(|entry| {
            let did = |(index, did): (usize, &Number)| {
                (under(&entry.key, &format!("dids[{index}]")), did.to_string())
            };
            entry.dids.iter().enumerate().map(did)
        });
        check.once("number", dids);
    }
}

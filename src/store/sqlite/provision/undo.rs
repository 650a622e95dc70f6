//! What a revision changed is brought back.

use std::collections::BTreeMap;

use iwf_model::settings::{HIDDEN, has_password};
use iwf_model::{
    Account, AccountState, Alphabet, Carrier, CarrierId, Challenge, Link, Profile, Rule, Setting, Settings,
};
use sqlx::{Row, SqliteConnection};

use super::sheets::{Kept, Sheet, keeps_passwords, named, read};
use super::{Wanted, history};
use crate::error::{Conflict, StoreError};
use crate::history::{CHANGED, Entry, Kind, PROFILE};
use crate::sqlite::provisioned::{account, carriers};

/// Adds what it takes to bring back what was there before that revision.
pub(super) async fn undo(
    connection: &mut SqliteConnection,
    wanted: &mut Wanted,
    revision: u64,
    forced: bool,
) -> Result<(), StoreError> {
    let entries = history::of_revision(connection, revision).await?;
    if entries.is_empty() {
        return Err(Conflict::NoRevision(revision).into());
    }
    if !forced {
        judge(connection, revision, &entries).await?;
    }
    let mut kinds: BTreeMap<Kind, Vec<Entry>> = BTreeMap::new();
    entries.into_iter().for_each(|entry| kinds.entry(entry.kind).or_default().push(entry));
    for (kind, entries) in kinds {
        match kind {
            Kind::Carrier => undo_carriers(connection, wanted, entries).await?,
            Kind::Account => undo_accounts(connection, wanted, entries).await?,
            Kind::Connection => undo_sheets::<Link>(connection, &mut wanted.connections, entries).await?,
            Kind::Route => undo_sheets::<Rule>(connection, &mut wanted.routes, entries).await?,
        }
    }
    Ok(())
}

/// Nothing of it was changed again, and there is no password to be brought back: none is kept.
async fn judge(
    connection: &mut SqliteConnection,
    revision: u64,
    entries: &[Entry],
) -> Result<(), StoreError> {
    const LATER: &str = "SELECT later.kind, later.name, later.revision FROM history \
         JOIN history AS later ON later.kind = history.kind AND later.name = history.name AND later.id > history.id \
         WHERE history.revision = ?1 AND later.revision > ?1 LIMIT 1";
    let later = sqlx::query(LATER).bind(revision as i64).fetch_optional(connection).await?;
    if let Some(later) = later {
        let kind = Kind::parse(later.try_get(0)?);
        let kind =
            kind.ok_or_else(|| StoreError::Corrupt("a kind in the history is not known".to_owned()))?;
        let (name, by) = (later.try_get(1)?, later.try_get::<i64, _>(2)?.unsigned_abs());
        return Err(Conflict::ChangedSince { kind, name, revision: by }.into());
    }
    match entries.iter().find(|entry| entry.lost_a_password()) {
        Some(Entry { kind, name, .. }) => {
            Err(Conflict::PasswordNotKept { kind: *kind, name: name.clone() }.into())
        }
        None => Ok(()),
    }
}

async fn undo_sheets<S: Kept>(
    connection: &mut SqliteConnection,
    wanted: &mut BTreeMap<String, Option<Sheet<S>>>,
    entries: Vec<Entry>,
) -> Result<(), StoreError> {
    let current = named::<S>(connection, entries.iter().map(|entry| entry.name.as_str())).await?;
    for entry in entries {
        let now = current.get(&entry.name);
        match &entry.before {
            Some(before) => {
                let kept = now.filter(|_| keeps_passwords::<S>());
                let kept = kept.map(|(_, settings)| read::<S>(&entry.name, settings)).transpose()?;
                let mut what = S::default();
                for (key, text) in before {
                    bring_back(&entry, &mut what, key, text, kept.as_ref())?;
                }
                wanted.insert(entry.name, Some(Sheet { id: entry.thing, what }));
            }
            None if now.is_some() => drop(wanted.insert(entry.name, None)),
            None => {}
        }
    }
    Ok(())
}

async fn undo_carriers(
    connection: &mut SqliteConnection,
    wanted: &mut Wanted,
    entries: Vec<Entry>,
) -> Result<(), StoreError> {
    let current = carriers(connection).await?;
    for entry in entries {
        let now = current.iter().find(|carrier| carrier.name == entry.name);
        match &entry.before {
            Some(before) => {
                let carrier = carrier(&entry, before, now)?;
                wanted.carriers.insert(entry.name, Some(carrier));
            }
            None if now.is_some() => drop(wanted.carriers.insert(entry.name, None)),
            None => {}
        }
    }
    Ok(())
}

fn carrier(entry: &Entry, before: &[(String, String)], now: Option<&Carrier>) -> Result<Carrier, StoreError> {
    let mut carrier = Carrier {
        id: CarrierId(entry.thing),
        name: entry.name.clone(),
        system_id: String::new(),
        password_hash: now.map(|now| now.password_hash.clone()).unwrap_or_default(),
        enabled: true,
        max_binds: Carrier::DEFAULT_MAX_BINDS,
        rate: 0,
        window: Carrier::DEFAULT_WINDOW,
        alphabet: Alphabet::default(),
        profile: Profile::default(),
    };
    for (key, text) in before {
        match (key.as_str(), key.strip_prefix(PROFILE)) {
            (_, Some(key)) => {
                bring_back(entry, &mut carrier.profile, key, text, now.map(|now| &now.profile))?;
            }
            ("system_id", _) => carrier.system_id.clone_from(text),
            ("enabled", _) => carrier.enabled = parsed(entry, text.parse().ok())?,
            ("max_binds", _) => carrier.max_binds = parsed(entry, text.parse().ok())?,
            ("rate", _) => carrier.rate = parsed(entry, text.parse().ok())?,
            ("window", _) => carrier.window = parsed(entry, text.parse().ok())?,
            ("alphabet", _) => carrier.alphabet = parsed(entry, Alphabet::parse(text))?,
            _ => {}
        }
    }
    Ok(carrier)
}

async fn undo_accounts(
    connection: &mut SqliteConnection,
    wanted: &mut Wanted,
    entries: Vec<Entry>,
) -> Result<(), StoreError> {
    for entry in entries {
        match (&entry.before, account(connection, &entry.name).await?) {
            (Some(before), Some(now)) => {
                let account = told_account(&entry, before, now)?;
                wanted.accounts.insert(entry.name, Some(account));
            }
            // Without its hashes an account is open to everybody.
            (Some(_), None) => {
                return Err(Conflict::PasswordNotKept { kind: entry.kind, name: entry.name }.into());
            }
            (None, Some(_)) => drop(wanted.accounts.insert(entry.name, None)),
            (None, None) => {}
        }
    }
    Ok(())
}

/// The account as it was, with the password that it has now and the realm that this is bound to.
fn told_account(entry: &Entry, before: &[(String, String)], now: Account) -> Result<Account, StoreError> {
    let mut account =
        Account { digest: None, tls_only: false, dids: Vec::new(), state: AccountState::Active, ..now };
    for (key, text) in before {
        match key.as_str() {
            "state" => account.state = parsed(entry, AccountState::parse(text))?,
            "digest" => account.digest = Some(parsed(entry, Challenge::parse(text))?),
            "tls_only" => account.tls_only = parsed(entry, text.parse().ok())?,
            "dids" => {
                let dids = text.split(", ").filter(|did| !did.is_empty()).map(|did| did.parse().ok());
                account.dids = dids.map(|did| parsed(entry, did)).collect::<Result<_, _>>()?;
            }
            _ => {}
        }
    }
    Ok(account)
}

fn parsed<T>(entry: &Entry, value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::Corrupt(format!("the history of {} {}", entry.kind, entry.name)))
}

/// Sets what was told. A password that is not kept is the one of now, where all else of its setting is the same.
fn bring_back<S: Settings>(
    entry: &Entry,
    whole: &mut S,
    key: &str,
    text: &str,
    now: Option<&S>,
) -> Result<(), StoreError> {
    let text = if has_password(key) { text.strip_suffix(CHANGED).unwrap_or(text) } else { text };
    let now = Setting::<S>::named(key).zip(now).filter(|(setting, now)| setting.shown(now) == text);
    let text = match now {
        Some((setting, now)) => setting.show(now),
        None if has_password(key) => text.strip_suffix(HIDDEN).unwrap_or(text).trim_end().to_owned(),
        None => text.to_owned(),
    };
    let set = whole.set(key, &text);
    set.map_err(|error| StoreError::Corrupt(format!("the history of {} {}: {error}", entry.kind, entry.name)))
}

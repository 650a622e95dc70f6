//! Changes to the provisioning: one transaction, judged by what it leads to.

use std::collections::{BTreeMap, HashMap};

use iwf_model::{Account, Carrier, Challenge, Settings};
use sqlx::{SqliteConnection, SqlitePool};

use super::provisioned::{account, carriers, revision_in};
use crate::error::{Conflict, StoreError};
use crate::write::Change;

/// What each name is to become; `None`: it is to be removed. Of several changes to one name the last counts.
#[derive(Default)]
struct Wanted {
    carriers: BTreeMap<String, Option<Carrier>>,
    accounts: BTreeMap<String, Option<Account>>,
}

impl Wanted {
    fn of(changes: Vec<Change>) -> Self {
        let mut wanted = Self::default();
        for change in changes {
            match change {
                Change::PutCarrier(carrier) => {
                    wanted.carriers.insert(carrier.name.clone(), Some(*carrier));
                }
                Change::RemoveCarrier { name } => {
                    wanted.carriers.insert(name, None);
                }
                Change::PutAccount(account) => {
                    wanted.accounts.insert(account.username.clone(), Some(account));
                }
                Change::RemoveAccount { username } => {
                    wanted.accounts.insert(username, None);
                }
            }
        }
        wanted
    }
}

/// Applies the changes; returns the revision afterwards. Dropped on an error, the transaction changes nothing.
pub(super) async fn apply(
    pool: &SqlitePool,
    changes: Vec<Change>,
    at: Option<u64>,
) -> Result<u64, StoreError> {
    let wanted = Wanted::of(changes);
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    if let Some(at) = at
        && at != revision_in(&mut transaction).await?
    {
        return Err(Conflict::Moved.into());
    }
    let changed = put_carriers(&mut transaction, wanted.carriers).await?
        | put_accounts(&mut transaction, wanted.accounts).await?;
    if changed {
        sqlx::query("UPDATE provisioning SET revision = revision + 1").execute(&mut *transaction).await?;
    }
    let revision = revision_in(&mut transaction).await?;
    transaction.commit().await?;
    Ok(revision)
}

/// There are few carriers: they are compared and judged in memory.
async fn put_carriers(
    connection: &mut SqliteConnection,
    wanted: BTreeMap<String, Option<Carrier>>,
) -> Result<bool, StoreError> {
    if wanted.is_empty() {
        return Ok(false);
    }
    let before = carriers(connection).await?;
    let mut after: BTreeMap<String, Carrier> =
        before.iter().map(|carrier| (carrier.name.clone(), carrier.clone())).collect();
    let mut changed = Vec::new();
    for (name, carrier) in wanted {
        let old = after.remove(&name);
        match (carrier, old) {
            (None, None) => return Err(Conflict::NoCarrier(name).into()),
            (None, Some(old)) => remove(connection, "DELETE FROM carrier WHERE id = ?", old.id.0).await?,
            (Some(mut carrier), old) => {
                let is_new = old.is_none();
                if let Some(old) = &old {
                    carrier.id = old.id;
                }
                if old.as_ref() != Some(&carrier) {
                    changed.push((name.clone(), is_new));
                }
                after.insert(name, carrier);
            }
        }
    }
    judge_system_ids(&after)?;
    let removed = before.iter().any(|carrier| !after.contains_key(&carrier.name));
    write_carriers(connection, &after, &changed).await?;
    Ok(removed || !changed.is_empty())
}

fn judge_system_ids(carriers: &BTreeMap<String, Carrier>) -> Result<(), StoreError> {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for carrier in carriers.values() {
        if let Some(owner) = owners.insert(&carrier.system_id, &carrier.name) {
            let (system_id, owner) = (carrier.system_id.clone(), owner.to_owned());
            return Err(Conflict::SystemIdTaken { system_id, owner }.into());
        }
    }
    Ok(())
}

/// Takes the changed rows away before it writes any: a system_id may move from one to another.
async fn write_carriers(
    connection: &mut SqliteConnection,
    carriers: &BTreeMap<String, Carrier>,
    changed: &[(String, bool)],
) -> Result<(), StoreError> {
    let changed: Vec<(&Carrier, bool)> =
        changed.iter().filter_map(|(name, is_new)| Some((carriers.get(name)?, *is_new))).collect();
    for (carrier, _) in changed.iter().filter(|(_, is_new)| !is_new) {
        remove(connection, "DELETE FROM carrier WHERE id = ?", carrier.id.0).await?;
    }
    for (carrier, is_new) in changed {
        let id = if is_new { next_id(connection, NEXT_CARRIER).await? } else { carrier.id.0 };
        sqlx::query(
            "INSERT INTO carrier (id, name, system_id, password_hash, enabled, max_binds, rate, submit_window,
                 alphabet) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(&carrier.name)
        .bind(&carrier.system_id)
        .bind(&carrier.password_hash)
        .bind(i64::from(carrier.enabled))
        .bind(i64::from(carrier.max_binds))
        .bind(i64::from(carrier.rate))
        .bind(i64::from(carrier.window))
        .bind(carrier.alphabet.as_str())
        .execute(&mut *connection)
        .await?;
        write_settings(connection, id, carrier).await?;
    }
    Ok(())
}

async fn write_settings(
    connection: &mut SqliteConnection,
    id: i64,
    carrier: &Carrier,
) -> Result<(), StoreError> {
    for (key, value) in carrier.profile.differences() {
        sqlx::query("INSERT INTO carrier_setting (carrier, key, value) VALUES (?, ?, ?)")
            .bind(id)
            .bind(key)
            .bind(value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// There may be very many accounts: only those that are named are looked at. Numbers are taken away from all of
/// them before they are given out again.
async fn put_accounts(
    connection: &mut SqliteConnection,
    wanted: BTreeMap<String, Option<Account>>,
) -> Result<bool, StoreError> {
    let mut changed = false;
    let mut given = Vec::new();
    for (username, wanted) in wanted {
        let old = account(connection, &username).await?;
        match (wanted, old) {
            (None, None) => return Err(Conflict::NoAccount(username).into()),
            (None, Some(old)) => {
                changed = true;
                remove(connection, "DELETE FROM binding WHERE account = ?", old.id.0).await?;
                remove(connection, "DELETE FROM account WHERE id = ?", old.id.0).await?;
            }
            (Some(mut account), None) => {
                changed = true;
                account.id.0 = next_id(connection, NEXT_ACCOUNT).await?;
                insert_account(connection, &account).await?;
                given.push(account);
            }
            (Some(mut account), Some(old)) => {
                account.id = old.id;
                if account == old {
                    continue;
                }
                changed = true;
                update_account(connection, &account).await?;
                if account.dids != old.dids {
                    remove(connection, "DELETE FROM did WHERE account = ?", account.id.0).await?;
                    given.push(account);
                }
            }
        }
    }
    for account in given {
        give_numbers(connection, &account).await?;
    }
    Ok(changed)
}

async fn insert_account(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO account (id, username, ha1_md5, ha1_sha256, ha1_sha512_256, realm, digest, state, \
         tls_only) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(account.id.0)
    .bind(&account.username)
    .bind(&account.ha1_md5)
    .bind(&account.ha1_sha256)
    .bind(&account.ha1_sha512_256)
    .bind(&account.realm)
    .bind(account.digest.map(Challenge::as_str))
    .bind(account.state.as_str())
    .bind(account.tls_only)
    .execute(connection)
    .await?;
    Ok(())
}

async fn update_account(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE account SET ha1_md5 = ?, ha1_sha256 = ?, ha1_sha512_256 = ?, realm = ?, digest = ?, state = ?, \
         tls_only = ? WHERE id = ?",
    )
    .bind(&account.ha1_md5)
    .bind(&account.ha1_sha256)
    .bind(&account.ha1_sha512_256)
    .bind(&account.realm)
    .bind(account.digest.map(Challenge::as_str))
    .bind(account.state.as_str())
    .bind(account.tls_only)
    .bind(account.id.0)
    .execute(connection)
    .await?;
    Ok(())
}

async fn give_numbers(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
    for (position, did) in (0i64..).zip(&account.dids) {
        let given = sqlx::query(
            "INSERT INTO did (number, account, position) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
        )
        .bind(did.as_str())
        .bind(account.id.0)
        .bind(position)
        .execute(&mut *connection)
        .await?;
        if given.rows_affected() == 0 {
            let owner: String = sqlx::query_scalar(
                "SELECT username FROM account JOIN did ON did.account = account.id WHERE did.number = ?",
            )
            .bind(did.as_str())
            .fetch_one(connection)
            .await?;
            return Err(Conflict::DidTaken { did: did.to_string(), owner }.into());
        }
    }
    Ok(())
}

async fn remove(connection: &mut SqliteConnection, text: &'static str, id: i64) -> Result<(), StoreError> {
    sqlx::query(text).bind(id).execute(connection).await?;
    Ok(())
}

const NEXT_CARRIER: &str =
    "UPDATE provisioning SET next_carrier = next_carrier + 1 RETURNING next_carrier - 1";
const NEXT_ACCOUNT: &str =
    "UPDATE provisioning SET next_account = next_account + 1 RETURNING next_account - 1";

/// An id that was never given before.
async fn next_id(connection: &mut SqliteConnection, text: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(text).fetch_one(connection).await?)
}

//! What is provisioned, as read.

use std::collections::HashMap;

use iwf_model::{
    Account, AccountId, AccountState, Alphabet, Carrier, CarrierId, Challenge, Connection, ConnectionId,
    Number, Profile, Route, RouteId, Settings,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::provision::sheets;
use crate::error::StoreError;
use crate::report::Provisioning;

const CARRIERS: &str = "SELECT id, name, system_id, password_hash, enabled, max_binds, rate, submit_window, \
     alphabet FROM carrier ORDER BY name";
const SETTINGS: &str = "SELECT carrier, key, value FROM carrier_setting";
const ACCOUNTS: &str = "SELECT id, username, ha1_md5, ha1_sha256, ha1_sha512_256, realm, digest, state, tls_only \
     FROM account ORDER BY username";
const ACCOUNT: &str = "SELECT id, username, ha1_md5, ha1_sha256, ha1_sha512_256, realm, digest, state, tls_only \
     FROM account WHERE username = ?";

pub(super) async fn all(pool: &SqlitePool) -> Result<Provisioning, StoreError> {
    // One transaction: the revision is that of what is read.
    let mut snapshot = pool.begin().await?;
    let revision = revision_in(&mut snapshot).await?;
    let carriers = carriers(&mut snapshot).await?;
    let accounts = accounts(&mut snapshot).await?;
    let connections = sheets(&mut snapshot).await?.into_iter();
    let connections =
        connections.map(|(id, name, link)| Connection { id: ConnectionId(id), name, link }).collect();
    let routes = sheets(&mut snapshot).await?.into_iter();
    let routes = routes.map(|(id, name, rule)| Route { id: RouteId(id), name, rule }).collect();
    snapshot.rollback().await?;
    Ok(Provisioning { revision, carriers, accounts, connections, routes })
}

pub(super) async fn revision(pool: &SqlitePool) -> Result<u64, StoreError> {
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM provisioning").fetch_one(pool).await?;
    Ok(revision.unsigned_abs())
}

pub(super) async fn revision_in(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM provisioning").fetch_one(connection).await?;
    Ok(revision.unsigned_abs())
}

pub(super) async fn carriers(connection: &mut SqliteConnection) -> Result<Vec<Carrier>, StoreError> {
    let rows = sqlx::query(CARRIERS).fetch_all(&mut *connection).await?;
    let mut carriers = rows.iter().map(carrier).collect::<Result<Vec<_>, _>>()?;
    for row in &sqlx::query(SETTINGS).fetch_all(connection).await? {
        let (id, key, value): (i64, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if let Some(carrier) = carriers.iter_mut().find(|carrier| carrier.id.0 == id) {
            let set = carrier.profile.set(key, value);
            set.map_err(|error| StoreError::Corrupt(format!("carrier {}: {error}", carrier.name)))?;
        }
    }
    Ok(carriers)
}

/// The account of a username, with its numbers in their order.
pub(super) async fn account(
    connection: &mut SqliteConnection,
    username: &str,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(ACCOUNT).bind(username).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(None) };
    let mut account = account_of(&row)?;
    let dids = sqlx::query("SELECT number FROM did WHERE account = ? ORDER BY position")
        .bind(account.id.0)
        .fetch_all(connection)
        .await?;
    account.dids = dids.iter().map(|row| number(row, 0)).collect::<Result<_, _>>()?;
    Ok(Some(account))
}

async fn accounts(connection: &mut SqliteConnection) -> Result<Vec<Account>, StoreError> {
    let rows = sqlx::query(ACCOUNTS).fetch_all(&mut *connection).await?;
    let mut accounts = rows.iter().map(account_of).collect::<Result<Vec<_>, _>>()?;
    let places: HashMap<i64, usize> =
        accounts.iter().enumerate().map(|(place, account)| (account.id.0, place)).collect();
    let dids = sqlx::query("SELECT account, number FROM did ORDER BY account, position")
        .fetch_all(connection)
        .await?;
    for row in &dids {
        let owner = places.get(&row.try_get(0)?).and_then(|place| accounts.get_mut(*place));
        if let Some(owner) = owner {
            owner.dids.push(number(row, 1)?);
        }
    }
    Ok(accounts)
}

fn carrier(row: &SqliteRow) -> Result<Carrier, StoreError> {
    Ok(Carrier {
        id: CarrierId(row.try_get(0)?),
        name: row.try_get(1)?,
        system_id: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
        password_hash: row.try_get(3)?,
        enabled: row.try_get::<i64, _>(4)? != 0,
        max_binds: small(row, 5)?,
        rate: small(row, 6)?,
        window: small(row, 7)?,
        alphabet: word(row, 8, Alphabet::parse)?,
        profile: Profile::default(),
    })
}

fn account_of(row: &SqliteRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(row.try_get(0)?),
        username: row.try_get(1)?,
        ha1_md5: row.try_get(2)?,
        ha1_sha256: row.try_get(3)?,
        ha1_sha512_256: row.try_get(4)?,
        realm: row.try_get(5)?,
        digest: match row.try_get::<Option<&str>, _>(6)? {
            Some(_) => Some(word(row, 6, Challenge::parse)?),
            None => None,
        },
        tls_only: row.try_get(8)?,
        dids: Vec::new(),
        state: word(row, 7, AccountState::parse)?,
    })
}

fn number(row: &SqliteRow, column: usize) -> Result<Number, StoreError> {
    word(row, column, |text| text.parse().ok())
}

fn word<T>(row: &SqliteRow, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let text: &str = row.try_get(column)?;
    parse(text).ok_or_else(|| StoreError::Corrupt(format!("{text} is not known")))
}

fn small<T: TryFrom<i64>>(row: &SqliteRow, column: usize) -> Result<T, StoreError> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| StoreError::Corrupt(format!("{value} is out of range")))
}

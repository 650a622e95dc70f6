//! Changes to the provisioning: one transaction, judged by what it leads to, and told to the history.

mod accounts;
mod carriers;
mod history;
mod judge;
mod sheets;
mod told;
mod undo;

use std::collections::BTreeMap;

use iwf_model::{
    Account, AccountId, Carrier, CarrierId, Connection, ConnectionId, Link, Route, RouteId, Rule, Timestamp,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use super::provisioned::revision_in;
use crate::error::{Conflict, StoreError};
use crate::write::Change;
use judge::References;
use sheets::Sheet;
use told::Told;

pub(super) use history::read as history;
pub(super) use sheets::all as sheets;

/// What each name is to become; `None`: it is to be removed. Of several changes to one name the last counts.
///
/// Whatever has an id gets it again when it is new: it is brought back.
#[derive(Default)]
struct Wanted {
    carriers: BTreeMap<String, Option<Carrier>>,
    accounts: BTreeMap<String, Option<Account>>,
    connections: BTreeMap<String, Option<Sheet<Link>>>,
    routes: BTreeMap<String, Option<Sheet<Rule>>>,
}

impl Wanted {
    async fn of(connection: &mut SqliteConnection, changes: Vec<Change>) -> Result<Self, StoreError> {
        let mut wanted = Self::default();
        for change in changes {
            match change {
                Change::Undo { revision, forced } => {
                    undo::undo(connection, &mut wanted, revision, forced).await?;
                }
                other => wanted.take(other),
            }
        }
        Ok(wanted)
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::PutCarrier(carrier) => {
                let carrier = Carrier { id: CarrierId(0), ..*carrier };
                self.carriers.insert(carrier.name.clone(), Some(carrier));
            }
            Change::RemoveCarrier { name } => drop(self.carriers.insert(name, None)),
            Change::PutAccount(account) => {
                let account = Account { id: AccountId(0), ..account };
                self.accounts.insert(account.username.clone(), Some(account));
            }
            Change::RemoveAccount { username } => drop(self.accounts.insert(username, None)),
            Change::PutConnection(connection) => {
                let Connection { name, link, id: ConnectionId(_) } = *connection;
                self.connections.insert(name, Some(Sheet::new(link)));
            }
            Change::RemoveConnection { name } => drop(self.connections.insert(name, None)),
            Change::PutRoute(route) => {
                let Route { name, rule, id: RouteId(_) } = *route;
                self.routes.insert(name, Some(Sheet::new(rule)));
            }
            Change::RemoveRoute { name } => drop(self.routes.insert(name, None)),
            // It is known what it stands for only when the history has been read.
            Change::Undo { .. } => {}
        }
    }
}

/// Applies the changes; returns the revision afterwards. Dropped on an error, the transaction changes nothing.
pub(super) async fn apply(
    pool: &SqlitePool,
    changes: Vec<Change>,
    by: &str,
    at: Option<u64>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    if let Some(at) = at
        && at != revision_in(&mut transaction).await?
    {
        return Err(Conflict::Moved.into());
    }
    let wanted = Wanted::of(&mut transaction, changes).await?;
    let references = References::of(&wanted);
    let mut told: Vec<Told> = Vec::new();
    carriers::put(&mut transaction, wanted.carriers, &mut told).await?;
    accounts::put(&mut transaction, wanted.accounts, &mut told).await?;
    sheets::put(&mut transaction, wanted.connections, &mut told).await?;
    sheets::put(&mut transaction, wanted.routes, &mut told).await?;
    references.judge(&mut transaction).await?;
    if !told.is_empty() {
        sqlx::query("UPDATE provisioning SET revision = revision + 1").execute(&mut *transaction).await?;
    }
    let revision = revision_in(&mut transaction).await?;
    history::write(&mut transaction, revision, by, now, &told).await?;
    transaction.commit().await?;
    Ok(revision)
}

/// How many rows one statement writes or asks for.
const ROWS: usize = 500;

/// Removes the rows of these ids.
async fn remove(connection: &mut SqliteConnection, table: &str, ids: &[i64]) -> Result<(), StoreError> {
    for ids in ids.chunks(ROWS) {
        let mut query: QueryBuilder<'_, Sqlite> = QueryBuilder::new("DELETE FROM ");
        query.push(table).push(" WHERE id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")").build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The first of so many ids that were never given before.
async fn next_ids(connection: &mut SqliteConnection, column: &str, count: usize) -> Result<i64, StoreError> {
    let text = format!("UPDATE provisioning SET {column} = {column} + ?1 RETURNING {column} - ?1");
    Ok(sqlx::query_scalar(&text).bind(count as i64).fetch_one(connection).await?)
}

//! Accounts and the numbers they own.

use std::collections::BTreeMap;

use iwf_model::{Account, Challenge};
use sqlx::SqliteConnection;

use super::told::{self, Told};
use super::{next_ids, remove};
use crate::error::{Conflict, StoreError};
use crate::history::Kind;
use crate::sqlite::provisioned::account;

const NEXT: &str = "next_account";

/// Brings the names to what is wanted, and tells what that changed.
///
/// There may be very many accounts: only those that are named are looked at. Numbers are taken away from all of
/// them before they are given out again.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    wanted: BTreeMap<String, Option<Account>>,
    told: &mut Vec<Told>,
) -> Result<(), StoreError> {
    let mut given = Vec::new();
    for (username, wanted) in wanted {
        let old = account(connection, &username).await?;
        let Some(mut new) = wanted else {
            let old = old.ok_or(Conflict::NoAccount(username))?;
            sqlx::query("DELETE FROM binding WHERE account = ?")
                .bind(old.id.0)
                .execute(&mut *connection)
                .await?;
            remove(connection, "account", &[old.id.0]).await?;
            tell(told, Some(&old), None);
            continue;
        };
        let keeps_numbers = old.as_ref().is_some_and(|old| old.dids == new.dids);
        if let Some(old) = &old {
            new.id = old.id;
            if new == *old {
                continue;
            }
            update(connection, &new).await?;
        } else {
            new.id.0 = next_ids(connection, NEXT, 1).await?;
            insert(connection, &new).await?;
        }
        tell(told, old.as_ref(), Some(&new));
        if !keeps_numbers {
            sqlx::query("DELETE FROM did WHERE account = ?").bind(new.id.0).execute(&mut *connection).await?;
            given.push(new);
        }
    }
    for account in given {
        give_numbers(connection, &account).await?;
    }
    Ok(())
}

fn tell(told: &mut Vec<Told>, before: Option<&Account>, after: Option<&Account>) {
    let Some(account) = before.or(after) else { return };
    let (id, name) = (account.id.0, account.username.clone());
    told.push(Told::new(Kind::Account, id, name, before.map(told::account), after.map(told::account)));
}

async fn insert(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
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

async fn update(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
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

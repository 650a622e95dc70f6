//! Brings the schema up to date: forward only, each step a file in `migrations`.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::lock::Lock;
use super::options::Role;
use crate::error::{Conflict, StoreError};

/// Every step, in order; the number of a step is its place, from 1.
pub(super) const STEPS: [&str; 15] = [
    include_str!("../migrations/0001_messages.sql"),
    include_str!("../migrations/0002_records.sql"),
    include_str!("../migrations/0003_receipts.sql"),
    include_str!("../migrations/0004_usage.sql"),
    include_str!("../migrations/0005_provisioning.sql"),
    include_str!("../migrations/0006_bindings.sql"),
    include_str!("../migrations/0007_runs.sql"),
    include_str!("../migrations/0008_recipients.sql"),
    include_str!("../migrations/0009_foremost.sql"),
    include_str!("../migrations/0010_digests.sql"),
    include_str!("../migrations/0011_awaited.sql"),
    include_str!("../migrations/0012_tls_only.sql"),
    include_str!("../migrations/0013_upstream.sql"),
    include_str!("../migrations/0014_routing.sql"),
    include_str!("../migrations/0015_tokens.sql"),
];

/// Runs the steps that the file has not seen, in one transaction. A tool does so only when no node runs:
/// the node would go on with a schema it does not know.
pub(super) async fn migrate(
    path: &Path,
    connect: &SqliteConnectOptions,
    role: Role,
) -> Result<(), StoreError> {
    let mut connection = connect.connect().await?;
    let known = STEPS.len() as i64;
    let found = version(&mut connection).await?;
    if found > known {
        return Err(Conflict::TooNew { found, known }.into());
    }
    if found < known {
        let _lock = match role {
            Role::Node => None,
            Role::Tool => Some(Lock::take(path)?),
        };
        upgrade(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

async fn upgrade(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Read again: another process may have been first.
    let found = version(&mut transaction).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await?;
    let done = usize::try_from(found).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        sqlx::query(step).persistent(false).execute(&mut *transaction).await?;
    }
    sqlx::query("DELETE FROM schema_version").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO schema_version (version) VALUES (?)")
        .bind(STEPS.len() as i64)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// How many steps the file has seen.
async fn version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let known: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'")
            .fetch_optional(&mut *connection)
            .await?;
    if known.is_none() {
        return Ok(0);
    }
    let found: Option<i64> =
        sqlx::query_scalar("SELECT version FROM schema_version").fetch_optional(connection).await?;
    Ok(found.unwrap_or(0))
}

//! Connections: what each of them is told, and the errors they return.

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, error};

use super::options::Options;
use crate::error::{Conflict, StoreError};

const READERS: u32 = 4;

/// Creates the file, and the folder it is in, readable by nobody else.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let unavailable = |e: std::io::Error| StoreError::Unavailable(format!("{}: {e}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unavailable)?;
    }
    // SQLite gives the write-ahead log the mode of the file. A file that is there is not opened: closing it would end all
    // locks of this process on it (POSIX), those of connections that another store here still has among them, and the
    // log of whoever takes the file for free then would be deleted by them.
    match File::options().create_new(true).write(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(unavailable(error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What every connection is told.
pub(super) fn options(path: &Path, options: &Options) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk before it is answered.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        // Pages that are written again and again go to the file once per 16 MiB of log.
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(400)
        .disable_statement_logging()
}

/// The connections for reads and provisioning.
pub(super) async fn pool(connect: SqliteConnectOptions, options: &Options) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(options.busy_timeout + Duration::from_secs(5))
        .test_before_acquire(false)
        .connect_with(connect.pragma("cache_size", "-8192"))
        .await
        .map_err(StoreError::from)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default();
        // The low octet is the primary result code: 11 SQLITE_CORRUPT, 26 SQLITE_NOTADB.
        match code.parse::<u32>().map(|code| code & 0xFF) {
            Ok(11 | 26) => Self::Corrupt(error.to_string()),
            _ => match error.as_database_error().map(|e| e.kind()) {
                Some(error::ErrorKind::UniqueViolation) => Self::Conflict(Conflict::MessageExists),
                _ => Self::Unavailable(error.to_string()),
            },
        }
    }
}

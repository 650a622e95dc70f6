//! The registrations that a Kamailio or an OpenSIPS keeps in a database: read, never written.
//!
//! Both write a row for each contact of each user (`location`, module usrloc) and say in `version` what columns it
//! has. Rows are read as they are; what they mean for a message is `iwf_sip`'s knowledge. Times come in three forms:
//! text without a zone (PostgreSQL, MySQL), days of the Julian calendar in UTC (Kamailio with SQLite) and seconds
//! since 1970 (OpenSIPS, and Kamailio with `expires_type` 1).

mod database;
mod moment;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;

use iwf_model::Timestamp;

pub use database::Usrloc;
pub use schema::Product;

/// Which database, and how its rows are to be read.
#[derive(Clone, PartialEq, Eq)]
pub struct UsrlocOptions {
    /// `sqlite://PATH`, `postgres://USER:PASSWORD@HOST/NAME`, or `mysql://…` where that was compiled in.
    pub url: String,
    /// The table, mostly `location`: a name of letters, digits and underscores.
    pub table: String,
    /// How far the clock of times without a zone is ahead of UTC, in minutes.
    pub utc_offset_minutes: i32,
}

impl UsrlocOptions {
    /// Looks whether such a database could be opened, without opening it.
    ///
    /// # Errors
    /// When the URL is none of a database that we can read, or the table can have no such name.
    pub fn check(&self) -> Result<(), UsrlocError> {
        schema::check(&self.table)?;
        database::Address::parse(&self.url).map(drop)
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for UsrlocOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, table, utc_offset_minutes } = self;
        f.debug_struct("UsrlocOptions")
            .field("table", table)
            .field("utc_offset_minutes", utc_offset_minutes)
            .finish_non_exhaustive()
    }
}

/// One contact of a user, as its registrar wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The user part of the address of record.
    pub username: String,
    /// Its domain, where the registrar keeps one.
    pub domain: Option<String>,
    /// The Contact URI.
    pub contact: String,
    /// The Path of the REGISTER, as header values with commas between them.
    pub path: Option<String>,
    /// The socket of the registrar that it came to: `PROTOCOL:HOST:PORT`.
    pub socket: Option<String>,
    /// The `+sip.instance` of its device, which may have several contacts.
    pub instance: Option<String>,
    /// When it lapses; `None`: never (a static contact), or not said in a form that we know.
    pub expires_at: Option<Timestamp>,
    /// When it was last written, in the form of the database: newer is larger as a text.
    pub modified: String,
    /// What the app calls itself.
    pub user_agent: String,
}

/// A user as its registrar knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The user part of its address of record.
    pub username: String,
    /// Its domain; may be empty.
    pub domain: String,
    /// Its password; empty where only hashes are kept.
    pub password: String,
    /// MD5(username:domain:password) in hex (RFC 2617 3.2.2.2); may be empty.
    pub ha1: String,
}

/// Without its secrets.
impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, domain, .. } = self;
        f.debug_struct("Subscriber")
            .field("username", username)
            .field("domain", domain)
            .finish_non_exhaustive()
    }
}

/// What a look at the database says, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsrlocReport {
    /// Whose tables these are.
    pub product: Product,
    /// The version of the table.
    pub version: i64,
    /// How many contacts there are.
    pub contacts: i64,
    /// When the newest was written, by our reading of it.
    pub newest: Option<Timestamp>,
}

/// Why registrations can't be read.
#[derive(Debug, thiserror::Error)]
pub enum UsrlocError {
    /// The URL names no database that we can read.
    #[error("{0}")]
    Url(String),
    /// The table's name is none.
    #[error("`{0}` is no name of a table")]
    Table(String),
    /// There is no word on the version of the table.
    #[error("the database has no version of table `{0}`: is it one of Kamailio or OpenSIPS?")]
    Unversioned(String),
    /// The table is of a version that we have not read.
    #[error("table `{table}` has version {version}; known are {known}")]
    Version {
        /// Which table.
        table: String,
        /// Its version.
        version: i64,
        /// The versions that we know, for people.
        known: String,
    },
    /// The database can't be reached, or refuses to answer.
    #[error("{0}")]
    Unavailable(#[from] sqlx::Error),
}

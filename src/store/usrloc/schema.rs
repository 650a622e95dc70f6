//! The tables, by product and version.

use std::ops::RangeInclusive;

use super::UsrlocError;

/// Whose tables they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Kamailio.
    Kamailio,
    /// OpenSIPS.
    Opensips,
}

impl Product {
    /// Its name, as it writes it itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kamailio => "Kamailio",
            Self::Opensips => "OpenSIPS",
        }
    }
}

/// Versions of `location` whose columns we know. Those that we read are the same in all of one product.
const VERSIONS: [(Product, RangeInclusive<i64>); 2] =
    [(Product::Kamailio, 6..=9), (Product::Opensips, 1009..=1013)];

/// The table of users, the same in both products as far as we read it, and its versions.
pub(super) const USERS: &str = "subscriber";
const USERS_VERSIONS: RangeInclusive<i64> = 6..=8;

/// The product whose table of contacts has this version.
pub(super) fn product(table: &str, version: i64) -> Result<Product, UsrlocError> {
    let product = VERSIONS.iter().find(|(_, versions)| versions.contains(&version));
    product.map(|(product, _)| *product).ok_or_else(|| {
        let known = VERSIONS.map(|(product, versions)| {
            format!("{} to {} of {}", versions.start(), versions.end(), product.as_str())
        });
        UsrlocError::Version { table: table.to_owned(), version, known: known.join(" and ") }
    })
}

/// Checks the version of the table of users.
pub(super) fn check_users(version: i64) -> Result<(), UsrlocError> {
    if USERS_VERSIONS.contains(&version) {
        return Ok(());
    }
    let known = format!("{} to {}", USERS_VERSIONS.start(), USERS_VERSIONS.end());
    Err(UsrlocError::Version { table: USERS.to_owned(), version, known })
}

/// Checks the name of a table, which stands in statements as it is.
pub(super) fn check(table: &str) -> Result<(), UsrlocError> {
    let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    let good = !table.is_empty() && table.len() <= 64 && table.bytes().all(is_letter);
    if good { Ok(()) } else { Err(UsrlocError::Table(table.to_owned())) }
}

/// What differs between the databases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// What a parameter is written as.
    pub(super) parameter: &'static str,
    /// The type that a text is cast to.
    pub(super) text: &'static str,
    /// A parameter that is a time, as a text.
    pub(super) since: &'static str,
}

impl Dialect {
    /// Reads the version of a table.
    pub(super) fn version(self) -> String {
        let Self { parameter, text, .. } = self;
        // The column is an integer in some versions and a text in others.
        format!("SELECT CAST(table_version AS {text}) FROM version WHERE table_name = {parameter}")
    }

    /// Reads the contacts; with `since`, a parameter, those written at this time or later.
    pub(super) fn contacts(self, table: &str, product: Product, is_since: bool) -> String {
        let Self { text, since, .. } = self;
        let instance = match product {
            Product::Kamailio => "instance",
            Product::Opensips => "sip_instance",
        };
        // Compared in the type of the column: a cast of each row would cost more than all the rest.
        let condition = if is_since { format!(" WHERE last_modified >= {since}") } else { String::new() };
        format!(
            "SELECT username, domain, contact, path, socket, CAST(expires AS {text}), \
             CAST(last_modified AS {text}), user_agent, {instance} FROM {table}{condition}"
        )
    }

    /// Reads the users.
    pub(super) fn users(self) -> String {
        format!("SELECT username, domain, password, ha1 FROM {USERS}")
    }

    /// Counts the contacts and finds the newest.
    pub(super) fn newest(self, table: &str) -> String {
        let text = self.text;
        format!("SELECT COUNT(*), CAST(MAX(last_modified) AS {text}) FROM {table}")
    }
}

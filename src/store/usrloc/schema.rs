//! The tables, by product and version.

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
const VERSIONS: [(Product, std::ops::RangeInclusive<i64>); 2] =
    [(Product::Kamailio, 6..=9), (Product::Opensips, 1009..=1013)];

/// The product whose table has this version.
pub(super) fn product(table: &str, version: i64) -> Result<Product, UsrlocError> {
    let known = VERSIONS.iter().find(|(_, versions)| versions.contains(&version));
    known.map(|(product, _)| *product).ok_or(UsrlocError::Version { table: table.to_owned(), version })
}

/// The known versions of a product, for people.
pub(super) fn known(product: Product) -> String {
    let (_, versions) = &VERSIONS[usize::from(product == Product::Opensips)];
    format!("{} to {}", versions.start(), versions.end())
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
}

impl Dialect {
    /// Reads the version of a table.
    pub(super) fn version(self) -> String {
        let Self { parameter, text } = self;
        // The column is an integer in some versions and a text in others.
        format!("SELECT CAST(table_version AS {text}) FROM version WHERE table_name = {parameter}")
    }

    /// Reads the contacts written at this time or later.
    pub(super) fn since(self, table: &str, product: Product) -> String {
        let Self { parameter, text } = self;
        let instance = match product {
            Product::Kamailio => "instance",
            Product::Opensips => "sip_instance",
        };
        format!(
            "SELECT username, domain, contact, path, socket, CAST(expires AS {text}), \
             CAST(last_modified AS {text}), user_agent, {instance} FROM {table} \
             WHERE CAST(last_modified AS {text}) >= {parameter}"
        )
    }

    /// Counts the contacts and finds the newest.
    pub(super) fn newest(self, table: &str) -> String {
        let text = self.text;
        format!("SELECT COUNT(*), CAST(MAX(last_modified) AS {text}) FROM {table}")
    }
}

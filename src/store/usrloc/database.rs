//! The connection to such a database, of whichever kind.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ColumnIndex, ConnectOptions, Decode, Type};

use super::schema::{self, Dialect};
use super::{Product, Row, Subscriber, UsrlocError, UsrlocOptions, UsrlocReport, moment};

/// A database of registrations.
#[derive(Debug)]
pub struct Usrloc {
    pub(super) pool: Pool,
    options: UsrlocOptions,
    product: Product,
    version: i64,
}

#[derive(Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlPool),
}

/// One reader at a time is enough, and one more for people.
const CONNECTIONS: u32 = 2;
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection is not used for longer: one that is silently dead is noticed by then (sqlx #4349).
const LIFE: Duration = Duration::from_secs(600);

/// Does the same with whichever pool there is.
macro_rules! with_pool {
    ($pool:expr, $name:ident => $body:expr) => {
        match $pool {
            Pool::Sqlite($name) => $body,
            Pool::Postgres($name) => $body,
            #[cfg(feature = "mysql")]
            Pool::MySql($name) => $body,
        }
    };
}

impl Usrloc {
    /// Connects, and sees whose tables these are.
    ///
    /// # Errors
    /// When the database can't be reached, or its tables are none that we know.
    pub async fn open(options: UsrlocOptions) -> Result<Self, UsrlocError> {
        schema::check(&options.table)?;
        let pool = Pool::connect(&options.url).await?;
        let version = pool.version(&options.table).await?;
        let product = schema::product(&options.table, version)?;
        Ok(Self { pool, options, product, version })
    }

    /// Gives the contacts one by one that were written at this time or later, as [`Row::modified`] says it; "" is all
    /// of them. No more than a few are in memory at once.
    ///
    /// # Errors
    /// When the database does not answer, or stops in the middle.
    pub async fn read(&self, since: &str, mut each: impl FnMut(Row)) -> Result<(), UsrlocError> {
        let is_since = !since.is_empty();
        let statement = self.pool.dialect().contacts(&self.options.table, self.product, is_since);
        let offset = self.options.utc_offset_minutes;
        with_pool!(&self.pool, pool => {
            let query = sqlx::query(&statement);
            let mut rows = if is_since { query.bind(since) } else { query }.fetch(pool);
            while let Some(row) = rows.try_next().await? {
                each(take(&row, offset)?);
            }
        });
        Ok(())
    }

    /// Gives the users one by one.
    ///
    /// # Errors
    /// When the table is none that we know, or the database does not answer.
    pub async fn subscribers(&self, mut each: impl FnMut(Subscriber)) -> Result<(), UsrlocError> {
        schema::check_users(self.pool.version(schema::USERS).await?)?;
        let statement = self.pool.dialect().users();
        with_pool!(&self.pool, pool => {
            let mut rows = sqlx::query_as(&statement).fetch(pool);
            while let Some((username, domain, password, ha1)) = rows.try_next().await? {
                each(Subscriber { username, domain, password, ha1 });
            }
        });
        Ok(())
    }

    /// What there is, for people.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn report(&self) -> Result<UsrlocReport, UsrlocError> {
        let statement = self.pool.dialect().newest(&self.options.table);
        let (contacts, newest): (i64, Option<String>) = with_pool!(&self.pool, pool => {
            sqlx::query_as(&statement).fetch_one(pool).await?
        });
        let newest = newest.and_then(|text| moment::parse(&text, self.options.utc_offset_minutes));
        Ok(UsrlocReport { product: self.product, version: self.version, contacts, newest })
    }
}

/// Where a database is.
pub(super) enum Address {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlConnectOptions),
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, UsrlocError> {
        let refused = |error: sqlx::Error| UsrlocError::Url(error.to_string());
        match url.split_once(':').map_or("", |(scheme, _)| scheme) {
            "sqlite" => {
                let options: SqliteConnectOptions = url.parse().map_err(refused)?;
                let options = options.read_only(true).create_if_missing(false).busy_timeout(CONNECT);
                Ok(Self::Sqlite(options.disable_statement_logging()))
            }
            "postgres" | "postgresql" => {
                let options: PgConnectOptions = url.parse().map_err(refused)?;
                // Nothing can be changed by mistake, and no question lasts for ever.
                let options =
                    options.options([("default_transaction_read_only", "on"), ("statement_timeout", "30s")]);
                Ok(Self::Postgres(options.disable_statement_logging()))
            }
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => {
                let options: sqlx::mysql::MySqlConnectOptions = url.parse().map_err(refused)?;
                Ok(Self::MySql(options.disable_statement_logging()))
            }
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => {
                Err(UsrlocError::Url("MySQL is not compiled in: build with --features mysql".to_owned()))
            }
            _ => Err(UsrlocError::Url("the URL begins with neither sqlite: nor postgres:".to_owned())),
        }
    }
}

impl Pool {
    async fn connect(url: &str) -> Result<Self, UsrlocError> {
        match Address::parse(url)? {
            Address::Sqlite(options) => {
                let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT);
                Ok(Self::Sqlite(pool.connect_with(options).await?))
            }
            Address::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT);
                Ok(Self::Postgres(pool.max_lifetime(LIFE).connect_with(options).await?))
            }
            #[cfg(feature = "mysql")]
            Address::MySql(options) => {
                let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(CONNECTIONS);
                Ok(Self::MySql(pool.acquire_timeout(CONNECT).max_lifetime(LIFE).connect_with(options).await?))
            }
        }
    }

    async fn version(&self, table: &str) -> Result<i64, UsrlocError> {
        let statement = self.dialect().version();
        let read: Option<(Option<String>,)> = with_pool!(self, pool => {
            sqlx::query_as(&statement).bind(table).fetch_optional(pool).await?
        });
        let version = read.and_then(|(version,)| version?.trim().parse().ok());
        version.ok_or_else(|| UsrlocError::Unversioned(table.to_owned()))
    }

    fn dialect(&self) -> Dialect {
        match self {
            // The affinity of the column makes the parameter a number where the times are numbers.
            Self::Sqlite(_) => Dialect { parameter: "?", text: "TEXT", since: "?" },
            Self::Postgres(_) => Dialect { parameter: "$1", text: "TEXT", since: "CAST($1 AS TIMESTAMP)" },
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect { parameter: "?", text: "CHAR", since: "?" },
        }
    }
}

/// Reads a row of any of the databases.
fn take<R>(row: &R, utc_offset_minutes: i32) -> Result<Row, sqlx::Error>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    for<'r> Option<String>: Decode<'r, <R as sqlx::Row>::Database> + Type<<R as sqlx::Row>::Database>,
{
    let text = |column: usize| row.try_get::<Option<String>, usize>(column);
    let some = |column: usize| Ok::<_, sqlx::Error>(text(column)?.filter(|text| !text.is_empty()));
    let expires_at = text(5)?.and_then(|text| moment::parse(&text, utc_offset_minutes));
    Ok(Row {
        username: text(0)?.unwrap_or_default(),
        domain: some(1)?,
        contact: text(2)?.unwrap_or_default(),
        path: some(3)?,
        socket: some(4)?,
        expires_at,
        modified: text(6)?.unwrap_or_default(),
        user_agent: text(7)?.unwrap_or_default(),
        instance: some(8)?,
    })
}

//! Reads of what other systems took, and of what they told.

use iwf_model::{CarrierId, EnvironmentId, Handed, MessageId, Timestamp, Unmatched};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::codec::{HandedRow, decode_handed, decode_unmatched};
use crate::error::StoreError;

/// By the names in a JSON array: one statement for however many.
const BY_NAME: &str = "SELECT carrier, name, part, at, state, body FROM upstream \
     WHERE carrier = ? AND name IN (SELECT value FROM json_each(?)) ORDER BY id, part";
const BY_MESSAGE: &str =
    "SELECT carrier, name, part, at, state, body FROM upstream WHERE id = ? ORDER BY part, carrier, name";
const UNMATCHED: &str = "SELECT id, carrier, body FROM unmatched WHERE id > ? ORDER BY id LIMIT ?";

/// Every read, for the test of their plans.
#[cfg(test)]
pub(super) const ALL: [&str; 3] = [BY_NAME, BY_MESSAGE, UNMATCHED];

pub(super) async fn by_name(
    pool: &SqlitePool,
    carrier: CarrierId,
    names: &[String],
) -> Result<Vec<(String, Handed)>, StoreError> {
    let query = sqlx::query(BY_NAME).bind(carrier.0).bind(json(names));
    query.fetch_all(pool).await?.iter().map(handed).collect()
}

pub(super) async fn of(pool: &SqlitePool, message: MessageId) -> Result<Vec<(String, Handed)>, StoreError> {
    let rows = sqlx::query(BY_MESSAGE).bind(message.as_u64() as i64).fetch_all(pool).await?;
    rows.iter().map(handed).collect()
}

pub(super) async fn unmatched(
    pool: &SqlitePool,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<Unmatched>, StoreError> {
    let query = sqlx::query(UNMATCHED).bind(after.unwrap_or(i64::MIN)).bind(limit);
    let rows = query.fetch_all(pool).await?;
    let unmatched = rows.iter().map(|row| {
        let id = row.try_get(0)?;
        decode_unmatched(id, CarrierId(row.try_get(1)?), row.try_get(2)?)
            .ok_or_else(|| StoreError::Corrupt(format!("unmatched receipt {id} can't be read")))
    });
    unmatched.collect()
}

pub(super) async fn environment(pool: &SqlitePool) -> Result<EnvironmentId, StoreError> {
    let id: Vec<u8> = sqlx::query_scalar("SELECT id FROM environment").fetch_one(pool).await?;
    let id = id.try_into().map_err(|_| StoreError::Corrupt("the environment has no name".to_owned()))?;
    Ok(EnvironmentId(id))
}

fn handed(row: &SqliteRow) -> Result<(String, Handed), StoreError> {
    let columns = HandedRow {
        carrier: CarrierId(row.try_get(0)?),
        part: row.try_get(2)?,
        at: Timestamp::from_micros(row.try_get(3)?),
        state: row.try_get(4)?,
        body: row.try_get(5)?,
    };
    let name: String = row.try_get(1)?;
    let handed = decode_handed(&columns);
    handed
        .map(|handed| (name.clone(), handed))
        .ok_or_else(|| StoreError::Corrupt(format!("the submit {name} can't be read")))
}

/// Names as a JSON array. They are letters and digits; whatever else there were is written by its number.
fn json(names: &[String]) -> String {
    let mut json = String::from("[");
    for name in names {
        let comma = if json.len() > 1 { "," } else { "" };
        json += comma;
        json.push('"');
        for c in name.encode_utf16() {
            match u8::try_from(c) {
                Ok(c) if c.is_ascii_alphanumeric() => json.push(char::from(c)),
                _ => json += &format!("\\u{c:04x}"),
            }
        }
        json.push('"');
    }
    json + "]"
}

//! The history: written with what it tells, read from the latest on.

use iwf_model::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};

use super::ROWS;
use super::told::Told;
use crate::codec::decode_settings;
use crate::error::StoreError;
use crate::history::{self, Entry, Filter, Kind};

pub(super) async fn write(
    connection: &mut SqliteConnection,
    revision: u64,
    by: &str,
    now: Timestamp,
    told: &[Told],
) -> Result<(), StoreError> {
    for told in told.chunks(ROWS) {
        let mut query: QueryBuilder<'_, Sqlite> =
            QueryBuilder::new("INSERT INTO history (revision, at, who, kind, thing, name, was, became) ");
        query.push_values(told, |mut row, told| {
            row.push_bind(revision as i64).push_bind(now.as_micros()).push_bind(by);
            row.push_bind(told.kind.as_str()).push_bind(told.thing).push_bind(&told.name);
            row.push_bind(&told.was).push_bind(&told.became);
        });
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    if !told.is_empty() {
        sqlx::query("DELETE FROM history WHERE id <= (SELECT MAX(id) FROM history) - ?")
            .bind(history::KEPT as i64)
            .execute(connection)
            .await?;
    }
    Ok(())
}

const ENTRIES: &str = "SELECT id, revision, at, who, kind, thing, name, was, became FROM history WHERE ";

/// What the filter lets through behind `after`, the latest first.
pub(in crate::sqlite) async fn read(
    pool: &SqlitePool,
    filter: Filter,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut query: QueryBuilder<'_, Sqlite> = QueryBuilder::new(ENTRIES);
    query.push("id < ").push_bind(after.map_or(i64::MAX, |after| after as i64));
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(name) = filter.name {
        query.push(" AND name = ").push_bind(name);
    }
    if let Some(revision) = filter.revision {
        query.push(" AND revision = ").push_bind(revision as i64);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    let rows = query.build().persistent(false).fetch_all(pool).await?;
    rows.iter().map(entry).collect()
}

/// All that a revision changed, in the order in which it was told.
pub(super) async fn of_revision(
    connection: &mut SqliteConnection,
    revision: u64,
) -> Result<Vec<Entry>, StoreError> {
    let text = format!("{ENTRIES}revision = ? ORDER BY id");
    let rows = sqlx::query(&text).bind(revision as i64).fetch_all(connection).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &SqliteRow) -> Result<Entry, StoreError> {
    let damaged = || StoreError::Corrupt("an entry of the history can't be read".to_owned());
    let told = |column| {
        let text: Option<&str> = row.try_get(column)?;
        text.map(|text| decode_settings(text).ok_or_else(damaged)).transpose()
    };
    Ok(Entry {
        place: row.try_get::<i64, _>(0)?.unsigned_abs(),
        revision: row.try_get::<i64, _>(1)?.unsigned_abs(),
        at: Timestamp::from_micros(row.try_get(2)?),
        by: row.try_get(3)?,
        kind: Kind::parse(row.try_get(4)?).ok_or_else(damaged)?,
        thing: row.try_get(5)?,
        name: row.try_get(6)?,
        before: told(7)?,
        after: told(8)?,
    })
}

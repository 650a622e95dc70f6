//! Connections and routes: a name and settings. There may be very many routes, so they are read and written many at once.

use std::collections::{BTreeMap, HashMap};

use iwf_model::settings::has_password;
use iwf_model::{Link, Rule, Settings};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::told::{Line, Told};
use super::{ROWS, next_ids, remove};
use crate::codec::{decode_settings, encode_settings};
use crate::error::{Conflict, StoreError};
use crate::history::Kind;

/// What is a name and settings.
pub(in crate::sqlite) trait Kept: Settings {
    /// What it is called; its table has the same name.
    const KIND: Kind;
    /// Where the next id stands.
    const NEXT: &'static str;

    /// There is none of that name.
    fn missing(name: String) -> Conflict;
}

impl Kept for Link {
    const KIND: Kind = Kind::Connection;
    const NEXT: &'static str = "next_connection";

    fn missing(name: String) -> Conflict {
        Conflict::NoConnection(name)
    }
}

impl Kept for Rule {
    const KIND: Kind = Kind::Route;
    const NEXT: &'static str = "next_route";

    fn missing(name: String) -> Conflict {
        Conflict::NoRoute(name)
    }
}

/// What a name is to become.
pub(super) struct Sheet<S> {
    /// The id that it had; 0 where it never had one.
    pub(super) id: i64,
    pub(super) what: S,
}

impl<S> Sheet<S> {
    pub(super) fn new(what: S) -> Self {
        Self { id: 0, what }
    }
}

/// All of a kind, by name.
pub(in crate::sqlite) async fn all<S: Kept>(
    connection: &mut SqliteConnection,
) -> Result<Vec<(i64, String, S)>, StoreError> {
    let text = format!("SELECT id, name, settings FROM {}", S::KIND);
    let rows = sqlx::query(&text).fetch_all(connection).await?;
    let one = |row: &SqliteRow| -> Result<(i64, String, S), StoreError> {
        let (name, settings): (String, &str) = (row.try_get(1)?, row.try_get(2)?);
        let what = read(&name, settings)?;
        Ok((row.try_get(0)?, name, what))
    };
    let mut all = rows.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    // Here, and not in the statement: it would look up every row by itself.
    all.sort_unstable_by(|(_, a, _), (_, b, _)| a.cmp(b));
    Ok(all)
}

/// Those of these names, with their settings as they are stored.
pub(super) async fn named<S: Kept>(
    connection: &mut SqliteConnection,
    names: impl Iterator<Item = &str>,
) -> Result<HashMap<String, (i64, String)>, StoreError> {
    let names: Vec<&str> = names.collect();
    let mut found = HashMap::with_capacity(names.len());
    for names in names.chunks(ROWS) {
        let mut query: QueryBuilder<'_, Sqlite> = QueryBuilder::new("SELECT id, name, settings FROM ");
        query.push(S::KIND).push(" WHERE name IN (");
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(*name);
        }
        let rows = query.push(")").build().persistent(false).fetch_all(&mut *connection).await?;
        for row in &rows {
            found.insert(row.try_get(1)?, stored(row)?);
        }
    }
    Ok(found)
}

fn stored(row: &SqliteRow) -> Result<(i64, String), StoreError> {
    Ok((row.try_get(0)?, row.try_get(2)?))
}

/// Reads the settings of that name.
pub(super) fn read<S: Kept>(name: &str, settings: &str) -> Result<S, StoreError> {
    let damaged = |what: &dyn std::fmt::Display| StoreError::Corrupt(format!("{} {name}: {what}", S::KIND));
    let mut whole = S::default();
    for (key, text) in decode_settings(settings).ok_or_else(|| damaged(&"its settings can't be read"))? {
        whole.set(&key, &text).map_err(|error| damaged(&error))?;
    }
    Ok(whole)
}

/// Brings the names to what is wanted, and tells what that changed.
pub(super) async fn put<S: Kept>(
    connection: &mut SqliteConnection,
    wanted: BTreeMap<String, Option<Sheet<S>>>,
    told: &mut Vec<Told>,
) -> Result<(), StoreError> {
    let mut before = named::<S>(connection, wanted.keys().map(String::as_str)).await?;
    let is_new = |(name, sheet): &(&String, &Option<Sheet<S>>)| {
        !before.contains_key(*name) && sheet.as_ref().is_some_and(|sheet| sheet.id == 0)
    };
    let mut next = match wanted.iter().filter(is_new).count() {
        0 => 0,
        count => next_ids(connection, S::NEXT, count).await?,
    };
    let (mut removed, mut rows) = (Vec::new(), Vec::new());
    for (name, wanted) in wanted {
        let old = before.remove(&name);
        let settings = wanted.as_ref().map(|sheet| encode_settings(&sheet.what.differences()));
        let id = match (&wanted, &old) {
            (None, None) => return Err(S::missing(name).into()),
            (_, Some((_, before))) if settings.as_ref() == Some(before) => continue,
            (_, Some((id, _))) => *id,
            (Some(Sheet { id: 0, .. }), None) => {
                next += 1;
                next - 1
            }
            (Some(Sheet { id, .. }), None) => *id,
        };
        let before = old.map(|(_, settings)| settings);
        told.push(tell(id, &name, before, wanted.as_ref().map(|sheet| &sheet.what), settings.clone())?);
        match settings {
            Some(settings) => rows.push((id, name, settings)),
            None => removed.push(id),
        }
    }
    remove(connection, S::KIND.as_str(), &removed).await?;
    write::<S>(connection, &rows).await
}

async fn write<S: Kept>(
    connection: &mut SqliteConnection,
    rows: &[(i64, String, String)],
) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS) {
        let mut query: QueryBuilder<'_, Sqlite> = QueryBuilder::new("INSERT INTO ");
        query.push(S::KIND).push(" (id, name, settings) ");
        query.push_values(rows, |mut row, (id, name, settings)| {
            row.push_bind(id).push_bind(name).push_bind(settings);
        });
        query.push(" ON CONFLICT (id) DO UPDATE SET settings = excluded.settings");
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// What the history tells. Where there are no passwords that is what is stored, which need not be read for it.
fn tell<S: Kept>(
    id: i64,
    name: &str,
    before: Option<String>,
    after: Option<&S>,
    stored: Option<String>,
) -> Result<Told, StoreError> {
    if !keeps_passwords::<S>() {
        return Ok(Told { kind: S::KIND, thing: id, name: name.to_owned(), was: before, became: stored });
    }
    let before = before.map(|settings| read::<S>(name, &settings)).transpose()?;
    let lines = |whole: &S| S::settings().iter().filter_map(|setting| Line::of(setting, whole, "")).collect();
    Ok(Told::new(S::KIND, id, name.to_owned(), before.as_ref().map(lines), after.map(lines)))
}

pub(super) fn keeps_passwords<S: Settings>() -> bool {
    S::settings().iter().any(|setting| has_password(setting.key))
}

//! Carriers: there are few of them.

use std::collections::{BTreeMap, HashMap};

use iwf_model::{Carrier, Settings};
use sqlx::SqliteConnection;

use super::told::{self, Told};
use super::{next_ids, remove};
use crate::error::{Conflict, StoreError};
use crate::history::Kind;
use crate::sqlite::provisioned::carriers;

const NEXT: &str = "next_carrier";

/// Brings the names to what is wanted, and tells what that changed. All are compared and judged in memory.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    wanted: BTreeMap<String, Option<Carrier>>,
    told: &mut Vec<Told>,
) -> Result<(), StoreError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let before = carriers(connection).await?;
    let mut after: BTreeMap<String, Carrier> =
        before.iter().map(|carrier| (carrier.name.clone(), carrier.clone())).collect();
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    for (name, carrier) in wanted {
        let old = after.remove(&name);
        match (carrier, &old) {
            (None, None) => return Err(Conflict::NoCarrier(name).into()),
            (None, Some(old)) => removed.push(old.id.0),
            (Some(mut carrier), old) => {
                carrier.id.0 = match old {
                    Some(old) => old.id.0,
                    None if carrier.id.0 != 0 => carrier.id.0,
                    None => next_ids(connection, NEXT, 1).await?,
                };
                if old.as_ref() != Some(&carrier) {
                    changed.push(name.clone());
                }
                after.insert(name.clone(), carrier);
            }
        }
        tell(told, &name, old.as_ref(), after.get(&name));
    }
    judge_system_ids(&after)?;
    let changed: Vec<&Carrier> = changed.iter().filter_map(|name| after.get(name)).collect();
    // The changed rows go before any is written: a system_id may move from one to another.
    removed.extend(changed.iter().map(|carrier| carrier.id.0));
    remove(connection, Kind::Carrier.as_str(), &removed).await?;
    write(connection, &changed).await
}

fn tell(told: &mut Vec<Told>, name: &str, before: Option<&Carrier>, after: Option<&Carrier>) {
    let Some(id) = before.or(after).map(|carrier| carrier.id.0).filter(|_| before != after) else { return };
    let lines = |carrier: Option<&Carrier>| carrier.map(told::carrier);
    told.push(Told::new(Kind::Carrier, id, name.to_owned(), lines(before), lines(after)));
}

fn judge_system_ids(carriers: &BTreeMap<String, Carrier>) -> Result<(), StoreError> {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for carrier in carriers.values().filter(|carrier| !carrier.system_id.is_empty()) {
        if let Some(owner) = owners.insert(&carrier.system_id, &carrier.name) {
            let (system_id, owner) = (carrier.system_id.clone(), owner.to_owned());
            return Err(Conflict::SystemIdTaken { system_id, owner }.into());
        }
    }
    Ok(())
}

async fn write(connection: &mut SqliteConnection, carriers: &[&Carrier]) -> Result<(), StoreError> {
    for carrier in carriers {
        sqlx::query(
            "INSERT INTO carrier (id, name, system_id, password_hash, enabled, max_binds, rate, submit_window,
                 alphabet) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(carrier.id.0)
        .bind(&carrier.name)
        .bind(Some(&carrier.system_id).filter(|id| !id.is_empty()))
        .bind(&carrier.password_hash)
        .bind(i64::from(carrier.enabled))
        .bind(i64::from(carrier.max_binds))
        .bind(i64::from(carrier.rate))
        .bind(i64::from(carrier.window))
        .bind(carrier.alphabet.as_str())
        .execute(&mut *connection)
        .await?;
        write_settings(connection, carrier).await?;
    }
    Ok(())
}

async fn write_settings(connection: &mut SqliteConnection, carrier: &Carrier) -> Result<(), StoreError> {
    for (key, value) in carrier.profile.differences() {
        sqlx::query("INSERT INTO carrier_setting (carrier, key, value) VALUES (?, ?, ?)")
            .bind(carrier.id.0)
            .bind(key)
            .bind(value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

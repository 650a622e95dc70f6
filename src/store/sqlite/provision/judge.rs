//! What names something must find it: judged by what a whole list of changes leads to.

use std::collections::{BTreeMap, BTreeSet};

use iwf_model::{Link, Rule};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Wanted;
use super::sheets::{all, read};
use crate::error::{Conflict, StoreError};

/// What has to be looked at when all is written.
pub(super) struct References {
    /// The connections that carriers stand in: their names, and those of the carriers.
    connections: Vec<(String, String)>,
    /// The connections that routes lead to, each with one of the routes.
    via: BTreeMap<String, String>,
    removed_carriers: BTreeSet<String>,
    removed_connections: Vec<String>,
}

impl References {
    pub(super) fn of(wanted: &Wanted) -> Self {
        let links = wanted.connections.iter().filter_map(|(name, link)| Some((name, link.as_ref()?)));
        let rules = wanted.routes.iter().filter_map(|(name, rule)| Some((name, rule.as_ref()?)));
        let via = rules.flat_map(|(name, rule)| rule.what.connections().map(move |via| (via, name)));
        Self {
            connections: links.map(|(name, link)| (name.clone(), link.what.carrier.to_string())).collect(),
            via: via.map(|(via, route)| (via.to_owned(), route.clone())).collect(),
            removed_carriers: removed(&wanted.carriers).collect(),
            removed_connections: removed(&wanted.connections).collect(),
        }
    }

    pub(super) async fn judge(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for (name, carrier) in self.connections {
            if !exists(connection, "SELECT 1 FROM carrier WHERE name = ?", &carrier).await? {
                return Err(Conflict::CarrierMissing { connection: name, carrier }.into());
            }
        }
        if !self.removed_carriers.is_empty() {
            for (_, name, link) in all::<Link>(connection).await? {
                let carrier = link.carrier.to_string();
                if self.removed_carriers.contains(&carrier) {
                    return Err(Conflict::CarrierUsed { carrier, connection: name }.into());
                }
            }
        }
        for (name, route) in self.via {
            if !exists(connection, "SELECT 1 FROM connection WHERE name = ?", &name).await? {
                return Err(Conflict::ConnectionMissing { route, connection: name }.into());
            }
        }
        for name in self.removed_connections {
            if let Some(route) = leads_to(connection, &name).await? {
                return Err(Conflict::ConnectionUsed { connection: name, route }.into());
            }
        }
        Ok(())
    }
}

fn removed<T>(wanted: &BTreeMap<String, Option<T>>) -> impl Iterator<Item = String> {
    wanted.iter().filter(|(_, wanted)| wanted.is_none()).map(|(name, _)| name.clone())
}

async fn exists(
    connection: &mut SqliteConnection,
    text: &'static str,
    name: &str,
) -> Result<bool, StoreError> {
    Ok(sqlx::query(text).bind(name).fetch_optional(connection).await?.is_some())
}

/// A route that leads to the connection. Those whose settings hold its name at all are read.
async fn leads_to(connection: &mut SqliteConnection, name: &str) -> Result<Option<String>, StoreError> {
    let text = "SELECT name, settings FROM route WHERE instr(settings, ?) > 0 ORDER BY name";
    let rows: Vec<SqliteRow> = sqlx::query(text).bind(name).fetch_all(connection).await?;
    for row in &rows {
        let route: String = row.try_get(0)?;
        let rule: Rule = read(&route, row.try_get(1)?)?;
        if rule.connections().any(|via| via == name) {
            return Ok(Some(route));
        }
    }
    Ok(None)
}

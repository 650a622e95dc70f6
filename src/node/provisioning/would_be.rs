//! What would be provisioned if a plan had all routes.

use std::collections::BTreeMap;

use iwf_model::{CarrierId, Connection, ConnectionId, Route, RouteId};
use iwf_store::{Change, Provisioning};

use super::diff::{DiffError, diff};
use super::plan::Plan;

/// What is provisioned, with the routes of the plan in place of those that are there, and with the carriers and
/// connections of the plan over those of their names. What exists keeps its id; what is new has a larger one, as it would
/// have in the store.
pub(crate) fn with_routes_of(
    plan: &Plan,
    current: &Provisioning,
    realm: &str,
) -> Result<Provisioning, DiffError> {
    let mut would_be = current.clone();
    for change in diff(current, plan, realm, false)?.changes {
        let Change::PutCarrier(mut carrier) = change else { continue };
        match would_be.carriers.iter_mut().find(|known| known.name == carrier.name) {
            Some(known) => {
                carrier.id = known.id;
                *known = *carrier;
            }
            None => {
                let last = would_be.carriers.iter().map(|known| known.id.0).max().unwrap_or(0);
                carrier.id = CarrierId(last + 1);
                would_be.carriers.push(*carrier);
            }
        }
    }
    let known = current.connections.iter().map(|known| (known.name.as_str(), known.id.0));
    let mut connections: BTreeMap<&str, Connection> =
        current.connections.iter().map(|known| (known.name.as_str(), known.clone())).collect();
    let mut ids = Ids::new(known.collect());
    for entry in &plan.entries.connections {
        let id = ConnectionId(ids.of(&entry.name));
        let connection = Connection { id, name: entry.name.clone(), link: entry.link.clone() };
        connections.insert(&entry.name, connection);
    }
    would_be.connections = connections.into_values().collect();
    let mut ids = Ids::new(current.routes.iter().map(|known| (known.name.as_str(), known.id.0)).collect());
    let route = |entry: &super::routing::RouteEntry| Route {
        id: RouteId(ids.of(&entry.name)),
        name: entry.name.clone(),
        rule: entry.rule.clone(),
    };
    would_be.routes = plan.entries.routes.iter().map(route).collect();
    Ok(would_be)
}

/// The ids of what is known by name, and those after them.
struct Ids<'a> {
    known: BTreeMap<&'a str, i64>,
    last: i64,
}

impl<'a> Ids<'a> {
    fn new(known: BTreeMap<&'a str, i64>) -> Self {
        let last = known.values().copied().max().unwrap_or(0);
        Self { known, last }
    }

    fn of(&mut self, name: &str) -> i64 {
        self.known.get(name).copied().unwrap_or_else(|| {
            self.last += 1;
            self.last
        })
    }
}

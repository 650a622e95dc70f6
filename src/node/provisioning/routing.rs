//! Connections and routes: from their settings by key to what must change.

use std::collections::{BTreeMap, BTreeSet};

use iwf_model::settings::Label;
use iwf_model::{Connection, ConnectionId, Link, Route, RouteId, Rule, Settings};
use iwf_store::{Change, Provisioning};
use toml::Value;

use super::diff::{Diff, Difference, fate};
use super::file::{Check, under};
use super::settings::{RawSettings, read};
use crate::config::Fault;

/// A connection as the file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionEntry {
    pub(super) name: String,
    pub(super) link: Link,
    /// It says nothing of a password: the one that is there stays.
    keeps_password: bool,
    /// Where it stands, such as `connection[0]`; empty for the command line.
    pub(super) key: String,
}

/// A route as the file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteEntry {
    pub(super) name: String,
    pub(super) rule: Rule,
    /// Where it stands, such as `route[0]`; empty for the command line.
    pub(super) key: String,
}

impl Check<'_> {
    pub(super) fn connection(&mut self, raw: &RawSettings, key: String) -> ConnectionEntry {
        let mut raw = raw.clone();
        let name = self.name(&key, raw.remove("name"));
        match (raw.remove("password_file"), raw.contains_key("password")) {
            (None, _) => {}
            (Some(_), true) => {
                self.fault(&key, "password_file", "stands beside password; give one of the two")
            }
            (Some(Value::String(file)), false) => {
                let text = self.password_file(&key, &file);
                raw.extend(text.map(|text| ("password".to_owned(), Value::String(text))));
            }
            (Some(_), false) => self.fault(&key, "password_file", "is the name of a file"),
        }
        let keeps_password = !raw.contains_key("password");
        let link: Link = self.settings(&key, &raw);
        self.needs(&key, "carrier", &raw, "the name of the carrier at its other end");
        if link.call.address.is_none() && !link.receivers && !raw.contains_key("address") {
            self.fault(
                &key,
                "address",
                "is needed: where we bind; or `receivers = true`, and the carrier binds to us",
            );
        }
        ConnectionEntry { name, link, keeps_password, key }
    }

    pub(super) fn route(&mut self, raw: &RawSettings, key: String) -> RouteEntry {
        let mut raw = raw.clone();
        let name = self.name(&key, raw.remove("name"));
        let rule = self.settings(&key, &raw);
        self.needs(&key, "to", &raw, "the numbers that it is for, such as \"222%\"");
        self.needs(&key, "via", &raw, "the connections that it leads to");
        RouteEntry { name, rule, key }
    }

    /// The name, without what has a meaning where names stand in a list.
    fn name(&mut self, key: &str, name: Option<Value>) -> String {
        let name = name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let fits =
            Label::<64>::parse(&name).is_some_and(|name| !name.is_empty() && !name.contains(['|', '*', '/']));
        if !fits {
            let what = "is needed: 1 to 64 ASCII characters without blanks, \",\", \"|\", \"*\" and \"/\"";
            self.fault(key, "name", what);
        }
        name
    }

    fn settings<S: Settings>(&mut self, key: &str, raw: &RawSettings) -> S {
        let (whole, faults) = read(raw);
        for (setting, what) in faults {
            self.fault(key, &setting, &what);
        }
        whole
    }

    /// What is there is checked by its own kind.
    fn needs(&mut self, key: &str, name: &str, raw: &RawSettings, what: &str) {
        let is_empty = match raw.get(name) {
            None => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        if is_empty {
            self.fault(key, name, &format!("is needed: {what}"));
        }
    }
}

impl Diff<'_> {
    pub(super) fn connections(&mut self, current: &Provisioning, prune: bool) {
        let plan = self.plan;
        let wanted = plan.entries.carriers.iter().map(|entry| entry.name.as_str());
        let there = current.carriers.iter().map(|carrier| carrier.name.as_str());
        let carriers: BTreeSet<&str> = wanted.chain(there.filter(|_| !prune)).collect();
        let known: BTreeMap<&str, &Connection> =
            current.connections.iter().map(|connection| (connection.name.as_str(), connection)).collect();
        for entry in &plan.entries.connections {
            let before = known.get(entry.name.as_str()).copied();
            let mut link = entry.link.clone();
            if let Some(before) = before.filter(|_| entry.keeps_password) {
                link.call.password.clone_from(&before.link.call.password);
            }
            if !carriers.contains(&*link.carrier) {
                self.lacks(&entry.key, "carrier", &format!("there is no carrier {}", link.carrier));
            }
            let Some(fate) = fate(before.map(|before| &before.link), &link, settings) else { continue };
            self.differences.listed.push(Difference { kind: "connection", name: entry.name.clone(), fate });
            let connection = Connection { id: ConnectionId(0), name: entry.name.clone(), link };
            self.differences.changes.push(Change::PutConnection(Box::new(connection)));
        }
    }

    pub(super) fn routes(&mut self, current: &Provisioning, prune: bool) {
        let plan = self.plan;
        let wanted = plan.entries.connections.iter().map(|entry| entry.name.as_str());
        let there = current.connections.iter().map(|connection| connection.name.as_str());
        let connections: BTreeSet<&str> = wanted.chain(there.filter(|_| !prune)).collect();
        let known: BTreeMap<&str, &Route> =
            current.routes.iter().map(|route| (route.name.as_str(), route)).collect();
        for entry in &plan.entries.routes {
            for via in entry.rule.connections().filter(|via| !connections.contains(via)) {
                self.lacks(&entry.key, "via", &format!("there is no connection {via}"));
            }
            let before = known.get(entry.name.as_str()).map(|before| &before.rule);
            let Some(fate) = fate(before, &entry.rule, settings) else { continue };
            self.differences.listed.push(Difference { kind: "route", name: entry.name.clone(), fate });
            let route = Route { id: RouteId(0), name: entry.name.clone(), rule: entry.rule.clone() };
            self.differences.changes.push(Change::PutRoute(Box::new(route)));
        }
    }

    fn lacks(&mut self, key: &str, name: &str, what: &str) {
        let fault: Fault = self.plan.document.fault(&under(key, name), what);
        self.faults.push(fault);
    }
}

fn settings<S: Settings>(before: &S, after: &S) -> Vec<(&'static str, bool)> {
    S::settings().iter().map(|one| (one.key, one.show(before) == one.show(after))).collect()
}

//! The database of another registrar, and the way through it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iwf_model::Timestamp;
use iwf_relay::Directory;
use iwf_sip::elsewhere::NoWay;
use iwf_sip::locate::NextHop;
use iwf_store::usrloc::{Row, Usrloc, UsrlocError, UsrlocReport};

use super::{Asker, Finding};
use crate::clock;
use crate::config::{Config, RegistrarConfig};
use crate::elsewhere::{domain_of, owner, remote};

/// A registrar that writes as it goes has written something within this time, if anybody is registered.
const LONG_AGO: Duration = Duration::from_secs(2 * 3600);
/// Clocks of two machines may differ by so much.
const CLOCKS: Duration = Duration::from_secs(90);
/// Servers that are asked, and domains that are named.
const MOST: usize = 8;

/// Looks at what it holds, whether its users are ours, and whether the servers answer that lead to them.
pub(super) async fn look(config: &Config, directory: &Directory, asker: &Asker, findings: &mut Vec<Finding>) {
    let Some(registrar) = &config.registrar else { return };
    let mut census = Census::default();
    let domain = domain_of(config);
    let reading = read(registrar, |row| census.take(&row, directory, (registrar, domain.as_deref())));
    match reading.await {
        Ok(report) => {
            findings.push(Finding::good(format!(
                "The registrar's database is one of {}, version {} of `{}`, with {} contacts.",
                report.product.as_str(),
                report.version,
                registrar.database.table,
                report.contacts
            )));
            findings.extend(freshness(&report, clock::utc()));
            census.tell(registrar, findings);
        }
        Err(error) => {
            findings.push(Finding::bad(format!("The registrar's database can not be read: {error}.")));
        }
    }
    for (hop, uri) in &census.servers {
        asker.look("A server that leads to contacts", uri, hop, findings).await;
    }
}

async fn read(registrar: &RegistrarConfig, each: impl FnMut(Row)) -> Result<UsrlocReport, UsrlocError> {
    let usrloc = Usrloc::open(registrar.database.clone()).await?;
    usrloc.read("", each).await?;
    usrloc.report().await
}

/// Whether the newest row is from now: an old one comes of a registrar that keeps its users in memory, one of the
/// future of a clock that is not UTC.
pub(super) fn freshness(report: &UsrlocReport, now: Timestamp) -> Option<Finding> {
    let newest = report.newest?;
    let (ahead, behind) = (newest.since(now), now.since(newest));
    if ahead > CLOCKS {
        let quarters = (ahead.as_secs() + 450) / 900 * 15;
        return Some(Finding::bad(format!(
            "The newest contact was written {} minutes in the future: the registrar writes local time. Raise \
             registrar.utc_offset_minutes by about {quarters}.",
            ahead.as_secs() / 60
        )));
    }
    if behind > LONG_AGO {
        return Some(Finding::note(format!(
            "The newest contact was written {} hours ago. A registrar that keeps its users in memory (db_mode 0 or \
             2 of Kamailio, sql-write-back of OpenSIPS) writes late or never, and apps will seem to be away. A clock \
             behind UTC looks the same: registrar.utc_offset_minutes.",
            behind.as_secs() / 3600
        )));
    }
    None
}

/// What the rows are, counted.
#[derive(Default)]
pub(super) struct Census {
    ours: u64,
    strangers: u64,
    /// Ours that have a Path.
    direct: u64,
    no_edge: u64,
    malformed: u64,
    lapsed: u64,
    domains: BTreeSet<String>,
    /// The servers that lead to ours, each with a URI of it.
    servers: BTreeMap<NextHop, String>,
}

impl Census {
    pub(super) fn take(
        &mut self,
        row: &Row,
        directory: &Directory,
        (registrar, domain): (&RegistrarConfig, Option<&str>),
    ) {
        if let Some(domain) = row.domain.as_ref().filter(|_| self.domains.len() < MOST) {
            self.domains.insert(domain.to_ascii_lowercase());
        }
        let Some(account) = owner(directory, row, registrar) else {
            self.strangers += 1;
            return;
        };
        self.ours += 1;
        self.direct += u64::from(row.path.is_some());
        self.lapsed += u64::from(row.expires_at.is_some_and(|end| end <= clock::utc()));
        match remote(row, account, domain, registrar.edge.as_deref()) {
            Ok(remote) if self.servers.len() < MOST => {
                let route = remote.binding.path.split(['<', '>']).nth(1).unwrap_or_default();
                self.servers.entry((*remote.hop).clone()).or_insert_with(|| route.to_owned());
            }
            Ok(_) => {}
            Err(NoWay::NoEdge) => self.no_edge += 1,
            Err(NoWay::Malformed) => self.malformed += 1,
        }
    }

    pub(super) fn tell(&self, registrar: &RegistrarConfig, findings: &mut Vec<Finding>) {
        let Self { ours, strangers, direct, no_edge, malformed, lapsed, .. } = *self;
        findings.push(match (ours, strangers) {
            (0, 1..) => Finding::bad(
                "None of its users is an account here, so nothing will reach them: accounts have to be named as the \
                 registrar names its users, or own the number that it names them by. `iwf account adopt` adds them.",
            ),
            _ => Finding::good(format!(
                "{ours} contacts belong to accounts here, {direct} of them with a Path; {strangers} to nobody here."
            )),
        });
        if lapsed > 0 {
            findings.push(Finding::note(format!("{lapsed} contacts of accounts here have lapsed.")));
        }
        if self.domains.len() > 1 && registrar.domain.is_none() {
            let domains: Vec<&str> = self.domains.iter().map(String::as_str).collect();
            findings.push(Finding::bad(format!(
                "Its users are of several domains ({}): set registrar.domain, or a text for a user of one goes to \
                 the user of the same name in another.",
                domains.join(", ")
            )));
        }
        if no_edge > 0 {
            findings.push(Finding::bad(format!(
                "{no_edge} contacts have no Path and no socket that can be sent to: set registrar.edge to the URI of \
                 the server that they register with."
            )));
        }
        if malformed > 0 {
            findings.push(Finding::note(format!("{malformed} contacts are not written as SIP has it.")));
        }
        if ours > direct {
            findings.push(Finding::note(
                "Contacts without a Path are reached by their server, which must route a MESSAGE from this node to \
                 its registered users (Kamailio: lookup(\"location\") and t_relay()).",
            ));
        }
    }
}

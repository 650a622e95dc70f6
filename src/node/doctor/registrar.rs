//! The database of another registrar.

use std::collections::BTreeMap;
use std::time::Duration;

use iwf_model::{Account, Timestamp};
use iwf_sip::elsewhere::NoWay;
use iwf_store::usrloc::{Row, Usrloc, UsrlocReport};

use super::Finding;
use crate::clock;
use crate::config::{Config, RegistrarConfig};
use crate::elsewhere::{domain_of, remote};

/// A registrar that writes as it goes has written something within this time, if anybody is registered.
const LONG_AGO: Duration = Duration::from_secs(2 * 3600);
/// Clocks of two machines may differ by so much.
const CLOCKS: Duration = Duration::from_secs(90);

/// Looks at what it holds, and whether its users are ours.
pub(super) async fn look(config: &Config, accounts: &[Account], findings: &mut Vec<Finding>) {
    let Some(registrar) = &config.registrar else { return };
    let read = async {
        let usrloc = Usrloc::open(registrar.database.clone()).await?;
        let mut rows = Vec::new();
        usrloc.read("", |row| rows.push(row)).await?;
        Ok::<_, iwf_store::usrloc::UsrlocError>((usrloc.report().await?, rows))
    };
    match read.await {
        Ok((report, rows)) => {
            findings.push(Finding::good(format!(
                "The registrar's database is one of {}, version {} of `{}`, with {} contacts.",
                report.product.as_str(),
                report.version,
                registrar.database.table,
                report.contacts
            )));
            findings.extend(freshness(&report, clock::utc()));
            users(config, registrar, accounts, &rows, findings);
        }
        Err(error) => {
            findings.push(Finding::bad(format!("The registrar's database can not be read: {error}")))
        }
    }
}

/// Whether the newest row is from now: an old one comes of a registrar that keeps its users in memory, one of the
/// future of a clock that is not UTC.
pub(super) fn freshness(report: &UsrlocReport, now: Timestamp) -> Option<Finding> {
    let newest = report.newest?;
    let (ahead, behind) = (newest.since(now), now.since(newest));
    if ahead > CLOCKS {
        let quarters = (ahead.as_secs() + 450) / 900 * 15;
        return Some(Finding::bad(format!(
            "The newest contact was written {} minutes in the future: the registrar writes local time. Set \
             registrar.utc_offset_minutes to about {quarters}.",
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

/// Whether its users are accounts of ours, and whether they can be reached.
fn users(
    config: &Config,
    registrar: &RegistrarConfig,
    accounts: &[Account],
    rows: &[Row],
    findings: &mut Vec<Finding>,
) {
    let by_name: BTreeMap<&str, &Account> =
        accounts.iter().map(|account| (account.username.as_str(), account)).collect();
    let domain = domain_of(config);
    let (mut ours, mut strangers, mut no_edge, mut malformed, mut direct) = (0, 0, 0, 0, 0);
    for row in rows {
        let name = row.username.strip_prefix('+').unwrap_or(&row.username);
        let Some(account) = by_name.get(name) else {
            strangers += 1;
            continue;
        };
        ours += 1;
        direct += usize::from(row.path.is_some());
        match remote(row, account, domain.as_deref(), registrar.edge.as_deref()) {
            Ok(_) => {}
            Err(NoWay::NoEdge) => no_edge += 1,
            Err(NoWay::Malformed) => malformed += 1,
        }
    }
    findings.push(match ours {
        0 if !rows.is_empty() => Finding::bad(
            "None of its users is an account here, so nothing will reach them: accounts have to be named as the \
             registrar names its users.",
        ),
        _ => Finding::good(format!(
            "{ours} contacts belong to accounts here, {direct} of them with a Path; {strangers} to nobody here."
        )),
    });
    if no_edge > 0 {
        findings.push(Finding::bad(format!(
            "{no_edge} contacts have no Path and no socket that can be sent to: set registrar.edge to the URI of the \
             server that they register with."
        )));
    }
    if malformed > 0 {
        findings.push(Finding::note(format!("{malformed} contacts are not written as SIP has it.")));
    }
    if ours > direct {
        findings.push(Finding::note(
            "Contacts without a Path are reached by their server, which must route a MESSAGE from this node to its \
             registered users (Kamailio: lookup(\"location\") and t_relay()).",
        ));
    }
}

//! `iwf carrier probe`: what a bound carrier really does, and where that departs from its profile.

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::{Table, plain};
use crate::api::encoded;
use crate::smpp::probe::Report;

/// Asks the running node.
pub(super) fn probe(name: &str, json: bool, target: &Target) -> Result<(), Failure> {
    let path = format!("/v1/carriers/{}/probe", encoded(name));
    let unknown = || format!("the node knows no carrier {name}; `iwf carrier list` shows those there are");
    let report: Report =
        target.ask(Need::Node, async |client| client.get(&path).await?.known(unknown)?.read())?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&report)?)?);
    }
    Ok(say(render(&report).trim_end())?)
}

fn render(report: &Report) -> String {
    let mut page = format!("carrier {}\n\n", plain(&report.carrier));
    match report.binds.len() {
        0 => page += "It is not bound.",
        1 => page += "1 bind:",
        count => page += &format!("{count} binds:"),
    }
    page += &format!(" {} ended since the node started.\n", report.binds_ended);
    for bind in &report.binds {
        let tls = bind.tls.as_deref().unwrap_or("no TLS");
        let (kind, version, peer, since) = (&bind.kind, &bind.version, &bind.peer, &bind.since);
        page += &format!("  {kind}, SMPP {version}, from {peer}, {tls}, since {since}\n");
    }
    page += &format!("\n{} submits, {} of them looked at:\n", report.submits, report.looked_at);
    let mut table = Table::new(["SEEN", "TIMES"]);
    for seen in &report.habits {
        table.row([plain(&seen.habit), seen.count.to_string()]);
    }
    page += &table.render();
    page += match report.findings.len() {
        0 if report.looked_at == 0 => "\nNothing was seen yet.\n",
        0 => "\nAll of it fits the profile.\n",
        _ => "\nThis departs from the profile:\n",
    };
    for finding in &report.findings {
        page += &format!("- {}\n", plain(finding));
    }
    page
}

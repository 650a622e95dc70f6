//! `iwf status`: how the node that runs on a data directory is.

use clap::Args;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::plain;
use crate::admin::{Health, Status};

/// `iwf status`
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// As JSON: what /health answers
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

impl Ask {
    /// Asks the running node; fails when it does not answer or is not well.
    pub(super) fn run(self) -> Result<(), Failure> {
        let health: Health =
            self.target.ask(Need::Node, async |client| client.get("/v1/status").await?.read())?;
        if self.json {
            say(serde_json::to_string_pretty(&health)?)?;
        } else {
            say(render(&health).trim_end())?;
        }
        match health.status {
            Status::Ok => Ok(()),
            other => Err(format!("the node is {}", other.as_str()).into()),
        }
    }
}

fn render(health: &Health) -> String {
    let mut page = format!(
        "{} ({} node {}, version {}, process {}, up {} s)\n\
         {} messages wait, {} receipts wait, {} registrations, {} binds\n",
        health.status.as_str(),
        plain(&health.environment),
        health.node,
        plain(&health.version),
        health.process,
        health.uptime_seconds,
        health.messages_waiting,
        health.receipts_waiting,
        health.registrations,
        health.binds,
    );
    for part in &health.parts {
        let state = if part.ok { "works" } else { "does not work" };
        let detail =
            if part.detail.is_empty() { String::new() } else { format!(": {}", plain(&part.detail)) };
        page.push_str(&format!("{} {state}{detail}\n", plain(&part.name)));
    }
    page
}

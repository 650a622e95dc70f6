//! `iwf receipts unmatched`: receipts of other systems that belong to nothing we know.

use clap::Subcommand;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::Table;
use crate::api::Unmatched;

/// What to do with receipts of other systems.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show those that belong to nothing we know, each with its likely cause
    Unmatched {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Unmatched { json, target } = self;
        let path = "/v1/receipts/unmatched?limit=1000";
        let rows: Vec<Unmatched> = target.ask(Need::Existing, async |client| client.list(path).await)?;
        if json {
            return Ok(say(serde_json::to_string_pretty(&rows)?)?);
        }
        let mut table =
            Table::new(["CAME", "CARRIER", "CONNECTION", "ID", "STATE", "ERROR", "RECIPIENT", "CAUSE"]);
        for it in rows {
            table.row([it.at, it.carrier, it.connection, it.id, it.state, it.error, it.recipient, it.cause]);
        }
        Ok(say(table.render().trim_end())?)
    }
}

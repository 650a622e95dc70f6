//! `iwf route add|list|set|show|enable|disable|remove|undo|explain|try`.

use clap::Subcommand;
use iwf_model::Rule;
use serde_json::Value;

use super::Failure;
use super::client::Target;
use super::connection::{Undo, Which};
use super::explain::Explain;
use super::named::{Kind, Row, text};
use super::output::say;
use super::settings::SettingArgs;
use super::table::Table;
use super::trial::Try;

const ROUTES: Kind = Kind { word: "route", path: "/v1/routes" };

/// What to do with routes.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a route: the numbers it is for, and the connections that it leads to
    Add {
        /// Its name, for people
        name: String,
        #[command(flatten)]
        settings: SettingArgs<Rule>,
        #[command(flatten)]
        target: Target,
    },
    /// Show the routes
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Change a route; what no option names stays, and an empty value brings a default back
    Set {
        /// Its name
        name: String,
        #[command(flatten)]
        settings: SettingArgs<Rule>,
        #[command(flatten)]
        target: Target,
    },
    /// Show one route with all its settings
    Show {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Put a route in force
    Enable(Which),
    /// Leave a route out of account, and keep it
    Disable(Which),
    /// Remove a route; texts that wait for it take the others
    Remove(Which),
    /// Bring back what the latest change of a route, or a revision, changed
    Undo(Undo),
    /// Say what would become of a text, and why
    Explain(Explain),
    /// Say what other routes would have made of the texts of the last time; nothing is changed
    Try(Try),
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { name, settings, target } => ROUTES.add(&name, settings.body(None), &target),
            Self::List { json, target } => list(json, &target),
            Self::Set { name, settings, target } => ROUTES.set(&name, settings.body(None), &target),
            Self::Show { name, json, target } => ROUTES.show::<Rule>(&name, json, &target),
            Self::Enable(which) => enable(&which, true),
            Self::Disable(which) => enable(&which, false),
            Self::Remove(Which { name, target }) => ROUTES.remove(&name, &target),
            Self::Undo(undo) => undo.run(&ROUTES),
            Self::Explain(explain) => explain.run(),
            Self::Try(attempt) => attempt.run(),
        }
    }
}

fn enable(which: &Which, enabled: bool) -> Result<(), Failure> {
    ROUTES.set(&which.name, Row::from_iter([("enabled".to_owned(), Value::Bool(enabled))]), &which.target)
}

fn list(json: bool, target: &Target) -> Result<(), Failure> {
    let rows = ROUTES.rows(target)?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&rows)?)?);
    }
    let mut table = Table::new(["NAME", "ENABLED", "TO", "VIA", "PRIORITY", "CONDITIONS"]);
    for row in &rows {
        let of = |key| text::<Rule>(row, key);
        let enabled = if of("enabled") == "true" { "yes" } else { "no" }.to_owned();
        let conditions = ["from", "origin", "when", "content", "hairpin"].into_iter();
        let conditions = conditions.filter(|key| row.contains_key(*key));
        let conditions: Vec<String> = conditions.map(|key| format!("{key}={}", of(key))).collect();
        let conditions = if conditions.is_empty() { "-".to_owned() } else { conditions.join("; ") };
        let name = text::<Rule>(row, "name");
        table.row([name, enabled, of("to"), of("via"), of("priority"), conditions]);
    }
    Ok(say(table.render().trim_end())?)
}

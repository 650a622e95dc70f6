//! `iwf history`: who changed what is provisioned, and when.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::Table;
use crate::api::encoded;

/// `iwf history`
#[derive(Debug, Args)]
pub(super) struct History {
    /// Of this kind alone: carrier, account, connection or route
    #[arg(long, value_name = "WORD")]
    kind: Option<String>,
    /// Of this name alone
    #[arg(long)]
    name: Option<String>,
    /// Of this revision alone
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// The most changes
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// One change, as the API tells it.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    revision: u64,
    at: String,
    by: String,
    kind: String,
    name: String,
    fate: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Field {
    field: String,
    before: String,
    after: String,
}

impl History {
    /// Shows the latest change first.
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut path = format!("/v1/history?limit={}", self.limit);
        let revision = self.revision.map(|revision| revision.to_string());
        for (name, value) in [("kind", &self.kind), ("name", &self.name), ("revision", &revision)] {
            path.extend(value.iter().map(|value| format!("&{name}={}", encoded(value))));
        }
        let told: Vec<Told> = self.target.ask(Need::Existing, async |client| {
            let mut page: Value = client.get(&path).await?.read()?;
            Ok(serde_json::from_value(page["items"].take())?)
        })?;
        if self.json {
            return Ok(say(serde_json::to_string_pretty(&told)?)?);
        }
        let mut table = Table::new(["REVISION", "AT", "BY", "WHAT", "CHANGES"]);
        for one in told {
            let what = format!("{} {} {}", one.fate, one.kind, one.name);
            let changes: Vec<String> = one.fields.iter().map(|field| field.in_words(&one.fate)).collect();
            table.row([one.revision.to_string(), one.at, one.by, what, changes.join("; ")]);
        }
        Ok(say(table.render().trim_end())?)
    }
}

impl Field {
    fn in_words(&self, fate: &str) -> String {
        let Self { field, before, after } = self;
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        match fate {
            "added" => format!("{field}={after}"),
            "removed" => format!("{field}={before}"),
            _ => format!("{field}: {} -> {}", or_none(before), or_none(after)),
        }
    }
}

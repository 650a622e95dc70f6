//! `iwf token add|list|remove`.

use clap::{Subcommand, ValueEnum};
use hyper::{Method, StatusCode};
use serde_json::json;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::Table;
use crate::api::{Role, TokenShown, encoded};

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a token and print it, which can be done this once
    Add {
        /// Whose it is, for people and the history
        name: String,
        /// What it allows
        #[arg(long, value_enum)]
        role: Role,
        #[command(flatten)]
        target: Target,
    },
    /// Show who has one
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Remove a token; it is of no use from then on
    Remove {
        /// Whose it is
        name: String,
        #[command(flatten)]
        target: Target,
    },
}

impl ValueEnum for Role {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.as_str()))
    }
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { name, role, target } => add(&name, role, &target),
            Self::List { json, target } => list(json, &target),
            Self::Remove { name, target } => remove(&name, &target),
        }
    }
}

fn add(name: &str, role: Role, target: &Target) -> Result<(), Failure> {
    let body = json!({"name": name, "role": role.as_str()});
    target.ask(Need::Any, async |client| {
        let heard = client.send(Method::POST, "/v1/tokens", &[], Some(&body)).await?;
        if heard.status == StatusCode::CONFLICT {
            return Err(format!("there is a token {name} already; `iwf token remove` takes it away").into());
        }
        Ok(say(heard.done()?["token"].as_str().unwrap_or_default())?)
    })
}

fn list(json: bool, target: &Target) -> Result<(), Failure> {
    let rows: Vec<TokenShown> =
        target.ask(Need::Existing, async |client| client.list("/v1/tokens?limit=1000").await)?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&rows)?)?);
    }
    let mut table = Table::new(["NAME", "ROLE", "CREATED", "LAST USED"]);
    for row in rows {
        table.row([row.name, row.role, row.created_at, row.last_used.unwrap_or_else(|| "-".to_owned())]);
    }
    Ok(say(table.render().trim_end())?)
}

fn remove(name: &str, target: &Target) -> Result<(), Failure> {
    let path = format!("/v1/tokens/{}", encoded(name));
    target.ask(Need::Existing, async |client| {
        let heard = client.send(Method::DELETE, &path, &[], None).await?;
        let unknown = || format!("there is no token {name}; `iwf token list` shows those there are");
        heard.known(unknown)?.done()?;
        Ok(say(format_args!("removed token {name}"))?)
    })
}

//! `iwf account add|adopt|list|set|remove`.

use clap::{Args, Subcommand};
use hyper::{Method, StatusCode};
use iwf_model::Number;
use serde_json::{Map, Value};

use super::Failure;
use super::adopt::adopt;
use super::client::{Client, Need, Target};
use super::output::say;
use super::password::PasswordArgs;
use super::place::Place;
use super::table::Table;
use crate::api::encoded;
use crate::provisioning::AccountShown;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add an account; the password is read from the standard input when no option gives it
    Add {
        /// What the app registers as
        username: String,
        /// A number that it owns; may be given several times, or with commas
        #[arg(long = "did", value_name = "NUMBER", value_delimiter = ',')]
        dids: Vec<String>,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        target: Target,
    },
    /// Add an account for each user of the other registrar that has none: name, number and password are those there
    Adopt {
        /// Say what would change and change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Show the accounts
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Change an account; what no option names stays
    Set {
        /// What the app registers as
        username: String,
        /// The numbers that it owns from now on, instead of those before
        #[arg(long = "did", value_name = "NUMBER", value_delimiter = ',')]
        dids: Option<Vec<String>>,
        /// A number more
        #[arg(long = "add-did", value_name = "NUMBER", value_delimiter = ',', conflicts_with = "dids")]
        add: Vec<String>,
        /// A number less
        #[arg(long = "remove-did", value_name = "NUMBER", value_delimiter = ',', conflicts_with = "dids")]
        remove: Vec<String>,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        target: Target,
    },
    /// Remove an account
    Remove {
        /// What the app registers as
        username: String,
        #[command(flatten)]
        target: Target,
    },
}

/// The fields that `add` and `set` share.
#[derive(Debug, Args)]
pub(super) struct Fields {
    /// active or suspended
    #[arg(long, value_name = "WORD")]
    state: Option<String>,
    /// Which digest its apps are asked for: md5, sha-256, sha-512-256, both, or default
    #[arg(long, value_name = "WORD")]
    digest: Option<String>,
    /// Whether its apps come over TLS or not at all
    #[arg(long, value_name = "BOOL")]
    tls_only: Option<bool>,
    #[command(flatten)]
    password: PasswordArgs,
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { username, dids, fields, target } => add(&username, &dids, &fields, &target),
            Self::Adopt { dry_run, place } => adopt(dry_run, &place),
            Self::List { json, target } => list(json, &target),
            Self::Set { username, dids, add, remove, fields, target } => {
                set(&username, Numbers { dids, add, remove }, &fields, &target)
            }
            Self::Remove { username, target } => remove(&username, &target),
        }
    }
}

impl Fields {
    /// What the options say, as the API takes it.
    fn body(&self, dids: Option<Vec<String>>, password: Option<String>) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("dids", dids.map(Value::from));
        put("password", password.map(Value::from));
        put("state", self.state.clone().map(Value::from));
        put("digest", self.digest.clone().map(Value::from));
        put("tls_only", self.tls_only.map(Value::from));
        Value::Object(body)
    }
}

fn path(username: &str) -> String {
    format!("/v1/accounts/{}", encoded(username))
}

fn add(username: &str, dids: &[String], fields: &Fields, target: &Target) -> Result<(), Failure> {
    let password = fields.password.given_or_asked()?;
    let body = fields.body(Some(dids.to_vec()), Some(password));
    target.ask(Need::Any, async |client| {
        let new = [("If-None-Match", "*")];
        let heard = client.send(Method::PUT, &path(username), &new, Some(&body)).await?;
        if heard.status == StatusCode::PRECONDITION_FAILED {
            return Err(
                format!("there is an account {username} already; `iwf account set` changes it").into()
            );
        }
        heard.tell().map(drop)
    })
}

/// What becomes of the numbers of an account.
struct Numbers {
    dids: Option<Vec<String>>,
    add: Vec<String>,
    remove: Vec<String>,
}

impl Numbers {
    /// The numbers from now on, and the tag of those before where they go by these; `None`: they stay.
    async fn after(
        self,
        client: &Client,
        username: &str,
    ) -> Result<(Option<Vec<String>>, Option<String>), Failure> {
        if self.dids.is_some() || self.add.is_empty() && self.remove.is_empty() {
            return Ok((self.dids, None));
        }
        let heard = client.get(&path(username)).await?.known(|| unknown(username))?;
        let tag = heard.tag.clone();
        let before: AccountShown = heard.read()?;
        let mut dids = before.dids;
        for text in &self.remove {
            let number: Number = text.parse().map_err(|error| format!("--remove-did {text}: {error}"))?;
            let number = number.to_string();
            let Some(index) = dids.iter().position(|did| *did == number) else {
                return Err(format!("account {username} does not own the number {number}").into());
            };
            dids.remove(index);
        }
        dids.extend(self.add);
        Ok((Some(dids), Some(tag)))
    }
}

fn set(username: &str, numbers: Numbers, fields: &Fields, target: &Target) -> Result<(), Failure> {
    let password = fields.password.given()?;
    target.ask(Need::Existing, async |client| {
        let (dids, tag) = numbers.after(client, username).await?;
        let seen = tag.as_deref().map(|tag| ("If-Match", tag));
        let body = fields.body(dids, password);
        let heard = client.send(Method::PATCH, &path(username), seen.as_slice(), Some(&body)).await?;
        if !heard.known(|| unknown(username))?.tell()? {
            say("nothing changed")?;
        }
        Ok(())
    })
}

fn remove(username: &str, target: &Target) -> Result<(), Failure> {
    target.ask(Need::Existing, async |client| {
        let heard = client.send(Method::DELETE, &path(username), &[], None).await?;
        heard.known(|| unknown(username))?.tell().map(drop)
    })
}

fn list(json: bool, target: &Target) -> Result<(), Failure> {
    let rows: Vec<AccountShown> =
        target.ask(Need::Existing, async |client| client.list("/v1/accounts?limit=1000").await)?;
    if json {
        say(serde_json::to_string_pretty(&rows)?)?;
        return Ok(());
    }
    let mut table = Table::new(["USERNAME", "STATE", "REALM", "DIGEST", "TLS", "DIDS"]);
    for row in rows {
        let dids = if row.dids.is_empty() { "-".to_owned() } else { row.dids.join(" ") };
        let tls = if row.tls_only { "only" } else { "-" }.to_owned();
        table.row([row.username, row.state, row.realm, row.digest, tls, dids]);
    }
    say(table.render().trim_end())?;
    Ok(())
}

fn unknown(username: &str) -> String {
    format!("there is no account {username}; `iwf account list` shows those there are")
}

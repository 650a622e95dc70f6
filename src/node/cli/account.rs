//! `iwf account add|adopt|list|set|remove`.

use clap::Subcommand;
use iwf_model::{Account, Number};
use iwf_store::{Change, Provisioning, Store};

use super::Failure;
use super::adopt::adopt;
use super::import::{How, apply};
use super::output::say;
use super::password::PasswordArgs;
use super::place::{Need, Place};
use super::table::Table;
use crate::api::LOCAL;
use crate::clock;
use crate::provisioning::{AccountShown, Plan, RawAccount, account_as_shown};

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
        #[command(flatten)]
        place: Place,
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
        place: Place,
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
        #[command(flatten)]
        place: Place,
    },
    /// Remove an account
    Remove {
        /// What the app registers as
        username: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { username, dids, state, digest, tls_only, password, place } => {
                let password = Some(password.given_or_asked()?);
                let raw =
                    RawAccount { username, password, password_file: None, dids, state, digest, tls_only };
                add(&raw, &place)
            }
            Self::Adopt { dry_run, place } => adopt(dry_run, &place),
            Self::List { json, place } => list(json, &place),
            Self::Set { username, dids, add, remove, state, digest, tls_only, password, place } => {
                let password = password.given()?;
                set(&username, Wanted { dids, add, remove, state, digest, tls_only, password }, &place)
            }
            Self::Remove { username, place } => remove(&username, &place),
        }
    }
}

fn add(raw: &RawAccount, place: &Place) -> Result<(), Failure> {
    let plan = Plan::of_account(raw)?;
    place.with_store(Need::Any, async |store, config| {
        let current = store.provisioning().await?;
        if let Some(known) = find(&current, &raw.username) {
            let name = &known.username;
            return Err(format!("there is an account {name} already; `iwf account set` changes it").into());
        }
        apply(store, &current, &plan, &config.sip.realm, How::default()).await.map(drop)
    })
}

/// What `set` changes.
struct Wanted {
    dids: Option<Vec<String>>,
    add: Vec<String>,
    remove: Vec<String>,
    state: Option<String>,
    digest: Option<String>,
    tls_only: Option<bool>,
    password: Option<String>,
}

impl Wanted {
    /// The numbers from now on.
    fn dids(&mut self, before: &Account) -> Result<Vec<String>, Failure> {
        if let Some(dids) = self.dids.take() {
            return Ok(dids);
        }
        let mut dids = before.dids.clone();
        for text in &self.remove {
            let number: Number = text.parse().map_err(|error| format!("--remove-did {text}: {error}"))?;
            let Some(index) = dids.iter().position(|did| *did == number) else {
                return Err(format!("account {} does not own the number {number}", before.username).into());
            };
            dids.remove(index);
        }
        Ok(dids.iter().map(Number::to_string).chain(self.add.drain(..)).collect())
    }
}

fn set(username: &str, mut wanted: Wanted, place: &Place) -> Result<(), Failure> {
    place.with_store(Need::Existing, async |store, config| {
        let current = store.provisioning().await?;
        let before = find(&current, username).ok_or_else(|| unknown(username))?;
        let raw = RawAccount {
            username: before.username.clone(),
            dids: wanted.dids(before)?,
            password: wanted.password,
            password_file: None,
            state: wanted.state.or_else(|| Some(before.state.as_str().to_owned())),
            digest: wanted.digest.or_else(|| before.digest.map(|digest| digest.as_str().to_owned())),
            tls_only: wanted.tls_only.or(Some(before.tls_only)),
        };
        let plan = Plan::of_account(&raw)?;
        if !apply(store, &current, &plan, &config.sip.realm, How::default()).await? {
            say("nothing changed")?;
        }
        Ok(())
    })
}

fn remove(username: &str, place: &Place) -> Result<(), Failure> {
    place.with_store(Need::Existing, async |store, _| {
        let current = store.provisioning().await?;
        find(&current, username).ok_or_else(|| unknown(username))?;
        store
            .provision(
                vec![Change::RemoveAccount { username: username.to_owned() }],
                LOCAL,
                None,
                clock::utc(),
            )
            .await?;
        say(format_args!("removed account {username}"))?;
        Ok(())
    })
}

fn list(json: bool, place: &Place) -> Result<(), Failure> {
    let accounts =
        place.with_store(Need::Existing, async |store, _| Ok(store.provisioning().await?.accounts))?;
    let rows: Vec<AccountShown> = accounts.iter().map(account_as_shown).collect();
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

fn find<'a>(current: &'a Provisioning, username: &str) -> Option<&'a Account> {
    current.accounts.iter().find(|account| account.username == username)
}

fn unknown(username: &str) -> String {
    format!("there is no account {username}; `iwf account list` shows those there are")
}

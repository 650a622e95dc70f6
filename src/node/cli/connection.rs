//! `iwf connection add|list|set|show|binds|start|isolate|stop|remove|undo`.

use clap::Subcommand;
use hyper::Method;
use iwf_model::{Link, LinkState};
use serde_json::{Value, json};

use super::Failure;
use super::client::{Need, Target};
use super::named::{Kind, text};
use super::output::say;
use super::password::PasswordArgs;
use super::settings::SettingArgs;
use super::table::{Table, plain};
use crate::api::encoded;
use crate::smpp::client::board::BindReport;

const CONNECTIONS: Kind = Kind { word: "connection", path: "/v1/connections" };

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a connection to a carrier: where we bind, or over the receivers that it binds
    Add {
        /// Its name, for routes and people
        name: String,
        #[command(flatten)]
        settings: SettingArgs<Link>,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        target: Target,
    },
    /// Show the connections
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Change a connection; what no option names stays, and an empty value brings a default back
    Set {
        /// Its name
        name: String,
        #[command(flatten)]
        settings: SettingArgs<Link>,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        target: Target,
    },
    /// Show one connection with all its settings
    Show {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Show how our binds of a connection stand, since when, why not, and what they did
    Binds {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Bind, and give it texts
    Start(Which),
    /// Give it no new texts; it stays bound and hears what became of those it took
    Isolate(Which),
    /// End its binds; its texts wait, or take the next connection of their route
    Stop(Which),
    /// Remove a connection that no route leads to
    Remove(Which),
    /// Bring back what the latest change of a connection, or a revision, changed
    Undo(Undo),
}

/// One thing, and where it is.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Its name
    pub(super) name: String,
    #[command(flatten)]
    pub(super) target: Target,
}

/// What is to be undone.
#[derive(Debug, clap::Args)]
pub(super) struct Undo {
    /// Which revision: `iwf history` shows them
    revision: Option<u64>,
    /// Also what was changed again since, and without passwords, which are not kept
    #[arg(long)]
    force: bool,
    /// Say what would change and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

impl Undo {
    pub(super) fn run(&self, kind: &Kind) -> Result<(), Failure> {
        kind.undo(self.revision, self.force, self.dry_run, &self.target)
    }
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { name, settings, password, target } => {
                CONNECTIONS.add(&name, settings.body(password.given()?), &target)
            }
            Self::List { json, target } => list(json, &target),
            Self::Set { name, settings, password, target } => {
                CONNECTIONS.set(&name, settings.body(password.given()?), &target)
            }
            Self::Show { name, json, target } => CONNECTIONS.show::<Link>(&name, json, &target),
            Self::Binds { name, json, target } => binds(&name, json, &target),
            Self::Start(which) => put(&which, LinkState::Started),
            Self::Isolate(which) => put(&which, LinkState::Isolated),
            Self::Stop(which) => put(&which, LinkState::Stopped),
            Self::Remove(Which { name, target }) => CONNECTIONS.remove(&name, &target),
            Self::Undo(undo) => undo.run(&CONNECTIONS),
        }
    }
}

fn put(which: &Which, state: LinkState) -> Result<(), Failure> {
    let body = json!({"state": state.as_str()});
    CONNECTIONS.send(Method::PUT, &which.name, "/state", &body, &which.target)
}

fn binds(name: &str, json: bool, target: &Target) -> Result<(), Failure> {
    let path = format!("/v1/connections/{}/binds", encoded(name));
    let unknown =
        || format!("the node knows no connection {name}; `iwf connection list` shows those there are");
    let list: Value =
        target.ask(Need::Node, async |client| client.get(&path).await?.known(unknown)?.read())?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&list)?)?);
    }
    let binds: Vec<BindReport> = serde_json::from_value(list["items"].clone())?;
    Ok(say(render(&binds).trim_end())?)
}

fn render(binds: &[BindReport]) -> String {
    let mut table = Table::new([
        "BIND",
        "STATE",
        "SINCE",
        "PEER",
        "SENT",
        "TAKEN",
        "NOT",
        "THROTTLED",
        "RECEIPTS",
        "TEXTS",
    ]);
    for bind in binds {
        let state = format!("{:?}", bind.state).to_lowercase();
        let peer = bind.peer.as_deref().map_or_else(|| "-".to_owned(), plain);
        let counts = [bind.submitted, bind.accepted, bind.refused, bind.throttled, bind.receipts, bind.texts];
        let [sent, taken, not, throttled, receipts, texts] = counts.map(|count| count.to_string());
        let name = format!("{} {}", bind.kind, bind.number);
        table.row([name, state, bind.since.clone(), peer, sent, taken, not, throttled, receipts, texts]);
    }
    let mut page = table.render();
    for bind in binds {
        if let (Some(why), Some(at)) = (&bind.last_error, &bind.last_error_at) {
            page += &format!("\n{} {} at {at}: {}", bind.kind, bind.number, plain(why));
        }
    }
    page
}

fn list(json: bool, target: &Target) -> Result<(), Failure> {
    let rows = CONNECTIONS.rows(target)?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&rows)?)?);
    }
    let mut table =
        Table::new(["NAME", "CARRIER", "STATE", "ADDRESS", "BINDS", "WINDOW", "RATE", "RECEIVERS"]);
    for row in &rows {
        let of = |key| text::<Link>(row, key);
        let address = Some(of("address")).filter(|address| !address.is_empty());
        let binds = address.as_ref().map(|_| format!("{} {}", of("binds"), of("bind")));
        let rate = if of("rate") == "0" { "unlimited".to_owned() } else { format!("{}/s", of("rate")) };
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let receivers = if of("receivers") == "true" { "yes" } else { "no" }.to_owned();
        let [address, binds] = [address, binds].map(or_none);
        let name = text::<Link>(row, "name");
        table.row([name, of("carrier"), of("state"), address, binds, of("window"), rate, receivers]);
    }
    Ok(say(table.render().trim_end())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_shown_in_a_line_and_why_it_is_not_bound_below() {
        let bind = json!({"kind": "transceiver", "number": 1, "state": "waiting", "since": "2026-11-21T09:30:00Z",
            "last_error": "refused\u{7}", "last_error_at": "2026-11-21T09:30:00Z", "submitted": 3, "accepted": 2,
            "refused": 1, "throttled": 0, "receipts": 2, "texts": 0, "in_window": 0});
        let page = render(&[serde_json::from_value(bind).unwrap()]);
        let lines: Vec<&str> = page.lines().collect();
        assert!(
            lines[1].starts_with("transceiver 1  waiting  2026-11-21T09:30:00Z  -     3     2"),
            "{page}"
        );
        assert_eq!(lines[3], "transceiver 1 at 2026-11-21T09:30:00Z: refused\\u{7}");
    }
}

//! `iwf carrier add|list|set|show|probe|remove`.

use clap::{Args, Subcommand};
use hyper::{Method, StatusCode};
use iwf_model::{Profile, Settings};
use serde_json::{Map, Value, json};

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::password::PasswordArgs;
use super::table::Table;
use crate::api::encoded;
use crate::provisioning::CarrierShown;

/// What to do with carriers.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a carrier; if it has a system_id, the password is read from the standard input when no option gives it
    Add {
        /// Its name, for people
        name: String,
        /// What it binds as: 1-15 ASCII characters; without one it does not bind to us
        #[arg(long, value_name = "ID")]
        system_id: Option<String>,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        target: Target,
    },
    /// Show the carriers
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Change a carrier; what no option names stays
    Set {
        /// Its name
        name: String,
        /// What it binds as: 1-15 ASCII characters
        #[arg(long, value_name = "ID")]
        system_id: Option<String>,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        target: Target,
    },
    /// Show one carrier with its whole profile
    Show {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// What a bound carrier really does, and where that departs from its profile
    Probe {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Remove a carrier; its binds are closed
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        target: Target,
    },
}

/// The fields that `add` and `set` share.
#[derive(Debug, Args)]
pub(super) struct Fields {
    #[command(flatten)]
    password: PasswordArgs,
    /// Whether it may bind
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// The most binds at a time
    #[arg(long, value_name = "N")]
    max_binds: Option<i64>,
    /// The most submits per second; 0 is no limit
    #[arg(long, value_name = "N")]
    rate: Option<i64>,
    /// The most unanswered submits of a bind
    #[arg(long, value_name = "N")]
    window: Option<i64>,
    /// What its data_coding 0 means: gsm7, ascii, latin1, iso8859-5, iso8859-8, utf8, utf16 or utf16le
    #[arg(long, value_name = "WORD")]
    alphabet: Option<String>,
    /// A setting of its profile, several if need be; without a value it has its default again
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    profile: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a setting is written KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add { name, system_id, fields, target } => add(&name, system_id, &fields, &target),
            Self::List { json, target } => list(json, &target),
            Self::Set { name, system_id, fields, target } => set(&name, system_id, &fields, &target),
            Self::Show { name, json, target } => show(&name, json, &target),
            Self::Probe { name, json, target } => super::probe::probe(&name, json, &target),
            Self::Remove { name, target } => remove(&name, &target),
        }
    }
}

fn path(name: &str) -> String {
    format!("/v1/carriers/{}", encoded(name))
}

fn add(name: &str, system_id: Option<String>, fields: &Fields, target: &Target) -> Result<(), Failure> {
    let password = match system_id {
        Some(_) => Some(fields.password.given_or_asked()?),
        None => fields.password.given()?,
    };
    let body = fields.body(system_id, password);
    target.ask(Need::Any, async |client| {
        let heard = client.send(Method::PUT, &path(name), &[("If-None-Match", "*")], Some(&body)).await?;
        if heard.status == StatusCode::PRECONDITION_FAILED {
            return Err(format!("there is a carrier {name} already; `iwf carrier set` changes it").into());
        }
        heard.tell().map(drop)
    })
}

fn set(name: &str, system_id: Option<String>, fields: &Fields, target: &Target) -> Result<(), Failure> {
    let body = fields.body(system_id, fields.password.given()?);
    target.ask(Need::Existing, async |client| {
        let heard = client.send(Method::PATCH, &path(name), &[], Some(&body)).await?;
        if !heard.known(|| unknown(name))?.tell()? {
            say("nothing changed")?;
        }
        Ok(())
    })
}

fn remove(name: &str, target: &Target) -> Result<(), Failure> {
    target.ask(Need::Existing, async |client| {
        let heard = client.send(Method::DELETE, &path(name), &[], None).await?;
        heard.known(|| unknown(name))?.tell().map(drop)
    })
}

fn list(json: bool, target: &Target) -> Result<(), Failure> {
    let rows: Vec<CarrierShown> =
        target.ask(Need::Existing, async |client| client.list("/v1/carriers?limit=1000").await)?;
    if json {
        say(serde_json::to_string_pretty(&rows)?)?;
        return Ok(());
    }
    let mut table = Table::new(["NAME", "SYSTEM_ID", "ENABLED", "MAX_BINDS", "RATE", "WINDOW", "ALPHABET"]);
    for row in rows {
        table.row([
            row.name,
            or_none(&row.system_id).to_owned(),
            if row.enabled { "yes" } else { "no" }.to_owned(),
            row.max_binds.to_string(),
            rate(row.rate),
            row.window.to_string(),
            row.alphabet,
        ]);
    }
    say(table.render().trim_end())?;
    Ok(())
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn rate(rate: u32) -> String {
    if rate == 0 { "unlimited".to_owned() } else { format!("{rate}/s") }
}

impl Fields {
    /// What the options say, as the API takes it.
    fn body(&self, system_id: Option<String>, password: Option<String>) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("system_id", system_id.map(Value::from));
        put("password", password.map(Value::from));
        put("enabled", self.enabled.map(Value::from));
        put("max_binds", self.max_binds.map(Value::from));
        put("rate", self.rate.map(Value::from));
        put("window", self.window.map(Value::from));
        put("alphabet", self.alphabet.clone().map(Value::from));
        let settings: Map<String, Value> =
            self.profile.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        put("profile", (!settings.is_empty()).then_some(Value::Object(settings)));
        Value::Object(body)
    }
}

/// One carrier, and every setting of its profile with its meaning.
fn show(name: &str, json: bool, target: &Target) -> Result<(), Failure> {
    let row: CarrierShown = target
        .ask(Need::Existing, async |client| client.get(&path(name)).await?.known(|| unknown(name))?.read())?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&row)?)?);
    }
    let rate = rate(row.rate);
    say(format_args!(
        "carrier     {}\nsystem_id   {}\nenabled     {}\nmax_binds   {}\nrate        {rate}\nwindow      {}\nalphabet    {}\n",
        row.name,
        or_none(&row.system_id),
        row.enabled,
        row.max_binds,
        row.window,
        row.alphabet
    ))?;
    let mut table = Table::new(["SETTING", "VALUE", "", "MEANING"]);
    let default = Profile::default();
    for setting in Profile::settings() {
        let set = row.profile.get(setting.key);
        let mark = if set.is_some() { "set" } else { "" };
        let value = set.cloned().unwrap_or_else(|| setting.show(&default));
        let value = if value.is_empty() { "-".to_owned() } else { value };
        table.row([setting.key.to_owned(), value, mark.to_owned(), setting.help.to_owned()]);
    }
    Ok(say(table.render().trim_end())?)
}

fn unknown(name: &str) -> String {
    format!("there is no carrier {name}; `iwf carrier list` shows those there are")
}

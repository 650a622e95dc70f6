//! `iwf carrier add|list|set|show|probe|remove`.

use clap::{Args, Subcommand};
use iwf_model::{Carrier, Profile, Settings};
use iwf_store::{Change, Provisioning, Store};

use super::Failure;
use super::import::{How, apply};
use super::output::say;
use super::password::PasswordArgs;
use super::place::{Need, Place};
use super::table::Table;
use crate::api::LOCAL;
use crate::clock;
use crate::provisioning::{CarrierShown, Plan, RawCarrier, carrier_as_shown, raw_profile, shown_setting};

/// What to do with carriers.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a carrier; the password is read from the standard input when no option gives it
    Add {
        /// Its name, for people
        name: String,
        /// What it binds as: 1-15 ASCII characters
        #[arg(long, value_name = "ID")]
        system_id: String,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        place: Place,
    },
    /// Show the carriers
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
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
        place: Place,
    },
    /// Show one carrier with its whole profile
    Show {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// What a bound carrier really does, and where that departs from its profile
    Probe {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Remove a carrier; its binds are closed
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        place: Place,
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
            Self::Add { name, system_id, fields, place } => add(name, system_id, &fields, &place),
            Self::List { json, place } => list(json, &place),
            Self::Set { name, system_id, fields, place } => set(&name, system_id, &fields, &place),
            Self::Show { name, json, place } => show(&name, json, &place),
            Self::Probe { name, json, place } => super::probe::probe(&name, json, &place),
            Self::Remove { name, place } => remove(&name, &place),
        }
    }
}

fn add(name: String, system_id: String, fields: &Fields, place: &Place) -> Result<(), Failure> {
    let password = Some(fields.password.given_or_asked()?);
    let raw = fields.over(RawCarrier { name, system_id, password, ..RawCarrier::default() });
    let plan = Plan::of_carrier(&raw)?;
    place.with_store(Need::Any, async |store, config| {
        let current = store.provisioning().await?;
        if let Some(known) = find(&current, &raw.name) {
            return Err(
                format!("there is a carrier {} already; `iwf carrier set` changes it", known.name).into()
            );
        }
        apply(store, &current, &plan, &config.sip.realm, How::default()).await.map(drop)
    })
}

fn set(name: &str, system_id: Option<String>, fields: &Fields, place: &Place) -> Result<(), Failure> {
    let password = fields.password.given()?;
    place.with_store(Need::Existing, async |store, config| {
        let current = store.provisioning().await?;
        let before = find(&current, name).ok_or_else(|| unknown(name))?;
        let raw = fields.over(RawCarrier {
            name: before.name.clone(),
            system_id: system_id.unwrap_or_else(|| before.system_id.clone()),
            password,
            password_file: None,
            enabled: Some(before.enabled),
            max_binds: Some(before.max_binds.into()),
            rate: Some(before.rate.into()),
            window: Some(before.window.into()),
            alphabet: Some(before.alphabet.as_str().to_owned()),
            profile: raw_profile(&before.profile),
        });
        let plan = Plan::of_carrier(&raw)?;
        if !apply(store, &current, &plan, &config.sip.realm, How::default()).await? {
            say("nothing changed")?;
        }
        Ok(())
    })
}

fn remove(name: &str, place: &Place) -> Result<(), Failure> {
    place.with_store(Need::Existing, async |store, _| {
        let current = store.provisioning().await?;
        find(&current, name).ok_or_else(|| unknown(name))?;
        store
            .provision(vec![Change::RemoveCarrier { name: name.to_owned() }], LOCAL, None, clock::utc())
            .await?;
        say(format_args!("removed carrier {name}"))?;
        Ok(())
    })
}

fn list(json: bool, place: &Place) -> Result<(), Failure> {
    let carriers =
        place.with_store(Need::Existing, async |store, _| Ok(store.provisioning().await?.carriers))?;
    let rows: Vec<CarrierShown> = carriers.iter().map(carrier_as_shown).collect();
    if json {
        say(serde_json::to_string_pretty(&rows)?)?;
        return Ok(());
    }
    let mut table = Table::new(["NAME", "SYSTEM_ID", "ENABLED", "MAX_BINDS", "RATE", "WINDOW", "ALPHABET"]);
    for row in rows {
        let rate = if row.rate == 0 { "unlimited".to_owned() } else { format!("{}/s", row.rate) };
        table.row([
            row.name,
            row.system_id,
            if row.enabled { "yes" } else { "no" }.to_owned(),
            row.max_binds.to_string(),
            rate,
            row.window.to_string(),
            row.alphabet,
        ]);
    }
    say(table.render().trim_end())?;
    Ok(())
}

impl Fields {
    fn settings(&self) -> impl Iterator<Item = (String, toml::Value)> {
        self.profile.iter().map(|(key, value)| (key.clone(), toml::Value::String(value.clone())))
    }

    /// Puts what the options say over `raw`. The password is not among them: it is asked for apart.
    fn over(&self, raw: RawCarrier) -> RawCarrier {
        RawCarrier {
            enabled: self.enabled.or(raw.enabled),
            max_binds: self.max_binds.or(raw.max_binds),
            rate: self.rate.or(raw.rate),
            window: self.window.or(raw.window),
            alphabet: self.alphabet.clone().or(raw.alphabet),
            profile: raw.profile.into_iter().chain(self.settings()).collect(),
            ..raw
        }
    }
}

/// One carrier, and every setting of its profile with its meaning.
fn show(name: &str, json: bool, place: &Place) -> Result<(), Failure> {
    let current = place.with_store(Need::Existing, async |store, _| Ok(store.provisioning().await?))?;
    let carrier = find(&current, name).ok_or_else(|| unknown(name))?;
    let row = carrier_as_shown(carrier);
    if json {
        return Ok(say(serde_json::to_string_pretty(&row)?)?);
    }
    let rate = if row.rate == 0 { "unlimited".to_owned() } else { format!("{}/s", row.rate) };
    say(format_args!(
        "carrier     {}\nsystem_id   {}\nenabled     {}\nmax_binds   {}\nrate        {rate}\nwindow      {}\nalphabet    {}\n",
        row.name, row.system_id, row.enabled, row.max_binds, row.window, row.alphabet
    ))?;
    let mut table = Table::new(["SETTING", "VALUE", "", "MEANING"]);
    let default = Profile::default();
    for setting in Profile::settings() {
        let value = shown_setting(setting, &carrier.profile);
        let mark = if setting.show(&carrier.profile) == setting.show(&default) { "" } else { "set" };
        let value = if value.is_empty() { "-".to_owned() } else { value };
        table.row([setting.key.to_owned(), value, mark.to_owned(), setting.help.to_owned()]);
    }
    Ok(say(table.render().trim_end())?)
}

fn find<'a>(current: &'a Provisioning, name: &str) -> Option<&'a Carrier> {
    current.carriers.iter().find(|carrier| carrier.name == name)
}

fn unknown(name: &str) -> String {
    format!("there is no carrier {name}; `iwf carrier list` shows those there are")
}

//! What is a name and settings, as the command line works on it through the API: connections and routes.

use hyper::{Method, StatusCode};
use iwf_model::{Setting, Settings};
use serde_json::{Map, Value, json};

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::Table;
use crate::api::encoded;

/// Which kind of things.
pub(super) struct Kind {
    /// What people call one, and the command that works on them.
    pub(super) word: &'static str,
    /// Where the API has them.
    pub(super) path: &'static str,
}

/// One of them, as the API shows it: its name, and the settings that differ from the defaults.
pub(super) type Row = Map<String, Value>;

impl Kind {
    fn path(&self, name: &str) -> String {
        format!("{}/{}", self.path, encoded(name))
    }

    fn unknown(&self, name: &str) -> String {
        format!("there is no {0} {name}; `iwf {0} list` shows those there are", self.word)
    }

    pub(super) fn add(&self, name: &str, body: Row, target: &Target) -> Result<(), Failure> {
        let (word, body) = (self.word, Value::Object(body));
        target.ask(Need::Any, async |client| {
            let none = [("If-None-Match", "*")];
            let heard = client.send(Method::PUT, &self.path(name), &none, Some(&body)).await?;
            if heard.status == StatusCode::PRECONDITION_FAILED {
                return Err(format!("there is a {word} {name} already; `iwf {word} set` changes it").into());
            }
            heard.tell().map(drop)
        })
    }

    pub(super) fn set(&self, name: &str, body: Row, target: &Target) -> Result<(), Failure> {
        self.send(Method::PATCH, name, "", &Value::Object(body), target)
    }

    /// Sends something to a thing that must be there, or to a part of it.
    pub(super) fn send(
        &self,
        method: Method,
        name: &str,
        part: &str,
        body: &Value,
        target: &Target,
    ) -> Result<(), Failure> {
        let path = format!("{}{part}", self.path(name));
        target.ask(Need::Existing, async |client| {
            let heard = client.send(method, &path, &[], Some(body)).await?;
            if !heard.known(|| self.unknown(name))?.tell()? {
                say("nothing changed")?;
            }
            Ok(())
        })
    }

    pub(super) fn remove(&self, name: &str, target: &Target) -> Result<(), Failure> {
        target.ask(Need::Existing, async |client| {
            let heard = client.send(Method::DELETE, &self.path(name), &[], None).await?;
            heard.known(|| self.unknown(name))?.tell().map(drop)
        })
    }

    /// All of them, by name.
    pub(super) fn rows(&self, target: &Target) -> Result<Vec<Row>, Failure> {
        let path = format!("{}?limit=1000", self.path);
        target.ask(Need::Existing, async |client| client.list(&path).await)
    }

    /// One of them, with every setting and its meaning.
    pub(super) fn show<S: Settings>(&self, name: &str, json: bool, target: &Target) -> Result<(), Failure> {
        let row: Row = target.ask(Need::Existing, async |client| {
            client.get(&self.path(name)).await?.known(|| self.unknown(name))?.read()
        })?;
        if json {
            return Ok(say(serde_json::to_string_pretty(&row)?)?);
        }
        let mut table = Table::new(["SETTING", "VALUE", "", "MEANING"]);
        for setting in S::settings() {
            let mark = if row.contains_key(setting.key) { "set" } else { "" };
            let value = text::<S>(&row, setting.key);
            let value = if value.is_empty() { "-".to_owned() } else { value };
            table.row([setting.key.to_owned(), value, mark.to_owned(), setting.help.to_owned()]);
        }
        Ok(say(format_args!("{} {name}\n\n{}", self.word, table.render().trim_end()))?)
    }

    /// Brings back what a revision changed, or the latest that changed something of this kind.
    pub(super) fn undo(
        &self,
        revision: Option<u64>,
        force: bool,
        dry_run: bool,
        target: &Target,
    ) -> Result<(), Failure> {
        let body = match revision {
            Some(revision) => json!({"revision": revision, "force": force}),
            None => json!({"kind": self.word, "force": force}),
        };
        let path = format!("/v1/undo?dry_run={dry_run}");
        target.ask(Need::Existing, async |client| {
            let heard = client.send(Method::POST, &path, &[], Some(&body)).await?;
            heard.tell_changes(if dry_run { "would have " } else { "" }).map(drop)
        })
    }
}

/// The text of a setting: what is shown, or the default.
pub(super) fn text<S: Settings>(row: &Row, key: &str) -> String {
    match row.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => Setting::<S>::named(key).map(|setting| setting.show(&S::default())).unwrap_or_default(),
    }
}

//! Connections: the links to others' systems.

use axum::http::{Method, StatusCode};
use iwf_model::{Connection, Link, Setting, Settings};
use iwf_store::{Change, Provisioning};
use serde_json::{Map, Value, json};

use super::auth::Role;
use super::call::Call;
use super::endpoint::Endpoint;
use super::named::Named;
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema, Way};
use super::state::Applied;
use crate::config::Faults;
use crate::provisioning::{Difference, Differences, Fate, Plan, settings_of_json, shown_settings};

/// Connections by their names.
pub(crate) struct Connections;

impl Named for Connections {
    type Item = Connection;
    const KIND: &'static str = "connection";
    const SHAPES: [&'static str; 3] = ["Connection", "ConnectionList", "Connections"];
    const PATHS: [&'static str; 2] = ["/v1/connections", "/v1/connections/{name}"];
    const KEY: &'static str = "name";

    fn fields() -> Vec<Field> {
        fields::<Link>("its name, for routes and people: 1 to 64 characters", &["carrier"])
    }

    fn items(current: &Provisioning) -> &[Connection] {
        &current.connections
    }

    fn name(connection: &Connection) -> &str {
        &connection.name
    }

    fn show(connection: &Connection) -> Value {
        show(&connection.name, &connection.link)
    }

    fn hidden(connection: &Connection) -> String {
        connection.link.call.password.to_string()
    }

    /// The password is not shown at all, and stays where it is not sent.
    fn unmask(_: &mut Value, _: &Connection) {}

    fn plan(body: Value) -> Result<Plan, Faults> {
        settings_of_json(body).and_then(|raw| Plan::of_connection(&raw))
    }

    fn remove(name: &str) -> Change {
        Change::RemoveConnection { name: name.to_owned() }
    }
}

/// The fields of what is a name and settings.
pub(super) fn fields<S: Settings>(name: &'static str, required: &[&str]) -> Vec<Field> {
    let field = |setting: &'static Setting<S>| {
        let field = Field::new(setting.key, Schema::Setting, setting.help);
        match setting.key {
            "password" => field.write_only(),
            key if required.contains(&key) => field.required(),
            _ => field,
        }
    };
    let name = Field::new("name", Schema::TEXT, name);
    std::iter::once(name).chain(S::settings().iter().map(field)).collect()
}

/// A name and the settings that differ from the defaults, all but a password.
pub(super) fn show<S: Settings>(name: &str, whole: &S) -> Value {
    let settings = shown_settings(whole).filter(|(key, _)| *key != "password");
    let settings = settings.map(|(key, text)| (key.to_owned(), Value::String(text)));
    let name = ("name".to_owned(), Value::String(name.to_owned()));
    Value::Object(std::iter::once(name).chain(settings).collect::<Map<_, _>>())
}

/// Start, isolate and stop: what an operator may do.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let states = Schema::Word(vec!["started", "isolated", "stopped"]);
    let shape = Object::new("LinkState", vec![Field::new("state", states, "whether it is used").required()]);
    let said = "Start a connection, isolate it (it stays bound and is given no new texts), or stop it";
    let put = Endpoint::get(
        "/v1/connections/{name}/state",
        "putConnectionState",
        said,
        Applied::schema(),
        put_state,
    );
    vec![put.by(Method::PUT, Role::Operate).taking(Schema::Object(shape), Way::Whole)]
}

async fn put_state(mut call: Call) -> Result<Reply, Problem> {
    let name = call.parameter("name").to_owned();
    let body = call.json();
    let state = body["state"].as_str().unwrap_or_default().to_owned();
    let plan = move |current: &Provisioning| -> Result<Differences, Problem> {
        let known = current.connections.iter().find(|connection| connection.name == name);
        let mut connection = known
            .cloned()
            .ok_or_else(|| Problem::new(Kind::NotFound, format!("there is no connection {name}")))?;
        let before = connection.link.state;
        let set = connection.link.set("state", &state);
        set.map_err(|error| Problem::new(Kind::Invalid, error.to_string()))?;
        if connection.link.state == before {
            return Ok(Differences::default());
        }
        let fate = Fate::Changed(vec!["state".to_owned()]);
        let listed = vec![Difference { kind: Connections::KIND, name: name.clone(), fate }];
        let changes = vec![Change::PutConnection(Box::new(connection))];
        Ok(Differences { listed, changes, warnings: Vec::new() })
    };
    let applied = call.api.change(&call.actor, false, plan).await?;
    Ok(Reply::json(StatusCode::OK, &json!(applied.document())))
}

//! The declarative document: all of it at once, or nothing.

use axum::http::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;

use super::accounts::Accounts;
use super::auth::Role;
use super::call::{Call, Content};
use super::carriers::Carriers;
use super::connections::Connections;
use super::endpoint::{Endpoint, LARGEST_BODY};
use super::named::Named;
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::routes::Routes;
use super::schema::{Field, Object, Schema, Way};
use super::state::{Applied, off_the_runtime};
use crate::config::Document;
use crate::provisioning::{Plan, diff};

/// Its one endpoint.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let said = "Bring what is provisioned to what a document says, as `iwf import` does. The same document twice changes nothing";
    let import = Endpoint::get("/v1/import", "import", said, Applied::schema(), import);
    let import = import.by(Method::POST, Role::Admin).taking(Schema::Object(shape()), Way::Whole);
    vec![
        import
            .large_or_toml(LARGEST_BODY)
            .with("dry_run", Schema::Boolean, "say what would change and change nothing")
            .with("prune", Schema::Boolean, "also remove what the document does not name")
            .or(&[Kind::Conflict]),
    ]
}

/// The tables of a document. Each kind is a list of what can be put one by one.
pub(super) fn shape() -> Object {
    let of = |name, fields| Schema::list(Schema::Object(Object::new(name, fields)));
    let [carrier, ..] = Carriers::SHAPES;
    let [account, ..] = Accounts::SHAPES;
    let [connection, ..] = Connections::SHAPES;
    let [route, ..] = Routes::SHAPES;
    Object::new(
        "Document",
        vec![
            Field::new(Carriers::KIND, of(carrier, Carriers::fields()), "carriers"),
            Field::new(Accounts::KIND, of(account, Accounts::fields()), "accounts"),
            Field::new(Connections::KIND, of(connection, Connections::fields()), "connections"),
            Field::new(Routes::KIND, of(route, Routes::fields()), "routes"),
        ],
    )
}

async fn import(mut call: Call) -> Result<Reply, Problem> {
    let (dry, prune) = (call.is_set("dry_run"), call.is_set("prune"));
    let body = std::mem::take(&mut call.body);
    let plan = off_the_runtime(move || Ok(Plan::of_remote(document(body)?)?)).await?;
    let realm = call.api.realm.clone();
    let plan = Arc::new(plan);
    let plan = move |current: &iwf_store::Provisioning| Ok(diff(current, &plan, &realm, prune)?);
    let applied = call.api.change(&call.actor, dry, plan).await?;
    Ok(Reply::json(StatusCode::OK, &applied.document()))
}

pub(super) fn document(body: Content) -> Result<Document, Problem> {
    match body {
        Content::Toml(text) => Ok(Document::parse("", text)?),
        Content::Json(Value::Object(tables)) => {
            let tables = toml::Table::try_from(tables);
            let tables = tables.map_err(|error| Problem::new(Kind::Invalid, error.to_string()))?;
            Ok(Document::of_table(tables))
        }
        Content::Json(_) | Content::Nothing => Ok(Document::empty()),
    }
}

//! Tokens: made, listed without what is secret of them, removed.

use axum::http::{Method, StatusCode};
use iwf_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::{LOCAL, Role, issue};
use super::call::Call;
use super::endpoint::Endpoint;
use super::page::{Page, list_of, listed};
use super::problem::{FieldError, Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema, Way};
use crate::clock;

/// Their endpoints.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let shown = list_of("TokenList", Schema::Object(shown()));
    let removed = Schema::Object(Object::new("RemovedToken", vec![name().required()]));
    let wanted = Schema::Object(Object::new("Token", vec![name().required(), role()]));
    let secret = "the token, which is told this once";
    let made = Object::new("NewToken", vec![name().required(), role(), text("token", secret)]);
    let said =
        "Make a token. Its answer is not given again for an Idempotency-Key: a second one is a conflict";
    vec![
        Endpoint::get("/v1/tokens", "listTokens", "Every token but the local one, by name", shown, list)
            .by(Method::GET, Role::Admin)
            .paged(),
        Endpoint::get("/v1/tokens", "addToken", said, Schema::Object(made), add)
            .by(Method::POST, Role::Admin)
            .answering(StatusCode::CREATED)
            .taking(wanted, Way::Whole)
            .told_once()
            .or(&[Kind::Conflict]),
        Endpoint::get(
            "/v1/tokens/{name}",
            "removeToken",
            "Remove a token; it is of no use from now on",
            removed,
            remove,
        )
        .by(Method::DELETE, Role::Admin),
    ]
}

/// A token, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenShown {
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) created_at: String,
    /// The day on which this node last saw it, since it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_used: Option<String>,
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let page = Page::of(&call)?;
    let tokens = call.api.store.tokens().await?;
    let (items, next) = page.cut(&tokens, |token| &token.name);
    let shown = items.iter().map(|token| {
        json!(TokenShown {
            name: token.name.clone(),
            role: token.role.clone(),
            created_at: token.created_at.to_string(),
            last_used: call.api.used.get(&token.name).map(|day| date(*day)),
        })
    });
    Ok(listed(&call, shown.collect(), next))
}

/// A day as people write it (RFC 3339 full-date).
fn date(day: i64) -> String {
    let begin = Timestamp::from_micros(day.saturating_mul(86_400_000_000)).to_string();
    begin.chars().take_while(|letter| *letter != 'T').collect()
}

async fn add(mut call: Call) -> Result<Reply, Problem> {
    let body = call.json();
    let name = body["name"].as_str().unwrap_or_default();
    let role = body["role"].as_str().and_then(Role::parse).unwrap_or(Role::Read);
    let printable = !name.chars().any(char::is_control) && name.trim() == name;
    if name.is_empty() || name.len() > 64 || !printable || name == LOCAL {
        let what = format!("is needed: 1 to 64 printable characters, and not \"{LOCAL}\"");
        return Err(Problem::fields(Kind::Invalid, vec![FieldError::at("/name", what)]));
    }
    let issued = issue(name, role, clock::utc());
    let (token, sent) = issued.map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
    call.api.store.add_token(token).await?;
    tracing::info!(token = name, role = role.as_str(), by = call.actor.name, "token added");
    let told = json!({"name": name, "role": role.as_str(), "token": sent});
    Ok(Reply::json(StatusCode::CREATED, &told))
}

async fn remove(call: Call) -> Result<Reply, Problem> {
    let name = call.parameter("name");
    call.api.store.remove_token(name).await?;
    call.api.used.remove(name);
    tracing::info!(token = name, by = call.actor.name, "token removed");
    Ok(Reply::json(StatusCode::OK, &json!({"name": name}) as &Value))
}

fn text(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Schema::TEXT, help).required()
}

fn name() -> Field {
    Field::new("name", Schema::TEXT, "whose it is, for people and the history: 1 to 64 characters")
}

fn role() -> Field {
    let words = Role::ALL.map(Role::as_str).to_vec();
    Field::new("role", Schema::Word(words), "what it allows").required()
}

fn shown() -> Object {
    let day = "the day on which this node last saw it; absent when it did not since it was started";
    Object::new(
        "TokenShown",
        vec![
            name().required(),
            role(),
            Field::new("created_at", Schema::MOMENT, "when it was made").required(),
            Field::new("last_used", Schema::Text(Some("date")), day),
        ],
    )
}

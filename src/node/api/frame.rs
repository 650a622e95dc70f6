//! What is the same for every request: who asks, what was sent, and whether that has the shape it has to have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::Uri;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::again::Keyed;
use super::auth::bearer;
use super::call::{Call, Content};
use super::endpoint::{BodyRule, Endpoint, USUAL_BODY};
use super::problem::{FieldError, Kind, Problem};
use super::reply::Reply;
use super::schema::{Schema, Way};
use super::state::Api;

/// So long a body may take to come: a minute for what is large.
const BODY: Duration = Duration::from_secs(10);
const LARGE_BODY: Duration = Duration::from_secs(60);

/// Answers a request to an endpoint; never fails, because a problem is an answer too.
pub(super) async fn answer(
    api: Arc<Api>,
    endpoint: Arc<Endpoint>,
    parameters: BTreeMap<String, String>,
    request: Request,
) -> Reply {
    carry_out(api, &endpoint, parameters, request).await.unwrap_or_else(Reply::from)
}

async fn carry_out(
    api: Arc<Api>,
    endpoint: &Endpoint,
    parameters: BTreeMap<String, String>,
    request: Request,
) -> Result<Reply, Problem> {
    let actor = api.actor(bearer(request.headers())?).await?;
    actor.must_be(endpoint.role)?;
    let (parts, body) = request.into_parts();
    let query = query(endpoint, &parts.uri)?;
    let octets = octets(endpoint, &parts, body).await?;
    let keyed = Keyed::of(endpoint, &actor.name, &parts, &octets)?;
    let content = content(endpoint, &parts, octets)?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
    let headers = parts.headers;
    let call = Call { api: Arc::clone(&api), actor, path, parameters, query, headers, body: content };
    match keyed {
        Some(keyed) => once(&api, endpoint, keyed, call).await,
        None => (endpoint.handler)(call).await,
    }
}

/// Carries a request with a key out, unless that was done before.
async fn once(api: &Api, endpoint: &Endpoint, keyed: Keyed, call: Call) -> Result<Reply, Problem> {
    let _turn = keyed.begin(&api.under_way)?;
    if let Some(reply) = keyed.answered(api).await? {
        return Ok(reply);
    }
    let reply = (endpoint.handler)(call).await.unwrap_or_else(Reply::from);
    if let Err(error) = keyed.keep(api, &reply).await {
        tracing::warn!(%error, "an answer could not be kept: its request would be carried out again");
    }
    Ok(reply)
}

/// The parameters of the query: each is known, stands there once, and is what it has to be.
fn query(endpoint: &Endpoint, uri: &Uri) -> Result<BTreeMap<String, String>, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|error| Problem::new(Kind::Malformed, error.body_text()))?;
    let (mut read, mut errors) = (BTreeMap::new(), Vec::new());
    for (name, value) in pairs {
        let Some(known) = endpoint.query.iter().find(|parameter| parameter.name == name) else {
            let names: Vec<&str> = endpoint.query.iter().map(|parameter| parameter.name).collect();
            let what = match names.len() {
                0 => format!("unknown parameter \"{name}\"; there are none here"),
                _ => crate::config::unknown_name("parameter", &name, &names),
            };
            errors.push(FieldError::of_parameter(&name, what));
            continue;
        };
        if let Some(what) = wrong(&known.schema, &value) {
            errors.push(FieldError::of_parameter(&name, what));
        }
        if read.insert(name.clone(), value).is_some() {
            errors.push(FieldError::of_parameter(&name, "stands here twice"));
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Problem::fields(Kind::Malformed, errors)) }
}

/// What is wrong with a parameter, which is a text whatever it means.
fn wrong(schema: &Schema, text: &str) -> Option<String> {
    match schema {
        Schema::Integer(range) => {
            let fits = text.parse().is_ok_and(|number: i64| range.contains(&number));
            (!fits).then(|| format!("a whole number from {} to {} is needed", range.start(), range.end()))
        }
        Schema::Boolean => (!matches!(text, "true" | "false")).then(|| "is true or false".to_owned()),
        Schema::Word(words) => {
            (!words.contains(&text)).then(|| crate::config::unknown_name("word", text, words))
        }
        _ => None,
    }
}

/// The body, read within its bounds. Where none is expected, none may come.
async fn octets(endpoint: &Endpoint, parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    let most = endpoint.body.as_ref().map_or(0, |rule| rule.most);
    let too_large = || match most {
        0 => Problem::new(Kind::Malformed, "a body has no meaning here"),
        most => Problem::new(Kind::TooLarge, format!("{most} octets at most are read here")),
    };
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > most as u64) {
        return Err(too_large());
    }
    let limit = if most > USUAL_BODY { LARGE_BODY } else { BODY };
    match tokio::time::timeout(limit, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Problem::new(Kind::Malformed, format!("the body broke off: {error}"))),
        Err(_) => Err(Problem::new(Kind::Slow, format!("{} seconds are given to it", limit.as_secs()))),
    }
}

fn content(endpoint: &Endpoint, parts: &Parts, octets: Bytes) -> Result<Content, Problem> {
    let Some(rule) = &endpoint.body else { return Ok(Content::Nothing) };
    let said = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if rule.or_toml && kind == TOML {
        let text = String::from_utf8(octets.into());
        return text.map(Content::Toml).map_err(|_| Problem::new(Kind::Malformed, "the text is not UTF-8"));
    }
    if !rule.media_types().contains(&kind.as_str()) {
        let types = rule.media_types().join(" or ");
        let detail = format!("Content-Type is \"{said}\"; {types} is read here");
        return Err(Problem::new(Kind::MediaType, detail));
    }
    json(rule, &octets).map(Content::Json)
}

fn json(rule: &BodyRule, octets: &[u8]) -> Result<Value, Problem> {
    let mut value: Value = serde_json::from_slice(octets).map_err(|error| {
        let what = format!("this is no JSON: {error}");
        Problem::fields(Kind::Malformed, vec![FieldError::at("", what).on(error.line(), error.column())])
    })?;
    let mut errors = Vec::new();
    rule.schema.check(&mut value, rule.way, "", &mut errors);
    if errors.is_empty() { Ok(value) } else { Err(Problem::fields(Kind::Invalid, errors)) }
}

const TOML: &str = "application/toml";

impl BodyRule {
    /// What may be sent.
    pub(super) fn media_types(&self) -> Vec<&'static str> {
        let mut types = vec!["application/json"];
        if self.way == Way::Patch {
            types.push("application/merge-patch+json");
        }
        if self.or_toml {
            types.push(TOML);
        }
        types
    }
}

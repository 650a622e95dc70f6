//! A request that was found to be well formed, and of somebody who may ask it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;

use super::auth::Actor;
use super::problem::{Kind, Problem};
use super::state::Api;

/// What a handler is given.
pub(crate) struct Call {
    pub(crate) api: Arc<Api>,
    pub(crate) actor: Actor,
    /// The path and the query as they were sent.
    pub(crate) path: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Content,
}

/// What was sent.
#[derive(Debug, Default)]
pub(crate) enum Content {
    /// Nothing.
    #[default]
    Nothing,
    /// JSON that has the shape it has to have.
    Json(Value),
    /// A text in TOML that nobody has looked at.
    Toml(String),
}

impl Call {
    /// A name in the path; the router sees to it that it is there.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a parameter of the query is true.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.query(name) == Some("true")
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&mut self) -> Value {
        match std::mem::take(&mut self.body) {
            Content::Json(value) => value,
            Content::Nothing | Content::Toml(_) => Value::Null,
        }
    }

    /// Whether the asker has what the tag stands for already (RFC 9110 13.1.2).
    pub(crate) fn has(&self, tag: &str) -> bool {
        let strip = |named: &str| named.strip_prefix("W/").unwrap_or(named).to_owned();
        self.tags(IF_NONE_MATCH.as_str())
            .is_some_and(|tags| tags.iter().any(|named| named == "*" || strip(named) == tag))
    }

    /// Refuses a change of what is not as the asker believes (RFC 9110 13.1.1, 13.1.2). `tag` is that of what there is.
    pub(crate) fn preconditions(&self, tag: Option<&str>) -> Result<(), Problem> {
        let is = |named: &String| tag.is_some_and(|tag| named == "*" || named == tag);
        let failed = |what| Err(Problem::new(Kind::Precondition, what));
        if self.tags(IF_MATCH.as_str()).is_some_and(|tags| !tags.iter().any(is)) {
            return failed(match tag {
                Some(_) => "it was changed since; get it again",
                None => "it does not exist",
            });
        }
        if self.tags(IF_NONE_MATCH.as_str()).is_some_and(|tags| tags.iter().any(is)) {
            return failed("it exists already");
        }
        Ok(())
    }

    fn tags(&self, header: &str) -> Option<Vec<String>> {
        let mut values = self.headers.get_all(header).iter().peekable();
        values.peek()?;
        let texts = values.filter_map(|value| value.to_str().ok());
        Some(texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned()).collect())
    }
}

//! What the API answered.

use bytes::Bytes;
use hyper::header::ETAG;
use hyper::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;
use super::output::say;

/// An answer, good or bad.
pub(super) struct Heard {
    pub(super) status: StatusCode,
    /// The tag of what is shown; empty where there is none.
    pub(super) tag: String,
    body: Value,
}

/// What went wrong (RFC 9457), as far as it is told on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
    errors: Vec<Wrong>,
}

/// One thing that is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wrong {
    field: String,
    /// Of the query, where it is no field.
    parameter: String,
    message: String,
}

/// What a change led to.
#[derive(Debug, Deserialize)]
struct Applied {
    changes: Vec<Change>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Change {
    text: String,
}

impl Heard {
    pub(super) fn of(response: Response<Bytes>) -> Result<Self, Failure> {
        let (head, body) = response.into_parts();
        let tag = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let body = match &body[..] {
            b"" => Value::Null,
            octets => serde_json::from_slice(octets)
                .map_err(|error| format!("the answer of the node can't be read: {error}"))?,
        };
        Ok(Self { status: head.status, tag, body })
    }

    /// What was asked for, or what went wrong in words.
    pub(super) fn done(self) -> Result<Value, Failure> {
        if self.status.is_success() { Ok(self.body) } else { Err(self.problem().in_words().into()) }
    }

    /// The same, read.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let body = self.done()?;
        let read = serde_json::from_value(body);
        Ok(read.map_err(|error| format!("the answer of the node can't be read: {error}"))?)
    }

    /// The same, where `words` say what it means that there is no such thing.
    pub(super) fn known(self, words: impl FnOnce() -> String) -> Result<Self, Failure> {
        if self.status == StatusCode::NOT_FOUND { Err(words().into()) } else { Ok(self) }
    }

    /// What is wrong with single fields.
    pub(super) fn wrong(&self) -> Vec<Wrong> {
        if self.status.is_success() { Vec::new() } else { self.problem().errors }
    }

    /// Prints what is odd, and what changed. Says whether anything did.
    pub(super) fn tell(self) -> Result<bool, Failure> {
        let applied: Applied = self.read()?;
        for warning in &applied.warnings {
            eprintln!("{warning}");
        }
        applied.list("")
    }

    /// Prints what changed, each with `before` in front of it. Says whether anything did.
    pub(super) fn tell_changes(self, before: &str) -> Result<bool, Failure> {
        self.read::<Applied>()?.list(before)
    }

    fn problem(&self) -> Problem {
        Problem::deserialize(&self.body).unwrap_or_default()
    }
}

impl Applied {
    fn list(&self, before: &str) -> Result<bool, Failure> {
        for change in &self.changes {
            say(format_args!("{before}{}", change.text))?;
        }
        Ok(!self.changes.is_empty())
    }
}

impl Problem {
    fn in_words(&self) -> String {
        if self.errors.is_empty() {
            let detail = if self.detail.is_empty() { &self.title } else { &self.detail };
            return detail.clone();
        }
        let lines: Vec<String> = self.errors.iter().map(Wrong::in_words).collect();
        lines.join("\n")
    }
}

impl Wrong {
    /// The field as files name it: `/account/0/dids/1` is `account[0].dids[1]`.
    pub(super) fn key(&self) -> String {
        self.field.split('/').skip(1).fold(String::new(), |key, part| match part.parse::<usize>() {
            Ok(index) => format!("{key}[{index}]"),
            Err(_) if key.is_empty() => part.to_owned(),
            Err(_) => format!("{key}.{part}"),
        })
    }

    /// What is wrong, without where.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    fn in_words(&self) -> String {
        let key = if self.parameter.is_empty() { self.key() } else { self.parameter.clone() };
        if key.is_empty() { self.message.clone() } else { format!("{key}: {}", self.message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_named() {
        let wrong = Wrong { parameter: "origin".into(), message: "is needed".into(), ..Wrong::default() };
        assert_eq!(wrong.in_words(), "origin: is needed");
    }

    #[test]
    fn a_field_is_named_as_files_name_it() {
        let key = |field: &str| Wrong { field: field.to_owned(), ..Wrong::default() }.key();
        assert_eq!(key("/account/0/dids/1"), "account[0].dids[1]");
        assert_eq!(key("/profile/packed"), "profile.packed");
        assert_eq!(key(""), "");
    }
}

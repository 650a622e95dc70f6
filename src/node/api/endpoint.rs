//! One endpoint: what the router serves and what the document says of it, in one value.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::{Method, StatusCode};

use super::auth::Role;
use super::call::Call;
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Schema, Way};

/// The largest body where nothing else is said.
pub(crate) const USUAL_BODY: usize = 1024 * 1024;
/// The largest document to import.
pub(crate) const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// What carries a call out.
pub(crate) type Handler =
    Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>> + Send + Sync>;

/// A method of a path.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// Such as `/v1/carriers/{name}`.
    pub(crate) path: &'static str,
    /// Its name in programs that are made of the document.
    pub(crate) id: String,
    /// What it does, for people.
    pub(crate) summary: String,
    /// Who may.
    pub(crate) role: Role,
    pub(crate) query: Vec<Parameter>,
    pub(crate) body: Option<BodyRule>,
    pub(crate) success: Success,
    /// The problems beyond those that follow from the rest.
    pub(crate) problems: Vec<Kind>,
    pub(crate) tags: Tags,
    /// The answer holds a secret, which is not kept.
    pub(crate) told_once: bool,
    pub(crate) handler: Handler,
}

/// A parameter of the query.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    pub(crate) help: &'static str,
}

/// What may be sent.
#[derive(Debug, Clone)]
pub(crate) struct BodyRule {
    pub(crate) schema: Schema,
    pub(crate) way: Way,
    /// A document may be TOML too.
    pub(crate) or_toml: bool,
    /// In octets.
    pub(crate) most: usize,
}

/// What is answered when all is well.
#[derive(Debug, Clone)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    /// Where something new has a status of its own.
    pub(crate) or_created: bool,
    pub(crate) schema: Schema,
}

/// What an endpoint does with entity tags (RFC 9110 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tags {
    /// Nothing.
    None,
    /// What is shown has one, and `If-None-Match` is heard.
    Shown,
    /// `If-Match` and `If-None-Match` are heard before anything changes.
    Heard,
}

impl Endpoint {
    /// One that only reads, and answers 200.
    pub(crate) fn get<F, A>(path: &'static str, id: &str, summary: &str, schema: Schema, handler: F) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        Self {
            method: Method::GET,
            path,
            id: id.to_owned(),
            summary: summary.to_owned(),
            role: Role::Read,
            query: Vec::new(),
            body: None,
            success: Success { status: StatusCode::OK, or_created: false, schema },
            problems: Vec::new(),
            tags: Tags::None,
            told_once: false,
            handler: Arc::new(move |call| Box::pin(handler(call))),
        }
    }

    /// The same by another method, for those of that role.
    pub(crate) fn by(self, method: Method, role: Role) -> Self {
        Self { method, role, ..self }
    }

    /// The same with a body.
    pub(crate) fn taking(self, schema: Schema, way: Way) -> Self {
        Self { body: Some(BodyRule { schema, way, or_toml: false, most: USUAL_BODY }), ..self }
    }

    /// The same with a large body, which may be TOML.
    pub(crate) fn large_or_toml(mut self, most: usize) -> Self {
        self.body = self.body.map(|rule| BodyRule { or_toml: true, most, ..rule });
        self
    }

    /// The same with a parameter.
    pub(crate) fn with(mut self, name: &'static str, schema: Schema, help: &'static str) -> Self {
        self.query.push(Parameter { name, schema, help });
        self
    }

    /// The same with pages.
    pub(crate) fn paged(self) -> Self {
        self.with("limit", Schema::Integer(1..=1000), "the most items of an answer; 100 when it is absent")
            .with("after", Schema::TEXT, "where the page before ended: what its `next` says")
    }

    /// The same with what else may go wrong.
    pub(crate) fn or(mut self, problems: &[Kind]) -> Self {
        self.problems.extend(problems);
        self
    }

    /// The same, which answers with another status.
    pub(crate) fn answering(mut self, status: StatusCode) -> Self {
        self.success.status = status;
        self
    }

    /// The same, whose answer holds a secret.
    pub(crate) fn told_once(self) -> Self {
        Self { told_once: true, ..self }
    }

    /// Whether it changes something, so that it matters whether it is carried out twice.
    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// The same, which answers 201 where it made something new.
    pub(crate) fn or_created(mut self) -> Self {
        self.success.or_created = true;
        self
    }

    /// The same with entity tags.
    pub(crate) fn tags(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }

    /// The names in its path.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Every problem that it may answer with.
    pub(crate) fn all_problems(&self) -> Vec<Kind> {
        let mut kinds =
            vec![Kind::Malformed, Kind::Unauthorized, Kind::Forbidden, Kind::Internal, Kind::Unavailable];
        if self.parameters().next().is_some() {
            kinds.push(Kind::NotFound);
        }
        if self.body.is_some() {
            kinds.extend([Kind::Slow, Kind::TooLarge, Kind::MediaType, Kind::Invalid]);
        }
        if self.tags == Tags::Heard {
            kinds.push(Kind::Precondition);
        }
        if self.changes() && !self.told_once {
            kinds.extend([Kind::Conflict, Kind::Invalid]);
        }
        kinds.extend(&self.problems);
        kinds.sort_by_key(|kind| kind.words().0);
        kinds.dedup();
        kinds
    }
}

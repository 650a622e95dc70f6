//! What went wrong, as a problem document (RFC 9457).

use axum::http::{HeaderName, StatusCode};
use iwf_store::{Conflict, StoreError};
use serde_json::{Value, json};

use super::reply::Reply;
use crate::config::{Faults, Place};
use crate::provisioning::DiffError;

/// The kinds of problems; each has a status, and a name that a program may act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    Method,
    Slow,
    Conflict,
    Precondition,
    TooLarge,
    MediaType,
    Invalid,
    Internal,
    Unavailable,
}

impl Kind {
    /// All of them, for the document.
    pub(crate) const ALL: [Self; 13] = [
        Self::Malformed,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Method,
        Self::Slow,
        Self::Conflict,
        Self::Precondition,
        Self::TooLarge,
        Self::MediaType,
        Self::Invalid,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Status, name and title.
    pub(crate) fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request can't be read"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "no-token", "A token is needed"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "role", "The token's role does not allow this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method", "The method does not exist here"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "The body did not come in time"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "It contradicts what is there"),
            Self::Precondition => (StatusCode::PRECONDITION_FAILED, "changed", "It is not as was expected"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "The body is of a type that is not read here",
            ),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The body is wrong"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The node failed"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again later"),
        }
    }
}

/// One field or parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The JSON pointer of a field (RFC 6901), or the name of a query parameter.
    pub(crate) place: String,
    /// What is wrong, and what is allowed.
    pub(crate) message: String,
    is_parameter: bool,
    /// Line and column, of what is no JSON.
    at: Option<(usize, usize)>,
}

impl FieldError {
    /// Of a field.
    pub(crate) fn at(pointer: &str, message: impl Into<String>) -> Self {
        Self { place: pointer.to_owned(), message: message.into(), is_parameter: false, at: None }
    }

    /// Of a query parameter.
    pub(crate) fn of_parameter(name: &str, message: impl Into<String>) -> Self {
        Self { is_parameter: true, ..Self::at(name, message) }
    }

    /// The same with its place in the text.
    pub(crate) fn on(self, line: usize, column: usize) -> Self {
        Self { at: Some((line, column)), ..self }
    }

    fn document(&self) -> Value {
        let name = if self.is_parameter { "parameter" } else { "field" };
        let mut document = json!({name: self.place, "message": self.message});
        if let Some((line, column)) = self.at {
            document["line"] = line.into();
            document["column"] = column.into();
        }
        document
    }
}

/// Why a request was not carried out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    header: Option<(&'static str, String)>,
}

impl Problem {
    /// With what is wrong, and the way out, in words.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), header: None }
    }

    /// Fields that are wrong.
    pub(crate) fn fields(kind: Kind, errors: Vec<FieldError>) -> Self {
        let named = |error: &FieldError| match error.place.as_str() {
            "" => error.message.clone(),
            place => format!("{place}: {}", error.message),
        };
        let detail = errors.iter().map(named).collect::<Vec<_>>().join("\n");
        Self { errors, ..Self::new(kind, detail) }
    }

    /// One query parameter that is wrong.
    pub(crate) fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::fields(Kind::Malformed, vec![FieldError::of_parameter(name, message)])
    }

    /// Nobody showed who asks, or nobody whom we know (RFC 6750 3).
    pub(crate) fn unauthorized(detail: &str, wrong: bool) -> Self {
        let challenge =
            if wrong { "Bearer realm=\"iwf\", error=\"invalid_token\"" } else { "Bearer realm=\"iwf\"" };
        let header = Some(("www-authenticate", challenge.to_owned()));
        Self { header, ..Self::new(Kind::Unauthorized, detail) }
    }

    /// What may be asked here instead (RFC 9110 15.5.6).
    pub(crate) fn method(allowed: &str) -> Self {
        let header = Some(("allow", allowed.to_owned()));
        Self { header, ..Self::new(Kind::Method, format!("allowed are {allowed}")) }
    }

    /// It may work later.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        let header = Some(("retry-after", "1".to_owned()));
        Self { header, ..Self::new(Kind::Unavailable, detail) }
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let (status, name, title) = problem.kind.words();
        let mut document = json!({
            "type": format!("urn:iwf:problem:{name}"),
            "title": title,
            "status": status.as_u16(),
            "detail": problem.detail,
        });
        if !problem.errors.is_empty() {
            document["errors"] = problem.errors.iter().map(FieldError::document).collect();
        }
        let reply = Self::problem(status, &document);
        match problem.header {
            Some((name, value)) => reply.with(HeaderName::from_static(name), &value),
            None => reply,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(
                Conflict::NoCarrier(_)
                | Conflict::NoAccount(_)
                | Conflict::NoConnection(_)
                | Conflict::NoRoute(_)
                | Conflict::NoRevision(_)
                | Conflict::NoToken(_),
            ) => Self::new(Kind::NotFound, error.to_string()),
            StoreError::Conflict(Conflict::Moved) => Self::unavailable(error.to_string()),
            StoreError::Conflict(_) => Self::new(Kind::Conflict, error.to_string()),
            StoreError::Busy | StoreError::Unavailable(_) => Self::unavailable(error.to_string()),
            StoreError::Corrupt(_) => {
                tracing::error!(%error, "the admin API could not read the store");
                Self::new(Kind::Internal, error.to_string())
            }
        }
    }
}

impl From<DiffError> for Problem {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Refused(faults) => Self::fields(Kind::Invalid, errors(&faults)),
            DiffError::Taken(faults) => Self::fields(Kind::Conflict, errors(&faults)),
            DiffError::Randomness(error) => Self::new(Kind::Internal, error.to_string()),
        }
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        let unread = faults.0.iter().all(|fault| fault.key.is_empty());
        Self::fields(if unread { Kind::Malformed } else { Kind::Invalid }, errors(&faults))
    }
}

fn errors(faults: &Faults) -> Vec<FieldError> {
    let error = |fault: &crate::config::Fault| {
        let error = FieldError::at(&pointer(&fault.key), fault.what.as_str());
        match fault.place {
            Place::File { line, column, .. } => error.on(line, column),
            Place::Variable(_) | Place::Nowhere => error,
        }
    };
    faults.0.iter().map(error).collect()
}

/// `account[0].dids[1]` as a JSON pointer: `/account/0/dids/1`.
fn pointer(key: &str) -> String {
    let parts = key.split(['.', '[']).filter(|part| !part.is_empty());
    parts.map(|part| format!("/{}", part.trim_end_matches(']'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_fault_is_a_pointer() {
        assert_eq!(pointer("account[0].dids[1]"), "/account/0/dids/1");
        assert_eq!(pointer("profile.packed"), "/profile/packed");
        assert_eq!(pointer(""), "");
    }

    #[test]
    fn no_two_kinds_have_one_name() {
        let names: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.words().1).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}

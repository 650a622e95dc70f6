//! What is answered.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde_json::Value;

const JSON: &str = "application/json";
/// RFC 9457 6.1
const PROBLEM: &str = "application/problem+json";

/// An answer that is not yet octets.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Bytes>,
    pub(super) is_problem: bool,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    /// A document.
    pub(crate) fn json(status: StatusCode, document: &Value) -> Self {
        Self::of_octets(status, document.to_string().into(), false)
    }

    /// A document that was written before.
    pub(crate) fn of_octets(status: StatusCode, body: Bytes, is_problem: bool) -> Self {
        Self { status, body: Some(body), is_problem, headers: Vec::new() }
    }

    /// What the asker has is still true (RFC 9110 15.4.5).
    pub(crate) fn not_modified(tag: &str) -> Self {
        let nothing =
            Self { status: StatusCode::NOT_MODIFIED, body: None, is_problem: false, headers: Vec::new() };
        nothing.tagged(tag)
    }

    /// A problem document.
    pub(super) fn problem(status: StatusCode, document: &Value) -> Self {
        Self::of_octets(status, document.to_string().into(), true)
    }

    /// With the tag of what is shown.
    pub(crate) fn tagged(self, tag: &str) -> Self {
        self.with(ETAG, tag)
    }

    /// With the way to the next page (RFC 8288).
    pub(crate) fn linked(self, next: &str) -> Self {
        self.with(LINK, &format!("<{next}>; rel=\"next\""))
    }

    /// With a header; one that can't be written is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }
}

impl From<Reply> for Response<Body> {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(reply.body.clone().map_or_else(Body::empty, Body::from));
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if reply.body.is_some() {
            let kind = if reply.is_problem { PROBLEM } else { JSON };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        headers.extend(reply.headers);
        response
    }
}

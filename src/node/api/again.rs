//! Requests that come again: with the same `Idempotency-Key` one is carried out once, and answered as it was.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use iwf_store::StoreError;
use iwf_store::access::Answered;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::endpoint::Endpoint;
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::state::Api;
use crate::clock;
use crate::credentials::{self, NoRandomness, hex};

/// The header that a request is known again by.
pub(crate) const HEADER: &str = "idempotency-key";
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// A longer answer is not kept: that of a large import, which changes nothing the second time.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A request with a key.
pub(super) struct Keyed {
    asker: String,
    key: String,
    /// Tells this request from all others.
    digest: String,
}

/// The keys of requests that are being carried out.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashSet<(String, String)>>);

/// The key of one; given back when dropped.
pub(super) struct Turn<'a> {
    all: &'a UnderWay,
    key: (String, String),
}

/// Why an answer could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unkept {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Randomness(#[from] NoRandomness),
    #[error("{0}")]
    Unwritable(#[from] serde_json::Error),
}

/// An answer, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    is_problem: bool,
    headers: Vec<(String, String)>,
    body: String,
}

impl Keyed {
    /// A request that has a key and may have one; `None`: it has none.
    pub(super) fn of(
        endpoint: &Endpoint,
        asker: &str,
        parts: &Parts,
        body: &[u8],
    ) -> Result<Option<Self>, Problem> {
        let Some(key) = parts.headers.get(HEADER).filter(|_| endpoint.changes()) else { return Ok(None) };
        let wrong = |detail| Err(Problem::new(Kind::Malformed, detail));
        if endpoint.told_once {
            return wrong("no Idempotency-Key is taken here: the answer holds a secret, which is not kept");
        }
        let fits = |key: &&str| (1..=255).contains(&key.len());
        let Some(key) = key.to_str().ok().filter(fits) else {
            return wrong("Idempotency-Key has 1 to 255 printable ASCII characters");
        };
        let (asker, key) = (asker.to_owned(), key.to_owned());
        Ok(Some(Self { asker, key, digest: digest(parts, body) }))
    }

    /// Keeps others with this key out.
    pub(super) fn begin<'a>(&self, all: &'a UnderWay) -> Result<Turn<'a>, Problem> {
        let key = (self.asker.clone(), self.key.clone());
        if all.lock().insert(key.clone()) {
            return Ok(Turn { all, key });
        }
        Err(Problem::new(Kind::Conflict, "the request with this Idempotency-Key is being carried out"))
    }

    /// What was answered to it, if it was asked before.
    pub(super) async fn answered(&self, api: &Api) -> Result<Option<Reply>, Problem> {
        let Some(known) = api.store.answered(&self.asker, &self.key, clock::utc()).await? else {
            return Ok(None);
        };
        if !credentials::verify(&known.request, self.digest.as_bytes()) {
            return Err(Problem::new(Kind::Invalid, "another request had this Idempotency-Key"));
        }
        let kept: Kept = serde_json::from_slice(&known.answer)
            .map_err(|error| Problem::new(Kind::Internal, format!("the answer can't be read: {error}")))?;
        Ok(Some(kept.reply()))
    }

    /// Keeps what was answered. What failed for a time may be tried again.
    pub(super) async fn keep(self, api: &Api, reply: &Reply) -> Result<(), Unkept> {
        let length = reply.body.as_ref().map_or(0, |body| body.len());
        if reply.status.is_server_error() || length > LONGEST_ANSWER {
            return Ok(());
        }
        let answer = serde_json::to_vec(&Kept::of(reply))?;
        let request = credentials::hash(&self.digest)?;
        let Self { asker, key, .. } = self;
        Ok(api.store.keep_answer(Answered { asker, key, request, answer, at: clock::utc() }).await?)
    }
}

/// Method, path, preconditions, type and body: whatever makes a request another one.
fn digest(parts: &Parts, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    let mut part = |octets: &[u8]| {
        digest.update((octets.len() as u64).to_be_bytes());
        digest.update(octets);
    };
    part(parts.method.as_str().as_bytes());
    part(parts.uri.path_and_query().map_or("", |path| path.as_str()).as_bytes());
    for name in ["content-type", "if-match", "if-none-match"] {
        part(parts.headers.get(name).map_or(&[][..], HeaderValue::as_bytes));
    }
    part(body);
    hex(&digest.finalize())
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashSet<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

impl Kept {
    fn of(reply: &Reply) -> Self {
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = reply.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        let body = reply.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let (status, is_problem) = (reply.status.as_u16(), reply.is_problem);
        Self { status, is_problem, headers: headers.collect(), body }
    }

    fn reply(self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reply = Reply::of_octets(status, self.body.into(), self.is_problem);
        let headers = self.headers.iter();
        let named = headers.filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value)));
        named.fold(reply, |reply, (name, value)| reply.with(name, value)).with(REPLAYED, "true")
    }
}

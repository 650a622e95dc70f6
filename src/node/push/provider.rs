//! One provider of pushes: its requests, its answers, and how often it is asked.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::breaker::Breaker;
use super::template::{Escape, Values};
use crate::clock;
use crate::config::{PushConfig, PushKind, TlsClientConfig};
use crate::http::{Answer, Client};
use crate::tls::{self, TlsFault};

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushEnd {
    /// The provider has it.
    Taken,
    /// The provider knows the app no more: its token is of no use.
    Gone,
    /// The provider will not have it: the configuration or the credentials are wrong.
    Refused,
    /// The provider could not be asked, or failed.
    Failed,
    /// It was not asked, because it failed before.
    Held,
}

/// A provider and what is known of it.
pub(super) struct Provider {
    config: PushConfig,
    client: Client,
    places: Semaphore,
    breaker: Mutex<Breaker>,
    secret: Mutex<Option<(Instant, Arc<str>)>>,
}

/// The pauses before each try of one push.
const TRIES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];
/// A wish for more time is followed up to this; the message waits for the app anyhow.
const LONGEST_WISH: Duration = Duration::from_secs(5);
/// All of it: waiting for a place, all tries.
const WHOLE: Duration = Duration::from_secs(18);
/// How long what was read from the file of the token holds.
const SECRET: Duration = Duration::from_secs(10);

impl Provider {
    pub(super) fn new(config: PushConfig) -> Result<Self, TlsFault> {
        let trusted = TlsClientConfig { server_ca: config.server_ca.clone(), shown: None };
        let client = Client::new(&tls::client(&trusted)?);
        let (places, breaker, secret) =
            (Semaphore::new(config.concurrency), Mutex::default(), Mutex::default());
        Ok(Self { config, client, places, breaker, secret })
    }

    pub(super) fn name(&self) -> &str {
        &self.config.provider
    }

    pub(super) fn tells_text(&self) -> bool {
        self.config.with_text
    }

    /// Sends a push, several times if it must, within 18 seconds.
    pub(super) async fn push(&self, values: &Values) -> PushEnd {
        let trying = async {
            // It is never closed.
            let Ok(_place) = self.places.acquire().await else { return PushEnd::Held };
            self.try_often(values).await
        };
        timeout(WHOLE, trying).await.unwrap_or(PushEnd::Failed)
    }

    async fn try_often(&self, values: &Values) -> PushEnd {
        let mut wish = Duration::ZERO;
        for pause in TRIES {
            sleep(pause.max(wish)).await;
            if !self.with_breaker(|breaker| breaker.admits(clock::now().instant)) {
                return PushEnd::Held;
            }
            let end = match timeout(self.config.timeout, self.ask(values)).await {
                Ok(Ok(answer)) => {
                    wish = answer.retry_after.unwrap_or_default().min(LONGEST_WISH);
                    self.judge(&answer)
                }
                Ok(Err(error)) => self.fail(&error),
                Err(_) => self.fail("no answer in time"),
            };
            if end != PushEnd::Failed {
                return end;
            }
        }
        PushEnd::Failed
    }

    async fn ask(&self, values: &Values) -> Result<Answer, String> {
        let config = &self.config;
        let mut request =
            Request::post(config.url.fill(values, Escape::Url)).header(CONTENT_TYPE, "application/json");
        for (name, value) in &config.headers {
            request = request.header(name.as_str(), value.fill(values, Escape::Header));
        }
        if let Some(secret) = self.secret().await? {
            request = request.header(AUTHORIZATION, format!("Bearer {secret}"));
        }
        let body = Full::new(Bytes::from(config.body.fill(values, Escape::Json)));
        let request = request.body(body).map_err(|error| error.to_string())?;
        self.client.ask(request).await.map_err(|error| error.to_string())
    }

    /// What an answer means. A token that is of no use is told by 410, by FCM as UNREGISTERED and by APNs as
    /// BadDeviceToken too.
    fn judge(&self, answer: &Answer) -> PushEnd {
        let names = |word: &str| answer.body.windows(word.len()).any(|part| part == word.as_bytes());
        let is_gone = match self.config.kind {
            PushKind::Webhook => false,
            PushKind::Fcm => answer.status == 404 && names("UNREGISTERED"),
            PushKind::Apns => answer.status == 400 && names("BadDeviceToken"),
        };
        match answer.status {
            429 | 500..=599 => return self.fail(&format!("answered {}", answer.status)),
            _ => self.with_breaker(Breaker::succeeded),
        }
        match answer.status {
            200..=299 => PushEnd::Taken,
            410 => PushEnd::Gone,
            _ if is_gone => PushEnd::Gone,
            status => {
                tracing::warn!(provider = self.name(), status, "push refused by its provider");
                PushEnd::Refused
            }
        }
    }

    fn fail(&self, why: &str) -> PushEnd {
        let shut = self.with_breaker(|breaker| breaker.failed(clock::now().instant));
        if shut {
            tracing::warn!(provider = self.name(), why, "push provider fails: left alone for a while");
        } else {
            tracing::debug!(provider = self.name(), why, "push failed");
        }
        PushEnd::Failed
    }

    /// What is in the file of the token now: others write it anew before it ends.
    async fn secret(&self) -> Result<Option<Arc<str>>, String> {
        let Some(file) = &self.config.token_file else { return Ok(None) };
        let now = clock::now().instant;
        let known = self.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, secret)) = known
            && now.duration_since(read_at) < SECRET
        {
            return Ok(Some(secret));
        }
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || fs::read_to_string(path)).await;
        let text = read.map_err(|error| error.to_string())?;
        let text = text.map_err(|error| format!("token_file {}: {error}", file.display()))?;
        let secret: Arc<str> = text.trim().into();
        *self.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&secret)));
        Ok(Some(secret))
    }

    fn with_breaker<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

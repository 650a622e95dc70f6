//! HTTP to others: one request, one answer, both bounded, over HTTP/1.1 or HTTP/2, in the clear or over TLS.
//!
//! Redirections are not followed: where we send is what the configuration says.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::RETRY_AFTER;
use hyper::http::response::Parts;
use hyper::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

/// Sends requests, and keeps connections for the next ones.
pub(crate) struct Client {
    inner: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// 100-599
    pub(crate) status: u16,
    /// Retry-After in seconds, where it is a number (RFC 9110 10.2.3).
    pub(crate) retry_after: Option<Duration>,
    /// The body; empty where it is longer than 16 KiB or broke off.
    pub(crate) body: Bytes,
}

/// Why there is no answer. The request may have arrived.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(String);

/// What is read of an answer's body.
const LONGEST_BODY: usize = 16 * 1024;
/// How long a connection waits for the next request.
const IDLE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);

impl Client {
    /// Over TLS a server is believed that `tls` trusts.
    pub(crate) fn new(tls: &ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(https);
        Self { inner }
    }

    /// Sends a request. The caller bounds the time.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let (head, body) = self.exchange(request, LONGEST_BODY).await?;
        let wish = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = wish.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        Ok(Answer { status: head.status.as_u16(), retry_after, body: body.unwrap_or_default() })
    }

    /// Sends a request whose answer is of interest as it is. The caller bounds the time.
    pub(crate) async fn fetch(
        &self,
        request: Request<Full<Bytes>>,
        longest: usize,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let (head, body) = self.exchange(request, longest).await?;
        Ok(Response::from_parts(head, body?))
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        longest: usize,
    ) -> Result<(Parts, Result<Bytes, NoAnswer>), NoAnswer> {
        let response = self.inner.request(request).await.map_err(|error| NoAnswer(in_full(&error)))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, longest).collect().await;
        Ok((head, body.map(|all| all.to_bytes()).map_err(|error| NoAnswer(in_full(&*error)))))
    }
}

/// An error with what caused it: the outermost says but "client error".
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

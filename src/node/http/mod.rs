//! HTTP to others: one request, one answer, both bounded, over HTTP/1.1 or HTTP/2, in the clear or over TLS.
//!
//! Redirections are not followed: where we send is what the configuration says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::header::RETRY_AFTER;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

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

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub(crate) struct CaFault {
    /// Where the certificates are.
    file: PathBuf,
    /// What is wrong with them.
    what: String,
}

/// What is read of an answer's body.
const LONGEST_BODY: usize = 16 * 1024;
/// How long a connection waits for the next request.
const IDLE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);

impl Client {
    /// Trusts the authorities in `ca` (PEM), or else those of the system.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, CaFault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let fault = |error: rustls::Error| CaFault { file: PathBuf::from("TLS"), what: error.to_string() };
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = builder.map_err(fault)?.with_root_certificates(roots(ca)?).with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(https);
        Ok(Self { inner })
    }

    /// Sends a request. The caller bounds the time.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let response = self.inner.request(request).await.map_err(|error| NoAnswer(in_full(&error)))?;
        let status = response.status().as_u16();
        let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = wish.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let body = Limited::new(response.into_body(), LONGEST_BODY).collect().await;
        let body = body.map(|collected| collected.to_bytes()).unwrap_or_default();
        Ok(Answer { status, retry_after, body })
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, CaFault> {
    let mut roots = RootCertStore::empty();
    let Some(file) = ca else {
        let found = rustls_native_certs::load_native_certs();
        if !found.errors.is_empty() {
            tracing::debug!(errors = ?found.errors, "some certificate authorities of the system can't be read");
        }
        roots.add_parsable_certificates(found.certs);
        return Ok(roots);
    };
    let fault = |what: String| CaFault { file: file.to_owned(), what };
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| fault(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| fault(error.to_string()))?;
        roots.add(certificate).map_err(|error| fault(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(fault("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}

/// An error with what caused it: the outermost says but "client error".
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

//! The PEM files of a server, read into settings that can't be wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iwf_model::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::der::not_after;
use crate::config::TlsConfig;

/// Which of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The chain that we show.
    Certificate,
    /// Its private key.
    Key,
    /// Who signs the certificates of clients.
    ClientCa,
}

impl Part {
    /// The configuration key that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::ClientCa => "client_ca",
        }
    }
}

/// A file that can't be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub(crate) struct TlsFault {
    /// Which one.
    pub(crate) part: Part,
    /// Where it is.
    pub(crate) file: PathBuf,
    /// What is wrong with it.
    pub(crate) what: String,
}

/// What was read.
pub(super) struct Loaded {
    pub(super) settings: Arc<ServerConfig>,
    /// When our certificate ends.
    pub(super) ends: Option<Timestamp>,
}

/// Says what is wrong with the files at that time, if anything is.
pub(crate) fn check(config: &TlsConfig, now: Timestamp) -> Result<(), TlsFault> {
    match load(config)?.ends {
        Some(ends) if ends <= now => {
            Err(fault(Part::Certificate, &config.certificate, format!("the certificate ended at {ends}")))
        }
        _ => Ok(()),
    }
}

/// Reads the files: TLS 1.2 and 1.3, sessions may be resumed, no name is asked for (SNI).
pub(super) fn load(config: &TlsConfig) -> Result<Loaded, TlsFault> {
    let provider = Arc::new(default_provider());
    let shown = certified_key(config, &provider)?;
    let ends = shown.cert.first().and_then(|certificate| not_after(certificate));
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(Part::Certificate, &config.certificate, error.to_string()))?;
    let builder = match &config.client_ca {
        Some(file) => builder.with_client_cert_verifier(verifier(file, config.client_required, provider)?),
        None => builder.with_no_client_auth(),
    };
    let settings = Arc::new(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown))));
    Ok(Loaded { settings, ends })
}

fn certified_key(config: &TlsConfig, provider: &CryptoProvider) -> Result<CertifiedKey, TlsFault> {
    let chain = certificates(Part::Certificate, &config.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&config.key)
        .map_err(|error| fault(Part::Key, &config.key, in_words(&error, "private key")))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => fault(
            Part::Key,
            &config.key,
            format!("is not the key of the certificate in {}", config.certificate.display()),
        ),
        Error::InvalidCertificate(reason) => fault(
            Part::Certificate,
            &config.certificate,
            format!("its certificate can't be read: {reason:?}"),
        ),
        other => fault(Part::Key, &config.key, format!("the key can't be used: {other}")),
    })
}

fn verifier(
    file: &Path,
    required: bool,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsFault> {
    let wrong = |what: String| fault(Part::ClientCa, file, what);
    let mut roots = RootCertStore::empty();
    for authority in certificates(Part::ClientCa, file)? {
        roots.add(authority).map_err(|error| wrong(format!("holds no certificate authority: {error}")))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| wrong(error.to_string()))
}

/// At least one certificate.
fn certificates(part: Part, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let failed = |error: &pem::Error| fault(part, file, in_words(error, "certificate"));
    let read = CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))?;
    let chain: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
    if chain.is_empty() { Err(failed(&pem::Error::NoItemsFound)) } else { Ok(chain) }
}

fn fault(part: Part, file: &Path, what: String) -> TlsFault {
    TlsFault { part, file: file.to_owned(), what }
}

fn in_words(error: &pem::Error, wanted: &str) -> String {
    match error {
        pem::Error::Io(error) => format!("can't be read: {error}"),
        pem::Error::NoItemsFound => format!("holds no {wanted} in PEM form (-----BEGIN ...-----)"),
        other => format!("is no PEM file: {other}"),
    }
}

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
use rustls::{ClientConfig, Error, InconsistentKeys, RootCertStore, ServerConfig};

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
    /// Who signs the certificates of servers.
    ServerCa,
}

impl Part {
    /// The configuration key that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::ClientCa => "client_ca",
            Self::ServerCa => "server_ca",
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
    pub(super) settings: Settings,
    /// When our certificate ends.
    pub(super) ends: Option<Timestamp>,
}

/// What new connections get.
pub(super) struct Settings {
    /// Clients are asked for a certificate, if we know somebody who signs them.
    pub(super) asking: Arc<ServerConfig>,
    /// Clients are not asked.
    pub(super) unasking: Arc<ServerConfig>,
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
    let shown = Arc::new(SingleCertAndKey::from(shown));
    let builder = || {
        ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| fault(Part::Certificate, &config.certificate, error.to_string()))
    };
    let unasking =
        Arc::new(builder()?.with_no_client_auth().with_cert_resolver(Arc::clone(&shown) as Arc<_>));
    let asking = match &config.client_ca {
        Some(file) => {
            let verifier = verifier(file, config.client_required, Arc::clone(&provider))?;
            Arc::new(builder()?.with_client_cert_verifier(verifier).with_cert_resolver(shown))
        }
        None => Arc::clone(&unasking),
    };
    Ok(Loaded { settings: Settings { asking, unasking }, ends })
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
    let roots = authorities(Part::ClientCa, file)?;
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| fault(Part::ClientCa, file, error.to_string()))
}

/// What connections of ours ask of a server: a certificate for its name, signed by one of the authorities in the file,
/// or by a public one.
pub(crate) fn client(authorities_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsFault> {
    let roots = match authorities_file {
        Some(file) => authorities(Part::ServerCa, file)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            fault(Part::ServerCa, authorities_file.unwrap_or(Path::new("")), error.to_string())
        })?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn authorities(part: Part, file: &Path) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(part, file)? {
        roots
            .add(authority)
            .map_err(|error| fault(part, file, format!("holds no certificate authority: {error}")))?;
    }
    Ok(roots)
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

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
use crate::config::{TlsClientConfig, TlsConfig};

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
    /// The chain that we show to servers.
    ClientCertificate,
    /// Its private key.
    ClientKey,
}

impl Part {
    /// The configuration key that names it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::ClientCa => "client_ca",
            Self::ServerCa => "server_ca",
            Self::ClientCertificate => "client_certificate",
            Self::ClientKey => "client_key",
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
pub(crate) struct Loaded<S> {
    pub(super) settings: S,
    /// When our certificate ends.
    pub(super) ends: Option<Timestamp>,
}

/// What new connections get.
pub(crate) struct Settings {
    /// Clients are asked for a certificate, if we know somebody who signs them.
    pub(super) asking: Arc<ServerConfig>,
    /// Clients are not asked.
    pub(super) unasking: Arc<ServerConfig>,
}

/// When our certificate ends, if that can be read.
pub(crate) fn ends(config: &TlsConfig) -> Result<Option<Timestamp>, TlsFault> {
    load(config).map(|loaded| loaded.ends)
}

/// The same of what we show to servers; `None` also: nothing is shown.
pub(crate) fn client_ends(config: &TlsClientConfig) -> Result<Option<Timestamp>, TlsFault> {
    load_client(config).map(|loaded| loaded.ends)
}

/// Says what is wrong with the files at that time, if anything is.
pub(crate) fn check(config: &TlsConfig, now: Timestamp) -> Result<(), TlsFault> {
    match ends(config)? {
        Some(ends) if ends <= now => {
            Err(fault(Part::Certificate, &config.certificate, format!("the certificate ended at {ends}")))
        }
        _ => Ok(()),
    }
}

/// Reads the files: TLS 1.2 and 1.3, sessions may be resumed, no name is asked for (SNI).
pub(super) fn load(config: &TlsConfig) -> Result<Loaded<Settings>, TlsFault> {
    let provider = Arc::new(default_provider());
    let files = [(Part::Certificate, &*config.certificate), (Part::Key, &*config.key)];
    let shown = certified_key(files, &provider)?;
    let ends = end_of(&shown);
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

fn end_of(shown: &CertifiedKey) -> Option<Timestamp> {
    shown.cert.first().and_then(|certificate| not_after(certificate))
}

/// The chain in the first file, and its key in the second.
fn certified_key(
    [(chain_part, chain_file), (key_part, key_file)]: [(Part, &Path); 2],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsFault> {
    let chain = certificates(chain_part, chain_file)?;
    let key = PrivateKeyDer::from_pem_file(key_file)
        .map_err(|error| fault(key_part, key_file, in_words(&error, "private key")))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => fault(
            key_part,
            key_file,
            format!("is not the key of the certificate in {}", chain_file.display()),
        ),
        Error::InvalidCertificate(reason) => {
            fault(chain_part, chain_file, format!("its certificate can't be read: {reason:?}"))
        }
        other => fault(key_part, key_file, format!("the key can't be used: {other}")),
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
/// or by a public one; and what we show if the server asks who we are.
pub(super) fn load_client(config: &TlsClientConfig) -> Result<Loaded<ClientConfig>, TlsFault> {
    let roots = match &config.server_ca {
        Some(file) => authorities(Part::ServerCa, file)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            fault(Part::ServerCa, config.server_ca.as_deref().unwrap_or(Path::new("")), error.to_string())
        })?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &config.shown else {
        return Ok(Loaded { settings: builder.with_no_client_auth(), ends: None });
    };
    let shown = certified_key([(Part::ClientCertificate, certificate), (Part::ClientKey, key)], &provider)?;
    let ends = end_of(&shown);
    Ok(Loaded { settings: builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown))), ends })
}

/// The settings of a client that are read once.
pub(crate) fn client(config: &TlsClientConfig) -> Result<ClientConfig, TlsFault> {
    load_client(config).map(|loaded| loaded.settings)
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

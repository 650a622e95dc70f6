//! TLS between the carrier and the product: a certificate made for the run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

use crate::failure::Failure;

/// A certificate that signs itself, as two files for the product, and who trusts it.
pub(crate) struct Secret {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client: Arc<ClientConfig>,
}

impl Secret {
    /// The name that the certificate is for.
    pub(crate) const NAME: &str = "localhost";

    /// Makes one, and writes it to `dir`.
    pub(crate) fn new(dir: &Path) -> Result<Self, Failure> {
        let pair = KeyPair::generate()?;
        let made = CertificateParams::new(vec![Self::NAME.to_owned()])?.self_signed(&pair)?;
        let (certificate, key) = (dir.join("certificate.pem"), dir.join("key.pem"));
        fs::write(&certificate, made.pem())?;
        fs::write(&key, pair.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(made.der().clone())?;
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { certificate, key, client: Arc::new(client) })
    }
}

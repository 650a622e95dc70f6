//! Who the certificate of a peer says it is. Whether somebody we trust says so was checked by the handshake.

use std::fmt;

use iwf_model::profile::CertificateRule;
use rustls::pki_types::{CertificateDer, ServerName};
use sha2::{Digest, Sha256};

use super::der::common_name;

/// The identity in a certificate that the handshake has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerCertificate {
    certificate: CertificateDer<'static>,
    /// The DNS names of subjectAltName; where it has none, the common name of the subject (RFC 6125 6.4.4).
    names: Vec<String>,
    /// SHA-256 of the whole certificate.
    fingerprint: [u8; 32],
}

impl PeerCertificate {
    /// Reads a certificate; `None` when it can't be read.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
        let mut names: Vec<String> = parsed.valid_dns_names().map(str::to_owned).collect();
        if names.is_empty() {
            names.extend(common_name(parsed.subject()));
        }
        let fingerprint = Sha256::digest(certificate).into();
        Some(Self { certificate: certificate.clone().into_owned(), names, fingerprint })
    }

    /// Whether it is the certificate that the rule means. A name with a wildcard is valid for what it covers.
    pub(crate) fn fits(&self, rule: &CertificateRule) -> bool {
        match rule {
            CertificateRule::Sha256(digest) => self.fingerprint == *digest,
            CertificateRule::Name(name) => {
                self.is_valid_for(name) || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
            }
        }
    }

    fn is_valid_for(&self, name: &str) -> bool {
        let (Ok(parsed), Ok(name)) =
            (webpki::EndEntityCert::try_from(&self.certificate), ServerName::try_from(name))
        else {
            return false;
        };
        parsed.verify_is_valid_for_subject_name(&name).is_ok()
    }
}

impl fmt::Display for PeerCertificate {
    /// `tata.example, sha256:0123...`: as an operator names a certificate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.names {
            write!(f, "{name}, ")?;
        }
        f.write_str("sha256:")?;
        self.fingerprint.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

//! Who the certificate of a peer says it is. Whether somebody we trust says so was checked by the handshake.

use std::fmt;

use iwf_model::profile::CertificateRule;
use rustls::pki_types::{CertificateDer, ServerName};
use sha2::{Digest, Sha256};

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

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// The types of a DirectoryString that are read as UTF-8: UTF8String, PrintableString, IA5String.
const STRINGS: [u8; 3] = [0x0C, 0x13, 0x16];
/// id-at-commonName, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The last common name of a subject: a sequence of sets of pairs of type and value (RFC 5280 4.1.2.4).
fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((SET, mut set, rest)) = element(subject) {
        subject = rest;
        while let Some((SEQUENCE, pair, rest)) = element(set) {
            set = rest;
            let Some((OBJECT_IDENTIFIER, COMMON_NAME, value)) = element(pair) else { continue };
            let Some((tag, text, _)) = element(value) else { continue };
            let text = STRINGS.contains(&tag).then(|| std::str::from_utf8(text).ok()).flatten();
            found = text.map(str::to_owned).or(found);
        }
    }
    found
}

/// The first element of some DER: its tag, its value, and what follows it.
fn element(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, octets) = octets.split_first()?;
    let (first, octets) = octets.split_first()?;
    let (length, octets) = match first {
        0..=0x7F => (usize::from(*first), octets),
        0x81 => octets.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => octets
            .split_first_chunk()
            .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    let (value, rest) = octets.split_at_checked(length)?;
    Some((*tag, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_found_among_other_attributes() {
        // C=NL, CN=tata.example
        let mut subject = vec![0x31, 0x0B, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, b'N', b'L'];
        subject.extend([0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0C]);
        subject.extend(b"tata.example");
        assert_eq!(common_name(&subject).as_deref(), Some("tata.example"));
    }

    #[test]
    fn a_subject_that_is_cut_anywhere_has_no_name_and_does_no_harm() {
        let mut subject = vec![0x31, 0x81, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0C];
        subject.extend(b"tata.example");
        assert!(common_name(&subject).is_some());
        for end in 0..subject.len() {
            assert_eq!(common_name(&subject[..end]), None, "{end}");
        }
        assert_eq!(common_name(&[0x31, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
    }
}

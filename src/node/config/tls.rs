//! The rules of TLS, and a look at the files.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::check::Check;
use super::checked::{Config, TlsConfig};
use super::document::Document;
use super::fault::Fault;
use super::raw::RawSmppTls;
use crate::{clock, tls};

/// Whether a client must show a certificate.
const CLIENT_CERTIFICATES: [(&str, bool); 2] = [("optional", false), ("required", true)];

impl Check<'_> {
    /// SMPP over TLS. Without an address the rest is of no use, and not looked at.
    pub(super) fn smpp_tls(
        &mut self,
        raw: &RawSmppTls,
        plain: &[String],
    ) -> Option<(Vec<SocketAddr>, TlsConfig)> {
        let listen = self.addresses("smpp.tls.listen", &raw.listen);
        let client_required =
            self.choice("smpp.tls.client_certificate", &raw.client_certificate, &CLIENT_CERTIFICATES);
        if listen.is_empty() {
            return None;
        }
        let in_the_clear = |address: &SocketAddr| {
            address.port() != 0 && plain.iter().any(|other| other.parse() == Ok(*address))
        };
        if let Some(index) = listen.iter().position(in_the_clear) {
            self.fault(
                &format!("smpp.tls.listen[{index}]"),
                format!("{} stands in smpp.listen too; TLS needs an address of its own", listen[index]),
            );
        }
        let missing = [("smpp.tls.certificate", &raw.certificate), ("smpp.tls.key", &raw.key)];
        let missing = missing.into_iter().filter(|(_, file)| file.is_empty());
        for (key, _) in missing {
            self.fault(key, "is needed: smpp.tls.listen names an address; give the path of a PEM file");
        }
        if client_required && raw.client_ca.is_empty() {
            self.fault(
                "smpp.tls.client_certificate",
                "\"required\" needs smpp.tls.client_ca: the PEM file of those who sign the carriers' certificates",
            );
        }
        let config = TlsConfig {
            certificate: PathBuf::from(&raw.certificate),
            key: PathBuf::from(&raw.key),
            client_ca: (!raw.client_ca.is_empty()).then(|| PathBuf::from(&raw.client_ca)),
            client_required,
        };
        Some((listen, config))
    }
}

/// Reads the files that the configuration names. Only who is to use them may have the right to, so this is no
/// part of reading the configuration.
pub(super) fn check_files(document: &Document, config: &Config) -> Option<Fault> {
    let (_, tls) = config.smpp.tls.as_ref()?;
    let fault = tls::check(tls, clock::utc()).err()?;
    Some(document.fault(&format!("smpp.tls.{}", fault.part.key()), fault.to_string()))
}

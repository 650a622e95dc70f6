//! The rules of TLS and of WebSocket, and a look at the files.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::check::Check;
use super::checked::{Config, TlsClientConfig, TlsConfig, WebSocketConfig};
use super::document::Document;
use super::fault::Fault;
use super::raw::{RawSip, RawTls};
use crate::{clock, tls};

/// Whether a client must show a certificate.
const CLIENT_CERTIFICATES: [(&str, bool); 2] = [("optional", false), ("required", true)];

impl Check<'_> {
    /// A protocol over TLS. Without an address the rest is of no use, and not looked at.
    pub(super) fn tls(
        &mut self,
        protocol: &str,
        raw: &RawTls,
        plain: &[String],
    ) -> Option<(Vec<SocketAddr>, TlsConfig)> {
        let key = |key: &str| format!("{protocol}.tls.{key}");
        let listen = self.addresses(&key("listen"), &raw.listen);
        let client_required =
            self.choice(&key("client_certificate"), &raw.client_certificate, &CLIENT_CERTIFICATES);
        if listen.is_empty() {
            return None;
        }
        self.apart(&key("listen"), &listen, plain);
        let mut config = self.certificate(protocol, raw, &key("listen"));
        if client_required && raw.client_ca.is_empty() {
            self.fault(
                &key("client_certificate"),
                format!("\"required\" needs {protocol}.tls.client_ca: the PEM file of those who sign the clients' certificates"),
            );
        }
        config.client_ca = (!raw.client_ca.is_empty()).then(|| PathBuf::from(&raw.client_ca));
        config.client_required = client_required;
        Some((listen, config))
    }

    /// WebSocket. Over TLS it shows what SIP over TLS shows.
    pub(super) fn websocket(&mut self, raw: &RawSip) -> WebSocketConfig {
        let plain = self.addresses("sip.websocket.listen", &raw.websocket.listen);
        self.apart("sip.websocket.listen", &plain, &[&raw.tcp[..], &raw.tls.listen].concat());
        let key = "sip.websocket.tls_listen";
        let listen = self.addresses(key, &raw.websocket.tls_listen);
        let others = [&raw.tcp[..], &raw.tls.listen, &raw.websocket.listen].concat();
        self.apart(key, &listen, &others);
        let origins = &raw.websocket.origins;
        for (index, origin) in origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
            self.fault(
                &format!("sip.websocket.origins[{index}]"),
                format!("\"{origin}\" is not what a browser calls a page, such as https://phone.example.com"),
            );
        }
        let config = (!listen.is_empty()).then(|| self.certificate("sip", &raw.tls, key));
        WebSocketConfig {
            plain,
            tls: config.map(|config| (listen, config)),
            origins: origins.iter().map(|origin| origin.to_ascii_lowercase()).collect(),
        }
    }

    /// What is asked of those that we connect to, and what they are shown.
    /// Of `section` these are `server_ca`, `client_certificate` and `client_key`.
    pub(super) fn client_tls(&mut self, section: &str, files: [&String; 3]) -> TlsClientConfig {
        let [server_ca, certificate, key] = files.map(|path| (!path.is_empty()).then(|| PathBuf::from(path)));
        if certificate.is_some() != key.is_some() {
            let missing = if key.is_none() { "client_key" } else { "client_certificate" };
            self.fault(
                &format!("{section}.{missing}"),
                format!(
                    "is needed: of {section}.client_certificate and {section}.client_key each needs the other"
                ),
            );
        }
        TlsClientConfig { server_ca, shown: certificate.zip(key) }
    }

    /// The files of the certificate, which are needed because `wanted` names an address.
    fn certificate(&mut self, protocol: &str, raw: &RawTls, wanted: &str) -> TlsConfig {
        for (name, file) in [("certificate", &raw.certificate), ("key", &raw.key)] {
            if file.is_empty() {
                self.fault(
                    &format!("{protocol}.tls.{name}"),
                    format!("is needed: {wanted} names an address; give the path of a PEM file"),
                );
            }
        }
        let (certificate, key) = (PathBuf::from(&raw.certificate), PathBuf::from(&raw.key));
        TlsConfig { certificate, key, client_ca: None, client_required: false }
    }

    /// An address is for one transport.
    fn apart(&mut self, key: &str, listen: &[SocketAddr], others: &[String]) {
        let taken = |address: &SocketAddr| {
            address.port() != 0 && others.iter().any(|other| other.parse() == Ok(*address))
        };
        if let Some(index) = listen.iter().position(taken) {
            let what =
                format!("{} is listened on for another transport too; each needs its own", listen[index]);
            self.fault(&format!("{key}[{index}]"), what);
        }
    }
}

/// Scheme, host and port, if it is not the usual one (RFC 6454 6.2).
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && b != b'/'))
}

/// Reads the files that the configuration names. Only who is to use them may have the right to, so this is no
/// part of reading the configuration.
pub(super) fn check_files(document: &Document, config: &Config) -> Option<Fault> {
    let sections = [
        ("smpp.tls", &config.smpp.tls),
        ("sip.tls", &config.sip.tls),
        ("sip.tls", &config.sip.websocket.tls),
        ("admin.tls", &config.admin.tls),
    ];
    let shown = sections.into_iter().find_map(|(section, tls)| {
        let fault = tls::check(&tls.as_ref()?.1, clock::utc()).err()?;
        Some(document.fault(&format!("{section}.{}", fault.part.key()), fault.to_string()))
    });
    let trusted = [("sip", &config.sip.client_tls), ("smpp", &config.smpp.client_tls)];
    shown.or_else(|| {
        trusted.into_iter().find_map(|(section, client)| {
            let fault = tls::client(client).err()?;
            Some(document.fault(&format!("{section}.{}", fault.part.key()), fault.to_string()))
        })
    })
}

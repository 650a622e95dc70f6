//! The values of a connection as texts.

use std::net::Ipv6Addr;

use super::{CallKind, Endpoint, LinkState, Trust, ValidityForm, VendorError};
use crate::outcome::{Cause, Class};
use crate::profile::CertificateRule;
use crate::settings::{Value, words, wrong};

words! {
    LinkState { "started" = Started, "isolated" = Isolated, "stopped" = Stopped }
    CallKind { "transceiver" = Transceiver, "transmitter" = Transmitter, "receiver" = Receiver, "pair" = Pair }
    ValidityForm { "relative" = Relative, "absolute" = Absolute, "none" = None }
}

impl LinkState {
    /// The word used on screens and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Isolated => "isolated",
            Self::Stopped => "stopped",
        }
    }
}

impl Value for Endpoint {
    fn read(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').ok_or("a host and a port")?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or("a port is 1 to 65535")?;
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = |host: &str| {
            !host.is_empty()
                && host.len() < 254
                && host.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c))
        };
        match address {
            Some(address) if address.parse::<Ipv6Addr>().is_ok() => Ok(Self { host: address.into(), port }),
            None if is_host(host) => Ok(Self { host: host.into(), port }),
            _ => wrong("not a host; an IPv6 address stands in brackets"),
        }
    }

    fn show(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// As in settings: `HOST:PORT`.
impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for Trust {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Plain),
            "on" => Ok(Self::Authorities),
            _ => match CertificateRule::read(text) {
                Ok(CertificateRule::Sha256(digest)) => Ok(Self::Pinned(digest)),
                _ => wrong("neither a word nor a digest"),
            },
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Plain => "off".to_owned(),
            Self::Authorities => "on".to_owned(),
            Self::Pinned(digest) => CertificateRule::Sha256(*digest).show(),
        }
    }
}

impl Value for VendorError {
    fn read(text: &str) -> Result<Self, String> {
        let (status, cause) = text.split_once('=').ok_or("a status, \"=\" and what it means")?;
        let status = u32::from_str_radix(status.trim().trim_start_matches("0x"), 16).ok();
        let status = status.filter(|status| (0x400..=0x4FF).contains(status));
        let status = status.ok_or("vendors have the statuses 0x400 to 0x4FF")?;
        let cause = Cause::parse(cause.trim()).filter(|cause| means_failure(*cause));
        Ok(Self { status, cause: cause.ok_or("not the word of a cause")? })
    }

    fn show(&self) -> String {
        format!("{:#05x}={}", self.status, self.cause.as_str())
    }
}

/// What an answer to a submit may mean.
fn means_failure(cause: Cause) -> bool {
    let ours = matches!(cause, Cause::Expired | Cause::Replaced | Cause::PartsMissing | Cause::Unconfirmed);
    !ours && !matches!(cause.class(), Class::Done | Class::Pending)
}

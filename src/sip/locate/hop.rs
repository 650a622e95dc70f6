//! What of a URI decides where a request goes.

use std::net::IpAddr;

use iwf_model::Transport;

use crate::error::Malformed;
use crate::message::{Scheme, Uri};

/// Where a request goes next, as a URI says it: the topmost Route, else the Request-URI (RFC 3261 8.1.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NextHop {
    /// The domain of the URI, in lower case, an address without brackets: what the certificate of whoever answers has to name, wherever the
    /// DNS or `maddr` leads (RFC 5922 4).
    pub(super) domain: Box<str>,
    /// What is looked up.
    pub(super) place: Place,
    pub(super) port: Option<u16>,
    /// What the URI wants, of `sips` the form over TLS.
    pub(super) transport: Option<Transport>,
    /// `sips`: TLS or nothing (RFC 3261 26.2.2).
    pub(super) is_secure: bool,
}

/// The target of RFC 3263 4: `maddr` if there is one, else the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Address(IpAddr),
    Name(Box<str>),
}

impl NextHop {
    /// Reads it from a URI. One that is neither `sip` nor `sips`, has port 0, a host that can't be a name, or a
    /// transport that contradicts it or is not known, is an error.
    pub fn of(uri: &Uri<'_>) -> Result<Self, Malformed> {
        let is_secure = match uri.scheme() {
            Scheme::Sips => true,
            Scheme::Sip => false,
            Scheme::Tel | Scheme::Other => return Err(Malformed),
        };
        if uri.port() == Some(0) {
            return Err(Malformed);
        }
        let asked = uri.params().value("transport").map(|word| Transport::parse(word).ok_or(Malformed));
        let transport = match (is_secure, asked.transpose()?) {
            (false, asked) => asked,
            (true, None) => None,
            (true, Some(Transport::Tcp | Transport::Tls)) => Some(Transport::Tls),
            (true, Some(Transport::Ws | Transport::Wss)) => Some(Transport::Wss),
            (true, Some(Transport::Udp)) => return Err(Malformed),
        };
        let place = Place::parse(uri.params().value("maddr").unwrap_or(uri.host())).ok_or(Malformed)?;
        let domain = without_brackets(uri.host()).trim_end_matches('.').to_ascii_lowercase().into();
        Ok(Self { domain, place, port: uri.port(), transport, is_secure })
    }

    /// What it is when nothing says otherwise (RFC 3263 4.1).
    pub(super) fn default_transport(&self, can_udp: bool) -> Transport {
        match (self.is_secure, can_udp) {
            (true, _) => Transport::Tls,
            (false, true) => Transport::Udp,
            (false, false) => Transport::Tcp,
        }
    }
}

impl Place {
    fn parse(host: &str) -> Option<Self> {
        if let Ok(address) = without_brackets(host).parse::<IpAddr>() {
            return Some(Self::Address(address));
        }
        name(host).map(Self::Name)
    }
}

/// An IPv6 address as it is written outside of URIs; anything else as it is.
fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// A name that can be asked for: absolute, in lower case (RFC 1035 2.3.4); `None` for one that can't be.
pub(super) fn name(text: &str) -> Option<Box<str>> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    (text.len() <= 253 && text.split('.').all(fits)).then(|| text.to_ascii_lowercase().into())
}

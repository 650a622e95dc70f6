//! Via: where a request came from, and where its response goes.

use super::params::Params;
use super::scan::{Class, is_blank, split_at, split_before, trim};
use super::uri::host_port;
use crate::error::Malformed;

/// One element of Via (RFC 3261 20.42).
#[derive(Debug, Clone, Copy, Default)]
pub struct Via<'a> {
    transport: &'a str,
    host: &'a str,
    port: Option<u16>,
    params: Params<'a>,
}

impl<'a> Via<'a> {
    /// What every branch made by RFC 3261 begins with (8.1.1.7).
    pub const COOKIE: &'static str = "z9hG4bK";

    /// Reads one element. Any transport is taken (RFC 4475 3.1.1.10), any version too: that of the start
    /// line counts.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let (sent_by, params) = split_before(text, b';');
        Ok(Self { params: Params::parse(params)?, ..Self::parse_sent_by(sent_by)? })
    }

    /// Reads the part before the parameters: enough to answer the request.
    pub(super) fn parse_sent_by(text: &'a str) -> Result<Self, Malformed> {
        let (protocol, rest) = split_at(text, b'/').ok_or(Malformed)?;
        let (version, rest) = split_at(rest, b'/').ok_or(Malformed)?;
        let rest = trim(rest);
        let end = rest.bytes().position(is_blank).ok_or(Malformed)?;
        let (transport, sent_by) = rest.split_at_checked(end).ok_or(Malformed)?;
        let is_sip = trim(protocol).eq_ignore_ascii_case("SIP");
        if !is_sip || !Class::TOKEN.fits(trim(version)) || !Class::TOKEN.fits(transport) {
            return Err(Malformed);
        }
        let (host, port) = host_port(trim(sent_by))?;
        Ok(Self { transport, host, port, params: Params::default() })
    }

    /// `UDP`, `TCP`, `TLS`, or what it says.
    pub fn transport(&self) -> &'a str {
        self.transport
    }

    /// The host of sent-by.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The port of sent-by, if one is named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The port of sent-by, or the default one of its transport (RFC 3261 18.2.2).
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.transport.eq_ignore_ascii_case("TLS") { 5061 } else { 5060 })
    }

    /// The branch, as received.
    pub fn branch(&self) -> Option<&'a str> {
        self.params.value("branch").filter(|branch| !branch.is_empty())
    }

    /// The branch, if it is unique by RFC 3261 8.1.1.7. A bare cookie is not (RFC 4475 3.2.1).
    pub fn unique_branch(&self) -> Option<&'a str> {
        let (cookie, unique) = self.branch()?.split_at_checked(Self::COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(Self::COOKIE) && !unique.is_empty()).then(|| self.branch())?
    }

    /// The address that a server saw the request come from.
    pub fn received(&self) -> Option<&'a str> {
        self.params.value("received")
    }

    /// Whether `rport` is there (RFC 3581 3), with or without a value.
    pub fn asks_rport(&self) -> bool {
        self.params.contains("rport")
    }

    /// The port that a server saw the request come from.
    pub fn rport(&self) -> Option<u16> {
        self.params.value("rport")?.parse().ok()
    }

    /// All parameters.
    pub fn params(&self) -> Params<'a> {
        self.params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_via_with_every_allowed_blank_is_read() {
        let via =
            Via::parse("SIP  /   2.0    /UDP      192.0.2.2 : 5070 ; branch = z9hG4bK1;rport;alias").unwrap();
        assert_eq!((via.transport(), via.host(), via.port()), ("UDP", "192.0.2.2", Some(5070)));
        assert_eq!(via.unique_branch(), Some("z9hG4bK1"));
        assert!(via.asks_rport() && via.rport().is_none() && via.params().contains("alias"));
    }

    #[test]
    fn a_branch_without_anything_after_its_cookie_is_not_unique() {
        for branch in ["z9hG4bK", "1", "z9hG4b"] {
            let text = format!("SIP/2.0/UDP 192.0.2.1;branch={branch}");
            assert_eq!(Via::parse(&text).unwrap().unique_branch(), None, "{branch}");
        }
    }

    #[test]
    fn broken_vias_are_refused() {
        let broken =
            ["SIP/2.0/UDP 192.0.2.15;;", "SIP/2.0/UDP", "SIP/2.0", "HTTP/1.1/TCP a", ";", "SIP/2.0/UDP a:b"];
        for text in broken.into_iter().chain(["SIP/2.0/UDP 2001:db8::9", "SIP/2.0/UDP a b", ""]) {
            assert!(Via::parse(text).is_err(), "{text}");
        }
        assert!(Via::parse("SIP/2.0/UDP [2001:db8::9]:5060;received=2001:db8::9").is_ok());
    }
}

//! URIs: sip, sips and tel taken apart, any other scheme kept as it is.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::params::Params;
use super::scan::{Class, split_at, split_before, trim};
use crate::error::Malformed;

/// The scheme of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// `sip` (RFC 3261 19.1)
    Sip,
    /// `sips` (RFC 3261 19.1)
    Sips,
    /// `tel` (RFC 3966)
    Tel,
    /// Any other; only `Uri::as_str` says more.
    #[default]
    Other,
}

/// A URI, as offsets into the text it was read from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uri<'a> {
    text: &'a str,
    scheme: Scheme,
    user: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
    params: &'a str,
    headers: &'a str,
}

impl<'a> Uri<'a> {
    /// Reads a URI. Blanks, control characters, quotes and angle brackets are errors, as are a bad host
    /// or port; user parts are taken as they come.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let (scheme, rest) = split_at(text, b':').ok_or(Malformed)?;
        let starts_well = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
        if !starts_well || !Class::SCHEME.fits(scheme) || !Class::URI.fits(rest) {
            return Err(Malformed);
        }
        if scheme.eq_ignore_ascii_case("sip") {
            Self::parse_sip(text, Scheme::Sip, rest)
        } else if scheme.eq_ignore_ascii_case("sips") {
            Self::parse_sip(text, Scheme::Sips, rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = split_before(rest, b';');
            if number.is_empty() {
                return Err(Malformed);
            }
            Ok(Self { text, scheme: Scheme::Tel, user: Some(number), params, ..Self::default() })
        } else {
            Ok(Self { text, ..Self::default() })
        }
    }

    fn parse_sip(text: &'a str, scheme: Scheme, rest: &'a str) -> Result<Self, Malformed> {
        let (user, rest) = match split_at(rest, b'@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        if user == Some("") || rest.bytes().any(|octet| octet == b'@') {
            return Err(Malformed);
        }
        let (rest, headers) = split_before(rest, b'?');
        let (sent_by, params) = split_before(rest, b';');
        let (host, port) = host_port(sent_by)?;
        Ok(Self { text, scheme, user, host, port, params, headers })
    }

    /// The URI as it was received.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Its scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user part (for tel the number), with escapes resolved once and the password left off; it may
    /// hold any character, NUL too.
    pub fn user(&self) -> Option<Cow<'a, str>> {
        let user = self.user?;
        Some(unescape(user.split_once(':').map_or(user, |(name, _)| name)))
    }

    /// The host as received, an IPv6 address with its brackets; empty for tel and other schemes.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The port, if one is named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters.
    pub fn params(&self) -> Params<'a> {
        Params::unchecked(self.params)
    }

    /// Whether it carries header fields (`?Route=...`); they are never copied into a message.
    pub fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// The URI without its header fields.
    pub fn without_headers(&self) -> &'a str {
        self.text.strip_suffix(self.headers).unwrap_or(self.text)
    }

    /// Whether two URIs are equal by RFC 3261 19.1.4; tel by RFC 3966 4; others octet by octet.
    pub fn is_equivalent(&self, other: &Uri<'_>) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match self.scheme {
            Scheme::Other => self.text == other.text,
            Scheme::Tel => {
                let digits = |uri: &Uri<'_>| significant(uri.user.unwrap_or_default());
                digits(self) == digits(other)
                    && ["phone-context", "ext", "isub"].into_iter().all(|name| self.agrees(other, name, true))
            }
            Scheme::Sip | Scheme::Sips => {
                self.user.map(unescape) == other.user.map(unescape)
                    && same_host(self.host, other.host)
                    && self.port == other.port
                    && self.params_agree(other)
                    && same_headers(self.headers, other.headers)
            }
        }
    }

    /// The five that change where a request goes have to be in both or in neither; any other only has to
    /// agree where both have it.
    fn params_agree(&self, other: &Uri<'_>) -> bool {
        let strict = ["user", "ttl", "method", "maddr", "transport"];
        strict.into_iter().all(|name| self.agrees(other, name, true))
            && self.params().iter().all(|param| self.agrees(other, param.name, false))
    }

    fn agrees(&self, other: &Uri<'_>, name: &str, in_both: bool) -> bool {
        match (self.params().get(name), other.params().get(name)) {
            (Some(a), Some(b)) => {
                let value = |text: Option<&str>| unescape(text.unwrap_or_default()).to_ascii_lowercase();
                value(a.value) == value(b.value)
            }
            (None, None) => true,
            _ => !in_both,
        }
    }
}

/// Reads `host[:port]` (RFC 3261 25.1); blanks around the colon are allowed, as Via has them.
pub(super) fn host_port(text: &str) -> Result<(&str, Option<u16>), Malformed> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => text.split_at_checked(end + 2).ok_or(Malformed)?,
        None => split_before(text, b':'),
    };
    let host = trim(host);
    if !is_host(host) {
        return Err(Malformed);
    }
    let port = trim(port);
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = trim(port.strip_prefix(':').ok_or(Malformed)?);
    if !Class::DIGIT.fits(digits) {
        return Err(Malformed);
    }
    Ok((host, Some(digits.parse().map_err(|_| Malformed)?)))
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => ipv6(address).is_some(),
        None => Class::HOST.fits(host),
    }
}

/// The grammar of RFC 3261 allows three colons before an IPv4 address, and RFC 5118 4.10 wants them taken.
fn ipv6(address: &str) -> Option<Ipv6Addr> {
    let with_two = || {
        let (groups, embedded) = address.split_once(":::")?;
        embedded.parse::<Ipv4Addr>().ok()?;
        format!("{groups}::{embedded}").parse().ok()
    };
    address.parse().ok().or_else(with_two)
}

/// Compares hosts: names without regard to case, IPv6 addresses by value (RFC 5118 4.9).
pub(crate) fn same_host(a: &str, b: &str) -> bool {
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let address = |host: &str| ipv6(host.strip_prefix('[')?.strip_suffix(']')?);
    address(a).is_some_and(|a| Some(a) == address(b))
}

/// Resolves %-escapes, once. A `%` that begins none stays; octets that are no UTF-8 become U+FFFD.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        match (first, escaped_octet(after)) {
            (b'%', Some((octet, after))) => {
                octets.push(octet);
                rest = after;
            }
            _ => {
                octets.push(first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&octets).into_owned())
}

fn escaped_octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<2>()?;
    let value = |digit: u8| char::from(digit).to_digit(16);
    let [high, low] = digits.map(value);
    Some((u8::try_from(high? * 16 + low?).ok()?, rest))
}

/// The digits of a number, its visual separators left out (RFC 3966 5.1.1).
fn significant(number: &str) -> String {
    number.chars().filter(|c| !"-.()".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
}

fn same_headers(a: &str, b: &str) -> bool {
    let fields = |text: &str| {
        let mut fields: Vec<String> =
            text.trim_start_matches('?').split('&').map(|field| unescape(field).to_lowercase()).collect();
        fields.sort();
        fields
    };
    a == b || fields(a) == fields(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text).unwrap()
    }

    #[test]
    fn a_sip_uri_comes_apart() {
        let parsed = uri("sips:a%2Bb:pass@[2001:db8::1]:5061;transport=tcp;lr?Subject=x");
        assert_eq!(parsed.scheme(), Scheme::Sips);
        assert_eq!(parsed.user().unwrap(), "a+b");
        assert_eq!((parsed.host(), parsed.port()), ("[2001:db8::1]", Some(5061)));
        assert_eq!(parsed.params().value("transport"), Some("tcp"));
        assert!(parsed.has_headers());
        assert_eq!(parsed.without_headers(), "sips:a%2Bb:pass@[2001:db8::1]:5061;transport=tcp;lr");
    }

    #[test]
    fn other_schemes_are_kept_and_tel_has_a_number() {
        assert_eq!(uri("tel:+1-555-1234;phone-context=x").user().unwrap(), "+1-555-1234");
        assert_eq!(uri("urn:service:sos").scheme(), Scheme::Other);
        assert_eq!(uri("soap.beep://192.0.2.103:3002").as_str(), "soap.beep://192.0.2.103:3002");
    }

    #[test]
    fn user_parts_keep_their_odd_characters_and_escapes_go_once() {
        assert_eq!(uri("sip:user;par=u%40example.net@example.com").user().unwrap(), "user;par=u@example.net");
        assert_eq!(uri("sip:null-%00-null@example.com").user().unwrap(), "null-\0-null");
        assert_eq!(uri("sip:%2541@example.com").user().unwrap(), "%41");
        assert_eq!(uri("sip:100%@example.com").user().unwrap(), "100%");
    }

    #[test]
    fn broken_uris_are_refused() {
        let broken = [
            "",
            "sip:",
            "sip",
            "sip:@host",
            "sip:a@",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b:x",
            "sip:a@b:70000",
        ];
        for text in broken.into_iter().chain(["sip:a@2001:db8::1", "sip:a@[zz]", "<sip:a@b>", "1sip:a@b"]) {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }

    /// RFC 5118 4.10.
    #[test]
    fn three_colons_are_two_before_an_ipv4_address_and_nowhere_else() {
        assert!(uri("sip:[2001:db8:::192.0.2.1]").is_equivalent(&uri("sip:[2001:db8::192.0.2.1]")));
        for address in ["2001:db8:::1", ":::", "1:::192.0.2.256", "1::::192.0.2.1", "1::2:::192.0.2.1"] {
            assert!(Uri::parse(&format!("sip:[{address}]")).is_err(), "{address}");
        }
    }

    /// The examples of RFC 3261 19.1.4.
    #[test]
    fn equal_uris_are_equal() {
        let equal = [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"),
            ("tel:+1-555-1234", "tel:+1(555)1234"),
        ];
        for (a, b) in equal {
            assert!(uri(a).is_equivalent(&uri(b)) && uri(b).is_equivalent(&uri(a)), "{a} {b}");
        }
    }

    /// The examples of RFC 3261 19.1.4.
    #[test]
    fn different_uris_are_different() {
        let different = [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
            ("tel:+15551234", "tel:15551234"),
        ];
        for (a, b) in different {
            assert!(!uri(a).is_equivalent(&uri(b)) && !uri(b).is_equivalent(&uri(a)), "{a} {b}");
        }
    }
}

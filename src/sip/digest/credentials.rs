//! The value of Authorization and Proxy-Authorization, taken apart (RFC 3261 20.7, RFC 7616 3.4).

use super::hash::{Algorithm, Qop};

/// What a client sent as its proof; every value unquoted, escapes left as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credentials<'a> {
    pub(super) username: &'a str,
    pub(super) realm: &'a str,
    pub(super) nonce: &'a str,
    pub(super) uri: &'a str,
    pub(super) response: &'a str,
    algorithm: Option<&'a str>,
    cnonce: Option<&'a str>,
    qop: Option<&'a str>,
    nc: Option<&'a str>,
    userhash: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Reads a header value; `None` unless it is `Digest` with every mandatory parameter, none of them twice.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let value = value.trim_ascii();
        let (scheme, mut rest) = value.split_at_checked("Digest".len())?;
        if !scheme.eq_ignore_ascii_case("Digest") || !rest.starts_with([' ', '\t', '\r', '\n']) {
            return None;
        }
        let names =
            ["username", "realm", "nonce", "uri", "response", "algorithm", "cnonce", "qop", "nc", "userhash"];
        let mut found = [None; 10];
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if rest.is_empty() {
                break;
            }
            let (name, value, after) = parameter(rest)?;
            rest = after;
            let known = names.iter().zip(&mut found).find(|(known, _)| known.eq_ignore_ascii_case(name));
            if let Some((_, slot)) = known
                && slot.replace(value).is_some()
            {
                return None;
            }
        }
        let [username, realm, nonce, uri, response, algorithm, cnonce, qop, nc, userhash] = found;
        Some(Self {
            username: username?,
            realm: realm?,
            nonce: nonce?,
            uri: uri?,
            response: response?,
            algorithm,
            cnonce,
            qop,
            nc,
            userhash,
        })
    }

    /// The algorithm; MD5 when none is named (RFC 7616 3.4). `None`: not one of ours.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm.map_or(Some(Algorithm::Md5), Algorithm::parse)
    }

    /// Whether the user name is a hash (RFC 7616 3.4.4).
    pub(super) fn has_hashed_username(&self) -> bool {
        self.userhash.is_some_and(|word| word.eq_ignore_ascii_case("true"))
    }

    /// The quality of protection; `None` when it is unknown or lacks what it needs.
    pub(super) fn qop(&self, body: &'a [u8]) -> Option<Qop<'a>> {
        let Some(qop) = self.qop else { return Some(Qop::Absent) };
        let (nc, cnonce) = (self.nc?, self.cnonce?);
        if qop.eq_ignore_ascii_case("auth") {
            Some(Qop::Auth { nc, cnonce })
        } else if qop.eq_ignore_ascii_case("auth-int") {
            Some(Qop::AuthInt { nc, cnonce, body })
        } else {
            None
        }
    }

    /// The nonce count, eight hexadecimal digits.
    pub(super) fn count(&self) -> Option<u32> {
        let nc = self.nc?;
        let digits = (1..=8).contains(&nc.len()) && nc.bytes().all(|b| b.is_ascii_hexdigit());
        if digits { u32::from_str_radix(nc, 16).ok() } else { None }
    }
}

/// The first `name=value` of the text, and what comes after it.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let (name, rest) = (name.trim_ascii(), rest.trim_ascii_start());
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        let (value, rest) = rest.split_at(end);
        return Some((name, value, rest));
    };
    let mut escaped = false;
    let end = quoted.bytes().position(|b| {
        let closing = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closing
    })?;
    Some((name, quoted.get(..end)?, quoted.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "Digest username=\"bob\", realm=\"biloxi.com\", nonce=\"dcd98b\", uri=\"sip:bob@biloxi.com\", \
         qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae4\", opaque=\"5ccc069c\", algorithm=MD5";

    /// RFC 3261 20.7 and 25.1.
    #[test]
    fn the_usual_form_is_read() {
        let credentials = Credentials::parse(USUAL).unwrap();
        assert_eq!((credentials.username, credentials.realm), ("bob", "biloxi.com"));
        assert_eq!((credentials.nonce, credentials.uri), ("dcd98b", "sip:bob@biloxi.com"));
        assert_eq!((credentials.response, credentials.count()), ("6629fae4", Some(1)));
        assert_eq!(credentials.algorithm(), Some(Algorithm::Md5));
        assert!(matches!(credentials.qop(b""), Some(Qop::Auth { nc: "00000001", cnonce: "0a4f113b" })));
    }

    #[test]
    fn blanks_order_case_and_quotes_may_vary() {
        let value = "  digest\tRESPONSE = \"1\" ,uri=\"sip:a,b\",\r\n nonce=\"n\",realm=\"a \\\" b\",username=\"u\",\
             qop=\"auth\",nc=0000000a,cnonce=\"c\",algorithm=\"sha-256\"";
        let credentials = Credentials::parse(value).unwrap();
        assert_eq!((credentials.realm, credentials.uri), ("a \\\" b", "sip:a,b"));
        assert_eq!(credentials.algorithm(), Some(Algorithm::Sha256));
        assert_eq!(credentials.count(), Some(10));
        assert!(credentials.qop(b"").is_some());
    }

    #[test]
    fn what_is_not_a_digest_is_refused() {
        for value in [
            "",
            "Digest",
            "Digest ",
            "Basic dXNlcjpwYXNz",
            "Digestusername=\"u\"",
            "Digest username=\"u",
            "Digest username",
            "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:a\"",
            &format!("{USUAL}, realm=\"other\""),
            "Digest \u{e9}\u{e9}\u{e9}",
        ] {
            assert_eq!(Credentials::parse(value), None, "{value}");
        }
    }

    #[test]
    fn a_quality_without_its_count_or_an_unknown_one_is_refused() {
        let read = |tail: &str| {
            let value =
                format!("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:a\",response=\"1\"{tail}");
            Credentials::parse(&value).unwrap().qop(b"").is_some()
        };
        assert!(read(""));
        assert!(!read(",qop=auth"));
        assert!(!read(",qop=auth,nc=00000001"));
        assert!(!read(",qop=other,nc=00000001,cnonce=\"c\""));
        assert!(read(",qop=auth-int,nc=00000001,cnonce=\"c\""));
    }

    #[test]
    fn a_count_has_up_to_eight_hexadecimal_digits() {
        let count = |nc: &str| {
            let value =
                format!("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:a\",response=\"1\",nc={nc}");
            Credentials::parse(&value).unwrap().count()
        };
        assert_eq!(count("ffffffff"), Some(u32::MAX));
        for nc in ["", "+1", "000000001", "xyz"] {
            assert_eq!(count(nc), None, "{nc}");
        }
    }
}

//! The answer to a digest challenge (RFC 2617 3.2, RFC 7616 3.4), computed here because rsip writes
//! `SHA256` for `SHA-256` and reads `nc` as a decimal byte.

use std::fmt::Write as _;

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// The hash of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "MD5" => Some(Self::Md5),
            "SHA-256" => Some(Self::Sha256),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hex(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// What a server asks for in WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    qop: bool,
}

/// Who answers, and for which request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
}

impl Challenge {
    /// Reads the value of the header; `None` for a scheme or algorithm that this phone can't do.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let rest = value.trim().strip_prefix("Digest ")?;
        let mut challenge = Self {
            realm: String::new(),
            nonce: String::new(),
            opaque: None,
            algorithm: Algorithm::Md5,
            qop: false,
        };
        for (name, value) in parameters(rest) {
            match name.to_ascii_lowercase().as_str() {
                "realm" => challenge.realm = value,
                "nonce" => challenge.nonce = value,
                "opaque" => challenge.opaque = Some(value),
                "algorithm" => challenge.algorithm = Algorithm::parse(&value)?,
                "qop" => challenge.qop = value.split(',').any(|word| word.trim() == "auth"),
                _ => {}
            }
        }
        (!challenge.nonce.is_empty()).then_some(challenge)
    }

    /// The value of the Authorization header, for the `count`-th use of the nonce.
    pub(super) fn answer(&self, who: Credentials<'_>, count: u32, cnonce: &str) -> String {
        let Credentials { username, password, method, uri } = who;
        let Self { realm, nonce, .. } = self;
        let ha1 = self.algorithm.hex(&format!("{username}:{realm}:{password}"));
        let ha2 = self.algorithm.hex(&format!("{method}:{uri}"));
        let nc = format!("{count:08x}");
        let response = if self.qop {
            self.algorithm.hex(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"))
        } else {
            self.algorithm.hex(&format!("{ha1}:{nonce}:{ha2}"))
        };
        let mut answer = format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={}",
            self.algorithm.as_str()
        );
        if self.qop {
            let _ = write!(answer, ", qop=auth, nc={nc}, cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(answer, ", opaque=\"{opaque}\"");
        }
        answer
    }
}

/// Splits `name=value, name="quoted, value"`.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut quoted = false;
    text.split(|c: char| {
        if c == '"' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    })
    .filter_map(|part| part.split_once('='))
    .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUFASA: Credentials<'_> =
        Credentials { username: "Mufasa", password: "Circle of Life", method: "GET", uri: "/dir/index.html" };

    fn response(answer: &str) -> String {
        let found = parameters(answer).into_iter().find(|(name, _)| name == "response");
        found.map(|(_, value)| value).unwrap_or_default()
    }

    #[test]
    fn the_md5_example_of_rfc_7616_3_9_1_comes_out() {
        let challenge = Challenge::parse(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        )
        .unwrap();
        let who = Credentials { password: "Circle of Life", ..MUFASA };
        let answer = challenge.answer(who, 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        assert_eq!(response(&answer), "8ca523f5e9506fed4657c9700eebdbec");
        assert!(answer.contains("nc=00000001"));
    }

    #[test]
    fn the_sha_256_example_of_rfc_7616_3_9_1_comes_out_under_its_proper_name() {
        let challenge = Challenge::parse(
            "Digest realm=\"http-auth@example.org\", qop=\"auth\", algorithm=SHA-256, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
        )
        .unwrap();
        let answer = challenge.answer(MUFASA, 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        assert_eq!(response(&answer), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
        assert!(answer.contains("algorithm=SHA-256"));
    }

    #[test]
    fn an_unknown_algorithm_is_not_answered() {
        assert!(Challenge::parse("Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256").is_none());
        assert!(Challenge::parse("Basic realm=\"a\"").is_none());
    }
}

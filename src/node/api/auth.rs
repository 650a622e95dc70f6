//! Who asks: tokens and their roles.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use iwf_model::Timestamp;
use iwf_store::access::Token;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::problem::{Kind, Problem};
use crate::credentials::{self, NoRandomness, hex};
use crate::ids::fill;

/// What a token allows. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Look at everything but secrets.
    Read,
    /// Also start, stop and isolate what is provisioned, and take messages back.
    Operate,
    /// Also change what is provisioned, and the tokens.
    Admin,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The name of the token.
    pub(crate) name: String,
    /// What it allows.
    pub(crate) role: Role,
}

impl Actor {
    /// Refuses what the role does not allow.
    pub(crate) fn must_be(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let (name, has) = (&self.name, self.role.as_str());
        let detail = format!("the token {name} has the role {has}; this needs {}", role.as_str());
        Err(Problem::new(Kind::Forbidden, detail))
    }
}

/// The token of the command line on the machine of a node: new at each start, and never stored but in a file of the data
/// directory.
pub(crate) struct LocalToken {
    text: String,
    digest: [u8; 32],
}

/// Whose name the changes of the local token go by. No other token has it.
pub(crate) const LOCAL: &str = "local";

impl LocalToken {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut secret = [0; 32];
        fill(&mut secret);
        let text = format!("iwf_{LOCAL}_{}", hex(&secret));
        let digest = Sha256::digest(&text).into();
        Self { text, digest }
    }

    /// As it is sent.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether this is it. The digests are compared, so the time it takes tells nothing.
    pub(crate) fn is(&self, token: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(token).into();
        digest.iter().zip(self.digest).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl fmt::Debug for LocalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalToken(...)")
    }
}

/// A token of the store, as it is sent: an id that is no secret, by which it is found, and a secret.
pub(crate) struct Sent<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
}

impl<'a> Sent<'a> {
    /// Reads one; `None`: nobody was ever given such a thing.
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        let (id, secret) = token.strip_prefix("iwf_")?.split_once('_')?;
        let hex = |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
        (hex(id, 2 * ID_OCTETS) && hex(secret, 2 * SECRET_OCTETS)).then_some(Self { id, secret })
    }
}

const ID_OCTETS: usize = 8;
const SECRET_OCTETS: usize = 32;

/// A new token: what is kept of it, and what it is sent as, which nobody can tell a second time.
pub(crate) fn issue(name: &str, role: Role, now: Timestamp) -> Result<(Token, String), NoRandomness> {
    let (mut id, mut secret) = ([0; ID_OCTETS], [0; SECRET_OCTETS]);
    fill(&mut id);
    fill(&mut secret);
    let (id, secret) = (hex(&id), hex(&secret));
    let hash = credentials::hash(&secret)?;
    let sent = format!("iwf_{id}_{secret}");
    let (name, role) = (name.to_owned(), role.as_str().to_owned());
    Ok((Token { name, id, role, hash, created_at: now }, sent))
}

/// Who that is, if what is kept under the id is of this secret. Without such a token it takes as long to say no.
pub(crate) fn recognised(kept: Option<&Token>, secret: &str) -> Option<Actor> {
    let is = credentials::verify(kept.map_or(NOBODY, |token| &token.hash), secret.as_bytes());
    let token = kept.filter(|_| is)?;
    Some(Actor { name: token.name.clone(), role: Role::parse(&token.role)? })
}

/// What could be kept of a token, and is of none.
const NOBODY: &str = "sha256$00000000000000000000000000000000$0000000000000000000000000000000000000000000000000000000000000000";

/// The token of a request (RFC 6750 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(Problem::unauthorized("send the header `Authorization: Bearer TOKEN`", false));
    };
    let words = value.to_str().ok().and_then(|text| text.split_once(' '));
    match words {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Problem::unauthorized("only `Authorization: Bearer TOKEN` is understood here", false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_by_its_secret_and_shows_nothing_of_it() {
        let (kept, sent) = issue("monitor", Role::Operate, Timestamp::from_micros(0)).unwrap();
        let read = Sent::read(&sent).unwrap();
        assert_eq!(read.id, kept.id);
        let actor = Actor { name: "monitor".to_owned(), role: Role::Operate };
        assert_eq!(recognised(Some(&kept), read.secret), Some(actor));
        assert!(!format!("{kept:?}").contains(read.secret));
        let (other, _) = issue("monitor", Role::Operate, Timestamp::from_micros(0)).unwrap();
        assert_eq!(recognised(Some(&other), read.secret), None);
        assert_eq!(recognised(None, read.secret), None);
    }

    #[test]
    fn what_nobody_was_given_is_no_token() {
        let (_, sent) = issue("a", Role::Read, Timestamp::from_micros(0)).unwrap();
        let short = sent.get(..sent.len() - 1).unwrap();
        for wrong in ["", "iwf", "iwf__", "iwf_1_2", short, LocalToken::new().reveal()] {
            assert!(Sent::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn each_role_may_do_what_those_before_it_may() {
        for (place, has) in Role::ALL.into_iter().enumerate() {
            for (needed, role) in Role::ALL.into_iter().enumerate() {
                let actor = Actor { name: "a".to_owned(), role: has };
                assert_eq!(actor.must_be(role).is_ok(), place >= needed, "{has:?} {role:?}");
            }
        }
    }
}

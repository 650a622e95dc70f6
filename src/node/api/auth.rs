//! Who asks: tokens and their roles.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::problem::{Kind, Problem};
use crate::credentials::hex;
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

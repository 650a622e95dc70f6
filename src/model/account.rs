//! An account: the user of an app.

use crate::address::Number;
use crate::binding::Transport;
use crate::id::AccountId;

/// Whether an account may receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AccountState {
    /// All is well.
    #[default]
    Active,
    /// The app can't register and nothing is delivered; messages to it are refused.
    Suspended,
}

impl AccountState {
    /// The word used in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|state| state.as_str() == word)
    }
}

/// Which digests a server asks for: only these are accepted in an answer (RFC 7616 3.3, RFC 8760 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Challenge {
    /// MD5 alone: the one that every phone answers.
    #[default]
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// SHA-512/256 alone.
    Sha512Trunc256,
    /// SHA-256 and MD5, each in its own header, the stronger first (RFC 8760 2.4). Locks some phones out.
    Both,
}

impl Challenge {
    /// Every one, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha256, Self::Sha512Trunc256, Self::Both];

    /// The word used in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha-256",
            Self::Sha512Trunc256 => "sha-512-256",
            Self::Both => "both",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|challenge| challenge.as_str() == word)
    }
}

/// An account as the admin provisioned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its key in the store.
    pub id: AccountId,
    /// What the app registers as (the user part of its address of record), unique.
    pub username: String,
    /// HA1 = MD5(username:realm:password) in lower-case hex (RFC 2617 3.2.2.2).
    pub ha1_md5: String,
    /// HA1 = SHA-256(username:realm:password) in lower-case hex (RFC 7616 3.4.2).
    pub ha1_sha256: String,
    /// HA1 = SHA-512/256(username:realm:password) in lower-case hex; `None`: the password was set by a version
    /// that did not keep it, and has to be set again before this digest can be asked for.
    pub ha1_sha512_256: Option<String>,
    /// The realm that both hashes are bound to.
    pub realm: String,
    /// Which digest its apps are asked for; `None`: the one of the installation.
    pub digest: Option<Challenge>,
    /// Its apps come over TLS or secure WebSocket or not at all.
    pub tls_only: bool,
    /// The numbers it owns; none is owned by another account.
    pub dids: Vec<Number>,
    /// Whether it may receive.
    pub state: AccountState,
}

impl Account {
    /// Whether its apps may come, and be reached, over this transport.
    pub fn may_use(&self, transport: Transport) -> bool {
        !self.tls_only || transport.is_secure()
    }

    /// Whether an app of it that is registered over this transport may receive.
    pub fn is_reached_over(&self, transport: Transport) -> bool {
        self.state == AccountState::Active && self.may_use(transport)
    }

    /// What its apps are asked for, where the installation asks for `otherwise`. A hash that is not kept can't be
    /// asked for: SHA-256 takes the place of SHA-512/256 until the password is set again.
    pub fn challenge(&self, otherwise: Challenge) -> Challenge {
        match self.digest.unwrap_or(otherwise) {
            Challenge::Sha512Trunc256 if self.ha1_sha512_256.is_none() => Challenge::Sha256,
            challenge => challenge,
        }
    }
}

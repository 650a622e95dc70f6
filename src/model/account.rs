//! An account: the user of an app.

use crate::address::Number;
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
    /// The realm that both hashes are bound to.
    pub realm: String,
    /// The numbers it owns; none is owned by another account.
    pub dids: Vec<Number>,
    /// Whether it may receive.
    pub state: AccountState,
}

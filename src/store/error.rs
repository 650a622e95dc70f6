//! What went wrong, and whether to try again.

use iwf_model::MessageId;

/// What went wrong, and whether to try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too much is queued: try later.
    #[error("the store's queue is full")]
    Busy,
    /// The disk or the database is not available: try later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A change contradicts what is there; nothing was changed.
    #[error("{0}")]
    Conflict(Conflict),
    /// What was read is not what was written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

/// What a change contradicts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A number has one owner.
    #[error("the number {did} belongs to account {owner}")]
    DidTaken {
        /// The number.
        did: String,
        /// The username of the account that owns it.
        owner: String,
    },
    /// A system_id has one owner.
    #[error("the system_id {system_id} belongs to carrier {owner}")]
    SystemIdTaken {
        /// The system_id.
        system_id: String,
        /// The name of the carrier that binds with it.
        owner: String,
    },
    /// The carrier to be removed does not exist.
    #[error("there is no carrier {0}")]
    NoCarrier(String),
    /// The account to be removed does not exist.
    #[error("there is no account {0}")]
    NoAccount(String),
    /// The changes were meant for another revision.
    #[error("the provisioning was changed meanwhile")]
    Moved,
    /// A message was accepted under an id that is in use: nothing of its batch was written.
    #[error("the id of a new message is in use")]
    MessageExists,
    /// Another node runs on this store.
    #[error("{0} is in use by another node")]
    InUse(String),
    /// The store was written by a later version of this program.
    #[error("the store has schema {found}, this program knows {known}: use a later version of it")]
    TooNew {
        /// The schema of the store.
        found: i64,
        /// The latest schema that this program knows.
        known: i64,
    },
}

impl StoreError {
    /// What is stored of this message can't be read.
    pub(crate) fn unreadable(what: &str, id: MessageId) -> Self {
        Self::Corrupt(format!("{what} {id} can't be read"))
    }
}

impl From<Conflict> for StoreError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

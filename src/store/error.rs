//! What went wrong, and whether to try again.

use iwf_model::MessageId;

use crate::history::Kind;

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
    /// The connection to be removed does not exist.
    #[error("there is no connection {0}")]
    NoConnection(String),
    /// The route to be removed does not exist.
    #[error("there is no route {0}")]
    NoRoute(String),
    /// A connection leads to a carrier.
    #[error("connection {connection} leads to carrier {carrier}, which does not exist")]
    CarrierMissing {
        /// The connection.
        connection: String,
        /// The carrier that it names.
        carrier: String,
    },
    /// A carrier that connections lead to stays.
    #[error("connection {connection} leads to carrier {carrier}; remove the connection first")]
    CarrierUsed {
        /// The carrier to be removed.
        carrier: String,
        /// A connection that leads to it.
        connection: String,
    },
    /// A route leads to connections.
    #[error("route {route} leads to connection {connection}, which does not exist")]
    ConnectionMissing {
        /// The route.
        route: String,
        /// The connection that it names.
        connection: String,
    },
    /// A connection that routes lead to stays.
    #[error("route {route} leads to connection {connection}; take it from there first")]
    ConnectionUsed {
        /// The connection to be removed.
        connection: String,
        /// A route that leads to it.
        route: String,
    },
    /// The history has nothing of the revision to be undone.
    #[error("the history has nothing of revision {0}")]
    NoRevision(u64),
    /// What is to be undone was changed again.
    #[error("{kind} {name} was changed again by revision {revision}; undo that first, or force it")]
    ChangedSince {
        /// What it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// The later revision.
        revision: u64,
    },
    /// A password would have to be brought back, and none is kept.
    #[error("the former password of {kind} {name} is not kept; set it anew")]
    PasswordNotKept {
        /// Whose it was.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// There is a token of this name.
    #[error("there is a token {0} already")]
    TokenExists(String),
    /// The token to be removed does not exist.
    #[error("there is no token {0}")]
    NoToken(String),
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

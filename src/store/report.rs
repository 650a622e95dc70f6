//! What is read: stories, provisioning, counts, and how the store itself is.

use std::time::Duration;

use iwf_model::{
    Account, Carrier, CarrierId, Connection, Message, MessageId, PendingReceipt, Recipient, Record, Route,
};

/// Everything an admin provisions, and the revision that grows with every change to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provisioning {
    /// Grows by one with every transaction that changed something; 0 when nothing was ever provisioned.
    pub revision: u64,
    /// By name.
    pub carriers: Vec<Carrier>,
    /// By username.
    pub accounts: Vec<Account>,
    /// By name.
    pub connections: Vec<Connection>,
    /// By name.
    pub routes: Vec<Route>,
}

/// What is known of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The message while it waits.
    pub message: Option<Message>,
    /// Its record when it ended.
    pub record: Option<Record>,
    /// Its receipt while it waits.
    pub receipt: Option<PendingReceipt>,
}

/// How the last run of this node ended, and what it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The last run closed the store. If not, every waiting message and receipt is in doubt from now on.
    pub clean: bool,
    /// The largest id stored, those of acknowledgements that wait included: ids go on above it.
    pub last_id: Option<MessageId>,
    /// How many messages wait for each recipient that any wait for.
    pub waiting: Vec<(Recipient, u64)>,
    /// How many receipts wait.
    pub receipts: u64,
}

impl Start {
    /// How many messages wait in all.
    pub fn waiting_in_all(&self) -> u64 {
        self.waiting.iter().map(|(_, count)| count).sum()
    }
}

/// A carrier's traffic of one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The carrier.
    pub carrier: CarrierId,
    /// Days since 1970-01-01 (`Timestamp::day`).
    pub day: i64,
    /// How many of its messages were accepted.
    pub accepted: u64,
}

/// How the store itself is: cheap enough to ask with every scrape of the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Writes that are not yet durable.
    pub queued: u64,
    /// Those of them whose commit failed and that are tried again until it succeeds.
    pub kept: u64,
    /// How long the oldest of the others has waited, the time in which it is written included.
    pub delay: Duration,
    /// Transactions since the store was opened.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
    /// Transactions that failed.
    pub failures: u64,
    /// How long the last transaction took, waiting for the disk included.
    pub last_commit: Duration,
    /// Why the last transaction failed; `None` once one succeeds.
    pub last_error: Option<String>,
}

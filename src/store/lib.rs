//! What we remember: messages that wait, receipts that wait, records, registrations, provisioning.
//!
//! [`Store`] is the whole contract; `contract` holds the tests that every implementation passes.
//! It knows no protocol and decides nothing: callers say what is true, and pass the time.

#![allow(missing_docs)] // removed with the first implementation

use std::future::Future;
use std::pin::Pin;

use iwf_model::{
    Account, AccountId, Binding, Carrier, CarrierId, Message, MessageId, PendingReceipt, Receipt, Record,
    Step, Timestamp,
};

/// One thing to be written. A batch of these is one transaction.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new message (D1) and the count of its carrier, in one.
    Accept(Box<Message>),
    /// An attempt ended without success: the message waits again (D1).
    Postpone(Postponed),
    /// The end (D5/D4 -> D6): removes the message, writes its record, queues the receipt if one is owed.
    /// A second `Finish` for the same message changes nothing.
    Finish(Box<Record>, Option<Box<PendingReceipt>>),
    /// A receipt was refused for a time, or its answer was lost.
    PostponeReceipt { message: MessageId, attempts: u16, in_doubt: bool, due_at: Timestamp, step: Step },
    /// A receipt was acknowledged or given up: it is removed, `steps` go to the record's story.
    CloseReceipt { message: MessageId, steps: Vec<Step> },
    /// A device registered or refreshed (key: account, contact).
    Bind(Box<Binding>),
    /// A registration ended.
    Unbind { account: AccountId, contact: String },
}

#[derive(Debug, Clone)]
pub struct Postponed {
    pub message: MessageId,
    pub progress: iwf_model::Progress,
    /// What happened since the last write, appended to the story.
    pub steps: Vec<Step>,
}

/// Resolves when the batch is durable, or could not be made so.
pub type Commit = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;
/// A read under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Everything an admin provisions, and the revision that grows with every change to it.
#[derive(Debug, Clone, Default)]
pub struct Provisioning {
    pub revision: u64,
    pub carriers: Vec<Carrier>,
    pub accounts: Vec<Account>,
}

/// A change to the provisioning. A list of them is one transaction: all or nothing.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds the carrier, or replaces the one of that name (its id stays; `carrier.id` is ignored).
    PutCarrier(Carrier),
    RemoveCarrier {
        name: String,
    },
    /// Adds the account, or replaces the one of that username (its id stays; `account.id` is ignored).
    PutAccount(Account),
    RemoveAccount {
        username: String,
    },
}

/// What is known of one message.
#[derive(Debug, Clone)]
pub struct Story {
    /// The message while it waits.
    pub message: Option<Message>,
    /// Its record when it ended.
    pub record: Option<Record>,
    /// Its receipt while it waits.
    pub receipt: Option<PendingReceipt>,
}

/// How the last run of this node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The last run closed the store. If not, every waiting message and receipt was marked in doubt.
    pub clean: bool,
    /// The largest message id ever stored: ids go on above it.
    pub last_id: Option<MessageId>,
    pub waiting: u64,
    pub receipts: u64,
}

/// A carrier's traffic of one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub carrier: CarrierId,
    pub day: i64,
    pub accepted: u64,
}

pub trait Store: Send + Sync + 'static {
    /// Begins a run: see [`Start`].
    fn start(&self, now: Timestamp) -> Answer<'_, Start>;
    /// Ends a run: writes what is queued, marks the run clean, closes.
    fn close(&self) -> Answer<'_, ()>;

    /// Queues a batch at once, in the order of the calls, and commits it together with what else is queued.
    /// The queue is bounded for batches that hold an `Accept`: when it is full they are refused with `Busy`
    /// and nothing of them is written. Dropping the `Commit` does not cancel the write.
    fn write(&self, batch: Vec<Write>) -> Commit;

    /// Waiting messages with an id above `after`, by id.
    fn waiting(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Message>>;
    /// Waiting messages of one account with an id above `after`, by id.
    fn waiting_for(
        &self,
        account: AccountId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Answer<'_, Vec<Message>>;
    /// Waiting messages that are due or have expired at `now`, by time.
    fn due(&self, now: Timestamp, limit: u32) -> Answer<'_, Vec<Message>>;
    /// Receipts that wait, with a message id above `after`, by message id.
    fn receipts(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<PendingReceipt>>;
    /// Registrations that have not lapsed at `now`.
    fn bindings(&self, now: Timestamp) -> Answer<'_, Vec<Binding>>;

    fn provisioning(&self) -> Answer<'_, Provisioning>;
    /// The revision alone: cheap enough to ask several times a second.
    fn revision(&self) -> Answer<'_, u64>;
    /// Applies the changes in one transaction; returns the new revision. No change, no new revision.
    fn provision(&self, changes: Vec<Change>) -> Answer<'_, u64>;

    fn story(&self, message: MessageId) -> Answer<'_, Option<Story>>;
    fn usage(&self, carrier: CarrierId, from_day: i64, to_day: i64) -> Answer<'_, Vec<Usage>>;
}

/// What went wrong, and whether to try again.
#[derive(Debug, Clone, thiserror::Error)]
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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("the number {did} belongs to account {owner}")]
    DidTaken { did: String, owner: String },
    #[error("the system_id {system_id} belongs to carrier {owner}")]
    SystemIdTaken { system_id: String, owner: String },
    #[error("there is no carrier {0}")]
    NoCarrier(String),
    #[error("there is no account {0}")]
    NoAccount(String),
}

#[expect(dead_code)]
fn seam(_: &Receipt) {}

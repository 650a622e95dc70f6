//! The contract of every store.

use std::future::Future;
use std::pin::Pin;

use iwf_model::{
    Awaited, Binding, CarrierId, EnvironmentId, Handed, Message, MessageId, PendingReceipt, Recipient,
    Record, Timestamp, Unmatched,
};

use crate::access::{Answered, Token};
use crate::error::StoreError;
use crate::history::{Entry, Filter};
use crate::report::{Health, Provisioning, Start, Story, Usage};
use crate::write::{Change, Write};

/// Resolves when the batch is durable, or could not be made so.
pub type Commit = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// A read under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What we remember. Every implementation passes the tests of `contract`.
pub trait Store: Send + Sync + 'static {
    /// Begins a run: see [`Start`]. Before it nothing is written but the provisioning.
    fn start(&self, now: Timestamp) -> Answer<'_, Start>;

    /// Ends a run: writes what is queued, marks the run clean, closes. Fails, and leaves the run unclean,
    /// when something can't be written. Nothing can be written afterwards.
    fn close(&self) -> Answer<'_, ()>;

    /// Queues a batch at once, in the order of the calls, and commits it together with what else is queued.
    ///
    /// The queue is bounded for batches that hold an `Accept`: when it is full they are refused with `Busy`
    /// and nothing of them is written. Other batches are always taken. Dropping the `Commit` does not cancel
    /// the write. An empty batch succeeds at once: it waits for nothing.
    ///
    /// On an error no `Accept` of the batch is or will be written. All other writes of it are kept and tried
    /// again until they succeed ([`Health::kept`]): what they tell has happened.
    fn write(&self, batch: Vec<Write>) -> Commit;

    /// Resolves when all that was queued before it is durable, what is kept included: a read that begins then
    /// sees it. `Unavailable` when that can't be told now: the store fails, or is closed.
    fn flush(&self) -> Commit;

    /// How the store itself is.
    fn health(&self) -> Health;

    /// Waiting messages with an id above `after`, by id. None of these reads but `due` and `messages` gives those that
    /// another system has taken.
    fn waiting(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Message>>;

    /// Those of them that a start looks at before all others: parts of long texts, and messages that take the place of
    /// others.
    fn foremost(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Message>>;

    /// Waiting messages to one recipient with an id above `after`, by id.
    fn waiting_for(
        &self,
        recipient: Recipient,
        after: Option<MessageId>,
        limit: u32,
    ) -> Answer<'_, Vec<Message>>;

    /// Waiting messages that are due or have expired at `now`, by time (the earlier of the two) and id, behind `after`.
    fn due(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, MessageId)>,
        limit: u32,
    ) -> Answer<'_, Vec<Message>>;

    /// Submits that a carrier took, by the names under which they were written: each with its name, by message and part.
    fn handed(&self, carrier: CarrierId, names: Vec<String>) -> Answer<'_, Vec<(String, Handed)>>;

    /// The submits of one message that others took, by part: each with its name.
    fn handed_of(&self, message: MessageId) -> Answer<'_, Vec<(String, Handed)>>;

    /// Messages that have not ended, of these ids.
    fn messages(&self, ids: Vec<MessageId>) -> Answer<'_, Vec<Message>>;

    /// Records of messages with an id above `after`, by id: as they were accepted.
    fn records(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Record>>;

    /// Receipts of others that belong to nothing we know, with a key above `after`, by key.
    fn unmatched(&self, after: Option<i64>, limit: u32) -> Answer<'_, Vec<Unmatched>>;

    /// What other environments know this one by: the same as long as the store lives.
    fn environment(&self) -> Answer<'_, EnvironmentId>;

    /// Receipts and acknowledgements that wait, with a name above `after`, by name.
    fn receipts(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<PendingReceipt>>;

    /// What is kept of the messages that devices have under this name, and that may still be read at `now`.
    fn awaited(&self, sent_as: MessageId, now: Timestamp) -> Answer<'_, Vec<Awaited>>;

    /// Registrations that have not lapsed at `now`, of accounts that exist.
    fn bindings(&self, now: Timestamp) -> Answer<'_, Vec<Binding>>;

    /// Everything provisioned.
    fn provisioning(&self) -> Answer<'_, Provisioning>;

    /// The revision alone: cheap enough to ask several times a second.
    fn revision(&self) -> Answer<'_, u64>;

    /// Applies the changes in one transaction, and tells the history of them; returns the new revision. No change, no new
    /// revision.
    ///
    /// `by` is who wants them: the name of a token, or `local`. With a revision in `at` they are applied to that revision
    /// alone: `Conflict(Moved)` when another one holds by now.
    fn provision<'a>(
        &'a self,
        changes: Vec<Change>,
        by: &'a str,
        at: Option<u64>,
        now: Timestamp,
    ) -> Answer<'a, u64>;

    /// The history of the provisioning from the latest entry on, or from behind the one at the place `after`.
    fn history(&self, filter: Filter, after: Option<u64>, limit: u32) -> Answer<'_, Vec<Entry>>;

    /// The tokens of the admin API, by name.
    fn tokens(&self) -> Answer<'_, Vec<Token>>;

    /// The token of that id.
    fn token<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Token>>;

    /// Adds a token. `Conflict(TokenExists)` when there is one of its name.
    fn add_token(&self, token: Token) -> Answer<'_, ()>;

    /// Removes a token, and what it was answered.
    fn remove_token<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;

    /// What was answered to that token for a request with that key, if that is still kept at `now`.
    fn answered<'a>(&'a self, asker: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Answered>>;

    /// Keeps an answer, and removes those that are too old or too many.
    fn keep_answer(&self, answered: Answered) -> Answer<'_, ()>;

    /// What is known of a message; `None` when nothing is.
    fn story(&self, message: MessageId) -> Answer<'_, Option<Story>>;

    /// A carrier's traffic from one day to another, both included, by day. Days without traffic are left out.
    fn usage(&self, carrier: CarrierId, from_day: i64, to_day: i64) -> Answer<'_, Vec<Usage>>;
}

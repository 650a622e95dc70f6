//! The store in one file: SQLite with a write-ahead log, each commit on the disk before it is answered.
//!
//! One task writes ([`writer`]): it takes what has queued up ([`queue`]), puts it in order ([`group`]), and
//! runs it in as few statements as can be ([`statements`]). Reads and provisioning use a small pool beside it.

mod access;
mod bind;
mod connect;
mod group;
mod kept;
mod lock;
mod options;
mod provision;
mod provisioned;
mod queue;
mod reads;
mod rows;
mod run;
mod schema;
mod statements;
mod upstream;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use iwf_model::{
    Awaited, Binding, CarrierId, EnvironmentId, Handed, Message, MessageId, PendingReceipt, Recipient,
    Record, Timestamp, Unmatched,
};
use sqlx::SqlitePool;

pub use options::{Options, Role};

use crate::access::{Answered, Token};
use crate::error::StoreError;
use crate::history::{Entry, Filter};
use crate::report::{Health, Provisioning, Start, Story, Usage};
use crate::store::{Answer, Commit, Store};
use crate::write::{Change, Write};
use lock::Lock;
use queue::Queue;
use run::Runs;

/// [`Store`] in one SQLite file.
///
/// Dropped without `close`, it writes what is queued and leaves the run unclean.
pub struct Sqlite {
    pool: SqlitePool,
    queue: Arc<Queue>,
    runs: Arc<Runs>,
    role: Role,
    /// Held by the writer too, so that the file is free only when nothing is written any more.
    _lock: Option<Arc<Lock>>,
}

impl Sqlite {
    /// Opens the file, creates it (and its folder) if there is none, and brings its schema up to date.
    /// Needs a tokio runtime, here and later.
    ///
    /// # Errors
    /// `Conflict(InUse)` when another node runs on the file, `Conflict(TooNew)` when a later version wrote
    /// it, `Unavailable` when it can't be opened.
    pub async fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        connect::create(path)?;
        let lock = match options.role {
            Role::Node => Some(Arc::new(Lock::take(path)?)),
            Role::Tool => None,
        };
        let connect = connect::options(path, &options);
        schema::migrate(path, &connect, options.role).await?;
        let pool = connect::pool(connect.clone(), &options).await?;
        let runs = Arc::new(Runs::default());
        run::load(&pool, &runs).await?;
        let queue = Arc::new(Queue::new(options.queue_limit, options.group_limit));
        let (to_write, of_runs) = (Arc::clone(&queue), Arc::clone(&runs));
        tokio::spawn(writer::run(connect, options.close_timeout, to_write, of_runs, lock.clone()));
        Ok(Self { pool, queue, runs, role: options.role, _lock: lock })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

impl Store for Sqlite {
    fn start(&self, now: Timestamp) -> Answer<'_, Start> {
        Box::pin(run::start(&self.pool, &self.runs, now))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            self.queue.drain().await?;
            if self.role == Role::Node {
                run::end(&self.pool, &self.runs).await?;
            }
            self.pool.close().await;
            Ok(())
        })
    }

    fn write(&self, batch: Vec<Write>) -> Commit {
        self.queue.push(rows::encode(batch))
    }

    fn flush(&self) -> Commit {
        self.queue.flush()
    }

    fn health(&self) -> Health {
        self.queue.health()
    }

    fn waiting(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Message>> {
        Box::pin(reads::waiting(&self.pool, &self.runs, after, limit))
    }

    fn foremost(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Message>> {
        Box::pin(reads::foremost(&self.pool, &self.runs, after, limit))
    }

    fn waiting_for(
        &self,
        recipient: Recipient,
        after: Option<MessageId>,
        limit: u32,
    ) -> Answer<'_, Vec<Message>> {
        Box::pin(reads::waiting_for(&self.pool, &self.runs, recipient, after, limit))
    }

    fn records(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<Record>> {
        Box::pin(reads::records(&self.pool, after, limit))
    }

    fn due(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, MessageId)>,
        limit: u32,
    ) -> Answer<'_, Vec<Message>> {
        Box::pin(reads::due(&self.pool, &self.runs, now, after, limit))
    }

    fn handed(&self, carrier: CarrierId, names: Vec<String>) -> Answer<'_, Vec<(String, Handed)>> {
        Box::pin(async move { upstream::by_name(&self.pool, carrier, &names).await })
    }

    fn handed_of(&self, message: MessageId) -> Answer<'_, Vec<(String, Handed)>> {
        Box::pin(upstream::of(&self.pool, message))
    }

    fn messages(&self, ids: Vec<MessageId>) -> Answer<'_, Vec<Message>> {
        Box::pin(async move { reads::messages(&self.pool, &self.runs, &ids).await })
    }

    fn unmatched(&self, after: Option<i64>, limit: u32) -> Answer<'_, Vec<Unmatched>> {
        Box::pin(upstream::unmatched(&self.pool, after, limit))
    }

    fn environment(&self) -> Answer<'_, EnvironmentId> {
        Box::pin(upstream::environment(&self.pool))
    }

    fn receipts(&self, after: Option<MessageId>, limit: u32) -> Answer<'_, Vec<PendingReceipt>> {
        Box::pin(reads::receipts(&self.pool, &self.runs, after, limit))
    }

    fn awaited(&self, sent_as: MessageId, now: Timestamp) -> Answer<'_, Vec<Awaited>> {
        Box::pin(reads::awaited(&self.pool, sent_as, now))
    }

    fn bindings(&self, now: Timestamp) -> Answer<'_, Vec<Binding>> {
        Box::pin(reads::bindings(&self.pool, now))
    }

    fn provisioning(&self) -> Answer<'_, Provisioning> {
        Box::pin(provisioned::all(&self.pool))
    }

    fn revision(&self) -> Answer<'_, u64> {
        Box::pin(provisioned::revision(&self.pool))
    }

    fn provision<'a>(
        &'a self,
        changes: Vec<Change>,
        by: &'a str,
        at: Option<u64>,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        Box::pin(provision::apply(&self.pool, changes, by, at, now))
    }

    fn history(&self, filter: Filter, after: Option<u64>, limit: u32) -> Answer<'_, Vec<Entry>> {
        Box::pin(provision::history(&self.pool, filter, after, limit))
    }

    fn tokens(&self) -> Answer<'_, Vec<Token>> {
        Box::pin(access::tokens(&self.pool))
    }

    fn token<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Token>> {
        Box::pin(access::token(&self.pool, id))
    }

    fn add_token(&self, token: Token) -> Answer<'_, ()> {
        Box::pin(access::add_token(&self.pool, token))
    }

    fn remove_token<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(access::remove_token(&self.pool, name))
    }

    fn answered<'a>(&'a self, asker: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Answered>> {
        Box::pin(access::answered(&self.pool, asker, key, now))
    }

    fn keep_answer(&self, answered: Answered) -> Answer<'_, ()> {
        Box::pin(access::keep_answer(&self.pool, answered))
    }

    fn story(&self, message: MessageId) -> Answer<'_, Option<Story>> {
        Box::pin(reads::story(&self.pool, &self.runs, message))
    }

    fn usage(&self, carrier: CarrierId, from_day: i64, to_day: i64) -> Answer<'_, Vec<Usage>> {
        Box::pin(reads::usage(&self.pool, carrier, from_day, to_day))
    }
}

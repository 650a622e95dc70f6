//! The one that writes: takes what is queued, commits it, releases the answers.
//!
//! Idle, each batch is committed at once; under load a group grows while the one before it is written.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{ConnectOptions, SqliteConnection};

use super::bind;
use super::group::Group;
use super::kept::Kept;
use super::lock::Lock;
use super::queue::{Batch, Queue};
use super::rows::Row;
use super::run::Runs;
use super::statements::{Kind, Texts};
use crate::error::{Conflict, StoreError};

/// How long to wait after a transaction that failed, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// A part of a transaction: a text for so many rows, and what is bound to it.
pub(super) type Part<'a> = (Kind, usize, SqliteArguments<'a>);

struct Writer {
    connect: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    close_timeout: Duration,
    texts: Texts,
    queue: Arc<Queue>,
    runs: Arc<Runs>,
    /// Rows whose commit failed and that tell what has happened: written before anything else.
    kept: Kept,
}

/// Writes until the queue is stopped and empty. The lock is held as long.
pub(super) async fn run(
    connect: SqliteConnectOptions,
    close_timeout: Duration,
    queue: Arc<Queue>,
    runs: Arc<Runs>,
    lock: Option<Arc<Lock>>,
) {
    let ended = Ended(Arc::clone(&queue));
    let mut writer = Writer {
        connect,
        connection: None,
        close_timeout,
        texts: Texts::default(),
        queue,
        runs,
        kept: Kept::default(),
    };
    writer.write_all().await;
    drop(writer);
    drop(lock);
    drop(ended);
}

/// Tells the queue, also when the task is cut off with its runtime.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Writer {
    async fn write_all(&mut self) {
        let mut pause = PAUSE.0;
        let mut give_up = None;
        while !self.kept.is_empty() || self.queue.wait().await {
            let result =
                if self.kept.is_empty() { self.write_queued().await } else { self.write_kept().await };
            let Err(error) = result else {
                pause = PAUSE.0;
                continue;
            };
            self.refuse_queued(&error);
            if self.queue.is_stopped()
                && Instant::now() > *give_up.get_or_insert_with(|| Instant::now() + self.close_timeout)
            {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
        if let Some(connection) = self.connection.take() {
            // Nothing is open in it; it would be closed without this as well.
            let _ = sqlx::Connection::close(connection).await;
        }
    }

    /// Commits a group. An error is one of the store; what is wrong with one batch is told to that batch.
    async fn write_queued(&mut self) -> Result<(), StoreError> {
        let batches = self.queue.take();
        match self.commit(batches.iter().flat_map(|batch| &batch.rows)).await {
            Err(StoreError::Conflict(Conflict::MessageExists)) => self.write_one_by_one(batches).await,
            Err(error) => {
                batches.into_iter().for_each(|batch| self.refuse(batch, &error));
                Err(error)
            }
            Ok(()) => {
                batches.into_iter().for_each(|batch| self.release(batch));
                Ok(())
            }
        }
    }

    /// One of the batches is wrong: the others are not to suffer. What is kept of it comes before them.
    async fn write_one_by_one(&mut self, batches: Vec<Batch>) -> Result<(), StoreError> {
        let mut failed = Ok(());
        for batch in batches {
            let written = match &failed {
                Ok(()) => self.write_in_turn(&batch).await,
                Err(_) => failed.clone(),
            };
            match written {
                Ok(()) => self.release(batch),
                Err(error) => {
                    self.refuse(batch, &error);
                    if !matches!(error, StoreError::Conflict(_)) {
                        failed = Err(error);
                    }
                }
            }
        }
        failed
    }

    async fn write_in_turn(&mut self, batch: &Batch) -> Result<(), StoreError> {
        while !self.kept.is_empty() {
            self.write_kept().await?;
        }
        self.commit(batch.rows.iter()).await
    }

    async fn write_kept(&mut self) -> Result<(), StoreError> {
        let kept = std::mem::take(&mut self.kept);
        let count = kept.next(self.queue.group_limit());
        let result = self.commit(kept.iter().take(count)).await;
        self.kept = kept;
        if result.is_ok() {
            self.kept.remove(count);
            self.queue.settled(count, self.kept.len());
        }
        result
    }

    fn release(&self, batch: Batch) {
        self.queue.settled(batch.rows.len(), self.kept.len());
        // Whoever asked may have gone.
        let _ = batch.answer.send(Ok(()));
    }

    fn refuse_queued(&mut self, error: &StoreError) {
        loop {
            let batches = self.queue.take();
            if batches.is_empty() {
                return;
            }
            batches.into_iter().for_each(|batch| self.refuse(batch, error));
        }
    }

    /// Answers with the error and keeps all but the `Accept`s.
    fn refuse(&mut self, batch: Batch, error: &StoreError) {
        let rows = batch.rows.len();
        let before = self.kept.len();
        self.kept.add_batch(batch.rows);
        self.queue.settled(rows - (self.kept.len() - before), self.kept.len());
        let _ = batch.answer.send(Err(error.clone()));
    }

    /// One transaction; none when there is nothing to write.
    async fn commit(&mut self, rows: impl Iterator<Item = &Row>) -> Result<(), StoreError> {
        let started = Instant::now();
        let mut count = 0;
        let group = Group::of(rows.inspect(|_| count += 1));
        if count == 0 {
            return Ok(());
        }
        let parts = bind::parts(&group, self.runs.number())?;
        let result = self.execute(parts).await;
        match &result {
            Ok(()) => self.queue.committed(count, started.elapsed()),
            Err(error) => {
                // With it goes whatever was begun.
                self.connection = None;
                if !matches!(error, StoreError::Conflict(_)) {
                    self.queue.failed(error, started.elapsed());
                }
            }
        }
        result
    }

    async fn execute(&mut self, parts: Vec<Part<'_>>) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.connect.connect().await?),
        };
        let last = parts.len().saturating_sub(1);
        for (at, (kind, rows, arguments)) in parts.into_iter().enumerate() {
            let text = self.texts.get(kind, rows, at == 0, at == last);
            sqlx::query_with(text, arguments).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

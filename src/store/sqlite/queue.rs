//! What waits to be written: filled at once by whoever writes, emptied in groups by the writer.
//!
//! A batch that nobody waits for lingers a little ([`Row::patience`]), so that it can share the transaction of one
//! that somebody waits for: at a moderate rate this saves two of the three commits of a message.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::time::timeout_at;

use super::rows::Row;
use crate::error::StoreError;
use crate::report::Health;
use crate::store::Commit;

/// A transaction's worth of rows from one caller, and where the answer goes. Without rows it is a flush.
pub(super) struct Batch {
    /// When it was queued.
    since: Instant,
    pub(super) rows: Vec<Row>,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
}

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    filled: Notify,
    stopped: Notify,
    limit: usize,
    group_limit: usize,
    queued: AtomicU64,
    kept: AtomicU64,
    commits: AtomicU64,
    writes: AtomicU64,
    failures: AtomicU64,
    last_commit_micros: AtomicU64,
    failing: AtomicBool,
    last_error: Mutex<Option<String>>,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// When the first of them that is in a hurry wants to be committed.
    commit_by: Option<Instant>,
    /// Since when the first of those that are being written has waited.
    writing_since: Option<Instant>,
    closed: bool,
    ended: bool,
}

impl Queue {
    pub(super) fn new(limit: usize, group_limit: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            filled: Notify::new(),
            stopped: Notify::new(),
            limit,
            group_limit: group_limit.max(1),
            queued: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            last_commit_micros: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            last_error: Mutex::new(None),
        }
    }

    /// Queues a batch, or refuses it.
    pub(super) fn push(&self, rows: Vec<Row>) -> Commit {
        if rows.is_empty() {
            return Box::pin(async { Ok(()) });
        }
        let waiting = locked(&self.waiting);
        if waiting.closed {
            return Box::pin(async { Err(stopped()) });
        }
        let full = self.queued.load(Relaxed) >= self.limit as u64;
        if full && rows.iter().any(Row::is_accept) {
            return Box::pin(async { Err(StoreError::Busy) });
        }
        self.queued.fetch_add(rows.len() as u64, Relaxed);
        let patience = rows.iter().map(Row::patience).min().unwrap_or_default();
        self.add(waiting, rows, patience)
    }

    /// Queues a batch of nothing: its turn comes when all before it is durable.
    pub(super) fn flush(&self) -> Commit {
        let waiting = locked(&self.waiting);
        if waiting.closed {
            return Box::pin(async { Err(stopped()) });
        }
        self.add(waiting, Vec::new(), Duration::ZERO)
    }

    fn add(&self, mut waiting: MutexGuard<'_, Waiting>, rows: Vec<Row>, patience: Duration) -> Commit {
        let (answer, commit) = oneshot::channel();
        let since = Instant::now();
        waiting.batches.push_back(Batch { since, rows, answer });
        let commit_by = since + patience;
        let sooner = waiting.commit_by.is_none_or(|known| commit_by < known);
        if sooner {
            waiting.commit_by = Some(commit_by);
        }
        drop(waiting);
        if sooner {
            self.filled.notify_one();
        }
        Box::pin(async move { commit.await.unwrap_or_else(|_| Err(stopped())) })
    }

    /// Takes what is queued, up to the limit of a transaction, but at least one batch.
    pub(super) fn take(&self) -> Vec<Batch> {
        let mut waiting = locked(&self.waiting);
        let mut rows = 0;
        let mut taken = 0;
        for batch in &waiting.batches {
            rows += batch.rows.len();
            if taken > 0 && rows > self.group_limit {
                break;
            }
            taken += 1;
        }
        // What is left has waited for this transaction, and waits no longer than for the next.
        waiting.writing_since = waiting.batches.front().map(|first| first.since);
        waiting.commit_by = (taken < waiting.batches.len()).then(Instant::now);
        waiting.batches.drain(..taken).collect()
    }

    /// The most writes of a transaction.
    pub(super) fn group_limit(&self) -> usize {
        self.group_limit
    }

    /// Waits until what is queued is to be committed; false when nothing is queued and nothing will be.
    pub(super) async fn wait(&self) -> bool {
        loop {
            let commit_by = {
                let mut waiting = locked(&self.waiting);
                waiting.writing_since = None;
                match waiting.commit_by {
                    Some(commit_by) if waiting.closed || commit_by <= Instant::now() => return true,
                    None if waiting.closed => return false,
                    commit_by => commit_by,
                }
            };
            match commit_by {
                // Somebody in a hurry may come first.
                Some(commit_by) => drop(timeout_at(commit_by.into(), self.filled.notified()).await),
                None => self.filled.notified().await,
            }
        }
    }

    /// Takes no more batches; what is queued is still written.
    pub(super) fn stop(&self) {
        locked(&self.waiting).closed = true;
        self.filled.notify_one();
    }

    /// Whether no more batches are taken.
    pub(super) fn is_stopped(&self) -> bool {
        locked(&self.waiting).closed
    }

    /// Stops, and waits until all is written or the writer gave up.
    pub(super) async fn drain(&self) -> Result<(), StoreError> {
        self.stop();
        let ended = async {
            loop {
                let stopped = self.stopped.notified();
                if locked(&self.waiting).ended {
                    break;
                }
                stopped.await;
            }
        };
        ended.await;
        match self.queued.load(Relaxed) {
            0 => Ok(()),
            left => {
                let why = locked(&self.last_error).clone().unwrap_or_default();
                Err(StoreError::Unavailable(format!("{left} writes are left: {why}")))
            }
        }
    }

    /// The writer is gone: whoever waits hears so.
    pub(super) fn end(&self) {
        let mut waiting = locked(&self.waiting);
        waiting.closed = true;
        waiting.ended = true;
        waiting.batches.clear();
        drop(waiting);
        self.stopped.notify_waiters();
    }

    /// A transaction took so long and succeeded.
    pub(super) fn committed(&self, rows: usize, took: Duration) {
        self.commits.fetch_add(1, Relaxed);
        self.writes.fetch_add(rows as u64, Relaxed);
        self.last_commit_micros.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
        if self.failing.swap(false, Relaxed) {
            *locked(&self.last_error) = None;
        }
    }

    /// A transaction failed.
    pub(super) fn failed(&self, error: &StoreError, took: Duration) {
        self.failures.fetch_add(1, Relaxed);
        self.last_commit_micros.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
        *locked(&self.last_error) = Some(error.to_string());
        self.failing.store(true, Relaxed);
    }

    /// So many rows are durable or given up, so many are kept.
    pub(super) fn settled(&self, gone: usize, kept: usize) {
        self.queued.fetch_sub(gone as u64, Relaxed);
        self.kept.store(kept as u64, Relaxed);
    }

    pub(super) fn health(&self) -> Health {
        let oldest = {
            let waiting = locked(&self.waiting);
            waiting.writing_since.or_else(|| waiting.batches.front().map(|first| first.since))
        };
        Health {
            queued: self.queued.load(Relaxed),
            kept: self.kept.load(Relaxed),
            delay: oldest.map_or(Duration::ZERO, |since| since.elapsed()),
            commits: self.commits.load(Relaxed),
            writes: self.writes.load(Relaxed),
            failures: self.failures.load(Relaxed),
            last_commit: Duration::from_micros(self.last_commit_micros.load(Relaxed)),
            last_error: if self.failing.load(Relaxed) { locked(&self.last_error).clone() } else { None },
        }
    }
}

/// What a lock guards here is whole at every moment, so a panic elsewhere does not spoil it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stopped() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Write;

    #[tokio::test]
    async fn the_oldest_write_waits_until_it_is_durable_and_then_nothing_does() {
        let queue = Queue::new(10, 10);
        assert_eq!(queue.health().delay, Duration::ZERO);
        let unbind = Write::Unbind { account: iwf_model::AccountId(1), key: "sip:1@192.0.2.1".to_owned() };
        let commit = queue.push(super::super::rows::encode(vec![unbind]));
        while queue.health().delay.is_zero() {}
        let taken = queue.take();
        let waited = queue.health().delay;
        assert!(!waited.is_zero(), "it is being written");
        drop(taken);
        assert!(commit.await.is_err());
        queue.stop();
        assert!(!queue.wait().await);
        assert_eq!(queue.health().delay, Duration::ZERO);
    }
}

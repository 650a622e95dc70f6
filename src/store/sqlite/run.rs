//! Runs of the node, and the doubt that one leaves which did not end cleanly.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use iwf_model::{MessageId, Recipient, Step, StepKind, Timestamp};
use sqlx::{Row, SqlitePool};

use crate::codec::encode_step;
use crate::error::StoreError;
use crate::report::Start;

/// How many doubts are told apart: an older one hides behind the oldest of these.
const DOUBTS: i64 = 100;

/// The run under way and the doubts so far.
#[derive(Default)]
pub(super) struct Runs {
    number: AtomicI64,
    doubts: RwLock<Arc<[Doubt]>>,
}

/// A run that began after one that did not end cleanly. What was last written in an earlier run is in doubt.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    run: i64,
    at: Timestamp,
}

impl Runs {
    /// The run under way, or the last one.
    pub(super) fn number(&self) -> i64 {
        self.number.load(Relaxed)
    }

    /// The steps that tell of the doubts in what was last written in `run`; none if there is none.
    pub(super) fn doubts_since(&self, run: i64, kind: StepKind) -> Vec<Step> {
        let doubts = self.doubts.read().unwrap_or_else(PoisonError::into_inner);
        let since = doubts.iter().filter(|doubt| doubt.run > run);
        since.map(|doubt| doubt_step(doubt.at, kind)).collect()
    }
}

fn doubt_step(at: Timestamp, kind: StepKind) -> Step {
    Step { at, kind, detail: String::new() }
}

/// Reads the number of the run and the doubts.
pub(super) async fn load(pool: &SqlitePool, runs: &Runs) -> Result<(), StoreError> {
    let number: i64 = sqlx::query_scalar("SELECT number FROM run").fetch_one(pool).await?;
    let rows = sqlx::query("SELECT run, at FROM doubt ORDER BY run").fetch_all(pool).await?;
    let doubts: Result<Arc<[Doubt]>, sqlx::Error> = rows
        .iter()
        .map(|row| Ok(Doubt { run: row.try_get(0)?, at: Timestamp::from_micros(row.try_get(1)?) }))
        .collect();
    *runs.doubts.write().unwrap_or_else(PoisonError::into_inner) = doubts?;
    runs.number.store(number, Relaxed);
    Ok(())
}

/// Begins a run. That what waits is in doubt is said once, not in every row: start takes as long with a million.
pub(super) async fn start(pool: &SqlitePool, runs: &Runs, now: Timestamp) -> Result<Start, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let last = sqlx::query(
        "SELECT number, clean, (SELECT count(*) FROM receipt), (SELECT max(id) FROM message),
                (SELECT max(id) FROM record), (SELECT max(id) FROM receipt)
         FROM run",
    )
    .fetch_one(&mut *transaction)
    .await?;
    let number = last.try_get::<i64, _>(0)? + 1;
    let clean = last.try_get::<i64, _>(1)? != 0;
    let receipts: i64 = last.try_get(2)?;
    let of_messages = last.try_get::<Option<i64>, _>(3)?.max(last.try_get::<Option<i64>, _>(4)?);
    let last_id = of_messages.max(last.try_get::<Option<i64>, _>(5)?);
    let waiting =
        sqlx::query_as("SELECT recipient, count(*) FROM message WHERE taken IS NULL GROUP BY recipient")
            .fetch_all(&mut *transaction)
            .await?;
    let of = |(key, count): (i64, i64)| (Recipient::from_key(key), count.unsigned_abs());
    let waiting: Vec<(Recipient, u64)> = waiting.into_iter().map(of).collect();

    if !clean && (!waiting.is_empty() || receipts > 0) {
        sqlx::query("INSERT INTO doubt (run, at, message_step, receipt_step) VALUES (?, ?, ?, ?)")
            .bind(number)
            .bind(now.as_micros())
            .bind(encode_step(&doubt_step(now, StepKind::InDoubt)))
            .bind(encode_step(&doubt_step(now, StepKind::ReceiptInDoubt)))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM doubt WHERE run NOT IN (SELECT run FROM doubt ORDER BY run DESC LIMIT ?)")
            .bind(DOUBTS)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("UPDATE run SET number = ?, started_at = ?, clean = 0")
        .bind(number)
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM binding WHERE expires_at <= ?")
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    load(pool, runs).await?;
    Ok(Start {
        clean,
        last_id: last_id.and_then(|id| MessageId::from_u64(id as u64)),
        waiting,
        receipts: receipts as u64,
    })
}

/// Ends the run, if this store began one, and empties the write-ahead log into the file.
pub(super) async fn end(pool: &SqlitePool, runs: &Runs) -> Result<(), StoreError> {
    sqlx::query("UPDATE run SET clean = 1 WHERE number = ?").bind(runs.number()).execute(pool).await?;
    // A reader elsewhere may hold the log back; it is emptied another time then.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await?;
    Ok(())
}

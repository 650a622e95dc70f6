//! Reads. Each of them finds its rows by a key or an index (shown by a test).

use iwf_model::{
    AccountId, Awaited, Binding, CarrierId, Message, MessageId, PendingReceipt, Recipient, Record, StepKind,
    Timestamp,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::run::Runs;
use crate::codec::{
    AwaitedRow, MessageRow, ReceiptRow, RecordRow, decode_awaited, decode_binding, decode_message,
    decode_receipt, decode_record,
};
use crate::error::StoreError;
use crate::report::{Story, Usage};

const MESSAGE: &str =
    "SELECT id, run, recipient, expires_at, body, progress, story FROM message WHERE id = ?";
const RECORD: &str = "SELECT id, carrier, recipient, accepted_at, finished_at, state, body, story \
     FROM record WHERE id = ?";
const RECORDS: &str = "SELECT id, carrier, recipient, accepted_at, finished_at, state, body, story \
     FROM record WHERE id > ? ORDER BY id LIMIT ?";
const RECEIPT: &str = "SELECT id, run, carrier, due_at, body, progress, about FROM receipt WHERE id = ?";
const WAITING: &str = "SELECT id, run, recipient, expires_at, body, progress, story FROM message \
     WHERE id > ? AND taken IS NULL ORDER BY id LIMIT ?";
const MESSAGES: &str = "SELECT id, run, recipient, expires_at, body, progress, story FROM message \
     WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id";
const FOREMOST: &str = "SELECT id, run, recipient, expires_at, body, progress, story FROM message \
     WHERE foremost IS NOT NULL AND id > ? AND taken IS NULL ORDER BY id LIMIT ?";
const WAITING_FOR: &str = "SELECT id, run, recipient, expires_at, body, progress, story FROM message \
     WHERE recipient = ? AND id > ? AND taken IS NULL ORDER BY id LIMIT ?";
const DUE: &str = "SELECT id, run, recipient, expires_at, body, progress, story FROM message \
     WHERE (wake_at, id) > (?, ?) AND wake_at <= ? ORDER BY wake_at, id LIMIT ?";
const RECEIPTS: &str = "SELECT id, run, carrier, due_at, body, progress, about FROM receipt \
     WHERE id > ? ORDER BY id LIMIT ?";
const AWAITED: &str = "SELECT id, sent_as, expires_at, body FROM awaited \
     WHERE sent_as = ? AND expires_at > ? ORDER BY id";
const BINDINGS: &str = "SELECT b.account, b.contact, b.expires_at, b.body FROM binding b \
     JOIN account a ON a.id = b.account WHERE b.expires_at > ? ORDER BY b.account, b.contact";
const USAGE: &str = "SELECT carrier, day, accepted FROM carrier_usage \
     WHERE carrier = ? AND day BETWEEN ? AND ? ORDER BY day";

/// Every read, for the test of their plans.
#[cfg(test)]
pub(super) const ALL: [&str; 13] = [
    MESSAGE,
    MESSAGES,
    RECORD,
    RECORDS,
    RECEIPT,
    WAITING,
    FOREMOST,
    WAITING_FOR,
    DUE,
    RECEIPTS,
    AWAITED,
    BINDINGS,
    USAGE,
];

pub(super) async fn waiting(
    pool: &SqlitePool,
    runs: &Runs,
    after: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let rows = sqlx::query(WAITING).bind(above(after)).bind(limit).fetch_all(pool).await?;
    rows.iter().map(|row| message(row, runs)).collect()
}

pub(super) async fn messages(
    pool: &SqlitePool,
    runs: &Runs,
    ids: &[MessageId],
) -> Result<Vec<Message>, StoreError> {
    let list: Vec<String> = ids.iter().map(MessageId::to_string).collect();
    let rows = sqlx::query(MESSAGES).bind(format!("[{}]", list.join(","))).fetch_all(pool).await?;
    rows.iter().map(|row| message(row, runs)).collect()
}

pub(super) async fn foremost(
    pool: &SqlitePool,
    runs: &Runs,
    after: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let rows = sqlx::query(FOREMOST).bind(above(after)).bind(limit).fetch_all(pool).await?;
    rows.iter().map(|row| message(row, runs)).collect()
}

pub(super) async fn waiting_for(
    pool: &SqlitePool,
    runs: &Runs,
    recipient: Recipient,
    after: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let query = sqlx::query(WAITING_FOR).bind(recipient.key()).bind(above(after)).bind(limit);
    query.fetch_all(pool).await?.iter().map(|row| message(row, runs)).collect()
}

pub(super) async fn records(
    pool: &SqlitePool,
    after: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let rows = sqlx::query(RECORDS).bind(above(after)).bind(limit).fetch_all(pool).await?;
    rows.iter().map(record).collect()
}

pub(super) async fn due(
    pool: &SqlitePool,
    runs: &Runs,
    now: Timestamp,
    after: Option<(Timestamp, MessageId)>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let (time, id) = after.map_or((i64::MIN, 0), |(time, id)| (time.as_micros(), above(Some(id))));
    let query = sqlx::query(DUE).bind(time).bind(id).bind(now.as_micros()).bind(limit);
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(|row| message(row, runs)).collect()
}

pub(super) async fn receipts(
    pool: &SqlitePool,
    runs: &Runs,
    after: Option<MessageId>,
    limit: u32,
) -> Result<Vec<PendingReceipt>, StoreError> {
    let rows = sqlx::query(RECEIPTS).bind(above(after)).bind(limit).fetch_all(pool).await?;
    rows.iter().map(|row| receipt(row, runs)).collect()
}

pub(super) async fn awaited(
    pool: &SqlitePool,
    sent_as: MessageId,
    now: Timestamp,
) -> Result<Vec<Awaited>, StoreError> {
    let query = sqlx::query(AWAITED).bind(sent_as.as_u64() as i64).bind(now.as_micros());
    let rows = query.fetch_all(pool).await?;
    let awaited = rows.iter().map(|row| {
        let columns = AwaitedRow {
            message: message_id(row)?,
            sent_as,
            expires_at: Timestamp::from_micros(row.try_get(2)?),
            body: row.try_get(3)?,
        };
        decode_awaited(&columns).ok_or_else(|| StoreError::unreadable("awaited message", columns.message))
    });
    awaited.collect()
}

pub(super) async fn bindings(pool: &SqlitePool, now: Timestamp) -> Result<Vec<Binding>, StoreError> {
    let rows = sqlx::query(BINDINGS).bind(now.as_micros()).fetch_all(pool).await?;
    rows.iter().map(binding).collect()
}

pub(super) async fn usage(
    pool: &SqlitePool,
    carrier: CarrierId,
    from_day: i64,
    to_day: i64,
) -> Result<Vec<Usage>, StoreError> {
    let rows = sqlx::query(USAGE).bind(carrier.0).bind(from_day).bind(to_day).fetch_all(pool).await?;
    let usage = rows.iter().map(|row| {
        Ok(Usage { carrier, day: row.try_get(1)?, accepted: row.try_get::<i64, _>(2)?.unsigned_abs() })
    });
    usage.collect()
}

/// In one transaction: a message that ends meanwhile is seen either waiting or ended.
pub(super) async fn story(
    pool: &SqlitePool,
    runs: &Runs,
    id: MessageId,
) -> Result<Option<Story>, StoreError> {
    let mut snapshot = pool.begin().await?;
    let waiting = one(&mut snapshot, MESSAGE, id).await?;
    let ended = one(&mut snapshot, RECORD, id).await?;
    let told = one(&mut snapshot, RECEIPT, id).await?;
    snapshot.rollback().await?;

    let mut story = Story {
        message: waiting.map(|row| message(&row, runs)).transpose()?,
        record: ended.map(|row| record(&row)).transpose()?,
        receipt: told.as_ref().map(|row| receipt(row, runs)).transpose()?,
    };
    if let (Some(record), Some(row)) = (&mut story.record, &told) {
        record.story.extend(runs.doubts_since(row.try_get(1)?, StepKind::ReceiptInDoubt));
    }
    let known = story.message.is_some() || story.record.is_some() || story.receipt.is_some();
    Ok(known.then_some(story))
}

async fn one(
    connection: &mut SqliteConnection,
    text: &'static str,
    id: MessageId,
) -> Result<Option<SqliteRow>, StoreError> {
    Ok(sqlx::query(text).bind(id.as_u64() as i64).fetch_optional(connection).await?)
}

/// The largest number that no id above `after` has.
fn above(after: Option<MessageId>) -> i64 {
    after.map_or(0, |id| id.as_u64() as i64)
}

fn message_id(row: &SqliteRow) -> Result<MessageId, StoreError> {
    let id: i64 = row.try_get(0)?;
    MessageId::from_u64(id as u64).ok_or_else(|| StoreError::Corrupt(format!("{id} is no message id")))
}

fn message(row: &SqliteRow, runs: &Runs) -> Result<Message, StoreError> {
    let id = message_id(row)?;
    let columns = MessageRow {
        id,
        recipient: Recipient::from_key(row.try_get(2)?),
        expires_at: Timestamp::from_micros(row.try_get(3)?),
        body: row.try_get(4)?,
        progress: row.try_get(5)?,
        story: row.try_get(6)?,
    };
    let mut message = decode_message(&columns).ok_or_else(|| StoreError::unreadable("message", id))?;
    let doubts = runs.doubts_since(row.try_get(1)?, StepKind::InDoubt);
    message.progress.in_doubt |= !doubts.is_empty();
    message.story.extend(doubts);
    Ok(message)
}

fn record(row: &SqliteRow) -> Result<Record, StoreError> {
    let id = message_id(row)?;
    let columns = RecordRow {
        message: id,
        carrier: row.try_get::<Option<i64>, _>(1)?.map(CarrierId),
        recipient: Recipient::from_key(row.try_get(2)?),
        accepted_at: Timestamp::from_micros(row.try_get(3)?),
        finished_at: Timestamp::from_micros(row.try_get(4)?),
        state: row.try_get(5)?,
        body: row.try_get(6)?,
        story: row.try_get(7)?,
    };
    decode_record(&columns).ok_or_else(|| StoreError::unreadable("record", id))
}

fn receipt(row: &SqliteRow, runs: &Runs) -> Result<PendingReceipt, StoreError> {
    let id = message_id(row)?;
    let columns = ReceiptRow {
        message: id,
        carrier: CarrierId(row.try_get(2)?),
        due_at: Timestamp::from_micros(row.try_get(3)?),
        about: row.try_get::<Option<i64>, _>(6)?.and_then(|id| MessageId::from_u64(id as u64)),
        body: row.try_get(4)?,
        progress: row.try_get(5)?,
    };
    let mut pending = decode_receipt(&columns).ok_or_else(|| StoreError::unreadable("receipt", id))?;
    pending.in_doubt |= !runs.doubts_since(row.try_get(1)?, StepKind::ReceiptInDoubt).is_empty();
    Ok(pending)
}

fn binding(row: &SqliteRow) -> Result<Binding, StoreError> {
    let (account, key) = (AccountId(row.try_get(0)?), row.try_get::<String, _>(1)?);
    let expires_at = Timestamp::from_micros(row.try_get(2)?);
    decode_binding(account, key, expires_at, row.try_get(3)?)
        .ok_or_else(|| StoreError::Corrupt(format!("a registration of account {} can't be read", account.0)))
}

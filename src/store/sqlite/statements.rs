//! The statements of a transaction.
//!
//! Handing a statement to SQLite costs more than a row (it runs on a thread of its own), so one text holds all
//! that a kind of row needs, for many rows at once, with BEGIN before the first and COMMIT after the last.
//! Texts are made for 1, 2, 4, ... rows and stay prepared; missing rows are NULL and match nothing.

use std::collections::HashMap;
use std::fmt::Write;

/// The most rows of one statement.
pub(super) const MOST: usize = 256;

/// What a text does to the rows bound to it. `message_step` and `receipt_step` make the doubts since a row was
/// last written part of the story, because the row says from then on that it was written in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Run; id, recipient, expires_at, wake_at, body, progress, story; then one count.
    Accept,
    /// Carrier, day, how many more.
    Usage,
    /// Id.
    Foremost,
    /// Id, expires_at, body.
    Change,
    /// Run; id, due_at, progress, steps, whether it was taken.
    Postpone,
    /// Carrier, name, id, part, at, state, body; then what may go is older than this.
    Hand,
    /// Id, carrier, body.
    KeepUnmatched,
    /// Ids.
    ForgetUnmatched,
    /// Id, sent_as, expires_at, body; then by when what may go has expired.
    Await,
    /// Run; as a row of `Accept`, and the text whose end is told.
    Tell,
    /// Run; as a row of `Accept`, and the text that was read.
    TellRead,
    /// Ids of notices.
    Forget,
    /// Id, carrier, recipient, accepted_at, finished_at, state, body, story; then the ids again.
    Finish,
    /// As `Finish`; before the ids: run; id, carrier, due_at, body, progress of the receipts.
    FinishTold,
    /// Run; message, id, carrier, due_at, body, progress of the receipts; then message, steps; then the messages again.
    Acknowledge,
    /// Id, steps; then run; id, due_at, progress.
    PostponeReceipt,
    /// Id, steps; then the ids again.
    CloseReceipt,
    /// Account, contact, expires_at, body.
    Bind,
    /// Account, contact.
    Unbind,
}

impl Kind {
    /// Every kind, for tests.
    #[cfg(test)]
    pub(super) const ALL: [Self; 19] = [
        Self::Accept,
        Self::Usage,
        Self::Foremost,
        Self::Change,
        Self::Postpone,
        Self::Hand,
        Self::KeepUnmatched,
        Self::ForgetUnmatched,
        Self::Await,
        Self::Tell,
        Self::TellRead,
        Self::Forget,
        Self::Finish,
        Self::FinishTold,
        Self::Acknowledge,
        Self::PostponeReceipt,
        Self::CloseReceipt,
        Self::Bind,
        Self::Unbind,
    ];
}

/// The texts made so far.
#[derive(Default)]
pub(super) struct Texts(HashMap<(Kind, usize, bool, bool), String>);

impl Texts {
    /// The text for `rows` rows, that begins or ends the transaction if it is the first or the last of it.
    pub(super) fn get(&mut self, kind: Kind, rows: usize, first: bool, last: bool) -> &str {
        self.0.entry((kind, rows, first, last)).or_insert_with(|| {
            let begin = if first { "BEGIN IMMEDIATE; " } else { "" };
            let commit = if last { "; COMMIT" } else { "" };
            format!("{begin}{}{commit}", text(kind, rows))
        })
    }
}

/// The statements of a kind for so many rows.
pub(super) fn text(kind: Kind, rows: usize) -> String {
    match kind {
        Kind::Accept => format!("{}; {}", accept(rows), usage(1)),
        Kind::Usage => usage(rows),
        Kind::Foremost => format!("UPDATE message SET foremost = 1 WHERE id IN ({})", list(rows)),
        Kind::Change => change(rows),
        Kind::Postpone => postpone(rows),
        Kind::Finish => format!("{}; {}", record(rows), removal("message", rows)),
        Kind::FinishTold => format!("{}; {}; {}", record(rows), receipt(rows), removal("message", rows)),
        Kind::Await => format!("{}; {}", await_reader(rows), unread(2 * rows)),
        Kind::Hand => format!("{}; {}", hand(rows), unhand(2 * rows)),
        Kind::KeepUnmatched => format!(
            "INSERT INTO unmatched (id, carrier, body)
             SELECT column1, column2, column3 FROM {} WHERE column1 IS NOT NULL
             ON CONFLICT (id) DO NOTHING",
            values(rows, 3)
        ),
        Kind::ForgetUnmatched => removal("unmatched", rows),
        Kind::Tell => tell("message", rows),
        Kind::TellRead => tell("awaited", rows),
        Kind::Forget => removal("message", rows),
        Kind::Acknowledge => {
            format!("{}; {}; {}", acknowledgement(rows), read(rows), removal("awaited", rows))
        }
        Kind::PostponeReceipt => format!("{}; {}", told(rows), postpone_receipt(rows)),
        Kind::CloseReceipt => format!("{}; {}", told(rows), removal("receipt", rows)),
        Kind::Bind => format!(
            "INSERT INTO binding (account, contact, expires_at, body)
             SELECT column1, column2, column3, column4 FROM {} WHERE column1 IS NOT NULL
             ON CONFLICT (account, contact) DO UPDATE SET expires_at = excluded.expires_at, body = excluded.body",
            values(rows, 4)
        ),
        Kind::Unbind => {
            format!("DELETE FROM binding WHERE (account, contact) IN {}", values(rows, 2))
        }
    }
}

fn accept(rows: usize) -> String {
    format!(
        "INSERT INTO message (run, id, recipient, expires_at, wake_at, body, progress, story)
         SELECT ?, column1, column2, column3, column4, column5, column6, column7
         FROM {} WHERE column1 IS NOT NULL",
        values(rows, 7)
    )
}

fn usage(rows: usize) -> String {
    format!(
        "INSERT INTO carrier_usage (carrier, day, accepted)
         SELECT column1, column2, column3 FROM {} WHERE column1 IS NOT NULL
         ON CONFLICT (carrier, day) DO UPDATE SET accepted = carrier_usage.accepted + excluded.accepted",
        values(rows, 3)
    )
}

/// When it wakes follows with its progress: see `postpone`.
fn change(rows: usize) -> String {
    format!(
        "UPDATE message SET expires_at = v.column2, body = v.column3
         FROM {} AS v WHERE message.id = v.column1",
        values(rows, 3)
    )
}

fn postpone(rows: usize) -> String {
    format!(
        "UPDATE message SET run = ?,
             wake_at = CASE WHEN v.column5 IS NULL AND expires_at < v.column2 THEN expires_at ELSE v.column2 END,
             progress = v.column3,
             taken = v.column5,
             story = story || coalesce((SELECT group_concat(message_step, '' ORDER BY doubt.run)
                                        FROM doubt WHERE doubt.run > message.run), '') || v.column4
         FROM {} AS v WHERE message.id = v.column1",
        values(rows, 5)
    )
}

fn hand(rows: usize) -> String {
    format!(
        "INSERT INTO upstream (carrier, name, id, part, at, state, body)
         SELECT column1, column2, column3, column4, column5, column6, column7
         FROM {} WHERE column1 IS NOT NULL
         ON CONFLICT (carrier, name, id, part) DO UPDATE SET state = excluded.state",
        values(rows, 7)
    )
}

/// What was taken goes as fast as it comes, when its time is over.
fn unhand(most: usize) -> String {
    format!(
        "DELETE FROM upstream WHERE (carrier, name, id, part) IN
         (SELECT carrier, name, id, part FROM upstream WHERE at < ? ORDER BY at LIMIT {most})"
    )
}

/// Only of messages that wait: whoever finishes first has finished it.
fn record(rows: usize) -> String {
    format!(
        "INSERT INTO record (id, carrier, recipient, accepted_at, finished_at, state, body, story)
         SELECT column1, column2, column3, column4, column5, column6, column7, column8
         FROM {} WHERE column1 IN (SELECT id FROM message)
         ON CONFLICT (id) DO NOTHING",
        values(rows, 8)
    )
}

fn receipt(rows: usize) -> String {
    format!(
        "INSERT INTO receipt (run, id, carrier, due_at, body, progress)
         SELECT ?, column1, column2, column3, column4, column5
         FROM {} WHERE column1 IN (SELECT id FROM message)
         ON CONFLICT (id) DO NOTHING",
        values(rows, 5)
    )
}

fn await_reader(rows: usize) -> String {
    format!(
        "INSERT INTO awaited (id, sent_as, expires_at, body)
         SELECT column1, column2, column3, column4
         FROM {} WHERE column1 IN (SELECT id FROM message)
         ON CONFLICT (id) DO NOTHING",
        values(rows, 4)
    )
}

/// What is awaited goes as fast as it comes, when its time is over: the table does not grow for ever.
fn unread(most: usize) -> String {
    format!(
        "DELETE FROM awaited WHERE id IN
         (SELECT id FROM awaited WHERE expires_at <= ? ORDER BY expires_at, id LIMIT {most})"
    )
}

/// Only of texts that are in `table` still: whoever tells first has told it.
fn tell(table: &str, rows: usize) -> String {
    format!(
        "INSERT INTO message (run, id, recipient, expires_at, wake_at, body, progress, story)
         SELECT ?, column1, column2, column3, column4, column5, column6, column7
         FROM {} WHERE column8 IN (SELECT id FROM {table})
         ON CONFLICT (id) DO NOTHING",
        values(rows, 8)
    )
}

/// Only of messages that are awaited: whoever reads first has read it.
fn acknowledgement(rows: usize) -> String {
    format!(
        "INSERT INTO receipt (run, about, id, carrier, due_at, body, progress)
         SELECT ?, column1, column2, column3, column4, column5, column6
         FROM {} WHERE column1 IN (SELECT id FROM awaited)
         ON CONFLICT (id) DO NOTHING",
        values(rows, 6)
    )
}

fn read(rows: usize) -> String {
    format!(
        "UPDATE record SET story = record.story || v.column2
         FROM {} AS v JOIN awaited ON awaited.id = v.column1 WHERE record.id = v.column1",
        values(rows, 2)
    )
}

/// Steps of a receipt go to the story of the record, as long as the receipt waits.
fn told(rows: usize) -> String {
    format!(
        "UPDATE record SET story = record.story
             || coalesce((SELECT group_concat(receipt_step, '' ORDER BY doubt.run)
                          FROM doubt WHERE doubt.run > receipt.run), '') || v.column2
         FROM {} AS v JOIN receipt ON receipt.id = v.column1
         WHERE record.id = coalesce(receipt.about, receipt.id)",
        values(rows, 2)
    )
}

fn postpone_receipt(rows: usize) -> String {
    format!(
        "UPDATE receipt SET run = ?, due_at = v.column2, progress = v.column3
         FROM {} AS v WHERE receipt.id = v.column1",
        values(rows, 3)
    )
}

fn removal(table: &str, rows: usize) -> String {
    format!("DELETE FROM {table} WHERE id IN ({})", list(rows))
}

/// `?,?`
fn list(rows: usize) -> String {
    let mut list = "?,".repeat(rows);
    list.pop();
    list
}

/// `(VALUES (?,?),(?,?))`
fn values(rows: usize, width: usize) -> String {
    let mut row = "?,".repeat(width);
    row.pop();
    let mut list = String::with_capacity(rows * (row.len() + 3) + 10);
    for at in 0..rows {
        // Writing to a String can't fail.
        let _ = write!(list, "{}({row})", if at == 0 { "" } else { "," });
    }
    format!("(VALUES {list})")
}

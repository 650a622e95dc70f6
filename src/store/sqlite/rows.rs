//! Writes as the rows they become. Encoded where they are asked for, so that the writer does not have to.

use std::time::Duration;

use iwf_model::{
    Awaited, Binding, CarrierId, Handed, Message, MessageId, Origin, PendingReceipt, Record, Step, Timestamp,
};

use crate::codec::{
    ReceiptProgress, encode_awaited, encode_binding, encode_handed, encode_message, encode_progress,
    encode_receipt, encode_receipt_progress, encode_record, encode_step, encode_steps, encode_unmatched,
};
use crate::write::{Postponed, Write};

/// One write, ready to be bound to a statement.
pub(super) enum Row {
    Accept(Accept),
    Change(Change),
    Postpone(Postpone),
    Hand(Hand),
    KeepUnmatched(KeepUnmatched),
    ForgetUnmatched(i64),
    Await(Await),
    Tell(Tell),
    Forget(i64),
    Finish(Finish, Option<Receipt>),
    Acknowledge(Acknowledge),
    PostponeReceipt(PostponeReceipt),
    CloseReceipt(CloseReceipt),
    Bind(Bind),
    Unbind { account: i64, contact: String },
}

pub(super) struct Accept {
    pub(super) id: i64,
    pub(super) recipient: i64,
    pub(super) expires_at: i64,
    pub(super) wake_at: i64,
    pub(super) body: Vec<u8>,
    pub(super) progress: Vec<u8>,
    pub(super) story: String,
    /// A start looks at it before others.
    pub(super) foremost: bool,
    /// The carrier and the day that it counts for.
    pub(super) counts: Option<(i64, i64)>,
}

/// What the progress of a message does not hold; a `Postpone` goes with it.
pub(super) struct Change {
    pub(super) id: i64,
    pub(super) expires_at: i64,
    pub(super) body: Vec<u8>,
}

pub(super) struct Postpone {
    pub(super) id: i64,
    pub(super) due_at: i64,
    pub(super) progress: Vec<u8>,
    pub(super) steps: String,
    /// Another system has it.
    pub(super) taken: bool,
}

pub(super) struct Hand {
    pub(super) carrier: i64,
    pub(super) name: String,
    pub(super) id: i64,
    pub(super) part: i64,
    pub(super) at: i64,
    pub(super) state: Option<i64>,
    pub(super) body: Vec<u8>,
    /// What is older may go.
    pub(super) forget: i64,
}

pub(super) struct KeepUnmatched {
    pub(super) id: i64,
    pub(super) carrier: i64,
    pub(super) body: Vec<u8>,
}

pub(super) struct Finish {
    pub(super) id: i64,
    pub(super) carrier: Option<i64>,
    pub(super) recipient: i64,
    pub(super) accepted_at: i64,
    pub(super) finished_at: i64,
    pub(super) state: i64,
    pub(super) body: Vec<u8>,
    pub(super) story: String,
}

pub(super) struct Await {
    pub(super) id: i64,
    pub(super) sent_as: i64,
    pub(super) expires_at: i64,
    pub(super) body: Vec<u8>,
    /// What has expired by then may go.
    pub(super) now: i64,
}

/// A notice, and the text that it tells of.
pub(super) struct Tell {
    pub(super) about: i64,
    /// It tells that the text was read.
    pub(super) is_read: bool,
    pub(super) notice: Accept,
}

pub(super) struct Acknowledge {
    /// The message that was read.
    pub(super) about: i64,
    /// What its carrier hears; of a text of an app a `Tell` says that.
    pub(super) receipt: Option<Receipt>,
    pub(super) steps: String,
}

pub(super) struct Receipt {
    pub(super) id: i64,
    pub(super) carrier: i64,
    pub(super) due_at: i64,
    pub(super) body: Vec<u8>,
    pub(super) progress: Vec<u8>,
}

pub(super) struct PostponeReceipt {
    pub(super) id: i64,
    pub(super) due_at: i64,
    pub(super) progress: Vec<u8>,
    pub(super) steps: String,
}

pub(super) struct CloseReceipt {
    pub(super) id: i64,
    pub(super) steps: String,
}

pub(super) struct Bind {
    pub(super) account: i64,
    pub(super) contact: String,
    pub(super) expires_at: i64,
    pub(super) body: Vec<u8>,
}

impl Row {
    /// How long it may wait for company: a carrier waits for its answer to an acceptance or a change; a receipt may wait a little, and what only
    /// tidies up somewhat longer. What is lost in a crash meanwhile is marked in doubt, as it would be without.
    pub(super) fn patience(&self) -> Duration {
        match self {
            Self::Accept(_) | Self::Change(_) => Duration::ZERO,
            Self::Await(_) | Self::Tell(_) | Self::Finish(..) | Self::Postpone(_) | Self::Acknowledge(_) => {
                Duration::from_millis(1)
            }
            // A system that told something waits for its answer.
            Self::KeepUnmatched(_) | Self::Hand(_) => Duration::from_millis(1),
            Self::Forget(_)
            | Self::ForgetUnmatched(_)
            | Self::PostponeReceipt(_)
            | Self::CloseReceipt(_)
            | Self::Bind(_)
            | Self::Unbind { .. } => Duration::from_millis(10),
        }
    }

    /// Whether it may be refused. All others tell what has happened.
    pub(super) fn is_accept(&self) -> bool {
        matches!(self, Self::Accept(_))
    }
}

pub(super) fn encode(batch: Vec<Write>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(batch.len());
    for write in batch {
        match &write {
            Write::Change(message, _) => rows.push(Row::Change(change(message))),
            Write::Tell(notice, Some(step)) => rows.push(Row::Acknowledge(read(about(notice), step))),
            _ => {}
        }
        rows.push(row(write));
    }
    rows
}

fn row(write: Write) -> Row {
    match write {
        Write::Accept(message) => Row::Accept(accept(&message)),
        Write::Change(message, steps) => {
            let (message, progress) = (message.id, message.progress);
            Row::Postpone(postpone(&Postponed { message, progress, steps }))
        }
        Write::Postpone(postponed) => Row::Postpone(postpone(&postponed)),
        Write::Finish(record, receipt) => Row::Finish(finish(&record), receipt.map(|it| self::receipt(&it))),
        Write::Hand { name, handed, forget } => Row::Hand(hand(name, &handed, forget)),
        Write::KeepUnmatched(it) => Row::KeepUnmatched(KeepUnmatched {
            id: it.id,
            carrier: it.carrier.0,
            body: encode_unmatched(&it),
        }),
        Write::ForgetUnmatched(id) => Row::ForgetUnmatched(id),
        Write::Await(awaited) => Row::Await(self::awaited(&awaited)),
        Write::Tell(notice, step) => Row::Tell(Tell {
            about: about(&notice).as_u64() as i64,
            is_read: step.is_some(),
            notice: Accept { counts: None, ..accept(&notice) },
        }),
        Write::Forget(notice) => Row::Forget(notice.as_u64() as i64),
        Write::Acknowledge(pending, step) => Row::Acknowledge(acknowledge(&pending, &step)),
        Write::PostponeReceipt { message, attempts, in_doubt, due_at, step } => {
            Row::PostponeReceipt(PostponeReceipt {
                id: message.as_u64() as i64,
                due_at: due_at.as_micros(),
                progress: encode_receipt_progress(ReceiptProgress { attempts, in_doubt }),
                steps: encode_step(&step),
            })
        }
        Write::CloseReceipt { message, steps } => {
            Row::CloseReceipt(CloseReceipt { id: message.as_u64() as i64, steps: encode_steps(&steps) })
        }
        Write::Bind(binding) => Row::Bind(bind(*binding)),
        Write::Unbind { account, key } => Row::Unbind { account: account.0, contact: key },
    }
}

fn accept(message: &Message) -> Accept {
    let counts = match message.submission.origin {
        Origin::Carrier(CarrierId(carrier)) => Some((carrier, message.accepted_at.day())),
        Origin::Account(_) => None,
    };
    let options = message.submission.options();
    Accept {
        id: message.id.as_u64() as i64,
        recipient: message.recipient.key(),
        expires_at: message.expires_at.as_micros(),
        wake_at: message.progress.due_at.min(message.expires_at).as_micros(),
        body: encode_message(message),
        progress: encode_progress(&message.progress),
        story: encode_steps(&message.story),
        foremost: options.part.is_some() || options.takes_a_place(),
        counts,
    }
}

fn change(message: &Message) -> Change {
    Change {
        id: message.id.as_u64() as i64,
        expires_at: message.expires_at.as_micros(),
        body: encode_message(message),
    }
}

fn postpone(postponed: &Postponed) -> Postpone {
    Postpone {
        id: postponed.message.as_u64() as i64,
        due_at: postponed.progress.due_at.as_micros(),
        progress: encode_progress(&postponed.progress),
        steps: encode_steps(&postponed.steps),
        taken: postponed.progress.taken.is_some(),
    }
}

fn hand(name: String, handed: &Handed, forget: Timestamp) -> Hand {
    Hand {
        carrier: handed.carrier.0,
        name,
        id: handed.messages.first().map_or(0, |id| id.as_u64() as i64),
        part: handed.part.into(),
        at: handed.at.as_micros(),
        state: handed.state.map(|state| state as i64),
        body: encode_handed(handed),
        forget: forget.as_micros(),
    }
}

fn finish(record: &Record) -> Finish {
    Finish {
        id: record.message.as_u64() as i64,
        carrier: match record.origin {
            Origin::Carrier(CarrierId(carrier)) => Some(carrier),
            Origin::Account(_) => None,
        },
        recipient: record.recipient.key(),
        accepted_at: record.accepted_at.as_micros(),
        finished_at: record.finished_at.as_micros(),
        state: record.state as i64,
        body: encode_record(record),
        story: encode_steps(&record.story),
    }
}

fn awaited(awaited: &Awaited) -> Await {
    Await {
        id: awaited.message.as_u64() as i64,
        sent_as: awaited.sent_as.as_u64() as i64,
        expires_at: awaited.until.as_micros(),
        body: encode_awaited(awaited),
        now: awaited.since.as_micros(),
    }
}

fn acknowledge(pending: &PendingReceipt, step: &Step) -> Acknowledge {
    let about = pending.receipt.acknowledges.unwrap_or(pending.receipt.message);
    Acknowledge { receipt: Some(receipt(pending)), ..read(about, step) }
}

fn read(about: MessageId, step: &Step) -> Acknowledge {
    Acknowledge { about: about.as_u64() as i64, receipt: None, steps: encode_step(step) }
}

/// The text that a notice tells of.
fn about(notice: &Message) -> MessageId {
    notice.notice().map_or(notice.id, |notice| notice.about)
}

fn receipt(pending: &PendingReceipt) -> Receipt {
    let progress = ReceiptProgress { attempts: pending.attempts, in_doubt: pending.in_doubt };
    Receipt {
        id: pending.receipt.message.as_u64() as i64,
        carrier: pending.receipt.carrier.0,
        due_at: pending.due_at.as_micros(),
        body: encode_receipt(&pending.receipt),
        progress: encode_receipt_progress(progress),
    }
}

fn bind(binding: Binding) -> Bind {
    Bind {
        account: binding.account.0,
        expires_at: binding.expires_at.as_micros(),
        body: encode_binding(&binding),
        contact: binding.key().into_owned(),
    }
}

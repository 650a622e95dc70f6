//! Binds the rows of a group to the parameters of its statements.

use sqlx::Arguments;
use sqlx::sqlite::SqliteArguments;

use super::group::Group;
use super::statements::{Kind, MOST};
use super::writer::Part;
use crate::error::StoreError;

/// The parameters of one text, in the order in which it names them.
struct Parameters<'a>(SqliteArguments<'a>);

type Bound = Result<(), StoreError>;

impl<'a> Parameters<'a> {
    fn new(capacity: usize) -> Self {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(capacity, 0);
        Self(arguments)
    }

    fn int(&mut self, value: i64) -> Bound {
        self.0.add(value).map_err(unbound)
    }

    fn maybe(&mut self, value: Option<i64>) -> Bound {
        self.0.add(value).map_err(unbound)
    }

    fn octets(&mut self, value: &'a [u8]) -> Bound {
        self.0.add(value).map_err(unbound)
    }

    fn text(&mut self, value: &'a str) -> Bound {
        self.0.add(value).map_err(unbound)
    }

    fn nulls(&mut self, count: usize) -> Bound {
        (0..count).try_for_each(|_| self.maybe(None))
    }
}

fn unbound(error: sqlx::error::BoxDynError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// The parts of the transaction that writes a group, in the order of a message's life.
pub(super) fn parts<'a>(group: &'a Group<'a>, run: i64) -> Result<Vec<Part<'a>>, StoreError> {
    let mut parts = Vec::new();
    accepts(group, run, &mut parts)?;
    for chunk in group.foremost.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 1);
        chunk.iter().try_for_each(|id| p.int(*id))?;
        parts.push((Kind::Foremost, rows, p.0));
    }
    for chunk in group.changes.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 3);
        for it in chunk {
            p.int(it.id)?;
            p.int(it.expires_at)?;
            p.octets(&it.body)?;
        }
        parts.push((Kind::Change, rows, p.0));
    }
    for chunk in group.postpones.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 5);
        p.int(run)?;
        for it in chunk {
            p.int(it.id)?;
            p.int(it.due_at)?;
            p.octets(it.progress)?;
            p.text(&it.steps)?;
            p.maybe(it.taken.then_some(1))?;
        }
        parts.push((Kind::Postpone, rows, p.0));
    }
    hands(group, &mut parts)?;
    awaits(group, &mut parts)?;
    tells(&group.tells, (Kind::Tell, run), &mut parts)?;
    finishes(group, run, &mut parts)?;
    tells(&group.tells_read, (Kind::TellRead, run), &mut parts)?;
    for chunk in group.forgets.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 1);
        chunk.iter().try_for_each(|id| p.int(*id))?;
        parts.push((Kind::Forget, rows, p.0));
    }
    acknowledges(group, run, &mut parts)?;
    receipts(group, run, &mut parts)?;
    bindings(group, &mut parts)?;
    Ok(parts)
}

/// Room for the rows of a chunk, filled up to a size that there is a text for.
fn begin<'a>(len: usize, width: usize) -> (Parameters<'a>, usize) {
    let rows = len.next_power_of_two();
    (Parameters::new(rows * width + 4), rows)
}

fn accepts<'a>(group: &'a Group<'a>, run: i64, parts: &mut Vec<Part<'a>>) -> Bound {
    let mut usage = group.usage.iter().map(|((carrier, day), count)| [*carrier, *day, *count]);
    for chunk in group.accepts.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 7);
        p.int(run)?;
        chunk.iter().try_for_each(|it| message(&mut p, it))?;
        p.nulls((rows - chunk.len()) * 7)?;
        // One count goes with the first rows: mostly there is no other.
        usage.next().into_iter().flatten().try_for_each(|value| p.int(value))?;
        parts.push((Kind::Accept, rows, p.0));
    }
    let usage: Vec<[i64; 3]> = usage.collect();
    for chunk in usage.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 3);
        chunk.iter().flatten().try_for_each(|value| p.int(*value))?;
        parts.push((Kind::Usage, rows, p.0));
    }
    Ok(())
}

fn message<'a>(p: &mut Parameters<'a>, it: &'a super::rows::Accept) -> Bound {
    p.int(it.id)?;
    p.int(it.recipient)?;
    p.int(it.expires_at)?;
    p.int(it.wake_at)?;
    p.octets(&it.body)?;
    p.octets(&it.progress)?;
    p.text(&it.story)
}

fn tells<'a>(tells: &[&'a super::rows::Tell], (kind, run): (Kind, i64), parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in tells.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 8);
        p.int(run)?;
        for it in chunk {
            message(&mut p, &it.notice)?;
            p.int(it.about)?;
        }
        p.nulls((rows - chunk.len()) * 8)?;
        parts.push((kind, rows, p.0));
    }
    Ok(())
}

fn awaits<'a>(group: &'a Group<'a>, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.awaits.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 4);
        for it in chunk {
            p.int(it.id)?;
            p.int(it.sent_as)?;
            p.int(it.expires_at)?;
            p.octets(&it.body)?;
        }
        p.nulls((rows - chunk.len()) * 4)?;
        p.maybe(chunk.iter().map(|it| it.now).max())?;
        parts.push((Kind::Await, rows, p.0));
    }
    Ok(())
}

fn hands<'a>(group: &'a Group<'a>, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.hands.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 7);
        for it in chunk {
            p.int(it.carrier)?;
            p.text(&it.name)?;
            p.int(it.id)?;
            p.int(it.part)?;
            p.int(it.at)?;
            p.maybe(it.state)?;
            p.octets(&it.body)?;
        }
        p.nulls((rows - chunk.len()) * 7)?;
        p.maybe(chunk.iter().map(|it| it.forget).max())?;
        parts.push((Kind::Hand, rows, p.0));
    }
    for chunk in group.unmatched.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 3);
        for it in chunk {
            p.int(it.id)?;
            p.int(it.carrier)?;
            p.octets(&it.body)?;
        }
        parts.push((Kind::KeepUnmatched, rows, p.0));
    }
    for chunk in group.matched.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 1);
        chunk.iter().try_for_each(|id| p.int(*id))?;
        parts.push((Kind::ForgetUnmatched, rows, p.0));
    }
    Ok(())
}

fn acknowledges<'a>(group: &'a Group<'a>, run: i64, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.acknowledges.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 6 + 2 + 1);
        p.int(run)?;
        for it in chunk {
            // An app is told by a notice of its own.
            let Some(receipt) = &it.receipt else {
                p.nulls(6)?;
                continue;
            };
            p.int(it.about)?;
            p.int(receipt.id)?;
            p.int(receipt.carrier)?;
            p.int(receipt.due_at)?;
            p.octets(&receipt.body)?;
            p.octets(&receipt.progress)?;
        }
        p.nulls((rows - chunk.len()) * 6)?;
        for it in chunk {
            p.int(it.about)?;
            p.text(&it.steps)?;
        }
        p.nulls((rows - chunk.len()) * 2)?;
        chunk.iter().try_for_each(|it| p.int(it.about))?;
        parts.push((Kind::Acknowledge, rows, p.0));
    }
    Ok(())
}

fn finishes<'a>(group: &'a Group<'a>, run: i64, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.finishes_told.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 8 + 5 + 1);
        chunk.iter().try_for_each(|(finish, _)| record(&mut p, finish))?;
        p.nulls((rows - chunk.len()) * 8)?;
        p.int(run)?;
        for (_, receipt) in chunk {
            p.int(receipt.id)?;
            p.int(receipt.carrier)?;
            p.int(receipt.due_at)?;
            p.octets(&receipt.body)?;
            p.octets(&receipt.progress)?;
        }
        p.nulls((rows - chunk.len()) * 5)?;
        chunk.iter().try_for_each(|(finish, _)| p.int(finish.id))?;
        parts.push((Kind::FinishTold, rows, p.0));
    }
    for chunk in group.finishes.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 8 + 1);
        chunk.iter().try_for_each(|finish| record(&mut p, finish))?;
        p.nulls((rows - chunk.len()) * 8)?;
        chunk.iter().try_for_each(|finish| p.int(finish.id))?;
        parts.push((Kind::Finish, rows, p.0));
    }
    Ok(())
}

fn record<'a>(p: &mut Parameters<'a>, finish: &'a super::rows::Finish) -> Bound {
    p.int(finish.id)?;
    p.maybe(finish.carrier)?;
    p.int(finish.recipient)?;
    p.int(finish.accepted_at)?;
    p.int(finish.finished_at)?;
    p.int(finish.state)?;
    p.octets(&finish.body)?;
    p.text(&finish.story)
}

fn receipts<'a>(group: &'a Group<'a>, run: i64, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.receipts.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 2 + 3);
        for it in chunk {
            p.int(it.id)?;
            p.text(&it.steps)?;
        }
        p.nulls((rows - chunk.len()) * 2)?;
        p.int(run)?;
        for it in chunk {
            p.int(it.id)?;
            p.int(it.due_at)?;
            p.octets(it.progress)?;
        }
        parts.push((Kind::PostponeReceipt, rows, p.0));
    }
    for chunk in group.closes.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 2 + 1);
        for it in chunk {
            p.int(it.id)?;
            p.text(&it.steps)?;
        }
        p.nulls((rows - chunk.len()) * 2)?;
        chunk.iter().try_for_each(|it| p.int(it.id))?;
        parts.push((Kind::CloseReceipt, rows, p.0));
    }
    Ok(())
}

fn bindings<'a>(group: &'a Group<'a>, parts: &mut Vec<Part<'a>>) -> Bound {
    for chunk in group.unbinds.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 2);
        for (account, contact) in chunk {
            p.int(*account)?;
            p.text(contact)?;
        }
        parts.push((Kind::Unbind, rows, p.0));
    }
    for chunk in group.binds.chunks(MOST) {
        let (mut p, rows) = begin(chunk.len(), 4);
        for it in chunk {
            p.int(it.account)?;
            p.text(&it.contact)?;
            p.int(it.expires_at)?;
            p.octets(&it.body)?;
        }
        parts.push((Kind::Bind, rows, p.0));
    }
    Ok(())
}

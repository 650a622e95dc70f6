//! Rows whose commit failed and that tell what has happened. A store that fails for hours hears the same said of
//! the same thing many times, so what is kept is merged: it grows with what we know, not with time.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::rows::Row;

/// The most steps that are kept for one message or receipt. What comes later is in its progress.
const MOST_STEPS: usize = 200;

/// What is kept, in the order in which it was first said.
#[derive(Default)]
pub(super) struct Kept {
    rows: VecDeque<Row>,
    /// The number of each row, counted from the first that was ever kept.
    places: HashMap<Key, u64>,
    /// How many rows have left.
    left: u64,
    /// The places behind which no batch goes on: what is written together was meant together.
    ends: BTreeSet<u64>,
}

/// What a row tells of.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Message(i64),
    Content(i64),
    Awaited(i64),
    Told(i64, bool),
    End(i64),
    Read(i64),
    Receipt(i64),
    ReceiptEnd(i64),
    Contact(i64, String),
    Handed(i64, String, i64, i64),
    Unmatched(i64),
    Matched(i64),
}

impl Kept {
    /// Keeps a row, unless it is an `Accept`; one that tells of the same is merged with it.
    ///
    /// The outcome is that of all rows, one after the other: of ends the first counts, of all else the last.
    pub(super) fn add(&mut self, row: Row) {
        let Some(key) = key(&row) else { return };
        let next = self.left + self.rows.len() as u64;
        let place = *self.places.entry(key).or_insert(next);
        match usize::try_from(place - self.left).ok().and_then(|at| self.rows.get_mut(at)) {
            Some(earlier) => merge(earlier, row),
            None => self.rows.push_back(row),
        }
    }

    /// Keeps the rows of a batch: they are written in one transaction, as if it had not failed.
    pub(super) fn add_batch(&mut self, rows: Vec<Row>) {
        rows.into_iter().for_each(|row| self.add(row));
        let end = self.left + self.rows.len() as u64;
        self.ends.insert(end);
    }

    /// How many of the first rows are the next transaction: so many as `limit`, and on to the end of a batch.
    pub(super) fn next(&self, limit: usize) -> usize {
        let wanted = self.left + limit.min(self.rows.len()) as u64;
        let end = self.ends.range(wanted..).next().copied();
        let count = end.and_then(|end| usize::try_from(end - self.left).ok());
        count.unwrap_or(self.rows.len()).min(self.rows.len())
    }

    /// Forgets the first rows: they are written.
    pub(super) fn remove(&mut self, count: usize) {
        for row in self.rows.drain(..count.min(self.rows.len())) {
            self.left += 1;
            if let Some(key) = key(&row) {
                self.places.remove(&key);
            }
        }
        self.ends = self.ends.split_off(&(self.left + 1));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn key(row: &Row) -> Option<Key> {
    Some(match row {
        Row::Accept(_) => return None,
        Row::Change(it) => Key::Content(it.id),
        Row::Postpone(it) => Key::Message(it.id),
        Row::Hand(it) => Key::Handed(it.carrier, it.name.clone(), it.id, it.part),
        Row::KeepUnmatched(it) => Key::Unmatched(it.id),
        Row::ForgetUnmatched(id) => Key::Matched(*id),
        Row::Await(it) => Key::Awaited(it.id),
        Row::Tell(it) => Key::Told(it.about, it.is_read),
        Row::Forget(id) => Key::End(*id),
        Row::Finish(it, _) => Key::End(it.id),
        Row::Acknowledge(it) => Key::Read(it.about),
        Row::PostponeReceipt(it) => Key::Receipt(it.id),
        Row::CloseReceipt(it) => Key::ReceiptEnd(it.id),
        Row::Bind(it) => Key::Contact(it.account, it.contact.clone()),
        Row::Unbind { account, contact } => Key::Contact(*account, contact.clone()),
    })
}

fn merge(earlier: &mut Row, later: Row) {
    match (earlier, later) {
        (Row::Postpone(earlier), Row::Postpone(later)) => {
            (earlier.due_at, earlier.progress) = (later.due_at, later.progress);
            earlier.taken = later.taken;
            append(&mut earlier.steps, &later.steps);
        }
        (Row::PostponeReceipt(earlier), Row::PostponeReceipt(later)) => {
            (earlier.due_at, earlier.progress) = (later.due_at, later.progress);
            append(&mut earlier.steps, &later.steps);
        }
        (earlier @ (Row::Change(_) | Row::Hand(_) | Row::Bind(_) | Row::Unbind { .. }), later) => {
            *earlier = later
        }
        // A second end changes nothing.
        _ => {}
    }
}

/// Steps are lines: as many are added as there is room for.
fn append(steps: &mut String, more: &str) {
    let room = MOST_STEPS.saturating_sub(steps.matches('\n').count());
    more.split_inclusive('\n').take(room).for_each(|line| steps.push_str(line));
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;
    use crate::Write;
    use crate::contract::sample;
    use iwf_model::{AccountId, StepKind};

    fn keep(kept: &mut Kept, write: Write) {
        rows::encode(vec![write]).into_iter().for_each(|row| kept.add(row));
    }

    fn postpone_receipt(number: u32, attempts: u16) -> Write {
        let step = sample::step(1, StepKind::ReceiptSent, &attempts.to_string());
        let due_at = sample::at(i64::from(attempts));
        Write::PostponeReceipt { message: sample::id(number), attempts, in_doubt: false, due_at, step }
    }

    #[test]
    fn what_is_said_again_takes_no_more_room() {
        let mut kept = Kept::default();
        for round in 0..1_000 {
            let contact = "sip:a@127.0.0.1";
            keep(&mut kept, Write::Bind(Box::new(sample::binding(AccountId(7), contact, round))));
            keep(&mut kept, postpone_receipt(1, round as u16));
            keep(&mut kept, sample::finish_told(1));
            keep(&mut kept, sample::accept(2));
        }
        assert_eq!((kept.len(), kept.places.len()), (3, 3));
        let steps = kept.iter().find_map(|row| match row {
            Row::PostponeReceipt(it) => Some((it.due_at, it.steps.matches('\n').count())),
            _ => None,
        });
        assert_eq!(steps, Some((sample::at(999).as_micros(), MOST_STEPS)));
    }

    #[test]
    fn a_batch_is_never_written_in_pieces() {
        let mut kept = Kept::default();
        for batch in [1..=3, 4..=6] {
            let rows = batch.flat_map(|number| rows::encode(vec![postpone_receipt(number, 1)])).collect();
            kept.add_batch(rows);
        }
        assert_eq!((kept.next(1), kept.next(3), kept.next(4), kept.next(99)), (3, 3, 6, 6));
        kept.remove(3);
        assert_eq!((kept.next(1), kept.next(99)), (3, 3));
        kept.remove(3);
        assert_eq!((kept.next(1), kept.ends.len()), (0, 0));
    }

    #[test]
    fn what_was_written_is_kept_anew_when_it_is_said_again() {
        let mut kept = Kept::default();
        (1..=4).for_each(|number| keep(&mut kept, postpone_receipt(number, 1)));
        kept.remove(2);
        (1..=4).for_each(|number| keep(&mut kept, postpone_receipt(number, 2)));
        let seen: Vec<_> = kept
            .iter()
            .map(|row| match row {
                Row::PostponeReceipt(it) => (it.id, it.steps.matches('\n').count()),
                _ => (0, 0),
            })
            .collect();
        let id = |number| sample::id(number).as_u64() as i64;
        assert_eq!(seen, [(id(3), 2), (id(4), 2), (id(1), 1), (id(2), 1)]);
        kept.remove(9);
        assert!(kept.is_empty() && kept.places.is_empty());
    }
}

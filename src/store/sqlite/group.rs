//! A transaction's worth of rows, put in order: by kind, so that each kind is one statement.
//!
//! The kinds run in the order of a message's life, and rows of one message keep their order within a kind, so
//! the outcome is that of the rows one by one.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::rows::{
    Accept, Acknowledge, Await, Bind, Change, CloseReceipt, Finish, Hand, KeepUnmatched, Receipt, Row, Tell,
};

/// Rows by kind.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub(super) accepts: Vec<&'a Accept>,
    /// Those of them that a start looks at before others.
    pub(super) foremost: Vec<i64>,
    /// How many are accepted, by carrier and day.
    pub(super) usage: BTreeMap<(i64, i64), i64>,
    pub(super) changes: Vec<&'a Change>,
    pub(super) postpones: Vec<Again<'a>>,
    pub(super) hands: Vec<&'a Hand>,
    pub(super) unmatched: Vec<&'a KeepUnmatched>,
    pub(super) matched: Vec<i64>,
    pub(super) awaits: Vec<&'a Await>,
    /// Of ends.
    pub(super) tells: Vec<&'a Tell>,
    /// Of readers.
    pub(super) tells_read: Vec<&'a Tell>,
    pub(super) forgets: Vec<i64>,
    pub(super) finishes: Vec<&'a Finish>,
    /// Those that owe a receipt.
    pub(super) finishes_told: Vec<(&'a Finish, &'a Receipt)>,
    pub(super) acknowledges: Vec<&'a Acknowledge>,
    pub(super) receipts: Vec<Again<'a>>,
    pub(super) closes: Vec<&'a CloseReceipt>,
    pub(super) binds: Vec<&'a Bind>,
    pub(super) unbinds: Vec<(i64, &'a str)>,
    seen: Seen<'a>,
}

/// A message or a receipt that waits again: what was last said of it, and all steps.
pub(super) struct Again<'a> {
    pub(super) id: i64,
    pub(super) due_at: i64,
    pub(super) progress: &'a [u8],
    pub(super) steps: Cow<'a, str>,
    /// Of a message: another system has it.
    pub(super) taken: bool,
}

/// Where an earlier row of the same message is, for the kinds that may come twice.
#[derive(Default)]
struct Seen<'a> {
    changes: HashMap<i64, usize>,
    postpones: HashMap<i64, usize>,
    hands: HashMap<(i64, &'a str, i64, i64), usize>,
    finishes: HashSet<i64>,
    told: HashSet<(i64, bool)>,
    read: HashSet<i64>,
    receipts: HashMap<i64, usize>,
    closes: HashSet<i64>,
    contacts: HashMap<(i64, &'a str), Option<&'a Bind>>,
}

impl<'a> Group<'a> {
    /// Puts rows, given in the order they were queued, in order.
    pub(super) fn of(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut group = Self::default();
        rows.for_each(|row| group.add(row));
        group.settle_contacts();
        group
    }

    fn add(&mut self, row: &'a Row) {
        match row {
            Row::Accept(accept) => {
                self.accepts.push(accept);
                if accept.foremost {
                    self.foremost.push(accept.id);
                }
                if let Some(key) = accept.counts {
                    *self.usage.entry(key).or_default() += 1;
                }
            }
            Row::Change(change) => self.change(change),
            Row::Postpone(it) => {
                let again = Again::new(it.id, it.due_at, &it.progress, &it.steps);
                Again { taken: it.taken, ..again }.join(&mut self.postpones, &mut self.seen.postpones);
            }
            Row::Finish(finish, receipt) => {
                if self.seen.finishes.insert(finish.id) {
                    match receipt {
                        Some(receipt) => self.finishes_told.push((finish, receipt)),
                        None => self.finishes.push(finish),
                    }
                }
            }
            Row::Tell(it) => {
                if self.seen.told.insert((it.about, it.is_read)) {
                    if it.is_read { &mut self.tells_read } else { &mut self.tells }.push(it);
                }
            }
            Row::Forget(id) => self.forgets.push(*id),
            Row::Hand(it) => self.hand(it),
            Row::KeepUnmatched(it) => self.unmatched.push(it),
            Row::ForgetUnmatched(id) => self.matched.push(*id),
            Row::Await(it) => self.awaits.push(it),
            Row::Acknowledge(it) => {
                if self.seen.read.insert(it.about) {
                    self.acknowledges.push(it);
                }
            }
            Row::PostponeReceipt(it) => {
                let again = Again::new(it.id, it.due_at, &it.progress, &it.steps);
                again.join(&mut self.receipts, &mut self.seen.receipts);
            }
            Row::CloseReceipt(close) => {
                if self.seen.closes.insert(close.id) {
                    self.closes.push(close);
                }
            }
            Row::Bind(bind) => {
                self.seen.contacts.insert((bind.account, &bind.contact), Some(bind));
            }
            Row::Unbind { account, contact } => {
                self.seen.contacts.insert((*account, contact), None);
            }
        }
    }

    /// Of a message that is changed twice the last word counts.
    fn change(&mut self, change: &'a Change) {
        let next = self.changes.len();
        match self.changes.get_mut(*self.seen.changes.entry(change.id).or_insert(next)) {
            Some(earlier) => *earlier = change,
            None => self.changes.push(change),
        }
    }

    /// Of a submit that was taken the last word counts.
    fn hand(&mut self, hand: &'a Hand) {
        let key = (hand.carrier, hand.name.as_str(), hand.id, hand.part);
        let next = self.hands.len();
        match self.hands.get_mut(*self.seen.hands.entry(key).or_insert(next)) {
            Some(earlier) => *earlier = hand,
            None => self.hands.push(hand),
        }
    }

    /// Of each contact the last word counts. Their order does not: each is a row of its own.
    fn settle_contacts(&mut self) {
        for ((account, contact), bind) in self.seen.contacts.drain() {
            match bind {
                Some(bind) => self.binds.push(bind),
                None => self.unbinds.push((account, contact)),
            }
        }
    }
}

impl<'a> Again<'a> {
    fn new(id: i64, due_at: i64, progress: &'a [u8], steps: &'a str) -> Self {
        Self { id, due_at, progress, steps: Cow::Borrowed(steps), taken: false }
    }

    /// Adds it, or lets it follow an earlier one of the same message.
    fn join(self, all: &mut Vec<Self>, seen: &mut HashMap<i64, usize>) {
        match seen.get(&self.id).and_then(|at| all.get_mut(*at)) {
            Some(earlier) => {
                earlier.due_at = self.due_at;
                earlier.progress = self.progress;
                earlier.taken = self.taken;
                earlier.steps.to_mut().push_str(&self.steps);
            }
            None => {
                seen.insert(self.id, all.len());
                all.push(self);
            }
        }
    }
}

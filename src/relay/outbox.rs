//! Receipts of one carrier that wait for a receiver: kept until they are acknowledged, told in order, and
//! marked when they may have been told twice.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use iwf_model::{MessageId, PendingReceipt, Receipt, ReceiptAnswer, StepKind, Timestamp};

/// The receipts of one carrier. Sessions of the carrier that may receive take from it as they have room.
#[derive(Debug)]
pub struct Outbox {
    ready: VecDeque<PendingReceipt>,
    later: BTreeMap<(Timestamp, MessageId), PendingReceipt>,
    under_way: BTreeMap<MessageId, PendingReceipt>,
    /// Every receipt in memory: the store may be read again while some of it is here.
    held: HashSet<MessageId>,
    most: usize,
    overflowed: bool,
}

/// What is to be written after a receipt was answered, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is done with: acknowledged, or given up.
    Closed(StepKind),
    /// It waits again.
    Postponed {
        /// How often it failed.
        attempts: u16,
        /// It may have been told.
        in_doubt: bool,
        /// Not before this.
        due_at: Timestamp,
    },
}

/// After the carrier said "later" (interworking.md E.1).
const LADDER: [u64; 5] = [30, 60, 300, 900, 3600];
/// A receipt that nobody took for so long is dropped (interworking.md A.17).
const LIFE: Duration = Duration::from_secs(72 * 3600);

impl Outbox {
    /// An empty outbox that keeps at most `most` receipts in memory.
    pub fn new(most: usize) -> Self {
        let (ready, later, under_way) = (VecDeque::new(), BTreeMap::new(), BTreeMap::new());
        Self { ready, later, under_way, held: HashSet::new(), most, overflowed: false }
    }

    /// Adds a receipt that is durable. When there is no room it stays in the store alone, and
    /// [`Outbox::wants_more`] asks for it later.
    pub fn push(&mut self, receipt: PendingReceipt, now: Timestamp) {
        if self.held.contains(&receipt.receipt.message) {
            return;
        }
        if !self.has_room() {
            self.overflowed = true;
            return;
        }
        self.held.insert(receipt.receipt.message);
        if receipt.due_at > now {
            self.later.insert((receipt.due_at, receipt.receipt.message), receipt);
        } else {
            self.ready.push_back(receipt);
        }
    }

    /// Whether there is room for more.
    pub fn has_room(&self) -> bool {
        self.len() < self.most
    }

    /// Whether receipts were left in the store that could be loaded now. Asking ends the wish.
    pub fn wants_more(&mut self) -> bool {
        let wants = self.overflowed && self.len() <= self.most / 2;
        if wants {
            self.overflowed = false;
        }
        wants
    }

    /// Hands up to `room` receipts to a session; each is under way until [`Outbox::answered`].
    pub fn take(&mut self, room: usize, now: Timestamp, out: &mut Vec<Receipt>) {
        self.wake(now);
        for _ in 0..room {
            let Some(pending) = self.ready.pop_front() else { return };
            out.push(pending.receipt.clone());
            self.under_way.insert(pending.receipt.message, pending);
        }
    }

    /// Takes back receipts that were handed out and not told; they keep their order and their place in front.
    pub fn put_back(&mut self, messages: &[MessageId]) {
        for message in messages.iter().rev() {
            if let Some(pending) = self.under_way.remove(message) {
                self.ready.push_front(pending);
            }
        }
    }

    /// The carrier answered a receipt, or its answer was lost with the session. `None`: it was not under way.
    pub fn answered(&mut self, message: MessageId, answer: ReceiptAnswer, now: Timestamp) -> Option<Settled> {
        let pending = self.under_way.remove(&message)?;
        let too_old = now.since(pending.receipt.done_at) > LIFE;
        let closed = match answer {
            ReceiptAnswer::Taken => StepKind::ReceiptAcknowledged,
            ReceiptAnswer::Later | ReceiptAnswer::Lost if !too_old => {
                return Some(self.postpone(pending, answer, now));
            }
            ReceiptAnswer::Refused | ReceiptAnswer::Later | ReceiptAnswer::Lost => StepKind::ReceiptDropped,
        };
        self.held.remove(&message);
        Some(Settled::Closed(closed))
    }

    fn postpone(&mut self, mut pending: PendingReceipt, answer: ReceiptAnswer, now: Timestamp) -> Settled {
        let message = pending.receipt.message;
        pending.attempts = pending.attempts.saturating_add(1);
        if answer == ReceiptAnswer::Lost {
            pending.in_doubt = true;
            pending.due_at = now;
        } else {
            let step = usize::from(pending.attempts - 1).min(LADDER.len() - 1);
            pending.due_at = now.after(Duration::from_secs(LADDER[step]));
        }
        let PendingReceipt { attempts, in_doubt, due_at, .. } = pending;
        if answer == ReceiptAnswer::Lost {
            self.ready.push_front(pending);
        } else {
            self.later.insert((due_at, message), pending);
        }
        Settled::Postponed { attempts, in_doubt, due_at }
    }

    /// Gives up what nobody took in time, and tells which. What is under way is left to its answer.
    pub fn expire(&mut self, now: Timestamp) -> Vec<MessageId> {
        let too_old = |pending: &PendingReceipt| now.since(pending.receipt.done_at) > LIFE;
        let ready = self.ready.iter().filter(|pending| too_old(pending));
        let later = self.later.values().filter(|pending| too_old(pending));
        let expired: Vec<MessageId> = ready.chain(later).map(|pending| pending.receipt.message).collect();
        if !expired.is_empty() {
            self.ready.retain(|pending| !too_old(pending));
            self.later.retain(|_, pending| !too_old(pending));
            expired.iter().for_each(|message| {
                self.held.remove(message);
            });
        }
        expired
    }

    /// When the first receipt that waits for its time is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.later.keys().next().map(|(due, _)| *due)
    }

    /// Whether a session with room would get something now.
    pub fn has_ready(&self, now: Timestamp) -> bool {
        !self.ready.is_empty() || self.next_due().is_some_and(|due| due <= now)
    }

    /// How many are in memory, under way included.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn wake(&mut self, now: Timestamp) {
        while let Some(entry) = self.later.first_entry() {
            if entry.key().0 > now {
                return;
            }
            self.ready.push_back(entry.remove());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, id};
    use iwf_model::{CarrierId, FinalState, Party};

    fn pending(counter: u32) -> PendingReceipt {
        let receipt = Receipt {
            message: id(counter),
            carrier: CarrierId(1),
            source: Party::default(),
            destination: Party::default(),
            state: FinalState::Delivered,
            error: 0,
            code: 200,
            submitted_at: NOW,
            done_at: NOW,
            reference: None,
        };
        PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: NOW }
    }

    fn take(outbox: &mut Outbox, room: usize, now: Timestamp) -> Vec<MessageId> {
        let mut out = Vec::new();
        outbox.take(room, now, &mut out);
        out.into_iter().map(|receipt| receipt.message).collect()
    }

    fn filled(count: u32) -> Outbox {
        let mut outbox = Outbox::new(100);
        (1..=count).for_each(|counter| outbox.push(pending(counter), NOW));
        outbox
    }

    #[test]
    fn receipts_leave_in_order_and_once() {
        let mut outbox = filled(3);
        assert_eq!(take(&mut outbox, 2, NOW), [id(1), id(2)]);
        assert_eq!(take(&mut outbox, 5, NOW), [id(3)]);
        assert_eq!(take(&mut outbox, 5, NOW), []);
        for counter in 1..=3 {
            let settled = outbox.answered(id(counter), ReceiptAnswer::Taken, NOW);
            assert_eq!(settled, Some(Settled::Closed(StepKind::ReceiptAcknowledged)));
        }
        assert_eq!(
            outbox.answered(id(1), ReceiptAnswer::Taken, NOW),
            None,
            "a second answer settles nothing"
        );
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_was_not_told_is_first_again_and_not_in_doubt() {
        let mut outbox = filled(3);
        take(&mut outbox, 2, NOW);
        outbox.put_back(&[id(1), id(2)]);
        let mut out = Vec::new();
        outbox.take(9, NOW, &mut out);
        assert_eq!(out.iter().map(|receipt| receipt.message).collect::<Vec<_>>(), [id(1), id(2), id(3)]);
    }

    #[test]
    fn an_answer_that_was_lost_puts_the_receipt_first_and_in_doubt() {
        let mut outbox = filled(2);
        take(&mut outbox, 1, NOW);
        let settled = outbox.answered(id(1), ReceiptAnswer::Lost, NOW);
        assert_eq!(settled, Some(Settled::Postponed { attempts: 1, in_doubt: true, due_at: NOW }));
        assert_eq!(take(&mut outbox, 9, NOW), [id(1), id(2)]);
    }

    #[test]
    fn later_means_later_and_ends_after_72_hours() {
        let mut outbox = filled(1);
        let mut now = NOW;
        let mut rounds = 0;
        loop {
            assert_eq!(take(&mut outbox, 1, now), [id(1)]);
            match outbox.answered(id(1), ReceiptAnswer::Later, now) {
                Some(Settled::Postponed { due_at, in_doubt: false, .. }) => {
                    assert!(!outbox.has_ready(now) && outbox.next_due() == Some(due_at));
                    now = due_at;
                }
                Some(Settled::Closed(StepKind::ReceiptDropped)) => break,
                other => panic!("{other:?}"),
            }
            rounds += 1;
        }
        assert!(now.since(NOW) > LIFE && rounds > 70);
    }

    #[test]
    fn what_nobody_takes_for_72_hours_is_given_up() {
        let mut outbox = filled(2);
        take(&mut outbox, 1, NOW);
        assert_eq!(outbox.expire(NOW.after(LIFE)), []);
        assert_eq!(outbox.expire(NOW.after(LIFE + Duration::from_secs(1))), [id(2)]);
        assert_eq!(outbox.len(), 1, "one is under way");
    }

    #[test]
    fn beyond_its_room_receipts_stay_in_the_store_and_are_asked_for() {
        let mut outbox = Outbox::new(2);
        (1..=3).for_each(|counter| outbox.push(pending(counter), NOW));
        outbox.push(pending(1), NOW);
        assert_eq!((outbox.len(), outbox.wants_more()), (2, false));
        take(&mut outbox, 1, NOW);
        outbox.answered(id(1), ReceiptAnswer::Taken, NOW);
        assert_eq!((outbox.wants_more(), outbox.wants_more()), (true, false));
    }
}

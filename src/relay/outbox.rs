//! Receipts of one carrier that wait for a receiver: kept until they are acknowledged, told in order, and
//! marked when they may have been told twice.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use iwf_model::{MessageId, Notification, PendingReceipt, Receipt, ReceiptAnswer, StepKind, Timestamp};

use crate::pending_flags::Alert;

/// The receipts of one carrier. Sessions of the carrier that may receive take from it as they have room.
#[derive(Debug)]
pub struct Outbox {
    /// Handed out and back again, by the turn in which they were handed out: before all others.
    returned: BTreeMap<u64, PendingReceipt>,
    ready: VecDeque<PendingReceipt>,
    later: BTreeMap<(Timestamp, MessageId), PendingReceipt>,
    under_way: BTreeMap<MessageId, (u64, PendingReceipt)>,
    next_turn: u64,
    /// Every receipt in memory: the store may be read again while some of it is here.
    held: HashSet<MessageId>,
    most: usize,
    /// Since when, or from when on, receipts that the store alone has are wanted.
    wanted_from: Option<Timestamp>,
    /// The store is being read, and these were closed since: it may show them as waiting still.
    refilling: bool,
    closed_meanwhile: HashSet<MessageId>,
    /// What is told by the way: in memory alone, before the receipt or not at all.
    notifications: VecDeque<Notification>,
    /// Likewise, and of no message.
    alerts: VecDeque<Alert>,
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
/// Notifications that wait for a receiver, and alerts likewise: they are news for a short time only.
const MOST_NOTIFICATIONS: usize = 1_000;

impl Outbox {
    /// An empty outbox that keeps at most `most` receipts in memory.
    pub fn new(most: usize) -> Self {
        Self {
            returned: BTreeMap::new(),
            ready: VecDeque::new(),
            later: BTreeMap::new(),
            under_way: BTreeMap::new(),
            next_turn: 0,
            held: HashSet::new(),
            most,
            wanted_from: None,
            refilling: false,
            closed_meanwhile: HashSet::new(),
            notifications: VecDeque::new(),
            alerts: VecDeque::new(),
        }
    }

    /// Adds a receipt that is durable. When there is no room it stays in the store alone, and
    /// [`Outbox::wants_more`] asks for it later.
    pub fn push(&mut self, receipt: PendingReceipt, now: Timestamp) {
        let message = receipt.receipt.message;
        if !self.notifications.is_empty() {
            self.notifications.retain(|waiting| waiting.message != message);
        }
        if self.held.contains(&message) || self.closed_meanwhile.contains(&message) {
            return;
        }
        if !self.has_room() {
            self.wanted_from.get_or_insert(now);
            return;
        }
        self.held.insert(message);
        if receipt.due_at > now {
            self.later.insert((receipt.due_at, message), receipt);
        } else {
            self.ready.push_back(receipt);
        }
    }

    /// Adds a notification; the oldest gives way when there are too many.
    pub fn notify(&mut self, notification: Notification) {
        if self.notifications.len() >= MOST_NOTIFICATIONS {
            self.notifications.pop_front();
        }
        self.notifications.push_back(notification);
    }

    /// Hands out up to `room` notifications, oldest first. To be asked before [`Outbox::take`], so that none comes
    /// after the receipt of its message.
    pub fn take_notifications(&mut self, room: usize, out: &mut Vec<Notification>) {
        let count = room.min(self.notifications.len());
        out.extend(self.notifications.drain(..count));
    }

    /// Adds an alert; the oldest gives way when there are too many.
    pub fn alert(&mut self, alert: Alert) {
        if self.alerts.len() >= MOST_NOTIFICATIONS {
            self.alerts.pop_front();
        }
        self.alerts.push_back(alert);
    }

    /// Hands out up to `room` alerts, oldest first.
    pub fn take_alerts(&mut self, room: usize, out: &mut Vec<Alert>) {
        let count = room.min(self.alerts.len());
        out.extend(self.alerts.drain(..count));
    }

    /// Whether there is room for more.
    pub fn has_room(&self) -> bool {
        self.len() < self.most
    }

    /// Whether receipts were left in the store that should be read now.
    pub fn wants_more(&self, now: Timestamp) -> bool {
        let wanted = self.wanted_from.is_some_and(|from| from <= now);
        wanted && !self.refilling && self.len() <= self.most / 2
    }

    /// The store is to be read and what it has pushed here: until [`Outbox::end_refill`] receipts that are
    /// closed are remembered. What was closed before must be durable when the read begins.
    /// False, and nothing begins, when a refill is under way.
    pub fn begin_refill(&mut self) -> bool {
        if self.refilling {
            return false;
        }
        (self.refilling, self.wanted_from) = (true, None);
        true
    }

    /// The read has ended; from when on more is wanted if it left something, for lack of room or by an error.
    pub fn end_refill(&mut self, more_from: Option<Timestamp>) {
        self.refilling = false;
        self.wanted_from = self.wanted_from.or(more_from);
        self.closed_meanwhile = HashSet::new();
    }

    /// Hands up to `room` receipts to a session; each is under way until [`Outbox::answered`].
    pub fn take(&mut self, room: usize, now: Timestamp, out: &mut Vec<Receipt>) {
        self.wake(now);
        for _ in 0..room {
            let returned = self.returned.pop_first().map(|(_, pending)| pending);
            let Some(pending) = returned.or_else(|| self.ready.pop_front()) else { return };
            out.push(pending.receipt.clone());
            self.under_way.insert(pending.receipt.message, (self.next_turn, pending));
            self.next_turn += 1;
        }
    }

    /// Takes back receipts that were handed out and not told; they keep their order and their place in front.
    pub fn put_back(&mut self, messages: &[MessageId]) {
        let taken_back = messages.iter().filter_map(|message| self.under_way.remove(message));
        self.returned.extend(taken_back);
    }

    /// The carrier answered a receipt, or its answer was lost with the session. `None`: it was not under way.
    pub fn answered(&mut self, message: MessageId, answer: ReceiptAnswer, now: Timestamp) -> Option<Settled> {
        let (turn, pending) = self.under_way.remove(&message)?;
        let too_old = now.since(pending.receipt.done_at) > LIFE;
        let closed = match answer {
            ReceiptAnswer::Taken => StepKind::ReceiptAcknowledged,
            ReceiptAnswer::Later | ReceiptAnswer::Lost if !too_old => {
                return Some(self.postpone(turn, pending, answer, now));
            }
            ReceiptAnswer::Refused | ReceiptAnswer::Later | ReceiptAnswer::Lost => StepKind::ReceiptDropped,
        };
        self.close(message);
        Some(Settled::Closed(closed))
    }

    /// We stop: what is under way may have been told. Each is in doubt from now on and stays under way, because
    /// its answer may still come.
    pub fn interrupt(&mut self, now: Timestamp) -> Vec<(MessageId, Settled)> {
        let doubted = |(message, (_, pending)): (&MessageId, &mut (u64, PendingReceipt))| {
            pending.attempts = pending.attempts.saturating_add(1);
            (pending.in_doubt, pending.due_at) = (true, now);
            let settled = Settled::Postponed { attempts: pending.attempts, in_doubt: true, due_at: now };
            (*message, settled)
        };
        self.under_way.iter_mut().map(doubted).collect()
    }

    fn close(&mut self, message: MessageId) {
        self.held.remove(&message);
        if self.refilling {
            self.closed_meanwhile.insert(message);
        }
    }

    fn postpone(
        &mut self,
        turn: u64,
        mut pending: PendingReceipt,
        answer: ReceiptAnswer,
        now: Timestamp,
    ) -> Settled {
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
            self.returned.insert(turn, pending);
        } else {
            self.later.insert((due_at, message), pending);
        }
        Settled::Postponed { attempts, in_doubt, due_at }
    }

    /// Gives up what nobody took in time, and tells which. What is under way is left to its answer.
    pub fn expire(&mut self, now: Timestamp) -> Vec<MessageId> {
        let too_old = |pending: &PendingReceipt| now.since(pending.receipt.done_at) > LIFE;
        let waiting = self.returned.values().chain(&self.ready).chain(self.later.values());
        let expired: Vec<MessageId> =
            waiting.filter(|pending| too_old(pending)).map(|pending| pending.receipt.message).collect();
        if !expired.is_empty() {
            self.returned.retain(|_, pending| !too_old(pending));
            self.ready.retain(|pending| !too_old(pending));
            self.later.retain(|_, pending| !too_old(pending));
            expired.iter().for_each(|message| self.close(*message));
        }
        expired
    }

    /// When the first receipt that waits for its time is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.later.keys().next().map(|(due, _)| *due)
    }

    /// Whether a session with room would get something now.
    pub fn has_ready(&self, now: Timestamp) -> bool {
        !self.returned.is_empty() || !self.ready.is_empty() || self.next_due().is_some_and(|due| due <= now)
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
            acknowledges: None,
            told_as: id(counter),
            carrier: CarrierId(1),
            source: Party::default(),
            destination: Party::default(),
            state: FinalState::Delivered,
            error: 0,
            code: 200,
            submitted_at: NOW,
            done_at: NOW,
            reference: None,
            service_type: String::new(),
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
    fn an_alert_is_handed_out_once_and_the_oldest_give_way() {
        let alert =
            |carrier| Alert { carrier: CarrierId(carrier), source: Party::default(), esme: Party::default() };
        let mut outbox = Outbox::new(1);
        (0..=MOST_NOTIFICATIONS as i64).for_each(|carrier| outbox.alert(alert(carrier)));
        let mut taken = Vec::new();
        outbox.take_alerts(2, &mut taken);
        assert_eq!(taken, [alert(1), alert(2)]);
        outbox.take_alerts(usize::MAX, &mut taken);
        assert_eq!(taken.len(), MOST_NOTIFICATIONS);
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
        assert_eq!((outbox.len(), outbox.wants_more(NOW)), (2, false));
        take(&mut outbox, 1, NOW);
        outbox.answered(id(1), ReceiptAnswer::Taken, NOW);
        assert!(outbox.wants_more(NOW));
    }

    #[test]
    fn what_is_closed_during_a_refill_is_not_taken_up_again() {
        let mut outbox = filled(2);
        assert!(outbox.begin_refill());
        take(&mut outbox, 1, NOW);
        outbox.answered(id(1), ReceiptAnswer::Taken, NOW);
        (1..=3).for_each(|counter| outbox.push(pending(counter), NOW));
        assert_eq!(take(&mut outbox, 9, NOW), [id(2), id(3)]);

        outbox.end_refill(None);
        outbox.push(pending(1), NOW);
        assert_eq!(take(&mut outbox, 9, NOW), [id(1)], "remembered no longer than needed");
    }

    #[test]
    fn one_refill_runs_at_a_time_and_a_wish_it_left_is_kept() {
        let mut outbox = Outbox::new(2);
        (1..=3).for_each(|counter| outbox.push(pending(counter), NOW));
        take(&mut outbox, 2, NOW);
        for counter in 1..=2 {
            outbox.answered(id(counter), ReceiptAnswer::Taken, NOW);
        }
        assert!(outbox.wants_more(NOW) && outbox.begin_refill());
        assert!(!outbox.wants_more(NOW) && !outbox.begin_refill());

        let soon = NOW.after(Duration::from_secs(1));
        outbox.end_refill(Some(soon));
        assert_eq!((outbox.wants_more(NOW), outbox.wants_more(soon)), (false, true));
        assert!(outbox.begin_refill());
        outbox.end_refill(None);
        assert!(!outbox.wants_more(soon));
    }

    #[test]
    fn a_notification_is_told_once_and_never_behind_the_receipt() {
        let mut outbox = Outbox::new(100);
        let notification = |counter| {
            let receipt = pending(counter).receipt;
            Notification {
                message: receipt.message,
                told_as: receipt.told_as,
                carrier: receipt.carrier,
                source: receipt.source,
                destination: receipt.destination,
                error: 27,
                code: 0,
                submitted_at: receipt.submitted_at,
                at: NOW,
                reference: None,
                service_type: receipt.service_type,
            }
        };
        (1..=3).for_each(|counter| outbox.notify(notification(counter)));
        let mut told = Vec::new();
        outbox.take_notifications(1, &mut told);
        outbox.push(pending(2), NOW);
        outbox.take_notifications(9, &mut told);
        outbox.take_notifications(9, &mut told);
        assert_eq!(told.iter().map(|told| told.message).collect::<Vec<_>>(), [id(1), id(3)]);
    }

    #[test]
    fn receipts_of_a_lost_session_keep_their_order() {
        let mut outbox = filled(5);
        take(&mut outbox, 4, NOW);
        outbox.put_back(&[id(4)]);
        for counter in 1..=3 {
            outbox.answered(id(counter), ReceiptAnswer::Lost, NOW);
        }
        assert_eq!(take(&mut outbox, 9, NOW), (1..=5).map(id).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_under_way_at_a_stop_is_in_doubt_and_may_still_be_answered() {
        let mut outbox = filled(3);
        take(&mut outbox, 2, NOW);
        let doubted = Settled::Postponed { attempts: 1, in_doubt: true, due_at: NOW };
        assert_eq!(outbox.interrupt(NOW), [(id(1), doubted), (id(2), doubted)]);
        let settled = outbox.answered(id(1), ReceiptAnswer::Taken, NOW);
        assert_eq!(settled, Some(Settled::Closed(StepKind::ReceiptAcknowledged)));
    }
}

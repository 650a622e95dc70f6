//! Every message that is held in memory: what is to be sent, what waits for its time, what waits for a device.
//!
//! The driver tells it what happened and carries out the [`Order`]s. Messages that wait for a device beyond
//! `most` are left to the store; [`Order::Load`] asks for them when their account registers.
//!
//! What origins do with messages that wait is in `operations`.

pub(crate) mod operations;

mod loads;
mod order;
mod parts;
mod places;
mod taken;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use iwf_model::{Cause, DeliveryState, Message, MessageId, Recipient, Timestamp};

use self::loads::Left;
pub use self::loads::Since;
pub use self::order::{At, AttemptEnd, Order, Reach};
use self::places::Places;
use crate::delivery::{Action, Delivery, Device, Event};
use crate::lanes::Lanes;

/// The messages in memory.
#[derive(Debug)]
pub struct Queue {
    entries: HashMap<MessageId, Entry>,
    /// Under which entry the parts of a joined text are, but for the one that gave it its name.
    parts: HashMap<MessageId, MessageId>,
    lanes: Lanes,
    timers: BTreeSet<(Timestamp, MessageId)>,
    waiting: BTreeMap<Recipient, BTreeSet<MessageId>>,
    waiting_count: usize,
    /// Recipients with waiting messages that only the store has.
    overflowed: BTreeSet<Recipient>,
    most_waiting: usize,
    /// When a device of each account registered last, or a receiver of each carrier bound.
    registered_at: HashMap<Recipient, Timestamp>,
    devices: Vec<Device>,
    places: Places,
    /// What ended: a read of the store that began before may show it as waiting still.
    ended: Left,
    /// What was read from the store and is here no more: it may be on its way still from its acceptance.
    read_before: Left,
}

#[derive(Debug)]
struct Entry {
    delivery: Delivery,
    timer: Option<Timestamp>,
    waits: bool,
    /// It was read from the store.
    was_read: bool,
    /// It is listed among those whose place may be taken.
    is_listed: bool,
}

impl Entry {
    fn new(message: Arc<Message>, was_read: bool) -> Self {
        Self { delivery: Delivery::new(message), timer: None, waits: false, was_read, is_listed: false }
    }
}

impl Queue {
    /// An empty queue that keeps at most `most_waiting` waiting messages in memory.
    pub fn new(most_waiting: usize) -> Self {
        Self {
            entries: HashMap::new(),
            parts: HashMap::new(),
            lanes: Lanes::default(),
            timers: BTreeSet::new(),
            waiting: BTreeMap::new(),
            waiting_count: 0,
            overflowed: BTreeSet::new(),
            most_waiting,
            registered_at: HashMap::new(),
            devices: Vec::new(),
            places: Places::default(),
            ended: Left::default(),
            read_before: Left::default(),
        }
    }

    /// Takes up a message that was just accepted, and is durable. One that was read from the store before it came
    /// here is left alone.
    pub fn insert(&mut self, message: Arc<Message>, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        if !self.entries.contains_key(&message.id) && !self.read_before.has(message.id) {
            self.take_up(Entry::new(message, false), reach, at, orders);
        }
    }

    /// Takes up a message that was read from the store. One that is here already, or ended since the read began, is
    /// left alone.
    pub fn insert_read(&mut self, message: Arc<Message>, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        if !self.knows(message.id) {
            self.take_up(Entry::new(message, true), reach, at, orders);
        }
    }

    fn take_up(&mut self, mut entry: Entry, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        let message = Arc::clone(entry.delivery.message());
        let id = message.id;
        if message.submission.options().takes_a_place() {
            let stored = self.supersede(&message, at, orders);
            if !stored.is_empty() {
                return orders.push(Order::Supersede(message, stored));
            }
        }
        let waited = message.progress.last;
        self.list_parts(&message);
        if self.places.is_taken(&message) {
            self.entries.insert(id, entry);
            self.recall(id, Cause::Replaced, at, orders);
            return;
        }
        if let Some((progress, steps)) = entry.delivery.joined_incomplete() {
            parts::postpone(&message, progress, steps, orders);
        }
        self.entries.insert(id, entry);
        self.try_now(id, reach, at, orders);
        if let Some(waited) = waited {
            self.flag_again(id, waited.cause, orders);
        }
    }

    /// A device of the account registered, or a receiver of the carrier bound: what waits for one is tried.
    pub fn registered(&mut self, recipient: Recipient, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        self.registered_at.insert(recipient, at.now);
        let ids: Vec<MessageId> = self.waiting.get(&recipient).into_iter().flatten().copied().collect();
        for id in ids {
            self.try_now(id, reach, at, orders);
        }
        if self.overflowed.remove(&recipient) {
            orders.push(Order::Load(recipient, None));
        }
    }

    /// An attempt ended.
    pub fn answered(
        &mut self,
        id: MessageId,
        end: AttemptEnd,
        reach: &dyn Reach,
        at: At,
        orders: &mut Vec<Order>,
    ) {
        let AttemptEnd { device, outcome, detail, via } = end;
        self.step(id, Event::Answered { device, outcome, detail, via }, at, orders);
        if self.came_back(id, at.now) {
            self.try_now(id, reach, at, orders);
        }
        self.leave_lane(device, orders);
    }

    /// Whether a message now waits for a device and one registered while it was attempted.
    fn came_back(&self, id: MessageId, now: Timestamp) -> bool {
        let delivery = self.entries.get(&id).map(|entry| &entry.delivery);
        delivery.is_some_and(|delivery| delivery.wakes_on_register(now) && self.registered_since(delivery))
    }

    /// Whether a device registered after the last round of attempts began.
    fn registered_since(&self, delivery: &Delivery) -> bool {
        let registered_at = self.registered_at.get(&delivery.message().recipient);
        registered_at.is_some_and(|moment| *moment > delivery.round_began())
    }

    /// Time has passed.
    pub fn tick(&mut self, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        while let Some((due, id)) = self.timers.first().copied() {
            if due > at.now {
                return;
            }
            self.timers.pop_first();
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.timer = None;
            if entry.delivery.state() == DeliveryState::Accepted {
                self.try_now(id, reach, at, orders);
            } else {
                self.step(id, Event::Tick, at, orders);
            }
        }
    }

    /// We stop, and an attempt of this message has no answer yet: writes that it may have arrived.
    pub fn interrupt(&mut self, id: MessageId, now: Timestamp, orders: &mut Vec<Order>) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if let Some((progress, steps)) = entry.delivery.interrupt(now) {
            parts::postpone(entry.delivery.message(), progress, steps, orders);
        }
    }

    /// When [`Queue::tick`] is next wanted.
    pub fn next_tick(&self) -> Option<Timestamp> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// How many messages are in memory, and how many of them wait.
    pub fn counts(&self) -> (usize, usize) {
        (self.entries.len(), self.waiting_count)
    }

    fn try_now(&mut self, id: MessageId, reach: &dyn Reach, at: At, orders: &mut Vec<Order>) {
        let Some(entry) = self.entries.get(&id) else { return };
        let mut devices = std::mem::take(&mut self.devices);
        devices.clear();
        reach.devices(entry.delivery.message(), &mut devices);
        let woken = entry.delivery.wakes_on_register(at.now) && !devices.is_empty();
        let event =
            if woken || entry.delivery.is_due(at.now) { Event::Reachable(&devices) } else { Event::Tick };
        self.step(id, event, at, orders);
        self.devices = devices;
    }

    fn step(&mut self, id: MessageId, event: Event<'_>, at: At, orders: &mut Vec<Order>) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let recipient = entry.delivery.message().recipient;
        let was_taken = entry.delivery.state() == DeliveryState::Taken;
        let transaction = entry.delivery.is_transaction().then(|| Arc::clone(entry.delivery.message()));
        let mixed = at.random ^ (id.as_u64() as u32).wrapping_mul(0x9E37_79B9);
        for action in entry.delivery.on(event, mixed, at.now) {
            match action {
                Action::Attempt(device) => {
                    if self.lanes.enter(device, id) {
                        self.run_lane(id, device, orders);
                    }
                }
                Action::Postpone(progress, steps) => {
                    if let Some(entry) = self.entries.get(&id) {
                        parts::postpone(entry.delivery.message(), progress, steps, orders);
                    }
                }
                Action::Take(progress, steps) => {
                    if let Some(entry) = self.entries.get(&id) {
                        let messages = parts::all(entry.delivery.message()).map(|message| message.id);
                        orders.push(Order::Take(messages.collect(), recipient, progress, steps));
                    }
                }
                Action::Change(message, steps) => orders.push(Order::Change(message, steps)),
                Action::Notify(notification) => orders.push(Order::Notify(notification)),
                Action::Flag(account, alert) => orders.push(Order::Flag(account, alert)),
                // Nothing of a transaction is kept but its record.
                Action::Await(_) if transaction.is_some() => {}
                Action::Await(awaited) => orders.push(Order::Await(awaited)),
                Action::Tell(notice) => orders.push(Order::Tell(notice)),
                Action::Forget(notice, cause) => orders.push(Order::Forget(recipient, notice, cause)),
                Action::Finish(record, receipt) => orders.push(match &transaction {
                    Some(message) => Order::Conclude(Arc::clone(message), record),
                    None if was_taken => Order::Confirm(record, receipt),
                    None => Order::Finish(record, receipt),
                }),
            }
        }
        self.settle(id, recipient, at.now);
    }

    /// Sends the message at the head of a lane, passing over those that are over.
    fn run_lane(&mut self, head: MessageId, device: Device, orders: &mut Vec<Order>) {
        let mut head = Some(head);
        while let Some(id) = head {
            if let Some(entry) = self.entries.get_mut(&id)
                && entry.delivery.begin(device)
            {
                let (message, number) =
                    (Arc::clone(entry.delivery.message()), entry.delivery.attempt_number());
                orders.push(Order::Send { message, device, number });
                return;
            }
            head = self.lanes.leave(device);
        }
    }

    fn leave_lane(&mut self, device: Device, orders: &mut Vec<Order>) {
        if let Some(next) = self.lanes.leave(device) {
            self.run_lane(next, device, orders);
        }
    }

    /// Brings indexes and timer in line with the state the message is in now.
    fn settle(&mut self, id: MessageId, recipient: Recipient, now: Timestamp) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if !entry.is_listed && entry.delivery.is_at_rest() && !entry.delivery.is_transaction() {
            entry.is_listed = true;
            self.places.list(entry.delivery.message());
        }
        match entry.delivery.state() {
            DeliveryState::Delivered | DeliveryState::Failed => {
                // What memory had no room for may have been listed before.
                if entry.is_listed || entry.was_read || !entry.delivery.message().parts.is_empty() {
                    self.places.unlist(entry.delivery.message());
                }
                parts::all(entry.delivery.message()).for_each(|message| self.ended.note(message.id));
                self.forget(id, recipient);
            }
            // The store alone has it until its end is told.
            DeliveryState::Taken => {
                self.places.unlist(entry.delivery.message());
                parts::all(entry.delivery.message()).for_each(|message| self.ended.note(message.id));
                self.forget(id, recipient);
            }
            DeliveryState::Accepted if self.is_too_much(id, now) => {
                self.forget(id, recipient);
                self.overflowed.insert(recipient);
            }
            DeliveryState::Accepted => {
                self.set_waiting(id, recipient, true);
                self.rearm(id, now);
            }
            DeliveryState::Attempting => {
                self.set_waiting(id, recipient, false);
                self.rearm(id, now);
            }
        }
    }

    /// Waiting messages beyond the limit are left to the store, unless their time is near.
    fn is_too_much(&self, id: MessageId, now: Timestamp) -> bool {
        let entry = self.entries.get(&id);
        let idle = entry.is_some_and(|entry| {
            let absent = entry.delivery.wakes_on_register(now) && !self.registered_since(&entry.delivery);
            !entry.waits && (absent || entry.delivery.is_held(now))
        });
        idle && self.is_full()
    }

    fn set_waiting(&mut self, id: MessageId, recipient: Recipient, waits: bool) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.waits == waits {
            return;
        }
        entry.waits = waits;
        if waits {
            self.waiting.entry(recipient).or_default().insert(id);
            self.waiting_count += 1;
        } else {
            self.unlist(id, recipient);
        }
    }

    fn unlist(&mut self, id: MessageId, recipient: Recipient) {
        let Some(ids) = self.waiting.get_mut(&recipient) else { return };
        if ids.remove(&id) {
            self.waiting_count -= 1;
        }
        if ids.is_empty() {
            self.waiting.remove(&recipient);
        }
    }

    /// A message under way needs no timer: its SIP transaction has one. All others do.
    fn rearm(&mut self, id: MessageId, now: Timestamp) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let wanted = match entry.delivery.wake_at() {
            _ if entry.delivery.is_left_to_its_end() => None,
            Timestamp::MAX => None,
            // What could not be done when it was due is not tried in a loop.
            moment => Some(moment.max(now.after(std::time::Duration::from_millis(10)))),
        };
        if entry.timer == wanted {
            return;
        }
        if let Some(armed) = entry.timer.take() {
            self.timers.remove(&(armed, id));
        }
        entry.timer = wanted;
        if let Some(moment) = wanted {
            self.timers.insert((moment, id));
        }
    }

    fn forget(&mut self, id: MessageId, recipient: Recipient) {
        if let Some(Entry { delivery, timer, waits, was_read, .. }) = self.entries.remove(&id) {
            self.unlist_parts(delivery.message());
            if was_read {
                self.read_before.note(id);
            }
            if let Some(armed) = timer {
                self.timers.remove(&(armed, id));
            }
            if waits {
                self.unlist(id, recipient);
            }
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;

//! What origins do with messages that wait: take them back, change them, put others in their place.
//!
//! Whoever asks is believed only about messages of its own (interworking.md A.4): those of others do not exist.

use std::sync::Arc;

use iwf_model::{
    Address, Cancel, Cause, Denial, Message, MessageId, MessageState, Mode, Origin, Outcome, Query, Record,
    Replace, Schedule, Standing, Timestamp, Which,
};

use super::places::is_replaced;
use super::{At, Entry, Order, Queue, Reach};
use crate::admission::{Limits, expiry};
use crate::delivery::Event;

impl Queue {
    /// Takes a message back: it ends as cancelled; of a joined text all parts do. `None` when it is not in memory: the store has to be asked.
    pub fn cancel(
        &mut self,
        id: MessageId,
        asker: (Origin, &Address),
        at: At,
        orders: &mut Vec<Order>,
    ) -> Option<Result<(), Denial>> {
        let entry = self.entry_of(id)?;
        if !is_of(self.entries.get(&entry)?.delivery.message(), asker) {
            return Some(Err(Denial::Unknown));
        }
        Some(self.recall(entry, Cause::Cancelled, at, orders).then_some(()).ok_or(Denial::TooLate))
    }

    /// The same for a message that was read from the store.
    pub fn cancel_stored(
        &mut self,
        message: Arc<Message>,
        asker: (Origin, &Address),
        at: At,
        orders: &mut Vec<Order>,
    ) -> Result<(), Denial> {
        if let Some(answer) = self.cancel(message.id, asker, at, orders) {
            return answer;
        }
        if !is_of(&message, asker) {
            return Err(Denial::Unknown);
        }
        // The other parts of its text would come without it.
        if message.submission.options().part.is_some() {
            return Err(Denial::TooLate);
        }
        self.recall_stored(message, Cause::Cancelled, at, orders).then_some(()).ok_or(Denial::TooLate)
    }

    /// Gives a message another text and other terms, and tries it when it is due. `None` when it is not in memory.
    pub fn replace(
        &mut self,
        (replace, limits): (&Replace, &Limits),
        reach: &dyn Reach,
        at: At,
        orders: &mut Vec<Order>,
    ) -> Option<Result<(), Denial>> {
        let delivery = &self.entries.get(&self.entry_of(replace.message)?)?.delivery;
        let message = match replacement(delivery.message(), replace, limits, at.now) {
            Ok(message) if delivery.is_at_rest() => message,
            Ok(_) => return Some(Err(Denial::TooLate)),
            Err(denial) => return Some(Err(denial)),
        };
        let id = message.id;
        self.step(id, Event::Changed(Box::new(message)), at, orders);
        self.try_now(id, reach, at, orders);
        Some(Ok(()))
    }

    /// The same for a message that was read from the store. It stays in memory: what is still on its way from its
    /// acceptance has the old text.
    pub fn replace_stored(
        &mut self,
        message: Arc<Message>,
        (replace, limits): (&Replace, &Limits),
        reach: &dyn Reach,
        at: At,
        orders: &mut Vec<Order>,
    ) -> Result<(), Denial> {
        let (id, recipient) = (message.id, message.recipient);
        if self.entry_of(id).is_none() {
            replacement(&message, replace, limits, at.now)?;
            if self.ended.has(id) {
                return Err(Denial::TooLate);
            }
            self.entries.insert(id, Entry::new(message, true));
            self.set_waiting(id, recipient, true);
        }
        self.replace((replace, limits), reach, at, orders).unwrap_or(Err(Denial::TooLate))
    }

    /// How the text stands that a part is in; `None` when it is not in memory.
    pub fn standing_of_text(&self, part: MessageId, now: Timestamp) -> Option<Standing> {
        let delivery = &self.entries.get(&self.entry_of(part)?)?.delivery;
        Some(on_its_way(delivery.is_held(now), delivery.last_failure()))
    }

    /// Ends a message that is in memory, unless an attempt is under way; tells whether it did.
    pub(super) fn recall(&mut self, id: MessageId, cause: Cause, at: At, orders: &mut Vec<Order>) -> bool {
        let at_rest = self.entries.get(&id).is_some_and(|entry| entry.delivery.is_at_rest());
        if at_rest {
            self.step(id, Event::Recalled(cause), at, orders);
        }
        at_rest
    }

    /// Ends a message that the store alone has; tells whether it did.
    fn recall_stored(
        &mut self,
        message: Arc<Message>,
        cause: Cause,
        at: At,
        orders: &mut Vec<Order>,
    ) -> bool {
        let id = message.id;
        if self.ended.has(id) {
            return false;
        }
        self.entries.insert(id, Entry::new(message, true));
        self.recall(id, cause, at, orders)
    }

    /// Ends what is at rest in memory and is replaced by `newer`; gives what the store alone has.
    pub(super) fn supersede(
        &mut self,
        newer: &Arc<Message>,
        at: At,
        orders: &mut Vec<Order>,
    ) -> Vec<MessageId> {
        self.places.note_taker(newer);
        let mut stored = Vec::new();
        for id in self.places.before(newer) {
            match self.entries.get(&id) {
                Some(entry) if is_replaced(entry.delivery.message(), newer) => {
                    self.recall(id, Cause::Replaced, at, orders);
                }
                Some(_) => {}
                None => {
                    self.places.take(id, newer);
                    stored.push(id);
                }
            }
        }
        stored
    }

    /// Ends a message that was read from the store, if `newer` takes its place.
    pub fn supersede_stored(
        &mut self,
        older: Arc<Message>,
        newer: &Message,
        at: At,
        orders: &mut Vec<Order>,
    ) {
        if !is_replaced(&older, newer) {
            return;
        }
        if let Some(entry) = self.entry_of(older.id) {
            self.recall(entry, Cause::Replaced, at, orders);
        } else if older.submission.options().part.is_none() {
            // A part is held with others, and ends with them.
            self.recall_stored(older, Cause::Replaced, at, orders);
        }
    }
}

/// Whether a message is one of those that a request without an id means (SMPP 5.0 4.5.1).
pub fn concerns(cancel: &Cancel, message: &Message) -> bool {
    let Which::All { destination, service_type } = &cancel.which else { return false };
    let submission = &message.submission;
    let service = &submission.options().service_type;
    is_of(message, (cancel.origin, &cancel.source))
        && submission.destination == *destination
        && (service_type.is_empty() || service_type == service)
}

/// How a message stands, from what is remembered of it (query_sm, SMPP 5.0 4.5.2).
pub fn standing(
    query: &Query,
    message: Option<&Message>,
    record: Option<&Record>,
    now: Timestamp,
) -> Result<Standing, Denial> {
    let asker = (query.origin, &query.source);
    if let Some(message) = message.filter(|message| is_of(message, asker)) {
        let is_held = message.submission.options().schedule.is_some_and(|schedule| schedule > now);
        return Ok(on_its_way(is_held, message.progress.last));
    }
    let record = record.filter(|record| was_of(record, asker)).ok_or(Denial::Unknown)?;
    let (state, ended_at) = (MessageState::Final(record.state), Some(record.finished_at));
    Ok(Standing { state, ended_at, error: record.reason.error() })
}

fn on_its_way(is_held: bool, last: Option<Outcome>) -> Standing {
    let state = if is_held { MessageState::Scheduled } else { MessageState::Enroute };
    Standing { state, ended_at: None, error: last.map_or(0, |last| last.cause.error()) }
}

/// The answer to a request to cancel what has ended: done, if it was cancelled before.
pub fn cancelled_before(record: Option<&Record>, asker: (Origin, &Address)) -> Result<(), Denial> {
    let record = record.filter(|record| was_of(record, asker)).ok_or(Denial::Unknown)?;
    (record.cause == Cause::Cancelled).then_some(()).ok_or(Denial::TooLate)
}

fn was_of(record: &Record, (origin, source): (Origin, &Address)) -> bool {
    record.origin == origin && record.source == source.to_string()
}

pub(super) fn is_of(message: &Message, (origin, source): (Origin, &Address)) -> bool {
    message.submission.origin == origin && message.submission.source == *source
}

/// What a message becomes. A part is not changed: the text is not its own.
fn replacement(
    message: &Message,
    replace: &Replace,
    limits: &Limits,
    now: Timestamp,
) -> Result<Message, Denial> {
    if !is_of(message, (replace.origin, &replace.source)) {
        return Err(Denial::Unknown);
    }
    let options = message.submission.options();
    if options.part.is_some() || !message.parts.is_empty() || options.mode != Mode::StoreAndForward {
        return Err(Denial::TooLate);
    }
    let schedule = match replace.schedule {
        None => options.schedule,
        Some(Schedule::Now) => None,
        Some(Schedule::At(moment)) => Some(moment),
    };
    let due_at = schedule.map_or(now, |schedule| schedule.max(now));
    let expires_at = match replace.validity {
        None => Some(message.expires_at).filter(|expires_at| *expires_at > due_at),
        Some(validity) => expiry(validity, limits, now, due_at),
    };
    let mut message = Message {
        expires_at: expires_at.ok_or(Denial::AlreadyExpired)?,
        submission: message.submission.clone(),
        story: Vec::new(),
        parts: Vec::new(),
        ..*message
    };
    let submission = &mut message.submission;
    submission.text.clone_from(&replace.text);
    submission.receipt = replace.receipt;
    if schedule.is_some() || submission.options.is_some() {
        submission.options.get_or_insert_default().schedule = schedule;
    }
    Ok(message)
}

#[cfg(test)]
mod tests;

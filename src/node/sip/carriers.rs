//! The way out to carriers: orders of the queue are given to their binds, which tell how it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use iwf_model::{CarrierId, Cause, ConnectionId, Handed, Message, MessageId, Now, Outcome, Recipient};
use iwf_relay::{AttemptEnd, Device, nobody_there, upstream};
use iwf_store::Write;

use super::driver::Driver;
use crate::texts::{FromCarriers, Taker, TextEnd};

/// A text that was given to binds.
#[derive(Debug)]
pub(super) struct Given {
    message: Arc<Message>,
    /// Its lane.
    pub(super) device: Device,
    /// Over which connection, if over one.
    pub(super) via: Option<ConnectionId>,
}

impl Driver {
    /// Gives a text to the receivers of a carrier.
    pub(super) fn give(&mut self, message: &Arc<Message>, carrier: CarrierId, device: Device, now: Now) {
        let given = self.shared.receipts.give(carrier, message);
        self.note_given(given, Given { message: Arc::clone(message), device, via: None }, now);
    }

    /// Gives a text to the connection that its lane is of: to our binds there, or to the receivers that its carrier has
    /// bound to us.
    pub(super) fn give_routed(&mut self, message: &Arc<Message>, device: Device, now: Now) {
        let way = self.shared.reach.way(message, device);
        let via = way.as_ref().map(|way| way.connection);
        let given = way.is_some_and(|way| {
            self.shared.connections.give(way.connection, message)
                || way.receivers.is_some_and(|carrier| self.shared.receipts.give(carrier, message))
        });
        self.note_given(given, Given { message: Arc::clone(message), device, via }, now);
    }

    fn note_given(&mut self, is_given: bool, given: Given, now: Now) {
        if is_given {
            self.given.insert(given.message.id, given);
            return;
        }
        let Given { message, device, via } = given;
        let outcome = Outcome::new(Cause::Offline, 0);
        let detail = nobody_there(message.recipient).to_owned();
        self.end_text(message.id, AttemptEnd { device, outcome, detail, via }, now);
    }

    /// Takes what the binds told meanwhile.
    pub(super) fn take_from_carriers(&mut self, now: Now) {
        let mut news = std::mem::take(&mut self.news);
        self.shared.from_carriers.take(&mut news);
        for told in news.drain(..) {
            self.handle_carrier(told, now);
        }
        self.news = news;
    }

    fn handle_carrier(&mut self, told: FromCarriers, now: Now) {
        match told {
            FromCarriers::Bound(taker) => {
                let waiting = self.shared.reach.waiting_for(taker);
                let rerouted = self.rerouted.iter().copied().filter(|recipient| !waiting.contains(recipient));
                let all = waiting.iter().copied().chain(rerouted).collect();
                self.try_waiting(all, now);
            }
            // What waits under a route may be for another one now: it is woken by whatever connection comes.
            FromCarriers::Rerouted => {
                self.rerouted = self.queue.waiting_routes().collect();
                self.try_waiting(self.rerouted.iter().copied().collect(), now);
            }
            FromCarriers::Ended(taker, TextEnd { message, outcome, detail, names }) => {
                if let Some(given) = self.given.remove(&message) {
                    self.hand(&given.message, taker, names, now);
                    let Given { device, via, .. } = given;
                    self.end_text(message, AttemptEnd { device, outcome, detail, via }, now);
                }
            }
        }
    }

    /// Remembers what those who took the parts of a text call them: their receipts name them so.
    fn hand(&mut self, message: &Message, taker: Taker, names: Vec<Option<Box<str>>>, now: Now) {
        let carrier = match taker {
            Taker::Carrier(carrier) => Some(carrier),
            Taker::Connection(connection) => self.shared.reach.carrier_of(connection),
        };
        let (Some(carrier), parts) = (carrier, names.len() as u8) else { return };
        let ids = |message: &Message| message.parts.iter().map(|part| part.id).collect::<Vec<_>>();
        let messages = if message.parts.is_empty() { vec![message.id] } else { ids(message) };
        for (part, name) in (1..=u8::MAX).zip(names) {
            let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
            let destination = message.submission.destination;
            let (key, messages, at) = (upstream::key(&name), messages.clone(), now.utc);
            let handed = Handed { carrier, name, messages, part, parts, destination, at, state: None };
            let forget = upstream::forgotten_before(now.utc);
            self.writes.push(Write::Hand { name: key, handed: Box::new(handed), forget });
        }
    }

    fn try_waiting(&mut self, recipients: Vec<Recipient>, now: Now) {
        let at = self.at(now);
        for recipient in recipients {
            self.queue.registered(recipient, &*self.shared.reach, at, &mut self.orders);
        }
    }

    fn end_text(&mut self, message: MessageId, end: AttemptEnd, now: Now) {
        self.shared.metrics.texts.of(end.outcome.cause).increment(1);
        self.end_attempt(message, end, now);
    }

    /// We stop: the texts that a bind has taken and not answered. Those that none has taken were not sent.
    pub(super) fn given_in_doubt(&mut self) -> impl Iterator<Item = MessageId> + use<> {
        let mut given: BTreeMap<MessageId, Given> = std::mem::take(&mut self.given);
        let (receipts, connections) = (&self.shared.receipts, &self.shared.connections);
        for message in receipts.withdraw_texts().into_iter().chain(connections.withdraw_texts()) {
            given.remove(&message);
        }
        given.into_keys()
    }
}

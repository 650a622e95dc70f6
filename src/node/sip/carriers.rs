//! The way out to carriers: orders of the queue are given to their binds, which tell how it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use iwf_model::{CarrierId, Cause, Message, MessageId, Now, Outcome, Recipient};
use iwf_relay::{AttemptEnd, Device, nobody_there};

use super::driver::Driver;
use crate::texts::{FromCarriers, TextEnd};

impl Driver {
    /// Gives a text to the receivers of a carrier.
    pub(super) fn give(&mut self, message: &Arc<Message>, carrier: CarrierId, device: Device, now: Now) {
        if self.shared.receipts.give(carrier, message) {
            self.given.insert(message.id, device);
            return;
        }
        let outcome = Outcome::new(Cause::Offline, 0);
        let detail = nobody_there(message.recipient).to_owned();
        self.end_text(message.id, AttemptEnd { device, outcome, detail }, now);
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
            FromCarriers::Bound(carrier) => {
                let at = self.at(now);
                let recipient = Recipient::Carrier(carrier);
                self.queue.registered(recipient, &*self.shared.reach, at, &mut self.orders);
            }
            FromCarriers::Ended(TextEnd { message, outcome, detail }) => {
                if let Some(device) = self.given.remove(&message) {
                    self.end_text(message, AttemptEnd { device, outcome, detail }, now);
                }
            }
        }
    }

    fn end_text(&mut self, message: MessageId, end: AttemptEnd, now: Now) {
        self.shared.metrics.texts.of(end.outcome.cause).increment(1);
        self.end_attempt(message, end, now);
    }

    /// We stop: the texts that a bind has taken and not answered. Those that none has taken were not sent.
    pub(super) fn given_in_doubt(&mut self) -> impl Iterator<Item = MessageId> + use<> {
        let mut given: BTreeMap<MessageId, Device> = std::mem::take(&mut self.given);
        for message in self.shared.receipts.withdraw_texts() {
            given.remove(&message);
        }
        given.into_keys()
    }
}

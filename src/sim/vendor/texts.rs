//! What becomes of a PDU with a text.

use std::time::Duration;

use rusmpp::pdus::{DataSm, SubmitSm};

use super::house::House;
use super::{Answer, Taken, Telling, pdu};
use crate::carrier::{Carried, Receipt, Text};

/// What the vendor does with a PDU.
#[derive(Debug)]
pub(super) enum Decision {
    Answer(Said),
    Silence,
    HangUp,
}

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Octets that go out before it.
    pub(super) first: Vec<u8>,
    pub(super) status: u32,
    /// message_id.
    pub(super) id: String,
    /// It is given so much later.
    pub(super) after: Duration,
}

/// A PDU with a text, and registered_delivery.
pub(super) struct Incoming<'a>(Carried<'a>, u8);

impl<'a> From<&'a SubmitSm> for Incoming<'a> {
    fn from(pdu: &'a SubmitSm) -> Self {
        Self(pdu.into(), pdu.registered_delivery.into())
    }
}

impl<'a> From<&'a DataSm> for Incoming<'a> {
    fn from(pdu: &'a DataSm) -> Self {
        Self(pdu.into(), pdu.registered_delivery.into())
    }
}

impl House {
    pub(super) fn decide(&mut self, incoming: &Incoming, bind: u64) -> Decision {
        let Incoming(pdu, registered_delivery) = incoming;
        let mut said = Said::default();
        // The type of a message (SMPP 5.0 4.7.12): none of them is a text.
        if pdu.esm_class & 0x3C != 0 {
            self.hear(Receipt::read(pdu));
            return Decision::Answer(said);
        }
        let answer = self.next_answer();
        let id = match &answer {
            Answer::Silence => return Decision::Silence,
            Answer::HangUp => return Decision::HangUp,
            Answer::Status(status) if *status != 0 => {
                said.status = *status;
                return Decision::Answer(said);
            }
            Answer::Id(id) => id.clone(),
            Answer::After(delay) => {
                said.after = *delay;
                self.next_id()
            }
            Answer::Status(_) | Answer::ReceiptFirst => self.next_id(),
        };
        if answer == Answer::ReceiptFirst {
            said.first = self.foretell(pdu, &id, bind);
        }
        self.take(pdu, *registered_delivery, bind, &id);
        said.id = id;
        Decision::Answer(said)
    }

    /// The receipt of a text that is not answered yet.
    fn foretell(&mut self, pdu: &Carried, id: &str, bind: u64) -> Vec<u8> {
        let (source, destination) = (pdu.source.to_owned(), pdu.destination.to_owned());
        let text = Text { source, destination, text: String::new(), parts: 1, data_coding: 0 };
        let receipt = pdu::receipt(id, &text, &Telling::default()).ok();
        let numbered = receipt.and_then(|octets| self.number(&octets, bind));
        numbered.map(|(octets, _)| octets).unwrap_or_default()
    }

    /// Takes what a PDU carries under an id.
    fn take(&mut self, pdu: &Carried, registered_delivery: u8, bind: u64, id: &str) {
        let way = (pdu.source.to_owned(), pdu.destination.to_owned());
        self.open.entry(way.clone()).or_default().push(id.to_owned());
        let Some(text) = self.desk.take(pdu) else { return };
        let ids = self.open.remove(&way).unwrap_or_default();
        let taken = Taken { text, ids, bind, registered_delivery };
        if self.texts.try_send(taken).is_err() {
            self.complain("nobody reads the texts".to_owned());
        }
    }
}

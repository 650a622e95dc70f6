//! Answering what the message centre gave us: each ticket once.

use iwf_model::{MessageId, Refusal};
use rusmpp_core::CommandStatus;

use super::{Client, ClientTicket, Phase};
use crate::outcome;
use crate::pdu::writer::{Writer, digits};

impl Client {
    /// Answers a text that is durable under that id. The id is told to a message centre that wants to hear of the text, so
    /// that it knows by which name (docs/decisions/0023); the specification leaves the field of deliver_sm_resp empty.
    pub fn accept_submit(&mut self, ticket: ClientTicket, id: MessageId) {
        let named = ticket.named.then_some(id);
        self.acknowledge(&ticket, named);
    }

    /// Answers a receipt that is durable.
    pub fn accept_receipt(&mut self, ticket: ClientTicket) {
        self.acknowledge(&ticket, None);
    }

    /// Answers a text or a receipt that is not taken.
    pub fn refuse_submit(&mut self, ticket: ClientTicket, refusal: Refusal) {
        if self.settle_ticket() {
            let status = outcome::delivery_refusal(refusal);
            self.put(ticket.response, status, ticket.sequence);
            self.finish_draining();
        }
    }

    fn acknowledge(&mut self, ticket: &ClientTicket, id: Option<MessageId>) {
        if self.settle_ticket() {
            let (response, sequence) = (ticket.response, ticket.sequence);
            let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, sequence);
            if let Some(id) = id {
                pdu.octets(&digits(id));
            }
            pdu.u8(0).finish();
            self.finish_draining();
        }
    }

    /// One ticket less is out; false when the session is no longer there to answer it.
    fn settle_ticket(&mut self) -> bool {
        self.unanswered = self.unanswered.saturating_sub(1);
        !matches!(self.phase, Phase::Unbound { .. } | Phase::Closed)
    }
}

//! What the message centre asks: every request that can be answered is answered, and keeps the bind.

use iwf_model::Now;
use rusmpp_core::{CommandId, CommandStatus};

use super::{Client, ClientEvent, ClientTicket, Phase};
use crate::event::Anomaly;
use crate::fault::Fault;
use crate::outcome;
use crate::pdu::Header;
use crate::pdu::message::MessagePdu;
use crate::state::{Sender, may_send};
use crate::submission::{self, Terms};
use crate::upstream::{self, Teller};

/// From so many times the window on, requests are refused: the peer was not stopped by our not reading.
const HARD_WINDOW: usize = 2;

impl Client {
    pub(super) fn handle_request(&mut self, header: &Header, body: &[u8], now: Now) {
        use CommandId as C;
        match header.command_id {
            C::Other(unknown) => {
                self.put(C::GenericNack, CommandStatus::EsmeRinvcmdid, header.sequence_number);
                self.note(Anomaly::UnknownCommand(unknown));
            }
            // They have no response. Whoever sends outbind wants us to bind, and we did.
            C::AlertNotification | C::Outbind => self.note(Anomaly::NotOffered(header.command_id)),
            command_id if !may_send(self.state(), Sender::Mc, command_id) => {
                self.put_error(header, CommandStatus::EsmeRinvbndsts);
                self.note(Anomaly::WrongState(command_id));
            }
            C::Unbind => self.handle_unbind(header.sequence_number, now),
            _ => self.handle_message(header, body, now),
        }
    }

    /// deliver_sm or data_sm.
    fn handle_message(&mut self, header: &Header, body: &[u8], now: Now) {
        if let Err(status) = self.may_take() {
            if status == CommandStatus::EsmeRthrottled {
                self.note(Anomaly::BeyondWindow);
            }
            return self.put_error(header, status);
        }
        match self.understand(header, body, now) {
            Ok(event) => {
                self.unanswered += 1;
                self.events.push_back(event);
            }
            Err(fault) => {
                let status = match fault {
                    Fault::NotForReaders => CommandStatus::EsmeRxRAppn,
                    fault => outcome::for_version(fault.status(), self.version),
                };
                self.put_error(header, status);
                self.note(Anomaly::BadPdu { command_id: header.command_id, fault, status });
            }
        }
    }

    /// Whether a message is taken at all.
    fn may_take(&self) -> Result<(), CommandStatus> {
        let window = usize::from(self.config.receive_window.max(1));
        match self.phase {
            Phase::Bound if self.unanswered >= window.saturating_mul(HARD_WINDOW) => {
                Err(CommandStatus::EsmeRthrottled)
            }
            Phase::Bound => Ok(()),
            // The peer has unbound and goes on.
            Phase::Draining { unbind: Some(_), .. } => Err(CommandStatus::EsmeRinvbndsts),
            // We are leaving: on another bind, or a little later, it will be taken.
            _ => Err(CommandStatus::EsmeRxTAppn),
        }
    }

    fn understand(&self, header: &Header, body: &[u8], now: Now) -> Result<ClientEvent, Fault> {
        let carrier = &self.config.carrier;
        let terms = Terms {
            carrier: carrier.id,
            alphabet: carrier.alphabet,
            version: self.version,
            profile: &carrier.profile,
        };
        let is_data_sm = header.command_id == CommandId::DataSm;
        let pdu = if is_data_sm { MessagePdu::read_data_sm(body)? } else { MessagePdu::read_sm(body)? };
        let ticket = |asks: bool| ClientTicket {
            response: header.command_id.matching_response(),
            sequence: header.sequence_number,
            named: asks || is_data_sm,
        };
        if let Some(receipt) = upstream::read(&pdu, Teller::MessageCentre) {
            return Ok(ClientEvent::Receipt { ticket: ticket(false), receipt: Box::new(receipt) });
        }
        let submission = Box::new(submission::from_deliver_sm(pdu, is_data_sm, &terms, now.utc)?);
        let asks = submission.receipt != iwf_model::ReceiptRequest::NONE;
        Ok(ClientEvent::Submit { ticket: ticket(asks), submission })
    }

    fn handle_unbind(&mut self, sequence: u32, now: Now) {
        match self.phase {
            // A second unbind, or one that crosses ours: answered at once.
            Phase::Draining { unbind: Some(_), .. } | Phase::Unbinding { .. } => {
                self.put(CommandId::UnbindResp, CommandStatus::EsmeRok, sequence);
            }
            _ => self.drain(Some(sequence), now.instant + self.config.timers.drain),
        }
    }

    /// 16 octets: the matching response with the status.
    fn put_error(&mut self, header: &Header, status: CommandStatus) {
        self.put(header.command_id.matching_response(), status, header.sequence_number);
    }
}

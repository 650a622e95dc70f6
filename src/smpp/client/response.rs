//! What the message centre answers: matched by sequence number; what matches nothing is counted, never answered.

use iwf_model::{Now, ReceiptAnswer};
use rusmpp_core::CommandId;

use super::{Client, Phase};
use crate::event::{Anomaly, CloseReason};
use crate::outcome;
use crate::pdu::Header;

impl Client {
    pub(super) fn handle_response(&mut self, header: &Header, body: &[u8], now: Now) {
        let sequence = header.sequence_number;
        if matches!(self.phase, Phase::Binding { sequence: bind, .. } if bind == sequence) {
            return self.handle_bind_answer(header, body, now);
        }
        if let Some(part) = self.texts.take(sequence) {
            return self.answer_part(&part, header, body, now);
        }
        match header.command_id {
            CommandId::GenericNack => self.handle_nack(header, now),
            CommandId::UnbindResp if self.is_our_unbind(sequence) => self.close(CloseReason::UnboundByUs),
            CommandId::EnquireLinkResp if self.keepalive.answered(sequence) => {}
            _ => self.handle_answer(header),
        }
        // An answer to a receipt makes room for texts.
        self.send_parts(now);
    }

    /// Receipts go as submit_sm or data_sm, whichever the carrier's profile has.
    fn handle_answer(&mut self, header: &Header) {
        let status = header.command_status;
        let Some(message) = self.told.take(header.sequence_number) else {
            return self.note(Anomaly::UnknownResponse(header.command_id));
        };
        if matches!(header.command_id, CommandId::SubmitSmResp | CommandId::DataSmResp) {
            return self.end_telling(message, outcome::receipt_answer(status), status);
        }
        self.note(Anomaly::MismatchedResponse(header.command_id));
        self.end_telling(message, ReceiptAnswer::Later, status);
        if self.confusion.mismatch() {
            self.close(CloseReason::Confused);
        }
    }

    /// generic_nack answers for any request (SMPP 5.0 4.1.4); an old peer may answer enquire_link so.
    fn handle_nack(&mut self, header: &Header, now: Now) {
        let (sequence, status) = (header.sequence_number, header.command_status);
        self.note(Anomaly::GenericNack(status));
        if let Some(message) = self.told.take(sequence) {
            self.end_telling(message, outcome::receipt_answer(outcome::nacked(status)), status);
        } else if self.is_our_unbind(sequence) {
            self.close(CloseReason::UnboundByUs);
        } else if !self.keepalive.answered(sequence) && self.confusion.stray_nack(now.instant) {
            self.close(CloseReason::Confused);
        }
    }

    fn is_our_unbind(&self, number: u32) -> bool {
        matches!(self.phase, Phase::Unbinding { sequence, .. } if sequence == number)
    }
}

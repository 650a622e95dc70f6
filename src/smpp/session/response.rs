//! What the peer answers: matched by sequence number; what matches nothing is counted, never answered.

use iwf_model::Now;
use rusmpp_core::CommandId;

use super::Session;
use super::phase::Phase;
use super::told::Sent;
use crate::event::{Anomaly, CloseReason, ReceiptAnswer};
use crate::outcome;
use crate::pdu::Header;

impl Session {
    pub(super) fn handle_response(&mut self, header: &Header, body: &[u8], now: Now) {
        if let Some(part) = self.texts.take(header.sequence_number) {
            return self.answer_part(&part, header, body, now);
        }
        match header.command_id {
            CommandId::GenericNack => self.handle_nack(header, now),
            CommandId::UnbindResp if self.is_our_unbind(header.sequence_number) => {
                self.close(CloseReason::UnboundByUs);
            }
            CommandId::EnquireLinkResp if self.keepalive.answered(header.sequence_number) => {}
            _ => self.handle_answer(header),
        }
    }

    /// Of a receipt's answer the body is not looked at: it may be missing, empty or hold an id (A.19 no. 16, 17).
    fn handle_answer(&mut self, header: &Header) {
        let status = header.command_status;
        match self.told.take(header.sequence_number) {
            Some(sent) if sent.response == header.command_id => {
                self.end_telling(sent, outcome::receipt_answer(status), status);
            }
            Some(sent) => self.handle_mismatch(header, sent),
            None => self.note(Anomaly::UnknownResponse(header.command_id)),
        }
    }

    /// A response of another kind than the request with its number fails that request for a time.
    fn handle_mismatch(&mut self, header: &Header, sent: Sent) {
        self.note(Anomaly::MismatchedResponse(header.command_id));
        self.end_telling(sent, ReceiptAnswer::Later, header.command_status);
        if self.confusion.mismatch() {
            self.close(CloseReason::Confused);
        }
    }

    /// generic_nack answers for any request (SMPP 5.0 4.1.4); an old peer may answer enquire_link so.
    fn handle_nack(&mut self, header: &Header, now: Now) {
        let (sequence, status) = (header.sequence_number, header.command_status);
        self.note(Anomaly::GenericNack(status));
        if let Some(told) = self.told.take(sequence) {
            let answer = match outcome::receipt_answer(status) {
                // "No error" in a nack is an error all the same.
                ReceiptAnswer::Taken => ReceiptAnswer::Later,
                answer => answer,
            };
            self.end_telling(told, answer, status);
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

//! Texts to the message centre: submit_sm or data_sm, one for each part (SMPP 5.0 4.2.1, 4.2.2; interworking.md A.13,
//! D.5).

use std::sync::Arc;

use iwf_model::{Cause, Message, Now, Outcome};
use rusmpp_core::{CommandId, CommandStatus};

use super::{Client, ClientEvent, Phase, TextAnswer};
use crate::event::{Anomaly, CloseReason};
use crate::fault::Field;
use crate::outcome;
use crate::pdu::Header;
use crate::pdu::field::Reader;
use crate::pdu::tlv::{Tlvs, tag};
use crate::text::OutgoingText;
use crate::text::under_way::{Ended, Part, THROTTLED, Verdict};
use crate::upstream::{MAX_ID, printable};

/// So much of what a message centre says in words is kept.
const MAX_SAID: usize = 100;
/// congestion_state: it can't take more (SMPP 5.0 4.8.4.18).
const CONGESTED: u8 = 100;

impl Client {
    /// How many texts `send_text` would take now: none unless the bind transmits, none while the message centre is to be
    /// spared, and none behind one whose parts are not all sent.
    pub fn text_room(&mut self, now: Now) -> usize {
        let transmits = matches!(self.phase, Phase::Bound) && self.config.kind.transmits();
        let held_up = self.texts.is_held_up() || self.output.len() >= self.config.max_output;
        if !transmits || held_up || !self.pace.allows(now.instant) {
            return 0;
        }
        self.text_window()
    }

    /// How many PDUs of texts may go in a thousand seconds, from now on; `None`: any number.
    pub fn set_rate(&mut self, in_a_thousand_seconds: Option<u64>, now: Now) {
        self.pace.agree(in_a_thousand_seconds, now.instant);
    }

    /// Takes a text; false, and it is not taken, when there is no room. Its end is told by
    /// `ClientEvent::TextAnswered`.
    pub fn send_text(&mut self, message: &Arc<Message>, now: Now) -> bool {
        if self.text_room(now) == 0 {
            return false;
        }
        let carrier = Arc::clone(&self.config.carrier);
        let terms = (self.version, self.config.environment);
        match OutgoingText::submitted(message, &carrier, terms, &self.config.submits, now.utc) {
            Ok(text) => {
                self.texts.add(text, (Arc::clone(message), carrier));
                self.send_parts(now);
            }
            Err(_) => {
                let (message, outcome) = (message.id, Outcome::new(Cause::TooLarge, 0));
                let answer = TextAnswer { message, outcome, parts: 0, names: Vec::new(), said: None };
                self.events.push_back(ClientEvent::TextAnswered(answer));
            }
        }
        true
    }

    fn text_window(&self) -> usize {
        self.texts.room().min(self.told.room().saturating_sub(self.texts.in_window()))
    }

    /// Sends what the window and the pace allow.
    pub(super) fn send_parts(&mut self, now: Now) {
        let may_send = matches!(self.phase, Phase::Bound | Phase::Draining { unbind: None, .. });
        let deadline = now.instant + self.config.timers.receipt;
        while may_send
            && self.texts.resume_at().is_none()
            && self.text_window() > 0
            && self.texts.has_unsent()
            && self.pace.allows(now.instant)
        {
            let sequence = self.sequence.advance();
            self.texts.send(&mut self.output, sequence, deadline);
            self.pace.sent(now.instant);
            self.keepalive.sent(now.instant);
        }
    }

    /// A part was answered, by whatever kind of response.
    pub(super) fn answer_part(&mut self, part: &Part, header: &Header, body: &[u8], now: Now) {
        let status = header.command_status;
        match header.command_id {
            CommandId::SubmitSmResp | CommandId::DataSmResp => {
                let verdict = self.verdict(status, body, now);
                self.settle_part(part, verdict, now);
            }
            CommandId::GenericNack => {
                self.note(Anomaly::GenericNack(status));
                let verdict = self.verdict(outcome::nacked(status), &[], now);
                self.settle_part(part, verdict, now);
            }
            other => {
                self.note(Anomaly::MismatchedResponse(other));
                let verdict = self.verdict(CommandStatus::EsmeRunknownerr, &[], now);
                self.settle_part(part, verdict, now);
                if self.confusion.mismatch() {
                    self.close(CloseReason::Confused);
                }
            }
        }
        self.send_parts(now);
        if status == CommandStatus::EsmeRinvbndsts && header.command_id != CommandId::GenericNack {
            self.close(CloseReason::NotBound);
        }
    }

    fn verdict(&mut self, status: CommandStatus, body: &[u8], now: Now) -> Verdict {
        let (id, tlvs) = read(body);
        match tlvs.find(tag::CONGESTION_STATE) {
            Some([CONGESTED]) => self.texts.pause(now.instant + THROTTLED),
            Some([percent]) if *percent < CONGESTED => self.pace.congested(*percent, now.instant),
            _ => {}
        }
        if status == CommandStatus::EsmeRthrottled {
            self.pace.throttled(now.instant);
            self.events.push_back(ClientEvent::Throttled);
        }
        let reason = tlvs.u8(tag::DELIVERY_FAILURE_REASON).ok().flatten();
        let said = tlvs.find(tag::ADDITIONAL_STATUS_INFO_TEXT).map(|said| printable(said, MAX_SAID));
        Verdict {
            status: Some(status),
            outcome: outcome::submit_outcome(status, reason, &self.config.submits),
            id: Some(id).filter(|id| !id.is_empty()),
            said: said.filter(|said| !said.is_empty()),
        }
    }

    pub(super) fn settle_part(&mut self, part: &Part, verdict: Verdict, now: Now) {
        let ended = self.texts.settle(part, verdict, self.version, now.instant);
        self.end_text(ended);
    }

    fn end_text(&mut self, ended: Option<Ended>) {
        if let Some(ended) = ended {
            self.tell_text(ended);
            self.finish_draining();
        }
    }

    fn tell_text(&mut self, ended: Ended) {
        let Ended { message, outcome, parts, names, said } = ended;
        let answer = TextAnswer { message, outcome, parts, names, said };
        self.events.push_back(ClientEvent::TextAnswered(answer));
    }

    /// The session has ended: what was sent of a text may have arrived.
    pub(super) fn lose_texts(&mut self) {
        while let Some(ended) = self.texts.lose() {
            self.tell_text(ended);
        }
    }
}

/// message_id and TLVs. An error has no body, an id alone, or TLVs with an id before them or without (A.1).
fn read(body: &[u8]) -> (Box<str>, Tlvs<'_>) {
    let mut reader = Reader::new(body);
    let Ok(id) = reader.c_string(body.len().max(1), Field::MessageId) else {
        // No NUL: all of it is the id.
        return (printable(body, MAX_ID), Tlvs::default());
    };
    match (Tlvs::parse(reader.rest()), Tlvs::parse(body)) {
        (Ok(tlvs), _) => (printable(id, MAX_ID), tlvs),
        (Err(_), Ok(tlvs)) => (Box::default(), tlvs),
        (Err(_), Err(_)) => (printable(id, MAX_ID), Tlvs::default()),
    }
}

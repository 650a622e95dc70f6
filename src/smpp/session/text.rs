//! Texts to the peer, beside its receipts: both share the window. Texts have at most half of it, receipts what texts
//! leave.

use std::sync::Arc;

use iwf_model::{Carrier, Cause, Message, Now, Outcome};
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::Phase;
use crate::event::{Anomaly, CloseReason, Event};
use crate::outcome;
use crate::pdu::Header;
use crate::text::OutgoingText;
use crate::text::under_way::{Ended, Part, Verdict};

/// What texts may have of a window.
pub(super) fn half(window: u16) -> usize {
    usize::from(window).div_ceil(2)
}

impl Session {
    /// How many texts `send_text` would take now: none unless the bind receives, and none behind one whose parts
    /// are not all sent.
    pub fn text_room(&self) -> usize {
        let receives = matches!(self.phase, Phase::Bound(bound) if bound.kind.receives());
        if !receives || self.texts.is_held_up() || self.output.len() >= self.config.max_output {
            return 0;
        }
        self.text_window()
    }

    /// Takes a text; false, and it is not taken, when there is no room. Its end is told by
    /// `Event::TextAnswered`: delivered when every part was acknowledged.
    pub fn send_text(&mut self, message: &Arc<Message>, carrier: &Arc<Carrier>, now: Now) -> bool {
        if self.text_room() == 0 {
            return false;
        }
        match OutgoingText::new(message, carrier, (self.version(), self.config.environment)) {
            Ok(text) => {
                self.texts.add(text, (Arc::clone(message), Arc::clone(carrier)));
                self.send_parts(now);
            }
            Err(_) => {
                let (message, outcome) = (message.id, Outcome::new(Cause::TooLarge, 0));
                let names = Vec::new();
                self.events.push_back(Event::TextAnswered { message, outcome, parts: 0, names });
            }
        }
        true
    }

    /// What of the window is left for texts.
    fn text_window(&self) -> usize {
        let left = self.told.room().saturating_sub(self.texts.in_window());
        self.texts.room().min(left)
    }

    /// Sends what the window allows.
    pub(super) fn send_parts(&mut self, now: Now) {
        let may_send = matches!(self.phase, Phase::Bound(_) | Phase::Draining { unbind: None, .. });
        let deadline = now.instant + self.config.timers.receipt;
        while may_send
            && self.texts.resume_at().is_none()
            && self.text_window() > 0
            && self.texts.has_unsent()
        {
            let sequence = self.sequence.advance();
            self.texts.send(&mut self.output, sequence, deadline);
            self.keepalive.sent(now.instant);
        }
    }

    /// A part was answered, by whatever kind of response.
    pub(super) fn answer_part(&mut self, part: &Part, header: &Header, body: &[u8], now: Now) {
        let status = header.command_status;
        match header.command_id {
            CommandId::DeliverSmResp | CommandId::DataSmResp => self.settle_part(part, status, body, now),
            CommandId::GenericNack => {
                self.note(Anomaly::GenericNack(status));
                self.settle_part(part, outcome::nacked(status), &[], now);
            }
            other => {
                self.note(Anomaly::MismatchedResponse(other));
                self.settle_part(part, CommandStatus::EsmeRunknownerr, &[], now);
                if self.confusion.mismatch() {
                    self.close(CloseReason::Confused);
                }
            }
        }
        self.send_parts(now);
    }

    fn settle_part(&mut self, part: &Part, status: CommandStatus, body: &[u8], now: Now) {
        let mut verdict = Verdict::plain(status, outcome::text_outcome(status));
        if status == CommandStatus::EsmeRok && self.profile.sending.acknowledges {
            verdict.outcome = Outcome::new(Cause::Taken, 0);
            verdict.id = self.texts.name_of(part, body);
        }
        let ended = self.texts.settle(part, verdict, self.version(), now.instant);
        self.end_text(ended);
    }

    fn end_text(&mut self, ended: Option<Ended>) {
        if let Some(Ended { message, outcome, parts, names, .. }) = ended {
            self.events.push_back(Event::TextAnswered { message, outcome, parts, names });
            self.finish_draining();
        }
    }

    /// What time does to texts: a part without an answer leaves its text in doubt, and a pause ends.
    pub(super) fn handle_text_timeout(&mut self, now: Now) {
        while let Some(part) = self.texts.expired(now.instant) {
            let ended = self.texts.settle(&part, Verdict::lost(), self.version(), now.instant);
            self.end_text(ended);
        }
        self.texts.resume(now.instant);
        self.send_parts(now);
    }

    /// The session has ended: what was sent of a text may have arrived.
    pub(super) fn lose_texts(&mut self) {
        while let Some(Ended { message, outcome, parts, names, .. }) = self.texts.lose() {
            self.events.push_back(Event::TextAnswered { message, outcome, parts, names });
        }
    }
}

//! The end of a bind and of a session: what is owed is finished, what is in flight is in doubt.

use std::time::Instant;

use iwf_model::Now;
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::{Bound, Phase};
use crate::event::{CloseReason, Event, ReceiptAnswer};

impl Session {
    /// Ends the session from our side: submits are refused from now on, what is unanswered is finished
    /// for a few seconds, then unbind is sent. A session without a bind is closed.
    pub fn unbind(&mut self, now: Now) {
        match self.phase {
            Phase::Bound(bound) => self.drain(bound, None, now),
            Phase::Open | Phase::Deciding(_) | Phase::Postponed { .. } | Phase::Refusing { .. } => {
                self.close(CloseReason::UnboundByUs);
            }
            Phase::Draining { .. } | Phase::Unbinding { .. } | Phase::Unbound { .. } | Phase::Closed => {}
        }
    }

    /// Ends the bind once nothing is owed, which it may be already. `unbind`: the peer's, to be answered.
    pub(super) fn drain(&mut self, bound: Bound, unbind: Option<u32>, now: Now) {
        if self.owes(unbind) {
            let until = now.instant + self.config.timers.drain;
            self.phase = Phase::Draining { bound, unbind, until };
        } else {
            self.end_bind(bound, unbind, now.instant);
        }
    }

    /// Goes on with an unbind when the last of what was owed is settled.
    pub(super) fn finish_draining(&mut self) {
        if let Phase::Draining { bound, unbind, until } = self.phase
            && !self.owes(unbind)
        {
            self.end_bind(bound, unbind, until);
        }
    }

    /// Whether an unbind must wait: the peer's for our answers, ours for the peer's answers too.
    fn owes(&self, unbind: Option<u32>) -> bool {
        self.unanswered > 0 || (unbind.is_none() && !(self.told.is_empty() && self.texts.is_empty()))
    }

    /// Answers the peer's unbind, or sends ours. What the peer still says about receipts until it closes
    /// is heard.
    pub(super) fn end_bind(&mut self, bound: Bound, unbind: Option<u32>, from: Instant) {
        let until = from + self.config.timers.unbind;
        if let Some(sequence) = unbind {
            self.put(CommandId::UnbindResp, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbound { until };
            self.events.push_back(Event::Unbound);
        } else {
            let sequence = self.sequence.advance();
            self.put(CommandId::Unbind, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbinding { bound, sequence, until };
        }
    }

    /// Ends the session, once: receipts in flight are in doubt, what was held is dropped.
    pub(super) fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.phase = Phase::Closed;
        self.held.clear();
        self.held_octets = 0;
        while let Some(told) = self.told.oldest() {
            self.end_telling(told, ReceiptAnswer::Lost, CommandStatus::EsmeRok);
        }
        self.lose_texts();
        self.events.push_back(Event::Closed(reason));
    }
}

//! The end of a bind and of a session: what is owed is finished, what is in flight is in doubt.

use std::time::{Duration, Instant};

use iwf_model::{Now, ReceiptAnswer};
use rusmpp_core::{CommandId, CommandStatus};

use super::{Client, ClientEvent, Phase};
use crate::event::CloseReason;

impl Client {
    /// Ends the session from our side: no text is taken from now on, what is unanswered is finished for so long at most,
    /// then unbind is sent. A session without a bind is closed.
    pub fn unbind(&mut self, patience: Duration, now: Now) {
        match self.phase {
            Phase::Bound => self.drain(None, now.instant + patience),
            Phase::Binding { .. } => self.close(CloseReason::UnboundByUs),
            // Less patient than before.
            Phase::Draining { unbind, until } => {
                self.phase = Phase::Draining { unbind, until: until.min(now.instant + patience) };
            }
            Phase::Unbinding { .. } | Phase::Unbound { .. } | Phase::Closed => {}
        }
    }

    /// The peer has closed the connection, or it broke: receipts and texts in flight are in doubt.
    pub fn handle_closed(&mut self, _now: Now) {
        let reason = match self.phase {
            Phase::Unbound { .. } | Phase::Draining { unbind: Some(_), .. } => CloseReason::UnboundByPeer,
            Phase::Unbinding { .. } => CloseReason::UnboundByUs,
            _ => CloseReason::PeerClosed,
        };
        self.close(reason);
    }

    /// Ends the bind once nothing is owed, which it may be already. `unbind`: the peer's, to be answered.
    pub(super) fn drain(&mut self, unbind: Option<u32>, until: Instant) {
        self.phase = Phase::Draining { unbind, until };
        self.finish_draining();
    }

    /// Goes on with an unbind when the last of what was owed is settled: to the peer's our answers, to ours its answers
    /// too.
    pub(super) fn finish_draining(&mut self) {
        if let Phase::Draining { unbind, until } = self.phase {
            let waits = unbind.is_none() && !(self.told.is_empty() && self.texts.is_empty());
            if self.unanswered == 0 && !waits {
                self.end_bind(unbind, until);
            }
        }
    }

    /// Answers the peer's unbind, or sends ours.
    pub(super) fn end_bind(&mut self, unbind: Option<u32>, from: Instant) {
        let until = from + self.config.timers.unbind;
        if let Some(sequence) = unbind {
            self.put(CommandId::UnbindResp, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbound { until };
            self.events.push_back(ClientEvent::Unbound);
        } else {
            let sequence = self.sequence.advance();
            self.put(CommandId::Unbind, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbinding { sequence, until };
        }
    }

    /// Ends the session, once: receipts and texts in flight are in doubt.
    pub(super) fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.phase = Phase::Closed;
        while let Some(message) = self.told.oldest() {
            self.end_telling(message, ReceiptAnswer::Lost, CommandStatus::EsmeRok);
        }
        self.lose_texts();
        self.events.push_back(ClientEvent::Closed(reason));
    }
}

//! The timers of a client session: the nearest one, and what each does.

use std::time::Instant;

use iwf_model::{Now, ReceiptAnswer};
use rusmpp_core::{CommandId, CommandStatus};

use super::{Client, Phase};
use crate::event::{Anomaly, CloseReason};
use crate::keepalive::{Check, TimerReason};
use crate::text::under_way::Verdict;

impl Client {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Now) {
        let at = now.instant;
        if self.is_window_full() {
            self.forgive(at);
        }
        while let Some(message) = self.told.expired(at) {
            self.end_telling(message, ReceiptAnswer::Lost, CommandStatus::EsmeRok);
        }
        while let Some(part) = self.texts.expired(at) {
            self.settle_part(&part, Verdict::lost(), now);
        }
        self.texts.resume(at);
        self.pace.allows(at);
        self.send_parts(now);
        if self.framer.deadline(self.config.timers.whole_pdu).is_some_and(|deadline| deadline <= at) {
            self.close(CloseReason::Timeout(TimerReason::WholePdu));
        }
        self.check_phase(at);
        if self.state().is_bound() {
            self.check_link(at);
        }
    }

    /// When to call `handle_timeout`, and why; `None` when the session is closed.
    pub fn poll_timeout(&self) -> Option<(Instant, TimerReason)> {
        if self.is_closed() {
            return None;
        }
        let timers = &self.config.timers;
        let whole_pdu = self.framer.deadline(timers.whole_pdu).map(|at| (at, TimerReason::WholePdu));
        let receipt = self.told.deadline().map(|at| (at, TimerReason::Receipt));
        let link = self.state().is_bound().then(|| self.keepalive.deadline(timers));
        let text = self.texts.deadline().map(|at| (at, TimerReason::Text));
        let resume = self.texts.resume_at().or(self.pace.ready_at()).map(|at| (at, TimerReason::Throttled));
        [whole_pdu, receipt, text, resume, link, self.phase_deadline()]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    /// While we do not read because we owe answers, silence is ours and not the peer's.
    fn forgive(&mut self, now: Instant) {
        self.keepalive.heard(now);
        self.framer.restart(now);
        self.told.defer(now + self.config.timers.receipt);
        self.texts.defer(now + self.config.timers.receipt);
    }

    fn phase_deadline(&self) -> Option<(Instant, TimerReason)> {
        match self.phase {
            Phase::Binding { until, .. } => Some((until, TimerReason::BindResp)),
            Phase::Draining { until, .. } => Some((until, TimerReason::Drain)),
            Phase::Unbinding { until, .. } => Some((until, TimerReason::Unbind)),
            Phase::Unbound { until } => Some((until, TimerReason::Linger)),
            Phase::Bound | Phase::Closed => None,
        }
    }

    fn check_phase(&mut self, now: Instant) {
        let Some((_, reason)) = self.phase_deadline().filter(|(at, _)| *at <= now) else { return };
        match self.phase {
            Phase::Draining { unbind, until } => self.end_bind(unbind, until),
            Phase::Unbound { .. } => self.close(CloseReason::UnboundByPeer),
            _ => self.close(CloseReason::Timeout(reason)),
        }
    }

    fn check_link(&mut self, now: Instant) {
        match self.keepalive.check(&self.config.timers, now) {
            Check::Fine => {}
            Check::Enquire { missed } => {
                if missed {
                    self.note(Anomaly::EnquiryMissed);
                }
                let sequence = self.sequence.advance();
                self.put(CommandId::EnquireLink, CommandStatus::EsmeRok, sequence);
                self.keepalive.asked(sequence, now);
            }
            Check::Dead(reason) => self.close(CloseReason::Timeout(reason)),
        }
    }
}

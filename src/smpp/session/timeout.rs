//! The timers of a session: the nearest one, and what each does.

use std::time::Instant;

use iwf_model::Now;
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::Phase;
use crate::event::{Anomaly, CloseReason, Event, ReceiptAnswer};
use crate::keepalive::{Check, TimerReason};

impl Session {
    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Now) {
        let at = now.instant;
        if self.is_window_full() {
            self.forgive(at);
        }
        while let Some(told) = self.told.expired(at) {
            self.end_telling(told, ReceiptAnswer::Lost, CommandStatus::EsmeRok);
        }
        self.handle_text_timeout(now);
        if self.framer.deadline(self.config.timers.whole_pdu).is_some_and(|deadline| deadline <= at) {
            self.close(CloseReason::Timeout(TimerReason::WholePdu));
        }
        self.check_phase(now);
        if self.state().is_bound() {
            self.check_link(now);
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
        let resume = self.texts.resume_at().map(|at| (at, TimerReason::Throttled));
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
        let init = self.opened_at + self.config.timers.session_init;
        match self.phase {
            Phase::Open | Phase::Deciding(_) => Some((init, TimerReason::SessionInit)),
            // The peer has bound in time; it is we who let it wait.
            Phase::Postponed { until: at, .. } | Phase::Refusing { at, .. } => {
                Some((at, TimerReason::BindDelay))
            }
            Phase::Draining { until, .. } => Some((until, TimerReason::Drain)),
            Phase::Unbinding { until, .. } => Some((until, TimerReason::Unbind)),
            Phase::Unbound { until } => Some((until, TimerReason::Linger)),
            Phase::Bound(_) | Phase::Closed => None,
        }
    }

    fn check_phase(&mut self, now: Now) {
        let Some((at, reason)) = self.phase_deadline() else { return };
        if now.instant < at {
            return;
        }
        match self.phase {
            Phase::Postponed { attempt, .. } => {
                self.phase = Phase::Deciding(attempt);
                // The time that went by was ours.
                self.opened_at = now.instant;
                self.events.push_back(Event::BindDue);
            }
            Phase::Refusing { attempt, refusal, .. } => self.tell_refused(attempt, refusal, now),
            Phase::Draining { bound, unbind, until } => self.end_bind(bound, unbind, until),
            Phase::Unbound { .. } => self.close(CloseReason::UnboundByPeer),
            _ => self.close(CloseReason::Timeout(reason)),
        }
    }

    fn check_link(&mut self, now: Now) {
        match self.keepalive.check(&self.config.timers, now.instant) {
            Check::Fine => {}
            Check::Enquire { missed } => {
                if missed {
                    self.events.push_back(Event::Anomaly(Anomaly::EnquiryMissed));
                }
                let sequence = self.sequence.advance();
                self.put(CommandId::EnquireLink, CommandStatus::EsmeRok, sequence);
                self.keepalive.asked(sequence, now.instant);
            }
            Check::Dead(reason) => self.close(CloseReason::Timeout(reason)),
        }
    }
}

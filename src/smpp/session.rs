//! One connection with a carrier: the message centre's side of a session, without I/O.
//!
//! `request` handles what the peer asks, `response` what it answers; this file holds the seam, the
//! phases and the timers.

mod request;
mod response;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use iwf_model::{BindKind, MessageId, Now, Receipt, Refusal};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::{BindRefusal, Grant, Version};
use crate::config::SessionConfig;
use crate::event::{Anomaly, CloseReason, Event, ReceiptAnswer, Ticket};
use crate::frame::{FrameError, Framer, MAX_PDU_OCTETS, MAX_PDU_OCTETS_BEFORE_BIND};
use crate::keepalive::{Check, Keepalive, TimerReason};
use crate::outcome;
use crate::pdu::Header;
use crate::pdu::tlv::tag;
use crate::pdu::writer::{Writer, put_header_only, put_message_resp};
use crate::receipt;
use crate::state::State;
use crate::submission::Terms;
use crate::window::{Sequence, Window};

/// A session with one peer. Feed it, then take its events and its output; see the crate's page.
#[derive(Debug)]
pub struct Session {
    config: Arc<SessionConfig>,
    phase: Phase,
    framer: Framer,
    keepalive: Keepalive,
    opened_at: Instant,
    output: BytesMut,
    events: VecDeque<Event>,
    /// PDUs that came behind a bind which is being decided.
    held: VecDeque<Bytes>,
    held_octets: usize,
    /// Submits handed out as tickets and not answered yet.
    unanswered: usize,
    receipts: Window<MessageId>,
    sequence: Sequence,
    bind_failures: u8,
    confusion: response::Confusion,
}

/// Where the session is. The states of the specification (`State`) are seen from outside; these also
/// tell what we are waiting for.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Open,
    /// A bind is with the one who decides it.
    Deciding(Attempt),
    /// A bind was refused, and will be told so.
    Refusing {
        attempt: Attempt,
        status: CommandStatus,
        at: Instant,
    },
    Bound(Bound),
    /// The bind is ending: what is unanswered is finished first. `unbind`: the peer's, to be answered.
    Draining {
        bound: Bound,
        unbind: Option<u32>,
        until: Instant,
    },
    /// Our unbind was sent.
    Unbinding {
        bound: Bound,
        sequence: u32,
        until: Instant,
    },
    Unbound {
        until: Instant,
    },
    Closed,
}

/// A bind that is not decided.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    command_id: CommandId,
    sequence: u32,
    kind: BindKind,
    version: Version,
}

/// A bind that holds.
#[derive(Debug, Clone, Copy)]
struct Bound {
    kind: BindKind,
    window: usize,
    terms: Terms,
}

impl Session {
    /// A session on a connection that was accepted just now.
    pub fn new(config: Arc<SessionConfig>, now: Now) -> Self {
        Self {
            receipts: Window::new(usize::from(config.receipt_window)),
            config,
            phase: Phase::Open,
            framer: Framer::default(),
            keepalive: Keepalive::new(now.instant),
            opened_at: now.instant,
            output: BytesMut::new(),
            events: VecDeque::new(),
            held: VecDeque::new(),
            held_octets: 0,
            unanswered: 0,
            sequence: Sequence::default(),
            bind_failures: 0,
            confusion: response::Confusion::default(),
        }
    }

    /// Takes every whole PDU from the front of `input`; the start of an unfinished one stays there.
    pub fn handle_input(&mut self, input: &mut BytesMut, now: Now) {
        while !self.is_closed() {
            match self.framer.next(input, self.max_pdu()) {
                Ok(Some(pdu)) => {
                    self.keepalive.heard(now.instant);
                    self.handle_pdu(pdu, now);
                }
                Ok(None) => break,
                Err(error) => self.lose_stream(error),
            }
        }
        self.framer.settle(input, now.instant);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Now) {
        let at = now.instant;
        while let Some(message) = self.receipts.expired(at) {
            self.answer_receipt(message, ReceiptAnswer::Lost, CommandStatus::EsmeRok);
        }
        if self.framer.deadline(self.config.timers.whole_pdu).is_some_and(|deadline| deadline <= at) {
            self.close(CloseReason::Timeout(TimerReason::WholePdu));
        }
        self.check_phase(now);
        if self.state().is_bound() {
            self.check_link(now);
        }
    }

    /// The peer has closed the connection, or it broke: receipts in flight are in doubt.
    pub fn handle_closed(&mut self, _now: Now) {
        let reason = match self.phase {
            Phase::Unbound { .. } => CloseReason::UnboundByPeer,
            _ => CloseReason::PeerClosed,
        };
        self.close(reason);
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What is to be written to the peer. The driver takes what it has written off the front.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// When to call `handle_timeout`, and why; `None` when the session is closed.
    pub fn poll_timeout(&self) -> Option<(Instant, TimerReason)> {
        if self.is_closed() {
            return None;
        }
        let timers = &self.config.timers;
        let whole_pdu = self.framer.deadline(timers.whole_pdu).map(|at| (at, TimerReason::WholePdu));
        let receipt = self.receipts.deadline().map(|at| (at, TimerReason::Receipt));
        let link = self.state().is_bound().then(|| self.keepalive.deadline(timers));
        [whole_pdu, receipt, link, self.phase_deadline()].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Answers the bind that was last told by `Event::Bind`; what was held behind it is handled now.
    pub fn accept_bind(&mut self, grant: Grant, now: Now) {
        let Phase::Deciding(attempt) = self.phase else { return };
        let terms = Terms { carrier: grant.carrier, alphabet: grant.alphabet, version: attempt.version };
        let window = usize::from(grant.window.max(1));
        self.phase = Phase::Bound(Bound { kind: attempt.kind, window, terms });
        self.keepalive = Keepalive::new(now.instant);
        let response = attempt.command_id.matching_response();
        let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, attempt.sequence);
        pdu.c_string(self.config.system_id.as_bytes(), 16);
        if attempt.version >= Version::V34 {
            pdu.tlv(tag::SC_INTERFACE_VERSION, &[attempt.version.octet()]);
        }
        pdu.finish();
        self.release_held(now);
    }

    /// Refuses the bind that was last told by `Event::Bind`. The peer may try again on the same
    /// connection, a few times.
    pub fn refuse_bind(&mut self, refusal: BindRefusal, now: Now) {
        let Phase::Deciding(attempt) = self.phase else { return };
        let delay = self.config.bind_failure_delay;
        if refusal.delayed() && !delay.is_zero() {
            let at = now.instant + delay;
            self.phase = Phase::Refusing { attempt, status: refusal.status(), at };
        } else {
            self.tell_refused(attempt, refusal.status(), now);
        }
    }

    /// Answers a submit whose message is durable under that id.
    pub fn accept_submit(&mut self, ticket: Ticket, id: MessageId) {
        if self.settle_ticket() {
            put_message_resp(&mut self.output, ticket.response, ticket.sequence, id);
            self.finish_draining();
        }
    }

    /// Answers a submit whose message is not taken.
    pub fn refuse_submit(&mut self, ticket: Ticket, refusal: Refusal) {
        let version = self.version();
        if self.settle_ticket() {
            let status = outcome::for_version(outcome::refusal_status(refusal), version);
            put_header_only(&mut self.output, ticket.response, status, ticket.sequence);
            self.finish_draining();
        }
    }

    /// How many receipts `send_receipt` would take now: none unless the bind receives.
    pub fn receipt_room(&self) -> usize {
        match self.phase {
            Phase::Bound(bound) if bound.kind.receives() && self.output.len() < self.config.max_output => {
                self.receipts.room()
            }
            _ => 0,
        }
    }

    /// Sends a receipt; false, and nothing is sent, when there is no room. Its end is told by
    /// `Event::ReceiptAnswered`. It must not be called before the message's submit was answered.
    pub fn send_receipt(&mut self, receipt: &Receipt, now: Now) -> bool {
        if self.receipt_room() == 0 {
            return false;
        }
        let sequence = self.sequence.advance();
        self.receipts.insert(sequence, receipt.message, now.instant + self.config.timers.receipt);
        let version = self.version();
        receipt::write(&mut self.output, receipt, version, sequence);
        self.keepalive.sent(now.instant);
        true
    }

    /// Ends the session from our side: submits are refused from now on, what is unanswered is finished
    /// for a few seconds, then unbind is sent. A session without a bind is closed.
    pub fn unbind(&mut self, now: Now) {
        match self.phase {
            Phase::Bound(bound) => {
                let until = now.instant + self.config.timers.drain;
                self.phase = Phase::Draining { bound, unbind: None, until };
                self.finish_draining();
            }
            Phase::Open | Phase::Deciding(_) | Phase::Refusing { .. } => {
                self.close(CloseReason::UnboundByUs);
            }
            Phase::Draining { .. } | Phase::Unbinding { .. } | Phase::Unbound { .. } | Phase::Closed => {}
        }
    }

    /// Whether to read more: not while too many submits are unanswered, or too much is to be written.
    pub fn wants_input(&self) -> bool {
        let window_free = match self.phase {
            Phase::Bound(bound) => self.unanswered < bound.window,
            _ => true,
        };
        window_free
            && !self.is_closed()
            && self.output.len() < self.config.max_output
            && self.held_octets < self.config.max_held
    }

    /// Whether the session has ended: write what is left of `output`, then close the connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// The state the specification has for this.
    pub fn state(&self) -> State {
        match (self.phase, self.bound()) {
            (_, Some(bound)) => State::bound(bound.kind),
            (Phase::Unbound { .. } | Phase::Closed, None) => State::Unbound,
            (_, None) => State::Open,
        }
    }

    fn bound(&self) -> Option<Bound> {
        match self.phase {
            Phase::Bound(bound) | Phase::Draining { bound, .. } | Phase::Unbinding { bound, .. } => {
                Some(bound)
            }
            _ => None,
        }
    }

    /// What the peer speaks; before a bind the plainest.
    fn version(&self) -> Version {
        self.bound().map_or(Version::V33, |bound| bound.terms.version)
    }

    fn max_pdu(&self) -> usize {
        if matches!(self.phase, Phase::Open) { MAX_PDU_OCTETS_BEFORE_BIND } else { MAX_PDU_OCTETS }
    }

    /// The stream can't be followed: a peer that speaks SMPP is told so, another is not answered.
    fn lose_stream(&mut self, error: FrameError) {
        if let FrameError::Length { sequence, .. } = error {
            self.put(CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, sequence);
        }
        self.close(CloseReason::Frame(error));
    }

    fn handle_pdu(&mut self, pdu: Bytes, now: Now) {
        let Some((header, body)) = Header::split(&pdu) else { return };
        let deciding = matches!(self.phase, Phase::Deciding(_) | Phase::Refusing { .. });
        if header.command_id.is_response() {
            self.handle_response(&header, now);
        } else if header.command_id == CommandId::EnquireLink {
            // Never behind anything, in any state (interworking.md A.14).
            self.put(CommandId::EnquireLinkResp, CommandStatus::EsmeRok, header.sequence_number);
        } else if deciding {
            self.hold(pdu);
        } else {
            self.handle_request(&header, body, now);
        }
    }

    fn hold(&mut self, pdu: Bytes) {
        self.held_octets += pdu.len();
        // The driver stops at max_held; what it had read already is let in, a driver's buffer of it.
        if self.held_octets > self.config.max_held.saturating_mul(2) {
            self.close(CloseReason::HeldTooMuch);
        } else {
            self.held.push_back(pdu);
        }
    }

    /// Handles what was held, until the next bind among it is to be decided.
    fn release_held(&mut self, now: Now) {
        while !matches!(self.phase, Phase::Deciding(_) | Phase::Refusing { .. } | Phase::Closed) {
            let Some(pdu) = self.held.pop_front() else { break };
            self.held_octets -= pdu.len();
            if let Some((header, body)) = Header::split(&pdu) {
                self.handle_request(&header, body, now);
            }
        }
    }

    fn tell_refused(&mut self, attempt: Attempt, status: CommandStatus, now: Now) {
        self.phase = Phase::Open;
        self.put(attempt.command_id.matching_response(), status, attempt.sequence);
        self.count_bind_failure();
        self.release_held(now);
    }

    fn count_bind_failure(&mut self) {
        self.bind_failures = self.bind_failures.saturating_add(1);
        if self.bind_failures >= self.config.max_bind_failures {
            self.close(CloseReason::BindRefused);
        }
    }

    /// One ticket less is out; false when the session is no longer there to answer it.
    fn settle_ticket(&mut self) -> bool {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.bound().is_some()
    }

    /// Goes on with an unbind once nothing is owed: by us when the peer unbinds, by either otherwise.
    fn finish_draining(&mut self) {
        let Phase::Draining { bound, unbind, until } = self.phase else { return };
        let owed = self.unanswered > 0 || (unbind.is_none() && !self.receipts.is_empty());
        if !owed {
            self.end_bind(bound, unbind, until);
        }
    }

    /// Answers the peer's unbind, or sends ours.
    fn end_bind(&mut self, bound: Bound, unbind: Option<u32>, from: Instant) {
        let until = from + self.config.timers.unbind;
        if let Some(sequence) = unbind {
            self.put(CommandId::UnbindResp, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbound { until };
            self.lose_receipts();
            self.events.push_back(Event::Unbound);
        } else {
            let sequence = self.sequence.advance();
            self.put(CommandId::Unbind, CommandStatus::EsmeRok, sequence);
            self.phase = Phase::Unbinding { bound, sequence, until };
        }
    }

    fn phase_deadline(&self) -> Option<(Instant, TimerReason)> {
        let init = self.opened_at + self.config.timers.session_init;
        match self.phase {
            Phase::Open | Phase::Deciding(_) => Some((init, TimerReason::SessionInit)),
            Phase::Refusing { at, .. } if at < init => Some((at, TimerReason::BindDelay)),
            Phase::Refusing { .. } => Some((init, TimerReason::SessionInit)),
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
            Phase::Refusing { attempt, status, .. } if reason == TimerReason::BindDelay => {
                self.tell_refused(attempt, status, now);
            }
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

    fn answer_receipt(&mut self, message: MessageId, answer: ReceiptAnswer, status: CommandStatus) {
        self.events.push_back(Event::ReceiptAnswered { message, answer, status: status.into() });
        self.finish_draining();
    }

    fn lose_receipts(&mut self) {
        while let Some(message) = self.receipts.oldest() {
            let answer = ReceiptAnswer::Lost;
            self.events.push_back(Event::ReceiptAnswered { message, answer, status: 0 });
        }
    }

    /// Ends the session, once: receipts in flight are in doubt, what was held is dropped.
    fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.phase = Phase::Closed;
        self.held.clear();
        self.held_octets = 0;
        self.lose_receipts();
        self.events.push_back(Event::Closed(reason));
    }

    /// A PDU that is a header alone.
    fn put(&mut self, command_id: CommandId, status: CommandStatus, sequence: u32) {
        put_header_only(&mut self.output, command_id, status, sequence);
    }

    fn note(&mut self, anomaly: Anomaly) {
        self.events.push_back(Event::Anomaly(anomaly));
    }
}

#[cfg(test)]
mod tests;

//! One connection with a carrier: the message centre's side of a session, without I/O.
//!
//! `request` handles what the peer asks and `answer` answers it; `told` tells it of its messages, `text` sends it
//! texts, and `response` handles what it answers; `binding` and `ending` are the two ends of a bind, `timeout` what
//! time does; `phase` says where the session is.

mod answer;
mod binding;
mod ending;
mod phase;
mod request;
mod response;
mod text;
mod timeout;
mod told;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use iwf_model::profile::Outbind;
use iwf_model::{Now, Profile};
use rusmpp_core::{CommandId, CommandStatus};

use self::phase::{Bound, Phase};
use self::told::Sent;
use crate::bind::Version;
use crate::config::SessionConfig;
use crate::confusion::Confusion;
use crate::event::{Anomaly, CloseReason, Event};
use crate::frame::{FrameError, Framer, MAX_PDU_OCTETS, MAX_PDU_OCTETS_BEFORE_BIND};
use crate::habits::{SharedHabits, Watcher};
use crate::keepalive::Keepalive;
use crate::pdu::writer::put_header_only;
use crate::pdu::{Header, bind};
use crate::state::State;
use crate::text::under_way::{UnderWay, WaitsFor};
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
    /// Requests handed out as tickets and not answered yet.
    unanswered: usize,
    told: Window<Sent>,
    texts: UnderWay,
    sequence: Sequence,
    bind_failures: u8,
    confusion: Confusion,
    watcher: Watcher,
    /// The carrier's; the defaults before a bind.
    profile: Arc<Profile>,
    congestion: u8,
    /// We opened the connection and sent outbind.
    called: bool,
}

impl Session {
    /// A session on a connection that was accepted just now.
    pub fn new(config: Arc<SessionConfig>, now: Now) -> Self {
        Self {
            told: Window::new(usize::from(config.receipt_window)),
            texts: UnderWay::new(text::half(config.receipt_window), WaitsFor::TheFirst),
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
            confusion: Confusion::default(),
            watcher: Watcher::default(),
            profile: Arc::default(),
            congestion: 0,
            called: false,
        }
    }

    /// A session on a connection that we opened just now: outbind asks the peer to bind (SMPP 5.0 2.3.7, 4.1.1.7). It goes
    /// on as any other; a peer that does not want to closes the connection.
    pub fn called(config: Arc<SessionConfig>, outbind: &Outbind, now: Now) -> Self {
        let mut session = Self { called: true, ..Self::new(config, now) };
        let sequence = session.sequence.advance();
        bind::write_outbind(&mut session.output, outbind, sequence);
        session
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

    /// The peer has closed the connection, or it broke: receipts and texts in flight are in doubt.
    pub fn handle_closed(&mut self, _now: Now) {
        let reason = match self.phase {
            Phase::Unbound { .. } | Phase::Draining { unbind: Some(_), .. } => CloseReason::UnboundByPeer,
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

    /// What the peer was seen to do on this session; it grows while the session goes on.
    pub fn habits(&self) -> SharedHabits {
        self.watcher.habits()
    }

    /// Whether to read more: not while too many submits are unanswered, too much is to be written, or too
    /// much is held behind a bind.
    pub fn wants_input(&self) -> bool {
        let max_held = match self.phase {
            // Nobody knows yet who this is, and it may be long until somebody does.
            Phase::Postponed { .. } | Phase::Refusing { .. } => self.config.max_held_of_strangers,
            _ => self.config.max_held,
        };
        !self.is_window_full()
            && !self.is_closed()
            && self.output.len() < self.config.max_output
            && self.held_octets < max_held
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
            (_, None) if self.called => State::Outbound,
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

    /// Whether the peer must wait for our answers before more of it is read.
    fn is_window_full(&self) -> bool {
        matches!(self.phase, Phase::Bound(bound) if self.unanswered >= bound.window)
    }

    /// What the peer speaks; before a bind the plainest.
    fn version(&self) -> Version {
        self.bound().map_or(Version::V33, |bound| bound.version)
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
        if header.command_id.is_response() {
            self.handle_response(&header, body, now);
        } else if header.command_id == CommandId::EnquireLink {
            // Never behind anything, in any state (interworking.md A.14).
            self.put(CommandId::EnquireLinkResp, CommandStatus::EsmeRok, header.sequence_number);
        } else if self.phase.is_binding() {
            self.hold(pdu);
        } else {
            self.handle_request(&header, body, now);
        }
    }

    /// One ticket less is out; false when the session is no longer there to answer it.
    fn settle_ticket(&mut self) -> bool {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.bound().is_some()
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

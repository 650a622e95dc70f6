//! One bind of ours to a message centre: the ESME's side of a session, without I/O.
//!
//! It is fed and drained as a [`Session`](crate::Session) is, and shares with it framing, keepalive, windows and the
//! machinery of texts. `binding` makes the bind; `texts` submits, `told` tells the message centre of its texts, and
//! `response` hears its answers; `request` handles what it asks and `answer` answers it; `ending` and `timeout` end.

mod answer;
mod binding;
pub mod config;
mod ending;
pub mod event;
mod pace;
mod request;
mod response;
mod texts;
mod timeout;
mod told;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use iwf_model::{MessageId, Now};
use rusmpp_core::{CommandId, CommandStatus};

pub use self::config::{ClientConfig, Secret};
pub use self::event::{ClientEvent, ClientTicket, Rejection, TextAnswer};
use self::pace::Pace;
use crate::bind::Version;
use crate::confusion::Confusion;
use crate::event::{Anomaly, CloseReason};
use crate::frame::{FrameError, Framer, MAX_PDU_OCTETS};
use crate::keepalive::Keepalive;
use crate::pdu::Header;
use crate::pdu::writer::put_header_only;
use crate::state::State;
use crate::text::under_way::{UnderWay, WaitsFor};
use crate::window::{Sequence, Window};

/// A bind to a message centre. Feed it, then take its events and its output; see the crate's page.
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    phase: Phase,
    version: Version,
    framer: Framer,
    keepalive: Keepalive,
    output: BytesMut,
    events: VecDeque<ClientEvent>,
    /// Requests handed out as tickets and not answered yet.
    unanswered: usize,
    /// Receipts that were sent, each under the message that it is about.
    told: Window<MessageId>,
    texts: UnderWay,
    pace: Pace,
    sequence: Sequence,
    confusion: Confusion,
}

/// Where a session is.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The bind is not answered.
    Binding {
        sequence: u32,
        until: Instant,
    },
    Bound,
    /// The bind is ending: what is unanswered is finished first. `unbind`: the peer's, to be answered.
    Draining {
        unbind: Option<u32>,
        until: Instant,
    },
    /// Our unbind was sent.
    Unbinding {
        sequence: u32,
        until: Instant,
    },
    /// The peer has unbound, and is to close the connection.
    Unbound {
        until: Instant,
    },
    Closed,
}

impl Client {
    /// A session on a connection that was made just now: it binds.
    pub fn new(config: Arc<ClientConfig>, now: Now) -> Self {
        let until = now.instant + config.timers.session_init;
        let window = usize::from(config.window.max(1));
        let mut client = Self {
            phase: Phase::Binding { sequence: 1, until },
            version: config.version,
            framer: Framer::default(),
            keepalive: Keepalive::new(now.instant),
            output: BytesMut::new(),
            events: VecDeque::new(),
            unanswered: 0,
            told: Window::new(window),
            texts: UnderWay::new(window, WaitsFor::All),
            pace: Pace::new(now.instant),
            sequence: Sequence::default(),
            confusion: Confusion::default(),
            config,
        };
        client.bind(until);
        client
    }

    /// Takes every whole PDU from the front of `input`; the start of an unfinished one stays there.
    pub fn handle_input(&mut self, input: &mut BytesMut, now: Now) {
        while !self.is_closed() {
            match self.framer.next(input, MAX_PDU_OCTETS) {
                Ok(Some(pdu)) => {
                    self.keepalive.heard(now.instant);
                    self.handle_pdu(&pdu, now);
                }
                Ok(None) => break,
                Err(error) => self.lose_stream(error),
            }
        }
        self.framer.settle(input, now.instant);
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// What is to be written to the peer. The driver takes what it has written off the front.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Whether to read more: not while too much of the peer's is unanswered, or too much is to be written.
    pub fn wants_input(&self) -> bool {
        !self.is_window_full() && !self.is_closed() && self.output.len() < self.config.max_output
    }

    /// Whether the session has ended: write what is left of `output`, then close the connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether nothing is under way in either direction.
    pub fn is_idle(&self) -> bool {
        self.unanswered == 0 && self.told.is_empty() && self.texts.is_empty()
    }

    /// How many requests of ours are unanswered.
    pub fn in_window(&self) -> usize {
        self.told.len() + self.texts.in_window()
    }

    /// The state the specification has for this.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Binding { .. } => State::Open,
            Phase::Bound | Phase::Draining { .. } | Phase::Unbinding { .. } => State::bound(self.config.kind),
            Phase::Unbound { .. } | Phase::Closed => State::Unbound,
        }
    }

    /// Whether the peer must wait for our answers before more of it is read.
    fn is_window_full(&self) -> bool {
        let window = usize::from(self.config.receive_window.max(1));
        matches!(self.phase, Phase::Bound) && self.unanswered >= window
    }

    /// The stream can't be followed: a peer that speaks SMPP is told so, another is not answered.
    fn lose_stream(&mut self, error: FrameError) {
        if let FrameError::Length { sequence, .. } = error {
            self.put(CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, sequence);
        }
        self.close(CloseReason::Frame(error));
    }

    fn handle_pdu(&mut self, pdu: &Bytes, now: Now) {
        let Some((header, body)) = Header::split(pdu) else { return };
        if header.command_id.is_response() {
            self.handle_response(&header, body, now);
        } else if header.command_id == CommandId::EnquireLink {
            // Never behind anything, in any state (interworking.md A.14).
            self.put(CommandId::EnquireLinkResp, CommandStatus::EsmeRok, header.sequence_number);
        } else {
            self.handle_request(&header, body, now);
        }
    }

    /// A PDU that is a header alone.
    fn put(&mut self, command_id: CommandId, status: CommandStatus, sequence: u32) {
        put_header_only(&mut self.output, command_id, status, sequence);
    }

    fn note(&mut self, anomaly: Anomaly) {
        self.events.push_back(ClientEvent::Anomaly(anomaly));
    }
}

//! What goes into an endpoint and what comes out of it.

use std::net::SocketAddr;

use bytes::Bytes;
use iwf_model::Flow;

use crate::error::Defect;
use crate::message::{Method, Request, Response};
use crate::overload::Change;
use crate::transaction::Timers;
use crate::transaction::arena::Key;

/// The limits and timers of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct EndpointConfig {
    /// T1, T2, T4.
    pub timers: Timers,
    /// How many requests of ours may be under way or lingering; more fail at once.
    pub max_clients: usize,
    /// How many requests of others may be under way or lingering; more are dropped over UDP, and answered
    /// 503 over reliable transports.
    pub max_servers: usize,
    /// How many octets answers kept for retransmissions may take, with what they are found by; beyond it the
    /// oldest are forgotten early.
    pub max_lingering: usize,
    /// The Retry-After of that 503, in seconds.
    pub retry_after: u32,
    /// Random: makes the To tags of responses that the endpoint gives by itself.
    pub secret: u64,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            timers: Timers::default(),
            max_clients: 262_144,
            max_servers: 262_144,
            max_lingering: 64 * 1024 * 1024,
            retry_after: 5,
            secret: 0,
        }
    }
}

/// Names a request that waits for its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerKey(pub(crate) Key);

/// What becomes of a request over UDP once it has its final response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lingering {
    /// Its retransmissions get the same response until timer J fires (RFC 3261 17.2.2).
    Keep,
    /// It leaves no state, and a retransmission is a new request (RFC 3261 8.2.7, 26.3.2.4): for answers to
    /// senders who have not proved who they are.
    Forget,
}

/// A request of ours, complete: the top Via carries `branch`.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Comes back in the events of this request.
    pub token: u64,
    /// `z9hG4bK` and at least 64 random bits (RFC 3261 8.1.1.7); new for every request.
    pub branch: Box<str>,
    /// Its method; not INVITE, ACK or CANCEL.
    pub method: Method,
    /// The whole message.
    pub octets: Bytes,
    /// Where it goes.
    pub flow: Flow,
}

/// Octets to send.
#[derive(Debug, Clone)]
pub struct Transmit {
    /// Where they go.
    pub flow: Flow,
    /// One whole message.
    pub octets: Bytes,
}

/// What the layer above hears.
#[derive(Debug)]
pub enum Event {
    /// A request, for the first time; `Endpoint::respond` answers it.
    Request {
        /// For `respond`.
        transaction: ServerKey,
        /// The request.
        request: Request,
        /// How it came.
        flow: Flow,
        /// Where it arrived.
        local: SocketAddr,
    },
    /// A response to a request of ours: provisional ones, then one final one.
    Response {
        /// Of the request.
        token: u64,
        /// The response.
        response: Response,
    },
    /// A request of ours ended without a final response.
    Failed {
        /// Of the request.
        token: u64,
        /// Why.
        failure: SendFailure,
    },
    /// Something was received and not taken; to be counted.
    Dropped(Dropped),
    /// A part of what is asked is turned away from now on, or all is taken again.
    Overload(Change),
}

/// Why a request of ours ended without a final response (RFC 3261 8.1.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendFailure {
    /// Timer F fired: it was sent, and may have arrived.
    Timeout,
    /// There was no connection, or the network says that the peer can't be reached: it was not received.
    NoConnection,
    /// The flow broke: it may have been sent.
    Transport,
    /// There is no room for it, or its branch is in use: it was not sent.
    TableFull,
    /// The peer is overloaded and has asked us to hold back (RFC 7339 5.3): it was not sent.
    HeldBack,
}

/// What was received and not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// Empty lines and short noise that keep a NAT open (RFC 5626 4.4); not answered over UDP.
    KeepAlive,
    /// It could not be read, and was answered if it could be.
    Malformed(Defect),
    /// An ACK that belongs to nothing.
    StrayAck,
    /// A response to nothing we asked, or after its transaction ended.
    StrayResponse,
    /// A new request while the table is full.
    TableFull,
    /// A new request whose sender has had its share of what can be done.
    Shed {
        /// The sender was told so.
        answered: bool,
    },
}

//! One shard of the SIP side: messages in, messages and events out, its timers named to the driver.
//!
//! The driver feeds `handle_*`, then drains `poll_transmit` and `poll_event`, then arms one timer for
//! `poll_timeout`. Retransmissions are absorbed before anything else looks at them: a nonce count, a limit or a
//! store never sees the same request of a known sender twice. Responses go the way their request came (RFC 3581, whether the
//! client asked for it or not).

mod event;
mod overload;
mod requests;
mod responses;

pub use event::{Dropped, EndpointConfig, Event, Lingering, Outgoing, SendFailure, ServerKey, Transmit};

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use iwf_model::{Flow, Now};
use sha2::{Digest, Sha256};

use crate::error::ParseError;
use crate::message::{Builder, Fields, Message, Name, Status};
use crate::overload::Overload;
use crate::overload::downstream::Downstream;
use crate::stun;
use crate::transaction::TimerReason;
use crate::transaction::arena::{Arena, Key, Links, List};
use crate::transaction::client::Client;
use crate::transaction::server::Server;
use crate::transaction::timer::TimerQueue;

/// A datagram shorter than this holds no SIP message.
const SHORTEST: usize = 20;

/// The transactions of one shard.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    clients: Arena<Client>,
    /// By branch. The maps are keyed by what others choose, so their hasher is a keyed one.
    by_branch: HashMap<Arc<str>, Key>,
    servers: Arena<Server>,
    by_identity: HashMap<Arc<[u8]>, Key>,
    /// The first of merged requests, while it is unanswered.
    by_merge: HashMap<Arc<[u8]>, Key>,
    timers: TimerQueue<Owner>,
    in_flows: Links<Owner>,
    by_flow: HashMap<Flow, List>,
    /// Answered requests that wait for timer J, the oldest first.
    in_lingering: Links<Key>,
    lingering: List,
    lingering_octets: usize,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    /// Where identities are written.
    scratch: Vec<u8>,
    retransmissions: u64,
    overload: Overload,
    downstream: Downstream,
}

/// Whose a timer or a place in a flow is.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Client(Key),
    Server(Key),
}

impl Endpoint {
    /// An endpoint without transactions.
    pub fn new(config: EndpointConfig) -> Self {
        Self {
            config,
            clients: Arena::new(),
            by_branch: HashMap::new(),
            servers: Arena::new(),
            by_identity: HashMap::new(),
            by_merge: HashMap::new(),
            timers: TimerQueue::new(),
            in_flows: Links::new(),
            by_flow: HashMap::new(),
            in_lingering: Links::new(),
            lingering: List::default(),
            lingering_octets: 0,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            scratch: Vec::new(),
            retransmissions: 0,
            overload: Overload::new(config.secret),
            downstream: Downstream::default(),
        }
    }

    /// Takes a whole message, from a datagram or a framer; `local` is where it arrived.
    pub fn handle_message(&mut self, octets: Bytes, flow: Flow, local: SocketAddr, now: Now) {
        if octets.len() < SHORTEST || octets.iter().all(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            return self.dropped(Dropped::KeepAlive);
        }
        if let Flow::Udp { peer, .. } = flow
            && stun::is_stun(&octets)
        {
            if let Some(answer) = stun::answer(&octets, peer) {
                self.transmit(flow, answer);
            }
            return self.dropped(Dropped::KeepAlive);
        }
        match Message::parse(octets) {
            Ok(Message::Request(request)) => self.on_request(request, flow, local, now),
            Ok(Message::Response(response)) => self.on_response(response, now),
            Err(error) => self.handle_refused(&error, flow),
        }
    }

    /// Takes a message that the framer refused, and answers it if it can be answered.
    pub fn handle_refused(&mut self, error: &ParseError, flow: Flow) {
        self.dropped(Dropped::Malformed(error.defect));
        if self.overload.is_on() && !flow.transport().is_reliable() {
            return;
        }
        if let (Some(request), Some(status)) = (&error.request, error.answer()) {
            self.answer_statelessly(request, status, flow, None);
        }
    }

    /// The flow is broken (ICMP error, connection closed): our requests on it fail, and requests from it end.
    pub fn handle_flow_error(&mut self, flow: Flow) {
        self.end_flow(flow, SendFailure::Transport);
    }

    /// The network says that datagrams do not reach the peer (RFC 3261 18.4). Requests of ours of which nothing was heard were
    /// not received. Nothing else ends: anybody can say so in the name of the network.
    pub fn handle_unreachable(&mut self, flow: Flow) {
        let Some(mut list) = self.by_flow.remove(&flow) else { return };
        let mut kept = List::default();
        while let Some(owner) = self.in_flows.pop(&mut list) {
            match owner {
                Owner::Client(key) if self.is_unheard(key) => {
                    self.fail_client(key, SendFailure::NoConnection);
                }
                owner => self.keep(&mut kept, owner),
            }
        }
        if !kept.is_empty() {
            self.by_flow.insert(flow, kept);
        }
    }

    /// The connection that was to carry it could not be made: our requests on it were not sent.
    pub fn handle_no_connection(&mut self, flow: Flow) {
        self.end_flow(flow, SendFailure::NoConnection);
    }

    fn end_flow(&mut self, flow: Flow, failure: SendFailure) {
        let Some(mut list) = self.by_flow.remove(&flow) else { return };
        let mut kept = List::default();
        while let Some(owner) = self.in_flows.pop(&mut list) {
            match owner {
                Owner::Client(key) => self.fail_client(key, failure),
                Owner::Server(key) if self.holds_others(key) => self.keep(&mut kept, owner),
                Owner::Server(key) => self.end_server(key),
            }
        }
        if !kept.is_empty() {
            self.by_flow.insert(flow, kept);
        }
    }

    /// Puts what stays in a flow into its new list.
    fn keep(&mut self, kept: &mut List, owner: Owner) {
        let place = Some(self.in_flows.push(kept, owner));
        match owner {
            Owner::Client(key) => {
                if let Some(client) = self.clients.get_mut(key) {
                    client.in_flow = place;
                }
            }
            Owner::Server(key) => {
                if let Some(server) = self.servers.get_mut(key) {
                    server.in_flow = place;
                }
            }
        }
    }

    /// Fires the timers that are due.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some((reason, owner)) = self.timers.fire(now.instant) {
            match owner {
                Owner::Client(key) => self.on_client_timer(key, reason, now),
                Owner::Server(key) => self.on_server_timer(key, reason, now),
            }
        }
    }

    /// The next octets to send, in the order in which they have to be sent.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When `handle_timeout` is to be called, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, TimerReason)> {
        self.timers.next()
    }

    /// How many requests of ours were sent again so far, for metrics.
    pub fn retransmissions(&self) -> u64 {
        self.retransmissions
    }

    /// How many transactions there are: as client, as server.
    pub fn transactions(&self) -> (usize, usize) {
        (self.clients.len(), self.servers.len())
    }

    fn transmit(&mut self, flow: Flow, octets: Bytes) {
        self.transmits.push_back(Transmit { flow, octets });
    }

    fn dropped(&mut self, what: Dropped) {
        self.events.push_back(Event::Dropped(what));
    }

    /// Answers without a transaction (RFC 3261 8.2.7): a repetition gets the same answer, its tag too.
    fn answer_statelessly(&mut self, request: &Fields, status: Status, flow: Flow, retry_after: Option<u32>) {
        let mut hash = Sha256::new();
        hash.update(self.config.secret.to_be_bytes());
        hash.update(request.call_id());
        hash.update(request.from().tag().unwrap_or_default());
        let tag = u64::from_be_bytes(hash.finalize().first_chunk().copied().unwrap_or_default());
        let response = Builder::response(request, flow.peer(), status, &format!("{tag:016x}"));
        let response = match retry_after {
            Some(seconds) => response.header(Name::RetryAfter, seconds),
            None => response,
        };
        let response = self.with_feedback(crate::overload::oc::is_offered(request.via()), response.finish());
        self.transmit(flow, response);
    }

    fn join_flow(&mut self, flow: Flow, owner: Owner) -> Key {
        self.in_flows.push(self.by_flow.entry(flow).or_default(), owner)
    }

    fn leave_flow(&mut self, flow: Flow, place: Key) {
        if let Some(list) = self.by_flow.get_mut(&flow) {
            self.in_flows.remove(list, place);
            if list.is_empty() {
                self.by_flow.remove(&flow);
            }
        }
    }
}

//! The server side: requests of others, and our responses to them.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use iwf_model::{Flow, Now};
use smallvec::SmallVec;

use super::{Dropped, Endpoint, Event, Lingering, Owner, ServerKey};
use crate::message::{Builder, Method, Request, Response, Status};
use crate::overload::oc;
use crate::overload::shares::Sender;
use crate::transaction::TimerReason;
use crate::transaction::arena::Key;
use crate::transaction::identity;
use crate::transaction::server::{OnAnswer, Server, ServerState};

/// How many merged requests wait for the answer to the first; more are refused (RFC 3261 8.2.2.2).
const MAX_HELD: usize = 4;

impl Endpoint {
    /// Answers a request: with 100, or with a final response, which over UDP is kept for retransmissions
    /// or not. A second final response is discarded, as is the answer to a request that ended meanwhile.
    pub fn respond(
        &mut self,
        transaction: ServerKey,
        (status, response): (u16, Bytes),
        lingering: Lingering,
        now: Now,
    ) {
        let ServerKey(key) = transaction;
        let Some(server) = self.servers.get(key) else { return };
        let (flow, sender, holds_back) = (server.flow, server.sender, server.holds_back);
        if lingering == Lingering::Keep && status >= 200 {
            self.overload.vouch(sender);
        }
        let response = self.with_feedback(holds_back, response);
        let Some(server) = self.servers.get_mut(key) else { return };
        match server.on_answer(status, &response) {
            OnAnswer::Discard => {}
            OnAnswer::Provisional => self.transmit(flow, response),
            OnAnswer::Silent => {
                self.complete_server(key, None, lingering, now);
            }
            OnAnswer::Final => {
                self.transmit(flow, response.clone());
                self.complete_server(key, Some((status, response)), lingering, now);
            }
        }
    }

    pub(super) fn on_request(&mut self, request: Request, flow: Flow, local: SocketAddr, now: Now) {
        let mut scratch = std::mem::take(&mut self.scratch);
        match request.method() {
            Method::Ack => self.on_ack(&request, &mut scratch),
            Method::Cancel => self.on_cancel(&request, flow, &mut scratch),
            _ => self.on_transaction(request, flow, local, &mut scratch, now),
        }
        self.scratch = scratch;
    }

    /// Our answer to an INVITE is a refusal; nothing more comes of its ACK.
    fn on_ack(&mut self, request: &Request, scratch: &mut Vec<u8>) {
        identity::transaction(scratch, request, Method::Invite.as_str());
        if !self.by_identity.contains_key(scratch.as_slice()) {
            self.dropped(Dropped::StrayAck);
        }
    }

    /// An INVITE has its final response when its CANCEL comes, which then has no effect (RFC 3261 9.2).
    fn on_cancel(&mut self, request: &Request, flow: Flow, scratch: &mut Vec<u8>) {
        identity::transaction(scratch, request, Method::Invite.as_str());
        let found = self.by_identity.contains_key(scratch.as_slice());
        self.answer_statelessly(request, Status::of(if found { 200 } else { 481 }), flow, None);
    }

    fn on_transaction(
        &mut self,
        request: Request,
        flow: Flow,
        local: SocketAddr,
        scratch: &mut Vec<u8>,
        now: Now,
    ) {
        identity::transaction(scratch, &request, request.method_text());
        if let Some(server) = self.by_identity.get(scratch.as_slice()).and_then(|key| self.servers.get(*key))
        {
            if let Some(response) = server.on_retransmission() {
                self.transmit(server.flow, response);
            }
            return;
        }
        let sender = self.overload.sender(&request, flow);
        if !self.takes(&request, sender, flow, scratch) {
            return;
        }
        if self.servers.len() >= self.config.max_servers {
            return self.refuse_for_room(&request, flow);
        }
        if self.has_been_here(&request) {
            return self.answer_statelessly(&request, Status::of(482), flow, None);
        }
        let identity = Arc::from(scratch.as_slice());
        let can_merge = identity::merge(scratch, &request);
        let first = self.by_merge.get(scratch.as_slice()).copied().filter(|_| can_merge);
        match first.and_then(|first| self.servers.get(first)).map(|first| first.held.len()) {
            Some(MAX_HELD..) => {
                self.answer_statelessly(&request, Status::of(482), flow, None);
            }
            Some(_) => {
                let key = self.begin_server(identity, &request, (flow, sender), now);
                if let Some(first) = first.and_then(|first| self.servers.get_mut(first)) {
                    first.held.push(key);
                }
            }
            None => {
                let key = self.begin_server(identity, &request, (flow, sender), now);
                if can_merge && let Some(server) = self.servers.get_mut(key) {
                    let merge = Arc::from(scratch.as_slice());
                    server.merge = Some(Arc::clone(&merge));
                    self.by_merge.insert(merge, key);
                }
                self.events.push_back(Event::Request { transaction: ServerKey(key), request, flow, local });
            }
        }
    }

    /// Ends a request without an answer, and those that were merged with it.
    pub fn ignore(&mut self, transaction: ServerKey) {
        self.abandon(transaction.0);
    }

    /// Whether it is what became of a request of ours that is still under way (RFC 3261 16.3, step 4, with the branch
    /// as the mark): somebody sends on to us what we sent.
    fn has_been_here(&self, request: &Request) -> bool {
        request
            .vias()
            .skip(1)
            .any(|via| via.branch().is_some_and(|branch| self.by_branch.contains_key(branch)))
    }

    /// Strangers behind UDP get no answer: it would only make a flood larger (RFC 3261 18.3 allows it).
    fn refuse_for_room(&mut self, request: &Request, flow: Flow) {
        self.dropped(Dropped::TableFull);
        if flow.transport().is_reliable() {
            self.answer_statelessly(request, Status::of(503), flow, Some(self.config.retry_after));
        }
    }

    fn begin_server(
        &mut self,
        identity: Arc<[u8]>,
        request: &Request,
        (flow, sender): (Flow, Sender),
        now: Now,
    ) -> Key {
        let timers = self.config.timers;
        let too_early = !flow.transport().is_reliable();
        let key = self.servers.insert(Server {
            identity: Arc::clone(&identity),
            merge: None,
            flow,
            sender,
            holds_back: oc::is_offered(request.via()),
            request: request.octets().clone(),
            state: ServerState::Trying,
            too_early,
            held: SmallVec::new(),
            timer: None,
            in_flow: None,
            in_lingering: None,
        });
        let (after, reason) = if too_early {
            (timers.provisional(), TimerReason::Provisional)
        } else {
            (timers.transaction(), TimerReason::Abandon)
        };
        let timer = self.timers.set(now.instant, after, reason, Owner::Server(key));
        let place = self.join_flow(flow, Owner::Server(key));
        if let Some(server) = self.servers.get_mut(key) {
            (server.timer, server.in_flow) = (Some(timer), Some(place));
        }
        self.by_identity.insert(identity, key);
        key
    }

    pub(super) fn on_server_timer(&mut self, key: Key, reason: TimerReason, now: Now) {
        match reason {
            TimerReason::Provisional => self.send_trying(key, now),
            TimerReason::Abandon => self.abandon(key),
            TimerReason::Linger | TimerReason::Retransmit | TimerReason::Timeout => self.end_server(key),
        }
    }

    /// The client resends every T2 from now on, and a 100 tells it that we are there (RFC 4320 4.1).
    fn send_trying(&mut self, key: Key, now: Now) {
        let timers = self.config.timers;
        let rest = timers.transaction().saturating_sub(timers.provisional());
        let Some(server) = self.servers.get_mut(key) else { return };
        server.too_early = false;
        server.timer = Some(self.timers.set(now.instant, rest, TimerReason::Abandon, Owner::Server(key)));
        if let Ok(request) = Request::parse(server.request.clone()) {
            let response = Builder::response(&request, server.flow.peer(), Status::of(100), "").finish();
            self.respond(ServerKey(key), (100, response), Lingering::Keep, now);
        }
    }

    /// A final response would come too late (RFC 4320 4.2), for the requests that wait for it too.
    fn abandon(&mut self, key: Key) {
        let held = self.servers.get_mut(key).map(|server| std::mem::take(&mut server.held));
        for held in held.unwrap_or_default() {
            self.end_server(held);
        }
        self.end_server(key);
    }

    /// Gives the same answer to the merged requests; then timer J runs, or over reliable transports and for
    /// answers not to be kept the transaction ends.
    fn complete_server(&mut self, key: Key, answer: Option<(u16, Bytes)>, lingering: Lingering, now: Now) {
        let Some(server) = self.servers.get_mut(key) else { return };
        server.request = Bytes::new();
        let held = std::mem::take(&mut server.held);
        if let Some(merge) = server.merge.take() {
            self.by_merge.remove(&merge);
        }
        if let Some(timer) = server.timer.take() {
            self.timers.stop(timer);
        }
        if server.flow.transport().is_reliable() || lingering == Lingering::Forget {
            self.end_server(key);
        } else {
            let linger = self.config.timers.transaction();
            let timer = self.timers.set(now.instant, linger, TimerReason::Linger, Owner::Server(key));
            server.timer = Some(timer);
            server.in_lingering = Some(self.in_lingering.push(&mut self.lingering, key));
            self.lingering_octets += server.octets();
            self.forget_the_oldest();
        }
        for held in held {
            match &answer {
                Some((status, response)) => self.answer_held(held, (*status, response), lingering, now),
                None => self.end_server(held),
            }
        }
    }

    /// Keeps lingering answers within their budget. What is forgotten too early is a new request if it comes
    /// again.
    fn forget_the_oldest(&mut self) {
        while self.lingering_octets > self.config.max_lingering
            && let Some(oldest) = self.in_lingering.first(&self.lingering).copied()
        {
            self.end_server(oldest);
        }
    }

    fn answer_held(&mut self, key: Key, (status, response): (u16, &Bytes), lingering: Lingering, now: Now) {
        let Some(server) = self.servers.get(key).filter(|server| !server.is_completed()) else { return };
        let parsed = (Request::parse(server.request.clone()), Response::parse(response.clone()));
        if let (Ok(request), Ok(response)) = parsed {
            let octets = Builder::for_merged(&response, &request, server.flow.peer());
            self.respond(ServerKey(key), (status, octets), lingering, now);
        }
    }

    pub(super) fn holds_others(&self, key: Key) -> bool {
        self.servers.get(key).is_some_and(|server| !server.held.is_empty())
    }

    pub(super) fn end_server(&mut self, key: Key) {
        let Some(server) = self.servers.remove(key) else { return };
        if let Some(timer) = server.timer {
            self.timers.stop(timer);
        }
        if let Some(place) = server.in_flow {
            self.leave_flow(server.flow, place);
        }
        if let Some(place) = server.in_lingering {
            self.in_lingering.remove(&mut self.lingering, place);
            self.lingering_octets = self.lingering_octets.saturating_sub(server.octets());
        }
        if let Some(merge) = server.merge {
            self.by_merge.remove(&merge);
        }
        self.by_identity.remove(&server.identity);
    }
}

//! The client side: requests of ours, and the responses to them.

use std::sync::Arc;

use bytes::Bytes;
use iwf_model::Now;

use super::{Dropped, Endpoint, Event, Outgoing, Owner, SendFailure};
use crate::message::{Method, Name, Response};
use crate::transaction::TimerReason;
use crate::transaction::arena::Key;
use crate::transaction::client::{Client, ClientState, OnResponse};

impl Endpoint {
    /// Sends a request of ours. Its end is one event: a final response, or a failure.
    pub fn send(&mut self, request: Outgoing, now: Now) {
        let Outgoing { token, branch, method, octets, flow } = request;
        let branch: Arc<str> = branch.into();
        if self.clients.len() >= self.config.max_clients || self.by_branch.contains_key(&branch) {
            return self.events.push_back(Event::Failed { token, failure: SendFailure::TableFull });
        }
        if self.downstream.holds_back(flow.peer(), now.instant) {
            return self.events.push_back(Event::Failed { token, failure: SendFailure::HeldBack });
        }
        let timers = self.config.timers;
        let key = self.clients.insert(Client {
            token,
            branch: Arc::clone(&branch),
            method,
            flow,
            octets: octets.clone(),
            state: ClientState::Trying,
            interval: timers.t1,
            retransmit: None,
            end: None,
            in_flow: None,
        });
        let owner = Owner::Client(key);
        let end = self.timers.set(now.instant, timers.transaction(), TimerReason::Timeout, owner);
        let retransmit = (!flow.transport().is_reliable())
            .then(|| self.timers.set(now.instant, timers.t1, TimerReason::Retransmit, owner));
        let place = self.join_flow(flow, owner);
        if let Some(client) = self.clients.get_mut(key) {
            (client.end, client.retransmit, client.in_flow) = (Some(end), retransmit, Some(place));
        }
        self.by_branch.insert(branch, key);
        self.transmit(flow, octets);
    }

    /// Matches a response by branch and method (RFC 3261 17.1.3); one with several Vias is not for us
    /// (8.1.3.3).
    pub(super) fn on_response(&mut self, response: Response, now: Now) {
        let via = response.via();
        let key = via.branch().and_then(|branch| self.by_branch.get(branch)).copied();
        let is_alone = response.elements(Name::Via).nth(1).is_none();
        let method = Method::parse(response.cseq().method);
        let client = key.filter(|_| is_alone).and_then(|key| Some((key, self.clients.get_mut(key)?)));
        let Some((key, client)) = client.filter(|(_, client)| client.method == method) else {
            return self.dropped(Dropped::StrayResponse);
        };
        let token = client.token;
        self.downstream.heard(client.flow.peer(), via.params(), now.instant);
        match client.on_response(response.status()) {
            OnResponse::Absorb => return,
            OnResponse::Pass => {}
            OnResponse::Complete => self.complete_client(key, now),
        }
        self.events.push_back(Event::Response { token, response });
    }

    /// Gives up a request of ours without a word: it is not sent again, and what still comes is a stray.
    pub fn give_up(&mut self, branch: &str) {
        if let Some(key) = self.by_branch.get(branch).copied() {
            self.end_client(key);
        }
    }

    /// Stops timers E and F; over UDP timer K takes their place.
    fn complete_client(&mut self, key: Key, now: Now) {
        let Some(client) = self.clients.get_mut(key) else { return };
        if client.flow.transport().is_reliable() {
            return self.end_client(key);
        }
        for timer in [client.retransmit.take(), client.end.take()].into_iter().flatten() {
            self.timers.stop(timer);
        }
        let linger = self.config.timers.t4;
        client.end = Some(self.timers.set(now.instant, linger, TimerReason::Linger, Owner::Client(key)));
    }

    /// Whether nothing has come back yet.
    pub(super) fn is_unheard(&self, key: Key) -> bool {
        self.clients.get(key).is_some_and(|client| client.state == ClientState::Trying)
    }

    pub(super) fn on_client_timer(&mut self, key: Key, reason: TimerReason, now: Now) {
        match reason {
            TimerReason::Retransmit => self.retransmit(key, now),
            TimerReason::Timeout => self.fail_client(key, SendFailure::Timeout),
            TimerReason::Linger | TimerReason::Provisional | TimerReason::Abandon => self.end_client(key),
        }
    }

    fn retransmit(&mut self, key: Key, now: Now) {
        let timers = self.config.timers;
        let Some(client) = self.clients.get_mut(key) else { return };
        let Some(interval) = client.on_timer_e(timers) else { return };
        let (flow, octets): (_, Bytes) = (client.flow, client.octets.clone());
        client.retransmit =
            Some(self.timers.set(now.instant, interval, TimerReason::Retransmit, Owner::Client(key)));
        self.retransmissions += 1;
        self.transmit(flow, octets);
    }

    /// Tells the user, unless it has had a final response.
    pub(super) fn fail_client(&mut self, key: Key, failure: SendFailure) {
        if let Some(client) = self.clients.get(key)
            && client.state != ClientState::Completed
        {
            self.events.push_back(Event::Failed { token: client.token, failure });
        }
        self.end_client(key);
    }

    fn end_client(&mut self, key: Key) {
        let Some(client) = self.clients.remove(key) else { return };
        for timer in [client.retransmit, client.end].into_iter().flatten() {
            self.timers.stop(timer);
        }
        if let Some(place) = client.in_flow {
            self.leave_flow(client.flow, place);
        }
        self.by_branch.remove(&client.branch);
    }
}

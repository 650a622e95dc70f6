//! The non-INVITE client transaction (RFC 3261 17.1.2).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use iwf_model::Flow;

use super::arena::Key;
use super::timer::{Running, Timers};
use crate::message::Method;

/// A request of ours that is under way, or was answered less than T4 ago.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) token: u64,
    pub(crate) branch: Arc<str>,
    pub(crate) method: Method,
    pub(crate) flow: Flow,
    /// The request; empty once it is answered.
    pub(crate) octets: Bytes,
    pub(crate) state: ClientState,
    /// Timer E: its present interval, and the timer while it runs.
    pub(crate) interval: Duration,
    pub(crate) retransmit: Option<Running>,
    /// Timer F, then K.
    pub(crate) end: Option<Running>,
    /// Its place in the list of its flow.
    pub(crate) in_flow: Option<Key>,
}

/// The states of RFC 3261 figure 6; one that is terminated is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientState {
    Trying,
    Proceeding,
    Completed,
}

/// What a response does to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnResponse {
    /// Passed to the user, and we go on.
    Pass,
    /// Passed to the user; the transaction waits for timer K (at once over reliable transports).
    Complete,
    /// A retransmission.
    Absorb,
}

impl Client {
    /// A response with this status has come.
    pub(crate) fn on_response(&mut self, status: u16) -> OnResponse {
        match (self.state, status) {
            (ClientState::Completed, _) => OnResponse::Absorb,
            (ClientState::Trying | ClientState::Proceeding, ..200) => {
                self.state = ClientState::Proceeding;
                OnResponse::Pass
            }
            (ClientState::Trying | ClientState::Proceeding, _) => {
                self.state = ClientState::Completed;
                self.octets = Bytes::new();
                OnResponse::Complete
            }
        }
    }

    /// Timer E has fired: the interval until it fires again, or `None` if there is nothing to resend.
    pub(crate) fn on_timer_e(&mut self, timers: Timers) -> Option<Duration> {
        self.interval = match self.state {
            ClientState::Trying => timers.next_e(self.interval),
            ClientState::Proceeding => timers.t2,
            ClientState::Completed => return None,
        };
        Some(self.interval)
    }
}

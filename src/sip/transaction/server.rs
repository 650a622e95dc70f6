//! The non-INVITE server transaction (RFC 3261 17.2.2) with the corrections of RFC 4320.
//!
//! An INVITE is answered with a final response at once, as every method we don't serve; it has no need of
//! the INVITE machine: its retransmissions fetch the response again, its ACK is absorbed.

use std::sync::Arc;

use bytes::Bytes;
use iwf_model::Flow;
use smallvec::SmallVec;

use super::arena::Key;
use super::timer::Running;
use crate::overload::shares::Sender;

/// A request that is being answered, or was answered less than 64 * T1 ago.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is found by.
    pub(crate) identity: Arc<[u8]>,
    /// What a merged request is found by, while this is the first of them and unanswered.
    pub(crate) merge: Option<Arc<[u8]>>,
    pub(crate) flow: Flow,
    /// Who sent it, as overload tells senders apart.
    pub(crate) sender: Sender,
    /// The peer holds back if our response asks it to (RFC 7339 4.1).
    pub(crate) holds_back: bool,
    /// The request; empty once it is answered.
    pub(crate) request: Bytes,
    pub(crate) state: ServerState,
    /// No 100 may be sent yet (RFC 4320 4.1).
    pub(crate) too_early: bool,
    /// Merged requests that wait for the answer to this one.
    pub(crate) held: SmallVec<[Key; 1]>,
    /// The one timer of its state.
    pub(crate) timer: Option<Running>,
    /// Its place in the list of its flow.
    pub(crate) in_flow: Option<Key>,
    /// Its place among those that wait for timer J.
    pub(crate) in_lingering: Option<Key>,
}

/// The states of RFC 3261 figure 8; one that is terminated is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerState {
    Trying,
    Proceeding(Bytes),
    /// Without a response when the answer was one that must not be sent.
    Completed(Option<Bytes>),
}

/// What a response of the user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnAnswer {
    /// Sent; more may come.
    Provisional,
    /// Sent; the transaction waits for timer J (at once over reliable transports).
    Final,
    /// The same, but nothing is sent.
    Silent,
    /// Not allowed, or a second final response.
    Discard,
}

impl Server {
    /// The request has come again: what is to be sent again, if anything.
    pub(crate) fn on_retransmission(&self) -> Option<Bytes> {
        match &self.state {
            ServerState::Trying => None,
            ServerState::Proceeding(response) => Some(response.clone()),
            ServerState::Completed(response) => response.clone(),
        }
    }

    /// The user answers. RFC 4320: of all 1xx only 100, and over UDP not early; never a 408.
    pub(crate) fn on_answer(&mut self, status: u16, response: &Bytes) -> OnAnswer {
        match (&self.state, status) {
            (ServerState::Completed(_), _) => OnAnswer::Discard,
            (ServerState::Trying | ServerState::Proceeding(_), 100) if !self.too_early => {
                self.state = ServerState::Proceeding(response.clone());
                OnAnswer::Provisional
            }
            (ServerState::Trying | ServerState::Proceeding(_), ..200) => OnAnswer::Discard,
            (ServerState::Trying | ServerState::Proceeding(_), 408) => {
                self.state = ServerState::Completed(None);
                OnAnswer::Silent
            }
            (ServerState::Trying | ServerState::Proceeding(_), _) => {
                self.state = ServerState::Completed(Some(response.clone()));
                OnAnswer::Final
            }
        }
    }

    /// What it takes while it waits for timer J: its identity and its answer.
    pub(crate) fn octets(&self) -> usize {
        let response = match &self.state {
            ServerState::Trying | ServerState::Completed(None) => 0,
            ServerState::Proceeding(response) | ServerState::Completed(Some(response)) => response.len(),
        };
        self.identity.len() + response
    }

    /// Whether a final answer was given.
    pub(crate) fn is_completed(&self) -> bool {
        matches!(self.state, ServerState::Completed(_))
    }
}

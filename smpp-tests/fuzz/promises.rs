//! What a session owes its peer and its driver, kept by somebody who sees only octets and events.

use std::collections::{BTreeMap, BTreeSet};

use iwf_model::MessageId;
use iwf_smpp::CloseReason;
use iwf_smpp::state::State;

use super::walker::{GENERIC_NACK, RESPONSE, Walked, walk};

/// The books.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// Requests of the peer that are not answered: command_id and sequence_number.
    owed: BTreeMap<(u32, u32), usize>,
    /// Our requests that are not answered.
    pub(super) ours: Vec<Walked>,
    /// Receipts given to the session whose end is not told.
    pub(super) receipts: BTreeSet<MessageId>,
    pub(super) closed: Option<CloseReason>,
    /// How often the peer has asked for unbind and been answered yes, and whether we have asked.
    unbinds: (usize, usize, bool),
    /// Every status the peer was answered with.
    pub(super) statuses: BTreeSet<u32>,
}

/// What has a response, and is answered by it.
const SENT_BY_CLIENTS: [u32; 13] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x15, 0x21, 0x103, 0x111];
const UNBIND: u32 = 0x06;
/// These have no response.
const UNANSWERED: [u32; 2] = [0x0B, 0x0102];

impl Promises {
    /// The session has taken these octets: whole PDUs, and behind them, when the stream was lost, anything.
    pub(super) fn consumed(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((head, _)) = rest.split_first_chunk::<16>() {
            let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let Some(after) = rest.get(word(0).max(16) as usize..) else { return };
            self.unbinds.0 += usize::from(word(4) == UNBIND);
            if word(4) & RESPONSE == 0 {
                *self.owed.entry((word(4), word(12))).or_default() += 1;
            }
            rest = after;
        }
    }

    /// The session has written these octets while it was in one of these states.
    pub(super) fn written(&mut self, octets: &[u8], states: [State; 2]) -> Result<(), String> {
        let mut rest = octets;
        while !rest.is_empty() {
            let (walked, after) = walk(rest)?;
            match walked.is_response() {
                true => self.answered(walked)?,
                false => self.asked(walked, states)?,
            }
            rest = after;
        }
        Ok(())
    }

    fn answered(&mut self, answer: Walked) -> Result<(), String> {
        self.statuses.insert(answer.status);
        self.unbinds.1 += usize::from((answer.command_id, answer.status) == (UNBIND | RESPONSE, 0));
        let waits = |count: &usize, sequence: u32| *count > 0 && sequence == answer.sequence;
        let mut asked = self.owed.iter_mut().filter(|((_, sequence), count)| waits(count, *sequence));
        // A nack is for what has no response of its own, if there is such a one under that number.
        let asked = match answer.command_id {
            GENERIC_NACK => asked.max_by_key(|((command_id, _), _)| !SENT_BY_CLIENTS.contains(command_id)),
            response => asked.find(|((command_id, _), _)| response == command_id | RESPONSE),
        };
        match asked {
            Some((_, count)) => *count -= 1,
            // What ends the stream is nacked under the number it had, or 0, and is no request.
            None if (answer.command_id, answer.status) == (GENERIC_NACK, 2) => {}
            None => return Err(format!("{answer:x?} answers nothing")),
        }
        Ok(())
    }

    fn asked(&mut self, request: Walked, states: [State; 2]) -> Result<(), String> {
        let allowed = states.into_iter().any(|state| match request.command_id {
            0x05 | 0x0102 | 0x0103 => matches!(state, State::BoundRx | State::BoundTrx),
            0x06 => state.is_bound(),
            0x0B => state == State::Open,
            0x15 => true,
            _ => false,
        });
        let numbered = (1..=0x7FFF_FFFF).contains(&request.sequence);
        if !allowed || !numbered || self.ours.iter().any(|ours| ours.sequence == request.sequence) {
            return Err(format!("{request:x?} must not be sent in {states:?}"));
        }
        self.unbinds.2 |= request.command_id == UNBIND;
        self.ours.push(request);
        Ok(())
    }

    pub(super) fn receipt_told(&mut self, message: MessageId) -> Result<(), String> {
        if self.receipts.remove(&message) {
            Ok(())
        } else {
            Err(format!("receipt {message:?} is told twice"))
        }
    }

    pub(super) fn closes(&mut self, reason: CloseReason) -> Result<(), String> {
        match self.closed.replace(reason) {
            Some(first) => Err(format!("closed twice: {first:?}, {reason:?}")),
            None if self.receipts.is_empty() => Ok(()),
            None => Err(format!("closed, and {:?} are not told", self.receipts)),
        }
    }

    /// The peer unbound, once and without our asking: everything before it is answered first.
    pub(super) fn unbound_in_order(&self) -> bool {
        self.unbinds == (1, 1, false) && self.closed.is_none()
    }

    /// What must be answered and is not; a closed session owes nothing.
    pub(super) fn unanswered(&self) -> Option<(u32, u32)> {
        let owed =
            self.owed.iter().find(|((command_id, _), count)| **count > 0 && !UNANSWERED.contains(command_id));
        owed.map(|(request, _)| *request).filter(|_| self.closed.is_none())
    }
}

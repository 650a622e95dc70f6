//! What a session owes its peer and its driver, kept by somebody who sees only octets and events.

use std::collections::{BTreeMap, BTreeSet};

use iwf_model::MessageId;
use iwf_smpp::CloseReason;
use iwf_smpp::state::State;

use super::walker::{GENERIC_NACK, RESPONSE, Walked, walk};

/// The books.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// Ours is the end that binds.
    esme: bool,
    /// The peer's requests, by their sequence_number.
    asked: BTreeMap<u32, Asked>,
    /// Our requests that are not answered.
    pub(super) ours: Vec<Walked>,
    /// Receipts given to the session whose end is not told.
    pub(super) receipts: BTreeSet<MessageId>,
    /// So of texts.
    pub(super) texts: BTreeSet<MessageId>,
    pub(super) closed: Option<CloseReason>,
    /// How often the peer has asked for unbind and been answered yes, and whether we have asked.
    unbinds: (usize, usize, bool),
    /// Every status the peer was answered with.
    pub(super) statuses: BTreeSet<u32>,
}

/// What was asked under one number, of which there may be many.
#[derive(Debug, Default)]
struct Asked {
    /// By command_id: how often it was asked, and how often answered by its own response.
    requests: BTreeMap<u32, (usize, usize)>,
    /// How often it was answered by generic_nack, which does not say what it is for.
    nacks: usize,
}

impl Asked {
    /// How many are answered by nothing but perhaps a nack.
    fn left(&self, counts: impl Fn(u32) -> bool) -> usize {
        let left = self.requests.iter().filter(|(command_id, _)| counts(**command_id));
        left.map(|(_, (asked, answered))| asked - answered).sum()
    }
}

const UNBIND: u32 = 0x06;
/// These have no response.
const UNANSWERED: [u32; 2] = [0x0B, 0x0102];

impl Promises {
    /// Those of a session that binds.
    pub(super) fn of_an_esme() -> Self {
        Self { esme: true, ..Self::default() }
    }

    /// The session has taken these octets: whole PDUs, and behind them, when the stream was lost, anything.
    pub(super) fn consumed(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((head, _)) = rest.split_first_chunk::<16>() {
            let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let Some(after) = rest.get(word(0).max(16) as usize..) else { return };
            self.unbinds.0 += usize::from(word(4) == UNBIND);
            if word(4) & RESPONSE == 0 {
                self.asked.entry(word(12)).or_default().requests.entry(word(4)).or_default().0 += 1;
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
        let asked = self.asked.entry(answer.sequence).or_default();
        let answers = match answer.command_id {
            GENERIC_NACK => {
                asked.nacks += 1;
                // What ends the stream is nacked under the number it had, or 0, and is no request.
                answer.status == 2 || asked.nacks <= asked.left(|_| true)
            }
            response => asked.requests.get_mut(&(response & !RESPONSE)).is_some_and(|(asked, answered)| {
                *answered += 1;
                answered <= asked
            }),
        };
        if answers { Ok(()) } else { Err(format!("{answer:x?} answers nothing")) }
    }

    fn asked(&mut self, request: Walked, states: [State; 2]) -> Result<(), String> {
        let allowed = states.into_iter().any(|state| match request.command_id {
            0x01 | 0x02 | 0x09 => self.esme && state == State::Open,
            0x04 | 0x0103 if self.esme => matches!(state, State::BoundTx | State::BoundTrx),
            0x05 | 0x0102 if self.esme => false,
            0x05 | 0x0102 | 0x0103 => matches!(state, State::BoundRx | State::BoundTrx),
            0x06 => state.is_bound(),
            0x0B => matches!(state, State::Open | State::Outbound),
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

    pub(super) fn text_told(&mut self, message: MessageId) -> Result<(), String> {
        if self.texts.remove(&message) { Ok(()) } else { Err(format!("text {message:?} is told twice")) }
    }

    pub(super) fn closes(&mut self, reason: CloseReason) -> Result<(), String> {
        match self.closed.replace(reason) {
            Some(first) => Err(format!("closed twice: {first:?}, {reason:?}")),
            None if self.receipts.is_empty() && self.texts.is_empty() => Ok(()),
            None => Err(format!("closed, and {:?} {:?} are not told", self.receipts, self.texts)),
        }
    }

    /// The peer unbound, once and without our asking: everything before it is answered first.
    pub(super) fn unbound_in_order(&self) -> bool {
        self.unbinds == (1, 1, false) && self.closed.is_none()
    }

    /// The number of what must be answered and is not; a closed session owes nothing.
    pub(super) fn unanswered(&self) -> Option<u32> {
        let owed = |asked: &Asked| asked.left(|command_id| !UNANSWERED.contains(&command_id)) > asked.nacks;
        let number = self.asked.iter().find(|(_, asked)| owed(asked)).map(|(sequence, _)| *sequence);
        number.filter(|_| self.closed.is_none())
    }
}

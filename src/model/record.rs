//! The record of a finished message, and the story of any message.

use crate::id::{ConnectionId, MessageId};
use crate::message::{Origin, Recipient};
use crate::outcome::Cause;
use crate::receipt::FinalState;
use crate::route::TextFacts;
use crate::time::Timestamp;

/// One thing that happened to a message. Never holds text of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: StepKind,
    /// To or from whom and with which code, for people: `sip:111222333@192.0.2.7:5060 200`.
    pub detail: String,
}

/// The things that happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Durable, its origin was told so.
    Accepted,
    /// No device: waits for one to register.
    Waiting,
    /// Sent to a device, and what it answered.
    Attempt,
    /// Found at a start in a state in which an attempt may have been under way.
    InDoubt,
    /// Another system that took it told what became of it.
    Confirmed,
    /// Its end.
    Finished,
    /// One part of a longer text: waits for the others.
    Held,
    /// Joined with the other parts: goes on as one text under the id of the first.
    Joined,
    /// Its origin gave it another text or other terms.
    Changed,
    /// Its recipient has read it, and its origin is told.
    Read,
    /// The receipt was written to a bind.
    ReceiptSent,
    /// The carrier acknowledged the receipt.
    ReceiptAcknowledged,
    /// The receipt may have been told twice.
    ReceiptInDoubt,
    /// The receipt was given up.
    ReceiptDropped,
}

impl StepKind {
    const WORDS: [(Self, &'static str); 14] = [
        (Self::Accepted, "accepted"),
        (Self::Waiting, "waiting"),
        (Self::Attempt, "attempt"),
        (Self::InDoubt, "in-doubt"),
        (Self::Confirmed, "confirmed"),
        (Self::Finished, "finished"),
        (Self::Held, "held"),
        (Self::Joined, "joined"),
        (Self::Changed, "changed"),
        (Self::Read, "read"),
        (Self::ReceiptSent, "receipt-sent"),
        (Self::ReceiptAcknowledged, "receipt-acknowledged"),
        (Self::ReceiptInDoubt, "receipt-in-doubt"),
        (Self::ReceiptDropped, "receipt-dropped"),
    ];

    /// The word used in the store and shown to people.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

/// What remains of a message: written once, under its id, which makes a second one impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The message.
    pub message: MessageId,
    /// Who gave it to us.
    pub origin: Origin,
    /// Whose the destination is.
    pub recipient: Recipient,
    /// The sender, as understood.
    pub source: String,
    /// The recipient, as understood.
    pub destination: String,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How it ended.
    pub state: FinalState,
    /// Because of what.
    pub cause: Cause,
    /// Of one whose validity ended: what its last attempt failed of. Of others the same as `cause`.
    pub reason: Cause,
    /// Over which connection it went last, if over any.
    pub via: Option<ConnectionId>,
    /// The last code heard from a device.
    pub code: u32,
    /// How many attempts there were, the last one included.
    pub attempts: u16,
    /// A device may have got it twice, because a process ended while an attempt was under way.
    pub in_doubt: bool,
    /// What routes may ask of its text; `None`: no route was asked, or it is not known any more.
    pub text: Option<TextFacts>,
    /// Every step with its time.
    pub story: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_step_reads_back_from_its_word() {
        for (kind, word) in StepKind::WORDS {
            assert_eq!((kind.as_str(), StepKind::parse(word)), (word, Some(kind)));
        }
    }
}

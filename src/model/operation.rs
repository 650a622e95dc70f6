//! What an origin asks about messages it has given us: how they stand, to cancel them, to replace one.
//!
//! Only the origin may ask, and only with the sender it submitted (SMPP 5.0 4.5); a message of anybody else
//! is answered as one that does not exist.

use std::time::Duration;

use crate::address::{Address, Number};
use crate::id::MessageId;
use crate::message::{Origin, Validity};
use crate::receipt::{FinalState, ReceiptRequest};
use crate::time::Timestamp;

/// How does this message stand? (query_sm)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Who asks.
    pub origin: Origin,
    /// The message.
    pub message: MessageId,
    /// Its sender, understood; another one is another message.
    pub source: Address,
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: MessageState,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// The three-digit error of its last attempt or its end; 0 for none.
    pub error: u16,
}

/// The states of a message that an origin can be told (SMPP 5.0 4.7.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// It waits for its schedule.
    Scheduled,
    /// It is on its way or waits for its recipient.
    Enroute,
    /// It has ended.
    Final(FinalState),
}

/// Do not deliver these. (cancel_sm)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Who asks.
    pub origin: Origin,
    /// The sender of all of them, understood.
    pub source: Address,
    /// Which of that sender's messages.
    pub which: Which,
}

/// Which messages of a sender are to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(MessageId),
    /// All that wait for this recipient.
    All {
        /// The recipient.
        destination: Number,
        /// Of this service only; empty: of any.
        service_type: String,
    },
}

/// Deliver this in place of what was submitted. (replace_sm)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// Who asks.
    pub origin: Origin,
    /// The message; it keeps its id.
    pub message: MessageId,
    /// Its sender, understood.
    pub source: Address,
    /// The new text.
    pub text: String,
    /// The new validity; `None`: as it was.
    pub validity: Option<Validity>,
    /// The new schedule; `None`: as it was.
    pub schedule: Option<Schedule>,
    /// What the origin wants to hear from now on.
    pub receipt: ReceiptRequest,
}

/// A schedule that takes the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Deliver it now.
    Now,
    /// Not before this.
    At(Timestamp),
}

/// Why an operation is not done. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
    /// There is no such message of this origin and sender.
    #[error("no such message")]
    Unknown,
    /// It has ended or an attempt is under way, or it is of a kind that can't be changed.
    #[error("the message can't be changed any more")]
    TooLate,
    /// The origin asks faster than agreed.
    #[error("the agreed rate is exceeded")]
    Throttled,
    /// The new validity ends before the schedule, or before now.
    #[error("the validity is over")]
    AlreadyExpired,
    /// It can't be found out or written down now.
    #[error("the store is not available")]
    Unavailable,
}

impl Denial {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 5] =
        [Self::Unknown, Self::TooLate, Self::Throttled, Self::AlreadyExpired, Self::Unavailable];

    /// How soon the same may be worth another try; `None`: never.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Throttled => Some(Duration::from_secs(1)),
            Self::Unavailable => Some(Duration::from_secs(5)),
            Self::Unknown | Self::TooLate | Self::AlreadyExpired => None,
        }
    }
}

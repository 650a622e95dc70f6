//! What the origin asked to hear, and what it is told.

use crate::address::Party;
use crate::id::{CarrierId, MessageId};
use crate::time::Timestamp;

/// Which ends of its message an origin wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptRequest {
    /// Tell when it was delivered.
    pub success: bool,
    /// Tell when it was not.
    pub failure: bool,
    /// Tell once when it has to wait.
    pub intermediate: bool,
    /// Pass on that the recipient has read it (SME delivery acknowledgement).
    pub read: bool,
    /// Pass on what the recipient answered (SME manual acknowledgement).
    pub reply: bool,
}

impl ReceiptRequest {
    /// Nothing is to be told.
    pub const NONE: Self =
        Self { success: false, failure: false, intermediate: false, read: false, reply: false };
    /// Every end is to be told.
    pub const ANY: Self = Self { success: true, failure: true, ..Self::NONE };

    /// Whether the origin wants to hear of this end.
    pub fn wants(self, state: FinalState) -> bool {
        if state == FinalState::Delivered { self.success } else { self.failure }
    }

    /// A number for the store: bit 0 success, bit 1 failure, bit 2 intermediate, bit 3 read, bit 4 reply.
    pub fn bits(self) -> u8 {
        let flags = [self.success, self.failure, self.intermediate, self.read, self.reply];
        flags.into_iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(flag))
    }

    /// Reads the number back; other bits are ignored.
    pub fn from_bits(bits: u8) -> Self {
        Self {
            success: bits & 1 != 0,
            failure: bits & 2 != 0,
            intermediate: bits & 4 != 0,
            read: bits & 8 != 0,
            reply: bits & 16 != 0,
        }
    }
}

/// How a message ended. The numbers are SMPP's message_state (SMPP 5.0 4.7.15), and the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FinalState {
    /// A device has it.
    Delivered = 2,
    /// Its validity ended first.
    Expired = 3,
    /// It was cancelled or removed.
    Deleted = 4,
    /// It can't be delivered.
    Undeliverable = 5,
    /// Another system took it, and never said what became of it.
    Unknown = 7,
    /// Somebody decided against it.
    Rejected = 8,
}

impl FinalState {
    /// Every state, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Delivered, Self::Expired, Self::Deleted, Self::Undeliverable, Self::Unknown, Self::Rejected];

    /// Reads a stored number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }

    /// The word used in stories, records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
            Self::Undeliverable => "undeliverable",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
        }
    }
}

/// What a carrier is told about its message: exactly one for each message that asked, and, if it asked for that, one
/// more when its recipient has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its name: that of the message it tells the end of; an acknowledgement has one of its own.
    pub message: MessageId,
    /// The message that was read: this is an SME delivery acknowledgement, no receipt.
    pub acknowledges: Option<MessageId>,
    /// The very id that the response to its submit carried: its own, or one that stood for several.
    pub told_as: MessageId,
    /// Whom to tell.
    pub carrier: CarrierId,
    /// The sender as submitted: the receipt's destination.
    pub source: Party,
    /// The recipient as submitted: the receipt's source.
    pub destination: Party,
    /// How it ended.
    pub state: FinalState,
    /// The three-digit error, 0 for none.
    pub error: u16,
    /// The last code heard from the peer, 0 for none.
    pub code: u32,
    /// When the message was accepted.
    pub submitted_at: Timestamp,
    /// When it ended.
    pub done_at: Timestamp,
    /// The origin's own reference (user_message_reference), echoed.
    pub reference: Option<u16>,
    /// service_type as submitted, echoed.
    pub service_type: String,
}

/// What a carrier is told when its message first has to wait (intermediate notification): once at most, and
/// never after its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The message.
    pub message: MessageId,
    /// The very id that the response to its submit carried.
    pub told_as: MessageId,
    /// Whom to tell.
    pub carrier: CarrierId,
    /// The sender as submitted: the notification's destination.
    pub source: Party,
    /// The recipient as submitted: the notification's source.
    pub destination: Party,
    /// The three-digit error of the attempt, 0 for none.
    pub error: u16,
    /// The last code heard from the peer, 0 for none.
    pub code: u32,
    /// When the message was accepted.
    pub submitted_at: Timestamp,
    /// When the attempt ended.
    pub at: Timestamp,
    /// The origin's own reference (user_message_reference), echoed.
    pub reference: Option<u16>,
    /// service_type as submitted, echoed.
    pub service_type: String,
}

/// A receipt that waits to be taken by a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingReceipt {
    /// What to tell.
    pub receipt: Receipt,
    /// How often it was refused for a time or went without an answer.
    pub attempts: u16,
    /// It may have been told before: the connection or the process ended before the answer.
    pub in_doubt: bool,
    /// Not before this.
    pub due_at: Timestamp,
}

/// What became of a receipt that was given to the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptAnswer {
    /// Acknowledged.
    Taken,
    /// The carrier can't take it now.
    Later,
    /// The carrier does not want it.
    Refused,
    /// No answer came: it may have been taken.
    Lost,
}

//! What is kept of a delivered message whose origin wants to hear when it is read.

use std::time::Duration;

use crate::id::MessageId;
use crate::message::{Recipient, Submission};
use crate::receipt::Receipt;
use crate::time::Timestamp;

/// A message that may yet be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The message.
    pub message: MessageId,
    /// The name under which the devices have it: its own, or that of the text that it was joined into.
    pub sent_as: MessageId,
    /// Who has it: an account's devices, or the system that took it. Nobody else can say that it was read.
    pub reader: Recipient,
    /// When it was delivered.
    pub since: Timestamp,
    /// Nobody waits longer.
    pub until: Timestamp,
    /// What its origin is told then, but for the time.
    pub owed: Owed,
}

/// What the origin of a message is told when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// A carrier: an acknowledgement in the form of this receipt.
    Receipt(Receipt),
    /// An app: this notice.
    Notice(Box<Submission>),
}

impl Awaited {
    /// How long after its delivery it matters that a text was read.
    pub const LIFE: Duration = Duration::from_secs(7 * 86_400);
}

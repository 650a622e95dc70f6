//! What is kept of a delivered message whose origin wants to hear when it is read.

use std::time::Duration;

use crate::id::{AccountId, MessageId};
use crate::receipt::Receipt;
use crate::time::Timestamp;

/// A message that may yet be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The message.
    pub message: MessageId,
    /// The name under which the devices have it: its own, or that of the text that it was joined into.
    pub sent_as: MessageId,
    /// Whose devices have it: nobody else can say that it was read.
    pub account: AccountId,
    /// Nobody waits longer.
    pub until: Timestamp,
    /// What its origin is told then, but for the time.
    pub receipt: Receipt,
}

impl Awaited {
    /// How long after its delivery it matters that a text was read.
    pub const LIFE: Duration = Duration::from_secs(7 * 86_400);
}

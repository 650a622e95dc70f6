//! The states of a message, in one place. `relay::delivery` moves them; `store` keeps them.

use crate::outcome::Outcome;
use crate::part::Joined;
use crate::time::Timestamp;
use crate::upstream::Taken;

/// Where a message is on its way (docs/message-life.md).
///
/// D0 (received) is a `Submission` that was not promised anything and is kept nowhere, and D6 (closed)
/// is a `Record`; between them a message is in one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// D1: durable, waits for its time or for a device.
    Accepted,
    /// D2: attempts under way. Not written on one node: after a crash it is D1 again, in doubt.
    Attempting,
    /// D3: another system has it, and says later what became of it.
    Taken,
    /// D4: a device has it.
    Delivered,
    /// D5: it ended otherwise.
    Failed,
}

/// What is known of the attempts so far: kept durably, so that they are counted across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many rounds of attempts ended without success.
    pub attempts: u16,
    /// Not before this; `Timestamp::MAX` waits for a device alone.
    pub due_at: Timestamp,
    /// The last failure, if any.
    pub last: Option<Outcome>,
    /// An attempt may have been under way when the process ended: a device may have it already.
    pub in_doubt: bool,
    /// Of a part that went on with others as one text: with which. Once that is written, nothing is waited for
    /// again after a restart.
    pub joined: Option<Joined>,
    /// Another system has it, and says later what became of it. `due_at` is then when nobody waits for that any more.
    pub taken: Option<Taken>,
}

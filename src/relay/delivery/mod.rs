//! The life of one accepted message, from D1 to D6 (docs/message-life.md).
//!
//! - D1, waits: for its time, or for a device to register. [`Event::Reachable`] begins a round.
//! - D2, a round of attempts: one to each device, all at once. The first device that takes it ends the
//!   message as delivered. When all have failed, the round ends: for good if every device refused for good,
//!   otherwise the message is [`Action::Postpone`]d to its next time.
//!   Over connections attempts follow one another instead, and what somebody decided for good ends them.
//! - D3, taken: another system has it ([`Action::Take`]) and says what became of it ([`Event::Confirmed`]).
//! - D4 and D5, ended: [`Action::Finish`] carries the record, and the receipt if one is owed. Whatever comes
//!   later changes nothing.
//!
//! Validity ends a message that waits at once, and one in a round when the round is over: an attempt that
//! is under way may still succeed, and then that is the truth.

mod machine;
pub mod retry;

#[cfg(test)]
mod routed_tests;
#[cfg(test)]
mod tests;

pub use machine::{Action, Delivery, Device, Event, nobody_there};

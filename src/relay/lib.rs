//! What is decided about a message. No protocol, no store, no clock: the driver says what happened
//! and when, and is told what to do.
//!
//! - [`directory`]: who owns which number, who binds as what
//! - [`routing`]: which connections take a message on, if nobody here does
//! - [`verdict`]: whose a destination is, and why
//! - [`circles`]: messages that come back through networks of others
//! - [`admission`]: a submission becomes a message, or is refused with a reason
//! - [`throttle`]: the rate a carrier agreed to
//! - [`delivery`]: the life of one message, D1 to D6
//! - [`lanes`]: one message at a time to each device, in order
//! - [`reassembly`]: parts of long texts, until all are there
//! - [`queue`]: all messages in memory, and when each is next looked at
//! - [`outbox`]: receipts that wait for a receiver
//! - [`reading`](mod@reading): what an app tells of a message that it got
//! - [`notice`]: what an app hears of a text that it sent
//! - [`rebind`]: when a bind of ours is tried again
//! - [`redial`]: when a carrier is called to bind to us
//! - [`pending_flags`]: who wants to hear that an account is there again

pub mod admission;
pub mod circles;
pub mod delivery;
pub mod directory;
pub mod lanes;
pub mod notice;
mod numbers;
pub mod outbox;
mod patterns;
pub mod pending_flags;
pub mod queue;
pub mod reading;
pub mod reassembly;
pub mod rebind;
pub mod redial;
pub mod routing;
#[cfg(test)]
mod seeded;
pub mod throttle;
pub mod upstream;
pub mod verdict;

pub use admission::{Limits, Policy, admit};
pub use circles::Circles;
pub use delivery::{Action, Delivery, Device, Event, nobody_there};
pub use directory::Directory;
pub use lanes::{Lanes, carrier_lane, connection_lane};
pub use notice::told;
pub use outbox::{Outbox, Settled};
pub use pending_flags::{Alert, PendingFlags, pending_flag};
pub use queue::operations::{cancelled_before, concerns, standing};
pub use queue::{At, AttemptEnd, Order, Queue, Reach, Since};
pub use reading::{ReadEarly, Reading, Teller, Word, reading, word};
pub use reassembly::{Assembler, Fate, Rule};
pub use rebind::{Rebind, TryEnd};
pub use redial::Redial;
pub use routing::{Choice, Routing};
pub use throttle::TokenBucket;
pub use verdict::Verdict;

//! SMPP without sockets: framing, PDUs, and one session with a peer, at either end of it (v3.3, v3.4 and v5.0).
//!
//! The whole crate is a pure machine: it is given octets and the time, and gives back octets, events
//! and the next moment it wants to be woken. It opens no socket, reads no clock and draws no random
//! number, so that every rule of the specification can be tested to the second.
//!
//! ```text
//!            octets in                               octets out
//!   driver ─ handle_input ─▶ frame ─▶ pdu ─▶ session ─▶ output() ─▶ driver
//!                                             │   ▲
//!                                poll_event() ▼   │ accept_*, refuse_*, send_receipt
//!                                              node
//! ```
//!
//! The seam is [`Session`], the message centre's end, and [`Client`], the other: feed it with `handle_input`, `handle_timeout`, `handle_closed`; drain
//! `poll_event` and `output`; arm one timer with `poll_timeout`; stop when `is_closed`. What a session
//! may do in which state is one table (`state`), every timer with its reason is another (`keepalive`),
//! and the two halves of the interworking table that concern SMPP are `outcome` and `submission`.
//!
//! `pdu`, `frame`, `coding`, `state`, `keepalive`, `window` and `text` know no role: both ends use the same. What we are told
//! of messages that we gave to others is read by `upstream`.

pub mod access;
pub mod bind;
pub mod client;
pub mod coding;
pub mod config;
mod confusion;
pub mod content;
pub mod event;
pub mod fault;
pub mod frame;
pub mod guard;
pub mod habits;
pub mod id;
pub mod keepalive;
pub mod operation;
pub mod outcome;
pub mod pdu;
pub mod receipt;
pub mod session;
pub mod state;
pub mod submission;
pub mod text;
pub mod time;
mod trace;
mod upstream;
pub mod window;

pub use bind::{BindRefusal, BindRequest, Grant, Password, Version};
pub use client::{Client, ClientConfig, ClientEvent, ClientTicket, Rejection, Secret, TextAnswer};
pub use config::SessionConfig;
pub use event::{Anomaly, CloseReason, Event, MultiTicket, QueryTicket, ReceiptAnswer, Ticket};
pub use fault::{Fault, Field};
pub use guard::{BindGuard, Claim};
pub use habits::{Habit, Habits, SharedHabits};
pub use keepalive::{TimerReason, Timers};
pub use session::Session;

/// The names of the commands and of their status, as the specification has them.
pub use rusmpp_core::{CommandId, CommandStatus};

#[cfg(test)]
mod testing {
    //! Where the clocks of the tests begin.

    use iwf_model::{Now, Timestamp};

    #[expect(clippy::disallowed_methods, reason = "some Instant is needed to count from")]
    pub(crate) fn start() -> std::time::Instant {
        std::time::Instant::now()
    }

    pub(crate) fn now() -> Now {
        let utc = Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).expect("a day of the calendar");
        Now { instant: start(), utc }
    }
}

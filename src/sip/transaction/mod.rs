//! Transactions: one request and the responses to it (RFC 3261 17), for every method but INVITE.
//!
//! The machines are tables of state and event; they neither send nor look for time. `Endpoint` keeps them
//! in bounded tables, finds the one that a message belongs to, sends, and runs their timers.

pub(crate) mod arena;
pub(crate) mod client;
pub(crate) mod identity;
pub(crate) mod server;
pub(crate) mod timer;

pub use timer::{TimerReason, Timers};

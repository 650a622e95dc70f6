//! SIP without sockets: messages, transactions, digest, registrar, and what a MESSAGE becomes.
//!
//! Pure: no clock, no socket, no randomness. Times, nonces and random numbers are passed in; bytes to send and
//! effects on the world come out as data.

mod date;
pub mod delivery;
pub mod digest;
pub mod directory;
pub mod endpoint;
pub mod error;
pub mod message;
pub mod outcome;
pub mod registrar;
mod submission;
pub mod transaction;
pub mod uas;

pub use directory::Directory;
pub use endpoint::{Endpoint, EndpointConfig, Event, Outgoing, SendFailure, ServerKey, Transmit};
pub use error::{Defect, Malformed, ParseError};
pub use message::{Builder, Contacts, Fields, Framer, Message, Method, Name, NameAddr, Request, Response};
pub use message::{Status, Uri, Via};
pub use transaction::{TimerReason, Timers};

//! SIP without sockets: messages, transactions, digest, registrar, and what a MESSAGE becomes.
//!
//! Pure: no clock, no socket, no randomness. Times, nonces and random numbers are passed in; bytes to send and
//! effects on the world come out as data.
//!
//! From the wire inwards: a [`Framer`] cuts a stream into messages (a datagram is one); an [`Endpoint`] reads
//! them, absorbs retransmissions and matches responses; `uas` decides on requests, with `digest`, `registrar`
//! and `submission`; `delivery` writes the MESSAGE to a device, `locate` finds where it goes when no flow leads
//! there, and `outcome` says what its answer means. All that is sent is written by [`Builder`].
//!
//! What it follows: RFC 2782 and 3263 (finding servers), 3261 (SIP), 3327 and 3608 (Path, Service-Route), 3428
//! (MESSAGE), 3581 (rport), 3862 and 5438 (CPIM, IMDN), 3966 (tel), 4320 (non-INVITE transactions), 4475 (torture
//! tests), 5118 (IPv6), 5626 (outbound: keep-alives, STUN, instances and flows), 7339 (overload), 7616 and 8760 (digest).

mod date;
pub mod delivery;
pub mod digest;
pub mod directory;
pub mod elsewhere;
pub mod endpoint;
pub mod error;
mod imdn;
pub mod ims;
pub mod locate;
pub mod message;
pub mod outcome;
pub mod overload;
pub mod ping;
pub mod registrar;
mod stun;
mod submission;
pub mod transaction;
pub mod uas;
pub mod websocket;

pub use directory::Directory;
pub use endpoint::{Endpoint, EndpointConfig, Event, Lingering, Outgoing, SendFailure, ServerKey, Transmit};
pub use error::{Defect, Malformed, ParseError};
pub use message::{Builder, Contacts, Fields, Framer, Message, Method, Name, NameAddr, Request, Response};
pub use message::{Status, Uri, Via};
pub use transaction::{TimerReason, Timers};

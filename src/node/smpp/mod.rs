//! The SMPP side: listeners, one task for each connection, and who is bound; and our binds to others (`client`).
//!
//! What a PDU means is decided by `iwf_smpp`; here are sockets and tasks.

pub(crate) mod binds;
pub(crate) mod client;
pub(crate) mod connection;
mod counts;
pub(crate) mod door;
pub(crate) mod listener;
pub(crate) mod outbind;
pub(crate) mod probe;
pub(crate) mod start;

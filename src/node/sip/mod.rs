//! The SIP side: sockets, connections, the registrar's cache, and the loop that drives the machines.
//!
//! What a message means is decided by `iwf_sip`; what becomes of a text by `iwf_relay`.

pub(crate) mod attempts;
mod carriers;
mod confirming;
pub(crate) mod driver;
mod flows;
mod hop_links;
#[cfg(target_os = "linux")]
mod icmp;
mod later;
pub(crate) mod links;
pub(crate) mod local;
pub(crate) mod locations;
pub(crate) mod next_hops;
mod notices;
mod operations;
mod pace;
pub(crate) mod proxy;
mod reading;
pub(crate) mod requests;
pub(crate) mod resolver;
mod short;
mod superseding;
pub(crate) mod udp;
mod under_way;
pub(crate) mod waiting;
mod waking;
mod wire;

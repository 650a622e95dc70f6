//! Where to send a request that no flow leads to: RFC 3263, without a resolver and without a socket.
//!
//! [`choose`] takes a [`NextHop`] and what is known of the DNS, and says either what else has to be asked or
//! which [`Destination`]s there are, the best first. It keeps nothing: whoever drives it puts answers into a
//! [`Cache`] and asks it again. What became of destinations is kept in [`Standing`], which leaves out those
//! that did not work until it is time to try them again.
//!
//! Nothing here trusts a name server: what it says is bounded, a record that does not fit the question is
//! passed over, and no chain of records is followed further than NAPTR, SRV, address.

mod cache;
mod choose;
mod hop;
mod standing;
#[cfg(test)]
mod tests;
mod weight;

pub use cache::{Cache, Learnt, Lookup};
pub use choose::{Choice, Destination, Means, Nowhere, choose, streams_first};
pub use hop::NextHop;
pub use standing::{Standing, Trouble};

use std::net::IpAddr;

/// What is asked of the DNS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The name, absolute, in lower case, without a dot at its end.
    pub name: Box<str>,
    /// Which records of it.
    pub kind: Kind,
}

/// Kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Which transports a domain wants (RFC 3403, RFC 3263 4.1).
    Naptr,
    /// Which hosts serve it (RFC 2782).
    Srv,
    /// IPv4 addresses of a host.
    A,
    /// IPv6 addresses of a host.
    Aaaa,
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// NAPTR, of which only those that lead to SRV records have a meaning here.
    Naptr(Naptr),
    /// SRV.
    Srv(Srv),
    /// A or AAAA.
    Address(IpAddr),
}

/// A NAPTR record (RFC 3403 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lower ones first, and no others while there is one of them.
    pub order: u16,
    /// Lower ones first among those of equal order.
    pub preference: u16,
    /// `s` says that SRV records follow.
    pub flags: Box<str>,
    /// Such as `SIP+D2T`.
    pub service: Box<str>,
    /// Whether the field for a regular expression is empty, as RFC 3263 4.1 wants it.
    pub is_plain: bool,
    /// Where the SRV records are.
    pub replacement: Box<str>,
}

/// An SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower ones first.
    pub priority: u16,
    /// The share among those of equal priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; empty says that the service is decidedly not there.
    pub target: Box<str>,
}

/// What is known of a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These records.
    Records(Vec<Record>),
    /// There are none, or there is no such name.
    Absent,
    /// Nobody could say.
    Failed,
}

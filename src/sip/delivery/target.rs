//! Where a request for a binding goes: back the way it came, never where a Contact alone points.

use std::net::{IpAddr, SocketAddr};

use iwf_model::{Binding, Flow, Transport};

use crate::message::Uri;
use crate::registrar::first_hop;

/// Where to send a request for a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A datagram.
    Datagram {
        /// To this address.
        peer: SocketAddr,
        /// From the socket that the registration came to.
        local: SocketAddr,
        /// Where a connection may be opened for what is too large: the device, or the proxy before it, listens at the
        /// very address that the registration came from. Behind NAT there is no such place.
        stream: Option<SocketAddr>,
    },
    /// Down the connection that the device registered on.
    Connection {
        /// What it carries.
        transport: Transport,
        /// The connection.
        connection: u64,
        /// Its other end.
        peer: SocketAddr,
        /// Where a new one may be opened if that one is gone.
        otherwise: Option<SocketAddr>,
    },
}

impl Target {
    /// Where to connect to with a request of so many octets, which otherwise goes in a datagram that is too large. If there
    /// is no connection to be had it goes in the datagram after all (RFC 3261 18.1.1).
    pub fn stream_for(self, octets: usize) -> Option<SocketAddr> {
        match self {
            Self::Datagram { stream, .. } if octets > LARGEST_DATAGRAM => stream,
            Self::Datagram { .. } | Self::Connection { .. } => None,
        }
    }

    /// The flow that the request leaves by.
    pub fn flow(self) -> Flow {
        match self {
            Self::Datagram { peer, local, .. } => Flow::Udp { peer, local },
            Self::Connection { transport, connection, peer, .. } => {
                Flow::Stream { transport, peer, connection }
            }
        }
    }
}

/// A request of more octets, Via included, is too large for a datagram on a path whose MTU nobody knows (RFC 3261 18.1.1).
pub const LARGEST_DATAGRAM: usize = 1300;

/// Whether an answer over a connection that took the place of a datagram is the device's word. Nobody has registered that
/// connection: what refuses may be another server at that port, and the device gets the datagram.
pub fn is_from_device(status: u16) -> bool {
    status < 300
}

/// Where to send a request for this binding: behind proxies that is the nearest of them, which sent us the
/// registration (RFC 3327 5.3).
///
/// The address in the Contact, or in the nearest proxy's URI, counts only where its host is the very address that the registration came from (RFC 3261
/// 18.1.1 lets a client send from another port than it listens on); otherwise a NAT is between, or
/// somebody wants us to send elsewhere, and the source of the registration is right in both cases.
pub fn target(binding: &Binding) -> Target {
    let next = match first_hop(&binding.path) {
        None => Uri::parse(&binding.contact).ok(),
        proxy => proxy,
    };
    let direct =
        next.and_then(|uri| listening_address(&uri, binding.flow.transport(), binding.flow.peer().ip()));
    match binding.flow {
        Flow::Udp { peer, local } => Target::Datagram { peer: direct.unwrap_or(peer), local, stream: direct },
        Flow::Stream { transport, connection, peer } => {
            let otherwise = direct.filter(|_| transport == Transport::Tcp);
            Target::Connection { transport, connection, peer, otherwise }
        }
    }
}

/// The address in a URI, if it is a literal one and that of `source`.
fn listening_address(uri: &Uri<'_>, transport: Transport, source: IpAddr) -> Option<SocketAddr> {
    let literal = uri.host().trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = literal.parse().ok()?;
    let same = address.to_canonical() == source.to_canonical();
    same.then(|| SocketAddr::new(source, uri.port().unwrap_or(transport.default_port())))
}

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
    /// The flow that the request leaves by.
    pub fn flow(self) -> Flow {
        match self {
            Self::Datagram { peer, local } => Flow::Udp { peer, local },
            Self::Connection { transport, connection, peer, .. } => {
                Flow::Stream { transport, peer, connection }
            }
        }
    }
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
        Flow::Udp { peer, local } => Target::Datagram { peer: direct.unwrap_or(peer), local },
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

//! Our own address as a peer sees it: what goes into Via.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::config::Advertise;

/// Finds and remembers which of our addresses leads to a peer.
#[derive(Debug)]
pub(crate) struct LocalAddresses {
    advertise: Option<Advertise>,
    known: HashMap<(IpAddr, SocketAddr), String>,
    /// What the system would send from, by peer.
    sources: HashMap<IpAddr, IpAddr>,
}

/// Peers remembered; beyond it all are forgotten and found again.
const MOST: usize = 10_000;

impl LocalAddresses {
    /// With the configured address, if there is one.
    pub(crate) fn new(advertise: Option<Advertise>) -> Self {
        Self { advertise, known: HashMap::new(), sources: HashMap::new() }
    }

    /// `host:port` for the Via of a request to `peer` from a socket bound to `local`. A port of 0, that of a connection
    /// whose transport we do not listen on, is left out.
    pub(crate) fn sent_by(&mut self, local: SocketAddr, peer: SocketAddr) -> &str {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let advertise = &self.advertise;
        self.known.entry((peer.ip(), local)).or_insert_with(|| match advertise {
            Some(Advertise { host, port }) => with_port(host, port.unwrap_or(local.port())),
            None if local.ip().is_unspecified() => {
                with_port(&in_brackets(towards(peer, local.ip())), local.port())
            }
            None => with_port(&in_brackets(local.ip()), local.port()),
        })
    }
}

impl LocalAddresses {
    /// Our address, without a port, that leads to a peer.
    pub(crate) fn towards(&mut self, peer: SocketAddr) -> SocketAddr {
        if self.sources.len() >= MOST {
            self.sources.clear();
        }
        let any = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = *self.sources.entry(peer.ip()).or_insert_with(|| towards(peer, any));
        SocketAddr::new(source, 0)
    }
}

/// An address as a host of a URI.
fn in_brackets(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

fn with_port(host: &str, port: u16) -> String {
    if port == 0 { host.to_owned() } else { format!("{host}:{port}") }
}

/// The address that the system would send from; nothing is sent to find it.
fn towards(peer: SocketAddr, otherwise: IpAddr) -> IpAddr {
    let probe = || {
        let socket = UdpSocket::bind(SocketAddr::new(otherwise, 0))?;
        socket.connect(peer)?;
        socket.local_addr()
    };
    probe().map_or(otherwise, |local: SocketAddr| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_on_all_addresses_tells_the_one_that_leads_to_the_peer() {
        let mut addresses = LocalAddresses::new(None);
        let peer = ([127, 0, 0, 1], 5062).into();
        assert_eq!(addresses.sent_by(([0, 0, 0, 0], 5060).into(), peer), "127.0.0.1:5060");
        assert_eq!(addresses.sent_by(([127, 0, 0, 1], 5070).into(), peer), "127.0.0.1:5070");
    }

    #[test]
    fn where_nobody_listens_no_port_is_told() {
        let peer = ([127, 0, 0, 1], 5062).into();
        assert_eq!(LocalAddresses::new(None).sent_by(([0, 0, 0, 0], 0).into(), peer), "127.0.0.1");
        let local = SocketAddr::from(([0_u16, 0, 0, 0, 0, 0, 0, 1], 5061));
        assert_eq!(LocalAddresses::new(None).sent_by(local, peer), "[::1]:5061");
    }

    #[test]
    fn what_is_configured_is_told() {
        let advertise = |port| Some(Advertise { host: "sip.example.com".into(), port });
        let (local, peer) = (([0, 0, 0, 0], 5060).into(), ([127, 0, 0, 1], 5062).into());
        assert_eq!(LocalAddresses::new(advertise(None)).sent_by(local, peer), "sip.example.com:5060");
        assert_eq!(LocalAddresses::new(advertise(Some(6000))).sent_by(local, peer), "sip.example.com:6000");
    }
}

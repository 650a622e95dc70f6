//! Connections to next hops: one for each destination, opened when the first request needs it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;

use iwf_model::{Flow, Transport};
use iwf_sip::locate::Destination;

use super::driver::Driver;
use super::links::Link;

/// Which connections there are, and why others could not be had.
pub(super) struct HopLinks {
    open: HashMap<Destination, u64>,
    /// How the last attempt ended where it failed, for people.
    failed: HashMap<Destination, Cow<'static, str>>,
    most: usize,
}

impl HopLinks {
    /// None yet, and at most `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { open: HashMap::new(), failed: HashMap::new(), most }
    }

    /// A connection is gone.
    pub(super) fn forget(&mut self, connection: u64) {
        self.open.retain(|_, known| *known != connection);
    }

    /// Why there was no connection to a destination, if the last one failed.
    pub(super) fn why_not(&self, to: &Destination) -> Option<&str> {
        self.failed.get(to).map(|why| &**why)
    }

    fn note_failure(&mut self, connection: u64, why: Cow<'static, str>) {
        if self.failed.len() >= self.most {
            self.failed.clear();
        }
        let to = self.open.iter().find(|(_, known)| **known == connection);
        if let Some(to) = to.map(|(to, _)| to.clone()) {
            self.failed.insert(to, why);
        }
    }
}

impl Driver {
    /// The connection to a destination: the one that is there, or a new one.
    pub(super) fn connection_to(&mut self, to: &Destination) -> Option<(Flow, SocketAddr)> {
        let connections = &mut self.hops.connections;
        let known = connections.open.get(to).and_then(|connection| self.links.get(connection));
        if let Some(link) = known {
            return Some((link.flow(), link.local));
        }
        if connections.open.len() >= connections.most {
            return None;
        }
        let link = self.open_link(to)?;
        let (connection, flow, local) = (link.connection, link.flow(), link.local);
        let connections = &mut self.hops.connections;
        connections.failed.remove(to);
        connections.open.insert(to.clone(), connection);
        self.shared.locations.opened(connection);
        self.links.insert(connection, link);
        Some((flow, local))
    }

    fn open_link(&self, to: &Destination) -> Option<Link> {
        let opens = matches!(to.transport, Transport::Tcp | Transport::Tls);
        opens.then(|| self.connector.connect(to.transport, to.address, Some(&to.domain)))
    }

    /// A connection of ours could not be made: what was to go over it was not sent.
    pub(super) fn forget_unopened(&mut self, connection: u64, why: Cow<'static, str>) {
        if let Some(link) = self.links.get(&connection) {
            tracing::debug!(peer = %link.peer, transport = link.transport.as_str(), %why, "not connected");
            self.endpoint.handle_no_connection(link.flow());
        }
        self.hops.connections.note_failure(connection, why);
        self.forget_link(connection);
    }
}

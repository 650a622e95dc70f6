//! The network, as the driver sees it: what comes is read in batches, what is to go is given to sockets and
//! connections, and nothing here waits.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;

use iwf_model::{Flow, Now};
use iwf_sip::endpoint::Transmit;
use iwf_sip::message::framing::Frame;

use super::driver::{Driver, FRAMES_A_TURN};
use super::links::{Input, Link};
use super::udp::Udp;
use iwf_sip::uas::ProvenTrunk;

impl Driver {
    pub(super) fn read_links(&mut self, now: Now) {
        let mut inputs = std::mem::take(&mut self.inputs);
        if inputs.len() < FRAMES_A_TURN && (!inputs.is_empty() || self.input.is_empty()) {
            self.pace.links_empty_at = now.instant;
        }
        for input in inputs.drain(..) {
            match input {
                Input::Opened(link) => self.take_link(link),
                Input::Frame { connection, frame } => self.take_frame(connection, frame, now),
                Input::Closed { connection } => self.forget_link(connection),
                Input::NotOpened { connection, why } => self.forget_unopened(connection, why),
            }
        }
        self.inputs = inputs;
    }

    fn take_link(&mut self, mut link: Link) {
        if let Some(shown) = &link.certificate {
            link.trunk = self.uas.proven(link.peer.ip(), |rule| shown.fits(rule));
        }
        let Link { connection, transport, peer, certificate, .. } = &link;
        let certificate = certificate.as_ref().map(ToString::to_string);
        tracing::debug!(connection, transport = transport.as_str(), %peer, certificate, "SIP connection opened");
        self.shared.locations.opened(*connection);
        self.links.insert(*connection, link);
    }

    fn take_frame(&mut self, connection: u64, frame: Frame, now: Now) {
        let Some(link) = self.links.get(&connection) else { return };
        let (flow, local) = (link.flow(), link.local);
        self.shared.metrics.sip_received.of(link.transport).increment(1);
        match frame {
            Frame::Message(octets) => self.endpoint.handle_message(octets, flow, local, now),
            Frame::Refused { error, .. } => self.endpoint.handle_refused(&error, flow),
            // Answered by the connection itself.
            Frame::Ping => {}
        }
    }

    /// The trunk at the other end of a connection, by its certificate.
    pub(super) fn proven(&self, flow: Flow) -> Option<ProvenTrunk> {
        let Flow::Stream { connection, .. } = flow else { return None };
        self.links.get(&connection)?.trunk
    }

    pub(super) fn forget_link(&mut self, connection: u64) {
        self.shared.locations.closed(connection);
        if let Some(link) = self.links.remove(&connection) {
            self.attempts.forget_link(&link);
            self.hops.forget_link(connection);
            self.endpoint.handle_flow_error(link.flow());
        }
    }

    /// The flow of datagrams from one of our addresses to a peer, and the address that they really leave by.
    pub(super) fn datagrams_to(&self, peer: SocketAddr, local: SocketAddr) -> Option<(Flow, SocketAddr)> {
        let local = self.sockets.get(place_of(&self.sockets, peer, local)?)?.local();
        Some((Flow::Udp { peer, local }, local))
    }

    /// The same where no registration says from which. Of several sockets it is the one that the system would send from.
    pub(super) fn datagrams_from_anywhere(&mut self, peer: SocketAddr) -> Option<(Flow, SocketAddr)> {
        let mut family = self.sockets.iter().filter(|socket| socket.local().is_ipv4() == peer.is_ipv4());
        let first = family.next()?.local();
        let local = if family.next().is_none() { first } else { self.addresses.towards(peer) };
        self.datagrams_to(peer, local)
    }

    pub(super) fn flush_transmits(&mut self) {
        while let Some(Transmit { flow, octets }) = self.endpoint.poll_transmit() {
            match flow {
                Flow::Udp { peer, local } => {
                    let place = place_of(&self.sockets, peer, local);
                    if let Some(socket) = place.and_then(|place| self.sockets.get_mut(place)) {
                        socket.send(&octets, peer);
                    }
                }
                Flow::Stream { connection, .. } => {
                    let full =
                        self.links.get(&connection).is_some_and(|link| link.output.try_send(octets).is_err());
                    // A peer that does not read loses its connection: dropping the link ends its task.
                    if full {
                        self.forget_link(connection);
                    }
                }
            }
        }
    }
}

/// Which socket datagrams to a peer leave by: the one bound to `local`, another of that address if its port has
/// changed since, or the first of the family.
fn place_of(sockets: &[Udp], peer: SocketAddr, local: SocketAddr) -> Option<usize> {
    let own = sockets.iter().map(Udp::local).enumerate();
    let fit = own.filter(|(_, own)| own.is_ipv4() == peer.is_ipv4());
    fit.min_by_key(|(_, own)| (*own != local, own.ip() != local.ip())).map(|(place, _)| place)
}

/// Waits for a datagram.
pub(super) async fn readable(sockets: &[Udp]) {
    poll_fn(|context| {
        let ready = sockets.iter().any(|socket| socket.poll_readable(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

//! The flow that a request to a device leaves by, and the request written for it.

use std::net::SocketAddr;

use iwf_model::{Cause, Flow, Now, Transport};
use iwf_sip::Outgoing;
use iwf_sip::delivery::{Attempt, Form, Target};

use super::attempts::USER_AGENT;
use super::driver::Driver;
use super::locations::Location;
use super::short::body;
use super::under_way::{Attempts, UnderWay};

/// Connections of ours to devices, beyond which what is large goes in datagrams.
const MOST_INSTEAD: usize = 1024;

impl Driver {
    pub(super) fn request(
        &mut self,
        number: u64,
        attempt: &UnderWay,
        (location, form): (&Location, Option<Form>),
        now: Now,
    ) -> Result<(Outgoing, u64), (Cause, &'static str)> {
        let token = attempt.next_token(number).ok_or((Cause::NotSent, "too many flows"))?;
        let flow = self.flow_to(location).ok_or((Cause::NotSent, "no way"))?;
        let branch = self.random.u64();
        let outgoing = self.write(attempt, (location, form), flow, (token, branch), now)?;
        let Some(flow) = self.stream_instead(location, outgoing.octets.len()) else {
            return Ok((outgoing, branch));
        };
        Ok((self.write(attempt, (location, form), flow, (token, branch), now)?, branch))
    }

    fn write(
        &mut self,
        attempt: &UnderWay,
        (location, form): (&Location, Option<Form>),
        (flow, local): (Flow, SocketAddr),
        (token, branch): (u64, u64),
        now: Now,
    ) -> Result<Outgoing, (Cause, &'static str)> {
        let written = Attempt {
            message: &attempt.message,
            binding: &location.binding,
            number: attempt.attempt,
            flow,
            sent_by: self.addresses.sent_by(local, flow.peer()),
            branch,
            user_agent: USER_AGENT,
            body: body(attempt, form).ok_or((Cause::NotSent, "nothing to send"))?,
        };
        // The registrar lets in only what can be written; a damaged store might not.
        let not_a_uri = |_| (Cause::ContactGone, "not a URI");
        let outgoing = written.outgoing(token, now.utc).map_err(not_a_uri)?;
        if let Some(sent) = written.sent().map_err(not_a_uri)? {
            self.attempts.exchanges.begin(Attempts::number_of(token), sent);
        }
        Ok(outgoing)
    }

    /// The connection that takes the place of a datagram of so many octets, if one should.
    fn stream_instead(&mut self, location: &Location, octets: usize) -> Option<(Flow, SocketAddr)> {
        let peer = location.target.stream_for(octets)?;
        let has_room = self.attempts.opened.len() < MOST_INSTEAD;
        (has_room && !location.keeps_to_datagrams()).then(|| self.connection_to_device(Transport::Tcp, peer))
    }

    /// The flow that leads to a device, and our end of it. A lost connection is replaced where that is allowed.
    pub(super) fn flow_to(&mut self, location: &Location) -> Option<(Flow, SocketAddr)> {
        match location.target {
            Target::Datagram { peer, local, .. } => self.datagrams_to(peer, local),
            Target::Connection { transport, connection, otherwise, .. } => {
                if let Some(link) = self.links.get(&connection) {
                    return Some((link.flow(), link.local));
                }
                otherwise.map(|peer| self.connection_to_device(transport, peer))
            }
        }
    }

    /// A connection of ours to where a device listens: the one that is there, or a new one.
    fn connection_to_device(&mut self, transport: Transport, peer: SocketAddr) -> (Flow, SocketAddr) {
        let known = self.attempts.opened.get(&peer).and_then(|connection| self.links.get(connection));
        if let Some(link) = known {
            return (link.flow(), link.local);
        }
        let link = self.connector.connect(transport, peer, None);
        let (connection, flow, local) = (link.connection, link.flow(), link.local);
        self.attempts.opened.insert(peer, connection);
        self.shared.locations.opened(connection);
        self.links.insert(connection, link);
        (flow, local)
    }
}

//! Connections that we open, over TCP and TLS.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use iwf_model::Transport;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::codec::Codec;
use super::connection::{Connection, prepare};
use super::listener::Hall;
use super::{Input, Link, OUTPUT_QUEUE};
use crate::ids::next_number;
use crate::stream::Stream;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Opens connections.
pub(crate) struct Connector {
    hall: Arc<Hall>,
    trusted: Arc<ArcSwap<ClientConfig>>,
    /// Where others reach us: what we say of ourselves on a connection of ours.
    listening: Vec<(Transport, SocketAddr)>,
}

/// A connection that is to be made.
struct Way {
    connection: u64,
    transport: Transport,
    peer: SocketAddr,
    local: SocketAddr,
    security: Security,
}

/// What is agreed upon first.
enum Security {
    /// Nothing.
    Clear,
    /// TLS, with whoever proves to be this one.
    Tls(ServerName<'static>, Arc<ClientConfig>),
    /// TLS, but with a name that no certificate can have.
    NoName,
}

impl Connector {
    /// With what is asked of servers over TLS, and the addresses that are listened on.
    pub(crate) fn new(
        hall: Arc<Hall>,
        trusted: Arc<ArcSwap<ClientConfig>>,
        listening: Vec<(Transport, SocketAddr)>,
    ) -> Self {
        Self { hall, trusted, listening }
    }

    /// Connects over TLS to whoever proves to be `name` (RFC 5922 4), its address if it was asked for by no name; over TCP
    /// in the clear where no TLS is asked for. What is queued meanwhile is written when the connection stands.
    pub(crate) fn connect(&self, transport: Transport, peer: SocketAddr, name: Option<&str>) -> Link {
        let (output, queue) = mpsc::channel(OUTPUT_QUEUE);
        let (transport, security) = if transport.is_secure() {
            let name = match name {
                Some(name) => ServerName::try_from(name.to_owned()).ok(),
                None => Some(ServerName::from(peer.ip())),
            };
            let tls = |name| Security::Tls(name, self.trusted.load_full());
            (Transport::Tls, name.map_or(Security::NoName, tls))
        } else {
            (Transport::Tcp, Security::Clear)
        };
        let (connection, local) = (next_number(), self.local_end(transport, peer));
        let way = Way { connection, transport, peer, local, security };
        tokio::spawn(run(way, queue, Arc::clone(&self.hall)));
        Link { connection, transport, peer, local, certificate: None, trunk: None, output }
    }

    /// Where somebody who got a request from us would connect to: an address that we listen on. The system chooses the
    /// port that the connection leaves by.
    fn local_end(&self, transport: Transport, peer: SocketAddr) -> SocketAddr {
        let fits = |(over, local): &&(Transport, SocketAddr)| {
            *over == transport && local.is_ipv4() == peer.is_ipv4()
        };
        self.listening.iter().find(fits).map_or_else(|| unspecified(peer), |(_, local)| *local)
    }
}

/// No address and no port, of the family of the peer.
fn unspecified(peer: SocketAddr) -> SocketAddr {
    match peer {
        SocketAddr::V4(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0_u16; 8], 0)),
    }
}

async fn run(way: Way, queue: mpsc::Receiver<Bytes>, hall: Arc<Hall>) {
    let Way { connection, transport, peer, local, security } = way;
    match open(peer, security).await {
        Ok(stream) => {
            let way = (connection, (transport, peer, local));
            Connection::made(stream, Codec::stream(), way, queue, hall).run().await;
        }
        Err(why) => drop(hall.input.send(Input::NotOpened { connection, why }).await),
    }
}

async fn open(peer: SocketAddr, security: Security) -> Result<Stream, Cow<'static, str>> {
    let security = match security {
        Security::NoName => return Err("no certificate can be for the domain of the URI".into()),
        security => security,
    };
    let connecting = timeout(CONNECT, TcpStream::connect(peer)).await;
    let socket = connecting.map_err(|_| "no answer")?.map_err(|error| error.kind().to_string())?;
    prepare(&socket);
    match security {
        Security::Tls(name, trusted) => {
            Stream::tls_to(socket, name, trusted).map_err(|error| error.to_string().into())
        }
        Security::Clear | Security::NoName => Ok(Stream::plain(socket)),
    }
}

#[cfg(test)]
mod tests;

//! Connections that we open, over TCP and TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
    trusted: Arc<ClientConfig>,
    /// Where others reach us: what we say of ourselves on a connection of ours.
    listening: Vec<(Transport, SocketAddr)>,
}

/// A connection that is to be made.
struct Way {
    connection: u64,
    transport: Transport,
    peer: SocketAddr,
    local: SocketAddr,
    /// Whose certificate is asked for; `None`: no TLS.
    secured: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

impl Connector {
    /// With what is asked of servers over TLS, and the addresses that are listened on.
    pub(crate) fn new(
        hall: Arc<Hall>,
        trusted: Arc<ClientConfig>,
        listening: Vec<(Transport, SocketAddr)>,
    ) -> Self {
        Self { hall, trusted, listening }
    }

    /// Connects over TLS to whoever proves to be `name` (RFC 5922 4), its address if it has no other name; over TCP in
    /// the clear where no TLS is asked for. What is queued meanwhile is written when the connection stands.
    pub(crate) fn connect(&self, transport: Transport, peer: SocketAddr, name: Option<&str>) -> Link {
        let (output, queue) = mpsc::channel(OUTPUT_QUEUE);
        let name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
        let secured = transport
            .is_secure()
            .then(|| (name.unwrap_or_else(|| ServerName::from(peer.ip())), Arc::clone(&self.trusted)));
        let transport = if secured.is_some() { Transport::Tls } else { Transport::Tcp };
        let (connection, local) = (next_number(), self.local_end(transport, peer));
        let way = Way { connection, transport, peer, local, secured };
        tokio::spawn(run(way, queue, Arc::clone(&self.hall)));
        Link { connection, transport, peer, local, certificate: None, output }
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
    let Way { connection, transport, peer, local, secured } = way;
    let stream = match timeout(CONNECT, TcpStream::connect(peer)).await {
        Ok(Ok(socket)) => {
            prepare(&socket);
            match secured {
                None => Some(Stream::plain(socket)),
                Some((name, trusted)) => Stream::tls_to(socket, name, trusted).ok(),
            }
        }
        Ok(Err(_)) | Err(_) => None,
    };
    match stream {
        Some(stream) => {
            let way = (connection, (transport, peer, local));
            Connection::made(stream, Codec::stream(), way, queue, hall).run().await;
        }
        None => drop(hall.input.send(Input::NotOpened { connection }).await),
    }
}

#[cfg(test)]
mod tests;

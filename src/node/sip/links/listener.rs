//! Who is let in: bounds for all and for each address, and what is said of those who came to the wrong port.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use iwf_model::{Stranger, Transport};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::Input;
use super::codec::Codec;
use super::connection::{Connection, prepare};
use crate::complaints::Complaints;
use crate::entrance::{Entrance, Visit};
use crate::net::stopped;
use crate::stream::Stream;
use crate::telemetry::{Metrics, SipTurned};
use crate::tls::LiveTls;

/// What all listeners and connections share.
pub(crate) struct Hall {
    /// Who may come in. A whole message is what a connection has to prove.
    pub(crate) entrance: Arc<Entrance>,
    /// Of whom was complained.
    pub(crate) complaints: Complaints,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
    /// Where the driver hears of it.
    pub(crate) input: mpsc::Sender<Input>,
}

/// What is spoken at an address.
#[derive(Clone)]
pub(crate) enum Offer {
    /// SIP in the clear.
    Tcp,
    /// SIP over TLS.
    Tls(Arc<LiveTls>),
    /// SIP over WebSocket, for the pages of these origins, or of all if none is named.
    Ws(Arc<[String]>),
    /// The same over TLS.
    Wss(Arc<LiveTls>, Arc<[String]>),
}

impl Offer {
    fn transport(&self) -> Transport {
        match self {
            Self::Tcp => Transport::Tcp,
            Self::Tls(_) => Transport::Tls,
            Self::Ws(_) => Transport::Ws,
            Self::Wss(..) => Transport::Wss,
        }
    }

    fn stream(&self, socket: TcpStream) -> Result<Stream, rustls::Error> {
        match self {
            Self::Tcp | Self::Ws(_) => Ok(Stream::plain(socket)),
            Self::Tls(live) => Stream::tls(socket, live.current()),
            Self::Wss(live, _) => Stream::tls(socket, live.for_browsers()),
        }
    }

    fn codec(&self) -> Codec {
        match self {
            Self::Tcp | Self::Tls(_) => Codec::stream(),
            Self::Ws(origins) | Self::Wss(_, origins) => Codec::websocket(Arc::clone(origins)),
        }
    }
}

/// Accepts connections until the node stops. What is agreed upon first is agreed by the task of the connection, so
/// that nobody waits for anybody.
pub(crate) async fn listen(
    listener: TcpListener,
    offer: Offer,
    hall: Arc<Hall>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    if let Some(visit) = hall.admit(peer) {
                        open(socket, visit, &offer, &hall);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "SIP connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = stopped(&mut stopping) => return,
        }
    }
}

fn open(socket: TcpStream, visit: Visit, offer: &Offer, hall: &Arc<Hall>) {
    let ends = (visit.peer(), socket.local_addr());
    let (peer, Ok(local)) = ends else { return };
    prepare(&socket);
    match offer.stream(socket) {
        Ok(stream) => {
            let way = (offer.transport(), peer, local);
            let connection = Connection::accepted(stream, offer.codec(), way, visit, Arc::clone(hall));
            tokio::spawn(connection.run());
        }
        Err(error) => tracing::error!(%peer, %error, "TLS could not be begun"),
    }
}

impl Hall {
    /// A connection beyond a limit is closed at once; the peer comes back later.
    fn admit(&self, peer: SocketAddr) -> Option<Visit> {
        match self.entrance.enter(peer) {
            Ok(visit) => Some(visit),
            Err(full) => {
                let limit = SipTurned::from(full);
                self.metrics.sip_connections_refused.of(limit).increment(1);
                self.complain(peer.ip(), &limit.as_str());
                None
            }
        }
    }

    /// Counts somebody who speaks another protocol, and says what to do about it.
    pub(super) fn turn_away(&self, address: IpAddr, stranger: Stranger, transport: Transport) {
        self.metrics.sip_strangers.of(stranger).increment(1);
        self.complain(address, &advice(stranger, transport));
    }

    /// Says what is wrong with an address, once a minute.
    pub(super) fn complain(&self, address: IpAddr, what: &dyn Display) {
        if self.complaints.are_due(address) {
            tracing::warn!(%address, %what, "SIP connection closed; the next minute's from there are not logged");
        }
    }
}

/// What an operator can do about somebody who speaks another protocol.
fn advice(stranger: Stranger, transport: Transport) -> &'static str {
    match (stranger, transport) {
        (Stranger::Tls, _) => {
            "a TLS client came to a port in the clear: apps connect to an address of sip.tls.listen, browsers to one of sip.websocket.tls_listen"
        }
        (Stranger::Sip, Transport::Ws | Transport::Wss) => {
            "SIP without WebSocket came to a port for browsers: apps connect to an address of sip.tcp or sip.tls.listen"
        }
        (Stranger::Sip, _) => {
            "SIP in the clear came to a port for TLS: the app must switch TLS on, or connect to an address of sip.tcp"
        }
        (Stranger::Http, Transport::Wss) => {
            "an HTTP client in the clear came to a port for TLS: pages connect by wss://, or by ws:// to an address of sip.websocket.listen"
        }
        (Stranger::Http, _) => {
            "an HTTP client or scanner came to a SIP port: pages connect to an address of sip.websocket; a health check asks GET /health on admin.listen"
        }
        (Stranger::Ssh, _) => "an SSH client or scanner came to a SIP port",
        (Stranger::Proxy, _) => {
            "a load balancer puts PROXY protocol headers before its connections: switch them off, they are not read here"
        }
        (Stranger::ClearSmpp, _) => "SMPP came to a SIP port: carriers connect to an address of smpp.listen",
    }
}

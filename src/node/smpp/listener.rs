//! Accepts connections of carriers, no more than configured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::net::stopped;
use crate::stream::Stream;
use crate::tls::LiveTls;

use super::connection::{Connection, Shared};

/// Accepts until the node stops, then waits for the connections to end. With `tls`, TLS is agreed upon first: by
/// the task of the connection, so that nobody waits for anybody.
pub(crate) async fn run(listener: TcpListener, tls: Option<Arc<LiveTls>>, shared: Arc<Shared>) {
    let mut stopping = shared.stopping.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    if let Some(connection) = admit(socket, peer, tls.as_deref(), &shared) {
                        connections.spawn(connection.run());
                    }
                }
                Err(error) => out_of_room(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// A connection beyond a limit is closed at once; the peer comes back later.
fn admit(
    socket: TcpStream,
    peer: SocketAddr,
    tls: Option<&LiveTls>,
    shared: &Arc<Shared>,
) -> Option<Connection> {
    let visit = match shared.door.enter(peer) {
        Ok(visit) => visit,
        Err(limit) => {
            shared.core.metrics.smpp_connections_refused.of(limit).increment(1);
            shared.door.complain(peer.ip(), &limit.as_str());
            return None;
        }
    };
    prepare(&socket);
    let stream = match tls {
        None => Ok(Stream::plain(socket)),
        Some(tls) => Stream::tls(socket, tls.current()),
    };
    match stream {
        Ok(stream) => Some(Connection::new(stream, visit, Arc::clone(shared))),
        Err(error) => {
            tracing::error!(%peer, %error, "TLS could not be begun");
            None
        }
    }
}

/// Sets the options of a socket that speaks SMPP.
pub(super) fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    crate::net::limit_unacknowledged(stream, Duration::from_secs(20));
}

/// No file handle or memory is left for a connection: those we have are served on, and then we look again.
async fn out_of_room(error: &std::io::Error) {
    tracing::error!(%error, "SMPP connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

//! Accepts connections of carriers, no more than configured.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::net::stopped;

use super::connection::{Connection, Shared};

/// Accepts until the node stops, then waits for the connections to end.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let mut stopping = shared.stopping.clone();
    let places = Arc::new(Semaphore::new(shared.max_connections));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // A connection beyond the limit is closed at once; the peer comes back later.
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                        shared.core.metrics.smpp_connections_refused.increment(1);
                        tracing::warn!(%peer, "SMPP connection refused: too many connections");
                        continue;
                    };
                    prepare(&stream);
                    let connection = Connection::new(stream, peer, Arc::clone(&shared));
                    connections.spawn(async move {
                        connection.run().await;
                        drop(place);
                    });
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

fn prepare(stream: &TcpStream) {
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

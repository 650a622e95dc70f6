//! Connections to the admin address: how many, how slow, in the clear or over TLS.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::entrance::{Bounds, Entrance, Visit};
use crate::net::{limit_unacknowledged, stopped};
use crate::tls::LiveTls;

/// How many and how slow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Connections there may be.
    pub(crate) connections: Bounds,
    /// For a handshake of TLS, and for the head of a request from when the one before was answered.
    pub(crate) head: Duration,
    /// For a peer that acknowledges nothing, and for answers under way when the node stops.
    pub(crate) unread: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connections: Bounds { all: 256, address: 64, unproved: 32 },
            head: Duration::from_secs(10),
            unread: Duration::from_secs(20),
        }
    }
}

/// The largest head of a request.
const HEAD_OCTETS: usize = 16 * 1024;

/// Serves the pages on one address until the node stops.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<LiveTls>>,
    pages: Router,
    patience: Patience,
    mut stopping: watch::Receiver<bool>,
) {
    let entrance = Entrance::new(patience.connections);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stopped(&mut stopping) => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the admin address could not accept a connection");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        // Whoever comes when it is full is closed at once.
        let Ok(visit) = entrance.enter(peer) else { continue };
        let _ = socket.set_nodelay(true);
        limit_unacknowledged(&socket, patience.unread);
        let (tls, pages, stopping) = (tls.clone(), pages.clone(), stopping.clone());
        connections.spawn(one(socket, tls, (pages, visit), patience, stopping));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// When no connection can be accepted the reason, mostly a want of descriptors, stays for a while.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

async fn one(
    socket: TcpStream,
    tls: Option<Arc<LiveTls>>,
    (pages, mut visit): (Router, Visit),
    patience: Patience,
    stopping: watch::Receiver<bool>,
) {
    match tls {
        None => converse(socket, pages, &mut visit, patience, stopping).await,
        Some(tls) => {
            let agreed = timeout(patience.head, TlsAcceptor::from(tls.current()).accept(socket)).await;
            match agreed {
                Ok(Ok(stream)) => converse(stream, pages, &mut visit, patience, stopping).await,
                Ok(Err(error)) => {
                    tracing::debug!(peer = %visit.peer(), %error, "no TLS on the admin address")
                }
                Err(_) => {}
            }
        }
    }
}

/// Answers what is asked on one connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    pages: Router,
    visit: &mut Visit,
    patience: Patience,
    mut stopping: watch::Receiver<bool>,
) {
    visit.prove();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(HEAD_OCTETS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            at_most(patience.unread, connection).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %visit.peer(), %error, "a connection to the admin address ended");
    }
}

async fn at_most(
    limit: Duration,
    connection: impl Future<Output = Result<(), hyper::Error>>,
) -> Result<(), hyper::Error> {
    timeout(limit, connection).await.unwrap_or(Ok(()))
}

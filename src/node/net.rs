//! Socket options that tokio does not have.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Resolves when the node stops.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Ends a connection whose peer acknowledges nothing for so long, instead of the system's quarter of an hour.
pub(crate) fn limit_unacknowledged(stream: &TcpStream, limit: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (SockRef::from(stream), limit);
}

/// Asks a silent peer after so long whether it is still there.
pub(crate) fn keep_alive(stream: &TcpStream, after: Duration) {
    let keepalive = socket2::TcpKeepalive::new().with_time(after);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "SO_KEEPALIVE");
    }
}

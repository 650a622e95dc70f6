//! Socket options that tokio does not have.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Resolves when the node stops.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Listens on an address. An IPv6 address is that alone, so that `0.0.0.0` and `[::]` can stand side by side.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_addresses_of_both_families_can_be_listened_on() {
        let v4 = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let port = v4.local_addr().unwrap().port();
        match listen(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1_u16], port))) {
            Ok(v6) => assert_eq!(v6.local_addr().unwrap().port(), port),
            // A machine without IPv6.
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
        }
        assert_eq!(listen(v4.local_addr().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}

//! A UDP socket of the SIP side.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// One socket and the buffer that datagrams are read into.
pub(crate) struct Udp {
    socket: UdpSocket,
    local: SocketAddr,
    buffer: Box<[u8]>,
    /// Whom datagrams did not reach.
    unreached: Vec<SocketAddr>,
}

/// The largest datagram (RFC 3261 18.1.1).
const LARGEST: usize = 65_535;
/// Room for bursts in the kernel; the system may grant less.
const KERNEL_BUFFER: usize = 8 * 1024 * 1024;

/// How many errors in a row are passed over at once; a lasting one must not keep the thread.
const MAX_ERRORS: usize = 16;

/// How many unreached peers wait to be taken; more are found when they are sent to again.
#[cfg(target_os = "linux")]
const MOST_UNREACHED: usize = 1024;

impl Udp {
    /// Binds to an address.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        for result in [socket.set_recv_buffer_size(KERNEL_BUFFER), socket.set_send_buffer_size(KERNEL_BUFFER)]
        {
            if let Err(error) = result {
                tracing::debug!(%error, "UDP buffer size");
            }
        }
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let local = socket.local_addr()?;
        #[cfg(target_os = "linux")]
        if let Err(error) = super::icmp::listen(&socket, local.is_ipv4()) {
            tracing::debug!(%error, "IP_RECVERR");
        }
        Ok(Self { socket, local, buffer: vec![0; LARGEST].into(), unreached: Vec::new() })
    }

    /// The address it is bound to.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Whether a datagram can be read.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_recv_ready(context).map(drop)
    }

    /// The next datagram, if one is there. Errors of earlier sends that surface here are no datagrams;
    /// after too many of them the caller has to come back.
    pub(crate) fn receive(&mut self) -> Option<(Bytes, SocketAddr)> {
        for _ in 0..MAX_ERRORS {
            match self.socket.try_recv_from(&mut self.buffer) {
                Ok((length, peer)) => return Some((Bytes::copy_from_slice(&self.buffer[..length]), peer)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => self.look_for_unreached(),
            }
        }
        None
    }

    /// Sends a datagram; false: the kernel had no room for it or no way to the peer. Retransmission makes up for it.
    pub(crate) fn send(&mut self, octets: &[u8], peer: SocketAddr) -> bool {
        match self.socket.try_send_to(octets, peer) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            // It may be that of an earlier datagram, in place of which this one was not sent.
            Err(_) => {
                self.look_for_unreached();
                self.socket.try_send_to(octets, peer).is_ok()
            }
        }
    }

    /// Takes those whom datagrams did not reach, as the network says.
    pub(crate) fn take_unreached(&mut self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.unreached)
    }

    /// Whether there are any.
    pub(crate) fn has_unreached(&self) -> bool {
        !self.unreached.is_empty()
    }

    fn look_for_unreached(&mut self) {
        #[cfg(target_os = "linux")]
        if self.unreached.len() < MOST_UNREACHED {
            super::icmp::take(&self.socket, &mut self.unreached);
        }
    }
}

//! The phone's socket: a UDP port of its own, or a TCP connection that it opens when it has
//! something to say.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::Transport;
use super::framing::Framer;

/// One end of the line to the server.
#[derive(Debug)]
pub(super) enum Wire {
    Udp { server: SocketAddr, socket: UdpSocket, buffer: Vec<u8> },
    Tcp { server: SocketAddr, stream: Option<TcpStream>, framer: Framer },
}

/// A message as it came, and where an answer to it goes.
pub(super) struct Incoming {
    pub(super) octets: Vec<u8>,
    pub(super) peer: SocketAddr,
}

const LARGEST_DATAGRAM: usize = 65_535;

/// A port of the system's choice on loopback, of the family of the server.
fn loopback(server: SocketAddr) -> SocketAddr {
    match server {
        SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, 0).into(),
    }
}

impl Wire {
    pub(super) async fn open(transport: Transport, server: SocketAddr) -> io::Result<Self> {
        Ok(match transport {
            Transport::Udp => Self::Udp {
                server,
                socket: UdpSocket::bind(loopback(server)).await?,
                buffer: vec![0; LARGEST_DATAGRAM],
            },
            Transport::Tcp => Self::Tcp { server, stream: None, framer: Framer::default() },
        })
    }

    /// Our own address; a TCP connection is opened for it when there is none.
    pub(super) async fn local_addr(&mut self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp { socket, .. } => socket.local_addr(),
            Self::Tcp { server, stream, framer } => connected(stream, *server, framer).await?.local_addr(),
        }
    }

    /// Closes the TCP connection, if there is one; the next request opens another.
    pub(super) fn hang_up(&mut self) {
        if let Self::Tcp { stream, .. } = self {
            *stream = None;
        }
    }

    /// Sends to `peer`, or to the server; over TCP to whom we are connected.
    pub(super) async fn send(&mut self, octets: &[u8], peer: Option<SocketAddr>) -> io::Result<()> {
        match self {
            Self::Udp { server, socket, .. } => {
                socket.send_to(octets, peer.unwrap_or(*server)).await.map(|_| ())
            }
            Self::Tcp { server, stream, framer } => {
                let sent = connected(stream, *server, framer).await?.write_all(octets).await;
                if sent.is_err() {
                    *stream = None;
                }
                sent
            }
        }
    }

    /// Waits for the next message. Dropping the future loses nothing. An error means that a TCP connection
    /// was lost; the next request opens another.
    pub(super) async fn receive(&mut self) -> io::Result<Incoming> {
        match self {
            Self::Udp { socket, buffer, .. } => {
                let (length, peer) = socket.recv_from(buffer).await?;
                Ok(Incoming { octets: buffer[..length].to_vec(), peer })
            }
            Self::Tcp { server, stream, framer } => loop {
                let Some(open) = stream.as_mut() else {
                    return std::future::pending().await;
                };
                match framer.next() {
                    Ok(Some(octets)) => return Ok(Incoming { octets, peer: *server }),
                    Ok(None) => {}
                    Err(unframed) => {
                        *stream = None;
                        return Err(io::Error::new(io::ErrorKind::InvalidData, unframed));
                    }
                }
                match open.read_buf(framer.buffer()).await {
                    Ok(1..) => {}
                    Ok(0) => {
                        *stream = None;
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    Err(error) => {
                        *stream = None;
                        return Err(error);
                    }
                }
            },
        }
    }
}

async fn connected<'a>(
    stream: &'a mut Option<TcpStream>,
    server: SocketAddr,
    framer: &mut Framer,
) -> io::Result<&'a mut TcpStream> {
    if stream.is_none() {
        let open = TcpStream::connect(server).await?;
        open.set_nodelay(true)?;
        *framer = Framer::default();
        *stream = Some(open);
    }
    stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
}

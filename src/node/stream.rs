//! The octets of a connection, plain or within TLS: read and written in batches, never waited for.
//!
//! TLS is a machine too: octets of the socket go in, octets for the socket come out. So both kinds share one
//! task, one timer and one bound, and a handshake is nothing but a connection that has not said anything yet.

use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::tls::PeerCertificate;

/// The most octets read at a time: some hundred submits.
pub(crate) const READ: usize = 64 * 1024;
/// So many of the first octets are kept until the handshake is done, to say who was there if it fails.
const FIRST: usize = 32;

/// A connection of a peer.
pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Box<Tls>>,
    /// Octets taken from the output so far.
    taken: u64,
    /// Octets of it that the socket has taken.
    written: u64,
}

struct Tls {
    connection: Connection,
    first: Vec<u8>,
    /// The handshake is done.
    agreed: bool,
    /// It is, and nobody has asked yet.
    just_agreed: bool,
    /// The peer has said that it says no more.
    ended: bool,
    /// The peer would not understand an alert.
    deaf: bool,
}

/// Why there is nothing more to be had from a peer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// The connection broke.
    #[error("{0}")]
    Broken(#[from] io::Error),
    /// What came is not the TLS that we speak, or not from somebody we speak it with.
    #[error("{0}")]
    Tls(#[from] rustls::Error),
}

impl Stream {
    /// A connection in the clear.
    pub(crate) fn plain(socket: TcpStream) -> Self {
        Self { socket, tls: None, taken: 0, written: 0 }
    }

    /// A connection of a peer's, on which TLS is yet to be agreed upon.
    pub(crate) fn tls(socket: TcpStream, config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self::within(socket, ServerConnection::new(config)?.into()))
    }

    /// A connection of ours, on which TLS is yet to be agreed upon with whoever proves to be `name`.
    pub(crate) fn tls_to(
        socket: TcpStream,
        name: ServerName<'static>,
        config: Arc<ClientConfig>,
    ) -> Result<Self, rustls::Error> {
        Ok(Self::within(socket, ClientConnection::new(config, name)?.into()))
    }

    fn within(socket: TcpStream, connection: Connection) -> Self {
        let tls = Tls {
            connection,
            first: Vec::new(),
            agreed: false,
            just_agreed: false,
            ended: false,
            deaf: false,
        };
        Self { tls: Some(Box::new(tls)), ..Self::plain(socket) }
    }

    /// Waits until there is something to read (if `reads`) or room for what is to be written.
    pub(crate) async fn ready(&self, reads: bool, output: bool) -> io::Result<()> {
        if reads && self.tls.as_ref().is_some_and(|tls| tls.ended) {
            return Ok(());
        }
        let interest = match (reads, self.has_to_write(output)) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (false, false) => return std::future::pending().await,
        };
        self.socket.ready(interest).await.map(drop)
    }

    fn has_to_write(&self, output: bool) -> bool {
        match &self.tls {
            None => output,
            Some(tls) => !tls.deaf && (tls.connection.wants_write() || (output && tls.agreed)),
        }
    }

    /// Reads what is there, a batch at most: [`READ`] octets. There is room for `room` of them at least, which is what
    /// a silent connection holds in memory.
    pub(crate) fn read(&mut self, input: &mut BytesMut, room: usize) -> Result<(), End> {
        input.reserve(room);
        if let Some(tls) = &mut self.tls {
            return tls.read(&self.socket, input);
        }
        match self.socket.try_read_buf(input) {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what the socket takes at once.
    pub(crate) fn write(&mut self, output: &mut BytesMut) -> Result<(), End> {
        if let Some(tls) = &mut self.tls {
            self.taken += tls.write(&self.socket, output)?;
            if !tls.connection.wants_write() {
                self.written = self.taken;
            }
            return Ok(());
        }
        while !output.is_empty() {
            match self.socket.try_write(output) {
                Ok(0) => return Err(End::Closed),
                Ok(written) => {
                    output.advance(written);
                    self.written += written as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.taken = self.written;
        Ok(())
    }

    /// Writes all of it, however long that takes, and takes leave of the peer.
    pub(crate) async fn finish(&mut self, output: &mut BytesMut) -> Result<(), End> {
        loop {
            self.write(output)?;
            if output.is_empty()
                && let Some(tls) = &mut self.tls
            {
                tls.connection.send_close_notify();
                self.write(output)?;
            }
            if !self.has_to_write(!output.is_empty()) {
                return Ok(());
            }
            self.socket.writable().await?;
        }
    }

    /// Octets taken from the output so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// How many of them the socket has taken.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether the connection is one of TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether a peer that began to speak TLS did not come to the end of the handshake.
    pub(crate) fn has_failed(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.agreed && !tls.deaf && !tls.first.is_empty())
    }

    /// Whether TLS was agreed upon since this was last asked.
    pub(crate) fn has_just_agreed(&mut self) -> bool {
        self.tls.as_mut().is_some_and(|tls| std::mem::take(&mut tls.just_agreed))
    }

    /// Whether octets may be exchanged: at once in the clear, over TLS once it is agreed upon.
    pub(crate) fn is_open(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| tls.agreed)
    }

    /// The first octets of a peer with which TLS was not agreed upon.
    pub(crate) fn first_octets(&self) -> &[u8] {
        self.tls.as_ref().map_or(&[], |tls| &tls.first)
    }

    /// Says nothing more: the peer would not understand it.
    pub(crate) fn forget_last_words(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.deaf = true;
        }
    }

    /// The version of TLS, once agreed upon.
    pub(crate) fn tls_version(&self) -> Option<&'static str> {
        self.tls.as_ref()?.connection.protocol_version()?.as_str()
    }

    /// Who the peer is, if it has shown a certificate.
    pub(crate) fn certificate(&self) -> Option<PeerCertificate> {
        PeerCertificate::of(self.tls.as_ref()?.connection.peer_certificates()?.first()?)
    }
}

impl Tls {
    fn read(&mut self, socket: &TcpStream, input: &mut BytesMut) -> Result<(), End> {
        if self.ended {
            return Err(End::Closed);
        }
        let most = input.len() + READ;
        while input.len() < most && !self.ended {
            let first = (!self.agreed).then_some(&mut self.first);
            match self.connection.read_tls(&mut Socket { socket, first }) {
                Ok(0) => return Err(End::Closed),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
            self.connection.process_new_packets()?;
            if !self.agreed && !self.connection.is_handshaking() {
                (self.agreed, self.just_agreed) = (true, true);
                self.first = Vec::new();
            }
            self.ended = take_plain(&mut self.connection, input)?;
        }
        Ok(())
    }

    /// Says how many octets of the output it took.
    fn write(&mut self, socket: &TcpStream, output: &mut BytesMut) -> Result<u64, End> {
        let mut taken = 0;
        while !self.deaf {
            // Before the handshake is done nothing can be said.
            if !output.is_empty() && self.agreed {
                let room = self.connection.writer().write(output)?;
                output.advance(room);
                taken += room as u64;
            }
            if !self.connection.wants_write() {
                break;
            }
            match self.connection.write_tls(&mut Socket { socket, first: None }) {
                Ok(0) => return Err(End::Closed),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(taken)
    }
}

/// Takes what was deciphered; true when the peer has said that there is no more to come.
fn take_plain(connection: &mut Connection, input: &mut BytesMut) -> io::Result<bool> {
    let mut reader = connection.reader();
    loop {
        match reader.fill_buf() {
            Ok([]) => return Ok(true),
            Ok(chunk) => {
                let length = chunk.len();
                input.extend_from_slice(chunk);
                reader.consume(length);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// The socket as rustls wants to see it: it never waits.
struct Socket<'a> {
    socket: &'a TcpStream,
    first: Option<&'a mut Vec<u8>>,
}

impl Read for Socket<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.try_read(into)?;
        if let Some(first) = &mut self.first {
            first.extend(into.iter().take(read.min(FIRST - first.len().min(FIRST))));
        }
        Ok(read)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.socket.try_write(octets)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket.try_write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsConnector;

    use super::*;

    fn settings() -> (Arc<ServerConfig>, TlsConnector) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        (Arc::new(server.unwrap()), TlsConnector::from(Arc::new(client)))
    }

    /// Two ends of a connection, of which ours is polled by the test.
    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, client)
    }

    /// Writes until the socket takes no more.
    fn fill(stream: &mut Stream, output: &mut BytesMut) {
        loop {
            output.extend_from_slice(&[0; READ]);
            stream.write(output).unwrap();
            if !output.is_empty() {
                return;
            }
        }
    }

    #[tokio::test]
    async fn what_tls_holds_back_is_not_called_written_until_the_socket_took_it() {
        let ((server, client), (config, connector)) = (sockets().await, settings());
        let reader = tokio::spawn(connector.connect("localhost".try_into().unwrap(), client));
        let mut stream = Stream::tls(server, config).unwrap();
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        while !stream.has_just_agreed() {
            stream.ready(true, false).await.unwrap();
            stream.read(&mut input, READ).unwrap();
            stream.write(&mut output).unwrap();
        }
        let mut client = reader.await.unwrap().unwrap();
        fill(&mut stream, &mut output);
        assert!(stream.written() < stream.taken(), "{} {}", stream.written(), stream.taken());
        assert!(output.len() <= 2 * READ, "what is held back is bounded");

        let all = stream.taken() + output.len() as u64;
        let reader = tokio::spawn(async move {
            let mut read = Vec::new();
            client.read_to_end(&mut read).await.map(|_| read.len() as u64)
        });
        stream.finish(&mut output).await.unwrap();
        assert_eq!((stream.written(), stream.taken()), (all, all));
        drop(stream);
        assert_eq!(reader.await.unwrap().unwrap(), all, "and no octet is lost before the close_notify");
    }

    #[tokio::test]
    async fn in_the_clear_all_that_is_taken_is_written() {
        let (server, _client) = sockets().await;
        let (mut stream, mut output) = (Stream::plain(server), BytesMut::new());
        fill(&mut stream, &mut output);
        assert!(stream.written() > 0);
        assert_eq!(stream.written(), stream.taken());
    }
}

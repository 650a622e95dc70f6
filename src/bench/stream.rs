//! A connection of the carrier: read by one thread, written by others, in the clear or within TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use crate::failure::Failure;
use crate::secret::Secret;

/// One end of a connection; a second one is made for the thread that writes.
pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Arc<Mutex<ClientConnection>>>,
    /// Octets as they came from the socket; used within TLS alone.
    sealed: Vec<u8>,
    /// Those of them that TLS has not had yet.
    unread: Range<usize>,
}

impl Stream {
    /// Connects, and agrees upon TLS if there is a configuration for it.
    pub(crate) fn connect(to: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> Result<Self, Failure> {
        let socket = TcpStream::connect(to)?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(Duration::from_secs(10)))?;
        let mut stream = Self { socket, tls: None, sealed: Vec::new(), unread: 0..0 };
        let Some(config) = tls else { return Ok(stream) };
        let name = ServerName::try_from(Secret::NAME).map_err(|_| rustls::Error::UnsupportedNameType)?;
        let mut connection = ClientConnection::new(Arc::clone(config), name)?;
        connection.set_buffer_limit(None);
        while connection.is_handshaking() {
            connection.complete_io(&mut stream.socket)?;
        }
        stream.tls = Some(Arc::new(Mutex::new(connection)));
        stream.sealed = vec![0; SEALED];
        Ok(stream)
    }

    /// Another end of the same connection, to write to.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()?, tls: self.tls.clone(), sealed: Vec::new(), unread: 0..0 })
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else { return self.socket.read(into) };
        loop {
            {
                let mut tls = lock(tls);
                match tls.reader().read(into) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return read,
                }
                if !self.unread.is_empty() {
                    let mut sealed = &self.sealed[self.unread.clone()];
                    self.unread.start += tls.read_tls(&mut sealed)?;
                    tls.process_new_packets().map_err(io::Error::other)?;
                    continue;
                }
            }
            // Nobody is kept from writing while we wait.
            match self.socket.read(&mut self.sealed)? {
                0 => return Ok(0),
                read => self.unread = 0..read,
            }
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else { return self.socket.write(octets) };
        let mut tls = lock(tls);
        let written = tls.writer().write(octets)?;
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock(tls: &Mutex<ClientConnection>) -> MutexGuard<'_, ClientConnection> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Octets taken from the socket at a time.
const SEALED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    /// Records of 16 KiB that come faster than they are read are what rustls holds back.
    #[test]
    fn all_that_was_sent_within_tls_is_read_while_another_thread_writes() {
        let dir = std::env::temp_dir().join(format!("iwf-bench-stream-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let secret = Secret::new(&dir).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![rustls::pki_types::CertificateDer::from_pem_file(&secret.certificate).unwrap()],
                PrivateKeyDer::from_pem_file(&secret.key).unwrap(),
            )
            .unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = StreamOwned::new(connection, listener.accept().unwrap().0);
            let mut asked = [0; 5];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(&vec![7; 1 << 20]).unwrap();
            asked
        });
        let mut reader = Stream::connect(to, Some(&secret.client)).unwrap();
        let mut writer = reader.try_clone().unwrap();
        let writing = thread::spawn(move || writer.write_all(b"hello").unwrap());
        let mut read = vec![0; 1 << 20];
        reader.read_exact(&mut read).unwrap();
        assert!(read.iter().all(|octet| *octet == 7));
        writing.join().unwrap();
        assert_eq!(&server.join().unwrap(), b"hello");
    }
}

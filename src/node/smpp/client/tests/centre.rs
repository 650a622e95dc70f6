//! A message centre that does what a test says.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// More than anything takes here.
pub(super) const LONG: Duration = Duration::from_secs(30);

/// Where it listens.
pub(super) struct Listener {
    tcp: TcpListener,
    address: String,
    tls: Option<(TlsAcceptor, [u8; 32])>,
}

/// One connection of it.
pub(super) struct Centre(Box<dyn Octets>);

pub(super) trait Octets: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Octets for T {}

/// What came.
#[derive(Debug)]
pub(super) struct Pdu {
    pub(super) command_id: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Vec<u8>,
}

impl Listener {
    pub(super) async fn open() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap().to_string();
        Self { tcp, address, tls: None }
    }

    pub(super) async fn open_tls() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["smsc.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let digest = Sha256::digest(certificate.der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        Self { tls: Some((acceptor, digest)), ..Self::open().await }
    }

    pub(super) fn port(&self) -> u16 {
        self.tcp.local_addr().unwrap().port()
    }

    /// Of its certificate, as a setting.
    pub(super) fn digest(&self) -> String {
        let (_, digest) = self.tls.as_ref().unwrap();
        let digits: Vec<String> = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        format!("sha256:{}", digits.concat())
    }

    /// The settings of a connection to it.
    pub(super) fn settings<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [("address", self.address.as_str()), ("system_id", "iwf"), ("password", "secret1")];
        own.into_iter().chain(more.iter().copied()).collect()
    }

    pub(super) async fn accepts(&self) -> Centre {
        let (socket, _) = timeout(LONG, self.tcp.accept()).await.expect("a connection").unwrap();
        match &self.tls {
            None => Centre(Box::new(socket)),
            Some((acceptor, _)) => Centre(Box::new(acceptor.accept(socket).await.unwrap())),
        }
    }

    pub(super) async fn refuses_tls(&self) {
        let (socket, _) = timeout(LONG, self.tcp.accept()).await.expect("a connection").unwrap();
        let (acceptor, _) = self.tls.as_ref().unwrap();
        // Of TLS 1.3 the server is done first; what the client thinks of it comes with the first octet.
        if let Ok(mut stream) = acceptor.accept(socket).await {
            stream.read_u8().await.unwrap_err();
        }
    }

    /// A connection whose bind was taken.
    pub(super) async fn bound(&self, command_id: u32) -> Centre {
        let mut centre = self.accepts().await;
        let bind = centre.next(command_id).await;
        centre.answers(&bind, 0, b"smsc\0").await;
        centre
    }
}

impl Centre {
    pub(super) async fn any(&mut self) -> Pdu {
        let read = async {
            let mut head = [0; 16];
            self.0.read_exact(&mut head).await?;
            let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
            let mut body = vec![0; word(0) as usize - 16];
            self.0.read_exact(&mut body).await?;
            std::io::Result::Ok(Pdu { command_id: word(4), status: word(8), sequence: word(12), body })
        };
        timeout(LONG, read).await.expect("a PDU").unwrap()
    }

    /// The next PDU, which must be that one.
    pub(super) async fn next(&mut self, command_id: u32) -> Pdu {
        let pdu = self.any().await;
        assert_eq!(pdu.command_id, command_id, "{pdu:x?}");
        pdu
    }

    pub(super) async fn sends(&mut self, command_id: u32, sequence: u32, body: &[u8]) {
        self.writes([command_id, 0, sequence], body).await;
    }

    pub(super) async fn answers(&mut self, request: &Pdu, status: u32, body: &[u8]) {
        self.writes([request.command_id | super::RESPONSE, status, request.sequence], body).await;
    }

    async fn writes(&mut self, head: [u32; 3], body: &[u8]) {
        let mut octets = (body.len() as u32 + 16).to_be_bytes().to_vec();
        octets.extend(head.into_iter().flat_map(u32::to_be_bytes));
        octets.extend(body);
        self.0.write_all(&octets).await.unwrap();
    }
}

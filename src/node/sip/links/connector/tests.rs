use iwf_sip::message::framing::Frame;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::complaints::Complaints;
use crate::entrance::{Bounds, Entrance};
use crate::telemetry::Metrics;

/// A server with a certificate for `edge.example`, and a connector that trusts it.
fn sides() -> (TlsAcceptor, Connector, mpsc::Receiver<Input>) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["edge.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (sender, input) = mpsc::channel(16);
    let hall = Hall {
        entrance: Entrance::new(Bounds { all: 1, address: 1, unproved: 1 }),
        complaints: Complaints::default(),
        metrics: Metrics::install().unwrap().0,
        input: sender,
    };
    let listening = vec![
        (Transport::Tcp, SocketAddr::from(([192, 0, 2, 1], 5060))),
        (Transport::Tls, SocketAddr::from(([192, 0, 2, 1], 5061))),
    ];
    let connector = Connector::new(Arc::new(hall), Arc::new(ArcSwap::from_pointee(client)), listening);
    (TlsAcceptor::from(Arc::new(server)), connector, input)
}

#[tokio::test]
async fn what_was_queued_before_the_handshake_goes_to_the_server_that_has_proved_its_name() {
    let (acceptor, connector, mut input) = sides();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = connector.connect(Transport::Tls, listener.local_addr().unwrap(), Some("edge.example"));
    assert_eq!((link.transport, link.local.port()), (Transport::Tls, 5061));
    link.output.send(Bytes::from_static(b"MESSAGE")).await.unwrap();
    let mut server = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
    assert_eq!(server.get_ref().1.server_name(), Some("edge.example"));
    let mut said = [0; 7];
    server.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"MESSAGE");

    server.write_all(b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n").await.unwrap();
    let heard = input.recv().await.unwrap();
    assert!(
        matches!(heard, Input::Frame { connection, frame: Frame::Message(_) } if connection == link.connection)
    );
    drop(server);
    assert!(matches!(input.recv().await, Some(Input::Closed { .. })));
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_somebody_else() {
    for name in [Some("proxy.example"), None] {
        let (acceptor, connector, mut input) = sides();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = connector.connect(Transport::Tls, listener.local_addr().unwrap(), name);
        link.output.send(Bytes::from_static(b"MESSAGE")).await.unwrap();
        let socket = listener.accept().await.unwrap().0;
        let (server, closed) = tokio::join!(acceptor.accept(socket), input.recv());
        assert!(matches!(closed, Some(Input::NotOpened { connection, .. }) if connection == link.connection));
        // With TLS 1.3 the server may believe that all is well until it hears the alert.
        if let Ok(mut server) = server {
            let mut said = Vec::new();
            assert!(server.read_to_end(&mut said).await.is_err() && said.is_empty(), "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_of() {
    let (_, connector, mut input) = sides();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let link = connector.connect(Transport::Tcp, gone, None);
    assert_eq!((link.transport, link.local.port()), (Transport::Tcp, 5060));
    assert!(
        matches!(input.recv().await, Some(Input::NotOpened { connection, .. }) if connection == link.connection)
    );
}

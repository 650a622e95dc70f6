//! How apps come in over TLS and WebSocket, and who does not.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::authority::Authority;
use crate::house::{Files, House, Line, PATIENCE, account, until_closed};

/// What a browser says to be let in (RFC 7118 4.1).
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

fn options(transport: &str) -> String {
    format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} df7jal23ls0d.invalid;branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\nFrom: <sip:1@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Reads until what was read contains `wanted`.
async fn hears(stream: &mut (impl AsyncRead + Unpin), wanted: &str) -> String {
    hears_times(stream, wanted, 1).await
}

/// Reads until what was read contains `wanted` so often.
async fn hears_times(stream: &mut (impl AsyncRead + Unpin), wanted: &str, times: usize) -> String {
    let mut said = Vec::new();
    let read = async {
        while String::from_utf8_lossy(&said).matches(wanted).count() < times {
            assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "closed after {said:?}");
        }
    };
    timeout(PATIENCE, read).await.expect("nothing is said");
    String::from_utf8_lossy(&said).into_owned()
}

async fn is_answered(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), transport: &str) {
    stream.write_all(options(transport).as_bytes()).await.unwrap();
    let said = hears(stream, "\r\n\r\n").await;
    assert!(said.starts_with("SIP/2.0 200 OK\r\n"), "{said}");
}

/// The same, each in a frame of its own (RFC 6455 5.2), with a mask of zeros.
async fn is_answered_in_frames(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), transport: &str) {
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    let said = hears(stream, "\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 101 "), "{said}");
    let request = options(transport);
    let length = u16::try_from(request.len()).unwrap().to_be_bytes();
    let frame = [&[0x81, 0xFE, length[0], length[1], 0, 0, 0, 0][..], request.as_bytes()].concat();
    stream.write_all(&frame).await.unwrap();
    let said = hears(stream, "\r\n\r\n").await;
    assert!(said.contains("SIP/2.0 200 OK\r\n"), "{said}");
}

/// `[sip.tls]` and both kinds of WebSocket.
fn lines(files: &Files) -> Vec<Line<'static>> {
    let any = || "[\"127.0.0.1:0\"]".to_owned();
    vec![
        ("sip.tls", "listen", any()),
        ("sip.tls", "certificate", files.named("certificate.pem")),
        ("sip.tls", "key", files.named("key.pem")),
        ("sip.websocket", "listen", any()),
        ("sip.websocket", "tls_listen", any()),
    ]
}

impl House {
    fn sip(&self, transport: &str) -> SocketAddr {
        let at = self.node.addresses();
        match transport {
            "tcp" => at.sip_tcp[0],
            "tls" => at.sip_tls[0],
            "ws" => at.sip_ws[0],
            _ => at.sip_wss[0],
        }
    }

    async fn sip_over_tls(
        &self,
        transport: &str,
        client: &TlsConnector,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.sip(transport)).await?;
        client.connect("localhost".try_into().unwrap(), stream).await
    }
}

#[tokio::test]
async fn apps_are_answered_over_tls_and_browsers_over_websocket() {
    let (authority, files) = (Authority::new(), Files::new("sip"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&lines(&files)).await;
    let client = authority.client(None);
    let mut tls = house.sip_over_tls("tls", &client).await.unwrap();
    is_answered(&mut tls, "TLS").await;
    let mut ws = TcpStream::connect(house.sip("ws")).await.unwrap();
    is_answered_in_frames(&mut ws, "WS").await;
    let mut wss = house.sip_over_tls("wss", &client).await.unwrap();
    is_answered_in_frames(&mut wss, "WSS").await;
    for transport in ["tls", "ws", "wss"] {
        assert_eq!(house.metric(&format!("iwf_sip_connections{{transport=\"{transport}\"}}")).await, 1.0);
        let done = format!("iwf_sip_handshakes_total{{transport=\"{transport}\",result=\"done\"}}");
        assert_eq!(house.metric(&done).await, 1.0);
        assert_eq!(house.metric(&format!("iwf_sip_received_total{{transport=\"{transport}\"}}")).await, 1.0);
    }
    assert!(house.metric("iwf_tls_certificate_not_after_seconds{side=\"sip\"}").await > 1_700_000_000.0);
    drop((tls, ws, wss));
    for transport in ["tls", "ws", "wss"] {
        house.counts(&format!("iwf_sip_connections{{transport=\"{transport}\"}}"), 0.0).await;
    }
}

#[tokio::test]
async fn an_account_for_tls_alone_is_asked_for_its_password_over_tls_and_nowhere_else() {
    let (authority, files) = (Authority::new(), Files::new("sip-only"));
    files.show(&authority.issue("localhost"));
    let provisioning = account().replace("[[account]]", "[[account]]\ntls_only = true");
    let house = House::open_to(&provisioning, &lines(&files)).await;
    let message = |transport: &str| {
        options(transport).replace("sip:1@127.0.0.1", "sip:111@127.0.0.1").replace("OPTIONS", "MESSAGE")
    };
    let mut tcp = TcpStream::connect(house.sip("tcp")).await.unwrap();
    tcp.write_all(message("TCP").as_bytes()).await.unwrap();
    let said = hears(&mut tcp, "\r\n\r\n").await;
    assert!(said.starts_with("SIP/2.0 403 TLS Only\r\n"), "{said}");
    let mut tls = house.sip_over_tls("tls", &authority.client(None)).await.unwrap();
    tls.write_all(message("TLS").as_bytes()).await.unwrap();
    let said = hears(&mut tls, "\r\n\r\n").await;
    assert!(said.starts_with("SIP/2.0 401 "), "{said}");
}

/// A text for 111 from somebody of a carrier's, over the trunk.
fn asserted(number: usize) -> String {
    options("TLS")
        .replace("OPTIONS sip:127.0.0.1", "MESSAGE sip:111@127.0.0.1")
        .replace(
            "1 OPTIONS",
            "1 MESSAGE\r\nP-Asserted-Identity: <tel:+4915112345678>\r\nContent-Type: text/plain",
        )
        .replace("branch=z9hG4bK1", &format!("branch=z9hG4bKt{number}"))
        .replace("Call-ID: 1", &format!("Call-ID: t{number}"))
        .replace("Content-Length: 0\r\n\r\n", "Content-Length: 5\r\n\r\nhello")
}

#[tokio::test]
async fn a_trunk_is_who_shows_its_certificate_and_shares_the_rate_of_its_carrier() {
    let (authority, files) = (Authority::new(), Files::new("sip-trunk"));
    files.show(&authority.issue("localhost"));
    files.write("ca.pem", &authority.pem);
    let mut lines = lines(&files);
    lines.push(("sip.tls", "client_ca", files.named("ca.pem")));
    for (key, value) in [("name", "tata"), ("certificate", "name:edge.example"), ("carrier", "Carrier1")] {
        lines.push(("[sip.trunk]", key, format!("\"{value}\"")));
    }
    let carrier = "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"c\"\npassword = \"secret1\"\nrate = 3\n";
    let house = House::open_to(&[carrier, &account()].concat(), &lines).await;

    let mut stranger = house.sip_over_tls("tls", &authority.client(None)).await.unwrap();
    stranger.write_all(asserted(0).as_bytes()).await.unwrap();
    let said = hears(&mut stranger, "\r\n\r\n").await;
    assert!(said.starts_with("SIP/2.0 401 "), "{said}");

    let shown = authority.client(Some(&authority.issue("edge.example")));
    let mut edge = house.sip_over_tls("tls", &shown).await.unwrap();
    let all: String = (1..=20).map(asserted).collect();
    edge.write_all(all.as_bytes()).await.unwrap();
    let answers = hears_times(&mut edge, "\r\n\r\n", 20).await;
    let of = |status: &str| answers.lines().filter(|line| line.starts_with(status)).count();
    let (taken, throttled) = (of("SIP/2.0 202 "), of("SIP/2.0 500 Rate Exceeded"));
    assert!(taken >= 3 && throttled >= 5 && taken + throttled == 20, "{answers}");
    house.counts("iwf_sip_vouched_total", 20.0).await;
}

#[tokio::test]
async fn a_certificate_can_be_required_of_apps_and_is_not_asked_of_browsers() {
    let (authority, files) = (Authority::new(), Files::new("sip-required"));
    files.show(&authority.issue("localhost"));
    files.write("ca.pem", &authority.pem);
    let mut lines = lines(&files);
    lines.push(("sip.tls", "client_ca", files.named("ca.pem")));
    lines.push(("sip.tls", "client_certificate", "\"required\"".to_owned()));
    let house = House::open(&lines).await;

    let shown = authority.client(Some(&authority.issue("edge.example")));
    is_answered(&mut house.sip_over_tls("tls", &shown).await.unwrap(), "TLS").await;
    if let Ok(mut stream) = house.sip_over_tls("tls", &authority.client(None)).await {
        let _ = stream.write_all(options("TLS").as_bytes()).await;
        assert_eq!(until_closed(&mut stream).await, b"", "it has shown no certificate");
    }
    house.counts("iwf_sip_handshakes_total{transport=\"tls\",result=\"failed\"}", 1.0).await;
    assert!(house.log().contains("TLS was not agreed upon"), "{}", house.log());
    let mut wss = house.sip_over_tls("wss", &authority.client(None)).await.unwrap();
    is_answered_in_frames(&mut wss, "WSS").await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_apps_and_those_that_are_there_stay() {
    let (old, new, files) = (Authority::new(), Authority::new(), Files::new("sip-reload"));
    files.show(&old.issue("localhost"));
    let house = House::open(&lines(&files)).await;
    let mut app = house.sip_over_tls("tls", &old.client(None)).await.unwrap();
    is_answered(&mut app, "TLS").await;

    files.show(&new.issue("localhost"));
    let deadline = Instant::now() + PATIENCE;
    while house.sip_over_tls("wss", &new.client(None)).await.is_err() {
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    assert!(house.sip_over_tls("tls", &new.client(None)).await.is_ok());
    app.write_all(b"\r\n\r\n").await.unwrap();
    assert_eq!(hears(&mut app, "\r\n").await, "\r\n", "the answer to a keep-alive (RFC 5626 4.4.1)");
}

#[tokio::test]
async fn handshakes_that_do_not_go_on_keep_nobody_waiting() {
    let (authority, files) = (Authority::new(), Files::new("sip-silent"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&lines(&files)).await;
    let mut silent = Vec::new();
    for transport in ["tls", "ws", "wss"].repeat(5) {
        silent.push(TcpStream::connect(house.sip(transport)).await.unwrap());
    }
    let client = authority.client(None);
    is_answered(&mut house.sip_over_tls("tls", &client).await.unwrap(), "TLS").await;
    is_answered_in_frames(&mut TcpStream::connect(house.sip("ws")).await.unwrap(), "WS").await;
    for stream in &mut silent {
        let said = until_closed(stream).await;
        assert!(said.is_empty() || said[0] == 21, "nothing, or an alert (RFC 8446 6): {said:?}");
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_so_many_silent_ones() {
    let bounds = [
        ("sip", "max_silent_per_address", "2".to_owned()),
        ("sip", "max_connections_per_address", "3".to_owned()),
    ];
    let house = House::open(&bounds).await;
    let connect = || TcpStream::connect(house.sip("tcp"));
    let (mut first, silent) = (connect().await.unwrap(), connect().await.unwrap());
    house.counts("iwf_sip_connections{transport=\"tcp\"}", 2.0).await;
    assert_eq!(until_closed(&mut connect().await.unwrap()).await, b"");
    house.counts("iwf_sip_connections_refused_total{limit=\"silent\"}", 1.0).await;
    is_answered(&mut first, "TCP").await;
    let mut third = connect().await.unwrap();
    is_answered(&mut third, "TCP").await;
    assert_eq!(until_closed(&mut connect().await.unwrap()).await, b"");
    house.counts("iwf_sip_connections_refused_total{limit=\"address\"}", 1.0).await;
    drop(silent);
    house.counts("iwf_sip_connections{transport=\"tcp\"}", 2.0).await;
    is_answered(&mut connect().await.unwrap(), "TCP").await;
}

#[tokio::test]
async fn other_protocols_on_the_sip_ports_are_counted_and_said() {
    let (authority, files) = (Authority::new(), Files::new("sip-strangers"));
    files.show(&authority.issue("localhost"));
    let bind = b"\0\0\0\x2F\0\0\0\x09\0\0\0\0\0\0\0\x01carrier1\0secret1\0\0\x34\0\0\0padding....";
    let register = options("TCP");
    for (transport, octets, protocol, said) in [
        (
            "tcp",
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3][..],
            "tls",
            "apps connect to an address of sip.tls.listen",
        ),
        (
            "tcp",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "http",
            "a health check asks GET /health on admin.listen",
        ),
        ("tcp", bind, "clear-smpp", "carriers connect to an address of smpp.listen"),
        ("tls", register.as_bytes(), "sip", "the app must switch TLS on"),
        ("ws", register.as_bytes(), "sip", "SIP without WebSocket came to a port for browsers"),
        ("wss", UPGRADE.as_bytes(), "http", "an HTTP client in the clear came to a port for TLS"),
    ] {
        let house = House::open(&lines(&files)).await;
        let mut stream = TcpStream::connect(house.sip(transport)).await.unwrap();
        stream.write_all(octets).await.unwrap();
        assert_eq!(until_closed(&mut stream).await, b"", "{transport} {protocol}");
        house.counts(&format!("iwf_sip_strangers_total{{protocol=\"{protocol}\"}}"), 1.0).await;
        assert!(house.log().contains(said), "{transport} {protocol}: {}", house.log());
    }
}

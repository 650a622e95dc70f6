//! A softswitch that answers as it is told, and what it gets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use iwf_sim::phone::{Phone, PhoneOptions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::house::{House, PATIENCE};
use crate::request::Request;

/// What it does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// Answers with this status line, and header lines if there are more.
    Status(&'static str),
    /// Closes the connection.
    HangUp,
}

pub(crate) struct Softswitch {
    pub(crate) address: SocketAddr,
    sender: mpsc::Sender<Request>,
    seen: mpsc::Receiver<Request>,
    manner: Arc<Mutex<Say>>,
    tasks: JoinSet<()>,
}

impl Softswitch {
    /// At one port, over UDP and TCP.
    pub(crate) async fn open(say: Say) -> Self {
        let (datagrams, listener) = loop {
            let datagrams = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            // The port may be another's over TCP: then the system gives the next.
            if let Ok(listener) = TcpListener::bind(datagrams.local_addr().unwrap()).await {
                break (datagrams, listener);
            }
        };
        let mut proxy = Self::at(datagrams.local_addr().unwrap(), say);
        proxy.tasks.spawn(serve_datagrams(datagrams, proxy.sender.clone(), Arc::clone(&proxy.manner)));
        proxy.tasks.spawn(serve_streams(listener, None, proxy.sender.clone(), Arc::clone(&proxy.manner)));
        proxy
    }

    /// Over TLS.
    pub(crate) async fn over_tls(say: Say, tls: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut proxy = Self::at(listener.local_addr().unwrap(), say);
        let manner = Arc::clone(&proxy.manner);
        proxy.tasks.spawn(serve_streams(listener, Some(tls), proxy.sender.clone(), manner));
        proxy
    }

    /// Over TCP alone.
    pub(crate) fn listening(listener: TcpListener, say: Say) -> Self {
        let mut proxy = Self::at(listener.local_addr().unwrap(), say);
        proxy.tasks.spawn(serve_streams(listener, None, proxy.sender.clone(), Arc::clone(&proxy.manner)));
        proxy
    }

    fn at(address: SocketAddr, say: Say) -> Self {
        let (sender, seen) = mpsc::channel(1000);
        let manner = Arc::new(Mutex::new(say));
        Self { address, sender, seen, manner, tasks: JoinSet::new() }
    }

    pub(crate) fn says(&self, say: Say) {
        *self.manner.lock().unwrap() = say;
    }

    /// The next request.
    pub(crate) async fn gets(&mut self) -> Request {
        timeout(PATIENCE, self.seen.recv()).await.expect("nothing comes").unwrap()
    }

    /// Nothing came that was not looked at.
    pub(crate) fn got_nothing_more(&mut self) {
        if let Ok(request) = self.seen.try_recv() {
            panic!("this came too: {request:?}");
        }
    }
}

async fn serve_datagrams(socket: UdpSocket, seen: mpsc::Sender<Request>, manner: Arc<Mutex<Say>>) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(request) = Request::take(&mut buffer[..length].to_vec()) else { continue };
        let say = *manner.lock().unwrap();
        if let Say::Status(status) = say {
            socket.send_to(request.response(status).as_bytes(), peer).await.unwrap();
        }
        seen.send(request).await.unwrap();
    }
}

async fn serve_streams(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    seen: mpsc::Sender<Request>,
    manner: Arc<Mutex<Say>>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, seen, manner) = (tls.clone(), seen.clone(), Arc::clone(&manner));
        connections.spawn(async move {
            match tls {
                None => serve_stream(stream, seen, manner).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve_stream(stream, seen, manner).await;
                    }
                }
            }
        });
    }
}

async fn serve_stream(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: mpsc::Sender<Request>,
    manner: Arc<Mutex<Say>>,
) {
    let mut octets = Vec::new();
    while stream.read_buf(&mut octets).await.is_ok_and(|length| length > 0) {
        while let Some(request) = Request::take(&mut octets) {
            let say = *manner.lock().unwrap();
            let answer = match say {
                Say::Status(status) => Some(request.response(status)),
                Say::HangUp => None,
            };
            let _ = seen.send(request).await;
            let Some(answer) = answer else { return };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// RFC 3428 4, RFC 3261 8.1.1.1.
#[tokio::test]
async fn a_text_for_an_account_without_an_app_goes_to_the_proxy_as_its_address_of_record() {
    let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
    let mut house = House::behind(&format!("sip:{}", proxy.address)).await;
    house.delivers("111", "Hello").await;
    let request = proxy.gets().await;
    assert_eq!(request.line(), "MESSAGE sip:anna@127.0.0.1 SIP/2.0");
    assert_eq!(request.header("To"), "<sip:anna@127.0.0.1>");
    assert!(request.header("Via").starts_with("SIP/2.0/UDP 127.0.0.1:"), "{request:?}");
    assert_eq!((request.header("Route"), request.body()), (String::new(), "Hello"));
    proxy.got_nothing_more();
}

/// RFC 3261 16.12: a loose router is named in a Route; and one connection serves all texts.
#[tokio::test]
async fn a_loose_router_is_named_and_one_connection_is_kept() {
    let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
    let uri = format!("sip:{};transport=tcp;lr", proxy.address);
    let lines =
        [("sip.proxy", "uri", format!("{uri:?}")), ("sip.proxy", "domain", "\"example.com\"".to_owned())];
    let mut house = House::open(&lines).await;
    house.delivers("111", "one").await;
    house.delivers("222", "two").await;
    let (one, two) = (proxy.gets().await, proxy.gets().await);
    assert_eq!(one.line(), "MESSAGE sip:anna@example.com SIP/2.0");
    assert_eq!(two.line(), "MESSAGE sip:bob@example.com SIP/2.0");
    assert_eq!(one.header("Route"), format!("<{uri}>"));
    assert!(one.header("Via").starts_with("SIP/2.0/TCP "), "{one:?}");
}

#[tokio::test]
async fn an_app_that_is_registered_here_comes_first_unless_all_goes_to_the_proxy() {
    for (when, by_proxy) in [("unregistered", false), ("always", true)] {
        let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
        let lines = [
            ("sip.proxy", "uri", format!("\"sip:{}\"", proxy.address)),
            ("sip.proxy", "when", format!("{when:?}")),
        ];
        let mut house = House::open(&lines).await;
        let server = house.node.addresses().sip_udp[0];
        let (phone, mut shown) = Phone::start(PhoneOptions::new("anna", "secret", server)).await.unwrap();
        phone.register().await.unwrap();
        house.delivers("111", "Hello").await;
        if by_proxy {
            assert_eq!(proxy.gets().await.body(), "Hello");
            assert!(shown.try_recv().is_err());
        } else {
            assert!(timeout(PATIENCE, shown.recv()).await.unwrap().is_some());
            proxy.got_nothing_more();
        }
    }
}

/// interworking.md D.3: the proxy answers for users of its own.
#[tokio::test]
async fn a_404_from_the_proxy_is_final() {
    let proxy = Softswitch::open(Say::Status("404 Not Found")).await;
    let mut house = House::behind(&format!("sip:{}", proxy.address)).await;
    let id = house.submit("111", "Hello").await;
    assert_eq!(house.receipt().await, (id, "UNDELIV".to_owned(), "001".to_owned()));
}

/// RFC 3261 18.1.1, and its end: where TCP is refused the datagram is sent after all.
#[tokio::test]
async fn a_large_text_goes_over_tcp_unless_the_proxy_takes_large_datagrams() {
    let long = "large ".repeat(240);
    for (udp_large, transport) in [("false", "SIP/2.0/TCP "), ("true", "SIP/2.0/UDP ")] {
        let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
        let lines = [
            ("sip.proxy", "uri", format!("\"sip:{}\"", proxy.address)),
            ("sip.proxy", "udp_large", udp_large.to_owned()),
        ];
        let mut house = House::open(&lines).await;
        house.delivers_long("111", &long).await;
        let request = proxy.gets().await;
        assert!(request.len() > 1300 && request.header("Via").starts_with(transport), "{request:?}");
    }
}

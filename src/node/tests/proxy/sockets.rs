//! Several UDP sockets: what goes to an app leaves by the one that its registration came to, and over IPv6.

use std::net::SocketAddr;

use tokio::time::timeout;

use crate::house::{House, PATIENCE};
use crate::request::Request;

async fn house(udp: &str) -> House {
    House::open(&[("sip", "udp", udp.to_owned())]).await
}

/// A phone behind NAT hears nobody but whom it has written to.
#[tokio::test]
async fn a_text_leaves_by_the_socket_that_the_registration_came_to() {
    let mut house = house("[\"127.0.0.1:0\", \"127.0.0.2:0\", \"127.0.0.1:0\"]").await;
    let sockets: Vec<SocketAddr> = house.node.addresses().sip_udp.clone();
    assert_eq!(sockets.len(), 3);
    let mut phones = Vec::new();
    for (socket, (user, number)) in sockets.iter().rev().zip([("anna", "111"), ("bob", "222")]) {
        let (phone, mut shown) = house.phone(user, *socket).await;
        house.delivers(number, "Hello").await;
        assert_eq!(timeout(PATIENCE, shown.recv()).await.unwrap().unwrap().peer, *socket);
        phones.push((phone, shown, *socket, number));
    }
    // What was registered over which socket is remembered.
    let mut house = house.restart().await;
    assert_eq!(house.node.addresses().sip_udp, sockets);
    for (_phone, mut shown, socket, number) in phones {
        house.delivers(number, "again").await;
        assert_eq!(timeout(PATIENCE, shown.recv()).await.unwrap().unwrap().peer, socket);
    }
}

/// An app of few words behind a trunk that has authenticated it: the phone of the other tests can't write an IPv6 URI.
struct App {
    socket: tokio::net::UdpSocket,
    server: SocketAddr,
}

impl App {
    async fn asks(&self, method: &str, uri: &str, more: &str) -> String {
        let (own, server) = (self.socket.local_addr().unwrap(), self.server);
        let request = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n\
             From: <sip:anna@[::1]>;tag=1\r\nTo: <sip:anna@[::1]>\r\nCall-ID: {method}@[::1]\r\nCSeq: 1 {method}\r\n\
             P-Asserted-Identity: <sip:111@[::1]>\r\n{more}"
        );
        self.socket.send_to(request.as_bytes(), server).await.unwrap();
        self.hears().await
    }

    async fn hears(&self) -> String {
        let mut buffer = vec![0; 65_536];
        let (length, peer) = timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        assert_eq!(peer, self.server);
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }
}

/// RFC 3261 25.1 (IPv6reference), 18.2.1 and 18.2.2; RFC 5118 4.
#[tokio::test]
async fn an_app_is_served_over_ipv6() {
    let Ok(socket) = tokio::net::UdpSocket::bind("[::1]:0").await else {
        eprintln!("not run: this machine has no ::1");
        return;
    };
    let trunk = "[{ name = \"edge\", networks = [\"::1/128\"], accounts = true }]".to_owned();
    let udp = "[\"127.0.0.1:0\", \"[::1]:0\"]".to_owned();
    let mut house = House::open(&[("sip", "udp", udp), ("sip", "trunk", trunk)]).await;
    let app = App { socket, server: house.node.addresses().sip_udp[1] };
    let own = app.socket.local_addr().unwrap();

    let answer =
        app.asks("REGISTER", "sip:[::1]", &format!("Contact: <sip:anna@{own}>\r\nl: 0\r\n\r\n")).await;
    assert!(answer.starts_with("SIP/2.0 200 ") && answer.contains(&format!("<sip:anna@{own}>")), "{answer}");

    let id = house.submit("111", "Grüße").await;
    let request = Request::take(&mut app.hears().await.into_bytes()).unwrap();
    assert_eq!(request.line(), format!("MESSAGE sip:anna@{own} SIP/2.0"));
    assert_eq!((&*request.header("To"), request.body()), ("<sip:anna@[::1]>", "Grüße"));
    assert!(request.header("Via").starts_with(&format!("SIP/2.0/UDP {};", app.server)), "{request:?}");
    app.socket.send_to(request.response("200 OK").as_bytes(), app.server).await.unwrap();
    assert_eq!(house.receipt().await, (id, "DELIVRD".to_owned(), "000".to_owned()));

    let text = "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nback";
    let answer = app.asks("MESSAGE", "sip:222@[::1]", text).await;
    assert!(answer.starts_with("SIP/2.0 202 "), "{answer}");
}

//! Texts that are too large for a datagram, to apps that registered over UDP (RFC 3261 18.1.1).

use std::net::SocketAddr;

use iwf_sim::phone::{Phone, Text};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use crate::house::{House, PATIENCE};
use crate::softswitch::{Say, Softswitch};

/// A thousand characters, two thousand octets.
fn long() -> String {
    ["مرحبا بالعالم "; 72].concat().chars().take(1000).collect()
}

fn address(phone: &Phone) -> SocketAddr {
    phone.contact().strip_prefix("sip:anna@").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_thousand_arabic_characters_reach_an_app_that_listens_to_datagrams_alone() {
    let mut house = House::open(&[]).await;
    let server = house.node.addresses().sip_udp[0];
    let (_phone, mut shown, _nobody_listens) = loop {
        let (phone, shown) = house.phone("anna", server).await;
        // Keeps others from listening there.
        let socket = TcpSocket::new_v4().unwrap();
        if socket.bind(address(&phone)).is_ok() {
            break (phone, shown, socket);
        }
        phone.unregister().await.unwrap();
    };
    for is_first in [true, false] {
        let id = house.delivers_long("111", &long()).await;
        let text = timeout(PATIENCE, shown.recv()).await.unwrap().unwrap();
        assert_eq!((&*text.body, text.peer), (&*long(), server));
        // What was refused once is not tried again until the app registers anew.
        let story = house.story(&id).await;
        assert_eq!(story.contains(" over TCP not reached, then "), is_first, "{story}");
    }
}

/// An app that has registered over UDP, and what listens over TCP at its port.
async fn app(house: &House, say: Say) -> (Phone, Receiver<Text>, Softswitch) {
    let server = house.node.addresses().sip_udp[0];
    loop {
        let (phone, shown) = house.phone("anna", server).await;
        // The port may be another's over TCP.
        if let Ok(listener) = TcpListener::bind(address(&phone)).await {
            return (phone, shown, Softswitch::listening(listener, say));
        }
        phone.unregister().await.unwrap();
    }
}

#[tokio::test]
async fn an_app_that_listens_to_connections_too_gets_a_large_text_over_tcp_and_a_short_one_as_before() {
    let mut house = House::open(&[]).await;
    let (phone, mut shown, mut connections) = app(&house, Say::Status("200 OK")).await;
    let id = house.delivers_long("111", &long()).await;
    let request = connections.gets().await;
    assert_eq!(request.body(), long());
    assert!(request.header("Via").starts_with("SIP/2.0/TCP "), "{request:?}");
    assert_eq!(request.line(), format!("MESSAGE {} SIP/2.0", phone.contact()));
    assert!(house.story(&id).await.contains(" over TCP 200"), "{}", house.story(&id).await);
    house.delivers("111", "short").await;
    assert_eq!(timeout(PATIENCE, shown.recv()).await.unwrap().unwrap().body, "short");
    connections.got_nothing_more();
}

/// The port over TCP may be that of something else, which is asked once and not believed.
#[tokio::test]
async fn what_refuses_a_large_text_over_tcp_is_not_taken_for_the_app() {
    let mut house = House::open(&[]).await;
    let (_phone, mut shown, mut connections) = app(&house, Say::Status("404 Not Found")).await;
    for story in [" over TCP 404, then ", " 200"] {
        let id = house.delivers_long("111", &long()).await;
        assert_eq!(timeout(PATIENCE, shown.recv()).await.unwrap().unwrap().body, long());
        assert!(house.story(&id).await.contains(story), "{}", house.story(&id).await);
    }
    connections.gets().await;
    connections.got_nothing_more();
}

/// What takes the connection and hangs up may have had the text; it comes again, as a datagram.
#[tokio::test]
async fn an_app_that_hangs_up_on_a_large_text_gets_it_again_by_datagram() {
    let mut house = House::open(&[]).await;
    let (_phone, mut shown, mut connections) = app(&house, Say::HangUp).await;
    house.delivers_long("111", &long()).await;
    let (once, again) = (connections.gets().await, timeout(PATIENCE, shown.recv()).await.unwrap().unwrap());
    assert_eq!((once.header("Call-ID"), again.body), (again.call_id, long()));
    connections.got_nothing_more();
}

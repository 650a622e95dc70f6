//! Two servers that send a text to each other, each keeping it on the way: it ends all the same (interworking.md E.5).

use std::collections::BTreeSet;

use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::house::{House, PATIENCE};
use crate::request::Request;

/// RFC 3261 16.3 and 16.6: each one that sends a text on leaves it one hop less, and with none left it is refused.
#[tokio::test]
async fn a_text_that_goes_round_ends_after_seventy_hops() {
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let own = other.local_addr().unwrap();
    let trunk = "[{ name = \"other\", networks = [\"127.0.0.1/32\"], accounts = true }]".to_owned();
    let house = House::open(&[("sip.proxy", "uri", format!("\"sip:{own}\"")), ("sip", "trunk", trunk)]).await;
    let server = house.node.addresses().sip_udp[0];
    house.submit("111", "round and round").await;

    let (mut buffer, mut seen) = (vec![0; 65_536], BTreeSet::new());
    let refused = loop {
        let (length, _) = timeout(PATIENCE, other.recv_from(&mut buffer)).await.unwrap().unwrap();
        let mut octets = buffer[..length].to_vec();
        if octets.starts_with(b"SIP/2.0 ") {
            let answer = String::from_utf8(octets).unwrap();
            if !answer.starts_with("SIP/2.0 202 ") && !answer.starts_with("SIP/2.0 100 ") {
                break answer;
            }
            continue;
        }
        let request = Request::take(&mut octets).unwrap();
        other.send_to(request.response("200 OK").as_bytes(), server).await.unwrap();
        if !seen.insert(request.branch()) {
            continue;
        }
        // A server of the other kind, which begins a request of its own.
        let left = request.header("Max-Forwards").parse::<u32>().unwrap().saturating_sub(1);
        let (round, text) = (seen.len(), request.body());
        let onward = format!(
            "MESSAGE sip:111@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKround{round}\r\n\
             Max-Forwards: {left}\r\nFrom: <sip:222@{server}>;tag={round}\r\nTo: <sip:111@{server}>\r\n\
             Call-ID: round-{round}\r\nCSeq: 1 MESSAGE\r\nP-Asserted-Identity: <sip:222@{server}>\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        other.send_to(onward.as_bytes(), server).await.unwrap();
    };
    assert!(refused.starts_with("SIP/2.0 483 "), "{refused}");
    assert_eq!(seen.len(), 36, "70, 68 and so on down to 0");
}

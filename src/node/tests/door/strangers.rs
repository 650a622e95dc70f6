//! Other protocols on our ports (interworking.md A.19 no. 39 and 40).

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::authority::Authority;
use crate::house::{Files, House, until_closed};

async fn says(to: std::net::SocketAddr, octets: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(octets).await.unwrap();
    until_closed(&mut stream).await
}

#[tokio::test]
async fn other_protocols_on_the_plain_port_are_counted_logged_once_and_closed_without_an_answer() {
    let house = House::open(&[]).await;
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3];
    for (octets, protocol) in [
        (&hello[..], "tls"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "http"),
        (b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\n\r\n", "sip"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "proxy"),
    ] {
        for _ in 0..3 {
            assert_eq!(says(house.plain(), octets).await, b"", "{protocol}");
        }
        house.counts(&format!("iwf_smpp_strangers_total{{protocol=\"{protocol}\"}}"), 3.0).await;
    }
    let log = house.log();
    assert_eq!(log.matches("the next minute's from there are not logged").count(), 1, "{log}");
    assert!(log.contains("it must connect to an address of smpp.tls.listen, or switch TLS off"), "{log}");
    assert!(house.bind_plain("secret1").await.is_ok(), "carriers are not touched");
}

#[tokio::test]
async fn smpp_in_the_clear_on_the_port_for_tls_is_recognised() {
    let (authority, files) = (Authority::new(), Files::new("clear"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&files.lines()).await;
    let bind = b"\0\0\0\x2F\0\0\0\x09\0\0\0\0\0\0\0\x01carrier1\0secret1\0\0\x34\0\0\0padding....";
    assert_eq!(says(house.tls(), bind).await, b"", "not even an alert");
    house.counts("iwf_smpp_strangers_total{protocol=\"clear-smpp\"}", 1.0).await;
    assert!(house.log().contains("the carrier must switch TLS on"), "{}", house.log());
    assert_eq!(says(house.tls(), b"GET / HTTP/1.1\r\n\r\n").await, b"");
    house.counts("iwf_smpp_strangers_total{protocol=\"http\"}", 1.0).await;
}

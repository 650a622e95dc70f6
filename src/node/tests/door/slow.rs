//! Slow, silent and greedy peers (interworking.md G, 12 and 13).

use iwf_sim::carrier::CarrierError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::{House, Line, PATIENCE, until_closed};

const BIND: &[u8] = b"\0\0\0\x26\0\0\0\x09\0\0\0\0\0\0\0\x01carrier1\0secret1\0\0\x34\0\0\0";
const ENQUIRE: &[u8] = b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x02";

fn seconds(key: &'static str, seconds: u8) -> Line<'static> {
    ("smpp", key, seconds.to_string())
}

async fn bound(house: &House) -> TcpStream {
    let mut stream = TcpStream::connect(house.plain()).await.unwrap();
    stream.write_all(BIND).await.unwrap();
    let mut header = [0; 16];
    timeout(PATIENCE, stream.read_exact(&mut header)).await.unwrap().unwrap();
    assert_eq!(header[4..12], [0x80, 0, 0, 9, 0, 0, 0, 0], "{}", house.log());
    stream
}

#[tokio::test]
async fn who_does_not_bind_is_closed_after_session_init() {
    let house = House::open(&[seconds("session_init_seconds", 1)]).await;
    let mut stream = TcpStream::connect(house.plain()).await.unwrap();
    assert_eq!(until_closed(&mut stream).await, b"");
    assert!(house.log().contains("no bind came in time"), "{}", house.log());
}

#[tokio::test]
async fn a_pdu_that_does_not_become_whole_in_time_closes_the_bind() {
    let house = House::open(&[seconds("pdu_seconds", 1)]).await;
    let mut stream = bound(&house).await;
    stream.write_all(&ENQUIRE[..15]).await.unwrap();
    until_closed(&mut stream).await;
    assert!(house.log().contains("a PDU did not become whole in time"), "{}", house.log());
}

/// It asks and asks and reads no answer: we stop reading, hold no more than the bound, and give it up.
#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let house = House::open(&[
        seconds("enquire_link_seconds", 1),
        seconds("enquire_link_response_seconds", 1),
        seconds("inactivity_seconds", 3),
    ])
    .await;
    let mut stream = bound(&house).await;
    let batch = ENQUIRE.repeat(4096);
    let broken = timeout(PATIENCE, async { while stream.write_all(&batch).await.is_ok() {} });
    assert!(broken.await.is_ok(), "the node neither reads nor closes");
    house.counts("iwf_smpp_connections", 0.0).await;
    house.counts("iwf_smpp_binds{kind=\"transceiver\"}", 0.0).await;
    assert!(house.bind_plain("secret1").await.is_ok());
}

#[tokio::test]
async fn one_address_has_so_many_connections_that_have_not_bound() {
    let house = House::open(&[("smpp", "max_unbound_per_address", "2".to_owned())]).await;
    let bound = house.bind_plain("secret1").await.unwrap();
    let silent =
        [TcpStream::connect(house.plain()).await.unwrap(), TcpStream::connect(house.plain()).await.unwrap()];
    house.counts("iwf_smpp_connections", 3.0).await;
    let refused = house.bind_plain("secret1").await;
    assert!(matches!(refused, Err(CarrierError::Closed | CarrierError::Line(_))), "{refused:?}");
    house.counts("iwf_smpp_connections_refused_total{limit=\"address\"}", 1.0).await;
    bound.enquire_link().await.unwrap();
    drop(silent);
    house.counts("iwf_smpp_connections", 1.0).await;
    assert!(house.bind_plain("secret1").await.is_ok());
}

//! Wrong passwords and binds without end (interworking.md G, 8 and 47).

use std::net::SocketAddr;

use iwf_sim::carrier::{Carrier, CarrierError};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

use crate::house::{House, account, options};

const RBINDFAIL: u32 = 0x0D;

#[tokio::test]
async fn who_was_wrong_waits_and_then_gets_in_with_the_right_password() {
    let house = House::open(&[]).await;
    let wrong = house.bind_plain("wrong").await;
    assert!(matches!(wrong, Err(CarrierError::Refused(RBINDFAIL))), "{wrong:?}");
    assert!(house.bind_plain("secret1").await.is_ok());
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"denied\"}").await, 1.0);
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0);
    assert!(house.bind_plain("secret1").await.is_ok());
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0, "forgiven");
}

#[tokio::test]
async fn a_carrier_that_binds_again_and_again_is_slowed_and_not_refused() {
    let carrier =
        "[[carrier]]\nname = \"C\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\nmax_binds = 1\n";
    let house = House::open_to(&[carrier, &account()].concat(), &[]).await;
    for _ in 0..11 {
        house.bind_plain("secret1").await.unwrap().unbind().await.unwrap();
        house.counts("iwf_smpp_binds{kind=\"transceiver\"}", 0.0).await;
    }
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"accepted\"}").await, 11.0);
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0);
}

/// A guess from another address of the loopback network.
async fn guess(server: SocketAddr) -> bool {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let stream = socket.connect(server).await.unwrap();
    Carrier::bind_over(stream, &options("wrong")).await.is_ok()
}

#[tokio::test]
async fn guessing_from_elsewhere_does_not_keep_a_carrier_out_or_waiting() {
    let house = House::open(&[]).await;
    house.bind_plain("secret1").await.unwrap().unbind().await.unwrap();
    let mut guesses = JoinSet::new();
    for _ in 0..20 {
        guesses.spawn(guess(house.plain()));
    }
    assert!(guesses.join_all().await.iter().all(|bound| !bound));
    let waited = house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await;
    assert!(house.bind_plain("secret1").await.is_ok());
    let now = house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await;
    assert_eq!(now, waited, "the carrier has not waited");
}

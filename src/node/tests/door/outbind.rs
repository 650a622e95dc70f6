//! Carriers that are called to bind (interworking.md A.3.5).

use std::net::SocketAddr;
use std::time::Duration;

use iwf_sim::carrier::{Bind, Carrier, CarrierError, CarrierOptions, Receipt, Submission};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::house::{House, PATIENCE, account, options};

/// A carrier that listens, and the node that is to call it.
async fn open(more: &str) -> (House, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let house = House::open_to(&provisioning(address, more), &[]).await;
    (house, listener)
}

fn provisioning(address: SocketAddr, more: &str) -> String {
    let first = "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\n";
    let second = "[[carrier]]\nname = \"Carrier2\"\nsystem_id = \"carrier2\"\npassword = \"secret2\"\n";
    let profile = format!("[carrier.profile]\noutbind = \"{address} iwf pass\"\n{more}\n");
    [first, &profile, second, &account()].concat()
}

/// A text to an app that is not there, with a receipt asked for, and its validity is over in a second: the carrier that
/// submitted it is gone before.
async fn leave_a_receipt(house: &House) -> String {
    let transmitter = CarrierOptions { bind: Bind::Transmitter, ..options("secret1") };
    let (carrier, _) = Carrier::bind(house.plain(), &transmitter).await.unwrap();
    let submission =
        Submission { validity: Some(1), registered_delivery: 1, ..Submission::new("222", "111", "hello") };
    let accepted = carrier.submit(&submission).await.unwrap();
    carrier.unbind().await.unwrap();
    accepted.id
}

/// Takes a call and reads its outbind.
async fn answer(listener: &TcpListener, house: &House) -> TcpStream {
    let called = timeout(PATIENCE, listener.accept()).await;
    let (mut stream, _) = called.unwrap_or_else(|_| panic!("no call\n{}", house.log())).unwrap();
    let mut outbind = [0; 16 + 4 + 5];
    stream.read_exact(&mut outbind).await.unwrap();
    assert_eq!(outbind[..8], [0, 0, 0, 25, 0, 0, 0, 0x0B], "command_length and command_id");
    assert_eq!(outbind[16..], *b"iwf\0pass\0");
    stream
}

type Bound = Result<(Carrier, mpsc::Receiver<Receipt>), CarrierError>;

async fn bind(stream: TcpStream, system_id: &str, password: &str) -> Bound {
    let receiver = CarrierOptions {
        bind: Bind::Receiver,
        patience: PATIENCE,
        ..CarrierOptions::new(system_id, password)
    };
    Carrier::bind_over(stream, &receiver).await
}

#[tokio::test]
async fn a_carrier_for_which_a_receipt_waits_is_called_binds_and_gets_it() {
    let (house, listener) = open("").await;
    let id = leave_a_receipt(&house).await;
    let stream = answer(&listener, &house).await;
    let (_carrier, mut receipts) = bind(stream, "carrier1", "secret1").await.unwrap();
    let receipt = timeout(PATIENCE, receipts.recv()).await.unwrap().unwrap();
    assert_eq!(receipt.id, id);
    house.counts("iwf_smpp_outbinds_total{result=\"bound\"}", 1.0).await;
}

#[tokio::test]
async fn a_carrier_to_which_a_text_waits_is_called_whatever_its_networks_and_let_go_when_it_is_not_to_be() {
    let networks = "numbers = \"333\"\nnetworks = [\"192.0.2.0/24\"]";
    let (house, listener) = open(networks).await;
    assert!(house.bind_plain("secret1").await.is_err());
    let other = CarrierOptions { patience: PATIENCE, ..CarrierOptions::new("carrier2", "secret2") };
    let (carrier, _) = Carrier::bind(house.plain(), &other).await.unwrap();
    carrier.submit(&Submission::new("222", "333", "hello")).await.unwrap();
    let stream = answer(&listener, &house).await;
    let (called, _receipts) = bind(stream, "carrier1", "secret1").await.unwrap();
    house.counts("iwf_smpp_texts_total{cause=\"delivered\"}", 1.0).await;

    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 2775));
    house.installation.import(&provisioning(elsewhere, networks)).await.unwrap();
    assert!(timeout(PATIENCE, called.closed()).await.is_ok(), "{}", house.log());
}

#[tokio::test]
async fn nobody_but_the_one_that_was_called_binds_on_the_call() {
    let (house, listener) = open("").await;
    leave_a_receipt(&house).await;
    let stream = answer(&listener, &house).await;
    let bound = bind(stream, "carrier2", "secret2").await;
    assert!(matches!(bound, Err(CarrierError::Refused(0x0D))), "{:?}", bound.err());
    house.counts("iwf_smpp_bind_requests_total{result=\"not-called\"}", 1.0).await;
    house.counts("iwf_smpp_outbinds_total{result=\"unbound\"}", 1.0).await;
}

#[tokio::test]
async fn a_carrier_that_closes_at_once_is_not_called_again_at_once() {
    let (house, listener) = open("").await;
    leave_a_receipt(&house).await;
    drop(answer(&listener, &house).await);
    house.counts("iwf_smpp_outbinds_total{result=\"unbound\"}", 1.0).await;
    // Two looks later at least: the node looks each second. The pauses themselves are tested with the machine.
    assert!(timeout(Duration::from_secs(3), listener.accept()).await.is_err());
}

#[tokio::test]
async fn a_carrier_that_must_use_tls_is_not_called_and_that_is_said() {
    let (house, listener) = open("numbers = \"333\"\ntls_only = true").await;
    let other = CarrierOptions { patience: PATIENCE, ..CarrierOptions::new("carrier2", "secret2") };
    let (carrier, _) = Carrier::bind(house.plain(), &other).await.unwrap();
    carrier.submit(&Submission::new("222", "333", "hello")).await.unwrap();
    assert!(timeout(Duration::from_secs(3), listener.accept()).await.is_err());
    assert!(house.log().contains("reason=\"clear\""), "{}", house.log());
}

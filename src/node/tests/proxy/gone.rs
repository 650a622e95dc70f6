//! Datagrams to where nobody listens: the network says so (RFC 3261 18.4), and nobody waits for timer F.
#![cfg(target_os = "linux")]

use iwf_sim::names::NameServer;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::house::{House, PATIENCE};
use crate::softswitch::{Say, Softswitch};

/// Timer F is 32 seconds.
const FAST: std::time::Duration = std::time::Duration::from_secs(20);

/// RFC 3263 4.3.
#[tokio::test]
async fn a_proxy_whose_port_is_closed_is_passed_over() {
    let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let zone = format!(
        "_sip._udp.switch.test 60 SRV 1 0 {closed} a.switch.test
         _sip._udp.switch.test 60 SRV 2 0 {} a.switch.test
         a.switch.test 60 A 127.0.0.1",
        proxy.address.port()
    );
    let names = NameServer::start(&zone).await.unwrap();
    let servers = format!("[\"{}\"]", names.address());
    let mut house =
        House::open(&[("sip.proxy", "uri", "\"sip:switch.test\"".to_owned()), ("dns", "servers", servers)])
            .await;
    let begun = Instant::now();
    let id = house.delivers("111", "Hello").await;
    assert!(begun.elapsed() < FAST, "{:?}", begun.elapsed());
    assert_eq!(proxy.gets().await.body(), "Hello");
    let story = house.story(&id).await;
    assert!(story.contains(&format!("UDP 127.0.0.1:{closed} not reached, then UDP ")), "{story}");
}

#[tokio::test]
async fn an_app_whose_port_is_closed_is_found_out_at_once_and_gets_its_text_when_it_is_back() {
    let mut house = House::open(&[]).await;
    let server = house.node.addresses().sip_udp[0];
    let (phone, shown) = house.phone("anna", server).await;
    drop((phone, shown));
    let begun = Instant::now();
    let id = house.submit("111", "Hello").await;
    loop {
        let story = house.story(&id).await;
        if story.contains(" not reached") {
            break;
        }
        assert!(begun.elapsed() < FAST, "{story}");
    }
    let (_phone, mut shown) = house.phone("anna", server).await;
    assert_eq!(timeout(PATIENCE, shown.recv()).await.unwrap().unwrap().body, "Hello");
    assert_eq!(house.receipt().await.0, id);
}

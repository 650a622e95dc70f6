//! Several proxies of one name, of which some do not work, and name servers that do not.

use std::time::Duration;

use iwf_sim::names::{Manner, NameServer};
use tokio::net::TcpListener;

use crate::house::House;
use crate::softswitch::{Say, Softswitch};

/// A port at which nobody listens.
async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn house(names: &[&NameServer]) -> House {
    let servers: Vec<String> = names.iter().map(|server| format!("\"{}\"", server.address())).collect();
    House::open(&[
        ("sip.proxy", "uri", "\"sip:switch.test\"".to_owned()),
        ("dns", "servers", format!("[{}]", servers.join(", "))),
    ])
    .await
}

/// RFC 3263 4.3: another transaction, so another branch, of the same request; 503 is RFC 3261 21.5.4.
#[tokio::test]
async fn one_proxy_refuses_one_is_overloaded_and_the_third_takes_the_text() {
    let mut full = Softswitch::open(Say::Status("503 Service Unavailable\r\nRetry-After: 600")).await;
    let mut good = Softswitch::open(Say::Status("200 OK")).await;
    let zone = format!(
        "switch.test 60 NAPTR 10 10 s SIP+D2T _sip._tcp.switch.test
         _sip._tcp.switch.test 60 SRV 3 0 {} a.switch.test
         _sip._tcp.switch.test 60 SRV 1 0 {} a.switch.test
         _sip._tcp.switch.test 60 SRV 2 0 {} a.switch.test
         a.switch.test 60 A 127.0.0.1",
        good.address.port(),
        closed_port().await,
        full.address.port()
    );
    let names = NameServer::start(&zone).await.unwrap();
    let mut house = house(&[&names]).await;
    let id = house.delivers("111", "Hello").await;
    let (first, second) = (full.gets().await, good.gets().await);
    for name in ["Call-ID", "CSeq", "From", "To"] {
        assert_eq!(first.header(name), second.header(name), "{name}");
    }
    assert_ne!(first.branch(), second.branch());
    let story = house.story(&id).await;
    for word in ["not reached: connection refused, then TCP 127.0.0.1:", " 503, then TCP 127.0.0.1:", " 200"]
    {
        assert!(story.contains(word), "{word:?} is not in\n{story}");
    }
    // What does not work is left alone, and what is known is not asked again.
    let asked = names.asked().len();
    house.delivers("222", "again").await;
    assert_eq!(good.gets().await.body(), "again");
    full.got_nothing_more();
    assert_eq!(names.asked().len(), asked, "{:?}", names.asked());
}

/// interworking.md C.9: what was sent may have arrived, so no other proxy gets it; a repeat can be told from a
/// new text.
#[tokio::test]
async fn a_proxy_that_hangs_up_is_not_passed_over_but_asked_again() {
    let mut first = Softswitch::open(Say::HangUp).await;
    let mut second = Softswitch::open(Say::Status("200 OK")).await;
    let zone = format!(
        "_sip._tcp.switch.test 60 SRV 1 0 {} a.switch.test
         _sip._tcp.switch.test 60 SRV 2 0 {} a.switch.test
         a.switch.test 60 A 127.0.0.1",
        first.address.port(),
        second.address.port()
    );
    let names = NameServer::start(&zone).await.unwrap();
    let mut house = house(&[&names]).await;
    let id = house.submit("111", "Hello").await;
    let once = first.gets().await;
    first.says(Say::Status("200 OK"));
    let again = first.gets().await;
    assert_eq!(once.header("Call-ID"), again.header("Call-ID"));
    assert_eq!((&*once.header("CSeq"), &*again.header("CSeq")), ("1 MESSAGE", "2 MESSAGE"));
    assert_eq!(house.receipt().await.0, id);
    second.got_nothing_more();
}

#[tokio::test]
async fn a_text_arrives_though_one_name_server_is_dead_and_one_is_slow() {
    let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
    let zone = format!(
        "_sip._udp.switch.test 60 SRV 1 0 {} a.switch.test
         a.switch.test 60 A 127.0.0.1",
        proxy.address.port()
    );
    let (dead, slow) = (NameServer::start("").await.unwrap(), NameServer::start(&zone).await.unwrap());
    dead.behave(Manner::Dead);
    slow.behave(Manner::Slow(Duration::from_millis(300)));
    let mut house = house(&[&dead, &slow]).await;
    house.delivers("111", "Hello").await;
    assert_eq!(proxy.gets().await.body(), "Hello");
}

#[tokio::test]
async fn many_texts_wait_for_one_lookup_and_an_old_answer_serves_when_the_servers_fail() {
    let mut proxy = Softswitch::open(Say::Status("200 OK")).await;
    let zone = format!(
        "_sip._udp.switch.test 0 SRV 1 0 {} a.switch.test
         a.switch.test 0 A 127.0.0.1",
        proxy.address.port()
    );
    let names = NameServer::start(&zone).await.unwrap();
    names.behave(Manner::Slow(Duration::from_millis(200)));
    let mut house = house(&[&names]).await;
    house.submit("111", "one").await;
    house.submit("222", "two").await;
    assert_eq!([house.receipt().await.1, house.receipt().await.1], ["DELIVRD", "DELIVRD"]);
    let srv = names.asked().into_iter().filter(|asked| asked == "_sip._udp.switch.test SRV").count();
    assert_eq!(srv, 1, "{:?}", names.asked());
    proxy.gets().await;
    proxy.gets().await;
    names.behave(Manner::Failing(2));
    // Past the least life of an answer the servers are asked again, and fail.
    let asked = names.asked().len();
    while names.asked().len() == asked {
        house.delivers("111", "later").await;
        assert_eq!(proxy.gets().await.body(), "later");
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_is_told_and_tried_again_later() {
    let names = NameServer::start("other.test 60 A 127.0.0.1").await.unwrap();
    let house = house(&[&names]).await;
    let id = house.submit("111", "Hello").await;
    loop {
        let story = house.story(&id).await;
        if story.contains("the name has no address that can be reached") {
            break;
        }
    }
}

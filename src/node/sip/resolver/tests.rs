//! Name servers that are there, dead, slow, broken, or not to be trusted.

use iwf_sim::names::{Manner, NameServer};

use super::*;

const ZONE: &str = "
    host.test 60 A 192.0.2.1
    host.test 30 A 192.0.2.2
    host.test 60 AAAA 2001:db8::1
    alias.test 20 CNAME host.test
    loop.test 60 CNAME pool.test
    pool.test 60 CNAME loop.test
    brief.test 0 A 192.0.2.3
    _sip._udp.host.test 60 SRV 10 20 5062 Host.test.
    _sip._tcp.host.test 60 SRV 0 0 0 .
    host.test 60 NAPTR 10 50 s SIP+D2U _sip._udp.host.test";

fn ask(servers: &[&NameServer], name: &str, kind: Kind) -> impl Future<Output = Lookup> + use<> {
    let addresses: Vec<SocketAddr> = servers.iter().map(|server| server.address()).collect();
    Resolver::new(&addresses).look_up(&Question { name: name.into(), kind })
}

fn found(records: &[Record], ttl: u64) -> Lookup {
    Lookup::Found(records.to_vec(), Duration::from_secs(ttl))
}

fn address(text: &str) -> Record {
    Record::Address(text.parse().unwrap())
}

#[tokio::test]
async fn records_of_every_kind_are_read_with_their_life() {
    let server = NameServer::start(ZONE).await.unwrap();
    let both = [address("192.0.2.1"), address("192.0.2.2")];
    assert_eq!(ask(&[&server], "host.test", Kind::A).await, found(&both, 30), "the shorter life of the two");
    let srv = |port, target: &str| {
        Record::Srv(Srv {
            priority: if port == 0 { 0 } else { 10 },
            weight: if port == 0 { 0 } else { 20 },
            port,
            target: target.into(),
        })
    };
    let (aaaa, naptr) =
        tokio::join!(ask(&[&server], "host.test", Kind::Aaaa), ask(&[&server], "host.test", Kind::Naptr));
    assert_eq!(aaaa, found(&[address("2001:db8::1")], 60));
    let naptr_expected = Naptr {
        order: 10,
        preference: 50,
        flags: "s".into(),
        service: "SIP+D2U".into(),
        is_plain: true,
        replacement: "_sip._udp.host.test".into(),
    };
    assert_eq!(naptr, found(&[Record::Naptr(naptr_expected)], 60));
    let there = ask(&[&server], "_sip._udp.host.test", Kind::Srv).await;
    assert_eq!(there, found(&[srv(5062, "host.test")], 60));
    let declined = ask(&[&server], "_sip._tcp.host.test", Kind::Srv).await;
    assert_eq!(declined, found(&[srv(0, "")], 60));
    assert_eq!(ask(&[&server], "brief.test", Kind::A).await, found(&[address("192.0.2.3")], 0));
}

#[tokio::test]
async fn an_alias_is_followed_and_one_that_leads_in_a_circle_ends() {
    let server = NameServer::start(ZONE).await.unwrap();
    let both = [address("192.0.2.1"), address("192.0.2.2")];
    assert_eq!(ask(&[&server], "alias.test", Kind::A).await, found(&both, 20));
    let circle = ask(&[&server], "loop.test", Kind::A).await;
    assert!(matches!(circle, Lookup::Absent(_) | Lookup::Failed), "{circle:?}");
    assert!(server.asked().len() < 40, "{} questions for a circle", server.asked().len());
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_can_not_be_found_out() {
    let server = NameServer::start(ZONE).await.unwrap();
    assert_eq!(ask(&[&server], "nowhere.test", Kind::A).await, Lookup::Absent(None));
    assert_eq!(ask(&[&server], "brief.test", Kind::Srv).await, Lookup::Absent(None));
    for rcode in [2, 5] {
        server.behave(Manner::Failing(rcode));
        assert_eq!(ask(&[&server], "host.test", Kind::A).await, Lookup::Failed, "RCODE {rcode}");
    }
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_taken() {
    let server = NameServer::start(ZONE).await.unwrap();
    server.behave(Manner::Lying);
    let answer = ask(&[&server], "host.test", Kind::A).await;
    assert!(matches!(answer, Lookup::Absent(_) | Lookup::Failed), "{answer:?}");
}

#[tokio::test]
async fn a_dead_server_beside_a_living_one_is_passed_over() {
    let (dead, living) = (NameServer::start("").await.unwrap(), NameServer::start(ZONE).await.unwrap());
    dead.behave(Manner::Dead);
    let answer = ask(&[&dead, &living], "brief.test", Kind::A).await;
    assert_eq!(answer, found(&[address("192.0.2.3")], 0));
}

#[tokio::test]
async fn a_server_that_is_silent_or_too_slow_ends_in_time() {
    let (dead, slow) = (NameServer::start(ZONE).await.unwrap(), NameServer::start(ZONE).await.unwrap());
    dead.behave(Manner::Dead);
    slow.behave(Manner::Slow(DEADLINE * 3));
    let begun = std::time::Instant::now();
    let (first, second) =
        tokio::join!(ask(&[&dead], "host.test", Kind::A), ask(&[&slow], "host.test", Kind::A));
    assert_eq!((first, second), (Lookup::Failed, Lookup::Failed));
    assert!(begun.elapsed() < DEADLINE * 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_too_large_for_a_datagram_comes_whole() {
    let zone: String = (0..250).map(|last| format!("many.test 60 A 192.0.2.{last}\n")).collect();
    let server = NameServer::start(&zone).await.unwrap();
    match ask(&[&server], "many.test", Kind::A).await {
        Lookup::Found(records, _) => assert_eq!(records.len(), 250),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_a_name_server_every_question_fails() {
    let nobody = Resolver { inner: None };
    let question = Question { name: "host.test".into(), kind: Kind::A };
    assert_eq!(nobody.look_up(&question).await, Lookup::Failed);
}

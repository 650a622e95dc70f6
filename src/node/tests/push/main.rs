//! Apps that sleep, through the real binary: a provider on loopback is asked to wake them (RFC 8599).
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

mod provider;
mod world;

use iwf_sim::phone::{Answer, Transport};
use serde_json::json;

use provider::{Provider, Reply};
use world::{World, received};

const TOKEN: &str = ";pn-provider=own;pn-param=proj;pn-prid=to%22ken";

#[tokio::test]
async fn a_sleeping_app_is_woken_and_gets_its_text() {
    let mut provider = Provider::start(&[Reply::Status(200)]).await;
    let mut world = World::open(&provider, "").await;
    let (phone, mut texts) = world.phone(Transport::Tcp, TOKEN, "").await;
    phone.register().await.unwrap();
    world.fall_asleep(&phone).await;

    let id = world.submit("good morning").await;
    let push = provider.next().await;
    assert_eq!(push.path, "/wake");
    assert_eq!(push.authorization.as_deref(), Some("Bearer open sesame"));
    let account = format!("sip:111@{}", world.server(Transport::Tcp));
    let expected = json!({"provider": "own", "token": "to\"ken", "param": "proj", "account": account});
    assert_eq!(push.body, expected, "and nothing of the text");

    phone.register().await.unwrap();
    let text = received(&mut texts, &world).await;
    assert!(text.call_id.starts_with(&id), "{}", text.call_id);
    assert_eq!(text.body, "good morning");
    let receipt = world.receipt().await;
    assert_eq!((receipt.id, &*receipt.stat), (id, "DELIVRD"));
    world.counts("iwf_pushes_total{result=\"taken\"}", 1.0).await;
    let log = world.log();
    assert!(!log.contains("22ken") && !log.contains("\"ken"), "tokens are not logged: {log}");
}

#[tokio::test]
async fn a_provider_that_fails_or_is_silent_is_asked_again() {
    let mut provider = Provider::start(&[Reply::Status(503), Reply::Silence, Reply::Status(200)]).await;
    let mut world = World::open(&provider, "timeout_seconds = 1\n").await;
    let (phone, mut texts) = world.phone(Transport::Tcp, TOKEN, "").await;
    phone.register().await.unwrap();
    world.fall_asleep(&phone).await;
    world.submit("hello").await;
    for _ in 0..3 {
        provider.next().await;
    }
    world.counts("iwf_pushes_total{result=\"taken\"}", 1.0).await;
    phone.register().await.unwrap();
    assert_eq!(received(&mut texts, &world).await.body, "hello");
}

#[tokio::test]
async fn a_token_that_is_of_no_use_is_forgotten_and_the_text_waits_for_the_app() {
    let mut provider = Provider::start(&[Reply::Status(410)]).await;
    let mut world = World::open(&provider, "").await;
    let (phone, mut texts) = world.phone(Transport::Tcp, TOKEN, "").await;
    phone.register().await.unwrap();
    world.fall_asleep(&phone).await;
    world.submit("one").await;
    provider.next().await;
    world.counts("iwf_pushes_total{result=\"gone\"}", 1.0).await;
    world.submit("two").await;
    world.counts("iwf_registrations", 0.0).await;
    phone.register().await.unwrap();
    assert_eq!(received(&mut texts, &world).await.body, "one");
    assert_eq!(received(&mut texts, &world).await.body, "two");
    world.counts("iwf_pushes_total{result=\"gone\"}", 1.0).await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_costs_no_text() {
    let provider = Provider::start(&[]).await;
    let mut world = World::open(&provider, "timeout_seconds = 1\n").await;
    drop(provider);
    let (phone, mut texts) = world.phone(Transport::Tcp, TOKEN, "").await;
    phone.register().await.unwrap();
    world.fall_asleep(&phone).await;
    world.submit("hello").await;
    world.counts("iwf_pushes_total{result=\"failed\"}", 1.0).await;
    phone.register().await.unwrap();
    assert_eq!(received(&mut texts, &world).await.body, "hello");
    assert_eq!(world.receipt().await.stat, "DELIVRD");
}

#[tokio::test]
async fn an_app_that_slept_through_a_restart_is_woken() {
    let mut provider = Provider::start(&[Reply::Status(200)]).await;
    let mut world = World::open(&provider, "").await;
    let (phone, mut texts) = world.phone(Transport::Tcp, TOKEN, "").await;
    phone.register().await.unwrap();
    world.restart().await;
    world.submit("hello").await;
    provider.next().await;
    phone.hang_up().await;
    phone.register().await.unwrap();
    assert_eq!(received(&mut texts, &world).await.body, "hello");
}

#[tokio::test]
async fn an_app_that_does_not_answer_is_woken_too_and_served_where_it_comes_from_then() {
    let mut provider = Provider::start(&[Reply::Status(200)]).await;
    let mut world = World::open(&provider, "").await;
    let instance = ";+sip.instance=\"<urn:uuid:1>\"";
    let (frozen, mut unread) = world.phone(Transport::Udp, TOKEN, instance).await;
    frozen.answer(&[Answer::Silence]);
    frozen.register().await.unwrap();
    let id = world.submit("hello").await;
    provider.next().await;
    assert_eq!(received(&mut unread, &world).await.body, "hello", "it was sent before");
    let (awake, mut texts) = world.phone(Transport::Udp, TOKEN, instance).await;
    awake.register().await.unwrap();
    assert!(received(&mut texts, &world).await.call_id.starts_with(&id));
    assert_eq!(world.receipt().await.stat, "DELIVRD");
}

#[tokio::test]
async fn an_app_of_another_provider_is_told_so_and_can_not_register() {
    let provider = Provider::start(&[]).await;
    let world = World::open(&provider, "").await;
    let (phone, _texts) = world.phone(Transport::Udp, ";pn-provider=other;pn-prid=x", "").await;
    let refused = phone.register().await.unwrap_err();
    assert!(refused.to_string().contains("555"), "{refused}");
}

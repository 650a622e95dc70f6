//! Our binds against a message centre of a few lines, over TCP and TLS.

mod centre;
mod house;

use std::time::Duration;

use iwf_model::{Cause, FinalState, LinkState, Origin, UpstreamNews};

use self::centre::{Listener, Pdu};
use self::house::{CARRIER, CONNECTION, House, deliver_sm};
use super::board::BindState;
use crate::texts::{FromCarriers, Taker};

const BIND_TRANSCEIVER: u32 = 0x09;
const SUBMIT_SM: u32 = 0x04;
const DELIVER_SM: u32 = 0x05;
const UNBIND: u32 = 0x06;
const RESPONSE: u32 = 0x8000_0000;

#[tokio::test]
async fn a_text_goes_over_a_bind_and_comes_back_with_its_name() {
    let listener = Listener::open().await;
    let house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    house.gives(1).await;
    let submit = centre.next(SUBMIT_SM).await;
    assert!(submit.body.ends_with(b"\x05hello"));
    centre.answers(&submit, 0, b"0A-1\0").await;
    let [FromCarriers::Ended(taker, end)] = &house.told(1).await[..] else { panic!("one end") };
    assert_eq!((*taker, end.message), (Taker::Connection(CONNECTION), house.id(1)));
    assert_eq!((end.outcome.cause, &end.names[..]), (Cause::Taken, &[Some("0A-1".into())][..]));
    assert!(end.detail.contains("Vendor1") && end.detail.contains("as 0A-1"), "{}", end.detail);
    let report = house.report().await;
    assert_eq!((report.state, report.submitted, report.accepted), (BindState::Bound, 1, 1));
    assert_eq!(report.system_id.as_deref(), Some("smsc"));
    house.stop().await;
    centre.next(UNBIND).await;
}

#[tokio::test]
async fn a_text_that_comes_is_durable_before_it_is_answered() {
    let listener = Listener::open().await;
    let house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    centre.sends(DELIVER_SM, 7, &deliver_sm("1111", 0, b"good morning")).await;
    let answer = centre.next(RESPONSE | DELIVER_SM).await;
    assert_eq!((answer.status, answer.sequence), (0, 7));
    let message = house.accepted().await;
    assert_eq!(message.submission.origin, Origin::Carrier(CARRIER));
    assert_eq!(message.submission.text, "good morning");
    assert!(house.is_stored(message.id).await);
    centre.sends(DELIVER_SM, 8, &deliver_sm("999", 0, b"nobody's")).await;
    assert_eq!(centre.next(RESPONSE | DELIVER_SM).await.status, 0x65, "ESME_RX_P_APPN");
    assert_eq!(house.report().await.texts, 2);
}

#[tokio::test]
async fn a_receipt_goes_to_who_knows_the_message_and_is_answered_by_what_comes_of_it() {
    let listener = Listener::open().await;
    let mut house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    for (sequence, verdict, status) in [(7, Ok(()), 0), (8, Err(iwf_model::Refusal::StoreUnavailable), 0x64)]
    {
        centre.sends(DELIVER_SM, sequence, &deliver_sm("1111", 4, b"id:abc stat:DELIVRD err:000")).await;
        let told = house.upstream().await;
        assert_eq!((told.carrier, told.connection), (CARRIER, Some(CONNECTION)));
        assert_eq!(
            (&*told.receipt.name, told.receipt.tells),
            ("abc", UpstreamNews::Ended(FinalState::Delivered))
        );
        told.done.send(verdict).unwrap();
        let answer = centre.next(RESPONSE | DELIVER_SM).await;
        assert_eq!((answer.status, answer.sequence), (status, sequence));
    }
}

#[tokio::test]
async fn a_bind_that_breaks_is_made_again_and_what_was_under_way_is_in_doubt() {
    let listener = Listener::open().await;
    let house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    house.gives(1).await;
    centre.next(SUBMIT_SM).await;
    drop(centre);
    let told = house.told(1).await;
    let FromCarriers::Ended(_, end) = &told[0] else { panic!("{told:?}") };
    assert_eq!(end.outcome.cause, Cause::NoAnswer);
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    assert!(house.report().await.last_error.is_some_and(|why| why.contains("closed the connection")));
    house.gives(2).await;
    centre.next(SUBMIT_SM).await;
}

#[tokio::test]
async fn a_refused_bind_is_shown_with_its_reason_and_not_tried_again_at_once() {
    let listener = Listener::open().await;
    let house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.accepts().await;
    let bind = centre.next(BIND_TRANSCEIVER).await;
    assert!(bind.body.starts_with(b"iwf\0secret1\0"));
    centre.answers(&bind, 0x0D, b"").await;
    let report = house.report_when(|report| report.state == BindState::Waiting).await;
    assert!(report.last_error.is_some_and(|why| why.contains("system_id, password")));
    assert!(!house.gives_at_all(1), "nobody is bound to take a text");
    // What an admin changes is tried at once.
    house.provisions(&listener.settings(&[("password", "other")])).await;
    let mut centre = listener.accepts().await;
    let bind = centre.next(BIND_TRANSCEIVER).await;
    assert!(bind.body.starts_with(b"iwf\0other\0"));
}

#[tokio::test]
async fn an_isolated_connection_stays_bound_and_takes_nothing_new_and_a_stopped_one_leaves_in_order() {
    let listener = Listener::open().await;
    let settings = listener.settings(&[]);
    let house = House::open(&settings).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    house.gives(1).await;
    let submit = centre.next(SUBMIT_SM).await;
    house.turns(&settings, LinkState::Isolated).await;
    house.until(|| !house.core.connections.of(CONNECTION).texts.has_receiver()).await;
    assert!(!house.gives_at_all(2));
    centre.answers(&submit, 0, b"1\0").await;
    let told = house.told(1).await;
    let FromCarriers::Ended(_, end) = &told[0] else { panic!("{told:?}") };
    assert_eq!(end.outcome.cause, Cause::Taken, "what was under way is not lost");
    centre.sends(DELIVER_SM, 7, &deliver_sm("1111", 0, b"still heard")).await;
    assert_eq!(centre.next(RESPONSE | DELIVER_SM).await.status, 0);

    house.turns(&settings, LinkState::Started).await;
    house.gives(3).await;
    let submit = centre.next(SUBMIT_SM).await;
    house.turns(&settings, LinkState::Stopped).await;
    house.until(|| house.core.connections.report(CONNECTION).len() == 1).await;
    centre.answers(&submit, 0, b"2\0").await;
    let unbind = centre.next(UNBIND).await;
    centre.answers(&unbind, 0, b"").await;
    house.until(|| house.core.connections.report(CONNECTION).is_empty()).await;

    house.turns(&settings, LinkState::Started).await;
    listener.bound(BIND_TRANSCEIVER).await;
}

#[tokio::test]
async fn a_change_of_the_rate_keeps_the_bind_and_one_of_the_window_makes_another() {
    let listener = Listener::open().await;
    let house = House::open(&listener.settings(&[])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    house.provisions(&listener.settings(&[("rate", "7")])).await;
    house.gives(1).await;
    let submit = centre.next(SUBMIT_SM).await;
    centre.answers(&submit, 0, b"1\0").await;
    house.provisions(&listener.settings(&[("rate", "7"), ("window", "3")])).await;
    let unbind = centre.next(UNBIND).await;
    centre.answers(&unbind, 0, b"").await;
    listener.bound(BIND_TRANSCEIVER).await;
}

#[tokio::test]
async fn a_pair_is_a_transmitter_and_a_receiver_each_as_often_as_wanted() {
    let listener = Listener::open().await;
    let _house = House::open(&listener.settings(&[("bind", "pair"), ("binds", "2")])).await;
    let mut commands = Vec::new();
    let mut centres = Vec::new();
    for _ in 0..4 {
        let mut centre = listener.accepts().await;
        let bind = centre.any().await;
        centre.answers(&bind, 0, b"smsc\0").await;
        commands.push(bind.command_id);
        centres.push(centre);
    }
    commands.sort_unstable();
    assert_eq!(commands, [1, 1, 2, 2]);
}

#[tokio::test]
async fn a_host_is_found_by_its_name_and_an_unbind_in_order_is_followed_by_a_bind() {
    let listener = Listener::open().await;
    let address = format!("localhost:{}", listener.port());
    let house = House::open(&[("address", &address), ("system_id", "iwf")]).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    house.report_when(|report| report.state == BindState::Bound).await;
    centre.sends(UNBIND, 3, b"").await;
    let answer: Pdu = centre.next(RESPONSE | UNBIND).await;
    assert_eq!(answer.sequence, 3);
    drop(centre);
    tokio::time::timeout(Duration::from_secs(20), listener.bound(BIND_TRANSCEIVER)).await.unwrap();
}

#[tokio::test]
async fn over_tls_the_certificate_must_be_the_one_that_was_named() {
    let listener = Listener::open_tls().await;
    let digest = listener.digest();
    let house = House::open(&listener.settings(&[("tls", &digest)])).await;
    let mut centre = listener.bound(BIND_TRANSCEIVER).await;
    let report = house.report_when(|report| report.state == BindState::Bound).await;
    assert_eq!(report.tls.as_deref(), Some("TLSv1_3"));
    house.gives(1).await;
    centre.next(SUBMIT_SM).await;

    let other = Listener::open_tls().await;
    house.provisions(&other.settings(&[("tls", &digest)])).await;
    // The text is not answered, so the bind would be waited for.
    drop(centre);
    other.refuses_tls().await;
    let not_agreed = |why: &String| why.contains("TLS was not agreed upon");
    house.report_when(|report| report.last_error.as_ref().is_some_and(not_agreed)).await;
}

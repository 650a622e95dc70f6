//! What a carrier's profile changes about how it is read and answered (docs/carrier-profile.md).

use iwf_model::profile::{Answers, IdForm, ReceiptForm, SpokenVersion, TextPdu};
use iwf_model::{BindKind, Cause, Outcome, Party, Profile, Refusal};
use iwf_smpp::state::State;
use iwf_smpp::{BindRefusal, CommandId, CommandStatus as S};

use crate::peer::{Peer, Submit, id, notification, pdu, response};

fn peer(version: u8, change: impl FnOnce(&mut Profile)) -> Peer {
    let mut peer = Peer::connected();
    change(&mut peer.profile);
    peer.binds(BindKind::Transceiver, version);
    peer.answers();
    peer
}

fn answers(answers: Answers) -> Peer {
    peer(0x34, |profile| profile.answers = answers)
}

#[test]
fn an_error_has_an_empty_id_behind_it_where_the_peer_needs_one() {
    let mut peer = answers(Answers { error_body: true, ..Answers::default() });
    peer.admission = |_| Err(Refusal::QueueFull);
    peer.sends(&Submit::default().submit_sm(2));
    peer.sends(&Submit::default().data_sm(3));
    peer.sends(&Submit { priority_flag: 0, esm_class: 4, ..Submit::default() }.submit_sm(4));
    let answers = peer.answers();
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| answer.status != S::EsmeRok && answer.body() == b"\0"));
}

#[test]
fn ids_are_written_as_the_profile_says_in_answers_and_in_receipts() {
    let (id_in_response, id_in_receipt) = (IdForm::Hex, IdForm::HexUpper);
    let mut peer = answers(Answers { id_in_response, id_in_receipt, ..Answers::default() });
    peer.sends(&Submit::default().submit_sm(2));
    assert_eq!(peer.answer().body(), b"16345785d8a0001\0");
    assert!(peer.sends_receipt(1));
    let octets = peer.answer().octets;
    let place = |what: &[u8]| octets.windows(what.len()).any(|window| window == what);
    assert!(place(b"id:16345785D8A0001 sub:") && place(b"\0\x1E\0\x1016345785D8A0001\0"));
}

#[test]
fn a_receipt_has_the_form_the_dates_and_the_pdu_that_the_profile_says() {
    let told = |answers_: Answers| {
        let mut peer = answers(answers_);
        assert!(peer.sends_receipt(7));
        peer.answer()
    };
    let has = |octets: &[u8], what: &[u8]| octets.windows(what.len()).any(|window| window == what);
    let text = told(Answers { receipt_form: ReceiptForm::Text, ..Answers::default() });
    assert!(has(text.body(), b"stat:DELIVRD") && !has(text.body(), b"\x04\x27\0\x01"));
    let tlvs = told(Answers { receipt_form: ReceiptForm::Tlvs, ..Answers::default() });
    assert!(!has(tlvs.body(), b"stat:") && has(tlvs.body(), b"\x04\x27\0\x01\x02"));
    let dated = told(Answers { receipt_seconds: true, receipt_zone_minutes: 180, ..Answers::default() });
    assert!(has(dated.body(), b"submit date:261121123000 done date:261121123159 "));
    let data_sm = told(Answers { receipt_pdu: TextPdu::DataSm, ..Answers::default() });
    assert_eq!(data_sm.id, CommandId::DataSm);
    assert!(has(data_sm.body(), b"\x04\0\0\x04\x24\0"), "esm_class, then the text in message_payload");
}

#[test]
fn a_receipt_by_data_sm_is_answered_by_data_sm_resp() {
    let mut peer = answers(Answers { receipt_pdu: TextPdu::DataSm, ..Answers::default() });
    assert!(peer.sends_receipt(1) && peer.sends_receipt(2));
    peer.sends(&pdu(CommandId::DataSmResp, 1, b"\0"));
    peer.sends(&response(CommandId::DataSmResp, S::EsmeRxPAppn, 2, b""));
    use iwf_smpp::ReceiptAnswer::{Refused, Taken};
    assert_eq!(peer.receipts, [(id(1), Taken, 0), (id(2), Refused, 0x65)]);
}

#[test]
fn a_version_in_the_profile_is_stronger_than_the_one_in_the_bind() {
    let mut old = peer(0x34, |profile| profile.reading.version = Some(SpokenVersion::V33));
    assert!(old.sends_receipt(1));
    assert!(!old.answer().octets.windows(4).any(|window| window == [0, 0x1E, 0, 0x13]), "no TLVs");
    let mut new = peer(0x00, |profile| profile.reading.version = Some(SpokenVersion::V50));
    new.sends(&Submit { registered_delivery: 3, ..Submit::default() }.submit_sm(2));
    assert!(!new.submissions[0].receipt.failure, "success only");
}

#[test]
fn peers_of_v5_hear_how_full_we_are() {
    let mut peer = Peer::bound(BindKind::Transceiver, 0x50);
    peer.session.set_congestion(85);
    peer.sends(&Submit::default().submit_sm(2));
    assert_eq!(peer.answer().body(), b"100000000000000001\0\x04\x28\0\x01\x55");
    let mut older = Peer::bound(BindKind::Transceiver, 0x34);
    older.session.set_congestion(85);
    older.sends(&Submit::default().submit_sm(2));
    assert_eq!(older.answer().body(), b"100000000000000001\0");
}

#[test]
fn a_peer_of_v5_is_told_in_words_why_it_may_not_bind() {
    for (version, body) in [(0x34, &b""[..]), (0x50, b"\0\0\x1D\0\x0Ftoo many binds\0")] {
        let mut peer = Peer::connected();
        peer.granting = false;
        peer.binds(BindKind::Transceiver, version);
        peer.session.refuse_bind(BindRefusal::TooManyBinds, peer.now);
        let octets = peer.session.output().split();
        assert_eq!(octets[16..], *body);
    }
}

#[test]
fn a_transaction_that_fails_says_why() {
    let verdict = |version, dpf| {
        let mut peer = Peer::bound(BindKind::Transceiver, version);
        peer.accepting = false;
        peer.sends(&Submit { esm_class: 2, ..Submit::default() }.data_sm(2));
        let ticket = peer.tickets.remove(0);
        peer.session.fail_submit(ticket, &Outcome::new(Cause::PeerUnavailable, 503), dpf);
        let octets = peer.session.output().split();
        (octets[11], octets[16..].to_vec())
    };
    let tlvs = b"\0\x04\x25\0\x01\x03\x04\x23\0\x03\x08\x01\xF7".to_vec();
    assert_eq!(verdict(0x34, None), (0xFE, tlvs.clone()));
    assert_eq!(verdict(0x50, None), (0xFE, tlvs.clone()));
    assert_eq!(verdict(0x33, Some(true)), (0x45, Vec::new()), "v3.3 knows no such status");
    // SMPP 5.0 4.8.4.32: dpf_result, to those who asked for a flag.
    for (set, octet) in [(true, 1), (false, 0)] {
        let with_flag = [&tlvs[..], &[0x04, 0x20, 0, 1, octet]].concat();
        assert_eq!(verdict(0x34, Some(set)), (0xFE, with_flag));
    }
}

/// A.17: esm_class 0x20, state ENROUTE, and nothing hangs on its answer.
#[test]
fn a_message_that_waits_is_told_as_on_its_way() {
    let mut peer = Peer::transceiver();
    assert!(peer.session.send_notification(&notification(1), peer.now));
    let answer = peer.answer();
    assert_eq!(answer.id, CommandId::DeliverSm);
    assert!(answer.body().starts_with(b"\0\x01\x01+111222333\0\x05\0ACME\0\x20\0\0"));
    let has = |what: &[u8]| answer.body().windows(what.len()).any(|window| window == what);
    assert!(has(b"stat:ENROUTE err:027") && has(b"\x04\x27\0\x01\x01\x04\x23\0\x03\x08\x01\xE0"));
    peer.sends(&pdu(CommandId::DeliverSmResp, 1, b"\0"));
    assert_eq!((peer.receipts.len(), peer.anomalies.len()), (0, 0));
}

/// SMPP 5.0 4.1.3, 4.8.4.39.
#[test]
fn an_alert_goes_to_receivers_and_has_no_answer() {
    let (source, esme) = (Party { ton: 1, npi: 1, addr: b"111"[..].into() }, Party::default());
    let mut peer = Peer::transceiver();
    assert!(peer.session.send_alert(&source, &esme, peer.now));
    let answer = peer.answer();
    assert_eq!(answer.id, CommandId::AlertNotification);
    assert_eq!(answer.body(), b"\x01\x01111\0\0\0\0\x04\x22\0\x01\0");
    let mut transmitter = Peer::bound(BindKind::Transmitter, 0x34);
    assert!(!transmitter.session.send_alert(&source, &esme, transmitter.now));
    let mut old = Peer::bound(BindKind::Transceiver, 0x33);
    assert!(!old.session.hears_alerts() && !old.session.send_alert(&source, &esme, old.now));
}

/// SMPP 5.0 2.3.7, 4.1.1.7.
#[test]
fn a_session_that_we_opened_asks_to_bind_and_goes_on_as_any() {
    let mut peer = Peer::called();
    let asked = peer.answer();
    assert_eq!((asked.id, asked.body()), (CommandId::Outbind, &b"iwf\0secret\0"[..]));
    assert_eq!(peer.session.state(), State::Outbound);
    peer.sends(&Submit::default().submit_sm(2));
    assert_eq!(peer.answer().status, S::EsmeRinvbndsts);
    peer.binds(BindKind::Receiver, 0x34);
    assert_eq!(peer.answer().short(), (CommandId::BindReceiverResp, S::EsmeRok, 1));
    assert_eq!(peer.session.state(), State::BoundRx);
}

//! What message centres give us: texts and receipts.

use iwf_model::{
    Alphabet, BindKind, FinalState, Origin, ReceiptAnswer, ReceiptRequest, Refusal, UpstreamNews,
};
use iwf_smpp::{Anomaly, ClientConfig, CommandId, CommandStatus};
use rusmpp_core::pdus::owned::Pdu;

use crate::centre::{Centre, config};
use crate::peer::{Submit, id, pdu, receipt, tlv};

#[test]
fn a_text_becomes_a_submission_of_the_carrier_and_is_answered_when_it_is_durable() {
    let mut centre = Centre::transceiver();
    centre.holding = true;
    centre.sends(&Submit::default().deliver_sm(5));
    assert!(centre.written().is_empty(), "not before");
    let submission = &centre.submissions[0];
    assert_eq!(
        (submission.text.as_str(), submission.origin),
        ("hello", Origin::Carrier(iwf_model::CarrierId(1)))
    );
    assert_eq!(submission.destination.as_str(), "111222333");
    let ticket = centre.tickets.remove(0);
    centre.client.accept_submit(ticket, id(1));
    let answer = centre.one();
    assert_eq!(answer.short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRok, 5));
    assert_eq!(answer.body(), b"\0", "message_id is unused there (SMPP 5.0 4.3.2)");
}

#[test]
fn a_data_sm_and_a_text_that_wants_to_be_heard_of_are_told_our_id() {
    let mut centre = Centre::transceiver();
    centre.sends(&Submit::default().data_sm(5));
    let answer = centre.one();
    assert_eq!(answer.short(), (CommandId::DataSmResp, CommandStatus::EsmeRok, 5));
    assert_eq!(answer.body(), b"100000000000000001\0");
    centre.sends(&Submit { registered_delivery: 1, ..Submit::default() }.deliver_sm(6));
    assert_eq!(centre.one().body(), b"100000000000000002\0");
    assert_eq!(centre.submissions[1].receipt, ReceiptRequest::ANY);
}

#[test]
fn fields_that_mean_nothing_in_a_deliver_sm_are_not_looked_at() {
    let mut centre = Centre::transceiver();
    let odd = Submit {
        esm_class: 0x02,
        schedule_delivery_time: b"990101000000000+".to_vec(),
        validity_period: b"000101000000000+".to_vec(),
        replace_if_present_flag: 1,
        sm_default_msg_id: 7,
        ..Submit::default()
    };
    centre.sends(&odd.deliver_sm(5));
    assert_eq!(centre.one().status, CommandStatus::EsmeRok);
    assert_eq!(centre.submissions[0].options, None);
}

#[test]
fn parts_and_alphabets_are_read_as_in_a_submit() {
    let mut centre = Centre::transceiver();
    let part = Submit {
        esm_class: 0x40,
        data_coding: 8,
        short_message: vec![5, 0, 3, 7, 2, 1, 0x06, 0x45],
        ..Submit::default()
    };
    centre.sends(&part.deliver_sm(5));
    assert_eq!(centre.one().status, CommandStatus::EsmeRok);
    let part = centre.submissions[0].options().part.clone().unwrap();
    assert_eq!((part.total, part.number, part.encoding.alphabet), (2, 1, Alphabet::Utf16));
    centre.sends(
        &Submit { data_coding: 8, short_message: vec![0x06, 0x45], ..Submit::default() }.deliver_sm(6),
    );
    assert_eq!(centre.submissions[1].text, "م");
}

#[test]
fn what_we_do_not_take_has_the_status_of_a_receiver() {
    use CommandStatus as S;
    for (refusal, status) in [
        (Refusal::UnknownDestination, S::EsmeRxPAppn),
        (Refusal::DestinationBarred, S::EsmeRxRAppn),
        (Refusal::Throttled, S::EsmeRthrottled),
        (Refusal::QueueFull, S::EsmeRmsgqful),
        (Refusal::StoreUnavailable, S::EsmeRxTAppn),
        (Refusal::Stopping, S::EsmeRxTAppn),
    ] {
        let mut centre = Centre::transceiver();
        centre.accepting = Err(refusal);
        centre.sends(&Submit::default().deliver_sm(5));
        let answer = centre.one();
        assert_eq!(answer.short(), (CommandId::DeliverSmResp, status, 5));
        assert_eq!(answer.octets.len(), 16);
        assert!(centre.lives());
    }
}

#[test]
fn a_receipt_is_handed_out_and_answered_when_it_is_durable() {
    let text =
        b"id:abc sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 stat:DELIVRD err:000 text:";
    let told = Submit { esm_class: 4, short_message: text.to_vec(), ..Submit::default() };
    for octets in [told.deliver_sm(5), told.data_sm(5)] {
        let mut centre = Centre::transceiver();
        centre.holding = true;
        centre.sends(&octets);
        assert!(centre.written().is_empty() && centre.submissions.is_empty());
        let receipt = &centre.upstream[0];
        let delivered = UpstreamNews::Ended(FinalState::Delivered);
        assert_eq!((receipt.tells, &*receipt.name), (delivered, "abc"));
        let ticket = centre.tickets.remove(0);
        centre.client.accept_receipt(ticket);
        let answer = centre.one();
        assert_eq!((answer.status, answer.sequence), (CommandStatus::EsmeRok, 5));
        assert_eq!(answer.body(), b"\0");
    }
}

#[test]
fn a_receipt_to_a_name_is_taken_all_the_same() {
    let mut centre = Centre::transceiver();
    let told = Submit {
        esm_class: 4,
        destination: (5, 0, b"ACME".to_vec()),
        short_message: Vec::new(),
        tlvs: [tlv(0x001E, b"abc\0"), tlv(0x0427, &[6])].concat(),
        ..Submit::default()
    };
    centre.sends(&told.deliver_sm(5));
    assert_eq!(centre.one().status, CommandStatus::EsmeRok);
    assert_eq!(centre.upstream[0].tells, UpstreamNews::UnderWay);
    assert_eq!(&*centre.upstream[0].destination.addr, b"ACME");
}

#[test]
fn a_receipt_that_can_t_be_stored_comes_again() {
    let mut centre = Centre::transceiver();
    centre.accepting = Err(Refusal::StoreUnavailable);
    let told = Submit { esm_class: 4, short_message: b"id:1 stat:DELIVRD".to_vec(), ..Submit::default() };
    centre.sends(&told.deliver_sm(5));
    assert_eq!(centre.one().status, CommandStatus::EsmeRxTAppn);
}

#[test]
fn beyond_our_window_nothing_is_read_and_what_was_on_its_way_is_throttled() {
    let mut centre = Centre::bound(ClientConfig { receive_window: 2, ..config(BindKind::Transceiver) });
    centre.holding = true;
    let all: Vec<u8> = (0..5).flat_map(|number| Submit::default().deliver_sm(10 + number)).collect();
    centre.sends(&all);
    assert!(!centre.client.wants_input());
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRthrottled, 14));
    assert_eq!(centre.anomalies, [Anomaly::BeyondWindow]);
    for (number, ticket) in std::mem::take(&mut centre.tickets).into_iter().enumerate() {
        centre.client.accept_submit(ticket, id(number as u64));
    }
    assert!(centre.client.wants_input());
    assert_eq!(centre.written().len(), 4);
}

#[test]
fn wrong_fields_are_answered_in_their_own_words_and_the_bind_goes_on() {
    let mut centre = Centre::transceiver();
    centre.sends(&Submit { destination: (1, 1, Vec::new()), ..Submit::default() }.deliver_sm(5));
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRinvdstadr, 5));
    centre.sends(&pdu(CommandId::DeliverSm, 6, b"\0\x01"));
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRinvcmdlen, 6));
    let silent = Submit { protocol_id: 0x40, ..Submit::default() };
    centre.sends(&silent.deliver_sm(7));
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRxRAppn, 7));
    assert!(centre.lives());
}

#[test]
fn what_is_not_for_us_is_answered_where_it_has_an_answer() {
    let mut centre = Centre::transceiver();
    centre.sends(&Submit::default().submit_sm(5));
    assert_eq!(centre.one().short(), (CommandId::SubmitSmResp, CommandStatus::EsmeRinvbndsts, 5));
    centre.sends(&pdu(CommandId::BindTransceiver, 6, b"a\0b\0\0\x34\0\0\0"));
    assert_eq!(centre.one().short(), (CommandId::BindTransceiverResp, CommandStatus::EsmeRinvbndsts, 6));
    centre.sends(&pdu(CommandId::from(0x0102_0304), 7, b"x"));
    assert_eq!(centre.one().short(), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdid, 7));
    centre.sends(&pdu(CommandId::AlertNotification, 8, b"\x01\x01111\0\x01\x01222\0"));
    centre.sends(&pdu(CommandId::Outbind, 9, b"smsc\0secret\0"));
    assert!(centre.written().is_empty(), "these have no response");
    assert_eq!(centre.anomalies.len(), 5);
    assert!(centre.lives());
}

#[test]
fn what_a_message_centre_wants_to_hear_is_told_by_submit_sm() {
    let mut centre = Centre::transceiver();
    assert!(centre.client.send_receipt(&receipt(7), centre.now));
    let told = centre.one();
    let Some(Pdu::SubmitSm(submit)) = told.command.pdu() else { panic!("{told:?}") };
    assert_eq!(submit.esm_class, 0x08.into());
    assert_eq!((submit.source_addr.as_str(), submit.destination_addr.as_str()), ("+111222333", "ACME"));
    assert!(submit.short_message().as_ref().starts_with(b"id:100000000000000007 "));
    centre.answers(&told, CommandStatus::EsmeRok, b"77\0");
    assert_eq!(centre.receipts, [(id(7), ReceiptAnswer::Taken, 0)]);
    let mut receiver = Centre::bound(config(BindKind::Receiver));
    assert!(!receiver.client.send_receipt(&receipt(7), receiver.now), "a receiver submits nothing");
}

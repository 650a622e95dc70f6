//! Keeping a bind, and its end.

use std::time::Duration;

use iwf_model::{Cause, ReceiptAnswer};
use iwf_smpp::keepalive::TimerReason;
use iwf_smpp::{CloseReason, CommandId, CommandStatus};

use crate::centre::Centre;
use crate::peer::{Submit, id, pdu, receipt, response};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_silent_link_is_asked_and_given_up_when_nothing_comes() {
    let mut centre = Centre::transceiver();
    centre.lives_through(Duration::from_secs(30));
    let asked = centre.one();
    assert_eq!(asked.id, CommandId::EnquireLink);
    centre.answers(&asked, CommandStatus::EsmeRok, &[]);
    assert!(centre.anomalies.is_empty());
    centre.lives_through(Duration::from_secs(50));
    assert_eq!(centre.closed, Some(CloseReason::Timeout(TimerReason::EnquireLinkResp)));
}

#[test]
fn an_old_message_centre_may_answer_enquire_link_by_generic_nack() {
    let mut centre = Centre::transceiver();
    for _ in 0..10 {
        centre.lives_through(Duration::from_secs(30));
        let asked = centre.one();
        centre.sends(&response(CommandId::GenericNack, CommandStatus::EsmeRinvcmdid, asked.sequence, &[]));
    }
    assert_eq!(centre.closed, None);
}

#[test]
fn an_unbind_of_the_message_centre_is_answered_when_its_texts_are() {
    let mut centre = Centre::transceiver();
    centre.holding = true;
    centre.sends(&[Submit::default().deliver_sm(5), pdu(CommandId::Unbind, 6, &[])].concat());
    assert!(centre.written().is_empty());
    let ticket = centre.tickets.remove(0);
    centre.client.accept_submit(ticket, id(1));
    centre.settles();
    let written: Vec<_> = centre.written().iter().map(|answer| answer.short()).collect();
    assert_eq!(
        written,
        [
            (CommandId::DeliverSmResp, CommandStatus::EsmeRok, 5),
            (CommandId::UnbindResp, CommandStatus::EsmeRok, 6)
        ]
    );
    assert!(centre.unbound && centre.closed.is_none());
    assert!(!centre.gives(1, "hello"));
    centre.client.handle_closed(centre.now);
    centre.settles();
    assert_eq!(centre.closed, Some(CloseReason::UnboundByPeer));
}

#[test]
fn our_unbind_waits_for_what_is_under_way() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    let submit = centre.one();
    centre.client.unbind(LONG, centre.now);
    assert!(centre.written().is_empty());
    assert!(!centre.gives(2, "hello"), "nothing new is taken");
    centre.sends(&Submit::default().deliver_sm(5));
    assert_eq!(centre.one().short(), (CommandId::DeliverSmResp, CommandStatus::EsmeRxTAppn, 5));
    centre.answers(&submit, CommandStatus::EsmeRok, b"1\0");
    let unbind = centre.one();
    assert_eq!(unbind.id, CommandId::Unbind);
    assert_eq!(centre.texts[0].outcome.cause, Cause::Taken);
    centre.answers(&unbind, CommandStatus::EsmeRok, &[]);
    assert_eq!(centre.closed, Some(CloseReason::UnboundByUs));
}

#[test]
fn our_unbind_does_not_wait_for_ever() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    centre.written();
    centre.client.unbind(Duration::from_secs(20), centre.now);
    centre.lives_through(Duration::from_secs(20));
    assert_eq!(centre.one().id, CommandId::Unbind);
    centre.lives_through(Duration::from_secs(5));
    assert_eq!(centre.closed, Some(CloseReason::Timeout(TimerReason::Unbind)));
    assert_eq!(centre.texts[0].outcome.cause, Cause::NoAnswer);
}

#[test]
fn unbinds_that_cross_are_both_answered() {
    let mut centre = Centre::transceiver();
    centre.client.unbind(LONG, centre.now);
    let unbind = centre.one();
    centre.sends(&pdu(CommandId::Unbind, 9, &[]));
    assert_eq!(centre.one().short(), (CommandId::UnbindResp, CommandStatus::EsmeRok, 9));
    centre.answers(&unbind, CommandStatus::EsmeRok, &[]);
    assert_eq!(centre.closed, Some(CloseReason::UnboundByUs));
}

#[test]
fn a_link_that_breaks_leaves_what_was_sent_in_doubt() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    centre.client.send_receipt(&receipt(7), centre.now);
    centre.client.handle_closed(centre.now);
    centre.settles();
    assert_eq!(centre.texts[0].outcome.cause, Cause::NoAnswer);
    assert_eq!(centre.receipts, [(id(7), ReceiptAnswer::Lost, 0)]);
    assert_eq!(centre.closed, Some(CloseReason::PeerClosed));
}

#[test]
fn answers_of_the_wrong_kind_are_survived_nine_times() {
    let mut centre = Centre::transceiver();
    for number in 0..10 {
        assert_eq!(centre.closed, None);
        centre.gives(number, "hello");
        let submit = centre.one();
        centre.sends(&pdu(CommandId::QuerySmResp, submit.sequence, b""));
        assert_eq!(centre.texts.last().map(|text| text.outcome.cause), Some(Cause::PeerUnavailable));
    }
    assert_eq!(centre.closed, Some(CloseReason::Confused));
}

#[test]
fn a_stream_that_can_t_be_followed_is_nacked_and_left() {
    let mut centre = Centre::transceiver();
    centre.sends(&[0, 0, 0, 15, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9]);
    assert_eq!(centre.one().short(), (CommandId::GenericNack, CommandStatus::EsmeRinvcmdlen, 9));
    assert!(matches!(centre.closed, Some(CloseReason::Frame(_))));
}

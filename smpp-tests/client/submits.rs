//! Texts to a message centre.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::connection::{Submits, ValidityForm, VendorError};
use iwf_model::{BindKind, Cause, ReceiptRequest};
use iwf_smpp::{ClientConfig, CloseReason, CommandId, CommandStatus, Version};
use rusmpp_core::pdus::owned::Pdu;

use crate::centre::{Centre, carrier, config};
use crate::peer::{Answer, Submit, c_string, id, response, tlv};
use crate::texts::message_of;

/// The submit_sm of `hello` as it should be, for comparison with what is written.
fn hello(sequence: u32, fields: impl Fn(&mut Submit)) -> Vec<u8> {
    let mut submit = Submit {
        source: (1, 1, b"4915112345678".to_vec()),
        destination: (3, 0, b"222333".to_vec()),
        validity_period: b"000000010000000R".to_vec(),
        registered_delivery: 1,
        ..Submit::default()
    };
    fields(&mut submit);
    submit.submit_sm(sequence)
}

/// Gives `hello`, with what its origin wants to hear.
fn given(config: ClientConfig, receipt: ReceiptRequest) -> Answer {
    let mut centre = Centre::bound(config);
    let mut message = message_of("hello", id(1), centre.now.utc);
    message.submission.receipt = receipt;
    assert!(centre.gives_message(message));
    centre.one()
}

#[test]
fn a_text_is_one_submit_sm_that_asks_for_its_receipt_and_says_how_long_it_may_wait() {
    let plain = given(config(BindKind::Transceiver), ReceiptRequest::NONE);
    assert_eq!(plain.octets, hello(plain.sequence, |_| ()));
    let Some(Pdu::SubmitSm(_)) = plain.command.pdu() else { panic!("{plain:?}") };
    let wants = ReceiptRequest { read: true, ..ReceiptRequest::ANY };
    let asked = given(config(BindKind::Transceiver), wants);
    assert_eq!(asked.octets, hello(asked.sequence, |submit| submit.registered_delivery = 5));
    let submits = Submits { receipts: false, validity: ValidityForm::Absolute, ..Submits::default() };
    let other = given(ClientConfig { submits, ..config(BindKind::Transceiver) }, ReceiptRequest::NONE);
    let fields = |submit: &mut Submit| {
        submit.registered_delivery = 0;
        submit.validity_period = b"261121103000000+".to_vec();
    };
    assert_eq!(other.octets, hello(other.sequence, fields));
    let submits = Submits { validity: ValidityForm::None, ..Submits::default() };
    let none = given(ClientConfig { submits, ..config(BindKind::Transceiver) }, ReceiptRequest::NONE);
    assert_eq!(none.octets, hello(none.sequence, |submit| submit.validity_period.clear()));
}

#[test]
fn a_message_centre_that_wants_data_sm_gets_data_sm_unless_it_speaks_3_3() {
    let carrier = Arc::new(carrier(&[("text_pdu", "data_sm")]));
    for (version, command_id) in [(Version::V34, CommandId::DataSm), (Version::V33, CommandId::SubmitSm)] {
        let config = ClientConfig { carrier: Arc::clone(&carrier), version, ..config(BindKind::Transceiver) };
        assert_eq!(given(config, ReceiptRequest::NONE).id, command_id);
    }
}

#[test]
fn the_id_of_each_part_is_told_exactly() {
    let mut centre = Centre::transceiver();
    assert!(centre.gives(1, &"a".repeat(200)));
    let parts = centre.written();
    assert_eq!(parts.len(), 2);
    // Answers come in any order.
    centre.answers(&parts[1], CommandStatus::EsmeRok, b"00aBc-0F\0");
    assert!(centre.texts.is_empty());
    let longest = "x".repeat(64);
    centre.answers(&parts[0], CommandStatus::EsmeRok, &c_string(longest.as_bytes()));
    let answer = centre.texts.remove(0);
    assert_eq!((answer.message, answer.outcome.cause, answer.parts), (id(1), Cause::Taken, 2));
    assert_eq!(answer.names, [Some(longest.into()), Some("00aBc-0F".into())]);
}

#[test]
fn an_answer_may_lack_its_body_or_the_nul_of_its_id() {
    for (body, named) in [(&b""[..], None), (b"\0", None), (b"abc", Some("abc")), (b"abc\0", Some("abc"))] {
        let mut centre = Centre::transceiver();
        centre.gives(1, "hello");
        let submit = centre.one();
        centre.answers(&submit, CommandStatus::EsmeRok, body);
        let answer = &centre.texts[0];
        assert_eq!(answer.outcome.cause, Cause::Taken, "{body:?}");
        assert_eq!(answer.names[0].as_deref(), named, "{body:?}");
        assert!(centre.lives());
    }
}

#[test]
fn every_status_has_its_meaning() {
    let vendor_errors = vec![VendorError { status: 0x401, cause: Cause::PeerUnavailable }];
    let submits = Submits { vendor_errors, ..Submits::default() };
    for (status, cause) in [
        (0x0B, Cause::UnknownUser),
        (0x50, Cause::UnknownUser),
        (0x51, Cause::UnknownUser),
        (0x65, Cause::UnknownUser),
        (0x0A, Cause::Refused),
        (0x48, Cause::Refused),
        (0x49, Cause::Refused),
        (0x45, Cause::Refused),
        (0x66, Cause::Refused),
        (0x100, Cause::Refused),
        (0x101, Cause::Refused),
        (0x103, Cause::Refused),
        (0x01, Cause::TooLarge),
        (0x14, Cause::PeerUnavailable),
        (0x08, Cause::PeerUnavailable),
        (0x64, Cause::PeerUnavailable),
        (0xFF, Cause::PeerUnavailable),
        (0x102, Cause::PeerUnavailable),
        (0x15, Cause::BadRequest),
        (0x43, Cause::BadRequest),
        (0x61, Cause::BadRequest),
        (0xFE, Cause::Unavailable),
        (0x401, Cause::PeerUnavailable),
        (0x402, Cause::Refused),
        (0x4FF, Cause::Refused),
        (0x500, Cause::PeerUnavailable),
    ] {
        let mut centre =
            Centre::bound(ClientConfig { submits: submits.clone(), ..config(BindKind::Transceiver) });
        centre.gives(1, "hello");
        let submit = centre.one();
        centre.answers(&submit, CommandStatus::from(status), &[]);
        let [answer] = centre.texts.as_slice() else { panic!("{status:#x} {:?}", centre.texts) };
        assert_eq!((answer.outcome.cause, answer.outcome.code), (cause, status), "{status:#x}");
        let waits = answer.outcome.retry_after.is_some();
        assert_eq!(waits, status == 0x14, "a full queue empties in minutes");
        assert!(centre.lives(), "{status:#x}");
    }
}

#[test]
fn a_failed_delivery_tells_its_reason_and_its_words() {
    for (reason, cause) in
        [(0, Cause::Unavailable), (1, Cause::UnknownUser), (2, Cause::Refused), (3, Cause::Unavailable)]
    {
        for id in [&b""[..], b"\0"] {
            let mut centre = Centre::transceiver();
            centre.gives(1, "hello");
            let submit = centre.one();
            let words = tlv(0x001D, b"no \x07 credit\0");
            let body = [id, &tlv(0x0425, &[reason]), &words].concat();
            centre.answers(&submit, CommandStatus::EsmeRdeliveryfailure, &body);
            assert_eq!(centre.texts[0].outcome.cause, cause, "{reason}");
            assert_eq!(centre.texts[0].said.as_deref(), Some("no ? credit"));
        }
    }
}

#[test]
fn a_part_without_an_answer_leaves_its_text_in_doubt_and_the_other_parts_their_names() {
    let mut centre = Centre::transceiver();
    centre.gives(1, &"a".repeat(200));
    let parts = centre.written();
    centre.lives_through(Duration::from_secs(20));
    centre.written();
    centre.answers(&parts[0], CommandStatus::EsmeRok, b"first\0");
    centre.lives_through(Duration::from_secs(39));
    assert!(centre.texts.is_empty());
    centre.sends(&response(CommandId::EnquireLink, CommandStatus::EsmeRok, 5, &[]));
    centre.lives_through(Duration::from_secs(1));
    assert_eq!(centre.texts[0].outcome.cause, Cause::NoAnswer);
    assert_eq!(centre.texts[0].names, [Some("first".into()), None]);
    assert!(centre.closed.is_none(), "the bind goes on");
}

#[test]
fn a_part_that_is_refused_ends_its_text_when_the_others_are_answered() {
    let mut centre = Centre::transceiver();
    centre.gives(1, &"a".repeat(400));
    let parts = centre.written();
    assert_eq!(parts.len(), 3);
    centre.answers(&parts[1], CommandStatus::EsmeRinvdstadr, &[]);
    centre.answers(&parts[0], CommandStatus::EsmeRok, b"a\0");
    assert!(centre.texts.is_empty());
    centre.answers(&parts[2], CommandStatus::EsmeRsyserr, &[]);
    assert_eq!(centre.texts[0].outcome.cause, Cause::UnknownUser, "the first that fails decides");
    assert_eq!(centre.texts[0].names, [Some("a".into()), None, None]);
}

#[test]
fn a_data_coding_that_is_refused_is_followed_by_another_once() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    let first = centre.one();
    centre.answers(&first, CommandStatus::EsmeRinvdcs, &[]);
    let second = centre.one();
    let Some(Pdu::SubmitSm(submit)) = second.command.pdu() else { panic!("{second:?}") };
    assert_eq!(submit.data_coding, 8.into());
    assert_eq!(submit.registered_delivery, 1.into(), "it asks for the same");
    centre.answers(&second, CommandStatus::EsmeRinvdcs, &[]);
    assert_eq!(centre.texts[0].outcome.cause, Cause::FormatRefused);
}

#[test]
fn a_field_that_is_refused_is_left_out_once() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    let first = centre.one();
    centre.answers(&first, CommandStatus::EsmeRinvexpiry, &[]);
    let second = centre.one();
    assert_eq!(second.octets, hello(second.sequence, |submit| submit.validity_period.clear()));
    centre.answers(&second, CommandStatus::EsmeRinvexpiry, &[]);
    assert_eq!(centre.texts[0].outcome.cause, Cause::BadRequest);
}

#[test]
fn who_is_throttled_rests_a_second_and_goes_on_more_slowly() {
    let mut centre = Centre::bound(ClientConfig { window: 100, ..config(BindKind::Transceiver) });
    for number in 0..20 {
        assert!(centre.gives(number, "hello"));
    }
    let submits = centre.written();
    assert_eq!(submits.len(), 20);
    centre.answers(&submits[0], CommandStatus::EsmeRthrottled, &[]);
    assert_eq!((centre.throttled, centre.written().len()), (1, 0));
    assert!(!centre.gives(50, "hello"), "nothing goes meanwhile");
    for submit in &submits[1..] {
        centre.answers(submit, CommandStatus::EsmeRok, b"1\0");
    }
    centre.lives_through(Duration::from_millis(990));
    assert!(centre.written().is_empty());
    centre.lives_through(Duration::from_millis(10));
    assert_eq!(centre.one().id, CommandId::SubmitSm, "it goes again");
    let mut gone = [0; 2];
    for step in 0..200 {
        centre.lives_through(Duration::from_millis(10));
        while centre.gives(100 + step, "hello") {
            gone[step as usize / 100] += 1;
            let submit = centre.one();
            centre.answers(&submit, CommandStatus::EsmeRok, b"1\0");
        }
    }
    assert!((15..=18).contains(&gone[1]), "{gone:?} instead of 20 in a second");
}

#[test]
fn a_message_centre_that_is_congested_is_given_a_rest() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    let submit = centre.one();
    let body = [&b"1\0"[..], &tlv(0x0428, &[100])].concat();
    centre.answers(&submit, CommandStatus::EsmeRok, &body);
    assert_eq!(centre.texts[0].outcome.cause, Cause::Taken);
    assert!(!centre.gives(2, "hello"));
    centre.lives_through(Duration::from_secs(1));
    assert!(centre.gives(2, "hello"));
}

#[test]
fn a_text_that_is_throttled_again_and_again_has_failed_for_a_time() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    let mut tries = 0;
    while centre.texts.is_empty() {
        tries += 1;
        for submit in centre.written() {
            if submit.id == CommandId::SubmitSm {
                centre.answers(&submit, CommandStatus::EsmeRthrottled, &[]);
            }
        }
        centre.lives_through(Duration::from_secs(1));
    }
    assert_eq!(centre.texts[0].outcome.cause, Cause::PeerUnavailable);
    assert!((11..=25).contains(&tries), "{tries}");
}

#[test]
fn no_more_go_than_the_window_takes() {
    let mut centre = Centre::bound(ClientConfig { window: 2, ..config(BindKind::Transceiver) });
    assert!(centre.gives(1, "hello") && centre.gives(2, &"a".repeat(400)));
    assert_eq!(centre.client.in_window(), 2);
    let submits = centre.written();
    assert_eq!(submits.len(), 2);
    assert!(!centre.gives(3, "hello"), "not before all parts of the one before it");
    centre.answers(&submits[0], CommandStatus::EsmeRok, b"1\0");
    assert_eq!(centre.one().id, CommandId::SubmitSm);
}

#[test]
fn who_says_that_we_are_not_bound_is_left() {
    let mut centre = Centre::transceiver();
    centre.gives(1, "hello");
    centre.gives(2, "hello");
    let submits = centre.written();
    centre.answers(&submits[0], CommandStatus::EsmeRinvbndsts, &[]);
    assert_eq!(centre.closed, Some(CloseReason::NotBound));
    let causes: Vec<_> = centre.texts.iter().map(|answer| answer.outcome.cause).collect();
    assert_eq!(causes, [Cause::PeerUnavailable, Cause::NoAnswer]);
}

#[test]
fn what_was_not_sent_when_the_link_broke_is_not_in_doubt() {
    let mut centre = Centre::bound(ClientConfig { window: 1, ..config(BindKind::Transceiver) });
    centre.gives(1, "hello");
    let submit = centre.one();
    centre.answers(&submit, CommandStatus::EsmeRthrottled, &[]);
    centre.client.handle_closed(centre.now);
    centre.settles();
    assert_eq!(centre.texts[0].outcome.cause, Cause::NotSent, "it was refused, and not sent again");
    assert_eq!(centre.closed, Some(CloseReason::PeerClosed));
}

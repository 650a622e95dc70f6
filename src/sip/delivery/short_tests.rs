//! Texts to phones that take short messages.

use std::collections::BTreeSet;

use iwf_model::{AccountId, Asked, Imdn, Notice, Options, ShortAsked, Tidings};

use super::tests::{NOW, binding, message, number};
use super::*;
use crate::message::Request;

fn attempt<'a>(message: &'a Message, binding: &'a Binding, segment: Segment<'a>, number: u32) -> Attempt<'a> {
    Attempt {
        message,
        binding,
        number,
        flow: binding.flow,
        sent_by: "192.0.2.1:5060",
        branch: 7,
        user_agent: "iwf/0.1",
        body: Body::Short(segment),
    }
}

/// The requests that bring the whole text, and what is waited for after each.
fn sends(message: &Message, binding: &Binding, number: u32) -> Vec<(Request, Sent)> {
    let mut segments = Segments::of(message).unwrap();
    let mut sent = Vec::new();
    while let Some(segment) = segments.next() {
        let attempt = attempt(message, binding, segment, number);
        let request = Request::parse(attempt.request(NOW).unwrap()).unwrap();
        sent.push((request, attempt.sent().unwrap().unwrap()));
        segments.taken();
    }
    sent
}

/// TS 24.341 5.3.2.4.
#[test]
fn a_text_goes_as_rp_data_from_the_service_centre() {
    let message = message(number("46708251358"), 1, "hellohello");
    let sent = sends(&message, &binding(), 1);
    let [(request, waited)] = &sent[..] else { panic!("one short message") };
    assert_eq!(request.request_uri_text(), binding().contact);
    assert_eq!(request.header(Name::To), Some("<sip:111222333@example.com>"));
    assert!(request.header(Name::From).unwrap().starts_with("<sip:smsc@example.com>;tag="));
    assert_eq!(request.header(Name::PAssertedIdentity), Some("<sip:smsc@example.com>"));
    assert_eq!(request.header(Name::ContentType), Some("application/vnd.3gpp.sms"));
    let text = String::from_utf8_lossy(request.octets()).into_owned();
    assert!(text.contains("\r\nAccept-Contact: *;+g.3gpp.smsip;require;explicit\r\n"), "{text}");
    assert!(text.contains("\r\nRequest-Disposition: no-fork\r\n"), "{text}");
    let body = request.body();
    let reference = body[1];
    assert_eq!(body[..7], [1, reference, 2, 0x81, 0xF0, 0, 28], "RP-DATA, from nobody's number, to nobody's");
    assert_eq!(body[7..17], [0x04, 11, 0x91, 0x64, 0x07, 0x28, 0x15, 0x53, 0xF8, 0]);
    assert_eq!((waited.account, waited.reference), (AccountId(1), reference));
    assert_eq!(Some(&*waited.call_id), request.header(Name::CallId));
}

/// interworking.md C.13: a phone can tell a repeat by Call-ID and reference.
#[test]
fn each_part_has_a_name_of_its_own_and_keeps_it_in_every_attempt() {
    let message = message(number("222333"), 0, &"0123456789".repeat(60));
    let (first, second) = (sends(&message, &binding(), 1), sends(&message, &binding(), 2));
    assert_eq!(first.len(), 4);
    let names = |sent: &[(Request, Sent)]| sent.iter().map(|(_, sent)| sent.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    let call_ids: BTreeSet<Box<str>> = names(&first).into_iter().map(|sent| sent.call_id).collect();
    let references: BTreeSet<u8> = names(&first).into_iter().map(|sent| sent.reference).collect();
    assert_eq!((call_ids.len(), references.len()), (4, 4));
    assert!(call_ids.iter().all(|id| id.starts_with("159612345670700042.")), "{call_ids:?}");
    let other = Binding { contact: "sip:111222333@192.0.2.8".into(), ..binding() };
    assert_ne!(names(&first)[0].call_id, names(&sends(&message, &other, 1))[0].call_id);
    let cseq = |sent: &[(Request, Sent)]| sent[0].0.cseq().number;
    assert_eq!((cseq(&first), cseq(&second)), (1, 2));
}

/// TS 23.040 9.2.2.3.
#[test]
fn what_became_of_a_text_of_its_own_goes_to_a_phone_as_a_status_report() {
    let short = ShortAsked {
        reference: 0x4D,
        is_international: true,
        submitted: NOW.before(Duration::from_secs(60)),
    };
    for (tells, status) in [(Tidings::Delivered, 0), (Tidings::Failed, 0x40)] {
        let mut notice = message(number("46708251358"), 0, "");
        let (name, written_at, to) = Default::default();
        let asked = Asked { name, written_at, to, device: 7, short: Some(short) };
        let imdn = Imdn::Notice(Notice { about: notice.id, tells, asked });
        notice.submission.options = Some(Box::new(Options { imdn: Some(Box::new(imdn)), ..Options::NONE }));
        let sent = sends(&notice, &binding(), 1);
        let [(request, _)] = &sent[..] else { panic!("one short message") };
        let mut expected = vec![0x06, 0x4D, 11, 0x91, 0x64, 0x07, 0x28, 0x15, 0x53, 0xF8];
        expected
            .extend([0x62, 0x11, 0x12, 0x90, 0x92, 0x00, 0, 0x62, 0x11, 0x12, 0x90, 0x03, 0x00, 0, status]);
        assert_eq!(request.body()[7..], expected);
    }
}

#[test]
fn a_text_is_not_waited_for_otherwise() {
    let (message, binding) = (message(number("1"), 0, "x"), binding());
    let segments = Segments::of(&message).unwrap();
    let plain =
        Attempt { body: Body::Text(Form::Plain), ..attempt(&message, &binding, segments.next().unwrap(), 1) };
    assert_eq!(plain.sent(), Ok(None));
}

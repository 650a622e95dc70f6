use std::time::Duration;

use iwf_model::{
    CarrierId, Cause, Message, Name, Options, Origin, Outcome, Party, PassedTlv, Profile, Progress,
    ReceiptRequest, Recipient, Submission, Validity,
};

use super::*;
use crate::pdu::Header;
use crate::pdu::message::MessagePdu;
use iwf_model::Settings;

pub(crate) fn carrier(settings: &[(&str, &str)]) -> Carrier {
    let mut profile = Profile::default();
    settings.iter().for_each(|(key, text)| profile.set(key, text).unwrap());
    Carrier {
        id: CarrierId(1),
        name: "Carrier1".into(),
        system_id: "carrier1".into(),
        password_hash: String::new(),
        enabled: true,
        max_binds: 1,
        rate: 0,
        window: 10,
        alphabet: Alphabet::Gsm7,
        profile,
    }
}

pub(crate) fn message(text: &str) -> Message {
    let now = crate::testing::now().utc;
    Message {
        id: MessageId::compose(5_000_000_000, 1, 7).unwrap(),
        submission: Submission {
            origin: Origin::Carrier(CarrierId(2)),
            source: Address::Number("4915112345678".parse().unwrap()),
            destination: "222333".parse().unwrap(),
            source_as_submitted: Party::default(),
            destination_as_submitted: Party::default(),
            text: text.into(),
            receipt: ReceiptRequest::NONE,
            validity: Validity::Default,
            reference: Some(9),
            options: None,
        },
        recipient: Recipient::Carrier(CarrierId(1)),
        accepted_at: now,
        expires_at: now.after(Duration::from_secs(3600)),
        progress: Progress::default(),
        story: Vec::new(),
        parts: Vec::new(),
    }
}

fn written(message: &Message, carrier: &Carrier, version: Version) -> Vec<BytesMut> {
    let text = OutgoingText::new(message, carrier, (version, EnvironmentId::default())).unwrap();
    let one = |place| {
        let mut out = BytesMut::new();
        text.write(&mut out, place, 1);
        out
    };
    (0..text.parts()).map(one).collect()
}

fn read(pdu: &[u8]) -> MessagePdu<'_> {
    let (header, body) = Header::split(pdu).unwrap();
    assert_eq!(header.command_length as usize, pdu.len());
    match header.command_id {
        CommandId::DataSm => MessagePdu::read_data_sm(body).unwrap(),
        _ => MessagePdu::read_sm(body).unwrap(),
    }
}

#[test]
fn a_short_text_is_one_deliver_sm_without_anything_it_does_not_need() {
    let pdus = written(&message("Hello @"), &carrier(&[("service_type", "CMT")]), Version::V34);
    let [pdu] = pdus.as_slice() else { panic!("{}", pdus.len()) };
    let pdu = read(pdu);
    assert_eq!((pdu.service_type, pdu.esm_class, pdu.data_coding), (&b"CMT"[..], 0, 0));
    assert_eq!((pdu.source.ton, pdu.source.npi, pdu.source.addr), (1, 1, &b"4915112345678"[..]));
    assert_eq!((pdu.destination.ton, pdu.destination.npi, pdu.destination.addr), (3, 0, &b"222333"[..]));
    assert_eq!(
        (pdu.registered_delivery, pdu.validity_period, pdu.schedule_delivery_time),
        (0, &[][..], &[][..])
    );
    assert_eq!((pdu.short_message, pdu.tlvs.iter().count()), (&b"Hello \0"[..], 0));
}

#[test]
fn the_profile_says_how_numbers_and_names_are_written() {
    let carrier = carrier(&[("number_ton_npi", "0/9"), ("short_ton_npi", "6/8")]);
    let pdus = written(&message("x"), &carrier, Version::V34);
    let pdu = read(&pdus[0]);
    assert_eq!((pdu.source.ton, pdu.source.npi, pdu.destination.ton, pdu.destination.npi), (0, 9, 6, 8));
    for (source, ton, addr) in [
        (Address::Name(Name::parse("ACM\u{C9} \u{20AC}").unwrap()), 5, &b"ACM\xC9 ?"[..]),
        (Address::Absent, 0, &b""[..]),
    ] {
        let mut message = message("x");
        message.submission.source = source;
        let pdus = written(&message, &carrier, Version::V34);
        let pdu = read(&pdus[0]);
        assert_eq!((pdu.source.ton, pdu.source.npi, pdu.source.addr), (ton, 0, addr));
    }
}

#[test]
fn a_peer_of_v3_3_gets_neither_tlvs_nor_data_sm() {
    for form in ["sar", "payload"] {
        let mut message = message(&"x".repeat(300));
        let passed = PassedTlv { tag: 0x1400, value: [1].into() };
        message.submission.options = Some(Box::new(Options { tlvs: vec![passed], ..Options::NONE }));
        let carrier = carrier(&[("long_texts", form), ("text_pdu", "data_sm"), ("tlvs", "0x1400")]);
        for pdu in written(&message, &carrier, Version::V33) {
            assert_eq!(Header::split(&pdu).unwrap().0.command_id, CommandId::DeliverSm);
            assert_eq!((read(&pdu).esm_class, read(&pdu).tlvs.iter().count()), (UDHI, 0));
        }
    }
}

#[test]
fn only_tlvs_that_the_carrier_has_asked_for_are_passed_to_it() {
    let mut message = message("x");
    let tlvs = [0x1400, 0x1401].map(|tag| PassedTlv { tag, value: [7, 7].into() });
    message.submission.options = Some(Box::new(Options { tlvs: tlvs.into(), ..Options::NONE }));
    let pdus = written(&message, &carrier(&[("tlvs", "0x1401")]), Version::V34);
    assert_eq!(read(&pdus[0]).tlvs.iter().collect::<Vec<_>>(), [(0x1401, &[7, 7][..])]);
}

#[test]
fn data_coding_names_what_the_text_is_in() {
    let latin1 = carrier(&[("latin1", "true")]);
    let default = |alphabet| Carrier { alphabet, ..carrier(&[]) };
    for (carrier, text, data_coding, octets) in [
        (carrier(&[]), "\u{E7}\u{439}", 8, &[0, 0xE7, 4, 0x39][..]),
        (latin1.clone(), "\u{E7}a", 3, &[0xE7, b'a']),
        (latin1, "@", 0, &[0]),
        (default(Alphabet::Latin1), "\u{E7}@", 0, &[0xE7, b'@']),
        (default(Alphabet::Ascii), "@", 0, b"@"),
        (default(Alphabet::Ascii), "\u{E9}", 8, &[0, 0xE9]),
        (default(Alphabet::Utf16), "@", 8, &[0, b'@']),
    ] {
        let pdus = written(&message(text), &carrier, Version::V34);
        assert_eq!(
            (read(&pdus[0]).data_coding, read(&pdus[0]).short_message),
            (data_coding, octets),
            "{text}"
        );
    }
}

#[test]
fn a_flash_text_stays_one() {
    for (text, data_coding) in [("now", 0x10), ("\u{439}", 0x18)] {
        let mut message = message(text);
        message.submission.options = Some(Box::new(Options { class: Some(0), ..Options::NONE }));
        let pdus = written(&message, &carrier(&[]), Version::V34);
        assert_eq!(read(&pdus[0]).data_coding, data_coding);
    }
}

#[test]
fn a_text_that_no_header_can_number_is_too_long() {
    let long = message(&"x".repeat(153 * 255 + 1));
    assert!(OutgoingText::new(&long, &carrier(&[]), (Version::V34, EnvironmentId::default())).is_err());
    let longer = message(&"x".repeat(70_000));
    assert!(
        OutgoingText::new(
            &longer,
            &carrier(&[("long_texts", "payload")]),
            (Version::V34, EnvironmentId::default())
        )
        .is_err()
    );
}

#[test]
fn a_repeated_text_has_its_reference_again_and_the_next_one_has_another() {
    let (first, again) = (message("a").id.text_reference(), message("b").id.text_reference());
    assert_eq!(first, again);
    let next = MessageId::compose(5_000_000_000, 1, 8).unwrap();
    assert_ne!(first as u8, next.text_reference() as u8);
}

/// Session level: a bound receiver.
mod session {
    use super::*;
    use crate::{Event, Grant, Session, SessionConfig};
    use iwf_model::Now;
    use std::sync::Arc;

    struct Bound {
        session: Session,
        now: Now,
        ended: Vec<Outcome>,
    }

    impl Bound {
        fn new(window: u16) -> Self {
            let now = crate::testing::now();
            let config = SessionConfig { receipt_window: window, ..SessionConfig::default() };
            let mut bound = Self { session: Session::new(Arc::new(config), now), now, ended: Vec::new() };
            bound.hears(CommandId::BindTransceiver, CommandStatus::EsmeRok, 1, b"c\0p\0\0\x34\0\0\0");
            let profile = Arc::new(Profile::default());
            let grant = Grant { carrier: CarrierId(1), alphabet: Alphabet::Gsm7, profile, window: 10 };
            bound.session.accept_bind(grant, now);
            bound.sent();
            bound
        }

        fn hears(&mut self, id: CommandId, status: CommandStatus, sequence: u32, body: &[u8]) {
            let mut pdu = BytesMut::new();
            Writer::begin(&mut pdu, id, status, sequence).octets(body).finish();
            self.session.handle_input(&mut pdu, self.now);
            self.settle();
        }

        fn settle(&mut self) {
            while let Some(event) = self.session.poll_event() {
                if let Event::TextAnswered { outcome, .. } = event {
                    self.ended.push(outcome);
                }
            }
        }

        fn gives(&mut self, text: &str) -> bool {
            let given = self.session.send_text(&Arc::new(message(text)), &Arc::new(carrier(&[])), self.now);
            self.settle();
            given
        }

        fn answers(&mut self, sequence: u32, status: CommandStatus) {
            self.hears(CommandId::DeliverSmResp, status, sequence, b"\0");
        }

        /// The sequence numbers of what was sent.
        fn sent(&mut self) -> Vec<u32> {
            let mut output = self.session.output().split();
            let mut numbers = Vec::new();
            while let Some((header, _)) = Header::split(&output) {
                numbers.push(header.sequence_number);
                let _ = output.split_to(header.command_length as usize);
            }
            numbers
        }

        fn passes(&mut self, seconds: u64) {
            self.now = self.now.after(Duration::from_secs(seconds));
            self.session.handle_timeout(self.now);
            self.settle();
        }

        fn causes(&self) -> Vec<Cause> {
            self.ended.iter().map(|outcome| outcome.cause).collect()
        }
    }

    #[test]
    fn a_text_is_delivered_when_every_part_was_acknowledged() {
        let mut bound = Bound::new(4);
        assert!(bound.gives(&"x".repeat(153 * 3)));
        let first = bound.sent();
        assert_eq!(first.len(), 2, "texts have half of the window");
        assert_eq!(bound.session.text_room(), 0, "none goes behind one that is not all sent");
        bound.answers(first[1], CommandStatus::EsmeRok);
        let last = bound.sent();
        assert_eq!(last.len(), 1);
        bound.answers(first[0], CommandStatus::EsmeRok);
        assert_eq!(bound.causes(), []);
        bound.answers(last[0], CommandStatus::EsmeRok);
        assert_eq!(bound.causes(), [Cause::Delivered]);
    }

    #[test]
    fn the_first_part_that_fails_decides_and_the_rest_is_not_sent() {
        let mut bound = Bound::new(4);
        bound.gives(&"x".repeat(153 * 4));
        let sent = bound.sent();
        bound.answers(sent[0], CommandStatus::EsmeRxRAppn);
        bound.answers(sent[1], CommandStatus::EsmeRxTAppn);
        assert_eq!(bound.ended, [Outcome::new(Cause::Refused, 0x66)]);
        assert_eq!(bound.sent(), []);
    }

    #[test]
    fn a_peer_that_is_too_slow_gets_the_part_again_after_a_second() {
        let mut bound = Bound::new(4);
        bound.gives("x");
        for _ in 0..10 {
            let sent = bound.sent();
            assert_eq!(sent.len(), 1);
            bound.answers(sent[0], CommandStatus::EsmeRthrottled);
            assert_eq!((bound.session.text_room(), bound.sent()), (0, vec![]));
            bound.passes(1);
        }
        let sent = bound.sent();
        bound.answers(sent[0], CommandStatus::EsmeRthrottled);
        assert_eq!(bound.causes(), [Cause::PeerUnavailable]);
    }

    #[test]
    fn what_was_not_answered_is_in_doubt_and_what_was_not_sent_is_not() {
        let mut bound = Bound::new(2);
        bound.gives("x");
        bound.session.handle_closed(bound.now);
        bound.settle();
        assert_eq!(bound.causes(), [Cause::NoAnswer]);

        let mut bound = Bound::new(2);
        bound.gives("x");
        bound.passes(29);
        assert_eq!(bound.causes(), []);
        bound.passes(1);
        assert_eq!(bound.causes(), [Cause::NoAnswer]);
    }

    #[test]
    fn parts_of_a_try_that_failed_say_nothing_about_the_next_one() {
        let mut bound = Bound::new(8);
        bound.gives(&"x".repeat(200));
        let first = bound.sent();
        bound.answers(first[0], CommandStatus::EsmeRmsgqful);
        bound.passes(25);
        bound.gives(&"x".repeat(200));
        let again = bound.sent();
        bound.answers(again[0], CommandStatus::EsmeRok);
        bound.passes(5);
        assert_eq!(bound.causes(), [Cause::PeerUnavailable], "the time of the old part is over, and no more");
        bound.answers(again[1], CommandStatus::EsmeRok);
        assert_eq!(bound.causes(), [Cause::PeerUnavailable, Cause::Delivered]);
    }

    #[test]
    fn our_unbind_waits_for_the_answer_to_a_text() {
        let mut bound = Bound::new(2);
        bound.gives(&"x".repeat(200));
        let sent = bound.sent();
        bound.session.unbind(bound.now);
        bound.answers(sent[0], CommandStatus::EsmeRok);
        let last = bound.sent();
        assert_eq!(last.len(), 1, "the other part, and no unbind yet");
        bound.answers(last[0], CommandStatus::EsmeRok);
        assert_eq!((bound.causes(), bound.sent().len()), (vec![Cause::Delivered], 1));
    }

    #[test]
    fn a_nack_or_an_answer_of_another_kind_fails_the_text_for_a_time() {
        for (id, status) in [
            (CommandId::GenericNack, CommandStatus::EsmeRok),
            (CommandId::SubmitSmResp, CommandStatus::EsmeRok),
        ] {
            let mut bound = Bound::new(2);
            bound.gives("x");
            let sent = bound.sent();
            bound.hears(id, status, sent[0], b"");
            assert_eq!(bound.causes(), [Cause::PeerUnavailable], "{id:?}");
        }
    }
}

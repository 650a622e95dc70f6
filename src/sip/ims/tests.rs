//! Short messages as other programs write them, and as we do.

use std::time::Duration;

use iwf_model::{
    Address, Alphabet, CarrierId, Cause, Encoding, Message, MessageId, Name, Number, Options, Origin, Part,
    PartKind, Party, Progress, ReceiptRequest, Recipient, Refusal, Submission, Timestamp, Validity,
};

use super::cause::RpCause;
use super::deliver::deliver;
use super::submit::{Content, Submit};
use super::{FromNetwork, FromPhone, Unreadable, is_offered_by};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn number(digits: &str) -> Number {
    digits.parse().unwrap()
}

/// The SMS-SUBMIT that tutorials on the PDU mode of modems begin with.
const SUBMIT: &str = "11 00 0B 91 6407281553F8 00 00 AA 0A E8329BFD4697D9EC37";

fn submit(hex: &str) -> Result<Submit, Unreadable> {
    Submit::read(&octets(hex))
}

#[test]
fn a_unit_of_each_kind_is_read() {
    let data = octets("00 2A 00 06 91 1032547698 02 AABB");
    let centre = Some(number("0123456789"));
    assert_eq!(FromPhone::read(&data), Ok(FromPhone::Data { reference: 42, centre, tpdu: &[0xAA, 0xBB] }));
    assert_eq!(FromPhone::read(&[2, 7]), Ok(FromPhone::Ack { reference: 7 }));
    assert_eq!(FromPhone::read(&octets("02 07 41 02 0000")), Ok(FromPhone::Ack { reference: 7 }));
    let error = Ok(FromPhone::Error { reference: 7, cause: RpCause(22) });
    assert_eq!(FromPhone::read(&octets("04 07 01 16")), error);
    assert_eq!(FromPhone::read(&octets("04 07 02 96 00 41 03 00D300")), error, "a diagnostic may follow");
    assert_eq!(FromPhone::read(&[6, 9]), Ok(FromPhone::MemoryAvailable { reference: 9 }));
}

#[test]
fn what_is_no_unit_of_a_phone_is_told_apart() {
    for (hex, why) in [
        ("", Unreadable::Length),
        ("00", Unreadable::Length),
        ("00 01 00 00 05 11", Unreadable::Length),
        ("00 01 00 00 00", Unreadable::Length),
        ("00 01 00 00 01 11 22", Unreadable::Length),
        ("02 01 41", Unreadable::Length),
        ("02 01 99", Unreadable::Length),
        ("04 01 00", Unreadable::Length),
        ("06 01 00", Unreadable::Length),
        ("01 01 00 00 01 11", Unreadable::Type),
        ("07 01", Unreadable::Type),
    ] {
        assert_eq!(FromPhone::read(&octets(hex)), Err(why), "{hex}");
    }
}

#[test]
fn what_a_phone_is_sent_has_the_form_of_the_network() {
    let data = FromNetwork::Data { reference: 1, centre: Some(number("46708251358")), tpdu: &[0xAA] };
    assert_eq!(data.to_octets(), octets("01 01 07 91 6407281553F8 00 01 AA"));
    let nobody = FromNetwork::Data { reference: 1, centre: None, tpdu: &[0xAA] };
    assert_eq!(nobody.to_octets(), octets("01 01 02 81 F0 00 01 AA"));
    assert_eq!(FromNetwork::Ack { reference: 255, submitted: None }.to_octets(), [3, 255]);
    let error = FromNetwork::Error { reference: 3, cause: RpCause(1), submitted: None };
    assert_eq!(error.to_octets(), [5, 3, 1, 1]);
}

/// TS 23.040 9.2.2.2a.
#[test]
fn the_answer_to_a_submit_says_when_it_came() {
    let submitted = Timestamp::from_civil((2026, 11, 21), (12, 30, 59));
    let ack = FromNetwork::Ack { reference: 7, submitted };
    assert_eq!(ack.to_octets(), octets("03 07 41 09 01 00 62111221039500"));
    let error = FromNetwork::Error { reference: 7, cause: RpCause(8), submitted };
    assert_eq!(error.to_octets(), octets("05 07 01 08 41 0A 01 C4 00 62111221039500"));
}

#[test]
fn the_known_submit_is_read() {
    assert_eq!(
        submit(SUBMIT),
        Ok(Submit {
            destination: number("46708251358"),
            content: Content::Text("hellohello".to_owned()),
            validity: Validity::For(Duration::from_secs(4 * 86_400)),
            class: None,
            replace_type: None,
            wants_report: false,
            reference: 0,
            is_international: true,
        })
    );
}

#[test]
fn every_alphabet_and_wish_of_a_submit_is_read() {
    let unicode = submit("21 00 04 81 1121 41 18 04 0633 0644").unwrap();
    assert_eq!(unicode.content, Content::Text("سل".to_owned()));
    assert_eq!((unicode.destination, unicode.class), (number("1112"), Some(0)));
    assert_eq!((unicode.replace_type, unicode.wants_report), (Some(1), true));
    assert_eq!(unicode.validity, Validity::Default);
    // Six octets of header and a bit of fill, then "hi".
    let part = submit("41 00 04 81 1121 00 00 09 05 00 03 07 02 01 D0 69").unwrap();
    let expected = Part {
        reference: 7,
        kind: PartKind::Udh8,
        total: 2,
        number: 1,
        encoding: Encoding::from(Alphabet::Gsm7),
        octets: (*b"hi").into(),
    };
    assert_eq!(part.content, Content::Part(expected));
}

#[test]
fn every_form_of_validity_is_read() {
    let relative = |value: u8| submit(&format!("11 00 04 81 1121 00 00 {value:02X} 01 41")).unwrap().validity;
    for (value, minutes) in
        [(0, 5), (143, 720), (144, 750), (167, 1440), (168, 2880), (196, 43_200), (255, 635_040)]
    {
        assert_eq!(relative(value), Validity::For(Duration::from_secs(minutes * 60)), "{value}");
    }
    // 2026-11-21 12:30:00 at one hour before UTC (quarters 4, west): 13:30 UTC.
    let absolute = submit("19 00 04 81 1121 00 00 62111221030048 01 41").unwrap().validity;
    assert_eq!(absolute, Validity::Until(Timestamp::from_civil((2026, 11, 21), (13, 30, 0)).unwrap()));
    let enhanced = |value: &str| submit(&format!("09 00 04 81 1121 00 00 {value} 01 41")).unwrap().validity;
    assert_eq!(enhanced("02 0A 0000000000"), Validity::For(Duration::from_secs(10)));
    assert_eq!(enhanced("03 10 20 30 000000"), Validity::For(Duration::from_secs(3723)));
    assert_eq!(enhanced("00 00 0000000000"), Validity::Default);
}

#[test]
fn what_is_no_text_for_a_reader_is_refused() {
    for (hex, why) in [
        ("", Unreadable::Length),
        ("00 00 04 81 1121 00 00 01 41", Unreadable::Message),
        ("01 00 04 81 11", Unreadable::Address),
        ("01 00 02 D0 11 00 00 01 41", Unreadable::Address),
        ("01 00 04 81 B121 00 00 01 41", Unreadable::Address),
        ("01 00 04 81 1121 00 04 01 41", Unreadable::Message),
        ("01 00 04 81 1121 00 F5 01 41", Unreadable::Message),
        ("01 00 04 81 1121 00 20 01 41", Unreadable::Message),
        ("01 00 04 81 1121 00 08 04 0041", Unreadable::Length),
        ("01 00 04 81 1121 00 00 00", Unreadable::Message),
        ("41 00 04 81 1121 00 08 08 06 05 04 0B8423F0 41", Unreadable::Message),
        ("41 00 04 81 1121 00 08 02 0500", Unreadable::Length),
        ("11 00 04 81 1121 00 00", Unreadable::Length),
    ] {
        assert_eq!(submit(hex), Err(why), "{hex}");
    }
}

fn message(text: &str, source: Address, ton: u8) -> Message {
    let accepted_at = Timestamp::from_civil((2026, 11, 21), (12, 30, 59)).unwrap();
    Message {
        id: MessageId::compose(1000, 1, 7).unwrap(),
        submission: Submission {
            origin: Origin::Carrier(CarrierId(1)),
            source,
            destination: number("1111"),
            source_as_submitted: Party { ton, ..Party::default() },
            destination_as_submitted: Party::default(),
            text: text.to_owned(),
            receipt: ReceiptRequest::NONE,
            validity: Validity::Default,
            reference: None,
            options: None,
        },
        recipient: Recipient::Carrier(CarrierId(1)),
        accepted_at,
        expires_at: accepted_at,
        progress: Progress::default(),
        story: Vec::new(),
        parts: Vec::new(),
    }
}

#[test]
fn a_text_to_a_phone_is_one_deliver_where_it_fits() {
    let from = Address::Number(number("46708251358"));
    let deliver = |text, from, ton| deliver(&message(text, from, ton)).unwrap();
    assert_eq!(
        deliver("hellohello", from.clone(), 1),
        [octets("04 0B 91 6407281553F8 00 00 62111221039500 0A E8329BFD4697D9EC37")]
    );
    let plain = octets("04 0B 81 6407281553F8 00 08 62111221039500 04 0633 0644");
    assert_eq!(deliver("سل", from, 0), [plain], "what is not said to be international is not");
    let named = deliver("x", Address::Name(Name::parse("hellohello world").unwrap()), 5);
    assert_eq!(
        named[0][..12],
        octets("04 14 D0 E8329BFD4697D9EC37"),
        "eleven letters, and a blank among them"
    );
    let nobody = deliver("x", Address::Absent, 0);
    assert_eq!(nobody[0][..3], octets("04 00 81"));
}

#[test]
fn a_flash_message_and_one_that_replaces_say_so() {
    let mut asked = message("x", Address::Absent, 0);
    let options = Options { class: Some(0), replace_type: Some(3), ..Options::NONE };
    asked.submission.options = Some(Box::new(options));
    assert_eq!(deliver(&asked).unwrap()[0][3..5], [0x43, 0x10]);
}

/// What is cut for a phone, read as a phone's own message is: the two forms share their user data.
#[test]
fn a_long_text_comes_in_parts_that_make_it_again() {
    for text in ["0123456789".repeat(40), "سلام 😀 ".repeat(60), "a".repeat(160), "€".repeat(80)] {
        let tpdus = deliver(&message(&text, Address::Absent, 0)).unwrap();
        let mut whole = String::new();
        for (place, tpdu) in (1..).zip(&tpdus) {
            let last = place == tpdus.len();
            assert_eq!(tpdu[0] & 0x04 != 0, last, "only the last says that no more wait");
            assert!(tpdu.len() <= 164);
            let mut submit = vec![1 | tpdu[0] & 0x40, 0, 4, 0x81, 0x11, 0x21, tpdu[3], tpdu[4]];
            submit.extend_from_slice(&tpdu[12..]);
            match Submit::read(&submit).unwrap().content {
                Content::Text(text) => whole.push_str(&text),
                Content::Part(part) => {
                    assert_eq!((usize::from(part.number), usize::from(part.total)), (place, tpdus.len()));
                    whole.push_str(&iwf_model::text::decode_with(part.encoding, &part.octets));
                }
            }
        }
        assert_eq!(whole, text);
    }
}

#[test]
fn a_cause_says_whether_to_try_again_and_a_refusal_has_one() {
    let cause = |cause| RpCause(cause).outcome();
    assert_eq!((cause(22).cause, cause(22).code), (Cause::NoRoom, 22));
    for (rp, expected) in [
        (1, Cause::UnknownUser),
        (21, Cause::Refused),
        (41, Cause::PeerUnavailable),
        (50, Cause::Refused),
        (69, Cause::Unsupported),
        (111, Cause::BadRequest),
        (127, Cause::BadRequest),
    ] {
        assert_eq!(cause(rp).cause, expected, "{rp}");
    }
    for refusal in Refusal::ALL {
        assert!(RpCause::of(refusal).0 > 0, "{refusal}");
    }
    assert_eq!(Unreadable::Type.cause(), RpCause(97));
}

#[test]
fn a_phone_of_this_kind_says_so_in_its_contact() {
    assert!(is_offered_by(";+sip.instance=\"<urn:x>\";+g.3gpp.smsip"));
    assert!(is_offered_by(";+G.3GPP.SMSIP=\"TRUE\""));
    for params in ["", ";q=0.5", ";x=\";+g.3gpp.smsip\"", ";+g.3gpp.smsip-not"] {
        assert!(!is_offered_by(params), "{params}");
    }
}

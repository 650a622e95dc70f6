//! Texts to a carrier: SMPP 5.0 4.3.1.1, 4.3.2, 4.8.4.36, 4.8.4.48, 4.8.4.49, 4.8.4.50; 3GPP TS 23.040 9.2.3.24; interworking.md B.3, B.6, D.2.
//!
//! What our session sends is decoded by rusmpp-core, joined and read here by rules of its own, and must be the
//! text that it was given.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iwf_model::{
    Address, Alphabet, BindKind, Carrier, CarrierId, Cause, Message, MessageId, Origin, Party, Profile,
    Progress, ReceiptRequest, Recipient, Settings, Submission, Validity,
};
use iwf_sim::fuzz::Wild;
use iwf_smpp::{CommandId, CommandStatus};
use rusmpp_core::pdus::owned::Pdu;
use rusmpp_core::tlvs::owned::TlvValue;

use crate::peer::{Answer, Peer, pdu};

fn carrier(settings: &[(&str, &str)]) -> Carrier {
    let mut profile = Profile::default();
    settings.iter().for_each(|(key, text)| profile.set(key, text).unwrap());
    carrier_of(profile)
}

pub(crate) fn carrier_of(profile: Profile) -> Carrier {
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

fn message(text: &str, peer: &Peer) -> Message {
    message_of(text, MessageId::from_u64(123_456_789_012_345_678).unwrap(), peer.now.utc)
}

pub(crate) fn message_of(text: &str, id: MessageId, now: iwf_model::Timestamp) -> Message {
    Message {
        id,
        submission: Submission {
            origin: Origin::Carrier(CarrierId(2)),
            source: Address::Number("4915112345678".parse().unwrap()),
            destination: "222333".parse().unwrap(),
            source_as_submitted: Party::default(),
            destination_as_submitted: Party::default(),
            text: text.into(),
            receipt: ReceiptRequest::NONE,
            validity: Validity::Default,
            reference: None,
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

/// One PDU: its data_coding, its user data header, its text, and its sar_ TLVs.
struct Part {
    data_coding: u8,
    header: Vec<u8>,
    octets: Vec<u8>,
    sar: [Option<u16>; 3],
}

/// Takes a text to its end; every PDU is acknowledged.
fn taken(text: &str, settings: &[(&str, &str)], version: u8) -> Vec<Part> {
    let mut peer = Peer::bound(BindKind::Receiver, version);
    let message = Arc::new(message(text, &peer));
    assert!(peer.session.send_text(&message, &Arc::new(carrier(settings)), peer.now));
    let mut parts = Vec::new();
    loop {
        let answers = peer.answers();
        if answers.is_empty() {
            break;
        }
        for answer in answers {
            parts.push(part(answer.command.pdu().expect("a PDU with a body")));
            let response = match answer.id {
                CommandId::DataSm => CommandId::DataSmResp,
                _ => CommandId::DeliverSmResp,
            };
            peer.sends(&pdu(response, answer.sequence, &[0]));
        }
    }
    let [(id, outcome, count)] = peer.texts.as_slice() else { panic!("{:?}", peer.texts) };
    assert_eq!((*id, outcome.cause, *count), (message.id, Cause::Delivered, parts.len()));
    parts
}

fn part(pdu: &Pdu) -> Part {
    let (data_coding, esm_class, short, tlvs) = match pdu {
        Pdu::DeliverSm(sm) => {
            assert_eq!(sm.registered_delivery, 0.into(), "nothing is registered");
            let short = sm.short_message().as_ref().to_vec();
            (sm.data_coding, sm.esm_class, short, sm.tlvs())
        }
        Pdu::DataSm(sm) => (sm.data_coding, sm.esm_class, Vec::new(), sm.tlvs()),
        other => panic!("{other:?}"),
    };
    assert!(short.len() <= 254, "SMPP 3.4 5.2.21");
    let (mut octets, mut sar) = (short, [None; 3]);
    for tlv in tlvs {
        match tlv.value() {
            Some(TlvValue::MessagePayload(payload)) => {
                assert!(octets.is_empty(), "short_message and message_payload exclude each other (4.8.4.36)");
                octets = payload.value.as_ref().to_vec();
            }
            Some(TlvValue::SarMsgRefNum(value)) => sar[0] = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => sar[1] = Some((*value).into()),
            Some(TlvValue::SarSegmentSeqnum(value)) => sar[2] = Some((*value).into()),
            other => panic!("{other:?}"),
        }
    }
    let header = match u8::from(esm_class) {
        0 => Vec::new(),
        0x40 => octets.drain(..=usize::from(octets[0])).collect(),
        other => panic!("esm_class {other:#x}"),
    };
    Part { data_coding: data_coding.into(), header, octets, sar }
}

/// What a handset would show of one part: GSM 7-bit as far as the texts of these tests go.
fn read(part: &Part) -> String {
    match part.data_coding {
        0 => {
            let mut octets = part.octets.iter();
            let mut text = String::new();
            while let Some(octet) = octets.next() {
                text.push(match octet {
                    0x00 => '@',
                    0x02 => '$',
                    0x0A => '\n',
                    0x11 => '_',
                    0x1B => match octets.next() {
                        Some(0x65) => '\u{20AC}',
                        Some(0x3C) => '[',
                        other => panic!("an escape and {other:?}"),
                    },
                    b' ' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(*octet),
                    other => panic!("{other:#x}"),
                });
            }
            text
        }
        8 => {
            let units: Vec<u16> =
                part.octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).expect("no part ends within a character")
        }
        other => panic!("data_coding {other:#x}"),
    }
}

/// Octets of a part in the air interface, where GSM 7-bit is packed behind its header.
fn in_the_air(part: &Part) -> usize {
    let fill =
        if part.data_coding == 0 { (part.header.len() * 8).div_ceil(7) * 7 } else { part.header.len() * 8 };
    let bits = if part.data_coding == 0 { 7 } else { 8 };
    (fill + part.octets.len() * bits).div_ceil(8)
}

const GSM7: [char; 8] = ['a', 'Z', '7', '@', '_', '\u{20AC}', '[', ' '];
const ANY: [char; 6] = ['a', '\u{645}', '\u{1F600}', '\u{E9}', '\u{200D}', '\n'];

#[test]
fn a_text_of_any_length_arrives_as_it_was_whatever_the_profile_says() {
    let mut wild = Wild::new(7);
    for turn in 0..400 {
        let letters: &[char] = if turn % 2 == 0 { &GSM7 } else { &ANY };
        let length = 1 + wild.below(600);
        let text: String = (0..length).map(|_| letters[wild.below(letters.len())]).collect();
        for form in ["udh8", "udh16", "sar", "payload"] {
            for pdu in ["deliver_sm", "data_sm"] {
                for version in [0x33, 0x34, 0x50] {
                    let parts = taken(&text, &[("long_texts", form), ("text_pdu", pdu)], version);
                    let joined: String = parts.iter().map(read).collect();
                    assert_eq!(joined, text, "{form} {pdu} {version:#x}");
                    let cut = parts.len() > 1 || form != "payload" || version == 0x33;
                    assert!(!cut || parts.iter().all(|part| in_the_air(part) <= 140), "{form} {pdu}");
                    are_numbered(&parts, form, version);
                }
            }
        }
    }
}

/// Every part says which text it belongs to, how many there are, and which one it is.
fn are_numbered(parts: &[Part], form: &str, version: u8) {
    let total = parts.len() as u16;
    let form = if version == 0x33 && !form.starts_with("udh") { "udh8" } else { form };
    let mut references = BTreeMap::new();
    for (number, part) in (1..).zip(parts) {
        let (reference, place) = match (form, part.header.as_slice(), part.sar) {
            (_, [], [None, None, None]) if total == 1 => continue,
            ("udh8", [5, 0, 3, reference, total, number], [None, None, None]) => {
                (u16::from(*reference), (u16::from(*total), u16::from(*number)))
            }
            ("udh16", [6, 8, 4, high, low, total, number], [None, None, None]) => {
                (u16::from_be_bytes([*high, *low]), (u16::from(*total), u16::from(*number)))
            }
            ("sar", [], [Some(reference), Some(total), Some(number)]) => (reference, (total, number)),
            (form, header, sar) => panic!("{form}: {header:?} {sar:?}"),
        };
        assert_eq!(place, (total, number));
        references.insert(reference, ());
    }
    assert!(references.len() <= 1, "one text has one reference");
}

#[test]
fn a_text_that_fits_is_not_cut() {
    for (text, parts) in [
        ("x".repeat(160), 1),
        ("x".repeat(161), 2),
        ("\u{20AC}".repeat(80), 1),
        ("\u{20AC}".repeat(81), 2),
        ("\u{645}".repeat(70), 1),
        ("\u{645}".repeat(71), 2),
        ("\u{1F600}".repeat(35), 1),
        ("\u{1F600}".repeat(67), 3),
    ] {
        assert_eq!(taken(&text, &[], 0x34).len(), parts, "{} octets", text.len());
    }
}

#[test]
fn texts_go_to_receivers_alone() {
    for (kind, takes) in
        [(BindKind::Transmitter, false), (BindKind::Receiver, true), (BindKind::Transceiver, true)]
    {
        let mut peer = Peer::bound(kind, 0x34);
        let message = Arc::new(message("x", &peer));
        assert_eq!(peer.session.send_text(&message, &Arc::new(carrier(&[])), peer.now), takes, "{kind:?}");
    }
}

#[test]
fn every_status_has_its_meaning() {
    use CommandStatus as S;
    for (status, cause) in [
        (S::EsmeRxTAppn, Cause::PeerUnavailable),
        (S::EsmeRxPAppn, Cause::UnknownUser),
        (S::EsmeRxRAppn, Cause::Refused),
        (S::EsmeRmsgqful, Cause::PeerUnavailable),
        (S::EsmeRinvdstadr, Cause::UnknownUser),
        (S::EsmeRinvsrcadr, Cause::Refused),
        (S::EsmeRinvmsglen, Cause::TooLarge),
        (S::EsmeRinvesmclass, Cause::BadRequest),
        (S::from(0x0400), Cause::Refused),
        (S::from(0x0300), Cause::PeerUnavailable),
    ] {
        let mut peer = Peer::bound(BindKind::Receiver, 0x34);
        let message = Arc::new(message("x", &peer));
        peer.session.send_text(&message, &Arc::new(carrier(&[])), peer.now);
        let sequence = peer.answer().sequence;
        let mut response = pdu(CommandId::DeliverSmResp, sequence, &[]);
        response[8..12].copy_from_slice(&u32::from(status).to_be_bytes());
        peer.sends(&response);
        let [(_, outcome, 1)] = peer.texts.as_slice() else { panic!("{:?}", peer.texts) };
        assert_eq!((outcome.cause, outcome.code), (cause, status.into()), "{status:?}");
    }
}

#[test]
fn receipts_and_texts_share_the_window_and_neither_takes_all_of_it() {
    let mut peer = Peer::bound(BindKind::Transceiver, 0x34);
    let window = iwf_smpp::SessionConfig::default().receipt_window;
    let mut texts = 0;
    let message = Arc::new(message("x", &peer));
    while peer.session.text_room() > 0 {
        assert!(peer.session.send_text(&message, &Arc::new(carrier(&[])), peer.now));
        texts += 1;
    }
    assert_eq!(texts, window.div_ceil(2));
    let mut receipts = 0;
    while peer.sends_receipt(u64::from(receipts)) {
        receipts += 1;
    }
    assert_eq!(texts + receipts, window, "what texts leave is for receipts");
}

/// Answers the request of that number with this status.
fn answer(peer: &mut Peer, sequence: u32, status: CommandStatus) {
    let mut response = pdu(CommandId::DeliverSmResp, sequence, &[0]);
    response[8..12].copy_from_slice(&u32::from(status).to_be_bytes());
    peer.sends(&response);
}

/// interworking.md D.5: ESME_RINVDCS is one more try in another encoding.
#[test]
fn a_text_whose_data_coding_is_refused_goes_out_once_in_another() {
    for (text, codings) in
        [("plain", &[0, 8][..]), ("\u{201C}typographic\u{201D}", &[8, 0][..]), ("Привет", &[8][..])]
    {
        for last in [CommandStatus::EsmeRok, CommandStatus::EsmeRinvdcs] {
            let mut peer = Peer::bound(BindKind::Receiver, 0x50);
            let message = Arc::new(message(text, &peer));
            let carrier = Arc::new(carrier(&[("transliterate", "false")]));
            assert!(peer.session.send_text(&message, &carrier, peer.now));
            let mut seen = Vec::new();
            for at in 1..=codings.len() {
                let request = peer.answer();
                seen.push(part(request.command.pdu().expect("a PDU with a body")).data_coding);
                let status = if at < codings.len() { CommandStatus::EsmeRinvdcs } else { last };
                answer(&mut peer, request.sequence, status);
            }
            assert_eq!((seen.as_slice(), peer.answers().len()), (codings, 0), "{text}");
            let cause = if last == CommandStatus::EsmeRok { Cause::Delivered } else { Cause::FormatRefused };
            let [(id, outcome, 1)] = peer.texts.as_slice() else { panic!("{:?}", peer.texts) };
            assert_eq!((*id, outcome.cause), (message.id, cause), "{text}");
        }
    }
}

#[test]
fn a_long_text_is_sent_again_whole_under_another_reference() {
    let mut peer = Peer::bound(BindKind::Receiver, 0x50);
    let message = Arc::new(message(&"a".repeat(200), &peer));
    assert!(peer.session.send_text(&message, &Arc::new(carrier(&[])), peer.now));
    let first = peer.answers();
    let header = |answer: &Answer| part(answer.command.pdu().expect("a PDU with a body")).header;
    answer(&mut peer, first[1].sequence, CommandStatus::EsmeRinvdcs);
    let second = peer.answers();
    assert_eq!((first.len(), second.len()), (2, 3));
    assert_ne!(header(&first[0])[3], header(&second[0])[3], "the reference");
    answer(&mut peer, first[0].sequence, CommandStatus::EsmeRinvdcs);
    second.iter().for_each(|part| answer(&mut peer, part.sequence, CommandStatus::EsmeRok));
    let [(_, outcome, 3)] = peer.texts.as_slice() else { panic!("{:?}", peer.texts) };
    assert_eq!(outcome.cause, Cause::Delivered, "what the first form is answered says nothing");
}

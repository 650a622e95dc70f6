//! A waiting message: what was submitted is kept as octets, what queries look at has columns of its own.

use std::time::Duration;

use iwf_model::{
    AccountId, Address, CarrierId, Message, MessageId, Name, Number, Origin, ReceiptRequest, Recipient,
    Submission, Timestamp, Validity,
};

use super::octets::{Reader, Writer};
use super::options::{put_options, take_options};
use super::{decode_progress, decode_steps};

/// Version 1 ended with the reference.
const VERSION: u8 = 2;

/// The columns of a waiting message, as read.
pub(crate) struct MessageRow<'a> {
    pub(crate) id: MessageId,
    pub(crate) recipient: Recipient,
    pub(crate) expires_at: Timestamp,
    pub(crate) body: &'a [u8],
    pub(crate) progress: &'a [u8],
    pub(crate) story: &'a str,
}

/// The body: everything that is in no other column.
pub(crate) fn encode_message(message: &Message) -> Vec<u8> {
    let it = &message.submission;
    let parties = it.source_as_submitted.addr.len() + it.destination_as_submitted.addr.len();
    let mut w = Writer::new(VERSION, it.text.len() + parties + 96);
    w.time(message.accepted_at);
    put_submission(&mut w, it);
    w.finish()
}

/// What was submitted, in the present version.
pub(super) fn put_submission(w: &mut Writer, it: &Submission) {
    put_origin(w, it.origin);
    put_address(w, &it.source);
    w.text(it.destination.as_str());
    w.party(&it.source_as_submitted);
    w.party(&it.destination_as_submitted);
    w.text(&it.text);
    w.u8(it.receipt.bits());
    put_validity(w, it.validity);
    w.optional(it.reference.map(u64::from));
    put_options(w, it.options.as_deref());
}

/// The same read back; version 1 had no options.
pub(super) fn take_submission(r: &mut Reader<'_>, has_options: bool) -> Option<Submission> {
    Some(Submission {
        origin: take_origin(r)?,
        source: take_address(r)?,
        destination: r.text()?.parse().ok()?,
        source_as_submitted: r.party()?,
        destination_as_submitted: r.party()?,
        text: r.text()?.to_owned(),
        receipt: ReceiptRequest::from_bits(r.u8()?),
        validity: take_validity(r)?,
        reference: r.optional()?,
        options: if has_options { take_options(r)? } else { None },
    })
}

pub(crate) fn decode_message(row: &MessageRow<'_>) -> Option<Message> {
    let (version, mut r) = Reader::new(row.body)?;
    if !(1..=VERSION).contains(&version) {
        return None;
    }
    let accepted_at = r.time()?;
    let submission = take_submission(&mut r, version > 1)?;
    r.end()?;
    Some(Message {
        id: row.id,
        submission,
        recipient: row.recipient,
        accepted_at,
        expires_at: row.expires_at,
        progress: decode_progress(row.progress)?,
        story: decode_steps(row.story)?,
        parts: Vec::new(),
    })
}

fn put_origin(w: &mut Writer, origin: Origin) {
    let (tag, id) = match origin {
        Origin::Carrier(CarrierId(id)) => (0, id),
        Origin::Account(AccountId(id)) => (1, id),
    };
    w.u8(tag);
    w.signed(id);
}

fn take_origin(r: &mut Reader<'_>) -> Option<Origin> {
    match (r.u8()?, r.signed()?) {
        (0, id) => Some(Origin::Carrier(CarrierId(id))),
        (1, id) => Some(Origin::Account(AccountId(id))),
        _ => None,
    }
}

fn put_address(w: &mut Writer, address: &Address) {
    match address {
        Address::Absent => w.u8(0),
        Address::Number(number) => {
            w.u8(1);
            w.text(number.as_str());
        }
        Address::Name(name) => {
            w.u8(2);
            w.text(name.as_str());
        }
    }
}

fn take_address(r: &mut Reader<'_>) -> Option<Address> {
    match r.u8()? {
        0 => Some(Address::Absent),
        1 => r.text()?.parse::<Number>().ok().map(Address::Number),
        2 => Name::parse(r.text()?).map(Address::Name),
        _ => None,
    }
}

fn put_validity(w: &mut Writer, validity: Validity) {
    match validity {
        Validity::Default => w.u8(0),
        Validity::For(span) => {
            w.u8(1);
            w.unsigned(span.as_secs());
            w.unsigned(span.subsec_nanos().into());
        }
        Validity::Until(moment) => {
            w.u8(2);
            w.time(moment);
        }
    }
}

fn take_validity(r: &mut Reader<'_>) -> Option<Validity> {
    match r.u8()? {
        0 => Some(Validity::Default),
        1 => {
            let (seconds, nanos) = (r.unsigned()?, r.number::<u32>()?);
            (nanos < 1_000_000_000).then(|| Validity::For(Duration::new(seconds, nanos)))
        }
        2 => r.time().map(Validity::Until),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{encode_progress, encode_steps};
    use iwf_model::{Party, Progress, Step, StepKind};

    fn message(source: Address, origin: Origin, validity: Validity) -> Message {
        Message {
            id: MessageId::compose(1, 2, 3).unwrap(),
            submission: Submission {
                origin,
                source,
                destination: "111222333".parse().unwrap(),
                source_as_submitted: Party { ton: 5, npi: 0, addr: Box::from(&b"A\xFF\0B"[..]) },
                destination_as_submitted: Party { ton: 1, npi: 1, addr: Box::from(&b"111222333"[..]) },
                text: "Grüße \0 😀\n".to_owned(),
                receipt: ReceiptRequest::ANY,
                validity,
                reference: Some(0),
                options: None,
            },
            recipient: Recipient::Account(AccountId(7)),
            accepted_at: Timestamp::from_micros(5),
            expires_at: Timestamp::MAX,
            progress: Progress::default(),
            story: vec![Step { at: Timestamp::from_micros(6), kind: StepKind::Waiting, detail: "x".into() }],
            parts: Vec::new(),
        }
    }

    fn round_trip(message: &Message) -> Option<Message> {
        decode_message(&MessageRow {
            id: message.id,
            recipient: message.recipient,
            expires_at: message.expires_at,
            body: &encode_message(message),
            progress: &encode_progress(&message.progress),
            story: &encode_steps(&message.story),
        })
    }

    #[test]
    fn every_form_of_a_message_comes_back() {
        let sources = [
            Address::Absent,
            Address::Number("222".parse().unwrap()),
            Address::Name(Name::parse("ACME Bank").unwrap()),
        ];
        let origins = [Origin::Carrier(CarrierId(-1)), Origin::Account(AccountId(i64::MAX))];
        let validities = [
            Validity::Default,
            Validity::For(Duration::MAX),
            Validity::For(Duration::ZERO),
            Validity::Until(Timestamp::from_micros(-1)),
        ];
        for source in &sources {
            for origin in origins {
                for validity in validities {
                    let message = message(source.clone(), origin, validity);
                    assert_eq!(round_trip(&message).as_ref(), Some(&message));
                }
            }
        }
    }

    #[test]
    fn a_body_that_was_cut_or_altered_never_panics() {
        let message = message(Address::Absent, Origin::Account(AccountId(1)), Validity::Default);
        let body = encode_message(&message);
        let decode = |body: &[u8]| {
            decode_message(&MessageRow {
                id: message.id,
                recipient: message.recipient,
                expires_at: message.expires_at,
                body,
                progress: &encode_progress(&message.progress),
                story: "",
            })
        };
        for len in 0..body.len() {
            assert_eq!(decode(&body[..len]), None, "{len}");
        }
        for at in 0..body.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut altered = body.clone();
                altered[at] = value;
                let _ = decode(&altered);
            }
        }
    }
}

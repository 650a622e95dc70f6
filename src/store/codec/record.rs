//! A record: what settlement and search look at has columns of its own, the rest is octets.

use iwf_model::route::TextFacts;
use iwf_model::{
    AccountId, CarrierId, Cause, ConnectionId, FinalState, MessageId, Origin, Recipient, Record, Timestamp,
};

use super::decode_steps;
use super::octets::{Reader, Writer};

/// Version 1 had no reason, version 2 no connection, version 3 nothing of the text.
const VERSION: u8 = 4;

/// The columns of a record, as read.
pub(crate) struct RecordRow<'a> {
    pub(crate) message: MessageId,
    pub(crate) carrier: Option<CarrierId>,
    pub(crate) recipient: Recipient,
    pub(crate) accepted_at: Timestamp,
    pub(crate) finished_at: Timestamp,
    pub(crate) state: i64,
    pub(crate) body: &'a [u8],
    pub(crate) story: &'a str,
}

/// The body: everything that is in no other column.
pub(crate) fn encode_record(record: &Record) -> Vec<u8> {
    let mut w = Writer::new(VERSION, record.source.len() + record.destination.len() + 48);
    w.optional(match record.origin {
        Origin::Carrier(_) => None,
        Origin::Account(AccountId(id)) => u64::try_from(id).ok(),
    });
    w.text(&record.source);
    w.text(&record.destination);
    w.text(record.cause.as_str());
    w.unsigned(record.code.into());
    w.unsigned(record.attempts.into());
    w.u8(record.in_doubt.into());
    w.text(record.reason.as_str());
    w.optional(record.via.and_then(|ConnectionId(id)| u64::try_from(id).ok()));
    w.optional(record.text.map(|text| text.key().into()));
    w.finish()
}

pub(crate) fn decode_record(row: &RecordRow<'_>) -> Option<Record> {
    let (version, mut r) = Reader::new(row.body)?;
    if !(1..=VERSION).contains(&version) {
        return None;
    }
    let submitter = r.optional::<i64>()?;
    let mut record = Record {
        message: row.message,
        origin: match row.carrier {
            Some(carrier) => Origin::Carrier(carrier),
            None => Origin::Account(AccountId(submitter?)),
        },
        recipient: row.recipient,
        source: r.text()?.to_owned(),
        destination: r.text()?.to_owned(),
        accepted_at: row.accepted_at,
        finished_at: row.finished_at,
        state: FinalState::from_u8(u8::try_from(row.state).ok()?)?,
        cause: Cause::parse(r.text()?)?,
        reason: Cause::Expired,
        via: None,
        code: r.number()?,
        attempts: r.number()?,
        in_doubt: r.flag()?,
        text: None,
        story: decode_steps(row.story)?,
    };
    record.reason = if version == 1 { record.cause } else { Cause::parse(r.text()?)? };
    if version > 2 {
        record.via = r.optional()?.map(ConnectionId);
    }
    if version > 3 {
        record.text = r.optional()?.map(TextFacts::from_key);
    }
    r.end()?;
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode_steps;
    use iwf_model::{Step, StepKind};

    #[test]
    fn a_record_of_every_cause_and_origin_comes_back() {
        for cause in Cause::ALL {
            for origin in [Origin::Carrier(CarrierId(1)), Origin::Account(AccountId(9))] {
                let record = Record {
                    message: MessageId::compose(1, 2, 3).unwrap(),
                    origin,
                    recipient: Recipient::Carrier(CarrierId(2)),
                    source: "ACME 😀".to_owned(),
                    destination: "111222333".to_owned(),
                    accepted_at: Timestamp::from_micros(1),
                    finished_at: Timestamp::from_micros(2),
                    state: cause.final_state(),
                    cause,
                    reason: Cause::Busy,
                    via: cause.as_str().len().checked_sub(9).map(|id| ConnectionId(id as i64)),
                    code: 486,
                    attempts: 3,
                    in_doubt: true,
                    text: matches!(origin, Origin::Carrier(_)).then(|| TextFacts::new(2, |_| true)),
                    story: vec![Step { at: Timestamp::MAX, kind: StepKind::Finished, detail: "a\nb".into() }],
                };
                let row = RecordRow {
                    message: record.message,
                    carrier: match origin {
                        Origin::Carrier(carrier) => Some(carrier),
                        Origin::Account(_) => None,
                    },
                    recipient: record.recipient,
                    accepted_at: record.accepted_at,
                    finished_at: record.finished_at,
                    state: record.state as i64,
                    body: &encode_record(&record),
                    story: &encode_steps(&record.story),
                };
                assert_eq!(decode_record(&row), Some(record.clone()));
                let of_version_3 = Record { text: None, ..record };
                let mut old = encode_record(&of_version_3);
                old.truncate(old.len() - 1);
                old[0] = 3;
                assert_eq!(decode_record(&RecordRow { body: &old, ..row }), Some(of_version_3.clone()));
                old.truncate(old.len() - 1);
                old[0] = 2;
                let of_version_2 = Record { via: None, ..of_version_3 };
                assert_eq!(decode_record(&RecordRow { body: &old, ..row }), Some(of_version_2.clone()));
                old.truncate(old.len() - 1 - of_version_2.reason.as_str().len());
                old[0] = 1;
                let of_version_1 = Record { reason: cause, ..of_version_2 };
                assert_eq!(decode_record(&RecordRow { body: &old, ..row }), Some(of_version_1));
            }
        }
    }
}

//! What other systems took and what they told of it: what is looked for has columns of its own.

use iwf_model::{
    CarrierId, ConnectionId, FinalState, Handed, MessageId, Timestamp, Unmatched, UpstreamNews,
    UpstreamReceipt,
};

use super::octets::{Reader, Writer};

const VERSION: u8 = 1;

/// The columns of a submit that was taken, as read.
pub(crate) struct HandedRow<'a> {
    pub(crate) carrier: CarrierId,
    pub(crate) part: i64,
    pub(crate) at: Timestamp,
    pub(crate) state: Option<i64>,
    pub(crate) body: &'a [u8],
}

/// The body: everything that is in no other column.
pub(crate) fn encode_handed(handed: &Handed) -> Vec<u8> {
    let mut w = Writer::new(VERSION, handed.name.len() + 9 * handed.messages.len() + 32);
    w.text(&handed.name);
    w.u8(handed.parts);
    w.text(handed.destination.as_str());
    w.unsigned(handed.messages.len() as u64);
    handed.messages.iter().for_each(|id| w.unsigned(id.as_u64()));
    w.finish()
}

pub(crate) fn decode_handed(row: &HandedRow<'_>) -> Option<Handed> {
    let (version, mut r) = Reader::new(row.body)?;
    let (name, parts, destination) = (r.text()?.into(), r.u8()?, r.text()?.parse().ok()?);
    let mut messages = Vec::new();
    for _ in 0..r.unsigned()? {
        messages.push(MessageId::from_u64(r.unsigned()?)?);
    }
    r.end()?;
    let state = match row.state {
        None => None,
        Some(state) => Some(FinalState::from_u8(u8::try_from(state).ok()?)?),
    };
    let part = u8::try_from(row.part).ok()?;
    let (carrier, at) = (row.carrier, row.at);
    (version == VERSION).then_some(Handed { carrier, name, messages, part, parts, destination, at, state })
}

const UNDER_WAY: u8 = 0;
const READ: u8 = 1;

pub(crate) fn encode_unmatched(unmatched: &Unmatched) -> Vec<u8> {
    let it = &unmatched.receipt;
    let mut w = Writer::new(VERSION, it.name.len() + it.source.addr.len() + it.destination.addr.len() + 48);
    w.time(unmatched.at);
    w.optional(unmatched.connection.and_then(|ConnectionId(id)| u64::try_from(id).ok()));
    w.text(&it.name);
    // No final state has the numbers below 2.
    w.u8(match it.tells {
        UpstreamNews::UnderWay => UNDER_WAY,
        UpstreamNews::Read => READ,
        UpstreamNews::Ended(state) => state as u8,
    });
    w.unsigned(it.error.into());
    w.party(&it.source);
    w.party(&it.destination);
    w.u8(it.done_at.is_some().into());
    it.done_at.iter().for_each(|moment| w.time(*moment));
    w.finish()
}

pub(crate) fn decode_unmatched(id: i64, carrier: CarrierId, body: &[u8]) -> Option<Unmatched> {
    let (version, mut r) = Reader::new(body)?;
    let (at, connection) = (r.time()?, r.optional()?.map(ConnectionId));
    let receipt = UpstreamReceipt {
        name: r.text()?.into(),
        tells: match r.u8()? {
            UNDER_WAY => UpstreamNews::UnderWay,
            READ => UpstreamNews::Read,
            state => UpstreamNews::Ended(FinalState::from_u8(state)?),
        },
        error: r.number()?,
        source: r.party()?,
        destination: r.party()?,
        done_at: if r.flag()? { Some(r.time()?) } else { None },
    };
    r.end()?;
    (version == VERSION).then_some(Unmatched { id, carrier, connection, receipt, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sample;

    #[test]
    fn what_was_taken_comes_back() {
        for state in FinalState::ALL.into_iter().map(Some).chain([None]) {
            let handed = Handed { state, ..sample::handed("1A2B", 1, 1) };
            let body = encode_handed(&handed);
            let row = |body| HandedRow {
                carrier: handed.carrier,
                part: handed.part.into(),
                at: handed.at,
                state: state.map(|state| state as i64),
                body,
            };
            assert_eq!(decode_handed(&row(&body)).as_ref(), Some(&handed));
            for len in 0..body.len() {
                assert_eq!(decode_handed(&row(&body[..len])), None, "{len}");
            }
        }
    }

    #[test]
    fn what_was_told_comes_back() {
        let ends = FinalState::ALL.into_iter().map(UpstreamNews::Ended);
        for tells in ends.chain([UpstreamNews::UnderWay, UpstreamNews::Read]) {
            for done_at in [None, Some(Timestamp::from_micros(-5))] {
                let mut unmatched = sample::unmatched(7, "ab");
                (unmatched.receipt.tells, unmatched.receipt.done_at) = (tells, done_at);
                let body = encode_unmatched(&unmatched);
                assert_eq!(decode_unmatched(7, unmatched.carrier, &body).as_ref(), Some(&unmatched));
                for len in 0..body.len() {
                    assert_eq!(decode_unmatched(7, unmatched.carrier, &body[..len]), None, "{len}");
                }
            }
        }
    }
}

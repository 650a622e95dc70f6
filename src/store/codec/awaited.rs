//! What is kept of a message that may yet be read: its names and its end have columns of their own.

use iwf_model::{Awaited, CarrierId, MessageId, Owed, Recipient, Timestamp};

use super::message::{put_submission, take_submission};
use super::octets::{Reader, Writer};
use super::receipt::{encode_receipt, told};

/// The version says who is told: a carrier by a receipt, or an app by a notice.
const RECEIPT: u8 = 1;
const NOTICE: u8 = 2;

/// The columns, as read.
pub(crate) struct AwaitedRow<'a> {
    pub(crate) message: MessageId,
    pub(crate) sent_as: MessageId,
    pub(crate) expires_at: Timestamp,
    pub(crate) body: &'a [u8],
}

/// The body: everything that is in no other column.
pub(crate) fn encode_awaited(awaited: &Awaited) -> Vec<u8> {
    match &awaited.owed {
        Owed::Receipt(receipt) => {
            let body = encode_receipt(receipt);
            let mut w = Writer::new(RECEIPT, body.len() + 16);
            w.signed(awaited.reader.key());
            w.signed(receipt.carrier.0);
            w.octets(&body);
            w.finish()
        }
        Owed::Notice(notice) => {
            let mut w = Writer::new(NOTICE, 160);
            w.signed(awaited.reader.key());
            w.time(awaited.since);
            put_submission(&mut w, notice);
            w.finish()
        }
    }
}

pub(crate) fn decode_awaited(row: &AwaitedRow<'_>) -> Option<Awaited> {
    let (version, mut r) = Reader::new(row.body)?;
    let reader = Recipient::from_key(r.signed()?);
    let (since, owed) = match version {
        RECEIPT => {
            let carrier = CarrierId(r.signed()?);
            let receipt = told(row.message, carrier, r.octets()?)?;
            (receipt.done_at, Owed::Receipt(receipt))
        }
        NOTICE => (r.time()?, Owed::Notice(Box::new(take_submission(&mut r, true)?))),
        _ => return None,
    };
    r.end()?;
    let (message, sent_as, until) = (row.message, row.sent_as, row.expires_at);
    Some(Awaited { message, sent_as, reader, since, until, owed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sample;

    #[test]
    fn what_is_awaited_comes_back() {
        for awaited in [sample::awaited(1, 2), sample::awaited_by_app(1, 2)] {
            let row = |body| AwaitedRow {
                message: awaited.message,
                sent_as: awaited.sent_as,
                expires_at: awaited.until,
                body,
            };
            let body = encode_awaited(&awaited);
            assert_eq!(decode_awaited(&row(&body)).as_ref(), Some(&awaited));
            for len in 0..body.len() {
                assert_eq!(decode_awaited(&row(&body[..len])), None, "{len}");
            }
        }
    }
}

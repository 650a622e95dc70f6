//! What is kept of a message that may yet be read: its names and its end have columns of their own.

use iwf_model::{AccountId, Awaited, CarrierId, MessageId, Timestamp};

use super::octets::{Reader, Writer};
use super::receipt::{encode_receipt, told};

const VERSION: u8 = 1;

/// The columns, as read.
pub(crate) struct AwaitedRow<'a> {
    pub(crate) message: MessageId,
    pub(crate) sent_as: MessageId,
    pub(crate) expires_at: Timestamp,
    pub(crate) body: &'a [u8],
}

/// The body: everything that is in no other column.
pub(crate) fn encode_awaited(awaited: &Awaited) -> Vec<u8> {
    let receipt = encode_receipt(&awaited.receipt);
    let mut w = Writer::new(VERSION, receipt.len() + 16);
    w.signed(awaited.account.0);
    w.signed(awaited.receipt.carrier.0);
    w.octets(&receipt);
    w.finish()
}

pub(crate) fn decode_awaited(row: &AwaitedRow<'_>) -> Option<Awaited> {
    let (version, mut r) = Reader::new(row.body)?;
    if version != VERSION {
        return None;
    }
    let (account, carrier) = (AccountId(r.signed()?), CarrierId(r.signed()?));
    let receipt = told(row.message, carrier, r.octets()?)?;
    r.end()?;
    Some(Awaited { message: row.message, sent_as: row.sent_as, account, until: row.expires_at, receipt })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sample;

    #[test]
    fn what_is_awaited_comes_back() {
        let awaited = sample::awaited(1, 2);
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

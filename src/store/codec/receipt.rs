//! A receipt that waits: what it tells is kept as octets, how often it was tried apart from it.

use iwf_model::{CarrierId, FinalState, MessageId, PendingReceipt, Receipt, Timestamp};

use super::octets::{Reader, Writer};

/// Version 1 of what is told ended with the reference.
const VERSION: u8 = 2;
/// Of what changes.
const PROGRESS_VERSION: u8 = 1;

/// The columns of a waiting receipt, as read.
pub(crate) struct ReceiptRow<'a> {
    pub(crate) message: MessageId,
    pub(crate) carrier: CarrierId,
    pub(crate) due_at: Timestamp,
    /// The message that was read, of an acknowledgement.
    pub(crate) about: Option<MessageId>,
    pub(crate) body: &'a [u8],
    pub(crate) progress: &'a [u8],
}

/// The part of a waiting receipt that changes, but for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceiptProgress {
    pub(crate) attempts: u16,
    pub(crate) in_doubt: bool,
}

/// The body: what is told, but for message and carrier.
pub(crate) fn encode_receipt(receipt: &Receipt) -> Vec<u8> {
    let mut w = Writer::new(VERSION, receipt.source.addr.len() + receipt.destination.addr.len() + 48);
    w.party(&receipt.source);
    w.party(&receipt.destination);
    w.u8(receipt.state as u8);
    w.unsigned(receipt.error.into());
    w.unsigned(receipt.code.into());
    w.time(receipt.submitted_at);
    w.time(receipt.done_at);
    w.optional(receipt.reference.map(u64::from));
    w.optional((receipt.told_as != receipt.message).then(|| receipt.told_as.as_u64()));
    w.text(&receipt.service_type);
    w.finish()
}

pub(crate) fn encode_receipt_progress(progress: ReceiptProgress) -> Vec<u8> {
    let mut w = Writer::new(PROGRESS_VERSION, 5);
    w.unsigned(progress.attempts.into());
    w.u8(progress.in_doubt.into());
    w.finish()
}

fn decode_receipt_progress(octets: &[u8]) -> Option<ReceiptProgress> {
    let (version, mut r) = Reader::new(octets)?;
    if version != PROGRESS_VERSION {
        return None;
    }
    let progress = ReceiptProgress { attempts: r.number()?, in_doubt: r.flag()? };
    r.end()?;
    Some(progress)
}

pub(crate) fn decode_receipt(row: &ReceiptRow<'_>) -> Option<PendingReceipt> {
    let receipt = Receipt { acknowledges: row.about, ..told(row.message, row.carrier, row.body)? };
    let ReceiptProgress { attempts, in_doubt } = decode_receipt_progress(row.progress)?;
    Some(PendingReceipt { receipt, attempts, in_doubt, due_at: row.due_at })
}

/// What is told, read back from the body.
pub(super) fn told(message: MessageId, carrier: CarrierId, body: &[u8]) -> Option<Receipt> {
    let (version, mut r) = Reader::new(body)?;
    if !(1..=VERSION).contains(&version) {
        return None;
    }
    let mut receipt = Receipt {
        message,
        acknowledges: None,
        told_as: message,
        carrier,
        source: r.party()?,
        destination: r.party()?,
        state: FinalState::from_u8(r.u8()?)?,
        error: r.number()?,
        code: r.number()?,
        submitted_at: r.time()?,
        done_at: r.time()?,
        reference: r.optional()?,
        service_type: String::new(),
    };
    if version > 1 {
        receipt.told_as = r.optional()?.and_then(MessageId::from_u64).unwrap_or(message);
        receipt.service_type = r.text()?.to_owned();
    }
    r.end()?;
    Some(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::Party;

    #[test]
    fn a_receipt_of_every_state_comes_back() {
        for state in FinalState::ALL {
            for (reference, told_as) in [(None, 3), (Some(0), 1), (Some(u16::MAX), 3)] {
                let receipt = Receipt {
                    message: MessageId::compose(1, 2, 3).unwrap(),
                    acknowledges: reference.and_then(|_| MessageId::compose(1, 2, 1)),
                    told_as: MessageId::compose(1, 2, told_as).unwrap(),
                    carrier: CarrierId(4),
                    source: Party { ton: 5, npi: 9, addr: Box::from(&b"ACME"[..]) },
                    destination: Party::default(),
                    state,
                    error: 999,
                    code: u32::MAX,
                    submitted_at: Timestamp::from_micros(1),
                    done_at: Timestamp::MAX,
                    reference,
                    service_type: "CMT".to_owned(),
                };
                let progress = ReceiptProgress { attempts: 3, in_doubt: true };
                let pending = PendingReceipt { receipt, attempts: 3, in_doubt: true, due_at: Timestamp::MAX };
                let row = ReceiptRow {
                    message: pending.receipt.message,
                    carrier: pending.receipt.carrier,
                    due_at: pending.due_at,
                    about: pending.receipt.acknowledges,
                    body: &encode_receipt(&pending.receipt),
                    progress: &encode_receipt_progress(progress),
                };
                assert_eq!(decode_receipt(&row), Some(pending));
            }
        }
    }
}

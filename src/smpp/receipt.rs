//! Receipts: what became of a message, as a deliver_sm (SMPP 5.0 4.3.1, 3.4 appendix B;
//! interworking.md A.17).

use bytes::BytesMut;
use iwf_model::{FinalState, Party, Receipt};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::Version;
use crate::pdu::tlv::tag;
use crate::pdu::writer::{Writer, digits};
use crate::time::receipt_date;

/// esm_class of a final receipt.
const DELIVERY_RECEIPT: u8 = 0x04;
/// network_error_code type 8: the message centre's own.
const MC_SPECIFIC: u8 = 8;

/// Appends the receipt as a deliver_sm. Its source is the message's destination and its destination
/// the message's source, both exactly as submitted, for peers match on them. Text is plain ASCII under
/// data_coding 0, in letters that every alphabet shares. A peer of v3.3 gets no TLVs.
pub fn write(out: &mut BytesMut, receipt: &Receipt, version: Version, sequence: u32) {
    let text = text(receipt);
    let mut pdu = Writer::begin(out, CommandId::DeliverSm, CommandStatus::EsmeRok, sequence);
    pdu.c_string(b"", 6);
    address(&mut pdu, &receipt.destination);
    address(&mut pdu, &receipt.source);
    // esm_class, protocol_id, priority_flag; no schedule, no validity; nothing registered, replaced,
    // coded or canned.
    pdu.octets(&[DELIVERY_RECEIPT, 0, 0]).octets(&[0, 0]).octets(&[0, 0, 0, 0]);
    pdu.u8(text.len() as u8).octets(&text);
    if version >= Version::V34 {
        tlvs(&mut pdu, receipt);
    }
    pdu.finish();
}

fn address(pdu: &mut Writer<'_>, party: &Party) {
    pdu.u8(party.ton).u8(party.npi).c_string(&party.addr, 21);
}

fn tlvs(pdu: &mut Writer<'_>, receipt: &Receipt) {
    let mut id = [0; 19];
    id[..18].copy_from_slice(&digits(receipt.message));
    pdu.tlv(tag::RECEIPTED_MESSAGE_ID, &id).tlv(tag::MESSAGE_STATE, &[receipt.state as u8]);
    let code = if receipt.code == 0 { u32::from(receipt.error) } else { receipt.code };
    if receipt.state != FinalState::Delivered && code != 0 {
        let [high, low] = u16::try_from(code).unwrap_or(u16::MAX).to_be_bytes();
        pdu.tlv(tag::NETWORK_ERROR_CODE, &[MC_SPECIFIC, high, low]);
    }
    if let Some(reference) = receipt.reference {
        pdu.tlv(tag::USER_MESSAGE_REFERENCE, &reference.to_be_bytes());
    }
}

/// `id:… sub:001 dlvrd:00N submit date:… done date:… stat:… err:… text:`; the text of the message is
/// nobody's business on the way back.
fn text(receipt: &Receipt) -> Vec<u8> {
    let delivered: &[u8] = if receipt.state == FinalState::Delivered { b"001" } else { b"000" };
    let error = receipt.error.min(999);
    let error = [error / 100, error / 10 % 10, error % 10].map(|digit| b'0' + digit as u8);
    let mut text = Vec::with_capacity(128);
    for piece in [
        &b"id:"[..],
        &digits(receipt.message),
        b" sub:001 dlvrd:",
        delivered,
        b" submit date:",
        &receipt_date(receipt.submitted_at),
        b" done date:",
        &receipt_date(receipt.done_at),
        b" stat:",
        stat(receipt.state),
        b" err:",
        &error,
        b" text:",
    ] {
        text.extend_from_slice(piece);
    }
    text
}

/// The seven letters of a state (SMPP 3.4 appendix B).
fn stat(state: FinalState) -> &'static [u8] {
    match state {
        FinalState::Delivered => b"DELIVRD",
        FinalState::Expired => b"EXPIRED",
        FinalState::Deleted => b"DELETED",
        FinalState::Undeliverable => b"UNDELIV",
        FinalState::Rejected => b"REJECTD",
    }
}

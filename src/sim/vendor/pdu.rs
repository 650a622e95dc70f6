//! What a vendor sends, as octets.

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::MessageDeliveryRequestTlvValue;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::OctetString;
use rusmpp::values::{EsmClass, MessageState, Npi, Ton};
use rusmpp::{Command, CommandStatus, Pdu};
use tokio_util::codec::Encoder;

use super::script::{ReceiptForm, Telling};
use crate::carrier::{Submission, Text, Unwritable};

/// The last octet of command_id of a deliver_sm.
const DELIVER_SM: u8 = 0x05;
/// esm_class of a receipt.
const RECEIPT: u8 = 0x04;
/// Where command_id ends, and where sequence_number stands.
const COMMAND_ID_END: usize = 7;
const SEQUENCE_NUMBER: std::ops::Range<usize> = 12..16;

/// An answer.
pub(super) fn answer(status: u32, sequence: u32, pdu: impl Into<Pdu>) -> Vec<u8> {
    write(Command::new(CommandStatus::from(status), sequence, pdu))
}

fn write(command: Command) -> Vec<u8> {
    let mut octets = tokio_util::bytes::BytesMut::new();
    // Only a socket could fail, and there is none.
    let _ = CommandCodec::new().encode(command, &mut octets);
    octets.to_vec()
}

/// A text to the customer. submit_sm and deliver_sm have the same fields (SMPP 5.0 4.3.1).
pub(super) fn text(text: &Submission) -> Result<Vec<u8>, Unwritable> {
    let mut octets = answer(0, 0, text.write()?);
    if let Some(octet) = octets.get_mut(COMMAND_ID_END) {
        *octet = DELIVER_SM;
    }
    Ok(octets)
}

/// A receipt: back to where the text came from (SMPP 5.0 4.3.5.1, 3.4 appendix B).
pub(super) fn receipt(id: &str, of: &Text, telling: &Telling) -> Result<Vec<u8>, Unwritable> {
    let too_long = |_| Unwritable::TooLong;
    let Telling { stat, err, form, .. } = telling;
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611210601 done date:2611210602 stat:{stat} err:{err} text:"
    );
    let text = if *form == ReceiptForm::Tlvs { Vec::new() } else { text.into_bytes() };
    let mut pdu = DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(of.destination.parse().map_err(|_| Unwritable::TooLong)?)
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(of.source.parse().map_err(|_| Unwritable::TooLong)?)
        .esm_class(EsmClass::from(RECEIPT))
        .short_message(OctetString::from_vec(text).map_err(too_long)?)
        .build();
    if *form != ReceiptForm::Text {
        let id = id.parse().map_err(|_| Unwritable::TooLong)?;
        pdu.push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(id));
        pdu.push_tlv(MessageDeliveryRequestTlvValue::MessageState(state(stat)));
    }
    Ok(answer(0, 0, pdu))
}

/// message_state of a `stat` (SMPP 5.0 4.7.15).
fn state(stat: &str) -> MessageState {
    let states = [
        ("ENROUTE", 1),
        ("DELIVRD", 2),
        ("EXPIRED", 3),
        ("DELETED", 4),
        ("UNDELIV", 5),
        ("ACCEPTD", 6),
        ("UNKNOWN", 7),
        ("REJECTD", 8),
        ("SKIPPED", 9),
    ];
    let state = states.iter().find(|(word, _)| *word == stat).map_or(7, |(_, state)| *state);
    MessageState::from(state)
}

/// The same PDU with its place among those of a bind.
pub(super) fn with_sequence(octets: &[u8], sequence: u32) -> Vec<u8> {
    let mut octets = octets.to_vec();
    if let Some(place) = octets.get_mut(SEQUENCE_NUMBER) {
        place.copy_from_slice(&sequence.to_be_bytes());
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_deliver_sm() {
        let octets = with_sequence(&text(&Submission::new("222", "1111", "x")).unwrap(), 7);
        assert_eq!(octets[4..16], [0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(usize::from(octets[3]), octets.len());
    }
}

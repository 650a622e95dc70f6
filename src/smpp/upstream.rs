//! What message centres tell of messages that we gave them: receipts, as they are really written (SMPP 3.4 appendix B;
//! SMPP 5.0 4.3.5.1; interworking.md A.17).

mod text;

use iwf_model::text::udh::UserDataHeader;
use iwf_model::{FinalState, UpstreamNews, UpstreamReceipt};

use crate::coding::UDHI;
use crate::pdu::message::MessagePdu;
use crate::pdu::tlv::tag;
use crate::submission::address::party;

/// The longest message_id, in octets.
pub(crate) const MAX_ID: usize = 64;

/// Who tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Teller {
    /// A message centre, or an environment of ours, which is one: it tells ends by receipts, and by acknowledgements that
    /// the text was read.
    MessageCentre,
    /// One that is bound to us and has nothing but acknowledgements to tell with.
    Esme,
}

/// The message type of esm_class, bits 5-2 (SMPP 5.0 4.7.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delivery,
    Acknowledgement,
    Intermediate,
}

impl Kind {
    /// `None`: it is a text. A receipt that calls itself intermediate too is one.
    fn of(esm_class: u8) -> Option<Self> {
        match esm_class & 0x3C {
            0x04 | 0x24 => Some(Self::Delivery),
            0x08 => Some(Self::Acknowledgement),
            0x20 => Some(Self::Intermediate),
            _ => None,
        }
    }
}

/// Reads a receipt: what stands in TLVs is stronger than what stands in the text. One that names no message has an
/// empty name. `None` when it is a text, which an acknowledgement is that names no message: a widespread library sends
/// all its texts so.
pub(crate) fn read(pdu: &MessagePdu<'_>, teller: Teller) -> Option<UpstreamReceipt> {
    let kind = Kind::of(pdu.esm_class)?;
    let told = text::Told::read(octets(pdu), pdu.data_coding);
    let name = pdu.tlvs.find(tag::RECEIPTED_MESSAGE_ID).map(|id| printable(id, MAX_ID));
    let name = name.filter(|name| !name.is_empty()).unwrap_or(told.name);
    if kind == Kind::Acknowledgement && name.is_empty() {
        return None;
    }
    let state = match pdu.tlvs.find(tag::MESSAGE_STATE) {
        Some([state, ..]) => news(*state),
        _ => None,
    };
    let state = state.or(told.state);
    Some(UpstreamReceipt {
        name,
        tells: match (kind, teller) {
            (Kind::Delivery, _) => state.unwrap_or(UpstreamNews::UnderWay),
            (Kind::Acknowledgement, Teller::MessageCentre) => UpstreamNews::Read,
            (Kind::Acknowledgement, Teller::Esme) => {
                state.unwrap_or(UpstreamNews::Ended(FinalState::Delivered))
            }
            (Kind::Intermediate, _) => UpstreamNews::UnderWay,
        },
        error: told.error.filter(|error| *error != 0).unwrap_or_else(|| network_error(pdu)),
        source: party(pdu.source),
        destination: party(pdu.destination),
        done_at: told.done_at,
    })
}

/// What message_state says (SMPP 5.0 4.7.15). The specification calls ACCEPTED an end, carriers do not mean one;
/// SKIPPED is a failure like others.
fn news(state: u8) -> Option<UpstreamNews> {
    Some(match state {
        0 | 1 | 6 | 7 => UpstreamNews::UnderWay,
        9 => UpstreamNews::Ended(FinalState::Undeliverable),
        state => UpstreamNews::Ended(FinalState::from_u8(state)?),
    })
}

/// The code of network_error_code, whosever it is (SMPP 5.0 4.8.4.42); 0 when there is none.
fn network_error(pdu: &MessagePdu<'_>) -> u32 {
    match pdu.tlvs.find(tag::NETWORK_ERROR_CODE) {
        Some([_, high, low]) => u16::from_be_bytes([*high, *low]).into(),
        _ => 0,
    }
}

/// The text of a receipt, wherever it is, without a user data header.
fn octets<'a>(pdu: &MessagePdu<'a>) -> &'a [u8] {
    let payload = pdu.tlvs.find(tag::MESSAGE_PAYLOAD).filter(|_| pdu.short_message.is_empty());
    let octets = payload.unwrap_or(pdu.short_message);
    match UserDataHeader::split(octets).filter(|_| pdu.esm_class & UDHI != 0) {
        Some((_, _, rest)) => rest,
        None => octets,
    }
}

/// Printable ASCII without blanks around it, cut.
pub(crate) fn printable(octets: &[u8], most: usize) -> Box<str> {
    let text: String = octets
        .iter()
        .take_while(|octet| **octet != 0)
        .map(|octet| if (0x20..0x7F).contains(octet) { char::from(*octet) } else { '?' })
        .collect();
    text.trim().chars().take(most).collect::<String>().into()
}

#[cfg(test)]
mod tests;

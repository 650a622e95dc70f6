//! How a message is to be handled: esm_class, priority, registered_delivery, replacing (interworking.md A.4,
//! A.9, A.10, A.16).

use iwf_model::{Mode, ReceiptRequest, Timestamp};

use super::Terms;
use crate::bind::Version;
use crate::fault::{Fault, Field};
use crate::pdu::message::MessagePdu;

/// priority_flag goes so far.
const MOST_PRIORITY: u8 = 3;
/// registered_delivery bits that have no meaning.
const RESERVED: u8 = 0xE0;

/// service_type is strictly of printable characters; the services themselves are the carrier's own.
pub(super) fn check_service_type(service_type: &[u8], strict: bool) -> Result<(), Fault> {
    let printable = service_type.iter().all(|octet| (0x20..0x7F).contains(octet));
    if printable || !strict { Ok(()) } else { Err(Fault::Invalid(Field::ServiceType)) }
}

/// The mode of esm_class. The text of a reader's acknowledgement (0x08, 0x10) is a text, and what a widespread
/// library sets by default; receipts and notifications come from message centres, not from carriers.
pub(super) fn mode(esm_class: u8) -> Result<Mode, Fault> {
    if !matches!(esm_class & 0x3C, 0x00 | 0x08 | 0x10) {
        return Err(Fault::Invalid(Field::EsmClass));
    }
    Ok(match esm_class & 0x03 {
        1 => Mode::Datagram,
        2 => Mode::Transaction,
        _ => Mode::StoreAndForward,
    })
}

/// Silent messages and SIM data download (3GPP TS 23.040 9.2.3.9): nobody would read them.
pub(super) fn check_protocol(protocol_id: u8) -> Result<(), Fault> {
    if matches!(protocol_id, 0x40 | 0x7F) { Err(Fault::NotForReaders) } else { Ok(()) }
}

/// Replace short message types 1 to 7 (3GPP TS 23.040 9.2.3.9), of what waits.
pub(super) fn replace_type(protocol_id: u8, mode: Mode) -> Option<u8> {
    let waits = mode == Mode::StoreAndForward;
    (waits && (0x41..=0x47).contains(&protocol_id)).then_some(protocol_id & 0x07)
}

/// priority_flag; beyond 3 it is "as urgent as can be".
pub(super) fn priority(priority_flag: u8, strict: bool) -> Result<u8, Fault> {
    match priority_flag {
        0..=MOST_PRIORITY => Ok(priority_flag),
        _ if strict => Err(Fault::Invalid(Field::PriorityFlag)),
        _ => Ok(MOST_PRIORITY),
    }
}

/// What does not go with a mode. A datagram has neither a schedule nor receipts (SMPP 5.0 4.2.10.2): strictly it is
/// refused; otherwise its receipts are sent, and with a schedule it is stored and forwarded, because many set
/// the bit and few mean it. Whoever waits for the end of a transaction can't wait for a schedule.
pub(super) fn check_mode(
    mode: Mode,
    schedule: Option<Timestamp>,
    registered_delivery: u8,
    strict: bool,
) -> Result<Mode, Fault> {
    let receipt = registered_delivery & 0x13 != 0;
    match mode {
        Mode::Datagram if strict && (schedule.is_some() || receipt) => Err(Fault::Invalid(Field::EsmClass)),
        Mode::Datagram if schedule.is_some() => Ok(Mode::StoreAndForward),
        Mode::Transaction if schedule.is_some() => Err(Fault::Invalid(Field::EsmClass)),
        mode => Ok(mode),
    }
}

/// replace_if_present_flag and sm_default_msg_id: we have no canned messages. What replaces a waiting message is
/// stored itself.
pub(super) fn replaces(pdu: &MessagePdu<'_>, mode: Mode) -> Result<bool, Fault> {
    match (pdu.replace_if_present_flag, pdu.sm_default_msg_id) {
        (0, 0) => Ok(false),
        (1, 0) if mode == Mode::StoreAndForward => Ok(true),
        (1, 0) => Err(Fault::ReplaceNotOffered),
        (0 | 1, _) => Err(Fault::Invalid(Field::SmDefaultMsgId)),
        _ => Err(Fault::Invalid(Field::ReplaceIfPresentFlag)),
    }
}

/// What does not go with a part: the end of one is known only when the others are there, and one that replaced
/// a waiting message would replace the part before it.
pub(super) fn check_part(mode: Mode, replaces: bool) -> Result<(), Fault> {
    match mode {
        Mode::Transaction => Err(Fault::Invalid(Field::EsmClass)),
        _ if replaces => Err(Fault::ReplaceNotOffered),
        _ => Ok(()),
    }
}

/// registered_delivery: bits 1-0 ask for receipts, of which 3 is "success only" since v5.0 and reserved before;
/// bits 3-2 for what the reader says; bit 4 for intermediate notifications, where the profile gives any.
pub(crate) fn receipt_request(registered_delivery: u8, terms: &Terms<'_>) -> Result<ReceiptRequest, Fault> {
    if terms.profile.reading.strict && registered_delivery & RESERVED != 0 {
        return Err(Fault::Invalid(Field::RegisteredDelivery));
    }
    let (success, failure) = match registered_delivery & 0x03 {
        0 => (false, false),
        2 => (false, true),
        3 if terms.version >= Version::V50 => (true, false),
        _ => (true, true),
    };
    Ok(ReceiptRequest {
        success,
        failure,
        intermediate: registered_delivery & 0x10 != 0 && terms.profile.answers.intermediate,
        read: registered_delivery & 0x04 != 0,
        reply: registered_delivery & 0x08 != 0,
    })
}

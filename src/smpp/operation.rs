//! query_sm, cancel_sm and replace_sm to what the model calls them (SMPP 5.0 4.5; interworking.md A.4).

use iwf_model::{
    Address, Alphabet, Cancel, Denial, Origin, Query, Replace, Schedule, Timestamp, Validity, Which,
};
use iwf_model::{MessageState, text};
use rusmpp_core::CommandId;
use rusmpp_core::CommandStatus as S;

use crate::bind::Version;
use crate::fault::{Fault, Field};
use crate::id;
use crate::pdu::message::RawAddress;
use crate::pdu::operation::{CancelSm, QuerySm, ReplaceSm};
use crate::pdu::tlv::tag;
use crate::submission::{self, Terms, address, timing};

const UNKNOWN_ID: Fault = Fault::Invalid(Field::MessageId);

/// Understands a query_sm.
pub(crate) fn query(pdu: &QuerySm<'_>, terms: &Terms<'_>) -> Result<Query, Fault> {
    Ok(Query {
        origin: Origin::Carrier(terms.carrier),
        message: id::read(pdu.message_id).ok_or(UNKNOWN_ID)?,
        source: source(pdu.source, terms)?,
    })
}

/// The sender as the messages have it: read by the number plan of the carrier.
fn source(written: RawAddress<'_>, terms: &Terms<'_>) -> Result<Address, Fault> {
    let source = address::source(written, terms.profile.reading.strict)?;
    Ok(match &terms.profile.reading.plan {
        Some(plan) => plan.normalise_source(&source, Some(written.ton)),
        None => source,
    })
}

/// Understands a cancel_sm. With a message_id it is about that message, and neither destination nor service_type
/// matter; without one it is about all that go from the source to the destination.
pub(crate) fn cancel(pdu: &CancelSm<'_>, terms: &Terms<'_>) -> Result<Cancel, Fault> {
    let strict = terms.profile.reading.strict;
    let which = match pdu.message_id {
        [] => Which::All {
            destination: address::destination(pdu.destination, strict)?,
            service_type: submission::text_of(pdu.service_type),
        },
        written => Which::One(id::read(written).ok_or(UNKNOWN_ID)?),
    };
    let source = source(pdu.source, terms)?;
    Ok(Cancel { origin: Origin::Carrier(terms.carrier), source, which })
}

/// Understands a replace_sm. A NULL schedule or validity leaves what was submitted; a schedule in the past or a zero
/// one means now.
pub(crate) fn replace(pdu: &ReplaceSm<'_>, terms: &Terms<'_>, now: Timestamp) -> Result<Replace, Fault> {
    let strict = terms.profile.reading.strict;
    let message = id::read(pdu.message_id).ok_or(UNKNOWN_ID)?;
    let source = source(pdu.source, terms)?;
    let schedule = timing::schedule(pdu.schedule_delivery_time, strict, now)?;
    let validity = timing::validity(pdu.validity_period, None, strict, now)?;
    timing::check_order(schedule, validity, now)?;
    let receipt = submission::receipt_request(pdu.registered_delivery, terms)?;
    if pdu.sm_default_msg_id != 0 {
        return Err(Fault::Invalid(Field::SmDefaultMsgId));
    }
    let octets = submission::content(pdu.short_message, pdu.tlvs.find(tag::MESSAGE_PAYLOAD))?;
    let text = text::decode(alphabet(terms.alphabet, octets), octets);
    if text.is_empty() {
        return Err(Fault::Invalid(Field::SmLength));
    }
    let stated = !pdu.schedule_delivery_time.is_empty();
    Ok(Replace {
        origin: Origin::Carrier(terms.carrier),
        message,
        source,
        text,
        validity: (validity != Validity::Default).then_some(validity),
        schedule: stated.then(|| schedule.map_or(Schedule::Now, Schedule::At)),
        receipt,
    })
}

/// In which alphabet the new text is. A replace_sm has no data_coding: its text is meant to be in that of the
/// message, which is not kept. Hence the octets decide between UTF-16 and what data_coding 0 means: in UTF-16 the
/// units of an alphabet's script share a high octet below 0x20, and those of other scripts have octets that no
/// 7-bit text has.
fn alphabet(default: Alphabet, octets: &[u8]) -> Alphabet {
    let (units, rest) = octets.as_chunks::<2>();
    let utf16 = match default {
        _ if !rest.is_empty() => false,
        Alphabet::Gsm7 | Alphabet::Ascii if octets.iter().any(|octet| *octet >= 0x80) => true,
        _ => units.len() > 1 && units.iter().all(|[high, _]| *high < 0x20 && !matches!(high, b'\r' | b'\n')),
    };
    if utf16 { text::sniff_ucs2(octets) } else { default }
}

/// The status that says why an operation is not done (interworking.md A.4, A.6).
pub(crate) fn denial_status(request: CommandId, denial: Denial) -> S {
    match denial {
        Denial::Unknown => S::EsmeRinvmsgid,
        Denial::Throttled => S::EsmeRthrottled,
        Denial::AlreadyExpired => S::EsmeRinvexpiry,
        Denial::Unavailable => S::EsmeRsyserr,
        Denial::TooLate => match request {
            CommandId::CancelSm => S::EsmeRcancelfail,
            CommandId::ReplaceSm => S::EsmeRreplacefail,
            _ => S::EsmeRqueryfail,
        },
    }
}

/// message_state (SMPP 5.0 4.7.15): SCHEDULED came with v5.0 and is ENROUTE before.
pub(crate) fn state(state: MessageState, version: Version) -> u8 {
    match state {
        MessageState::Scheduled if version >= Version::V50 => 0,
        MessageState::Scheduled | MessageState::Enroute => 1,
        MessageState::Final(state) => state as u8,
    }
}

#[cfg(test)]
mod tests;

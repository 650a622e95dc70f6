//! submit_sm, data_sm and submit_multi to `model::Submission`: the SMPP half of interworking.md D.1.
//!
//! The checks are made in the order of the fields, so that the first wrong one is the one that is told.
//! `address` understands who, `timing` when, `wishes` how, `tlvs` what the TLVs add.

pub(crate) mod address;
mod multi;
pub(crate) mod timing;
mod tlvs;
mod wishes;

use iwf_model::{Address, Alphabet, CarrierId, Number, Options, Origin, Profile, Submission, Timestamp};

use self::address::party;
use self::tlvs::Additions;
use crate::bind::Version;
use crate::coding::{self, UDHI};
use crate::content::{self, Content};
use crate::fault::{Fault, Field};
use crate::pdu::message::MessagePdu;
use crate::pdu::tlv::tag;

pub use self::multi::{Multi, Unsuccessful, from_submit_multi};
pub(crate) use self::wishes::receipt_request;

/// The longest text we take, in octets: 20 parts of a long message (interworking.md B.6). Of a part likewise.
pub const MAX_TEXT_OCTETS: usize = 20 * 153;

/// What the bind says about the messages on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Who submits.
    pub carrier: CarrierId,
    /// What data_coding 0 means.
    pub alphabet: Alphabet,
    /// What the peer speaks.
    pub version: Version,
    /// How the carrier wants to be understood.
    pub profile: &'a Profile,
}

/// Understands a submit_sm.
pub fn from_submit_sm(body: &[u8], terms: &Terms<'_>, now: Timestamp) -> Result<Submission, Fault> {
    from_pdu(&MessagePdu::read_sm(body)?, false, terms, now)
}

/// Understands a data_sm, whose text is in message_payload and nowhere else (SMPP 5.0 4.2.2).
pub fn from_data_sm(body: &[u8], terms: &Terms<'_>, now: Timestamp) -> Result<Submission, Fault> {
    from_pdu(&MessagePdu::read_data_sm(body)?, true, terms, now)
}

/// Understands a deliver_sm or data_sm of a message centre that we are bound to: what means nothing in its direction
/// is not looked at (SMPP 5.0 4.3.1, 4.7.12), and a validity that can't be read is none.
pub(crate) fn from_deliver_sm(
    mut pdu: MessagePdu<'_>,
    is_data_sm: bool,
    terms: &Terms<'_>,
    now: Timestamp,
) -> Result<Submission, Fault> {
    const MODE: u8 = 0x03;
    pdu.esm_class &= !MODE;
    (pdu.schedule_delivery_time, pdu.replace_if_present_flag, pdu.sm_default_msg_id) = (&[], 0, 0);
    if timing::validity(pdu.validity_period, None, false, now).is_err() {
        pdu.validity_period = &[];
    }
    from_pdu(&pdu, is_data_sm, terms, now)
}

/// Understands the PDU of either.
pub(crate) fn from_pdu(
    pdu: &MessagePdu<'_>,
    payload_needed: bool,
    terms: &Terms<'_>,
    now: Timestamp,
) -> Result<Submission, Fault> {
    let additions = Additions::read(pdu.tlvs, terms)?;
    let (source, destination) = parties(pdu, terms.profile.reading.strict)?;
    if payload_needed && additions.payload.is_none() {
        return Err(Fault::TlvMissing(tag::MESSAGE_PAYLOAD));
    }
    understand(pdu, additions, (source, destination), terms, now)
}

/// Sender and recipient, their fields in order.
fn parties(pdu: &MessagePdu<'_>, strict: bool) -> Result<(Address, Number), Fault> {
    wishes::check_service_type(pdu.service_type, strict)?;
    let source = address::source(pdu.source, strict)?;
    Ok((source, address::destination(pdu.destination, strict)?))
}

/// Everything behind the addresses.
fn understand(
    pdu: &MessagePdu<'_>,
    additions: Additions<'_>,
    (source, destination): (Address, Number),
    terms: &Terms<'_>,
    now: Timestamp,
) -> Result<Submission, Fault> {
    let strict = terms.profile.reading.strict;
    let mode = wishes::mode(pdu.esm_class)?;
    wishes::check_protocol(pdu.protocol_id)?;
    let priority = wishes::priority(pdu.priority_flag, strict)?;
    let schedule = timing::schedule(pdu.schedule_delivery_time, strict, now)?;
    let validity = timing::validity(pdu.validity_period, additions.time_to_live, strict, now)?;
    timing::check_order(schedule, validity, now)?;
    let mode = wishes::check_mode(mode, schedule, pdu.registered_delivery, strict)?;
    let receipt = receipt_request(pdu.registered_delivery, terms)?;
    let replaces = wishes::replaces(pdu, mode)?;
    let coding = coding::coding(pdu.data_coding, terms.alphabet)?;
    let octets = content(pdu.short_message, additions.payload)?;
    let content = content::read((pdu.esm_class & UDHI != 0, coding), octets, additions.sar, terms)?;
    let (text, part) = match content {
        Content::Text(text) => (text, None),
        Content::Part(part) => (String::new(), Some(part)),
    };
    if part.is_some() {
        wishes::check_part(mode, replaces)?;
    }
    let class = if additions.flash { Some(0) } else { coding.class };
    let service_type = text_of(pdu.service_type);
    let (dpf, tlvs, trace) = (additions.dpf, additions.passed, additions.trace);
    let replace_type = wishes::replace_type(pdu.protocol_id, mode).filter(|_| part.is_none());
    let options = Options {
        part,
        schedule,
        mode,
        replaces,
        replace_type,
        service_type,
        class,
        priority,
        dpf,
        tlvs,
        told_as: None,
        imdn: None,
        max_forwards: None,
        trace,
    };
    Ok(Submission {
        origin: Origin::Carrier(terms.carrier),
        source,
        destination,
        source_as_submitted: party(pdu.source),
        destination_as_submitted: party(pdu.destination),
        text,
        receipt,
        validity,
        reference: additions.reference,
        // A plain message carries none around.
        options: (options != Options::NONE).then(|| Box::new(options)),
    })
}

/// Octets beyond ASCII are taken for Latin-1, so that none is lost.
pub(crate) fn text_of(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// The text is in short_message or in message_payload; in both only if it is the same.
pub(crate) fn content<'a>(short_message: &'a [u8], payload: Option<&'a [u8]>) -> Result<&'a [u8], Fault> {
    let octets = match payload {
        Some(payload) if short_message.is_empty() || short_message == payload => payload,
        Some(_) => return Err(Fault::Invalid(Field::SmLength)),
        None => short_message,
    };
    let fits = (1..=MAX_TEXT_OCTETS).contains(&octets.len());
    if fits { Ok(octets) } else { Err(Fault::Invalid(Field::SmLength)) }
}

#[cfg(test)]
mod tests;

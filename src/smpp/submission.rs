//! submit_sm and data_sm to `model::Submission`: the SMPP half of interworking.md D.1.
//!
//! The checks are made in the order of the fields, so that the first wrong one is the one that is told.

use std::time::Duration;

use iwf_model::{Address, Alphabet, CarrierId, Name, Number, Origin, Party, ReceiptRequest, Submission};
use iwf_model::{Timestamp, Validity};

use crate::bind::Version;
use crate::coding;
use crate::fault::{Fault, Field};
use crate::pdu::message::{MessagePdu, RawAddress};
use crate::pdu::tlv::{Tlvs, tag};
use crate::time::{self, WireTime};

/// The longest text we take, in octets: 20 parts of a long message (interworking.md B.6).
pub const MAX_TEXT_OCTETS: usize = 20 * 153;

/// Type of number 5: the address is a name.
const ALPHANUMERIC: u8 = 5;
/// Type of number 1: the address is an E.164 number.
const INTERNATIONAL: u8 = 1;
/// A schedule so little ahead is now: clocks differ.
const SCHEDULE_GRACE: Duration = Duration::from_secs(5);
/// A schedule so far back is now; further back it is wrong.
const SCHEDULE_PAST: Duration = Duration::from_secs(300);
/// An end that is at most so far back is "now": clocks differ.
const VALIDITY_PAST: Duration = Duration::from_secs(60);
/// What a message gets whose validity is over as it comes: one attempt.
const MIN_VALIDITY: Duration = Duration::from_secs(1);

/// What the bind says about the messages on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Who submits.
    pub carrier: CarrierId,
    /// What data_coding 0 means.
    pub alphabet: Alphabet,
    /// What the peer speaks.
    pub version: Version,
}

/// Understands a submit_sm.
pub fn from_submit_sm(body: &[u8], terms: &Terms, now: Timestamp) -> Result<Submission, Fault> {
    understand(&MessagePdu::read_sm(body)?, false, terms, now)
}

/// Understands a data_sm, whose text is in message_payload and nowhere else (SMPP 5.0 4.2.2).
pub fn from_data_sm(body: &[u8], terms: &Terms, now: Timestamp) -> Result<Submission, Fault> {
    understand(&MessagePdu::read_data_sm(body)?, true, terms, now)
}

fn understand(
    pdu: &MessagePdu<'_>,
    payload_needed: bool,
    terms: &Terms,
    now: Timestamp,
) -> Result<Submission, Fault> {
    let tlvs = Options::read(pdu.tlvs)?;
    let source = source(pdu.source)?;
    let destination = destination(pdu.destination)?;
    check_modes(pdu)?;
    check_schedule(pdu.schedule_delivery_time, now)?;
    let validity = validity(pdu.validity_period, tlvs.time_to_live, now)?;
    check_replacement(pdu)?;
    if payload_needed && tlvs.payload.is_none() {
        return Err(Fault::TlvMissing(tag::MESSAGE_PAYLOAD));
    }
    let octets = content(pdu.short_message, tlvs.payload)?;
    Ok(Submission {
        origin: Origin::Carrier(terms.carrier),
        source,
        destination,
        source_as_submitted: party(pdu.source),
        destination_as_submitted: party(pdu.destination),
        text: coding::read_text(pdu.esm_class, pdu.data_coding, terms.alphabet, octets)?,
        receipt: receipt_request(pdu.registered_delivery, terms.version),
        validity,
        reference: tlvs.reference,
        options: None,
    })
}

/// The TLVs that matter to us.
struct Options<'a> {
    payload: Option<&'a [u8]>,
    time_to_live: Option<u32>,
    reference: Option<u16>,
}

impl<'a> Options<'a> {
    fn read(tlvs: Tlvs<'a>) -> Result<Self, Fault> {
        let mut options = Self { payload: None, time_to_live: None, reference: None };
        if tlvs == Tlvs::default() {
            return Ok(options);
        }
        options.time_to_live = tlvs.u32(tag::QOS_TIME_TO_LIVE)?;
        options.reference = tlvs.u16(tag::USER_MESSAGE_REFERENCE)?;
        options.payload = tlvs.find(tag::MESSAGE_PAYLOAD);
        check_parts(tlvs)?;
        if tlvs.u8(tag::NUMBER_OF_MESSAGES)?.is_some_and(|count| count > 99) {
            return Err(Fault::TlvValue(tag::NUMBER_OF_MESSAGES));
        }
        if tlvs.find(tag::USSD_SERVICE_OP).is_some() {
            return Err(Fault::TlvNotAllowed(tag::USSD_SERVICE_OP));
        }
        if tlvs.u16(tag::DEST_PORT)?.is_some_and(|port| port != 0) {
            return Err(Fault::TlvNotAllowed(tag::DEST_PORT));
        }
        Ok(options)
    }
}

/// sar_*: unless all three are there each is ignored (SMPP 5.0 4.8.4.51); together they must make sense.
fn check_parts(tlvs: Tlvs<'_>) -> Result<(), Fault> {
    let reference = tlvs.u16(tag::SAR_MSG_REF_NUM)?;
    let total = tlvs.u8(tag::SAR_TOTAL_SEGMENTS)?;
    let number = tlvs.u8(tag::SAR_SEGMENT_SEQNUM)?;
    match (reference, total, number) {
        (Some(_), Some(total), Some(number)) if number == 0 || number > total => {
            Err(Fault::TlvValue(tag::SAR_SEGMENT_SEQNUM))
        }
        _ => Ok(()),
    }
}

/// The sender: digits are a number whatever the type of number says, anything else is a name.
fn source(address: RawAddress<'_>) -> Result<Address, Fault> {
    if address.addr.is_empty() {
        return Ok(Address::Absent);
    }
    if let Ok(number) = Number::parse(international(address)) {
        return Ok(Address::Number(number));
    }
    // Octets beyond ASCII are Latin-1, which has the code points of Unicode.
    let name: String = address.addr.iter().copied().map(char::from).collect();
    Name::parse(&name).map(Address::Name).ok_or(Fault::Invalid(Field::SourceAddr))
}

fn destination(address: RawAddress<'_>) -> Result<Number, Fault> {
    if address.ton == ALPHANUMERIC {
        return Err(Fault::Invalid(Field::DestAddrTon));
    }
    Number::parse(international(address)).map_err(|_| Fault::Invalid(Field::DestinationAddr))
}

/// The digits of an address; an international one may have the prefix 00 as well as a '+'.
fn international(address: RawAddress<'_>) -> &[u8] {
    match address.addr {
        [b'0', b'0', digits @ ..] if address.ton == INTERNATIONAL && !digits.is_empty() => digits,
        octets => octets,
    }
}

fn party(address: RawAddress<'_>) -> Party {
    Party { ton: address.ton, npi: address.npi, addr: address.addr.into() }
}

/// esm_class: store and forward, and datagram mode, which we keep just as well; transaction mode is not
/// offered. The text of a reader's acknowledgement (0x08, 0x10) is a text, and what a widespread library
/// sets by default; receipts and notifications come from message centres, not from carriers.
fn check_modes(pdu: &MessagePdu<'_>) -> Result<(), Fault> {
    let transaction = pdu.esm_class & 0x03 == 0x02;
    let text = matches!(pdu.esm_class & 0x3C, 0x00 | 0x08 | 0x10);
    if transaction || !text {
        return Err(Fault::Invalid(Field::EsmClass));
    }
    // Silent messages and SIM data download (3GPP TS 23.040 9.2.3.9): nobody would read them.
    if matches!(pdu.protocol_id, 0x40 | 0x7F) { Err(Fault::NotForReaders) } else { Ok(()) }
}

fn check_schedule(field: &[u8], now: Timestamp) -> Result<(), Fault> {
    let is_now = match time::parse(field, now) {
        Some(WireTime::Null) => true,
        Some(WireTime::In(span)) => span <= SCHEDULE_GRACE,
        Some(WireTime::At(moment)) => {
            moment <= now.after(SCHEDULE_GRACE) && moment >= now.before(SCHEDULE_PAST)
        }
        None => false,
    };
    if is_now { Ok(()) } else { Err(Fault::Invalid(Field::ScheduleDeliveryTime)) }
}

/// qos_time_to_live is stronger than validity_period (SMPP 5.0 4.8.4.46); a zero in either means nothing.
fn validity(field: &[u8], time_to_live: Option<u32>, now: Timestamp) -> Result<Validity, Fault> {
    let wrong = Fault::Invalid(Field::ValidityPeriod);
    let stated = time::parse(field, now).ok_or(wrong)?;
    match time_to_live {
        Some(seconds) if seconds > 0 => {
            Ok(Validity::For(Duration::from_secs(u64::from(seconds)).max(MIN_VALIDITY)))
        }
        _ => match stated {
            WireTime::Null => Ok(Validity::Default),
            WireTime::In(span) => Ok(Validity::For(span.max(MIN_VALIDITY))),
            WireTime::At(moment) if moment < now.before(VALIDITY_PAST) => Err(wrong),
            WireTime::At(moment) => Ok(Validity::Until(moment.max(now.after(MIN_VALIDITY)))),
        },
    }
}

/// replace_if_present_flag and sm_default_msg_id: we replace nothing and have no canned messages.
fn check_replacement(pdu: &MessagePdu<'_>) -> Result<(), Fault> {
    match (pdu.replace_if_present_flag, pdu.sm_default_msg_id) {
        (0, 0) => Ok(()),
        (0, _) => Err(Fault::Invalid(Field::SmDefaultMsgId)),
        (1, _) => Err(Fault::ReplaceNotOffered),
        _ => Err(Fault::Invalid(Field::ReplaceIfPresentFlag)),
    }
}

/// The text is in short_message or in message_payload; in both only if it is the same.
fn content<'a>(short_message: &'a [u8], payload: Option<&'a [u8]>) -> Result<&'a [u8], Fault> {
    let octets = match payload {
        Some(payload) if short_message.is_empty() || short_message == payload => payload,
        Some(_) => return Err(Fault::Invalid(Field::SmLength)),
        None => short_message,
    };
    let fits = (1..=MAX_TEXT_OCTETS).contains(&octets.len());
    if fits { Ok(octets) } else { Err(Fault::Invalid(Field::SmLength)) }
}

/// registered_delivery bits 1-0; 3 is "success only" since v5.0 and reserved before. The other bits ask
/// for what we do not give (acknowledgements of readers, intermediate notifications) and are ignored.
fn receipt_request(registered_delivery: u8, version: Version) -> ReceiptRequest {
    match registered_delivery & 0x03 {
        0 => ReceiptRequest::NONE,
        2 => ReceiptRequest { failure: true, ..ReceiptRequest::NONE },
        3 if version >= Version::V50 => ReceiptRequest { success: true, ..ReceiptRequest::NONE },
        _ => ReceiptRequest::ANY,
    }
}

#[cfg(test)]
mod tests;

//! What the TLVs of a message add to its fields (SMPP 5.0 4.8.4; interworking.md A.7).

use iwf_model::text::udh::Place;
use iwf_model::{PartKind, PassedTlv, Trace};

use super::Terms;
use crate::fault::Fault;
use crate::pdu::tlv::{Tlvs, tag};
use crate::trace;

/// The most TLVs that are carried along with one message.
const MOST_PASSED: usize = 16;
/// The most octets of their values together.
const MOST_PASSED_OCTETS: usize = 1024;
/// set_dpf 1: requested.
const ASKED: u8 = 1;
/// dest_addr_subunit 1: the display.
const DISPLAY: u8 = 1;

/// The TLVs that matter to us.
#[derive(Debug, Default)]
pub(super) struct Additions<'a> {
    pub(super) payload: Option<&'a [u8]>,
    pub(super) time_to_live: Option<u32>,
    pub(super) reference: Option<u16>,
    pub(super) sar: Option<Place>,
    /// It is for the display and not for the memory: class 0.
    pub(super) flash: bool,
    /// The sender wants to hear when a recipient who is away is there again.
    pub(super) dpf: bool,
    pub(super) passed: Vec<PassedTlv>,
    pub(super) trace: Option<Box<Trace>>,
}

impl<'a> Additions<'a> {
    pub(super) fn read(tlvs: Tlvs<'a>, terms: &Terms<'_>) -> Result<Self, Fault> {
        if tlvs == Tlvs::default() {
            return Ok(Self::default());
        }
        let additions = Self {
            time_to_live: tlvs.u32(tag::QOS_TIME_TO_LIVE)?,
            reference: tlvs.u16(tag::USER_MESSAGE_REFERENCE)?,
            payload: tlvs.find(tag::MESSAGE_PAYLOAD),
            sar: sar(tlvs)?,
            flash: tlvs.find(tag::DEST_ADDR_SUBUNIT) == Some(&[DISPLAY]),
            dpf: tlvs.find(tag::SET_DPF) == Some(&[ASKED]),
            passed: passed(tlvs, &terms.profile.reading.tlvs)?,
            // Of anybody else it is not believed.
            trace: if terms.profile.reading.environment { trace::read(tlvs)? } else { None },
        };
        if tlvs.u8(tag::NUMBER_OF_MESSAGES)?.is_some_and(|count| count > 99) {
            return Err(Fault::TlvValue(tag::NUMBER_OF_MESSAGES));
        }
        if tlvs.find(tag::USSD_SERVICE_OP).is_some() {
            return Err(Fault::TlvNotAllowed(tag::USSD_SERVICE_OP));
        }
        if tlvs.u16(tag::DEST_PORT)?.is_some_and(|port| port != 0) {
            return Err(Fault::TlvNotAllowed(tag::DEST_PORT));
        }
        Ok(additions)
    }
}

/// sar_*: unless all three are there each is ignored (SMPP 5.0 4.8.4.48, 4.8.4.49, 4.8.4.50); together they must
/// make sense.
fn sar(tlvs: Tlvs<'_>) -> Result<Option<Place>, Fault> {
    let reference = tlvs.u16(tag::SAR_MSG_REF_NUM)?;
    let total = tlvs.u8(tag::SAR_TOTAL_SEGMENTS)?;
    let number = tlvs.u8(tag::SAR_SEGMENT_SEQNUM)?;
    let (Some(reference), Some(total), Some(number)) = (reference, total, number) else { return Ok(None) };
    let place = Place::new(PartKind::Sar, reference, total, number);
    place.map(Some).ok_or(Fault::TlvValue(tag::SAR_SEGMENT_SEQNUM))
}

/// Those that the carrier's profile lets through, in their order.
fn passed(tlvs: Tlvs<'_>, allowed: &[u16]) -> Result<Vec<PassedTlv>, Fault> {
    if allowed.is_empty() {
        return Ok(Vec::new());
    }
    let mut passed = Vec::new();
    let mut octets = 0;
    for (tag, value) in tlvs.iter().filter(|(tag, _)| allowed.contains(tag)) {
        octets += value.len();
        if passed.len() == MOST_PASSED || octets > MOST_PASSED_OCTETS {
            return Err(Fault::TlvNotAllowed(tag));
        }
        passed.push(PassedTlv { tag, value: value.into() });
    }
    Ok(passed)
}

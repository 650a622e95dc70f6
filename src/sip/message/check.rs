//! What has to be sound in every message, because everything else stands on it.

use std::ops::Range;

use super::MAX_VIAS;
use super::address::NameAddr;
use super::fields::{CSeq, Slot};
use super::method::Method;
use super::name::Name;
use super::params::elements;
use super::scan::Class;
use super::via::Via;
use crate::error::Defect;

/// Checks the fields within a header section; `method` is that of a request. Gives Content-Length.
pub(super) fn check(head: &str, slots: &[Slot], method: Option<&str>) -> Result<Option<u32>, Defect> {
    let (mut seen, mut cseq_method, mut length, mut vias) = (0_u64, "", None, 0);
    for slot in slots {
        let bit = 1_u64 << (slot.name as u8);
        if slot.name.is_single() && seen & bit != 0 {
            return Err(Defect::Repeated(slot.name));
        }
        seen |= bit;
        let value = head.get(slot.start as usize..slot.end as usize).unwrap_or_default();
        let is_good = match slot.name {
            Name::Via => elements(value).all(|element| {
                vias += 1;
                vias <= MAX_VIAS && Via::parse(element).is_ok()
            }),
            Name::From | Name::To => NameAddr::parse(value).is_ok(),
            Name::CallId => !value.is_empty() && !value.bytes().any(|b| b <= b' ' || b == 0x7f),
            Name::CSeq => CSeq::parse(value).is_ok_and(|cseq| {
                cseq_method = cseq.method;
                Class::TOKEN.fits(cseq_method)
            }),
            Name::MaxForwards => Class::DIGIT.fits(value) && value.parse::<u8>().is_ok(),
            Name::ContentLength => {
                length = value.parse().ok();
                Class::DIGIT.fits(value) && length.is_some()
            }
            _ => true,
        };
        if !is_good {
            return Err(Defect::Field(slot.name));
        }
    }
    for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
        if seen & (1 << (name as u8)) == 0 {
            return Err(Defect::Missing(name));
        }
    }
    match method {
        Some(method) if method != cseq_method => match Method::parse(method) {
            Method::Other => Err(Defect::UnknownMethod),
            _ => Err(Defect::CSeqMethod),
        },
        _ => Ok(length),
    }
}

/// Ends the body where Content-Length says (RFC 3261 18.3); without one it goes to the end.
pub(super) fn cut(body: Range<u32>, length: Option<u32>) -> Result<Range<u32>, Defect> {
    let Some(length) = length else { return Ok(body) };
    match body.start.checked_add(length) {
        Some(end) if end <= body.end => Ok(body.start..end),
        _ => Err(Defect::Field(Name::ContentLength)),
    }
}

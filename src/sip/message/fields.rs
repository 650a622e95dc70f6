//! The header fields and the body of a message.

use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;

use super::address::{Contacts, NameAddr, seconds};
use super::method::Method;
use super::name::Name;
use super::params::elements;
use super::scan::{Class, is_blank, split_before, trim};
use super::via::Via;
use crate::error::Malformed;

/// The fields and the body of a request or a response.
///
/// The accessors of what every message has (`via`, `from`, `to`, `call_id`, `cseq`) give empty values
/// where it is missing or broken. In a `Request` or `Response` that can't be: it was checked.
#[derive(Debug, Clone)]
pub struct Fields {
    pub(super) octets: Bytes,
    pub(super) slots: SmallVec<[Slot; 16]>,
    pub(super) body: Range<u32>,
}

/// Where one header field is within the octets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) name: Name,
    pub(super) name_len: u16,
    pub(super) name_start: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The value of CSeq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// 0 to 2^31-1
    pub number: u32,
    /// The method as received.
    pub method: &'a str,
}

impl Fields {
    /// The value of the first field of this name, without blanks around it.
    pub fn header(&self, name: Name) -> Option<&str> {
        self.headers(name).next()
    }

    /// The values of all fields of this name, one for each line, in order.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &str> {
        self.slots.iter().filter(move |slot| slot.name == name).map(|slot| self.value(slot))
    }

    /// The elements of all fields of this name in order, lists taken apart at their commas. Only for
    /// fields whose grammar is a list: Via, Contact, Route, Path, Require, Supported, Accept, Allow ...
    pub fn elements(&self, name: Name) -> impl Iterator<Item = &str> {
        self.headers(name).flat_map(elements)
    }

    /// The value of the first field with a name that `Name` doesn't have.
    pub fn other(&self, name: &str) -> Option<&str> {
        self.all().find(|(_, text, _)| text.eq_ignore_ascii_case(name)).map(|(_, _, value)| value)
    }

    /// Every field in order: name, name as received, value.
    pub fn all(&self) -> impl Iterator<Item = (Name, &str, &str)> {
        self.slots.iter().map(|slot| {
            let name = slot.name_start..slot.name_start.saturating_add(u32::from(slot.name_len));
            (slot.name, self.text(&name), self.value(slot))
        })
    }

    /// The topmost Via.
    pub fn via(&self) -> Via<'_> {
        self.vias().next().unwrap_or_default()
    }

    /// Every Via, topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Via<'_>> {
        self.elements(Name::Via).map(|element| Via::parse(element).unwrap_or_default())
    }

    /// From.
    pub fn from(&self) -> NameAddr<'_> {
        self.address(Name::From)
    }

    /// To.
    pub fn to(&self) -> NameAddr<'_> {
        self.address(Name::To)
    }

    fn address(&self, name: Name) -> NameAddr<'_> {
        self.header(name).and_then(|value| NameAddr::parse(value).ok()).unwrap_or_default()
    }

    /// Call-ID.
    pub fn call_id(&self) -> &str {
        self.header(Name::CallId).unwrap_or_default()
    }

    /// CSeq.
    pub fn cseq(&self) -> CSeq<'_> {
        let parsed = self.header(Name::CSeq).and_then(|value| CSeq::parse(value).ok());
        parsed.unwrap_or(CSeq { number: 0, method: "" })
    }

    /// Max-Forwards, if it is there.
    pub fn max_forwards(&self) -> Option<u8> {
        self.header(Name::MaxForwards)?.parse().ok()
    }

    /// Expires in seconds; one that is no number counts as none, one beyond 2^32-1 as that.
    pub fn expires(&self) -> Option<u32> {
        self.header(Name::Expires).and_then(seconds)
    }

    /// Content-Length as it was received; `body` has been cut to it.
    pub fn content_length(&self) -> Option<u32> {
        self.header(Name::ContentLength)?.parse().ok()
    }

    /// Content-Type: the media type without its parameters, and the whole value.
    pub fn content_type(&self) -> Option<(&str, &str)> {
        let value = self.header(Name::ContentType)?;
        Some((trim(split_before(value, b';').0), value))
    }

    /// What the Contact fields say (RFC 3261 20.10); an error if one of them can't be read.
    pub fn contacts(&self) -> Result<Contacts<'_>, Malformed> {
        Contacts::parse(self.elements(Name::Contact))
    }

    /// The addresses of a Route, Record-Route, Path or identity field, in order.
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = Result<NameAddr<'_>, Malformed>> {
        self.elements(name).map(NameAddr::parse)
    }

    /// The body; shares the received octets.
    pub fn body(&self) -> Bytes {
        let (start, end) = (self.body.start as usize, self.body.end as usize);
        if start <= end && end <= self.octets.len() { self.octets.slice(start..end) } else { Bytes::new() }
    }

    /// The message as it was received, folded lines joined.
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    pub(super) fn value(&self, slot: &Slot) -> &str {
        self.text(&(slot.start..slot.end))
    }

    /// The header section was found to be UTF-8 when it was parsed, and offsets lie at its separators.
    pub(super) fn text(&self, range: &Range<u32>) -> &str {
        let octets = self.octets.get(range.start as usize..range.end as usize);
        octets.and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

impl<'a> CSeq<'a> {
    /// Reads a number below 2^31 and a method (RFC 3261 8.1.1.5).
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let end = text.bytes().position(is_blank).ok_or(Malformed)?;
        let (digits, method) = text.split_at_checked(end).ok_or(Malformed)?;
        if !Class::DIGIT.fits(digits) {
            return Err(Malformed);
        }
        let number = digits.parse().map_err(|_| Malformed)?;
        if number > i32::MAX as u32 {
            return Err(Malformed);
        }
        Ok(Self { number, method: trim(method) })
    }

    /// The method, as one of ours.
    pub fn known_method(&self) -> Method {
        Method::parse(self.method)
    }
}

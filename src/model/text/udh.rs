//! The user data header that may stand before a text (3GPP TS 23.040 9.2.3.24; interworking.md B.7).

use super::Language;
use crate::part::PartKind;

/// What a header says that matters to a text. Pictures, sounds, formatting and whatever else is in it only
/// decorate the text, and are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserDataHeader {
    /// The text is one part of a longer one.
    pub part: Option<Place>,
    /// National language locking shift.
    pub locking: Language,
    /// National language single shift.
    pub single: Language,
    /// The content is for an application or for a SIM card, not for a reader.
    pub for_application: bool,
}

/// The place of a part in a longer text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How it is marked.
    pub kind: PartKind,
    /// What the sender calls the whole.
    pub reference: u16,
    /// How many parts there are, from 1.
    pub total: u8,
    /// Which one it is, from 1 to `total`.
    pub number: u8,
}

impl Place {
    /// A place that can be; `None` when the numbers make no sense, which a receiver ignores (TS 23.040
    /// 9.2.3.24.1).
    pub fn new(kind: PartKind, reference: u16, total: u8, number: u8) -> Option<Self> {
        (1..=total).contains(&number).then_some(Self { kind, reference, total, number })
    }
}

impl UserDataHeader {
    /// Reads the header at the front of `payload`. Gives it, how many octets it takes, and what follows it.
    ///
    /// An information element that runs past the header ends the reading: what came before it holds. Of several
    /// that say the same, the last one holds. `None`: the header is longer than the payload.
    pub fn split(payload: &[u8]) -> Option<(Self, usize, &[u8])> {
        let (length, rest) = payload.split_first()?;
        let (mut elements, text) = rest.split_at_checked(usize::from(*length))?;
        let mut header = Self::default();
        while let [identifier, length, rest @ ..] = elements {
            let Some((value, after)) = rest.split_at_checked(usize::from(*length)) else { break };
            header.take(*identifier, value);
            elements = after;
        }
        Some((header, usize::from(*length) + 1, text))
    }

    /// The header as it stands before a text, its length octet included; nothing where it says nothing. A place
    /// that the TLVs of SMPP tell ([`PartKind::Sar`]) is not in it.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut header = vec![0];
        if let Some(Place { kind, reference, total, number }) = self.part {
            let [high, low] = reference.to_be_bytes();
            match kind {
                PartKind::Udh8 => header.extend([0x00, 3, low, total, number]),
                PartKind::Udh16 => header.extend([0x08, 4, high, low, total, number]),
                PartKind::Sar => {}
            }
        }
        for (identifier, language) in [(0x25, self.locking), (0x24, self.single)] {
            if language != Language::Default {
                header.extend([identifier, 1, language.id()]);
            }
        }
        match header.len() {
            1 => Vec::new(),
            length => {
                header[0] = length as u8 - 1;
                header
            }
        }
    }

    fn take(&mut self, identifier: u8, value: &[u8]) {
        match (identifier, value) {
            (0x00, [reference, total, number]) => {
                let place = Place::new(PartKind::Udh8, u16::from(*reference), *total, *number);
                self.part = place.or(self.part);
            }
            (0x08, [high, low, total, number]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                let place = Place::new(PartKind::Udh16, reference, *total, *number);
                self.part = place.or(self.part);
            }
            // Application ports and SIM toolkit security (interworking.md G, 34).
            (0x04 | 0x05 | 0x70..=0x7F, _) => self.for_application = true,
            // A language that is not known is as if it were not there (TS 23.040 9.2.3.24.15, 16).
            (0x24, [language]) => self.single = Language::from_id(*language).unwrap_or_default(),
            (0x25, [language]) => self.locking = Language::from_id(*language).unwrap_or_default(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(elements: &[u8]) -> UserDataHeader {
        let payload = [&[elements.len() as u8], elements, b"text"].concat();
        let (header, octets, text) = UserDataHeader::split(&payload).unwrap();
        assert_eq!((octets, text), (elements.len() + 1, &b"text"[..]));
        header
    }

    fn place(kind: PartKind, reference: u16, total: u8, number: u8) -> Option<Place> {
        Some(Place { kind, reference, total, number })
    }

    #[test]
    fn both_kinds_of_parts_are_known_among_other_elements_in_any_order() {
        assert_eq!(header(&[0, 3, 7, 2, 1]).part, place(PartKind::Udh8, 7, 2, 1));
        assert_eq!(header(&[8, 4, 1, 2, 255, 255]).part, place(PartKind::Udh16, 0x0102, 255, 255));
        let mixed = header(&[0x0A, 2, 1, 1, 0x24, 1, 1, 8, 4, 0, 9, 3, 2, 0x25, 1, 13, 0x80, 0]);
        assert_eq!(mixed.part, place(PartKind::Udh16, 9, 3, 2));
        assert_eq!((mixed.single, mixed.locking), (Language::Turkish, Language::Urdu));
    }

    #[test]
    fn of_two_elements_that_say_the_same_the_last_holds() {
        assert_eq!(header(&[0, 3, 7, 2, 1, 0, 3, 8, 3, 2]).part, place(PartKind::Udh8, 8, 3, 2));
        assert_eq!(header(&[8, 4, 0, 7, 2, 1, 0, 3, 8, 3, 2]).part, place(PartKind::Udh8, 8, 3, 2));
        assert_eq!(header(&[0x24, 1, 1, 0x24, 1, 2]).single, Language::Spanish);
    }

    #[test]
    fn a_place_that_can_not_be_and_an_element_of_wrong_length_are_not_there() {
        for elements in
            [&[0, 3, 7, 0, 0][..], &[0, 3, 7, 2, 0], &[0, 3, 7, 2, 3], &[0, 2, 7, 2], &[8, 3, 7, 2, 1]]
        {
            assert_eq!(header(elements), UserDataHeader::default(), "{elements:?}");
        }
        assert_eq!(header(&[0, 3, 7, 2, 1, 0, 3, 7, 2, 9]).part, place(PartKind::Udh8, 7, 2, 1));
        assert_eq!(header(&[0x24, 1, 200, 0x25, 1, 0x0E]), UserDataHeader::default());
    }

    #[test]
    fn an_element_past_the_header_ends_the_reading_and_what_came_before_holds() {
        assert_eq!(header(&[0, 3, 7, 2, 1, 5, 9, 1]).part, place(PartKind::Udh8, 7, 2, 1));
        assert_eq!(header(&[0, 4, 7, 2, 1]), UserDataHeader::default());
        assert_eq!(header(&[0]), UserDataHeader::default());
        assert_eq!(header(&[]), UserDataHeader::default());
    }

    #[test]
    fn ports_and_sim_toolkit_are_for_applications() {
        for elements in [&[5, 4, 0x0B, 0x84, 0x23, 0xF0][..], &[4, 2, 1, 1], &[0x70, 0], &[0x7F, 1, 9]] {
            assert!(header(elements).for_application, "{elements:?}");
        }
        assert!(!header(&[6, 1, 1, 0x80, 1, 0]).for_application);
    }

    #[test]
    fn a_header_longer_than_the_message_is_none() {
        assert_eq!(UserDataHeader::split(&[255, 0, 3, 7, 2, 1, b'h']), None);
        assert_eq!(UserDataHeader::split(&[]), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for part in [None, place(PartKind::Udh8, 255, 3, 2), place(PartKind::Udh16, 0x1234, 255, 255)] {
            for (locking, single) in
                [(Language::Default, Language::Default), (Language::Urdu, Language::Turkish)]
            {
                let header = UserDataHeader { part, locking, single, for_application: false };
                let octets = header.to_octets();
                if header == UserDataHeader::default() {
                    assert!(octets.is_empty());
                } else {
                    let read = UserDataHeader::split(&octets);
                    assert_eq!(read, Some((header, octets.len(), &[][..])));
                }
            }
        }
        let told_by_tlvs = UserDataHeader { part: place(PartKind::Sar, 1, 2, 1), ..Default::default() };
        assert!(told_by_tlvs.to_octets().is_empty());
    }
}

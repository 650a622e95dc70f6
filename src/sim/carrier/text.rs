//! Texts as the carrier gets them: parts are collected, joined and read, by rules of its own.

use std::collections::{BTreeMap, HashMap};

use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp::pdus::{DataSm, DeliverSm, SubmitSm};
use rusmpp::tlvs::{Tlv, TlvValue};

/// How a carrier takes a deliver_sm that holds a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// With this command_status.
    Status(u32),
    /// Not at all.
    Silence,
    /// It closes the connection instead.
    HangUp,
}

/// A whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The source address.
    pub source: String,
    /// The destination address.
    pub destination: String,
    /// What is written.
    pub text: String,
    /// How many PDUs it came in.
    pub parts: usize,
    /// data_coding as it came.
    pub data_coding: u8,
}

/// What a PDU with a text says, whichever it is.
pub(crate) struct Carried<'a> {
    pub(crate) source: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    pub(crate) short_message: &'a [u8],
    pub(crate) tlvs: &'a [Tlv],
}

/// The fields have the same names in each.
macro_rules! carried {
    ($pdu:ty, $text:expr) => {
        impl<'a> From<&'a $pdu> for Carried<'a> {
            fn from(pdu: &'a $pdu) -> Self {
                let short_message: fn(&'a $pdu) -> &'a [u8] = $text;
                Self {
                    source: pdu.source_addr.as_str(),
                    destination: pdu.destination_addr.as_str(),
                    esm_class: pdu.esm_class.into(),
                    data_coding: pdu.data_coding.into(),
                    short_message: short_message(pdu),
                    tlvs: pdu.tlvs(),
                }
            }
        }
    };
}

carried!(DeliverSm, |pdu| pdu.short_message().as_ref());
carried!(SubmitSm, |pdu| pdu.short_message().as_ref());
carried!(DataSm, |_| &[]);

/// Parts of texts that are not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    open: HashMap<Key, BTreeMap<u8, Vec<u8>>>,
}

/// Source, destination, reference and total.
type Key = (String, String, u16, u8);

impl Desk {
    /// Takes a part; the text, if it was the last one that was missing.
    pub(crate) fn take(&mut self, pdu: &Carried) -> Option<Text> {
        let (source, destination) = (pdu.source, pdu.destination);
        let mut octets = pdu.short_message.to_vec();
        let mut sar = (None, None, None);
        for tlv in pdu.tlvs {
            match tlv.value() {
                Some(TlvValue::MessagePayload(payload)) => octets = payload.value.as_ref().to_vec(),
                Some(TlvValue::SarMsgRefNum(reference)) => sar.0 = Some(*reference),
                Some(TlvValue::SarTotalSegments(total)) => sar.1 = Some(*total),
                Some(TlvValue::SarSegmentSeqnum(number)) => sar.2 = Some(*number),
                _ => {}
            }
        }
        let mut place = match sar {
            (Some(reference), Some(total), Some(number)) => Some((reference, total, number)),
            _ => None,
        };
        if pdu.esm_class & 0x40 != 0 {
            let text = octets.split_off(usize::from(octets.first().copied().unwrap_or(0)) + 1);
            place = concatenation(octets.get(1..).unwrap_or_default());
            octets = text;
        }
        let (reference, total, number) = place.unwrap_or((0, 1, 1));
        let key = (source.to_owned(), destination.to_owned(), reference, total);
        let parts = self.open.entry(key.clone()).or_default();
        parts.insert(number, octets);
        if parts.len() < usize::from(total) {
            return None;
        }
        let parts = self.open.remove(&key)?;
        let data_coding = pdu.data_coding;
        let text = parts.values().map(|octets| read(data_coding, octets)).collect();
        let (source, destination) = (source.to_owned(), destination.to_owned());
        Some(Text { source, destination, text, parts: parts.len(), data_coding })
    }
}

/// Reference, total and number of a part, from the information elements (3GPP TS 23.040 9.2.3.24).
pub(crate) fn concatenation(mut elements: &[u8]) -> Option<(u16, u8, u8)> {
    while let [identifier, length, rest @ ..] = elements {
        let (value, after) = rest.split_at_checked((*length).into())?;
        match (identifier, value) {
            (0, [reference, total, number]) => return Some((u16::from(*reference), *total, *number)),
            (8, [high, low, total, number]) => {
                return Some((u16::from_be_bytes([*high, *low]), *total, *number));
            }
            _ => elements = after,
        }
    }
    None
}

/// Each part for itself: a sender that cuts inside a character shows here.
pub(crate) fn read(data_coding: u8, octets: &[u8]) -> String {
    match data_coding {
        3 => octets.iter().copied().map(char::from).collect(),
        8 => {
            let units =
                octets.chunks(2).map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => gsm7(octets),
    }
}

/// The reverse of what rusmpp writes.
fn gsm7(mut octets: &[u8]) -> String {
    let writer = Gsm7BitUnpacked::new();
    let known = (1..0x2200).filter_map(char::from_u32);
    let table: HashMap<Vec<u8>, char> =
        known.filter_map(|c| Some((writer.encode_to_vec(&c.to_string()).ok()?, c))).collect();
    let mut text = String::new();
    while let [first, ..] = octets {
        let length = if *first == 0x1B { 2 } else { 1 };
        let (one, rest) = octets.split_at_checked(length).unwrap_or((octets, &[]));
        text.push(table.get(one).copied().unwrap_or(char::REPLACEMENT_CHARACTER));
        octets = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_become_letters_again() {
        assert_eq!(gsm7(&[0x00, 0x1B, 0x65, 0x41]), "@\u{20AC}A");
        assert_eq!(read(8, &[0xD8, 0x3D, 0xDE, 0x00, 0, 0x41]), "\u{1F600}A");
        assert_eq!(read(8, &[0xD8, 0x3D]), "\u{FFFD}", "half a character is seen");
    }

    #[test]
    fn the_place_of_a_part_is_found_behind_other_elements() {
        assert_eq!(concatenation(&[0x25, 1, 1, 0, 3, 7, 2, 1]), Some((7, 2, 1)));
        assert_eq!(concatenation(&[8, 4, 1, 2, 3, 1]), Some((0x102, 3, 1)));
        assert_eq!(concatenation(&[0x25, 1]), None);
    }
}

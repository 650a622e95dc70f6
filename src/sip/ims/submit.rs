//! SMS-SUBMIT: a short message that a phone sends (3GPP TS 23.040 9.2.2.2, 9.2.3; TS 23.038 4).

use std::time::Duration;

use iwf_model::text::udh::{Place, UserDataHeader};
use iwf_model::text::{decode_with, septets};
use iwf_model::{Address, Alphabet, Encoding, Number, Part, Timestamp, Validity};

use super::digits;
use super::rpdu::Unreadable;

/// A short message from a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Whom it is for.
    pub destination: Number,
    /// What it says.
    pub content: Content,
    /// How long it may wait.
    pub validity: Validity,
    /// Its message class, if it has one.
    pub class: Option<u8>,
    /// "Replace short message type" 1 to 7, if it is one (TS 23.040 9.2.3.9).
    pub replace_type: Option<u8>,
    /// TP-SRR: the phone wants to hear what became of it.
    pub wants_report: bool,
    /// TP-Message-Reference.
    pub reference: u8,
    /// The destination is written as an international number.
    pub is_international: bool,
}

/// What a short message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A whole text.
    Text(String),
    /// One part of a longer one.
    Part(Part),
}

/// TP-MTI: SMS-SUBMIT.
const SUBMIT: u8 = 0x01;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Submit {
    /// Reads the TPDU of an RP-DATA.
    ///
    /// # Errors
    /// When it is something else, is cut off, has an address that can not be, or says something in a coding of no
    /// letters (8-bit data, compressed text, content for an application).
    pub fn read(tpdu: &[u8]) -> Result<Self, Unreadable> {
        let [flags, reference, rest @ ..] = tpdu else { return Err(Unreadable::Length) };
        if flags & 0x03 != SUBMIT {
            return Err(Unreadable::Message);
        }
        let is_international = digits::is_international(rest);
        let (destination, rest) = digits::read_tp(rest).ok_or(Unreadable::Address)?;
        let Address::Number(destination) = destination else { return Err(Unreadable::Address) };
        let [protocol, coding, rest @ ..] = rest else { return Err(Unreadable::Length) };
        let (validity, rest) = validity(flags >> 3 & 0x03, rest).ok_or(Unreadable::Length)?;
        let (length, data) = rest.split_first().ok_or(Unreadable::Length)?;
        let coding = Coding::read(*coding).ok_or(Unreadable::Message)?;
        Ok(Self {
            destination,
            content: content(flags & 0x40 != 0, coding, usize::from(*length), data)?,
            validity,
            class: coding.class,
            replace_type: (0x41..=0x47).contains(protocol).then_some(protocol & 0x07),
            wants_report: flags & 0x20 != 0,
            reference: *reference,
            is_international,
        })
    }
}

/// What TP-Data-Coding-Scheme says.
#[derive(Clone, Copy)]
struct Coding {
    alphabet: Alphabet,
    class: Option<u8>,
}

impl Coding {
    /// `None`: no letters (8-bit data, or compressed).
    fn read(scheme: u8) -> Option<Self> {
        let alphabet = match scheme {
            // General groups: bit 5 says compressed, bits 3-2 the alphabet.
            0x00..=0x7F if scheme & 0x20 != 0 => return None,
            0x00..=0x7F => match scheme >> 2 & 3 {
                1 => return None,
                2 => Alphabet::Utf16,
                _ => Alphabet::Gsm7,
            },
            // Reserved ones are to be taken as GSM 7-bit; 0xC0 to 0xEF tell of waiting voice messages.
            0x80..=0xDF => Alphabet::Gsm7,
            0xE0..=0xEF => Alphabet::Utf16,
            0xF0..=0xFF if scheme & 4 != 0 => return None,
            0xF0..=0xFF => Alphabet::Gsm7,
        };
        let has_class = matches!(scheme, 0x10..=0x1F | 0x50..=0x5F | 0xF0..=0xFF);
        Some(Self { alphabet, class: has_class.then_some(scheme & 3) })
    }
}

/// The user data. `length` counts septets, header included, in GSM 7-bit, and octets otherwise.
fn content(has_header: bool, coding: Coding, length: usize, data: &[u8]) -> Result<Content, Unreadable> {
    let octets = if coding.alphabet == Alphabet::Gsm7 { (length * 7).div_ceil(8) } else { length };
    let data = data.get(..octets).ok_or(Unreadable::Length)?;
    let (header, before, text) = match has_header {
        true => UserDataHeader::split(data).ok_or(Unreadable::Length)?,
        false => (UserDataHeader::default(), 0, data),
    };
    if header.for_application {
        return Err(Unreadable::Message);
    }
    let mut encoding = Encoding::from(coding.alphabet);
    let mut units = text.to_vec();
    if coding.alphabet == Alphabet::Gsm7 {
        encoding = Encoding::gsm7(header.locking, header.single);
        let left = length.saturating_sub((before * 8).div_ceil(7));
        units = septets::unpack(text, septets::fill_bits(before), Some(left));
    }
    if units.is_empty() {
        return Err(Unreadable::Message);
    }
    Ok(match header.part {
        Some(Place { kind, reference, total, number }) if total > 1 => {
            Content::Part(Part { reference, kind, total, number, encoding, octets: units.into() })
        }
        _ => Content::Text(decode_with(encoding, &units)),
    })
}

/// TP-Validity-Period in its three forms (TS 23.040 9.2.3.12), and what follows it. One that can't be understood is as
/// if it were not there.
fn validity(format: u8, octets: &[u8]) -> Option<(Validity, &[u8])> {
    match format {
        0 => Some((Validity::Default, octets)),
        2 => octets.split_first().map(|(value, rest)| (Validity::For(relative(*value)), rest)),
        3 => octets.split_first_chunk::<7>().map(|(value, rest)| (absolute(value), rest)),
        _ => octets.split_first_chunk::<7>().map(|(value, rest)| (enhanced(value), rest)),
    }
}

/// TS 23.040 9.2.3.12.1.
fn relative(value: u8) -> Duration {
    let n = u64::from(value);
    Duration::from_secs(match n {
        0..=143 => (n + 1) * 5 * MINUTE,
        144..=167 => 12 * HOUR + (n - 143) * 30 * MINUTE,
        168..=196 => (n - 166) * DAY,
        _ => (n - 192) * 7 * DAY,
    })
}

/// TS 23.040 9.2.3.12.2: a time stamp with the zone of its sender.
fn absolute(value: &[u8; 7]) -> Validity {
    let [year, month, day, hour, minute, second] = [0, 1, 2, 3, 4, 5].map(|at: usize| tens(value[at]));
    let zone = value[6];
    let quarters = u64::from(tens(zone & !0x08));
    let local = Timestamp::from_civil((2000 + i32::from(year), month, day), (hour, minute, second));
    let offset = Duration::from_secs(quarters * 15 * MINUTE);
    let utc = local.map(|local| if zone & 0x08 == 0 { local.before(offset) } else { local.after(offset) });
    utc.map_or(Validity::Default, Validity::Until)
}

/// TS 23.040 9.2.3.12.3: the first octet says which form the others have.
fn enhanced(value: &[u8; 7]) -> Validity {
    let [form, first, second, third, ..] = *value;
    match form & 0x07 {
        1 => Validity::For(relative(first)),
        2 if first > 0 => Validity::For(Duration::from_secs(u64::from(first))),
        3 => {
            let [hours, minutes, seconds] = [first, second, third].map(|octet| u64::from(tens(octet)));
            Validity::For(Duration::from_secs(hours * HOUR + minutes * MINUTE + seconds))
        }
        _ => Validity::Default,
    }
}

/// Two digits in an octet, the first one low.
fn tens(octet: u8) -> u8 {
    (octet & 0x0F) * 10 + (octet >> 4)
}

//! Short messages as an IMS phone reads and writes them (3GPP TS 24.011, 23.040, 23.038): octets that go as they are
//! into the MESSAGEs of [`Phone::send_unit`](super::Phone::send_unit).

use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;

use crate::carrier::{concatenation, read_text};

/// What the network sends a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// RP-DATA with an SMS-DELIVER.
    Deliver(Deliver),
    /// RP-DATA with an SMS-STATUS-REPORT.
    Status {
        /// RP-Message Reference.
        reference: u8,
        /// TP-Message-Reference of what it is about.
        about: u8,
        /// TP-Recipient-Address.
        recipient: String,
        /// TP-Status.
        status: u8,
    },
    /// RP-ACK.
    Ack {
        /// RP-Message Reference.
        reference: u8,
    },
    /// RP-ERROR.
    Error {
        /// RP-Message Reference.
        reference: u8,
        /// RP-Cause.
        cause: u8,
    },
}

/// A short message for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// RP-Message Reference.
    pub reference: u8,
    /// TP-Originating-Address: digits, or letters.
    pub sender: String,
    /// What it says, or what its part of a longer text says.
    pub text: String,
    /// TP-Data-Coding-Scheme.
    pub coding: u8,
    /// Reference, number of parts, and which of them it is.
    pub part: Option<(u16, u8, u8)>,
    /// More messages wait (TP-MMS).
    pub more: bool,
}

impl Unit {
    /// Reads the body of a MESSAGE; `None`: a phone would not understand it.
    pub fn read(octets: &[u8]) -> Option<Self> {
        match octets {
            [1, reference, rest @ ..] => {
                let (_centre, rest) = counted(rest)?;
                let (destination, rest) = counted(rest)?;
                let (tpdu, rest) = counted(rest)?;
                let whole = destination.is_empty() && rest.is_empty();
                match tpdu.first()? & 3 {
                    2 => whole.then(|| status(*reference, tpdu))?,
                    _ => whole.then(|| deliver(*reference, tpdu))?.map(Self::Deliver),
                }
            }
            [3, reference, rest @ ..] => is_report(rest, 0).then_some(Self::Ack { reference: *reference }),
            [5, reference, 1, cause, rest @ ..] => {
                is_report(rest, 1).then_some(Self::Error { reference: *reference, cause: *cause })
            }
            _ => None,
        }
    }
}

/// Nothing, or an SMS-SUBMIT-REPORT with so many octets before its parameter indicator.
fn is_report(octets: &[u8], before: usize) -> bool {
    match octets {
        [] => true,
        [0x41, length, tpdu @ ..] => {
            let right = usize::from(*length) == tpdu.len() && tpdu.len() == 9 + before;
            right && tpdu.first() == Some(&1) && tpdu.get(1 + before) == Some(&0)
        }
        _ => false,
    }
}

fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn status(reference: u8, tpdu: &[u8]) -> Option<Unit> {
    let [_flags, about, digits, _kind, rest @ ..] = tpdu else { return None };
    let (address, rest) = rest.split_at_checked(usize::from(digits.div_ceil(2)))?;
    let recipient =
        nibbles(address).take(usize::from(*digits)).map(|digit| char::from(b'0' + digit)).collect();
    let (_times, status) = rest.split_at_checked(14)?;
    let [status] = status else { return None };
    Some(Unit::Status { reference, about: *about, recipient, status: *status })
}

fn deliver(reference: u8, tpdu: &[u8]) -> Option<Deliver> {
    let [flags, digits, kind, rest @ ..] = tpdu else { return None };
    let digits = usize::from(*digits);
    let (address, rest) = rest.split_at_checked(digits.div_ceil(2))?;
    let sender = match kind >> 4 & 7 {
        5 => read_text(0, &unpack(address, 0, digits * 4 / 7)),
        _ => nibbles(address).take(digits).map(|digit| char::from(b'0' + digit)).collect(),
    };
    let [_protocol, coding, rest @ ..] = rest else { return None };
    let (_time, rest) = rest.split_at_checked(7)?;
    let (length, data) = rest.split_first()?;
    let length = usize::from(*length);
    let is_gsm7 = coding & 0x0C == 0;
    let octets = if is_gsm7 { (length * 7).div_ceil(8) } else { length };
    let header = if flags & 0x40 == 0 { &[][..] } else { counted(data)?.0 };
    let before = if header.is_empty() { 0 } else { header.len() + 1 };
    let body = (data.len() == octets).then(|| data.get(before..))??;
    let text = if is_gsm7 {
        let fill = (before * 8).div_ceil(7) * 7 - before * 8;
        read_text(0, &unpack(body, fill, length - (before * 8).div_ceil(7)))
    } else {
        read_text(8, body)
    };
    let part = concatenation(header);
    (flags & 3 == 0).then_some(Deliver {
        reference,
        sender,
        text,
        coding: *coding,
        part,
        more: flags & 4 == 0,
    })
}

fn nibbles(octets: &[u8]) -> impl Iterator<Item = u8> {
    octets.iter().flat_map(|octet| [octet & 0x0F, octet >> 4])
}

fn unpack(octets: &[u8], skip: usize, count: usize) -> Vec<u8> {
    let bit = |at: usize| octets.get(at / 8).is_some_and(|octet| octet >> (at % 8) & 1 == 1);
    let septet = |n: usize| (0..7).fold(0, |septet, i| septet | u8::from(bit(skip + n * 7 + i)) << i);
    (0..count).map(septet).collect()
}

fn pack(septets: &[u8], skip: usize) -> Vec<u8> {
    let mut octets = vec![0; (skip + septets.len() * 7).div_ceil(8)];
    for (n, septet) in septets.iter().enumerate() {
        for i in 0..7 {
            let at = skip + n * 7 + i;
            octets[at / 8] |= (septet >> i & 1) << (at % 8);
        }
    }
    octets
}

/// RP-DATAs with the SMS-SUBMITs of a text, their references counted up from `reference`; with TP-SRR they ask for a status
/// report.
pub fn submits(reference: u8, to: &str, text: &str, report: bool) -> Vec<Vec<u8>> {
    let septets = Gsm7BitUnpacked::new().encode_to_vec(text).ok();
    let (coding, units) = match septets {
        // An escaped character in two parts would be two wrong ones: what needs one goes as UCS-2.
        Some(septets) if !septets.contains(&0x1B) => (0, septets),
        _ => (8, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    };
    let (alone, together) = if coding == 0 { (160, 153) } else { (140, 134) };
    let parts: Vec<&[u8]> =
        if units.len() <= alone { vec![&units] } else { units.chunks(together).collect() };
    let total = parts.len() as u8;
    let parts = (1..).zip(parts);
    parts
        .map(|(number, part)| {
            let header = if total > 1 { vec![5, 0, 3, reference, total, number] } else { Vec::new() };
            let own = reference.wrapping_add(number - 1);
            let mut tpdu = submit(own, to, coding, &header, part);
            if let Some(flags) = tpdu.first_mut().filter(|_| report) {
                *flags |= 0x20;
            }
            data(own, &tpdu)
        })
        .collect()
}

fn submit(reference: u8, to: &str, coding: u8, header: &[u8], part: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = to.bytes().map(|digit| digit - b'0').collect();
    let mut tpdu = vec![0x01 | if header.is_empty() { 0 } else { 0x40 }, reference];
    tpdu.extend([digits.len() as u8, 0x91]);
    tpdu.extend(digits.chunks(2).map(|pair| pair.get(1).unwrap_or(&0x0F) << 4 | pair[0]));
    tpdu.extend([0, coding]);
    if coding == 0 {
        let before = (header.len() * 8).div_ceil(7);
        tpdu.push((before + part.len()) as u8);
        tpdu.extend_from_slice(header);
        tpdu.extend(pack(part, before * 7 - header.len() * 8));
    } else {
        tpdu.push((header.len() + part.len()) as u8);
        tpdu.extend_from_slice(header);
        tpdu.extend_from_slice(part);
    }
    tpdu
}

/// RP-DATA around a TPDU.
pub fn data(reference: u8, tpdu: &[u8]) -> Vec<u8> {
    [&[0, reference, 0, 0, tpdu.len() as u8], tpdu].concat()
}

/// RP-ACK with an SMS-DELIVER-REPORT.
pub fn ack(reference: u8) -> Vec<u8> {
    vec![2, reference, 0x41, 2, 0, 0]
}

/// RP-ERROR.
pub fn error(reference: u8, cause: u8) -> Vec<u8> {
    vec![4, reference, 1, cause]
}

/// RP-SMMA: there is room again.
pub fn memory_available(reference: u8) -> Vec<u8> {
    vec![6, reference]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The octets of 3GPP TS 23.038 6.1.2.2.1's packing as tutorials show it.
    #[test]
    fn the_known_short_message_is_written_and_read() {
        let submit = submits(7, "46708251358", "hellohello", false);
        let tpdu = [
            &[0x01, 7, 11, 0x91, 0x64, 0x07, 0x28, 0x15, 0x53, 0xF8, 0, 0, 10][..],
            &[0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37],
        ]
        .concat();
        assert_eq!(submit, [data(7, &tpdu)]);
        let time = [0x62, 0x11, 0x12, 0x21, 0x03, 0x95, 0];
        let deliver = [&[0x04][..], &tpdu[2..12], &time, &tpdu[12..]].concat();
        let unit = [&[1, 9, 2, 0x81, 0xF0, 0, deliver.len() as u8][..], &deliver].concat();
        let Some(Unit::Deliver(read)) = Unit::read(&unit) else { panic!("unread") };
        assert_eq!((read.sender.as_str(), read.text.as_str()), ("46708251358", "hellohello"));
        assert_eq!((read.reference, read.part, read.more), (9, None, false));
        assert_eq!(Unit::read(&unit[..20]), None);
    }

    #[test]
    fn a_long_text_is_written_in_parts() {
        assert_eq!(submits(1, "1111", &"a".repeat(161), false).len(), 2);
        let arabic = submits(255, "1111", &"سلام".repeat(40), true);
        assert_eq!((arabic.len(), arabic[0][1], arabic[1][1], arabic[2][1]), (3, 255, 0, 1));
        assert_eq!(arabic[0][5], 0x61, "with a header, and a wish for a report");
    }

    #[test]
    fn reports_are_read() {
        assert_eq!(Unit::read(&[3, 7]), Some(Unit::Ack { reference: 7 }));
        let told = [5, 7, 1, 1, 0x41, 10, 1, 0xC3, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Unit::read(&told), Some(Unit::Error { reference: 7, cause: 1 }));
        assert_eq!(Unit::read(&[3, 7, 0x41, 1, 1]), None);
        let time = [0x62, 0x11, 0x12, 0x21, 0x03, 0x95, 0];
        let tpdu = [&[0x06, 9, 4, 0x81, 0x11, 0x21][..], &time, &time, &[0x40]].concat();
        let unit = [&[1, 7, 2, 0x81, 0xF0, 0, tpdu.len() as u8][..], &tpdu].concat();
        let expected = Unit::Status { reference: 7, about: 9, recipient: "1112".into(), status: 0x40 };
        assert_eq!(Unit::read(&unit), Some(expected));
    }
}

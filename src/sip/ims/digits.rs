//! Numbers in semi-octets: two digits an octet, the first one low (3GPP TS 23.040 9.1.2.3; TS 24.011 8.2.5.1).

use iwf_model::text::{Alphabet, decode, encode, septets};
use iwf_model::{Address, Name, Number, Timestamp};

/// Type of address: international, ISDN numbering plan.
const INTERNATIONAL: u8 = 0x91;
/// Type unknown: short codes.
const UNKNOWN: u8 = 0x81;
/// Letters, packed in GSM 7-bit.
const ALPHANUMERIC: u8 = 0xD0;
/// Bits of the type of number in a type of address.
const TYPE: u8 = 0x70;
/// The most letters of a name in an address: what ten octets hold (TS 23.040 9.1.2.5).
const MOST_LETTERS: usize = 11;

/// An address of a TPDU: the number of semi-octets, the type, and the value. Gives it and what follows.
pub(super) fn read_tp(octets: &[u8]) -> Option<(Address, &[u8])> {
    let [semi_octets, kind, rest @ ..] = octets else { return None };
    let semi_octets = usize::from(*semi_octets);
    let (value, rest) = rest.split_at_checked(semi_octets.div_ceil(2))?;
    let address = if kind & TYPE == ALPHANUMERIC & TYPE {
        let letters = septets::unpack(value, 0, Some(semi_octets * 4 / 7));
        Address::Name(Name::parse(&decode(Alphabet::Gsm7, &letters))?)
    } else {
        Address::Number(digits(value, semi_octets)?)
    };
    Some((address, rest))
}

/// Whether an address of a TPDU is a number with its country.
pub(super) fn is_international(octets: &[u8]) -> bool {
    octets.get(1).is_some_and(|kind| kind & TYPE == INTERNATIONAL & TYPE)
}

/// Writes an address of a TPDU. A name loses what GSM 7-bit has no letter for and what is behind the eleventh;
/// nobody is an address without digits.
pub(super) fn write_tp(out: &mut Vec<u8>, address: &Address, international: bool) {
    match address {
        Address::Number(number) => {
            out.push(number.as_str().len() as u8);
            out.push(if international { INTERNATIONAL } else { UNKNOWN });
            swap(out, number);
        }
        Address::Name(name) => {
            let letters = letters(name);
            let packed = septets::pack(&letters, 0);
            out.extend([(letters.len() * 7).div_ceil(4) as u8, ALPHANUMERIC]);
            out.extend(packed);
        }
        Address::Absent => out.extend([0, UNKNOWN]),
    }
}

fn letters(name: &Name) -> Vec<u8> {
    let mut letters = Vec::with_capacity(MOST_LETTERS);
    for letter in name.as_str().chars() {
        let septets = encode(Alphabet::Gsm7, letter.encode_utf8(&mut [0; 4])).unwrap_or_else(|| vec![b'?']);
        if letters.len() + septets.len() > MOST_LETTERS {
            break;
        }
        letters.extend(septets);
    }
    letters
}

/// An address of an RPDU without its length: the type, then digits. An empty or odd one names nobody.
pub(super) fn read_rp(octets: &[u8]) -> Option<Number> {
    let (_, value) = octets.split_first()?;
    digits(value, value.len() * 2)
}

/// Writes an address of an RPDU with its length. Nobody is a zero, because the originator of an RP-DATA to a
/// phone may not be empty (TS 24.011 8.2.5.1).
pub(super) fn write_rp(out: &mut Vec<u8>, number: Option<Number>) {
    let start = out.len();
    out.push(0);
    match number {
        Some(number) => {
            out.push(INTERNATIONAL);
            swap(out, &number);
        }
        None => out.extend([UNKNOWN, 0xF0]),
    }
    out[start] = (out.len() - start - 1) as u8;
}

/// Digits; a filler ends them early. Others than 0 to 9 can't be in a number.
fn digits(value: &[u8], most: usize) -> Option<Number> {
    let nibbles = value.iter().flat_map(|octet| [octet & 0x0F, octet >> 4]).take(most);
    let text: Vec<u8> = nibbles
        .take_while(|nibble| *nibble != 0x0F)
        .map(|nibble| if nibble < 10 { b'0' + nibble } else { b'?' })
        .collect();
    Number::parse(&text).ok()
}

fn swap(out: &mut Vec<u8>, number: &Number) {
    for pair in number.as_str().as_bytes().chunks(2) {
        let (low, high) = (pair[0] & 0x0F, pair.get(1).map_or(0x0F, |digit| digit & 0x0F));
        out.push(high << 4 | low);
    }
}

/// TP-SCTS in UTC (TS 23.040 9.2.3.11): two digits an octet, the first one low.
pub(super) fn time_stamp(moment: Timestamp) -> [u8; 7] {
    let civil = moment.civil();
    let year = civil.year.rem_euclid(100) as u8;
    let fields = [year, civil.month, civil.day, civil.hour, civil.minute, civil.second, 0];
    fields.map(|value| ((value % 10) << 4) | (value / 10))
}

//! data_coding: in which alphabet the octets of a text are, and of which class it is (SMPP 5.0 4.7.7;
//! 3GPP TS 23.038 4; interworking.md A.8).

use iwf_model::Alphabet;

use crate::fault::{Fault, Field};

/// esm_class bit 6: the text begins with a user data header.
pub const UDHI: u8 = 0x40;

/// What a data_coding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// The alphabet.
    pub alphabet: Alphabet,
    /// The message class, 0 to 3, if one is said: 0 is shown at once and not kept.
    pub class: Option<u8>,
}

/// What data_coding says; `default` is what 0 means with this carrier.
///
/// Binary data and alphabets we have no table for are refused as data_coding: a text in wrong letters
/// would be worse. Values that SMPP reserves are read as GSM data coding schemes, which is what peers
/// mean by them.
pub fn coding(data_coding: u8, default: Alphabet) -> Result<Coding, Fault> {
    const REFUSED: Fault = Fault::Invalid(Field::DataCoding);
    let alphabet = match data_coding {
        0x00 | 0x0B | 0x0C => default,
        0x01 => Alphabet::Ascii,
        0x03 => Alphabet::Latin1,
        0x06 => Alphabet::Iso8859_5,
        0x07 => Alphabet::Iso8859_8,
        0x08 => Alphabet::Utf16,
        0x02 | 0x04 | 0x05 | 0x09 | 0x0A | 0x0D | 0x0E => return Err(REFUSED),
        // General group: bit 5 says compressed, bits 3-2 the alphabet (0x40: with automatic deletion).
        0x0F..=0x7F if data_coding & 0x20 != 0 => return Err(REFUSED),
        0x0F..=0x7F => match data_coding >> 2 & 3 {
            1 => return Err(REFUSED),
            2 => Alphabet::Utf16,
            _ => Alphabet::Gsm7,
        },
        0x80..=0xDF => Alphabet::Gsm7,
        0xE0..=0xEF => Alphabet::Utf16,
        // Class group: bit 2 says 8-bit data.
        0xF0..=0xFF if data_coding & 4 != 0 => return Err(REFUSED),
        0xF0..=0xFF => Alphabet::Gsm7,
    };
    // In the general group bit 4 says that bits 1-0 are a class; in the class group they always are.
    let has_class = matches!(data_coding, 0x10..=0x1F | 0x50..=0x5F | 0xF0..=0xFF);
    Ok(Coding { alphabet, class: has_class.then_some(data_coding & 3) })
}

/// Whether octets that are said to be ASCII are the GSM 7-bit default alphabet: node-smpp, left to its defaults,
/// writes that and calls it data_coding 1. No text has control characters other than line ends, tabs and a
/// NUL behind it, and in GSM 7-bit those octets are `@`, `_`, letters with accents and the escape.
pub fn is_gsm7(octets: &[u8]) -> bool {
    let text = octets.strip_suffix(&[0]).unwrap_or(octets);
    let seven_bits = octets.iter().all(|octet| *octet < 0x80);
    seven_bits && text.iter().any(|octet| matches!(octet, 0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Result<Alphabet, Fault> = Err(Fault::Invalid(Field::DataCoding));

    #[test]
    fn every_data_coding_has_its_alphabet_or_is_refused() {
        let expected = |data_coding: u8| match data_coding {
            0x00 | 0x0B | 0x0C => Ok(Alphabet::Utf8),
            0x01 => Ok(Alphabet::Ascii),
            0x03 => Ok(Alphabet::Latin1),
            0x06 => Ok(Alphabet::Iso8859_5),
            0x07 => Ok(Alphabet::Iso8859_8),
            0x08 | 0x18..=0x1B | 0x48..=0x4B | 0x58..=0x5B | 0xE0..=0xEF => Ok(Alphabet::Utf16),
            0x02 | 0x04 | 0x05 | 0x09 | 0x0A | 0x0D | 0x0E => REFUSED,
            0x14..=0x17 | 0x44..=0x47 | 0x54..=0x57 => REFUSED,
            0x20..=0x3F | 0x60..=0x7F => REFUSED,
            0xF4..=0xF7 | 0xFC..=0xFF => REFUSED,
            _ => Ok(Alphabet::Gsm7),
        };
        for data_coding in 0..=255 {
            let read = coding(data_coding, Alphabet::Utf8).map(|coding| coding.alphabet);
            assert_eq!(read, expected(data_coding), "{data_coding:#04x}");
        }
    }

    #[test]
    fn a_class_is_what_gsm_calls_one() {
        let class = |data_coding| coding(data_coding, Alphabet::Gsm7).unwrap().class;
        for (data_coding, expected) in [
            (0x00, None),
            (0x08, None),
            (0x10, Some(0)),
            (0x12, Some(2)),
            (0x18, Some(0)),
            (0x41, None),
            (0x51, Some(1)),
            (0xC0, None),
            (0xE3, None),
            (0xF0, Some(0)),
            (0xF3, Some(3)),
            (0xF8, Some(0)),
        ] {
            assert_eq!(class(data_coding), expected, "{data_coding:#04x}");
        }
    }
}

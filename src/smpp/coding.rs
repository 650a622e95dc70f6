//! data_coding, esm_class and the user data header: which octets are text, and in which alphabet
//! (SMPP 5.0 4.7.7, 4.7.12; 3GPP TS 23.038 4, TS 23.040 9.2.3.24; interworking.md A.8, B.7).

use iwf_model::{Alphabet, text};

use crate::fault::{Fault, Field};

/// esm_class bit 6: the text begins with a user data header.
pub const UDHI: u8 = 0x40;

/// The alphabet that data_coding names; `default` is what 0 means with this carrier.
///
/// Binary data and alphabets we have no table for are refused as data_coding: a text in wrong letters
/// would be worse. Values that SMPP reserves are read as GSM data coding schemes, which is what peers
/// mean by them.
pub fn alphabet(data_coding: u8, default: Alphabet) -> Result<Alphabet, Fault> {
    const REFUSED: Fault = Fault::Invalid(Field::DataCoding);
    match data_coding {
        0x00 | 0x0B | 0x0C => Ok(default),
        0x01 => Ok(Alphabet::Ascii),
        0x03 => Ok(Alphabet::Latin1),
        0x08 => Ok(Alphabet::Utf16),
        0x02 | 0x04 => Err(REFUSED),
        0x05..=0x0A | 0x0D | 0x0E => Err(REFUSED),
        // General group: bit 5 says compressed, bits 3-2 the alphabet (0x40: with automatic deletion).
        0x0F..=0x7F if data_coding & 0x20 != 0 => Err(REFUSED),
        0x0F..=0x7F => match data_coding >> 2 & 3 {
            1 => Err(REFUSED),
            2 => Ok(Alphabet::Utf16),
            _ => Ok(Alphabet::Gsm7),
        },
        0x80..=0xDF => Ok(Alphabet::Gsm7),
        0xE0..=0xEF => Ok(Alphabet::Utf16),
        // Class group: bit 2 says 8-bit data.
        0xF0..=0xFF if data_coding & 4 != 0 => Err(REFUSED),
        0xF0..=0xFF => Ok(Alphabet::Gsm7),
    }
}

/// The text of a message: the header is taken off, the octets are read, nothing is left out.
pub fn read_text(esm_class: u8, data_coding: u8, default: Alphabet, payload: &[u8]) -> Result<String, Fault> {
    let alphabet = alphabet(data_coding, default)?;
    let octets = if esm_class & UDHI != 0 { after_header(payload)? } else { payload };
    let alphabet = if alphabet == Alphabet::Ascii && is_gsm7(octets) { Alphabet::Gsm7 } else { alphabet };
    let alphabet = if alphabet == Alphabet::Utf16 { text::sniff_ucs2(octets) } else { alphabet };
    let text = text::decode(alphabet, octets);
    if text.is_empty() { Err(Fault::Invalid(Field::SmLength)) } else { Ok(text) }
}

/// Whether octets that are said to be ASCII are the GSM 7-bit default alphabet: node-smpp, left to its defaults,
/// writes that and calls it data_coding 1. No text has control characters other than line ends, tabs and a
/// NUL behind it, and in GSM 7-bit those octets are `@`, `_`, letters with accents and the escape.
fn is_gsm7(octets: &[u8]) -> bool {
    let text = octets.strip_suffix(&[0]).unwrap_or(octets);
    let seven_bits = octets.iter().all(|octet| *octet < 0x80);
    seven_bits && text.iter().any(|octet| matches!(octet, 0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F))
}

/// What follows the user data header. A header that changes what the text means to whom is refused;
/// one that merely decorates it is dropped. A part of a longer text is a text of its own.
fn after_header(payload: &[u8]) -> Result<&[u8], Fault> {
    const CUT: Fault = Fault::Invalid(Field::SmLength);
    let (length, rest) = payload.split_first().ok_or(CUT)?;
    let (mut header, text) = rest.split_at_checked(usize::from(*length)).ok_or(CUT)?;
    while let [identifier, length, rest @ ..] = header {
        let Some((value, after)) = rest.split_at_checked(usize::from(*length)) else { break };
        match (identifier, value) {
            // Application ports and SIM toolkit security: not for a reader (interworking.md G, 34).
            (0x04 | 0x05 | 0x70..=0x7F, _) => return Err(Fault::NotForReaders),
            // National shift tables: without them the letters would be others.
            (0x24 | 0x25, [language, ..]) if *language != 0 => return Err(Fault::Invalid(Field::DataCoding)),
            _ => header = after,
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Result<Alphabet, Fault> = Err(Fault::Invalid(Field::DataCoding));

    #[test]
    fn gsm_that_is_called_ascii_is_read_as_what_it_is() {
        let read = |octets: &[u8]| read_text(0, 1, Alphabet::Gsm7, octets).unwrap();
        assert_eq!(read(b"user\x11name\x00host costs \x025"), "user_name@host costs $5");
        assert_eq!(read(b"5\x1be \x1b(net\x1b)"), "5\u{20AC} {net}");
        assert_eq!(read(b"plain_text@host $5\r\n\tx\0"), "plain_text@host $5\r\n\tx");
    }

    #[test]
    fn every_data_coding_has_its_alphabet_or_is_refused() {
        let expected = |data_coding: u8| match data_coding {
            0x00 | 0x0B | 0x0C => Ok(Alphabet::Utf8),
            0x01 => Ok(Alphabet::Ascii),
            0x03 => Ok(Alphabet::Latin1),
            0x08 | 0x18..=0x1B | 0x48..=0x4B | 0x58..=0x5B | 0xE0..=0xEF => Ok(Alphabet::Utf16),
            0x02 | 0x04..=0x07 | 0x09 | 0x0A | 0x0D | 0x0E => REFUSED,
            0x14..=0x17 | 0x44..=0x47 | 0x54..=0x57 => REFUSED,
            0x20..=0x3F | 0x60..=0x7F => REFUSED,
            0xF4..=0xF7 | 0xFC..=0xFF => REFUSED,
            _ => Ok(Alphabet::Gsm7),
        };
        for data_coding in 0..=255 {
            assert_eq!(alphabet(data_coding, Alphabet::Utf8), expected(data_coding), "{data_coding:#04x}");
        }
    }

    #[test]
    fn a_header_is_taken_off_whatever_is_in_it() {
        for header in
            [&[5, 0, 3, 7, 2, 1][..], &[6, 8, 4, 0, 7, 2, 1], &[0], &[3, 0x24, 1, 0], &[4, 0x0A, 9, 1, 2]]
        {
            let payload = [header, b"hi"].concat();
            let read = read_text(UDHI, 0, Alphabet::Gsm7, &payload);
            assert_eq!(read.as_deref(), Ok("hi"), "{header:?}");
        }
    }

    #[test]
    fn a_header_longer_than_the_message_is_a_wrong_length() {
        let wrong = Err(Fault::Invalid(Field::SmLength));
        assert_eq!(read_text(UDHI, 0, Alphabet::Gsm7, &[255, 0, 3, 7, 2, 1, b'h']), wrong);
        assert_eq!(read_text(UDHI, 0, Alphabet::Gsm7, &[]), wrong);
        assert_eq!(read_text(UDHI, 0, Alphabet::Gsm7, &[5, 0, 3, 7, 2, 1]), wrong, "no text after it");
    }

    #[test]
    fn data_for_applications_and_sim_cards_is_not_shown_to_a_reader() {
        for header in [&[6, 5, 4, 0x0B, 0x84, 0x23, 0xF0][..], &[2, 0x70, 0], &[4, 4, 2, 1, 1]] {
            let payload = [header, b"hi"].concat();
            assert_eq!(read_text(UDHI, 0, Alphabet::Gsm7, &payload), Err(Fault::NotForReaders));
        }
    }

    #[test]
    fn a_text_in_national_letters_is_refused_rather_than_changed() {
        let payload = [&[3, 0x24, 1, 1][..], b"hi"].concat();
        assert_eq!(read_text(UDHI, 0, Alphabet::Gsm7, &payload), Err(Fault::Invalid(Field::DataCoding)));
    }
}

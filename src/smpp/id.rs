//! Message ids as peers read and write them (interworking.md A.15).

use iwf_model::MessageId;
use iwf_model::profile::IdForm;

use crate::pdu::writer::digits;

/// An id as it is written: 15 or 18 ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenId {
    digits: [u8; 18],
    length: usize,
}

impl WrittenId {
    /// Writes an id in that form. Every id has 18 decimal or 15 hexadecimal digits.
    pub fn new(id: MessageId, form: IdForm) -> Self {
        let alphabet = match form {
            IdForm::Decimal => return Self { digits: digits(id), length: 18 },
            IdForm::Hex => b"0123456789abcdef",
            IdForm::HexUpper => b"0123456789ABCDEF",
        };
        let mut written = Self { digits: [b'0'; 18], length: 15 };
        let mut value = id.as_u64();
        for digit in written.digits.iter_mut().take(15).rev() {
            *digit = alphabet.get((value & 0xF) as usize).copied().unwrap_or(b'0');
            value >>= 4;
        }
        written
    }

    /// The characters.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or(&self.digits)
    }
}

/// Reads an id in any form in which we may have written it, and as peers hand it back: with blanks around it, with
/// zeros before it. 18 digits are decimal and 15 hexadecimal, whatever the profile says now: it may have said
/// something else when the id was written.
pub fn read(written: &[u8]) -> Option<MessageId> {
    let text = std::str::from_utf8(written).ok()?.trim().trim_start_matches('0');
    // from_str_radix would take a sign.
    let value = match text.len() {
        18 if text.bytes().all(|digit| digit.is_ascii_digit()) => text.parse().ok()?,
        15 if text.bytes().all(|digit| digit.is_ascii_hexdigit()) => u64::from_str_radix(text, 16).ok()?,
        _ => return None,
    };
    MessageId::from_u64(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [IdForm; 3] = [IdForm::Decimal, IdForm::Hex, IdForm::HexUpper];

    #[test]
    fn every_form_is_read_back_also_as_peers_change_it() {
        for value in [*MessageId::RANGE.start(), 0x16D_1234_ABCD_EF00, *MessageId::RANGE.end()] {
            let id = MessageId::from_u64(value).unwrap();
            for form in FORMS {
                let written = WrittenId::new(id, form);
                assert_eq!(read(written.as_bytes()), Some(id), "{form:?}");
                let padded = [b"  000", written.as_bytes(), b" "].concat();
                assert_eq!(read(&padded), Some(id), "{form:?}");
            }
        }
    }

    #[test]
    fn hexadecimal_is_the_same_number_in_small_or_capital_letters() {
        let id = MessageId::from_u64(999_999_999_999_999_999).unwrap();
        assert_eq!(WrittenId::new(id, IdForm::Hex).as_bytes(), b"de0b6b3a763ffff");
        assert_eq!(WrittenId::new(id, IdForm::HexUpper).as_bytes(), b"DE0B6B3A763FFFF");
        assert_eq!(WrittenId::new(id, IdForm::Decimal).as_bytes(), b"999999999999999999");
    }

    #[test]
    fn what_is_no_id_of_ours_is_none() {
        for text in [
            &b""[..],
            b"7",
            b"+99999999999999999",
            b"12345678901234567",
            b"1234567890123456789",
            b"12345678901234567x",
            b"000000000000001",
            b"fffffffffffffff",
            b"\xFF\xFF",
        ] {
            assert_eq!(read(text), None, "{}", text.escape_ascii());
        }
    }
}

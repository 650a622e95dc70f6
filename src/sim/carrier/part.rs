//! One part of a long text.

use std::str::FromStr;

use rusmpp::tlvs::MessageSubmissionRequestTlvValue;

/// Which part of a longer text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How that is written.
    pub header: PartHeader,
    /// What all parts share.
    pub reference: u16,
    /// Its place, from 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
}

/// How parts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartHeader {
    /// User data header, reference of 8 bits.
    Udh8,
    /// User data header, reference of 16 bits.
    Udh16,
    /// The sar_ TLVs.
    Sar,
}

impl Part {
    /// 3GPP TS 23.040 9.2.3.24.1 and 9.2.3.24.8; empty for TLVs.
    pub(super) fn user_data_header(&self) -> Vec<u8> {
        let [high, low] = self.reference.to_be_bytes();
        match self.header {
            PartHeader::Udh8 => vec![5, 0x00, 3, low, self.total, self.number],
            PartHeader::Udh16 => vec![6, 0x08, 4, high, low, self.total, self.number],
            PartHeader::Sar => Vec::new(),
        }
    }

    /// The bit that says that there is such a header.
    pub(super) fn esm_class(self) -> u8 {
        if self.header == PartHeader::Sar { 0 } else { 0x40 }
    }

    /// SMPP 5.0 4.8.4.51 to 4.8.4.53; none for a header.
    pub(super) fn tlvs(&self) -> Vec<MessageSubmissionRequestTlvValue> {
        if self.header != PartHeader::Sar {
            return Vec::new();
        }
        vec![
            MessageSubmissionRequestTlvValue::SarMsgRefNum(self.reference),
            MessageSubmissionRequestTlvValue::SarTotalSegments(self.total),
            MessageSubmissionRequestTlvValue::SarSegmentSeqnum(self.number),
        ]
    }
}

/// The text is no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no part, as \"udh8 7 2/3\" is: the second of three, reference 7")]
pub struct NotAPart(String);

impl FromStr for Part {
    type Err = NotAPart;

    fn from_str(text: &str) -> Result<Self, NotAPart> {
        read(text).ok_or_else(|| NotAPart(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Part> {
    let (header, rest) = text.split_once(' ')?;
    let (reference, place) = rest.split_once(' ')?;
    let (number, total) = place.split_once('/')?;
    let header = match header {
        "udh8" => PartHeader::Udh8,
        "udh16" => PartHeader::Udh16,
        "sar" => PartHeader::Sar,
        _ => return None,
    };
    Some(Part {
        header,
        reference: reference.parse().ok()?,
        number: number.parse().ok()?,
        total: total.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_and_written() {
        let part: Part = "udh16 258 2/3".parse().unwrap();
        assert_eq!((part.user_data_header(), part.esm_class()), (vec![6, 8, 4, 1, 2, 3, 2], 0x40));
        let part: Part = "sar 7 2/3".parse().unwrap();
        assert_eq!((part.user_data_header().len(), part.esm_class(), part.tlvs().len()), (0, 0, 3));
        assert!("udh8 7 3".parse::<Part>().is_err());
    }
}

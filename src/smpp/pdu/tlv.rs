//! TLVs: what may follow the mandatory fields, in any order (SMPP 5.0 4.8).
//!
//! An unknown TLV is skipped, and so is a known one that says nothing to us: only those we act on have
//! their length and value checked, because real peers send the others in every shape.

use crate::fault::Fault;

/// The tags we read or write.
#[expect(missing_docs, reason = "the names are the specification's own")]
pub mod tag {
    pub const DEST_ADDR_SUBUNIT: u16 = 0x0005;
    pub const QOS_TIME_TO_LIVE: u16 = 0x0017;
    pub const ADDITIONAL_STATUS_INFO_TEXT: u16 = 0x001D;
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    pub const USER_MESSAGE_REFERENCE: u16 = 0x0204;
    pub const DEST_PORT: u16 = 0x020B;
    pub const SAR_MSG_REF_NUM: u16 = 0x020C;
    pub const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
    pub const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
    pub const SC_INTERFACE_VERSION: u16 = 0x0210;
    pub const NUMBER_OF_MESSAGES: u16 = 0x0304;
    pub const DPF_RESULT: u16 = 0x0420;
    pub const SET_DPF: u16 = 0x0421;
    pub const MS_AVAILABILITY_STATUS: u16 = 0x0422;
    pub const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub const DELIVERY_FAILURE_REASON: u16 = 0x0425;
    pub const MESSAGE_STATE: u16 = 0x0427;
    pub const CONGESTION_STATE: u16 = 0x0428;
    pub const USSD_SERVICE_OP: u16 = 0x0501;
    /// Ours, between environments: how often the message was passed on.
    pub const HOPS: u16 = 0x1503;
    /// Ours, between environments: which ones it has passed, 8 octets each.
    pub const VISITED: u16 = 0x1504;
}

/// The TLVs of one PDU: known to end exactly where the PDU ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tlvs<'a> {
    octets: &'a [u8],
}

impl<'a> Tlvs<'a> {
    /// Walks over all of them; [`Fault::TlvStream`] unless the last one ends with the PDU.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = octets;
        while !rest.is_empty() {
            (_, _, rest) = split(rest).ok_or(Fault::TlvStream)?;
        }
        Ok(Self { octets })
    }

    /// Tag and value of each, in their order.
    pub fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.octets;
        std::iter::from_fn(move || {
            let (tag, value, after) = split(rest)?;
            rest = after;
            Some((tag, value))
        })
    }

    /// The value of the first TLV of that tag.
    pub fn find(self, tag: u16) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// The value of a TLV of exactly `N` octets, if it is there.
    pub fn fixed<const N: usize>(self, tag: u16) -> Result<Option<[u8; N]>, Fault> {
        let Some(value) = self.find(tag) else { return Ok(None) };
        value.try_into().map(Some).map_err(|_| Fault::TlvLength(tag))
    }

    /// A TLV of one octet.
    pub fn u8(self, tag: u16) -> Result<Option<u8>, Fault> {
        Ok(self.fixed::<1>(tag)?.map(u8::from_be_bytes))
    }

    /// A TLV of two octets.
    pub fn u16(self, tag: u16) -> Result<Option<u16>, Fault> {
        Ok(self.fixed(tag)?.map(u16::from_be_bytes))
    }

    /// A TLV of four octets.
    pub fn u32(self, tag: u16) -> Result<Option<u32>, Fault> {
        Ok(self.fixed(tag)?.map(u32::from_be_bytes))
    }
}

/// Tag and value of one TLV, and what follows it.
fn split(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([t0, t1, l0, l1], rest) = octets.split_first_chunk::<4>()?;
    let (value, after) = rest.split_at_checked(usize::from(u16::from_be_bytes([*l0, *l1])))?;
    Some((u16::from_be_bytes([*t0, *t1]), value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_tags_and_zero_lengths_are_walked_over() {
        let octets = [0x14, 0x00, 0, 2, 1, 2, 0x13, 0x0C, 0, 0, 0x02, 0x04, 0, 2, 0xAB, 0xCD];
        let tlvs = Tlvs::parse(&octets).unwrap();
        assert_eq!(tlvs.iter().count(), 3);
        assert_eq!(tlvs.u16(tag::USER_MESSAGE_REFERENCE), Ok(Some(0xABCD)));
        assert_eq!(tlvs.u32(tag::QOS_TIME_TO_LIVE), Ok(None));
        assert_eq!(tlvs.u8(tag::USER_MESSAGE_REFERENCE), Err(Fault::TlvLength(tag::USER_MESSAGE_REFERENCE)));
    }

    #[test]
    fn a_stream_that_does_not_end_with_the_pdu_is_broken() {
        for octets in [&[0u8][..], &[2, 4, 0], &[2, 4, 0, 2, 1], &[2, 4, 0, 0, 9]] {
            assert_eq!(Tlvs::parse(octets), Err(Fault::TlvStream), "{octets:?}");
        }
    }
}

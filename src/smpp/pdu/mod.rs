//! PDUs: octets to fields and back, for either role.
//!
//! The readers borrow from the received PDU and forgive what real peers do (interworking.md A.19);
//! the writer appends to one output buffer. `docs/decisions/0002-rusmpp-core.md` says why they are ours.

pub mod alert;
pub mod bind;
pub mod field;
pub mod message;
pub mod operation;
pub mod tlv;
pub mod writer;

use rusmpp_core::{CommandId, CommandStatus};

/// The four fields every PDU begins with (SMPP 5.0 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Octets of the whole PDU, these 16 included.
    pub command_length: u32,
    /// What it is.
    pub command_id: CommandId,
    /// The result in a response; ignored in a request.
    pub command_status: CommandStatus,
    /// Ties a response to its request. Any value is echoed (interworking.md A.5).
    pub sequence_number: u32,
}

impl Header {
    /// Octets of a header.
    pub const OCTETS: usize = 16;

    /// Reads the header and gives back what follows it; `None` when there are fewer than 16 octets.
    pub fn split(pdu: &[u8]) -> Option<(Self, &[u8])> {
        let (head, body) = pdu.split_first_chunk::<{ Self::OCTETS }>()?;
        let [l0, l1, l2, l3, c0, c1, c2, c3, s0, s1, s2, s3, n0, n1, n2, n3] = *head;
        let header = Self {
            command_length: u32::from_be_bytes([l0, l1, l2, l3]),
            command_id: CommandId::from(u32::from_be_bytes([c0, c1, c2, c3])),
            command_status: CommandStatus::from(u32::from_be_bytes([s0, s1, s2, s3])),
            sequence_number: u32::from_be_bytes([n0, n1, n2, n3]),
        };
        Some((header, body))
    }
}

//! One part of a long text, before it is joined with the others.

use crate::id::MessageId;
use crate::text::Encoding;

/// A part as it came: its place, and its octets undecided, because senders cut inside characters
/// (interworking.md B.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the sender calls the whole text; used again and again.
    pub reference: u16,
    /// How the sender marked it: the same reference in another kind is another text.
    pub kind: PartKind,
    /// How many parts there are, from 1.
    pub total: u8,
    /// Which one this is, from 1 to `total`.
    pub number: u8,
    /// How its octets are to be read; GSM 7-bit as one septet an octet. UTF-16 is what the sender calls it: what it
    /// really is can be seen from the joined octets only (`text::sniff_ucs2`).
    pub encoding: Encoding,
    /// Its text, without any header.
    pub octets: Box<[u8]>,
}

/// The text that a part became part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// The name under which the whole goes on: the smallest id of the messages in it.
    pub leader: MessageId,
    /// How many messages are in it; fewer than the parts of the text when some did not come.
    pub messages: u16,
    /// It came after the others had gone on without it, and goes alone.
    pub late: bool,
}

/// How parts are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PartKind {
    /// User data header, reference of 8 bits (3GPP TS 23.040 9.2.3.24.1).
    Udh8 = 0,
    /// User data header, reference of 16 bits (3GPP TS 23.040 9.2.3.24.8).
    Udh16 = 1,
    /// The three sar_ TLVs (SMPP 5.0 4.8.4.48, 4.8.4.49, 4.8.4.50).
    Sar = 2,
}

impl PartKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Udh8, Self::Udh16, Self::Sar];

    /// Reads a stored number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == value)
    }
}

//! What few messages ask for. A message without any of it carries none of it around.

use crate::id::MessageId;
use crate::notice::Imdn;
use crate::part::Part;
use crate::time::Timestamp;
use crate::trace::Trace;

/// Wishes beyond a text to a number now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// It is one part of a longer text; the text of the submission is empty then.
    pub part: Option<Part>,
    /// Not to be delivered before this (schedule_delivery_time).
    pub schedule: Option<Timestamp>,
    /// How hard to try, and when to answer.
    pub mode: Mode,
    /// It takes the place of a waiting one with the same sender, recipient and service_type
    /// (replace_if_present_flag).
    pub replaces: bool,
    /// It takes the place of a waiting one with the same sender, recipient and this type, 1 to 7 ("replace short
    /// message type", 3GPP TS 23.040 9.2.3.9).
    pub replace_type: Option<u8>,
    /// Which service it belongs to (service_type); 0-5 octets.
    pub service_type: String,
    /// Message class (3GPP TS 23.038 4): 0 is shown at once and not kept ("flash").
    pub class: Option<u8>,
    /// 0 to 3 (priority_flag); 2 and 3 are urgent.
    pub priority: u8,
    /// If its recipient is away, its origin wants to hear when they are there again (set_dpf).
    pub dpf: bool,
    /// TLVs that the carrier's profile lets through, in the order they came.
    pub tlvs: Vec<PassedTlv>,
    /// The id that the response carried, where it is another than its own: one response for several messages
    /// (submit_multi).
    pub told_as: Option<MessageId>,
    /// Its app wants to hear of it, or it is what an app hears.
    pub imdn: Option<Box<Imdn>>,
    /// The Max-Forwards that it came with, if that says more than that it came over SIP (RFC 3261 20.22): how often it might
    /// have been sent on.
    pub max_forwards: Option<u8>,
    /// Which way it has come between environments of ours.
    pub trace: Option<Box<Trace>>,
}

impl Options {
    /// Nothing beyond a text to a number now.
    pub const NONE: Self = Self {
        part: None,
        schedule: None,
        mode: Mode::StoreAndForward,
        replaces: false,
        replace_type: None,
        service_type: String::new(),
        class: None,
        priority: 0,
        dpf: false,
        tlvs: Vec::new(),
        told_as: None,
        imdn: None,
        max_forwards: None,
        trace: None,
    };

    /// Whether it may take the place of another.
    pub fn takes_a_place(&self) -> bool {
        self.replaces || self.replace_type.is_some()
    }
}

/// A TLV that is carried along and not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedTlv {
    /// Its tag.
    pub tag: u16,
    /// Its value.
    pub value: Box<[u8]>,
}

/// The messaging modes (SMPP 5.0 4.7.12, esm_class bits 1-0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Mode {
    /// Kept until it is delivered or its validity ends.
    #[default]
    StoreAndForward = 0,
    /// One round of attempts, then it is over.
    Datagram = 1,
    /// One round of attempts, whose end is the answer to the submit.
    Transaction = 2,
}

impl Mode {
    /// Reads a stored number.
    pub fn from_u8(value: u8) -> Option<Self> {
        [Self::StoreAndForward, Self::Datagram, Self::Transaction]
            .into_iter()
            .find(|mode| *mode as u8 == value)
    }
}

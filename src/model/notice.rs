//! What an app that gave us a text wants to hear of it, and what it is told: notices (IMDN, RFC 5438).

use std::time::Duration;

use crate::id::MessageId;
use crate::time::Timestamp;

/// How an app knows a text that it wants to hear of, and how it is found again. What it wants to hear stands in the
/// [`ReceiptRequest`](crate::ReceiptRequest) of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its own name for the text (imdn.Message-ID), 1-256 octets.
    pub name: String,
    /// When it wrote the text (DateTime of RFC 3862), in its words.
    pub written_at: String,
    /// Whom it wrote to, a URI: whoever tells of the text is that.
    pub to: String,
    /// Which device of its account it is, by a number that stays the same when it registers anew.
    pub device: u64,
    /// It is a short message of an IMS phone, which hears an SMS-STATUS-REPORT of it; what is above but for the device is
    /// empty then.
    pub short: Option<ShortAsked>,
}

/// How an IMS phone knows a short message that it wants to hear of (3GPP TS 23.040 9.2.3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortAsked {
    /// TP-Message-Reference.
    pub reference: u8,
    /// It wrote the number of the recipient as an international one.
    pub is_international: bool,
    /// When it came.
    pub submitted: Timestamp,
}

/// What is told of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tidings {
    /// Its recipient has it.
    Delivered = 1,
    /// Its recipient will not get it.
    Failed = 2,
    /// Its recipient has read it.
    Displayed = 3,
}

impl Tidings {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::Displayed];

    /// Reads a stored number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tidings| *tidings as u8 == value)
    }
}

/// One word to an app about a text of its own: a message without text, that nobody counts or records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The text.
    pub about: MessageId,
    /// What became of it.
    pub tells: Tidings,
    /// Whom to tell, in which words.
    pub asked: Asked,
}

impl Notice {
    /// How long an app is waited for that is to be told.
    pub const LIFE: Duration = Duration::from_secs(72 * 3600);
}

/// What a message has to do with notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imdn {
    /// It is a text, and its app wants to hear of it.
    Asked(Asked),
    /// It is a notice.
    Notice(Notice),
}

//! How one carrier speaks and wants to be spoken to: what differs from the defaults is written down, the
//! defaults fit a carrier that follows the specification.
//!
//! Each setting has a key, under which files, the command line and the store know it; `settings` is the
//! list of them with what each means.

mod settings;
mod value;

use std::time::Duration;

use crate::network::Network;
use crate::pattern::Pattern;
use crate::plan::NumberPlan;
use crate::text::Language;

/// The profile of a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// From where it may bind.
    pub access: Access,
    /// How its messages are read.
    pub reading: Reading,
    /// How our answers and receipts look.
    pub answers: Answers,
    /// Which numbers it serves and how texts to it are written.
    pub sending: Sending,
}

/// From where a carrier may bind, and how it proves itself beyond its password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Only from these; empty: from anywhere.
    pub networks: Vec<Network>,
    /// It must show this certificate.
    pub certificate: Option<CertificateRule>,
    /// Over TLS only.
    pub tls_only: bool,
}

/// Which certificate of a client is the carrier's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CertificateRule {
    /// One that is valid for this DNS name.
    Name(Box<str>),
    /// The one with this SHA-256 digest.
    Sha256([u8; 32]),
}

/// How messages of a carrier are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The version it speaks, whatever its bind says.
    pub version: Option<SpokenVersion>,
    /// Its GSM 7-bit texts are packed: eight letters in seven octets.
    pub packed: bool,
    /// Under data_coding 8, octets that can only be UTF-8 or little endian are read as that.
    pub sniffs: bool,
    /// Fields are taken by the letter of the specification, where otherwise the evident meaning is taken.
    pub strict: bool,
    /// What becomes of a long text of which parts are missing.
    pub missing_parts: MissingParts,
    /// How long after the last part the missing ones are waited for; five times that at most in all.
    pub part_wait: Duration,
    /// Tags of TLVs that are carried along with a message.
    pub tlvs: Vec<u16>,
    /// How it writes numbers.
    pub plan: Option<NumberPlan>,
    /// It is an environment of ours: what it says of the way of a message is believed, and it is told.
    pub environment: bool,
}

/// Versions of SMPP as a profile names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpokenVersion {
    /// 3.3: no TLVs.
    V33,
    /// 3.4.
    V34,
    /// 5.0.
    V50,
}

/// What becomes of a long text of which parts are missing when the wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MissingParts {
    /// What came is delivered, with a mark in place of what did not.
    #[default]
    Deliver,
    /// Nothing is delivered: each part that came ends as EXPIRED with error 039.
    Fail,
}

/// How our answers and receipts to a carrier look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// An error in answer to a submit has an empty message_id behind its header.
    pub error_body: bool,
    /// How message ids are written in answers.
    pub id_in_response: IdForm,
    /// How message ids are written in receipts.
    pub id_in_receipt: IdForm,
    /// Which PDU carries receipts.
    pub receipt_pdu: TextPdu,
    /// What a receipt says things in.
    pub receipt_form: ReceiptForm,
    /// The dates in a receipt have seconds.
    pub receipt_seconds: bool,
    /// The dates in a receipt are so many minutes ahead of UTC.
    pub receipt_zone_minutes: i16,
    /// Intermediate notifications are sent to those who ask for them.
    pub intermediate: bool,
}

/// How a message id is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdForm {
    /// 18 decimal digits.
    #[default]
    Decimal,
    /// The same number in hexadecimal digits, small letters.
    Hex,
    /// The same number in hexadecimal digits, capital letters.
    HexUpper,
}

/// Which PDU carries something to a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextPdu {
    /// deliver_sm.
    #[default]
    DeliverSm,
    /// data_sm.
    DataSm,
}

/// What a receipt says things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReceiptForm {
    /// The text of SMPP 3.4 appendix B, and TLVs.
    #[default]
    Both,
    /// The text alone.
    Text,
    /// TLVs alone.
    Tlvs,
}

/// Which numbers a carrier serves, and how texts to it are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Texts to these numbers go to its receivers.
    pub numbers: Vec<Pattern>,
    /// Which PDU carries texts.
    pub pdu: TextPdu,
    /// How texts that do not fit one PDU are sent.
    pub long_texts: LongTexts,
    /// National tables it can read.
    pub languages: Vec<Language>,
    /// It reads Latin-1 under data_coding 3.
    pub latin1: bool,
    /// Typographic marks are written plainly if that saves it from UCS2.
    pub transliterates: bool,
    /// Type of number and numbering plan of numbers.
    pub number: (u8, u8),
    /// Type of number and numbering plan of short codes: up to 8 digits.
    pub short_code: (u8, u8),
    /// It says itself what became of texts that its receivers take: it is asked to, and believed.
    pub acknowledges: bool,
    /// service_type of texts to it; up to 5 octets.
    pub service_type: Box<str>,
    /// Where we may call it to bind to us (outbind), and what we say there.
    pub outbind: Option<Outbind>,
}

/// How texts that do not fit one PDU are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LongTexts {
    /// In parts with a user data header, reference of 8 bits.
    #[default]
    Udh8,
    /// In parts with a user data header, reference of 16 bits.
    Udh16,
    /// In parts with sar_ TLVs.
    Sar,
    /// Whole, in message_payload.
    Payload,
}

/// An outbind: the carrier is called and asked to bind (SMPP 5.0 2.3.7, 4.1.1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbind {
    /// Where to call.
    pub address: std::net::SocketAddr,
    /// What we call ourselves there; 1-15 octets.
    pub system_id: Box<str>,
    /// Our password there; 0-8 octets. It is sent as it is, so it is kept as it is.
    pub password: Box<str>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            version: None,
            packed: false,
            sniffs: true,
            strict: false,
            missing_parts: MissingParts::default(),
            part_wait: Duration::from_secs(120),
            tlvs: Vec::new(),
            plan: None,
            environment: false,
        }
    }
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            pdu: TextPdu::default(),
            long_texts: LongTexts::default(),
            languages: Vec::new(),
            latin1: false,
            transliterates: true,
            number: (1, 1),
            short_code: (3, 0),
            acknowledges: false,
            service_type: Box::default(),
            outbind: None,
        }
    }
}

#[cfg(test)]
mod tests;

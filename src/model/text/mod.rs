//! Alphabets: octets of a short message to Unicode and back.
//!
//! [`decode`] always gives a text, because a text that looks odd is better than one that is lost;
//! [`encode`] gives none when a single character would have to change, because what the user typed
//! must arrive. Which alphabet an octet string is in is the protocol's knowledge, not this module's.

mod cluster;
mod encoding;
mod gsm7;
mod iso8859;
mod language;
mod lossless;
mod national;
#[cfg(test)]
mod seeded;
pub mod segment;
pub mod septets;
mod ucs2;
pub mod udh;
mod utf16;
mod windows1252;

pub use encoding::{Encoding, decode_with, encode_with};
pub use language::Language;
pub use lossless::lossless;
pub use ucs2::sniff_ucs2;

/// What the octets of a text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Alphabet {
    /// GSM 7-bit default alphabet with its extension table, one septet per octet (3GPP TS 23.038 6.2.1).
    #[default]
    Gsm7,
    /// ASCII; octets from 0x80 are read as Windows-1252.
    Ascii,
    /// ISO 8859-1; octets 0x80-0x9F are read as Windows-1252.
    Latin1,
    /// ISO 8859-5, Cyrillic: data_coding 6.
    Iso8859_5,
    /// ISO 8859-8, Hebrew in the order in which it is read: data_coding 7.
    Iso8859_8,
    /// UTF-8.
    Utf8,
    /// UTF-16, big endian, with surrogates: what data_coding 8 ("UCS2") is in practice.
    Utf16,
    /// UTF-16, little endian: what some peers send in its place.
    Utf16Le,
}

impl Alphabet {
    /// Every alphabet, for tables and tests.
    pub const ALL: [Self; 8] = [
        Self::Gsm7,
        Self::Ascii,
        Self::Latin1,
        Self::Iso8859_5,
        Self::Iso8859_8,
        Self::Utf8,
        Self::Utf16,
        Self::Utf16Le,
    ];

    /// The word used in configuration files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ascii => "ascii",
            Self::Latin1 => "latin1",
            Self::Iso8859_5 => "iso8859-5",
            Self::Iso8859_8 => "iso8859-8",
            Self::Utf8 => "utf8",
            Self::Utf16 => "utf16",
            Self::Utf16Le => "utf16le",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alphabet| alphabet.as_str() == word)
    }
}

/// Reads octets as a text of this alphabet; never fails.
///
/// Octets that the alphabet does not define are read in the way that most likely recovers the text,
/// which is Windows-1252 for single octets. One NUL at the end of ASCII and of the ISO alphabets is no part
/// of the text (some peers append it); in GSM 7-bit it is an '@' and stays. Neither is a byte order mark
/// before UTF-8 and UTF-16.
pub fn decode(alphabet: Alphabet, octets: &[u8]) -> String {
    let without_nul = || octets.strip_suffix(&[0]).unwrap_or(octets);
    match alphabet {
        Alphabet::Gsm7 => gsm7::decode(octets),
        Alphabet::Ascii | Alphabet::Latin1 => windows1252::decode(without_nul()),
        Alphabet::Iso8859_5 => without_nul().iter().map(|octet| iso8859::cyrillic(*octet)).collect(),
        Alphabet::Iso8859_8 => without_nul().iter().map(|octet| iso8859::hebrew(*octet)).collect(),
        Alphabet::Utf8 => {
            let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
            match std::str::from_utf8(octets) {
                Ok(text) => text.to_owned(),
                Err(_) => windows1252::decode(octets),
            }
        }
        Alphabet::Utf16 => utf16::decode(u16::from_be_bytes, octets),
        Alphabet::Utf16Le => utf16::decode(u16::from_le_bytes, octets),
    }
}

/// Writes a text in this alphabet; `None` when the alphabet lacks one of its characters.
///
/// What it gives, [`decode`] reads back to the same text, but for a NUL at the end of single octets and a
/// U+FEFF at the start of Unicode.
pub fn encode(alphabet: Alphabet, text: &str) -> Option<Vec<u8>> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::encode(text),
        Alphabet::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        Alphabet::Latin1 => windows1252::encode_latin1(text),
        Alphabet::Iso8859_5 => iso8859::encode(iso8859::cyrillic, text),
        Alphabet::Iso8859_8 => iso8859::encode(iso8859::hebrew, text),
        Alphabet::Utf8 => Some(text.as_bytes().to_vec()),
        Alphabet::Utf16 => Some(utf16::encode(u16::to_be_bytes, text)),
        Alphabet::Utf16Le => Some(utf16::encode(u16::to_le_bytes, text)),
    }
}

#[cfg(test)]
mod tests;

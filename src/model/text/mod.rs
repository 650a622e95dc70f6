//! Alphabets: octets of a short message to Unicode and back.
//!
//! [`decode`] always gives a text, because a text that looks odd is better than one that is lost;
//! [`encode`] gives none when a single character would have to change, because what the user typed
//! must arrive. Which alphabet an octet string is in is the protocol's knowledge, not this module's.

mod gsm7;
mod utf16;
mod windows1252;

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
    /// UTF-8.
    Utf8,
    /// UTF-16, big endian, with surrogates: what data_coding 8 ("UCS2") is in practice.
    Utf16,
}

impl Alphabet {
    /// Every alphabet, for tables and tests.
    pub const ALL: [Self; 5] = [Self::Gsm7, Self::Ascii, Self::Latin1, Self::Utf8, Self::Utf16];

    /// The word used in configuration files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ascii => "ascii",
            Self::Latin1 => "latin1",
            Self::Utf8 => "utf8",
            Self::Utf16 => "utf16",
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
/// which is Windows-1252 for single octets. One NUL at the end of ASCII and Latin-1 is no part of the
/// text (some peers append it); in GSM 7-bit it is an '@' and stays.
pub fn decode(alphabet: Alphabet, octets: &[u8]) -> String {
    match alphabet {
        Alphabet::Gsm7 => gsm7::decode(octets),
        Alphabet::Ascii | Alphabet::Latin1 => {
            windows1252::decode(octets.strip_suffix(&[0]).unwrap_or(octets))
        }
        Alphabet::Utf8 => match std::str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => windows1252::decode(octets),
        },
        Alphabet::Utf16 => utf16::decode(octets),
    }
}

/// Writes a text in this alphabet; `None` when the alphabet lacks one of its characters.
///
/// What it gives, [`decode`] reads back to the same text, but for a NUL at the end.
pub fn encode(alphabet: Alphabet, text: &str) -> Option<Vec<u8>> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::encode(text),
        Alphabet::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        Alphabet::Latin1 => windows1252::encode_latin1(text),
        Alphabet::Utf8 => Some(text.as_bytes().to_vec()),
        Alphabet::Utf16 => Some(utf16::encode(text)),
    }
}

#[cfg(test)]
mod tests;

//! An alphabet together with its national shift tables: all that is needed to read octets as a text.

use super::{Alphabet, Language, national};

/// What the octets of a text mean, shift tables included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Encoding {
    /// The alphabet.
    pub alphabet: Alphabet,
    /// Whose locking shift table stands in place of the GSM 7-bit default alphabet (information element
    /// 0x25). Other alphabets have none.
    pub locking: Language,
    /// Whose single shift table stands in place of the extension table (information element 0x24). Other
    /// alphabets have none.
    pub single: Language,
}

impl Encoding {
    /// GSM 7-bit with these shift tables.
    pub const fn gsm7(locking: Language, single: Language) -> Self {
        Self { alphabet: Alphabet::Gsm7, locking, single }
    }

    /// Whether it needs no shift table, so that the octets can be read without a header that names one.
    pub fn is_plain(self) -> bool {
        (self.locking, self.single) == (Language::Default, Language::Default)
    }
}

impl From<Alphabet> for Encoding {
    fn from(alphabet: Alphabet) -> Self {
        Self { alphabet, locking: Language::Default, single: Language::Default }
    }
}

/// Reads octets as a text of this encoding; never fails. GSM 7-bit is one septet per octet.
///
/// As [`decode`](super::decode), which is the same for an alphabet without shift tables.
pub fn decode_with(encoding: Encoding, octets: &[u8]) -> String {
    match encoding {
        Encoding { alphabet: Alphabet::Gsm7, locking, single } if !encoding.is_plain() => {
            national::decode(locking, single, octets)
        }
        Encoding { alphabet, .. } => super::decode(alphabet, octets),
    }
}

/// Writes a text in this encoding; `None` when it lacks one of the characters. GSM 7-bit is one septet per
/// octet; a character of the extension or single shift table takes two.
pub fn encode_with(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding { alphabet: Alphabet::Gsm7, locking, single } if !encoding.is_plain() => {
            national::encode(locking, single, text)
        }
        Encoding { alphabet, .. } => super::encode(alphabet, text),
    }
}

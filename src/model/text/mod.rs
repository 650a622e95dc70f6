//! Alphabets: octets of a short message to Unicode and back.

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

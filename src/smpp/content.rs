//! The octets of a message to a text, or to a part of one (interworking.md A.8, B.7, B.8).

use iwf_model::text::udh::{Place, UserDataHeader};
use iwf_model::text::{self, septets};
use iwf_model::{Alphabet, Encoding, Part};

use crate::coding::{self, Coding};
use crate::fault::{Fault, Field};
use crate::submission::Terms;

/// What is in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A whole text.
    Text(String),
    /// One part of a text, undecided.
    Part(Part),
}

/// Reads what is in a message. `sar` is its place by TLVs; a place in a user data header is stronger
/// (interworking.md A.19, 8). A part that is the only one is a whole text.
///
/// A part keeps its octets as they are, for senders cut inside characters and surrogate pairs: under
/// data_coding 8 it says UTF-16, and what that really is can be seen from the whole text only
/// (`text::sniff_ucs2`).
pub fn read(
    (has_header, coding): (bool, Coding),
    octets: &[u8],
    sar: Option<Place>,
    terms: &Terms<'_>,
) -> Result<Content, Fault> {
    let (header, header_octets, octets) = match has_header {
        true => UserDataHeader::split(octets).ok_or(Fault::Invalid(Field::SmLength))?,
        false => (UserDataHeader::default(), 0, octets),
    };
    if header.for_application {
        return Err(Fault::NotForReaders);
    }
    let encoding = encoding(coding.alphabet, &header, octets);
    if terms.profile.reading.strict && encoding.alphabet == Alphabet::Utf16 && octets.len() % 2 != 0 {
        return Err(Fault::Invalid(Field::SmLength));
    }
    let unpacked = (terms.profile.reading.packed && encoding.alphabet == Alphabet::Gsm7)
        .then(|| septets::unpack(octets, septets::fill_bits(header_octets), None));
    let octets = unpacked.as_deref().unwrap_or(octets);
    if octets.is_empty() {
        return Err(Fault::Invalid(Field::SmLength));
    }
    match header.part.or(sar) {
        Some(Place { kind, reference, total, number }) if total > 1 => {
            Ok(Content::Part(Part { reference, kind, total, number, encoding, octets: octets.into() }))
        }
        _ => whole(encoding, octets, terms.profile.reading.sniffs),
    }
}

fn whole(encoding: Encoding, octets: &[u8], sniffs: bool) -> Result<Content, Fault> {
    let encoding = match encoding.alphabet {
        Alphabet::Utf16 if sniffs => text::sniff_ucs2(octets).into(),
        _ => encoding,
    };
    let text = text::decode_with(encoding, octets);
    if text.is_empty() { Err(Fault::Invalid(Field::SmLength)) } else { Ok(Content::Text(text)) }
}

/// Shift tables are of GSM 7-bit and of nothing else: who names one and calls the text ASCII, as node-smpp does,
/// means GSM 7-bit.
fn encoding(alphabet: Alphabet, header: &UserDataHeader, octets: &[u8]) -> Encoding {
    let gsm7 = Encoding::gsm7(header.locking, header.single);
    match alphabet {
        Alphabet::Gsm7 => gsm7,
        Alphabet::Ascii if octets.is_ascii() && gsm7 != Alphabet::Gsm7.into() => gsm7,
        Alphabet::Ascii if coding::is_gsm7(octets) => gsm7,
        other => other.into(),
    }
}

#[cfg(test)]
mod tests;

//! One text as the parts of a short message: which encoding carries it, and where it is cut
//! (interworking.md B.3, B.6; 3GPP TS 23.040 9.2.3.24).
//!
//! The encoding is chosen for the whole text before it is cut. A cut never falls into a character of the
//! encoding: an escape and what it escapes, or the two surrogates of an emoji, stay together. What a reader
//! sees as one character stays together too, as long as that costs ten units of a part at most.

use std::borrow::Cow;
use std::ops::Range;

use super::cluster::Clusters;
use super::{Alphabet, Encoding, Language, encode_with, gsm7, lossless, national, windows1252};

/// How many units a cut goes back to keep together what a reader sees as one character.
const LOOK_BACK: usize = 10;

/// The octets of user data in a short message, header included (TS 23.040 9.2.3.24).
const USER_DATA: usize = 140;

/// What a text may become.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// GSM 7-bit, in its default tables.
    pub gsm7: bool,
    /// Whose locking shift tables GSM 7-bit may use beside them.
    pub locking: &'a [Language],
    /// Whose single shift tables GSM 7-bit may use beside them.
    pub single: &'a [Language],
    /// Latin-1, for a peer that documents it.
    pub latin1: bool,
    /// UTF-16, big endian.
    pub ucs2: bool,
    /// Whether typographic characters may be written plainly where that makes GSM 7-bit possible
    /// ([`lossless`]).
    pub lossless: bool,
    /// How the parts of a longer text refer to one another.
    pub reference: Reference,
    /// The most parts, 255 at most for any reference.
    pub max_parts: usize,
}

/// How a part says which text it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reference {
    /// Information element 0x00: an octet of reference.
    #[default]
    Concat8,
    /// Information element 0x08: two octets of reference.
    Concat16,
    /// The sar_* parameters of SMPP, which take no room in the text.
    Sar,
}

/// A text, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    /// The encoding of all parts. Shift tables that it names need their information elements in each.
    pub encoding: Encoding,
    /// The octets of each part without a header; GSM 7-bit has one septet per octet. At least one part.
    pub parts: Vec<Vec<u8>>,
}

/// Why a text has no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// No allowed encoding has all its characters.
    #[error("no allowed encoding has all characters of the text")]
    Unwritable,
    /// It takes more parts than are allowed.
    #[error("the text takes {parts} parts, and {max} are allowed")]
    TooLong {
        /// How many it takes.
        parts: usize,
        /// [`Plan::max_parts`].
        max: usize,
    },
}

/// Chooses the encoding of a text and cuts it.
pub fn segment(text: &str, plan: &Plan<'_>) -> Result<Segments, SegmentError> {
    let Choice { text, encoding, parts } = choose(text, plan).ok_or(SegmentError::Unwritable)?;
    let max = plan.max_parts;
    if parts > max {
        return Err(SegmentError::TooLong { parts, max });
    }
    let mut segments = Segments { encoding, parts: Vec::with_capacity(parts) };
    let mut writable = true;
    cut(&text, encoding, plan.reference, |range| {
        match text.get(range).and_then(|part| encode_with(encoding, part)) {
            Some(octets) => segments.parts.push(octets),
            None => writable = false,
        }
    });
    if writable { Ok(segments) } else { Err(SegmentError::Unwritable) }
}

/// What [`segment`] would choose, and how many parts it would take, without making them and without a limit.
pub fn count(text: &str, plan: &Plan<'_>) -> Result<(Encoding, usize), SegmentError> {
    let choice = choose(text, plan).ok_or(SegmentError::Unwritable)?;
    Ok((choice.encoding, choice.parts))
}

/// How many units of an encoding (septets, octets, or UTF-16 units) a message has room for beside a user data
/// header of so many octets, its length octet included.
pub const fn capacity(alphabet: Alphabet, header_octets: usize) -> usize {
    let octets = USER_DATA.saturating_sub(header_octets);
    match alphabet {
        Alphabet::Gsm7 => octets * 8 / 7,
        Alphabet::Utf16 | Alphabet::Utf16Le => octets / 2,
        _ => octets,
    }
}

impl Reference {
    /// The octets of the user data header, its length octet included, in a message of this encoding; 0 when
    /// there is none. `several`: the text has more than one part.
    pub fn header_octets(self, encoding: Encoding, several: bool) -> usize {
        const SHIFT: usize = 3;
        let shifts =
            [encoding.locking, encoding.single].into_iter().filter(|shift| *shift != Language::Default);
        let concat = match self {
            Self::Concat8 if several => 5,
            Self::Concat16 if several => 6,
            _ => 0,
        };
        match concat + shifts.count() * SHIFT {
            0 => 0,
            elements => elements + 1,
        }
    }
}

struct Choice<'a> {
    text: Cow<'a, str>,
    encoding: Encoding,
    parts: usize,
}

/// The first of GSM 7-bit, GSM 7-bit without typography and Latin-1 that has all characters; else UTF-16,
/// unless shift tables make fewer parts of it.
fn choose<'a>(text: &'a str, plan: &Plan<'_>) -> Option<Choice<'a>> {
    let choice = |text: Cow<'a, str>, encoding: Encoding| {
        units(&text, encoding)?;
        let mut parts = 0;
        cut(&text, encoding, plan.reference, |_| parts += 1);
        Some(Choice { text, encoding, parts })
    };
    let plain = plan.lossless.then(|| lossless(text)).filter(|plain| matches!(plain, Cow::Owned(_)));
    let gsm7 = |text| choice(text, Alphabet::Gsm7.into());
    let first = (plan.gsm7.then(|| gsm7(text.into())).flatten())
        .or_else(|| gsm7(plain.clone().filter(|_| plan.gsm7)?))
        .or_else(|| plan.latin1.then(|| choice(text.into(), Alphabet::Latin1.into()))?);
    if first.is_some() {
        return first;
    }
    let shifted = |text: &Cow<'a, str>| {
        let choices = shifts(plan).filter_map(|encoding| choice(text.clone(), encoding));
        choices.min_by_key(|choice| choice.cost(plan))
    };
    let national = shifted(&text.into()).or_else(|| shifted(plain.as_ref()?));
    let ucs2 = plan.ucs2.then(|| choice(text.into(), Alphabet::Utf16.into())).flatten();
    match (national, ucs2) {
        (Some(national), Some(ucs2)) => Some(if national.parts < ucs2.parts { national } else { ucs2 }),
        (national, ucs2) => national.or(ucs2),
    }
}

impl Choice<'_> {
    /// Fewer parts first, then fewer septets, those of the headers included.
    fn cost(&self, plan: &Plan<'_>) -> (usize, usize) {
        let header = plan.reference.header_octets(self.encoding, self.parts > 1);
        let septets = units(&self.text, self.encoding).unwrap_or(usize::MAX);
        (self.parts, septets.saturating_add(self.parts * (header * 8).div_ceil(7)))
    }
}

/// Every pair of shift tables that a plan allows, but for the default pair.
fn shifts<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = Encoding> + 'p {
    let with_default =
        |languages: &'p [Language]| [Language::Default].into_iter().chain(languages.iter().copied());
    let pairs = with_default(plan.locking).flat_map(move |locking| {
        with_default(plan.single).map(move |single| Encoding::gsm7(locking, single))
    });
    pairs.filter(|encoding| plan.gsm7 && !encoding.is_plain())
}

/// How many units a text takes; `None` when the encoding lacks one of its characters.
fn units(text: &str, encoding: Encoding) -> Option<usize> {
    text.chars().map(|c| cost(c, encoding)).sum()
}

/// How many units a character takes.
fn cost(c: char, encoding: Encoding) -> Option<usize> {
    match encoding.alphabet {
        Alphabet::Gsm7 if encoding.is_plain() => gsm7::cost(c),
        Alphabet::Gsm7 => national::cost(encoding.locking, encoding.single, c),
        Alphabet::Latin1 => windows1252::latin1(c).map(|_| 1),
        _ => Some(c.len_utf16()),
    }
}

/// Says where the parts of a text are, as ranges of its octets in UTF-8. All characters are in the encoding.
fn cut(text: &str, encoding: Encoding, reference: Reference, mut part: impl FnMut(Range<usize>)) {
    let room = |several| capacity(encoding.alphabet, reference.header_octets(encoding, several));
    let cost = |c| cost(c, encoding).unwrap_or(0);
    if text.chars().map(cost).sum::<usize>() <= room(false) {
        return part(0..text.len());
    }
    let room = room(true);
    let mut clusters = Clusters::default();
    // Where the part begins and how many units it has; the last good place to end it, and its units up to there.
    let (mut start, mut used) = (0, 0);
    let (mut good, mut used_there) = (0, 0);
    for (place, c) in text.char_indices() {
        if clusters.begins(c) {
            (good, used_there) = (place, used);
        }
        if used + cost(c) > room {
            let near = good > start && used - used_there <= LOOK_BACK;
            let (end, used_then) = if near { (good, used_there) } else { (place, used) };
            part(start..end);
            (start, used) = (end, used - used_then);
            used_there = 0;
        }
        used += cost(c);
    }
    part(start..text.len());
}

#[cfg(test)]
mod tests;

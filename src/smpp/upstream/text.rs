//! The text of a receipt: keys in any order and case, with and without blanks, and what vendors add (SMPP 3.4 appendix B;
//! interworking.md A.17).

use iwf_model::text::{self, Alphabet};
use iwf_model::{FinalState, Timestamp, UpstreamNews};

use super::{MAX_ID, news, printable};

/// What the text says.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) name: Box<str>,
    pub(super) state: Option<UpstreamNews>,
    pub(super) error: Option<u32>,
    pub(super) done_at: Option<Timestamp>,
}

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Done,
    State,
    Error,
    /// Nothing to us, but it ends the value before it.
    Other,
    /// Behind it stands what somebody wrote.
    Text,
}

/// The keys as they are written, small. Where one ends with another, the longer stands first.
const KEYS: [(&[u8], Key); 19] = [
    (b"messageid:", Key::Id),
    (b"message_id:", Key::Id),
    (b"msgid:", Key::Id),
    (b"id:", Key::Id),
    (b"submit date:", Key::Other),
    (b"submit_date:", Key::Other),
    (b"submitdate:", Key::Other),
    (b"done date:", Key::Done),
    (b"done_date:", Key::Done),
    (b"donedate:", Key::Done),
    (b"status:", Key::State),
    (b"state:", Key::State),
    (b"stat:", Key::State),
    (b"error:", Key::Error),
    (b"err:", Key::Error),
    (b"sub:", Key::Other),
    (b"dlvrd:", Key::Other),
    (b"delivered:", Key::Other),
    (b"text:", Key::Text),
];

/// Longer texts are not receipts to their end.
const MOST: usize = 1024;
/// data_coding of UTF-16.
const UCS2: u8 = 8;

impl Told {
    /// Reads a text. Receipts are ASCII whatever the alphabet is said to be; some come as UCS-2.
    pub(super) fn read(octets: &[u8], data_coding: u8) -> Self {
        let octets = octets.get(..MOST).unwrap_or(octets);
        let wide = (data_coding == UCS2 && octets.first() == Some(&0))
            .then(|| text::decode(Alphabet::Utf16, octets).into_bytes());
        let octets: Vec<u8> =
            wide.as_deref().unwrap_or(octets).iter().map(|octet| underscore(*octet)).collect();
        let mut told = Self::default();
        let mut rest = octets.as_slice();
        let mut key = None;
        loop {
            let (before, next) = split(rest);
            if let Some(key) = key {
                told.take(key, before);
            }
            match next {
                Some((Key::Text, _)) | None => return told,
                Some((found, after)) => (key, rest) = (Some(found), after),
            }
        }
    }

    /// The first value of a key counts.
    fn take(&mut self, key: Key, value: &[u8]) {
        let value = value.trim_ascii();
        match key {
            Key::Id if self.name.is_empty() => self.name = printable(word(value), MAX_ID),
            Key::State if self.state.is_none() => self.state = state(word(value)),
            Key::Error if self.error.is_none() => self.error = number(word(value)),
            Key::Done if self.done_at.is_none() => self.done_at = date(value),
            _ => {}
        }
    }
}

/// In the GSM 7-bit alphabet `_`, which is in some ids, is 0x11.
fn underscore(octet: u8) -> u8 {
    if octet == 0x11 { b'_' } else { octet }
}

/// What stands before the next key, that key, and what stands behind it.
fn split(octets: &[u8]) -> (&[u8], Option<(Key, &[u8])>) {
    for place in 0..octets.len() {
        let (before, here) = octets.split_at(place);
        let found = KEYS.iter().find_map(|(word, key)| {
            let (head, after) = here.split_at_checked(word.len())?;
            head.eq_ignore_ascii_case(word).then_some((*key, after))
        });
        if found.is_some() {
            return (before, found);
        }
    }
    (octets, None)
}

/// The value without what separates it from the next key.
fn word(value: &[u8]) -> &[u8] {
    let ends = |octet: &u8| octet.is_ascii_whitespace() || b",;|".contains(octet);
    let word = value.split(ends).next().unwrap_or_default();
    word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word)
}

/// DELIVRD and the like; vendors write them out, or write the number of message_state.
fn state(word: &[u8]) -> Option<UpstreamNews> {
    use UpstreamNews as S;
    if let Some(octet) = number(word).and_then(|number| u8::try_from(number).ok()) {
        return news(octet);
    }
    let word = word.to_ascii_uppercase();
    Some(match word.get(..5)? {
        b"DELIV" => S::Ended(FinalState::Delivered),
        b"EXPIR" => S::Ended(FinalState::Expired),
        b"DELET" => S::Ended(FinalState::Deleted),
        b"UNDEL" | b"FAILE" | b"SKIPP" => S::Ended(FinalState::Undeliverable),
        b"REJEC" => S::Ended(FinalState::Rejected),
        b"ACCEP" | b"UNKNO" | b"ENROU" | b"SCHED" | b"BUFFE" | b"PENDI" => S::UnderWay,
        _ => return None,
    })
}

/// Decimal digits, or hexadecimal ones behind 0x; vendors put letters there too, which are no number.
fn number(word: &[u8]) -> Option<u32> {
    let word =
        std::str::from_utf8(word).ok().filter(|word| word.bytes().all(|c| c.is_ascii_alphanumeric()))?;
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// A date of 10, 12 or 14 digits: `YYMMDDhhmm`, `YYMMDDhhmmss`, `YYYYMMDDhhmm` or `YYYYMMDDhhmmss`, perhaps with
/// marks between.
fn date(value: &[u8]) -> Option<Timestamp> {
    let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).take(15).collect();
    let pair = |at: usize| match digits.get(at..at + 2) {
        Some([tens, ones]) => (tens - b'0') * 10 + (ones - b'0'),
        _ => 0,
    };
    let from = |century: u8, at: usize| {
        let year = i32::from(century) * 100 + i32::from(pair(at));
        let time = (pair(at + 6), pair(at + 8), pair(at + 10));
        Timestamp::from_civil((year, pair(at + 2), pair(at + 4)), time)
    };
    match digits.len() {
        10 => from(20, 0),
        12 => from(20, 0).or_else(|| from(pair(0), 2)),
        14 => from(pair(0), 2),
        _ => None,
    }
}

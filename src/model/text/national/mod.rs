//! GSM 7-bit with the letters of a nation (3GPP TS 23.038 6.2.1.2 and annex A): a locking shift table
//! stands in place of the default alphabet, a single shift table in place of its extension table.
//!
//! Annex A prints a few code points wrongly. Where it does, the table follows its own character column,
//! the order of the Unicode block and what phones do; `tests.rs` says where.

mod indic;
mod latin;
mod urdu;

#[cfg(test)]
mod tests;

use super::gsm7::ESC;
use super::language::Language;
use super::windows1252;

/// What the 128 septets mean; U+0000 where the table has no character.
type Table = [char; 128];

const VOID: char = '\0';

/// Reads septets, one per octet.
///
/// What the single shift table lacks is the character of the locking shift table, ESC ESC is a space, a lone
/// ESC at the end is nothing (6.2.1.1). A septet without a character is a space, which is what phones show.
/// Octets from 0x80 are no septets and are read as Windows-1252.
pub(super) fn decode(locking: Language, single: Language, octets: &[u8]) -> String {
    let (locking, single) = (table(&LOCKING, locking), table(&SINGLE, single));
    let mut text = String::with_capacity(octets.len() * 3);
    let mut octets = octets.iter();
    while let Some(octet) = octets.next() {
        text.push(match *octet {
            ESC => match octets.next() {
                None => return text,
                Some(&ESC) => ' ',
                Some(shifted) => match single.get(usize::from(*shifted)) {
                    Some(&c) if c != VOID => c,
                    _ => character(locking, *shifted),
                },
            },
            octet => character(locking, octet),
        });
    }
    text
}

/// Writes septets, one per octet; a character of the single shift table takes two.
pub(super) fn encode(locking: Language, single: Language, text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        match septet(locking, single, c)? {
            Septet::Plain(septet) => octets.push(septet),
            Septet::Shifted(septet) => octets.extend([ESC, septet]),
        }
    }
    Some(octets)
}

/// How many septets a character takes; `None` when the tables lack it.
pub(super) fn cost(locking: Language, single: Language, c: char) -> Option<usize> {
    Some(match septet(locking, single, c)? {
        Septet::Plain(_) => 1,
        Septet::Shifted(_) => 2,
    })
}

enum Septet {
    Plain(u8),
    Shifted(u8),
}

fn septet(locking: Language, single: Language, c: char) -> Option<Septet> {
    let plain = find(table(&LOCKING, locking), c).map(Septet::Plain);
    plain.or_else(|| find(table(&SINGLE, single), c).map(Septet::Shifted))
}

fn find(table: &Table, c: char) -> Option<u8> {
    // Where ASCII is in a table it is mostly at its own place.
    let own = u8::try_from(c).ok().filter(|septet| table.get(usize::from(*septet)) == Some(&c));
    let found = own.or_else(|| (0u8..).zip(table).find(|(_, known)| **known == c).map(|(septet, _)| septet));
    found.filter(|septet| *septet != ESC && c != VOID)
}

fn character(table: &Table, octet: u8) -> char {
    match table.get(usize::from(octet)) {
        Some(&VOID) => ' ',
        Some(c) => *c,
        None => windows1252::character(octet),
    }
}

fn table(tables: &'static [Table; 14], language: Language) -> &'static Table {
    // The identifiers are 0 to 13.
    tables.get(usize::from(language.id())).unwrap_or(&tables[0])
}

/// The locking shift tables by identifier (A.3). Spanish has none: it leaves the default alphabet.
static LOCKING: [Table; 14] = [
    latin::DEFAULT,
    latin::TURKISH_LOCKING,
    latin::DEFAULT,
    latin::PORTUGUESE_LOCKING,
    indic::BENGALI.locking(),
    indic::GUJARATI.locking(),
    indic::HINDI.locking(),
    indic::KANNADA.locking(),
    indic::MALAYALAM.locking(),
    indic::ORIYA.locking(),
    indic::PUNJABI.locking(),
    indic::TAMIL.locking(),
    indic::TELUGU.locking(),
    urdu::LOCKING,
];

/// The single shift tables by identifier (A.2); 0 is the extension table (6.2.1.1).
static SINGLE: [Table; 14] = [
    latin::EXTENSION,
    latin::TURKISH_SINGLE,
    latin::SPANISH_SINGLE,
    latin::PORTUGUESE_SINGLE,
    indic::BENGALI.single(),
    indic::GUJARATI.single(),
    indic::HINDI.single(),
    indic::KANNADA.single(),
    indic::MALAYALAM.single(),
    indic::ORIYA.single(),
    indic::PUNJABI.single(),
    indic::TAMIL.single(),
    indic::TELUGU.single(),
    urdu::SINGLE,
];

//! Many patterns of numbers, and those of them that describe a number.

use std::cmp::Reverse;
use std::ops::Range;

use iwf_model::{Number, Pattern};

/// So few patterns are looked through one by one: a node for each of their digits would cost more than it saves.
const FEW: usize = 8;

/// Patterns in a trie over the digits that they begin with.
///
/// Each has a place in the list of its owner. Of two patterns that describe a number, the closer comes first
/// (interworking.md E.7); of two that are as close, the one with the smaller place.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    /// The first one is the root.
    nodes: Vec<Node>,
    /// Those of a node stand side by side, in their order.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The digits that the pattern begins with: what most of a leaf are told apart by, without a look at the pattern.
    prefix: Packed,
    pattern: Pattern,
    place: u32,
}

/// Digits, four bits each from the top, and how many bits that are.
#[derive(Debug, Clone, Copy)]
struct Packed(u128, u32);

#[derive(Debug, Default)]
struct Node {
    /// The patterns that begin with the digits that lead here: with just these, or in a leaf, with more too.
    entries: Range<u32>,
    /// The node for each further digit; 0, where there is none, is the root and follows nothing.
    next: [u32; 10],
}

impl Patterns {
    /// Indexes patterns with their places.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Pattern, u32)>) -> Self {
        let entry = |(pattern, place): (Pattern, u32)| {
            let prefix = Packed::new(pattern.prefix());
            Entry { prefix, pattern, place }
        };
        let mut entries: Vec<Entry> = entries.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.pattern.prefix().cmp(b.pattern.prefix()));
        let mut patterns = Self { nodes: Vec::new(), entries };
        let all = 0..patterns.entries.len();
        patterns.grow(all, 0);
        patterns
    }

    /// Makes the node of some entries, which have their first `depth` digits in common, and those below it.
    fn grow(&mut self, mut entries: Range<usize>, depth: usize) -> u32 {
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        let own = match entries.len() <= FEW {
            true => entries.clone(),
            false => self.leading(entries.clone(), |prefix| prefix.len() == depth),
        };
        entries.start = own.end;
        if let Some(own) = self.entries.get_mut(own.clone()) {
            own.sort_by_key(|entry| (Reverse(entry.pattern.closeness()), entry.place));
        }
        let mut next = [0; 10];
        for (digit, next) in (b'0'..).zip(&mut next) {
            let begins = |prefix: &str| prefix.as_bytes().get(depth) == Some(&digit);
            let alike = self.leading(entries.clone(), begins);
            entries.start = alike.end;
            if !alike.is_empty() {
                *next = self.grow(alike, depth + 1);
            }
        }
        if let Some(node) = self.nodes.get_mut(node) {
            *node = Node { entries: own.start as u32..own.end as u32, next };
        }
        node as u32
    }

    /// The first of these entries, as long as their prefixes are such.
    fn leading(&self, entries: Range<usize>, is_such: impl Fn(&str) -> bool) -> Range<usize> {
        let of = self.entries.get(entries.clone()).unwrap_or_default();
        entries.start..entries.start + of.partition_point(|entry| is_such(entry.pattern.prefix()))
    }

    /// The patterns that describe a number, the closest first, with their places.
    pub(crate) fn describing(&self, number: &Number) -> impl Iterator<Item = (&Pattern, usize)> {
        let mut path = [None; Number::MAX + 1];
        let mut digits = number.as_str().bytes();
        let mut node = self.nodes.first();
        for step in &mut path {
            *step = node;
            let digit = digits.next().map(|digit| usize::from(digit.saturating_sub(b'0')));
            let next = node.zip(digit).and_then(|(node, digit)| node.next.get(digit));
            node = next.filter(|next| **next != 0).and_then(|next| self.nodes.get(*next as usize));
        }
        let (number, packed) = (*number, Packed::new(number.as_str()));
        let entries = path.into_iter().rev().flatten().flat_map(|node| {
            let Range { start, end } = node.entries;
            self.entries.get(start as usize..end as usize).unwrap_or_default()
        });
        let describing =
            entries.filter(move |entry| entry.prefix.begins(packed) && entry.pattern.matches(&number));
        describing.map(|entry| (&entry.pattern, entry.place as usize))
    }
}

impl Packed {
    fn new(digits: &str) -> Self {
        let place = |(digit, at): (u8, u32)| u128::from(digit & 0xF) << at;
        let packed = digits.bytes().zip((0..u128::BITS).step_by(4).rev()).map(place);
        Self(packed.fold(0, |all, digit| all | digit), 4 * digits.len() as u32)
    }

    /// Whether the other begins with these digits; a shorter one may seem to, if zeros follow.
    fn begins(self, other: Self) -> bool {
        (self.0 ^ other.0).checked_shr(u128::BITS.saturating_sub(self.1)).unwrap_or(0) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::Random;

    fn patterns(texts: &[String]) -> Vec<(Pattern, u32)> {
        texts.iter().map(|text| Pattern::parse(text).unwrap()).zip(0..).collect()
    }

    /// A pattern whose digits are few, so that many of them describe the same numbers.
    fn any(random: &mut Random) -> String {
        let element = |random: &mut Random| ["1", "1", "2", "2", "0", "_", "[12]"][random.below(7)];
        let mut text: String = (0..random.below(7)).map(|_| element(random)).collect();
        if text.is_empty() || random.below(2) == 0 {
            text.push('%');
        }
        text
    }

    #[test]
    fn the_trie_finds_what_looking_at_each_finds_in_the_same_order() {
        let mut random = Random(5);
        for size in [0, 1, 8, 9, 60, 500] {
            let texts: Vec<String> = (0..size).map(|_| any(&mut random)).collect();
            let (all, trie) = (patterns(&texts), Patterns::new(patterns(&texts)));
            for _ in 0..500 {
                let digits: String =
                    (0..=random.below(7)).map(|_| ["1", "2", "0", "4"][random.below(4)]).collect();
                let number: Number = digits.parse().unwrap();
                let mut expected: Vec<_> = all.iter().filter(|(it, _)| it.matches(&number)).collect();
                expected.sort_by_key(|(pattern, place)| (Reverse(pattern.closeness()), *place));
                let expected: Vec<_> = expected.iter().map(|(it, place)| (it, *place as usize)).collect();
                assert_eq!(trie.describing(&number).collect::<Vec<_>>(), expected, "{digits} in {texts:?}");
            }
        }
    }

    #[test]
    fn numbers_of_any_length_are_looked_up() {
        let texts: Vec<String> = (0..20).map(|n| "1".repeat(n + 1)).chain(["%".to_owned()]).collect();
        let trie = Patterns::new(patterns(&texts));
        for length in 1..=20 {
            let places: Vec<_> =
                trie.describing(&"1".repeat(length).parse().unwrap()).map(|it| it.1).collect();
            assert_eq!(places, [length - 1, 20]);
        }
        assert_eq!(trie.describing(&"9".repeat(20).parse().unwrap()).count(), 1);
    }
}

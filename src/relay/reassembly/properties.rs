//! Whatever comes in whatever order, exactly the texts come out, once each.

use iwf_model::text::{Alphabet, Encoding, encode_with};

use super::tests::{at, message, part};
use super::*;
use crate::seeded::Random;

/// Random octets are read as what they are said to be.
const RULE: Rule = Rule { sniffs: false, ..super::tests::RULE };

const CHARACTERS: [char; 12] = ['a', 'ä', '€', '{', '@', '\n', 'ع', 'ш', '😀', '👩', '\u{200D}', ' '];

/// A text, and its octets in an encoding that has all of it.
fn text(random: &mut Random) -> (String, Encoding, Vec<u8>) {
    let few = if random.below(2) == 0 { 6 } else { CHARACTERS.len() };
    let text: String = (0..=random.below(300)).map(|_| CHARACTERS[random.below(few)]).collect();
    let all = [Alphabet::Gsm7, Alphabet::Utf16, Alphabet::Utf8, Alphabet::Utf16Le].map(Encoding::from);
    let first = random.below(all.len());
    let able = all.into_iter().cycle().skip(first).take(all.len());
    let (encoding, octets) =
        able.filter_map(|encoding| Some((encoding, encode_with(encoding, &text)?))).next().unwrap();
    (text, encoding, octets)
}

/// Cuts octets anywhere, characters or not.
fn cut(random: &mut Random, encoding: Encoding, octets: &[u8], reference: u16) -> Vec<Part> {
    let total = 1 + random.below(12);
    let mut cuts: Vec<usize> = (1..total).map(|_| random.below(octets.len() + 1)).collect();
    cuts.extend([0, octets.len()]);
    cuts.sort_unstable();
    let pieces = cuts.windows(2).enumerate();
    pieces
        .map(|(at, ends)| Part {
            encoding,
            reference,
            ..part(at as u8 + 1, total as u8, &octets[ends[0]..ends[1]])
        })
        .collect()
}

#[test]
fn any_texts_cut_anywhere_shuffled_doubled_and_mixed_come_out_once_each() {
    let mut random = Random(11);
    for round in 0..300 {
        let mut assembler = Assembler::default();
        let (mut expected, mut parts) = (Vec::new(), Vec::new());
        for reference in 0..1 + random.below(6) {
            let (text, encoding, octets) = text(&mut random);
            parts.extend(cut(&mut random, encoding, &octets, reference as u16));
            expected.push(text);
        }
        let doubled = random.below(parts.len());
        parts.extend_from_within(..doubled);
        random.shuffle(&mut parts);

        let mut promised = BTreeSet::new();
        let mut storing: Vec<MessageId> = Vec::new();
        for (counter, part) in parts.into_iter().enumerate() {
            let message = message(counter as u32, part);
            match assembler.known(&message, at(0).instant) {
                Some(id) => assert!(promised.contains(&id), "an id that was given"),
                None => {
                    assembler.offer(&message, RULE, at(0)).unwrap();
                    promised.insert(message.id);
                    storing.push(message.id);
                }
            }
            // Commits end in groups, in any order over several binds.
            if random.below(3) == 0 {
                random.shuffle(&mut storing);
                storing.drain(..).for_each(|id| assembler.hold(id, at(0)));
            }
        }
        storing.drain(..).for_each(|id| assembler.hold(id, at(0)));

        let wholes: Vec<_> = std::iter::from_fn(|| assembler.poll_whole()).collect();
        let mut texts: Vec<_> = wholes.iter().map(|(whole, _)| whole.submission.text.clone()).collect();
        expected.sort();
        texts.sort();
        assert_eq!(texts, expected, "round {round}");
        let ended: Vec<_> =
            wholes.iter().flat_map(|(whole, _)| whole.parts.iter().map(|part| part.id)).collect();
        assert_eq!(ended.len(), promised.len(), "each promise has one end");
        assert_eq!(ended.into_iter().collect::<BTreeSet<_>>(), promised);
        assert!(assembler.is_empty() && assembler.members.is_empty());
    }
}

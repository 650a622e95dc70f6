use super::super::seeded::Seeded;
use super::*;
use crate::text::{decode_with, septets};

const ALL: Plan<'static> = Plan {
    gsm7: true,
    locking: &[],
    single: &[],
    latin1: false,
    ucs2: true,
    lossless: false,
    reference: Reference::Concat8,
    max_parts: 255,
};

const TWO: &[Language] = &[Language::Turkish, Language::Hindi];

const NATIONAL: Plan<'static> = Plan { locking: TWO, single: TWO, ..ALL };

fn lengths(text: &str, plan: &Plan<'_>) -> Vec<usize> {
    segment(text, plan).unwrap().parts.iter().map(Vec::len).collect()
}

fn joined(segments: &Segments) -> String {
    decode_with(segments.encoding, &segments.parts.concat())
}

#[test]
fn a_part_has_room_for_what_the_manual_says() {
    let manual = include_str!("../../../../docs/text.md");
    let rows = manual.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let numbers: Vec<usize> = cells.get(2..6)?.iter().map_while(|cell| cell.parse().ok()).collect();
        <[usize; 4]>::try_from(numbers).ok()
    });
    let mut count = 0;
    for [header, septets, octets, units] in rows {
        assert_eq!(capacity(Alphabet::Gsm7, header), septets);
        assert_eq!(capacity(Alphabet::Latin1, header), octets);
        assert_eq!(capacity(Alphabet::Utf16, header), units);
        // Packed behind the header, the septets fill no more than the message.
        let packed = septets::pack(&vec![1; septets], septets::fill_bits(header));
        assert!(header + packed.len() <= 140);
        count += 1;
    }
    assert_eq!(count, 9, "rows of docs/text.md");
}

#[test]
fn the_header_is_as_long_as_its_elements() {
    let plain = Encoding::default();
    let one = Encoding::gsm7(Language::Default, Language::Turkish);
    let both = Encoding::gsm7(Language::Turkish, Language::Turkish);
    for (reference, several, octets) in [
        (Reference::Concat8, false, [0, 4, 7]),
        (Reference::Concat8, true, [6, 9, 12]),
        (Reference::Concat16, true, [7, 10, 13]),
        (Reference::Sar, true, [0, 4, 7]),
    ] {
        let header = [plain, one, both].map(|encoding| reference.header_octets(encoding, several));
        assert_eq!(header, octets, "{reference:?}");
    }
}

#[test]
fn a_text_that_fits_is_one_part_and_one_more_character_makes_two() {
    let concat16 = Plan { reference: Reference::Concat16, ..ALL };
    let sar = Plan { reference: Reference::Sar, ..ALL };
    assert_eq!(lengths("", &ALL), [0]);
    assert_eq!(lengths(&"x".repeat(160), &ALL), [160]);
    assert_eq!(lengths(&"x".repeat(161), &ALL), [153, 8]);
    assert_eq!(lengths(&"x".repeat(161), &concat16), [152, 9]);
    assert_eq!(lengths(&"x".repeat(161), &sar), [160, 1]);
    assert_eq!(lengths(&"م".repeat(70), &ALL), [140]);
    assert_eq!(lengths(&"م".repeat(71), &ALL), [134, 8]);
    assert_eq!(lengths(&"م".repeat(71), &concat16), [132, 10]);
    assert_eq!(lengths(&"x".repeat(1530), &ALL).len(), 10);
    assert_eq!(lengths(&"x".repeat(1531), &ALL).len(), 11);
}

#[test]
fn an_escape_and_two_surrogates_stay_together() {
    assert_eq!(lengths(&format!("{}€{}", "x".repeat(152), "x".repeat(20)), &ALL), [152, 22]);
    assert_eq!(lengths(&format!("{}😀{}", "م".repeat(66), "م".repeat(9)), &ALL), [132, 22]);
    assert_eq!(lengths(&"€".repeat(81), &ALL), [152, 10]);
}

#[test]
fn what_a_reader_sees_as_one_character_stays_together_if_it_is_near() {
    // The family takes eight units, from the 61st on.
    assert_eq!(lengths(&format!("{}👨‍👩‍👧{}", "م".repeat(60), "م".repeat(9)), &ALL)[0], 120);
    assert_eq!(lengths(&format!("{}e\u{301}{}", "م".repeat(66), "م".repeat(9)), &ALL)[0], 132);
    assert_eq!(lengths(&format!("{}\r\n{}", "x".repeat(152), "x".repeat(20)), &ALL)[0], 152);
    // A hundred accents on one letter are no reason for a short part.
    assert_eq!(lengths(&format!("{}e{}", "م".repeat(10), "\u{301}".repeat(100)), &ALL)[0], 134);
}

#[test]
fn the_smallest_encoding_that_has_all_characters_is_chosen() {
    let encoding = |text, plan: &Plan<'_>| count(text, plan).unwrap().0;
    let lossless = Plan { lossless: true, ..ALL };
    let latin1 = Plan { latin1: true, ..lossless };
    assert_eq!(encoding("5 € [ok]", &latin1), Alphabet::Gsm7.into());
    assert_eq!(encoding("it’s", &ALL), Alphabet::Utf16.into());
    assert_eq!(encoding("it’s", &lossless), Alphabet::Gsm7.into());
    assert_eq!(joined(&segment("it’s", &lossless).unwrap()), "it's");
    assert_eq!(encoding("it’s ç", &lossless), Alphabet::Utf16.into());
    assert_eq!(joined(&segment("it’s ç", &lossless).unwrap()), "it’s ç", "kept where it costs nothing");
    assert_eq!(encoding("ça", &latin1), Alphabet::Latin1.into());
    assert_eq!(encoding("šum", &latin1), Alphabet::Utf16.into());
}

#[test]
fn shift_tables_are_used_where_they_make_fewer_parts() {
    let turkish = Plan { locking: &[Language::Turkish], single: &[Language::Turkish], ..ALL };
    let single = Plan { locking: &[], ..turkish };
    let short = "ışık".repeat(10);
    assert_eq!(count(&short, &turkish).unwrap(), (Alphabet::Utf16.into(), 1));
    let long = "ışık ".repeat(20);
    let locked = Encoding::gsm7(Language::Turkish, Language::Default);
    assert_eq!(count(&long, &ALL).unwrap(), (Alphabet::Utf16.into(), 2));
    assert_eq!(count(&long, &turkish).unwrap(), (locked, 1));
    assert_eq!(count(&long, &single).unwrap(), (Alphabet::Utf16.into(), 2), "no gain");
    let few = format!("{} ışık", "kar ".repeat(30));
    assert_eq!(count(&few, &single).unwrap(), (Encoding::gsm7(Language::Default, Language::Turkish), 1));
    assert_eq!(lengths(&"ı".repeat(156), &turkish), [149, 7]);
    let hindi = Plan { locking: &[Language::Hindi], single: &[Language::Hindi], ..ALL };
    assert_eq!(
        count(&"नमस्ते १ ".repeat(15), &hindi).unwrap().0,
        Encoding::gsm7(Language::Hindi, Language::Hindi)
    );
    let typographic = Plan { lossless: true, ucs2: false, ..turkish };
    assert_eq!(joined(&segment("“ışık”", &typographic).unwrap()), "\"ışık\"");
}

#[test]
fn a_text_that_may_not_be_written_is_refused_with_the_reason() {
    let gsm7 = Plan { ucs2: false, ..ALL };
    assert_eq!(segment("مرحبا", &gsm7), Err(SegmentError::Unwritable));
    assert_eq!(count("مرحبا", &gsm7), Err(SegmentError::Unwritable));
    let two = Plan { max_parts: 2, ..ALL };
    assert_eq!(lengths(&"x".repeat(306), &two).len(), 2);
    assert_eq!(segment(&"x".repeat(307), &two), Err(SegmentError::TooLong { parts: 3, max: 2 }));
    assert_eq!(count(&"x".repeat(307), &two).unwrap().1, 3);
}

/// Texts of one language or of a mixture, up to a few parts long.
fn texts(seeded: &mut Seeded, rounds: usize) -> Vec<String> {
    const SCRIPTS: [&str; 8] = [
        "abc XYZ 019 @_$\r\n",
        "a€[]{}~^|\\é",
        "ışğçİĞŞ öü",
        "नमस्ते क्षि १२",
        "مرحبا بكم لا",
        "中文字符，。",
        "😀👨‍👩‍👧🇩🇪👍🏽❤️",
        "it’s “so”… e\u{301}",
    ];
    let scripts = SCRIPTS.map(|script| script.chars().collect::<Vec<char>>());
    let mixed = SCRIPTS.concat().chars().collect();
    let pools: Vec<Vec<char>> = scripts.into_iter().chain([mixed]).collect();
    (0..rounds)
        .map(|_| {
            let pool = seeded.below(pools.len());
            seeded.text(500, &pools[pool])
        })
        .collect()
}

#[test]
fn every_text_comes_back_from_its_parts_and_no_cut_falls_into_a_character() {
    let mut seeded = Seeded(0xC07);
    for text in texts(&mut seeded, 600) {
        let reference = *seeded.one(&[Reference::Concat8, Reference::Concat16, Reference::Sar]);
        let plan = Plan { reference, latin1: seeded.below(2) == 0, ..*seeded.one(&[ALL, NATIONAL]) };
        let segments = segment(&text, &plan).unwrap();
        assert_eq!(joined(&segments), text, "{plan:?}");
        assert_eq!(count(&text, &plan).unwrap(), (segments.encoding, segments.parts.len()));
        let parts = segments.parts.iter().map(|part| decode_with(segments.encoding, part));
        assert_eq!(parts.collect::<String>(), text, "each part alone is a text: {plan:?}");
        let several = segments.parts.len() > 1;
        let room = capacity(segments.encoding.alphabet, reference.header_octets(segments.encoding, several));
        let unit = if segments.encoding.alphabet == Alphabet::Utf16 { 2 } else { 1 };
        for (place, part) in segments.parts.iter().enumerate() {
            assert!(part.len() / unit <= room);
            assert!(!several || !part.is_empty());
            // A part that is not the last is full but for what was kept together.
            let last = place + 1 == segments.parts.len();
            assert!(last || part.len() / unit + LOOK_BACK + 2 > room, "{} of {room}", part.len() / unit);
        }
    }
}

#[test]
fn what_is_written_plainly_is_the_lossless_text_and_nothing_else() {
    let mut seeded = Seeded(0x10551);
    let plan = Plan { lossless: true, ..ALL };
    for text in texts(&mut seeded, 200) {
        let segments = segment(&text, &plan).unwrap();
        let joined = joined(&segments);
        assert!(joined == text || (joined == lossless(&text) && segments.encoding == Alphabet::Gsm7.into()));
    }
}

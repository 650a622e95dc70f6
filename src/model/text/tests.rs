use super::*;

/// A small seeded generator (xorshift64*), so that a failure repeats.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn text(&mut self, alphabet: &[char]) -> String {
        (0..self.below(200)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    fn octets(&mut self) -> Vec<u8> {
        (0..self.below(200)).map(|_| self.below(256) as u8).collect()
    }
}

/// Characters that the alphabet has, without NUL (it is dropped at the end of ASCII and Latin-1).
fn characters(alphabet: Alphabet) -> Vec<char> {
    let wide = ['م', 'Ж', '漢', '😀', '👩', '\u{200D}', '\u{FE0F}', '🇩', '\u{FFFD}', '\u{10FFFF}', '€'];
    let all = (1..0x250u32).filter_map(char::from_u32).chain(wide).chain("ΔΦΓΛΩΠΨΣΘΞ".chars());
    all.filter(|c| encode(alphabet, &c.to_string()).is_some()).collect()
}

#[test]
fn each_alphabet_has_as_many_characters_as_it_should() {
    assert_eq!(characters(Alphabet::Gsm7).len(), 127 + 10);
    assert_eq!(characters(Alphabet::Ascii).len(), 127);
    assert_eq!(characters(Alphabet::Latin1).len(), 127 + 96);
    assert_eq!(characters(Alphabet::Iso8859_8).len(), 127 + 60 - 27 - 3, "without Hebrew letters and marks");
    for alphabet in [Alphabet::Utf16, Alphabet::Utf16Le] {
        assert_eq!(characters(alphabet).len(), characters(Alphabet::Utf8).len());
    }
}

#[test]
fn what_goes_in_comes_out_of_every_alphabet() {
    let mut seeded = Seeded(0x5EED);
    for alphabet in Alphabet::ALL {
        let characters = characters(alphabet);
        for round in 0..2000 {
            let text = seeded.text(&characters);
            let octets = encode(alphabet, &text).unwrap();
            assert_eq!(decode(alphabet, &octets), text, "{alphabet:?}, round {round}");
        }
    }
}

#[test]
fn one_character_that_is_missing_refuses_the_whole_text() {
    for alphabet in [Alphabet::Gsm7, Alphabet::Ascii, Alphabet::Latin1] {
        for place in [0, 1, 31, 32, 33, 99] {
            let mut text = "x".repeat(100);
            text.replace_range(place..=place, "😀");
            assert_eq!(encode(alphabet, &text), None, "{alphabet:?}, place {place}");
        }
    }
}

#[test]
fn any_octets_are_some_text_and_the_second_reading_agrees_with_the_first() {
    let mut seeded = Seeded(0xF00D);
    for alphabet in Alphabet::ALL {
        for _ in 0..2000 {
            let octets = seeded.octets();
            let text = decode(alphabet, &octets);
            if let Some(again) = encode(alphabet, &text) {
                let nul = matches!(alphabet, Alphabet::Ascii | Alphabet::Latin1) && text.ends_with('\0');
                assert!(nul || decode(alphabet, &again) == text, "{alphabet:?} {octets:?}");
            }
        }
    }
}

#[test]
fn a_nul_at_the_end_is_dropped_where_it_is_no_character() {
    assert_eq!(decode(Alphabet::Ascii, b"code\0"), "code");
    assert_eq!(decode(Alphabet::Latin1, b"code\0\0"), "code\0");
    assert_eq!(decode(Alphabet::Gsm7, b"code\0"), "code@");
}

#[test]
fn broken_utf_8_is_read_as_windows_1252() {
    assert_eq!(decode(Alphabet::Utf8, "Grüße 😀".as_bytes()), "Grüße 😀");
    assert_eq!(decode(Alphabet::Utf8, b"Gr\xFC\xDFe"), "Grüße");
}

#[test]
fn the_words_of_configuration_files_are_read_back() {
    for alphabet in Alphabet::ALL {
        assert_eq!(Alphabet::parse(alphabet.as_str()), Some(alphabet));
    }
    assert_eq!(Alphabet::parse("GSM7"), None);
}

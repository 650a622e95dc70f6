//! Where a text is best not cut: inside what a reader sees as one character (Unicode UAX #29, roughly).
//!
//! The ranges are those of scripts that people write short messages in. A mark that is missing here costs no
//! letter: the parts are joined before they are read.

/// Follows a text character by character and says where a character of a reader begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clusters {
    last: Option<char>,
    /// How many regional indicators stand in a row: two of them are a flag.
    indicators: usize,
}

impl Clusters {
    /// Whether the text may be cut before `c`, which becomes the last character seen.
    pub(super) fn begins(&mut self, c: char) -> bool {
        let joined = match (self.last, c) {
            (None, _) => false,
            (Some(JOINER), _) | (Some('\r'), '\n') => true,
            (Some(last), _) if is_virama(last) => true,
            _ if is_indicator(c) => self.indicators % 2 == 1,
            _ => is_mark(c),
        };
        self.indicators = if is_indicator(c) { self.indicators + 1 } else { 0 };
        self.last = Some(c);
        !joined
    }
}

const JOINER: char = '\u{200D}';

fn is_indicator(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

/// The sign that joins two consonants of an Indic script: 0x4D of its block.
fn is_virama(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{D7F}') && u32::from(c) & 0x7F == 0x4D
}

/// Whether the character is read together with the one before it.
#[rustfmt::skip]
fn is_mark(c: char) -> bool {
    match c {
        // Combining marks of all scripts, variation selectors, joiners, skin tones, tags.
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{200C}'..='\u{200D}' | '\u{20D0}'..='\u{20FF}' | '\u{302A}'..='\u{302F}' | '\u{3099}'..='\u{309A}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}'
        | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}' => true,
        // Hebrew points, Arabic vowels, Thaana vowels.
        '\u{591}'..='\u{5BD}' | '\u{5BF}'..='\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}'
        | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}'..='\u{6E8}' | '\u{6EA}'..='\u{6ED}'
        | '\u{7A6}'..='\u{7B0}' => true,
        // The Indic blocks have their signs at the same places; Sinhala has its own.
        '\u{900}'..='\u{D7F}' => matches!(
            u32::from(c) & 0x7F,
            0x00..=0x03 | 0x3A..=0x3C | 0x3E..=0x4F | 0x51..=0x57 | 0x62..=0x63
        ),
        '\u{D81}'..='\u{D83}' | '\u{DCA}'..='\u{DDF}' | '\u{DF2}'..='\u{DF3}' => true,
        // Thai, Lao, Tibetan, Burmese, Khmer.
        '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{EB1}' | '\u{EB4}'..='\u{EBC}'
        | '\u{EC8}'..='\u{ECE}' | '\u{F71}'..='\u{F84}' | '\u{F8D}'..='\u{FBC}' | '\u{102B}'..='\u{103E}'
        | '\u{17B4}'..='\u{17D3}' => true,
        // Vowels and final consonants of decomposed Korean.
        '\u{1160}'..='\u{11FF}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(text: &str) -> Vec<String> {
        let (mut clusters, mut found) = (Clusters::default(), Vec::<String>::new());
        for c in text.chars() {
            if clusters.begins(c) {
                found.push(String::new());
            }
            found.last_mut().unwrap().push(c);
        }
        found
    }

    #[test]
    fn what_a_reader_sees_as_one_character_is_one_cluster() {
        for one in [
            "é",
            "e\u{301}\u{302}",
            "👩‍👩‍👧‍👦",
            "👍🏽",
            "❤️",
            "🇩🇪",
            "क्षि",
            "நி",
            "ก็",
            "בְּ",
            "\r\n",
            "1\u{FE0F}\u{20E3}",
        ] {
            assert_eq!(clusters(one).len(), 1, "{one}");
            assert_eq!(clusters(&format!("a{one}b")).len(), 3, "{one}");
        }
    }

    #[test]
    fn characters_of_their_own_are_clusters_of_their_own() {
        assert_eq!(clusters("ab مرحبا").len(), 8);
        assert_eq!(clusters("🇩🇪🇫🇷🇮🇹"), ["🇩🇪", "🇫🇷", "🇮🇹"]);
        assert_eq!(clusters("漢字😀\n\r"), ["漢", "字", "😀", "\n", "\r"]);
        assert_eq!(clusters("नमस्ते"), ["न", "म", "स्ते"]);
    }
}

//! The national languages of GSM 7-bit (3GPP TS 23.038 6.2.1.2.4).

/// Whose letters a shift table adds to GSM 7-bit, by its National Language Identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Language {
    /// The default alphabet and its extension table: no shift.
    #[default]
    Default = 0,
    /// Annex A.2.1 and A.3.1.
    Turkish = 1,
    /// Annex A.2.2; it has no locking shift table of its own, which leaves the default alphabet.
    Spanish = 2,
    /// Annex A.2.3 and A.3.3.
    Portuguese = 3,
    /// Annex A.2.4 and A.3.4.
    Bengali = 4,
    /// Annex A.2.5 and A.3.5.
    Gujarati = 5,
    /// Annex A.2.6 and A.3.6.
    Hindi = 6,
    /// Annex A.2.7 and A.3.7.
    Kannada = 7,
    /// Annex A.2.8 and A.3.8.
    Malayalam = 8,
    /// Annex A.2.9 and A.3.9.
    Oriya = 9,
    /// Annex A.2.10 and A.3.10.
    Punjabi = 10,
    /// Annex A.2.11 and A.3.11.
    Tamil = 11,
    /// Annex A.2.12 and A.3.12.
    Telugu = 12,
    /// Annex A.2.13 and A.3.13.
    Urdu = 13,
}

impl Language {
    /// Every language; each stands at the place of its identifier.
    pub const ALL: [Self; 14] = [
        Self::Default,
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];

    /// The language of an identifier, the octet of information elements 0x24 and 0x25 (TS 23.040
    /// 9.2.3.24.15, 9.2.3.24.16); `None` for the reserved ones, which a receiver ignores.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// Its identifier, 0 to 13.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The word used in configuration files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Turkish => "turkish",
            Self::Spanish => "spanish",
            Self::Portuguese => "portuguese",
            Self::Bengali => "bengali",
            Self::Gujarati => "gujarati",
            Self::Hindi => "hindi",
            Self::Kannada => "kannada",
            Self::Malayalam => "malayalam",
            Self::Oriya => "oriya",
            Self::Punjabi => "punjabi",
            Self::Tamil => "tamil",
            Self::Telugu => "telugu",
            Self::Urdu => "urdu",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_words_are_read_back_and_reserved_ones_are_none() {
        for (id, language) in (0u8..).zip(Language::ALL) {
            assert_eq!(language.id(), id);
            assert_eq!(Language::from_id(id), Some(language));
            assert_eq!(Language::parse(language.as_str()), Some(language));
        }
        assert_eq!(Language::from_id(14), None);
        assert_eq!(Language::from_id(255), None);
        assert_eq!(Language::parse("Turkish"), None);
    }
}

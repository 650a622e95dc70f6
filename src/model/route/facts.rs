//! What is kept of a routed text when the text itself is gone.

use super::Content;

/// What routes may ask of a text, and how much of it there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TextFacts {
    classes: u8,
    /// How many parts it takes, measured as routes measure it; at least 1.
    pub parts: u8,
}

impl Content {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Unicode, Self::Long, Self::Code, Self::Flash, Self::Urgent];
}

impl TextFacts {
    /// A text of so many parts, in the classes that it is said to be in.
    pub fn new(parts: u8, is: impl Fn(Content) -> bool) -> Self {
        let classes = Content::ALL.into_iter().filter(|class| is(*class)).map(bit);
        Self { classes: classes.fold(0, |all, one| all | one), parts: parts.max(1) }
    }

    /// Whether it is in this class.
    pub fn is(self, content: Content) -> bool {
        self.classes & bit(content) != 0
    }

    /// One number for all, as stored.
    pub fn key(self) -> u16 {
        u16::from_be_bytes([self.parts, self.classes])
    }

    /// Reads the number back.
    pub fn from_key(key: u16) -> Self {
        let [parts, classes] = key.to_be_bytes();
        Self { classes, parts }
    }
}

fn bit(content: Content) -> u8 {
    1 << content as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_from_their_number() {
        for class in Content::ALL {
            let facts = TextFacts::new(3, |one| one == class);
            assert_eq!(TextFacts::from_key(facts.key()), facts);
            assert_eq!(facts.parts, 3);
            assert!(Content::ALL.into_iter().all(|one| facts.is(one) == (one == class)), "{class:?}");
        }
    }
}

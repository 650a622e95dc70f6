//! The history of the provisioning: who changed what, and when.

use std::fmt;

use iwf_model::Timestamp;
use iwf_model::settings::{HIDDEN, has_password};

/// How many entries are kept; the oldest go first.
pub const KEPT: u64 = 1_000_000;

/// What follows [`HIDDEN`], which stands for a password in the history, where it is not the one of before.
pub(crate) const CHANGED: &str = " (changed)";

/// What the settings of a carrier's profile are called, before their keys.
pub(crate) const PROFILE: &str = "profile.";

/// What is provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A carrier, by its name.
    Carrier,
    /// An account, by its username.
    Account,
    /// A connection, by its name.
    Connection,
    /// A route, by its name.
    Route,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Carrier, Self::Account, Self::Connection, Self::Route];

    /// The word used on screens and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Account => "account",
            Self::Connection => "connection",
            Self::Route => "route",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Settings by key, as texts.
pub type Told = Vec<(String, String)>;

/// One change of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place: later ones have larger numbers.
    pub place: u64,
    /// The revision that it led to; a list of changes that was applied as one has one.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it, as the one who changed it said.
    pub by: String,
    /// What was changed.
    pub kind: Kind,
    /// The key in the store of what was changed.
    pub(crate) thing: i64,
    /// Its name, or username.
    pub name: String,
    /// Its settings before; `None`: it was not there.
    pub before: Option<Told>,
    /// Its settings afterwards; `None`: it is gone.
    pub after: Option<Told>,
}

impl Entry {
    /// The keys that differ, with the texts before and after; an empty text where nothing is set.
    pub fn differences(&self) -> Vec<(&str, &str, &str)> {
        let (before, after) = (list(self.before.as_ref()), list(self.after.as_ref()));
        let added = after.iter().filter(|(key, _)| text(before, key).is_none());
        let keys = before.iter().chain(added).map(|(key, _)| key.as_str());
        let both = keys.map(|key| (key, text(before, key), text(after, key)));
        let differing = both.filter(|(_, before, after)| before != after);
        differing
            .map(|(key, before, after)| (key, before.unwrap_or_default(), after.unwrap_or_default()))
            .collect()
    }

    /// Whether a password was there before that is not there any more: it can't be brought back.
    pub fn lost_a_password(&self) -> bool {
        let hidden = |key: &str, text: &str| has_password(key) && text.ends_with(HIDDEN);
        self.differences().iter().any(|(key, before, _)| hidden(key.trim_start_matches(PROFILE), before))
    }
}

fn list(told: Option<&Told>) -> &[(String, String)] {
    told.map_or(&[], Vec::as_slice)
}

fn text<'a>(told: &'a [(String, String)], key: &str) -> Option<&'a str> {
    told.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
}

/// Which entries are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Of this name.
    pub name: Option<String>,
    /// Of this revision.
    pub revision: Option<u64>,
}

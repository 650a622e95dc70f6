//! Looks at an installation and says in plain words what will work and what will not.
//!
//! It changes nothing and sends nothing to anybody but the name servers and the databases that the configuration names.

mod reach;
mod registrar;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;

use iwf_store::Sqlite;

use crate::config::Config;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What it means for the operator.
    pub(crate) weight: Weight,
    /// What it is, as a sentence; of a bad one with the way out.
    pub(crate) text: String,
}

/// What a finding means for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It works.
    Good,
    /// It works, and there is something to know.
    Note,
    /// It does not work.
    Bad,
}

impl Finding {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { weight: Weight::Good, text: text.into() }
    }

    pub(super) fn note(text: impl Into<String>) -> Self {
        Self { weight: Weight::Note, text: text.into() }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { weight: Weight::Bad, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.weight {
            Weight::Good => "works",
            Weight::Note => "note",
            Weight::Bad => "fault",
        };
        write!(f, "{word:<6} {}", self.text)
    }
}

/// Looks at all there is.
pub(crate) async fn examine(config: &Config, store: &Sqlite) -> Vec<Finding> {
    let mut findings = Vec::new();
    let accounts = store::look(config, store, &mut findings).await;
    reach::look(config, &mut findings).await;
    registrar::look(config, &accounts, &mut findings).await;
    findings
}

//! Looks at an installation and says in plain words what will work and what will not.
//!
//! - `ports`: the addresses that are listened on
//! - `certificates`: what we show over TLS
//! - `store`: carriers and accounts
//! - `names`: the names by which others find us
//! - `servers`: those that we send to: the proxy, the services that wake apps, the message centres of connections
//! - `registrar`: the database of another registrar, and the way through it
//! - `ask`: how a server is found and asked whether it is there
//!
//! It changes nothing. What it sends are lookups, and to the servers that the configuration names connections and
//! OPTIONS.

mod ask;
mod certificates;
mod names;
mod ports;
mod registrar;
mod servers;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use ask::Asker;

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

/// Looks at all there is; `data` is the data directory.
pub(crate) async fn examine(config: &Config, data: &Path) -> Vec<Finding> {
    let mut findings = vec![Finding::good("The configuration has no faults.")];
    ports::look(config, data, &mut findings);
    certificates::look(config, &mut findings);
    let accounts = store::look(config, data, &mut findings).await;
    let asker = Asker::new(config);
    names::look(config, &mut findings).await;
    servers::look(config, &asker, &mut findings).await;
    servers::connections(&accounts, &mut findings).await;
    registrar::look(config, &accounts, &asker, &mut findings).await;
    findings
}

//! `iwf import`.

use std::path::{Path, PathBuf};

use clap::Args;
use hyper::Method;

use super::Failure;
use super::client::{Need, Target};
use super::heard::{Heard, Wrong};
use super::output::say;
use crate::config::{self, Document, Faults};
use crate::provisioning::{Plan, as_remote};

/// `iwf import FILE`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The provisioning file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also remove what the file does not name: carriers, accounts, connections and routes
    #[arg(long)]
    prune: bool,
    /// Say what would change and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

impl Import {
    /// Imports the file: all of it or, when anything is wrong, nothing. What is wrong with the file itself is found here,
    /// where its lines are known and the password files that it names can be read.
    pub(super) fn run(self) -> Result<(), Failure> {
        let directory = self.file.parent().unwrap_or(Path::new(""));
        let document = config::read_document(&self.file)?;
        let plan = Plan::of_file(document.clone(), directory)?;
        for warning in &plan.warnings {
            eprintln!("{warning}");
        }
        let body = as_remote(&document, directory)?;
        let path = format!("/v1/import?dry_run={}&prune={}", self.dry_run, self.prune);
        let changed = self.target.ask(Need::Any, async |client| {
            let heard = client.send(Method::POST, &path, &[], Some(&body)).await?;
            match faults(&document, &heard) {
                Some(faults) => Err(faults.into()),
                None => heard.tell_changes(if self.dry_run { "would have " } else { "" }),
            }
        })?;
        if !changed {
            say("nothing changed")?;
        }
        Ok(())
    }
}

/// What contradicts the store, with the lines of the file.
pub(super) fn faults(document: &Document, heard: &Heard) -> Option<Faults> {
    let placed = |wrong: &Wrong| document.fault(&wrong.key(), wrong.message());
    let faults: Vec<_> = heard.wrong().iter().map(placed).collect();
    (!faults.is_empty()).then_some(Faults(faults))
}

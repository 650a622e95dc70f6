//! `iwf import`, and the way every change of the provisioning goes.

use std::path::{Path, PathBuf};

use clap::Args;
use iwf_store::{Provisioning, Store};

use super::Failure;
use super::output::say;
use super::place::{Need, Place};
use crate::api::LOCAL;
use crate::clock;
use crate::config;
use crate::provisioning::{Plan, diff};

/// `iwf import FILE`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The provisioning file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also remove the carriers and accounts that the file does not name
    #[arg(long)]
    prune: bool,
    /// Say what would change and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

impl Import {
    /// Imports the file: all of it or, when anything is wrong, nothing.
    pub(super) fn run(self) -> Result<(), Failure> {
        let directory = self.file.parent().unwrap_or(Path::new(""));
        let plan = Plan::of_file(config::read_document(&self.file)?, directory)?;
        let how = How { prune: self.prune, dry_run: self.dry_run };
        let changed = self.place.with_store(Need::Any, async |store, config| {
            let current = store.provisioning().await?;
            apply(store, &current, &plan, &config.sip.realm, how).await
        })?;
        if !changed {
            say("nothing changed")?;
        }
        Ok(())
    }
}

/// How a plan is applied.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    /// Remove what the plan does not name.
    pub(super) prune: bool,
    /// Change nothing.
    pub(super) dry_run: bool,
}

/// Brings the store to what the plan wants, in one transaction, and prints what changed. Says whether
/// anything did.
pub(super) async fn apply(
    store: &impl Store,
    current: &Provisioning,
    plan: &Plan,
    realm: &str,
    how: How,
) -> Result<bool, Failure> {
    for warning in &plan.warnings {
        eprintln!("{warning}");
    }
    let differences = diff(current, plan, realm, how.prune)?;
    if !how.dry_run && !differences.changes.is_empty() {
        store.provision(differences.changes, LOCAL, None, clock::utc()).await?;
    }
    let would = if how.dry_run { "would have " } else { "" };
    for difference in &differences.listed {
        say(format_args!("{would}{difference}"))?;
    }
    Ok(!differences.listed.is_empty())
}

//! `iwf demo`.

use clap::Args;

use super::Failure;
use crate::demo;

/// What may be asked of the demo.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Leave the store, log and configuration of the demo where they are
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(demo::run(self.keep))?)
    }
}

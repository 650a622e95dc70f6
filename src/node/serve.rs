//! Runs a node until it is told to stop.

use std::path::PathBuf;

use crate::config::Config;

/// Why a node could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {}

/// Runs a node with its data in `data` until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config, data: PathBuf) -> Result<(), ServeError> {
    let _ = (config, data);
    Ok(())
}

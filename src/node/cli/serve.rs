//! `iwf serve`.

use super::{Failure, Place};
use crate::{serve, telemetry};

/// Runs the node until it is told to stop.
pub(super) fn run(place: &Place) -> Result<(), Failure> {
    let config = place.load()?;
    telemetry::init(&config.log);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = config.node.threads {
        runtime.worker_threads(threads);
    }
    runtime.enable_all().build()?.block_on(serve::run(config, place.data.clone()))?;
    Ok(())
}

//! Looks at the node every second: what it holds becomes metrics. Every minute it gives up what is too old.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use crate::clock;
use crate::net::stopped;
use crate::serve::Core;

/// Looks until the node stops.
pub(crate) async fn run(core: Arc<Core>, printer: PrometheusHandle, mut stopping: watch::Receiver<bool>) {
    core.metrics.started_at.set(clock::utc().as_seconds() as f64);
    let mut every = tokio::time::interval(Duration::from_secs(1));
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            _ = minute.tick() => core.receipts.expire(clock::utc()).await,
            () = stopped(&mut stopping) => return,
        }
        look(&core);
        printer.run_upkeep();
    }
}

fn look(core: &Core) {
    let metrics = &core.metrics;
    metrics.messages_waiting.set(core.load.waiting() as f64);
    metrics.receipts_waiting.set(core.receipts.waiting() as f64);
    metrics.registrations.set(core.locations.count() as f64);
    let store = core.store.health();
    metrics.store_queue.set(store.queued as f64);
    metrics.store_writes.absolute(store.writes);
    metrics.store_failures.absolute(store.failures);
}

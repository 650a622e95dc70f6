//! Starts what is served on the admin address.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::door::{Patience, serve};
use super::health::NodeView;
use super::server::pages;
use crate::api::Api;
use crate::config::Config;
use crate::health::NodeHealth;
use crate::serve::Core;

/// Serves until the node stops; gives back the API, whose token is yet to be told to the command line.
pub(crate) fn start(
    config: &Config,
    core: &Arc<Core>,
    listener: TcpListener,
    metrics: PrometheusHandle,
    stopping: &watch::Sender<bool>,
    tasks: &mut JoinSet<()>,
) -> Arc<Api> {
    let node: Arc<dyn NodeView> = Arc::new(NodeHealth::new(&config.node, Arc::clone(core)));
    let api = Api::new(
        Arc::clone(&core.store),
        (&config.sip.realm, core.intake.policy.clone()),
        Some(Arc::clone(&node)),
    );
    let api = Arc::new(api);
    let pages = pages(node, metrics, &api);
    tasks.spawn(serve(listener, None, pages, Patience::default(), stopping.subscribe()));
    api
}

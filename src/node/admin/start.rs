//! Starts what is served on the admin address.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::door::{Patience, serve};
use super::health::NodeView;
use super::server::{Pages, pages};
use crate::api::Api;
use crate::config::Config;
use crate::health::NodeHealth;
use crate::serve::Core;
use crate::sockets::AdminSockets;
use crate::tls::{self, LiveTls};

/// Serves until the node stops; gives back the API, whose token is yet to be told to the command line. Over TLS there may be
/// strangers, so all pages ask for a token there.
pub(crate) fn start(
    config: &Config,
    core: &Arc<Core>,
    (sockets, live): (AdminSockets, Option<Arc<LiveTls>>),
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
    let open = Pages { node, metrics, guard: None };
    let guarded = Pages { guard: Some(Arc::clone(&api)), ..open.clone() };
    let patience = Patience::default();
    tasks.spawn(serve(sockets.plain, None, pages(open, &api), patience, stopping.subscribe()));
    for listener in sockets.tls {
        let pages = pages(guarded.clone(), &api);
        tasks.spawn(serve(listener, live.clone(), pages, patience, stopping.subscribe()));
    }
    if let Some(live) = live {
        tasks.spawn(tls::follow(live, Arc::clone(&core.metrics), stopping.subscribe()));
    }
    api
}

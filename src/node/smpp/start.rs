//! Starts the SMPP side: a task for each address, in the clear and over TLS, those that bind and call, and those that
//! follow the files of TLS.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::Shared;
use super::door::Door;
use super::{client, listener, outbind};
use crate::config::{Config, TlsClientConfig};
use crate::machines;
use crate::serve::Core;
use crate::sip::resolver::Resolver;
use crate::tls::{self, Live, LiveTls};

/// What TLS goes by.
pub(crate) struct Means {
    /// On connections of carriers; `None`: not spoken.
    pub(crate) shown: Option<Arc<LiveTls>>,
    /// On connections of ours.
    pub(crate) trusted: Arc<Live<TlsClientConfig>>,
}

/// Where carriers connect to: in the clear, and over TLS.
pub(crate) type Listeners = (Vec<TcpListener>, Vec<TcpListener>);

/// Starts it all; it ends when `stopping` becomes true.
pub(crate) fn start(
    config: &Config,
    core: &Arc<Core>,
    (plain, over_tls): Listeners,
    Means { shown, trusted }: Means,
    (revision, stopping): (&watch::Sender<u64>, &watch::Sender<bool>),
    tasks: &mut JoinSet<()>,
) {
    let session = machines::session(&config.smpp, core.intake.policy.here);
    let timers = session.timers;
    let shared = Arc::new(Shared {
        session: Arc::new(session),
        door: Arc::new(Door::new(config.smpp.max_connections, config.smpp.max_unbound)),
        core: Arc::clone(core),
        revision: revision.subscribe(),
        stopping: stopping.subscribe(),
    });
    let offers = std::iter::repeat_n(None, plain.len()).chain(std::iter::repeat(shown.clone()));
    for (listener, offer) in plain.into_iter().chain(over_tls).zip(offers) {
        tasks.spawn(listener::run(listener, offer, Arc::clone(&shared)));
    }
    tasks.spawn(outbind::run(Arc::clone(&shared)));
    tasks.spawn(client::run(Arc::new(client::Shared {
        core: Arc::clone(core),
        resolver: Resolver::new(&config.dns.servers),
        trusted: trusted.trusted(),
        environment: core.intake.policy.here,
        timers: machines::client_timers(timers),
        revision: revision.subscribe(),
        stopping: stopping.subscribe(),
    })));
    if let Some(live) = shown {
        tasks.spawn(tls::follow(live, Arc::clone(&core.metrics), stopping.subscribe()));
    }
    if trusted.has_files() {
        tasks.spawn(tls::follow(trusted, Arc::clone(&core.metrics), stopping.subscribe()));
    }
}

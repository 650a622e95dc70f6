//! Runs a node: puts the parts together, announces them, and takes them apart in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use iwf_model::{AccountId, Message, Transport};
use iwf_relay::{Directory, Policy};
use iwf_store::{Options, Sqlite, Start, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::admin::TokenFile;
use crate::announce::Announcement;
use crate::clock;
use crate::complaints::Complaints;
use crate::config::{Config, PushConfig, SipConfig, TlsClientConfig, TlsConfig};
use crate::connections::Connections;
use crate::desk::{Command, Desk};
use crate::elsewhere::Follower;
use crate::entrance::{Bounds, Entrance};
use crate::ids::Ids;
use crate::intake::Intake;
use crate::load::Load;
use crate::parts::Parts;
use crate::passage::Passage;
use crate::push::Pushers;
use crate::rates::Rates;
use crate::reach::Reachable;
use crate::receipts::Receipts;
use crate::sip::driver::{self, Driver};
use crate::sip::links::{self, Connector, Offer};
use crate::sip::local::LocalAddresses;
use crate::sip::locations::Locations;
use crate::sip::proxy::Proxy;
use crate::smpp::binds::Binds;
use crate::smpp::start as smpp;
use crate::sockets::{SipSockets, Sockets};
use crate::telemetry::{Metrics, Side};
use crate::texts::FromCarriers;
use crate::tls::{self, Live, LiveTls, TlsFault};
use crate::tray::Tray;
use crate::upstream::{self, Upstream};
use crate::{admin, machines, provisioned, resume, signals, watchman};

/// Why a node could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The data directory.
    #[error("the data directory {path} can't be used: {error}")]
    Data {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// An address.
    #[error("{key}: cannot listen on {address}: {error}")]
    Listen {
        /// Which configuration key.
        key: &'static str,
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file of TLS.
    #[error("{section}.{}: {fault}", .fault.part.key())]
    Tls {
        /// Which section of the configuration names it.
        section: &'static str,
        /// Which file, and what is wrong with it.
        fault: TlsFault,
    },
    /// What delivers has ended by itself: a fault of ours.
    #[error(
        "the SIP side ended unexpectedly; start the node again, and report what the log says before this"
    )]
    Ended,
    /// The metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// What all parts share.
pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    pub(crate) locations: Arc<Locations>,
    pub(crate) reach: Arc<Reachable>,
    pub(crate) load: Arc<Load>,
    pub(crate) receipts: Arc<Receipts>,
    pub(crate) binds: Arc<Binds>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) from_carriers: Arc<Tray<FromCarriers>>,
    pub(crate) connections: Arc<Connections>,
    /// Where is heard what became of what other systems took.
    pub(crate) upstream: Upstream,
    /// Accounts that another registrar has seen.
    pub(crate) returned: Arc<Tray<AccountId>>,
    pub(crate) intake: Arc<Intake>,
}

/// Runs a node with its data in `data` until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config, data: PathBuf) -> Result<(), ServeError> {
    prepare(&data)?;
    let (metrics, printer) = Metrics::install()?;
    let path = config.store.path.clone().unwrap_or_else(|| data.join("iwf.db"));
    let options = Options { queue_limit: config.store.queue, ..Options::node() };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, options).await?);
    let smpp_tls = live_tls("smpp.tls", Side::Smpp, config.smpp.tls.as_ref())?;
    let sip_tls = sip_tls(&config.sip)?;
    let admin_tls = live_tls("admin.tls", Side::Admin, config.admin.tls.as_ref())?;
    let smpp_trusted = client_tls("smpp", Side::SmppClient, &config.smpp.client_tls)?;
    let smpp_means = smpp::Means { shown: smpp_tls, trusted: smpp_trusted };
    let pushers = pushers(&config.push)?;
    let sockets = Sockets::bind(&config)?;
    let announced = sockets.announced();
    let start = store.start(clock::utc()).await?;
    let (desk, commands) = Desk::new(Arc::clone(&store));
    let (upstream, told) = Upstream::new();
    let policy = machines::policy(&config, store.environment().await?);
    let core = Arc::new(Core::new((&config, policy), store, (desk, upstream), metrics, &start));
    let revision = provisioned::load(&core, &config.sip).await?;
    let mut follower = Follower::new(&core, &config, revision.subscribe());
    if let Some(follower) = &mut follower {
        follower.begin().await;
    }
    resume::bindings(&core).await?;
    let takers = resume::foremost(&core).await?;
    let (draining, drained) = (watch::Sender::new(false), watch::Sender::new(false));

    let mut tasks = JoinSet::new();
    let sip = spawn_sip(
        &config,
        &core,
        (sockets.sip, sip_tls),
        (commands, pushers, (start.clone(), takers)),
        &draining,
        &mut tasks,
    );
    let listeners = (sockets.smpp, sockets.smpp_tls);
    smpp::start(&config, &core, listeners, smpp_means, (&revision, &drained), &mut tasks);
    tasks.spawn(provisioned::watch(Arc::clone(&core), config.sip.clone(), revision, drained.subscribe()));
    if let Some(follower) = follower {
        tasks.spawn(follower.run(drained.subscribe()));
    }
    tasks.spawn(upstream_desk(&core, told).run(drained.subscribe()));
    tasks.spawn(watchman::run(Arc::clone(&core), printer.clone(), drained.subscribe()));
    let api = admin::start(&config, &core, (sockets.admin, admin_tls), printer, &drained, &mut tasks);
    resume::receipts(&core).await?;
    let signalled = signals::listen_for_signals();
    let token = TokenFile::write(&data, api.local.reveal());
    let announcement = Announcement::write(&data, &announced);
    announced.log(&start);

    let mut sip = pin!(sip);
    tokio::select! {
        () = signalled => {}
        // Without it messages would be accepted and go nowhere. The next run takes them up, in doubt.
        () = sip.as_mut() => return Err(ServeError::Ended),
    }
    tracing::info!("stopping: nothing new is accepted");
    core.load.stop();
    draining.send_replace(true);
    wait_at_most(config.node.stop, sip).await;
    drained.send_replace(true);
    wait_at_most(machines::longest_unbind(&config.smpp), async {
        while tasks.join_next().await.is_some() {}
    })
    .await;
    drop((announcement, token));
    core.receipts.interrupt(clock::utc());
    core.store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

impl Core {
    /// An empty one over a store that was started.
    pub(crate) fn new(
        (config, policy): (&Config, Policy),
        store: Arc<dyn Store>,
        (desk, upstream): (Desk, Upstream),
        metrics: Arc<Metrics>,
        start: &Start,
    ) -> Self {
        let directory: Arc<ArcSwap<Directory>> = Arc::default();
        let locations = Arc::new(Locations::new(config.push_providers()));
        let load = Arc::new(Load::at_start(&config.limits, start));
        let receipts = Arc::new(Receipts::new(Arc::clone(&store)));
        let connections: Arc<Connections> = Arc::default();
        let reach = Arc::new(Reachable {
            locations: Arc::clone(&locations),
            elsewhere: Arc::default(),
            receipts: Arc::clone(&receipts),
            directory: Arc::clone(&directory),
            proxy: config.sip.proxy.as_ref().map(Proxy::new),
            connections: Arc::clone(&connections),
        });
        let accepted = Arc::new(Tray::default());
        let intake = Arc::new(Intake {
            directory: Arc::clone(&directory),
            parts: Parts::new(Arc::clone(&accepted), Arc::clone(&metrics)),
            accepted,
            load: Arc::clone(&load),
            ids: Ids::new(config.node.number, start.last_id),
            policy,
            circles: Mutex::default(),
            store: Arc::clone(&store),
            reach: Arc::clone(&reach) as Arc<_>,
            desk,
            passage: Passage::default(),
        });
        let (binds, rates, from_carriers, returned) = Default::default();
        Self {
            store,
            metrics,
            directory,
            locations,
            reach,
            load,
            receipts,
            binds,
            rates,
            from_carriers,
            connections,
            upstream,
            returned,
            intake,
        }
    }
}

/// Starts the SIP side; resolves when what was under way has ended.
fn spawn_sip(
    config: &Config,
    core: &Arc<Core>,
    (sockets, (live, trusted)): (SipSockets, SipTls),
    (commands, pushers, resume): (mpsc::Receiver<Command>, Pushers, (Start, Vec<Arc<Message>>)),
    draining: &watch::Sender<bool>,
    tasks: &mut JoinSet<()>,
) -> impl Future<Output = ()> + use<> {
    let (sender, input) = mpsc::channel(driver::FRAMES_A_TURN);
    let SipConfig { max_connections: all, max_per_address: address, max_silent: unproved, .. } = config.sip;
    let hall = Arc::new(links::Hall {
        entrance: Entrance::new(Bounds { all, address, unproved }),
        complaints: Complaints::default(),
        metrics: Arc::clone(&core.metrics),
        input: sender,
    });
    let listening = |transport, listeners: &[TcpListener]| {
        let local = listeners.iter().filter_map(|listener| listener.local_addr().ok());
        local.map(|local| (transport, local)).collect::<Vec<_>>()
    };
    let over = [listening(Transport::Tcp, &sockets.tcp), listening(Transport::Tls, &sockets.tls)];
    let connector = Connector::new(Arc::clone(&hall), trusted.trusted(), over.concat());
    let SipSockets { udp, tcp, tls, ws, wss } = sockets;
    let origins: Arc<[String]> = config.sip.websocket.origins.clone().into();
    let over_tls = live.as_ref().map(|live| Offer::Tls(Arc::clone(live)));
    let browsers_over_tls = live.as_ref().map(|live| Offer::Wss(Arc::clone(live), Arc::clone(&origins)));
    let doors =
        [(tcp, Some(Offer::Tcp)), (tls, over_tls), (ws, Some(Offer::Ws(origins))), (wss, browsers_over_tls)];
    for (listeners, offer) in doors {
        for (listener, offer) in listeners.into_iter().zip(std::iter::repeat(offer)) {
            let Some(offer) = offer else { continue };
            tasks.spawn(links::listen(listener, offer, Arc::clone(&hall), draining.subscribe()));
        }
    }
    if let Some(live) = live {
        tasks.spawn(tls::follow(live, Arc::clone(&core.metrics), draining.subscribe()));
    }
    if trusted.has_files() {
        tasks.spawn(tls::follow(trusted, Arc::clone(&core.metrics), draining.subscribe()));
    }
    let driver = Driver::new(driver::Parts {
        shared: Arc::new(driver::Shared {
            intake: Arc::clone(&core.intake),
            directory: Arc::clone(&core.directory),
            rates: Arc::clone(&core.rates),
            locations: Arc::clone(&core.locations),
            reach: Arc::clone(&core.reach),
            from_carriers: Arc::clone(&core.from_carriers),
            connections: Arc::clone(&core.connections),
            upstream: core.upstream.clone(),
            returned: Arc::clone(&core.returned),
            accepted: Arc::clone(&core.intake.accepted),
            pushers,
            receipts: Arc::clone(&core.receipts),
            store: Arc::clone(&core.store),
            metrics: Arc::clone(&core.metrics),
        }),
        endpoint: machines::endpoint(),
        uas: machines::uas(&config.sip, config.push_providers()),
        sockets: udp,
        connector,
        addresses: LocalAddresses::new(config.sip.advertise.clone()),
        input,
        hops: machines::next_hops(config),
        commands,
        most_waiting: config.limits.messages_in_memory,
        resume,
    });
    // The driver ends in time by itself; the last turn writes what is left.
    let drain = config.node.stop.saturating_sub(Duration::from_millis(500));
    let running = tokio::spawn(driver.run(draining.subscribe(), drain));
    async move { drop(running.await) }
}

/// Whom we trust on connections of ours.
fn client_tls(
    section: &'static str,
    side: Side,
    config: &TlsClientConfig,
) -> Result<Arc<Live<TlsClientConfig>>, ServeError> {
    Live::load(side, config).map_err(|fault| ServeError::Tls { section, fault })
}

/// Where what other systems tell comes to its messages.
fn upstream_desk(core: &Core, told: mpsc::Receiver<upstream::Told>) -> upstream::Desk {
    let store = Arc::clone(&core.store);
    let parts = (store, core.intake.desk.clone(), Arc::clone(&core.metrics));
    upstream::Desk::new(parts, (core.upstream.clone(), told))
}

/// What SIP shows over TLS, and whom it believes there.
type SipTls = (Option<Arc<LiveTls>>, Arc<Live<TlsClientConfig>>);

/// Reads the files of both.
fn sip_tls(config: &SipConfig) -> Result<SipTls, ServeError> {
    let shown = live_tls("sip.tls", Side::Sip, config.tls.as_ref().or(config.websocket.tls.as_ref()))?;
    Ok((shown, client_tls("sip", Side::SipClient, &config.client_tls)?))
}

/// Reads the files of those who wake apps.
fn pushers(config: &[PushConfig]) -> Result<Pushers, ServeError> {
    Pushers::new(config).map_err(|fault| ServeError::Tls { section: "push", fault })
}

/// Reads the files of TLS, if an address needs them.
fn live_tls(
    section: &'static str,
    side: Side,
    config: Option<&(Vec<SocketAddr>, TlsConfig)>,
) -> Result<Option<Arc<LiveTls>>, ServeError> {
    let live = config.map(|(_, files)| LiveTls::load(side, files)).transpose();
    live.map_err(|fault| ServeError::Tls { section, fault })
}

/// Makes the data directory, readable by its owner alone.
fn prepare(data: &Path) -> Result<(), ServeError> {
    let failed = |error| ServeError::Data { path: data.to_owned(), error };
    std::fs::create_dir_all(data).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

async fn wait_at_most(limit: Duration, work: impl Future<Output = ()>) {
    if tokio::time::timeout(limit, work).await.is_err() {
        tracing::warn!(?limit, "stopping without waiting longer");
    }
}

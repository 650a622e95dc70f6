//! Runs a node: puts the parts together, announces them, and takes them apart in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use iwf_model::Message;
use iwf_relay::{Directory, Limits};
use iwf_store::{Options, Sqlite, Start, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::announce::{Announced, Announcement};
use crate::clock;
use crate::config::{Config, SmppConfig};
use crate::desk::{Command, Desk};
use crate::health::NodeHealth;
use crate::ids::Ids;
use crate::intake::Intake;
use crate::load::Load;
use crate::parts::Parts;
use crate::passage::Passage;
use crate::reach::Reachable;
use crate::receipts::Receipts;
use crate::sip::driver::{self, Driver};
use crate::sip::local::LocalAddresses;
use crate::sip::locations::Locations;
use crate::sip::tcp;
use crate::sip::udp::Udp;
use crate::smpp::binds::Binds;
use crate::smpp::door::Door;
use crate::smpp::{connection, listener, outbind};
use crate::telemetry::Metrics;
use crate::texts::FromCarriers;
use crate::tls::{self, LiveTls, TlsFault};
use crate::tray::Tray;
use crate::{admin, machines, net, provisioned, resume, watchman};

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
    pub(crate) from_carriers: Arc<Tray<FromCarriers>>,
    pub(crate) intake: Arc<Intake>,
}

/// The sockets, bound before anything is promised.
struct Sockets {
    smpp: Vec<TcpListener>,
    smpp_tls: Vec<TcpListener>,
    udp: Vec<Udp>,
    tcp: Vec<TcpListener>,
    admin: TcpListener,
}

/// Runs a node with its data in `data` until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config, data: PathBuf) -> Result<(), ServeError> {
    prepare(&data)?;
    let (metrics, printer) = Metrics::install()?;
    let path = config.store.path.clone().unwrap_or_else(|| data.join("iwf.db"));
    let options = Options { queue_limit: config.store.queue, ..Options::node() };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, options).await?);
    let tls = config.smpp.tls.as_ref().map(|(_, tls)| LiveTls::load(tls)).transpose();
    let tls = tls.map_err(|fault| ServeError::Tls { section: "smpp.tls", fault })?;
    let sockets = Sockets::bind(&config)?;
    let announced = sockets.announced();
    let start = store.start(clock::utc()).await?;
    let (desk, commands) = Desk::new(Arc::clone(&store));
    let core = Arc::new(Core::new(&config, store, desk, metrics, &start));
    let revision = provisioned::load(&core, &config.sip).await?;
    resume::bindings(&core).await?;
    let takers = resume::foremost(&core).await?;
    let (draining, drained) = (watch::Sender::new(false), watch::Sender::new(false));

    let mut tasks = JoinSet::new();
    let sip = spawn_sip(
        &config,
        &core,
        (sockets.udp, sockets.tcp),
        (commands, (start.clone(), takers)),
        &draining,
        &mut tasks,
    );
    let smpp = smpp_shared(&config.smpp, &core, &revision, &drained);
    spawn_smpp(&smpp, (sockets.smpp, sockets.smpp_tls), tls, &mut tasks);
    tasks.spawn(provisioned::watch(Arc::clone(&core), config.sip.clone(), revision, drained.subscribe()));
    tasks.spawn(watchman::run(Arc::clone(&core), printer.clone(), drained.subscribe()));
    let health = Arc::new(NodeHealth::new(&config.node, Arc::clone(&core)));
    tasks.spawn(admin::serve(sockets.admin, health, printer, drained.subscribe()));
    resume::receipts(&core).await?;
    let announcement = Announcement::write(&data, &announced);
    announced.log(&start);

    let mut sip = pin!(sip);
    tokio::select! {
        () = wait_for_signal() => {}
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
    drop(announcement);
    core.receipts.interrupt(clock::utc());
    core.store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

impl Core {
    fn new(config: &Config, store: Arc<dyn Store>, desk: Desk, metrics: Arc<Metrics>, start: &Start) -> Self {
        let directory: Arc<ArcSwap<Directory>> = Arc::default();
        let locations: Arc<Locations> = Arc::default();
        let limits = &config.limits;
        let most = [limits.waiting_per_account, limits.waiting_per_carrier];
        let [per_account, per_carrier] = most.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
        let load = Arc::new(Load::new(limits.waiting_in_all, (per_account, per_carrier)));
        start.waiting.iter().for_each(|(recipient, count)| load.add(*recipient, *count));
        let receipts = Arc::new(Receipts::new(Arc::clone(&store)));
        let reach =
            Arc::new(Reachable { locations: Arc::clone(&locations), receipts: Arc::clone(&receipts) });
        let accepted = Arc::new(Tray::default());
        let intake = Arc::new(Intake {
            directory: Arc::clone(&directory),
            parts: Parts::new(Arc::clone(&accepted), Arc::clone(&metrics)),
            accepted,
            load: Arc::clone(&load),
            ids: Ids::new(config.node.number, start.last_id),
            limits: Limits { default_validity: limits.default_validity, max_validity: limits.max_validity },
            store: Arc::clone(&store),
            reach: Arc::clone(&reach) as Arc<_>,
            desk,
            passage: Passage::default(),
        });
        let (binds, from_carriers) = Default::default();
        Self { store, metrics, directory, locations, reach, load, receipts, binds, from_carriers, intake }
    }
}

impl Sockets {
    fn bind(config: &Config) -> Result<Self, ServeError> {
        let smpp = bind_all("smpp.listen", &config.smpp.listen)?;
        let tls = config.smpp.tls.as_ref().map_or(&[][..], |(listen, _)| listen);
        let smpp_tls = bind_all("smpp.tls.listen", tls)?;
        let tcp = bind_all("sip.tcp", &config.sip.tcp)?;
        let one = |address: &SocketAddr| {
            Udp::bind(*address).map_err(|error| ServeError::Listen {
                key: "sip.udp",
                address: *address,
                error,
            })
        };
        let udp = config.sip.udp.iter().map(one).collect::<Result<_, _>>()?;
        let admin = bind_one("admin.listen", config.admin.listen)?;
        Ok(Self { smpp, smpp_tls, udp, tcp, admin })
    }

    fn announced(&self) -> Announced {
        let of =
            |listeners: &[TcpListener]| listeners.iter().filter_map(|one| one.local_addr().ok()).collect();
        Announced {
            smpp: of(&self.smpp),
            smpp_tls: of(&self.smpp_tls),
            sip_udp: self.udp.iter().map(Udp::local).collect(),
            sip_tcp: of(&self.tcp),
            admin: of(std::slice::from_ref(&self.admin)),
        }
    }
}

fn bind_all(key: &'static str, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ServeError> {
    addresses.iter().map(|address| bind_one(key, *address)).collect()
}

fn bind_one(key: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    net::listen(address).map_err(|error| ServeError::Listen { key, address, error })
}

/// Starts the SIP side; resolves when what was under way has ended.
fn spawn_sip(
    config: &Config,
    core: &Arc<Core>,
    (udp, listeners): (Vec<Udp>, Vec<TcpListener>),
    (commands, resume): (mpsc::Receiver<Command>, (Start, Vec<Arc<Message>>)),
    draining: &watch::Sender<bool>,
    tasks: &mut JoinSet<()>,
) -> impl Future<Output = ()> + use<> {
    let input = mpsc::channel(4096);
    let places = Arc::new(Semaphore::new(config.sip.max_connections));
    for listener in listeners {
        let refused = core.metrics.sip_connections_refused.clone();
        let stopping = draining.subscribe();
        tasks.spawn(tcp::listen(listener, Arc::clone(&places), refused, input.0.clone(), stopping));
    }
    let driver = Driver::new(driver::Parts {
        shared: Arc::new(driver::Shared {
            intake: Arc::clone(&core.intake),
            directory: Arc::clone(&core.directory),
            locations: Arc::clone(&core.locations),
            reach: Arc::clone(&core.reach),
            from_carriers: Arc::clone(&core.from_carriers),
            accepted: Arc::clone(&core.intake.accepted),
            receipts: Arc::clone(&core.receipts),
            store: Arc::clone(&core.store),
            metrics: Arc::clone(&core.metrics),
        }),
        endpoint: machines::endpoint(),
        uas: machines::uas(&config.sip),
        sockets: udp,
        addresses: LocalAddresses::new(config.sip.advertise.clone()),
        input,
        commands,
        most_waiting: config.limits.messages_in_memory,
        resume,
    });
    // The driver ends in time by itself; the last turn writes what is left.
    let drain = config.node.stop.saturating_sub(Duration::from_millis(500));
    let running = tokio::spawn(driver.run(draining.subscribe(), drain));
    async move { drop(running.await) }
}

fn smpp_shared(
    config: &SmppConfig,
    core: &Arc<Core>,
    revision: &watch::Sender<u64>,
    stopping: &watch::Sender<bool>,
) -> Arc<connection::Shared> {
    Arc::new(connection::Shared {
        session: Arc::new(machines::session(config)),
        door: Arc::new(Door::new(config.max_connections, config.max_unbound)),
        core: Arc::clone(core),
        revision: revision.subscribe(),
        stopping: stopping.subscribe(),
    })
}

/// Starts a task for each address, in the clear and over TLS, and one that follows the files of TLS.
fn spawn_smpp(
    shared: &Arc<connection::Shared>,
    (plain, over_tls): (Vec<TcpListener>, Vec<TcpListener>),
    live: Option<Arc<LiveTls>>,
    tasks: &mut JoinSet<()>,
) {
    for listener in plain {
        tasks.spawn(listener::run(listener, None, Arc::clone(shared)));
    }
    for listener in over_tls {
        tasks.spawn(listener::run(listener, live.clone(), Arc::clone(shared)));
    }
    tasks.spawn(outbind::run(Arc::clone(shared)));
    if let Some(live) = live {
        tasks.spawn(tls::follow(live, Arc::clone(&shared.core.metrics), shared.stopping.clone()));
    }
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

async fn wait_for_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}

async fn wait_at_most(limit: Duration, work: impl Future<Output = ()>) {
    if tokio::time::timeout(limit, work).await.is_err() {
        tracing::warn!(?limit, "stopping without waiting longer");
    }
}

//! A node without its other sides: what our binds need of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use iwf_model::{
    Account, AccountId, AccountState, Address, Alphabet, Carrier, CarrierId, Connection, ConnectionId,
    EnvironmentId, Link, LinkState, Message, MessageId, Origin, Party, Profile, Progress, ReceiptRequest,
    Recipient, RouteId, Settings, Submission, Validity,
};
use iwf_relay::Directory;
use iwf_smpp::Timers;
use iwf_store::{Options, Sqlite, Store};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::centre::LONG;
use crate::desk::Desk;
use crate::serve::Core;
use crate::sip::resolver::Resolver;
use crate::smpp::client::board::BindReport;
use crate::smpp::client::{self, Shared};
use crate::telemetry::Metrics;
use crate::texts::FromCarriers;
use crate::upstream::{Told, Upstream};
use crate::{clock, config, machines, tls};

pub(super) const CARRIER: CarrierId = CarrierId(1);
pub(super) const CONNECTION: ConnectionId = ConnectionId(1);

/// The node.
pub(super) struct House {
    pub(super) core: Arc<Core>,
    revision: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    told: mpsc::Receiver<Told>,
    task: JoinHandle<()>,
    folder: PathBuf,
}

impl House {
    /// With one connection of these settings.
    pub(super) async fn open(settings: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("iwf-client-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let config = config::load(None, std::iter::empty()).unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.join("iwf.db"), Options::node()).await.unwrap());
        let start = store.start(clock::utc()).await.unwrap();
        let (desk, _commands) = Desk::new(Arc::clone(&store));
        let policy = machines::policy(&config, EnvironmentId::default());
        let (metrics, _) = Metrics::install().unwrap();
        let (upstream, told) = Upstream::new();
        let core = Core::new((&config, policy), store, (desk, upstream), metrics, &start);
        let core = Arc::new(core);
        core.directory.store(Arc::new(directory(settings, LinkState::Started)));
        let (revision, stopping) = (watch::Sender::new(0), watch::Sender::new(false));
        let task = tokio::spawn(client::run(Arc::new(Shared {
            core: Arc::clone(&core),
            resolver: Resolver::new(&["127.0.0.1:1".parse().unwrap()]),
            trusted: Arc::new(arc_swap::ArcSwap::from_pointee(tls::client(&config.smpp.client_tls).unwrap())),
            environment: EnvironmentId::default(),
            timers: machines::client_timers(Timers::default()),
            revision: revision.subscribe(),
            stopping: stopping.subscribe(),
        })));
        Self { core, revision, stopping, told, task, folder }
    }

    /// An admin changes the connection.
    pub(super) async fn provisions(&self, settings: &[(&str, &str)]) {
        self.core.directory.store(Arc::new(directory(settings, LinkState::Started)));
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// An admin starts, isolates or stops it.
    pub(super) async fn turns(&self, settings: &[(&str, &str)], state: LinkState) {
        self.core.directory.store(Arc::new(directory(settings, state)));
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(super) fn id(&self, number: u32) -> MessageId {
        MessageId::compose(5_000_000_000, 1, number).unwrap()
    }

    /// Gives a text to the connection; false when nobody takes it.
    pub(super) fn gives_at_all(&self, number: u32) -> bool {
        self.core.connections.give(CONNECTION, &Arc::new(self.message(number)))
    }

    /// The same, when somebody does.
    pub(super) async fn gives(&self, number: u32) {
        self.until(|| self.gives_at_all(number)).await;
    }

    /// What the binds tell of texts, so much of it.
    pub(super) async fn told(&self, count: usize) -> Vec<FromCarriers> {
        let mut ends = Vec::new();
        while ends.len() < count {
            timeout(LONG, self.core.from_carriers.filled()).await.expect("an end");
            let mut told = Vec::new();
            self.core.from_carriers.take(&mut told);
            ends.extend(told.into_iter().filter(|one| matches!(one, FromCarriers::Ended(..))));
        }
        ends
    }

    pub(super) async fn upstream(&mut self) -> Told {
        timeout(LONG, self.told.recv()).await.expect("a receipt").unwrap()
    }

    pub(super) async fn accepted(&self) -> Arc<Message> {
        timeout(LONG, self.core.intake.accepted.filled()).await.expect("a message");
        let mut messages = Vec::new();
        self.core.intake.accepted.take(&mut messages);
        messages.remove(0)
    }

    pub(super) async fn is_stored(&self, message: MessageId) -> bool {
        self.core.store.story(message).await.unwrap().is_some()
    }

    pub(super) async fn report(&self) -> BindReport {
        self.report_when(|_| true).await
    }

    /// How the bind stands, once it stands so.
    pub(super) async fn report_when(&self, so: impl Fn(&BindReport) -> bool) -> BindReport {
        let mut found = None;
        self.until(|| {
            found = self.core.connections.report(CONNECTION).into_iter().find(&so);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    pub(super) async fn until(&self, mut so: impl FnMut() -> bool) {
        let wait = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, wait).await.expect("it comes to that");
    }

    /// The node stops.
    pub(super) async fn stop(&self) {
        self.stopping.send_replace(true);
    }

    fn message(&self, number: u32) -> Message {
        let now = clock::utc();
        Message {
            id: self.id(number),
            submission: Submission {
                origin: Origin::Account(AccountId(1)),
                source: Address::Number("1111".parse().unwrap()),
                destination: "222333".parse().unwrap(),
                source_as_submitted: Party::default(),
                destination_as_submitted: Party::default(),
                text: "hello".into(),
                receipt: ReceiptRequest::NONE,
                validity: Validity::Default,
                reference: None,
                options: None,
            },
            recipient: Recipient::Route(RouteId(1)),
            accepted_at: now,
            expires_at: now.after(Duration::from_secs(3600)),
            progress: Progress::default(),
            story: Vec::new(),
            parts: Vec::new(),
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn directory(settings: &[(&str, &str)], state: LinkState) -> Directory {
    let mut link = Link { state, ..Link::default() };
    link.set("carrier", "Carrier1").unwrap();
    settings.iter().for_each(|(key, text)| link.set(key, text).unwrap());
    let connection = Connection { id: CONNECTION, name: "Vendor1".into(), link };
    let carrier = Carrier {
        id: CARRIER,
        name: "Carrier1".into(),
        system_id: "carrier1".into(),
        password_hash: String::new(),
        enabled: true,
        max_binds: 2,
        rate: 0,
        window: 10,
        alphabet: Alphabet::Gsm7,
        profile: Profile::default(),
    };
    let account = Account {
        id: AccountId(1),
        username: "1111".into(),
        ha1_md5: String::new(),
        ha1_sha256: String::new(),
        ha1_sha512_256: None,
        realm: "iwf".into(),
        digest: None,
        tls_only: false,
        dids: vec!["1111".parse().unwrap()],
        state: AccountState::Active,
    };
    Directory::new(vec![carrier], vec![account], vec![connection], Vec::new())
}

/// The body of a deliver_sm.
pub(super) fn deliver_sm(to: &str, esm_class: u8, text: &[u8]) -> Vec<u8> {
    let mut body = b"\0\x01\x01222333\0\x01\x01".to_vec();
    body.extend(to.as_bytes());
    body.extend([0, esm_class, 0, 0, 0, 0, 0, 0, 0, 0, text.len() as u8]);
    body.extend(text);
    body
}

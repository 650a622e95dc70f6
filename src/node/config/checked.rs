//! The configuration as the node uses it: what is in here can't be wrong.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iwf_model::{Challenge, Number, NumberPlan};
use iwf_sip::locate::NextHop;
use iwf_sip::uas::{StrangerPolicy, Trunk};
use iwf_store::usrloc::UsrlocOptions;

use crate::push::Template;

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// This process.
    pub(crate) node: NodeConfig,
    /// The SMPP server.
    pub(crate) smpp: SmppConfig,
    /// The SIP side.
    pub(crate) sip: SipConfig,
    /// What routes are asked about.
    pub(crate) routing: RoutingConfig,
    /// Whom we ask for addresses.
    pub(crate) dns: DnsConfig,
    /// Where messages are kept.
    pub(crate) store: StoreConfig,
    /// The admin address.
    pub(crate) admin: AdminConfig,
    /// What is logged, and how.
    pub(crate) log: LogConfig,
    /// What is bounded.
    pub(crate) limits: LimitsConfig,
    /// Who wakes apps; empty for nobody.
    pub(crate) push: Vec<PushConfig>,
    /// Another registrar whose contacts are reached too; `None`: apps register here and nowhere else.
    pub(crate) registrar: Option<RegistrarConfig>,
}

/// This process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeConfig {
    /// The name of the installation, such as `env1`; 1-32 letters, digits, `-`, `_` or `.`.
    pub(crate) environment: String,
    /// The number of this node within it, 0-99: part of every message id.
    pub(crate) number: u8,
    /// Worker threads; `None` is one for each core.
    pub(crate) threads: Option<usize>,
    /// How long a stop may take before what is still open is closed.
    pub(crate) stop: Duration,
}

/// The SMPP server; the timers are those of SMPP 5.0 2.7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SmppConfig {
    /// Where carriers connect to in the clear; empty for none.
    pub(crate) listen: Vec<SocketAddr>,
    /// Where they connect to over TLS, and what they are shown there; `None` for nowhere.
    pub(crate) tls: Option<(Vec<SocketAddr>, TlsConfig)>,
    /// What we call ourselves in a bind_resp; 1-15 octets of ASCII.
    pub(crate) system_id: String,
    /// The most connections, bound or not.
    pub(crate) max_connections: usize,
    /// The most connections of one IP address that have not bound.
    pub(crate) max_unbound: usize,
    /// From the connection to the bind, a TLS handshake included.
    pub(crate) session_init: Duration,
    /// From the first octet of a PDU to its last.
    pub(crate) whole_pdu: Duration,
    /// Silence after which we ask whether the peer is still there.
    pub(crate) enquire_link: Duration,
    /// How long we wait for enquire_link_resp; the second miss closes.
    pub(crate) enquire_link_response: Duration,
    /// Silence of the peer after which we unbind.
    pub(crate) inactivity: Duration,
    /// How long we wait for deliver_sm_resp.
    pub(crate) response: Duration,
    /// How long we wait for unbind_resp.
    pub(crate) unbind: Duration,
    /// The most receipts that may be unanswered on one bind.
    pub(crate) receipts_window: usize,
    /// TLS to those that we bind to.
    pub(crate) client_tls: TlsClientConfig,
}

/// What a server shows over TLS, and whom it trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsConfig {
    /// PEM: our certificate, then those between it and a root.
    pub(crate) certificate: PathBuf,
    /// PEM: its private key.
    pub(crate) key: PathBuf,
    /// PEM: who signs the certificates of clients; `None`: clients are not asked for one.
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether a client without a certificate is turned away.
    pub(crate) client_required: bool,
}

/// TLS on connections that we open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsClientConfig {
    /// PEM: who signs the certificates of servers; `None`: the public authorities.
    pub(crate) server_ca: Option<PathBuf>,
    /// PEM: the certificate and the key that we show to servers that ask who we are.
    pub(crate) shown: Option<(PathBuf, PathBuf)>,
}

/// The SIP side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SipConfig {
    /// Where apps reach us over UDP.
    pub(crate) udp: Vec<SocketAddr>,
    /// Where apps reach us over TCP.
    pub(crate) tcp: Vec<SocketAddr>,
    /// Where they reach us over TLS, and what they are shown there; `None` for nowhere.
    pub(crate) tls: Option<(Vec<SocketAddr>, TlsConfig)>,
    /// How apps in browsers reach us.
    pub(crate) websocket: WebSocketConfig,
    /// What we write into Via and From when it is not the address that we listen on.
    pub(crate) advertise: Option<Advertise>,
    /// The domains that are ours, in lower case; empty: the address by which we were reached.
    pub(crate) domains: Vec<String>,
    /// The realm of the digest; every HA1 is bound to it.
    pub(crate) realm: String,
    /// What is challenged with, unless the account says otherwise.
    pub(crate) algorithm: Challenge,
    /// Whether auth-int is offered too.
    pub(crate) auth_int: bool,
    /// A shorter registration is refused with 423 (RFC 3261 10.3 step 7).
    pub(crate) min_expires: Duration,
    /// What a registration gets that asks for nothing.
    pub(crate) default_expires: Duration,
    /// What a registration gets at most.
    pub(crate) max_expires: Duration,
    /// The same behind a NAT over UDP.
    pub(crate) max_expires_behind_nat: Duration,
    /// The same for an app that is woken by push.
    pub(crate) max_expires_with_push: Duration,
    /// How often an app with outbound shows on its connection that it lives; `None` leaves it to the app.
    pub(crate) flow_timer: Option<Duration>,
    /// What Service-Route names: SIP URIs.
    pub(crate) service_route: Vec<String>,
    /// The most contacts of an account; one more replaces the oldest.
    pub(crate) max_contacts: usize,
    /// The most connections, of whatever transport.
    pub(crate) max_connections: usize,
    /// The most connections of one IP address.
    pub(crate) max_per_address: usize,
    /// The most connections of one IP address from which no message has come yet.
    pub(crate) max_silent: usize,
    /// TLS to those that we connect to.
    pub(crate) client_tls: TlsClientConfig,
    /// The proxy that texts go to.
    pub(crate) proxy: Option<ProxyConfig>,
    /// How those are met who have not proved who they are.
    pub(crate) strangers: StrangerPolicy,
    /// Numbers for emergencies.
    pub(crate) emergency: Vec<Number>,
    /// Peers whose word about senders is taken.
    pub(crate) trunks: Vec<Trunk>,
}

/// SIP over WebSocket (RFC 7118).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebSocketConfig {
    /// Where it is spoken in the clear.
    pub(crate) plain: Vec<SocketAddr>,
    /// Where it is spoken over TLS, and what is shown there; `None` for nowhere. Browsers are not asked for a certificate.
    pub(crate) tls: Option<(Vec<SocketAddr>, TlsConfig)>,
    /// The pages that may connect, as browsers name them (RFC 6454); empty: all of them.
    pub(crate) origins: Vec<String>,
}

/// A proxy that knows where apps are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyConfig {
    /// Its URI.
    pub(crate) uri: String,
    /// Where it is.
    pub(crate) hop: NextHop,
    /// What Route names: the URI, if it has `lr` (RFC 3261 16.12).
    pub(crate) route: Option<String>,
    /// The domain of our accounts as the proxy knows them.
    pub(crate) domain: String,
    /// For whom.
    pub(crate) when: ProxyWhen,
    /// Whether texts beyond 1300 octets go to it over UDP like all others.
    pub(crate) udp_large: bool,
}

/// Whose texts go to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyWhen {
    /// Of accounts without a device that can be reached here.
    Unregistered,
    /// Of all accounts.
    Always,
}

/// Whom we ask for addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DnsConfig {
    /// Name servers; empty: those of the system.
    pub(crate) servers: Vec<SocketAddr>,
}

/// A service that wakes apps (RFC 8599).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushConfig {
    /// What apps name it in `pn-provider`, in lower case.
    pub(crate) provider: String,
    /// How its answers are understood.
    pub(crate) kind: PushKind,
    /// Where it is asked.
    pub(crate) url: Template,
    /// Header fields beyond Content-Type and Authorization.
    pub(crate) headers: Vec<(String, Template)>,
    /// JSON.
    pub(crate) body: Template,
    /// What is in this file goes into Authorization, as a bearer token.
    pub(crate) token_file: Option<PathBuf>,
    /// PEM: who signs its certificate; `None`: an authority of the web.
    pub(crate) server_ca: Option<PathBuf>,
    /// Whether senders and texts may stand in its pushes.
    pub(crate) with_text: bool,
    /// How long one answer may take.
    pub(crate) timeout: Duration,
    /// How many pushes may be under way.
    pub(crate) concurrency: usize,
}

/// Whose answers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushKind {
    /// Anybody's: by their status alone.
    Webhook,
    /// Firebase Cloud Messaging, HTTP v1.
    Fcm,
    /// Apple Push Notification service.
    Apns,
}

/// The address by which others reach us, when it is not the one we listen on (NAT, DNS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advertise {
    /// A host name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: String,
    /// The port, when it differs.
    pub(crate) port: Option<u16>,
}

/// The database of another registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistrarConfig {
    /// Where it is, and how it is read.
    pub(crate) database: UsrlocOptions,
    /// How often it is asked what is new.
    pub(crate) poll: Duration,
    /// The domain of the users that are ours, in lower case; `None`: of whichever.
    pub(crate) domain: Option<String>,
    /// The URI of the server, for contacts that came to it without a Path; `None`: the socket in their row.
    pub(crate) edge: Option<String>,
}

/// What routes are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoutingConfig {
    /// How apps write numbers; `None`: as they are.
    pub(crate) plan: Option<NumberPlan>,
}

/// Where messages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreConfig {
    /// The file of the database; `None`: `iwf.db` in the data directory.
    pub(crate) path: Option<PathBuf>,
    /// The most writes that may wait for a commit; beyond it submits are throttled.
    pub(crate) queue: usize,
}

/// The admin address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AdminConfig {
    /// A loopback address: what is said there is not encrypted.
    pub(crate) listen: SocketAddr,
    /// Where the same is served over TLS, and what is shown there; `None` for nowhere.
    pub(crate) tls: Option<(Vec<SocketAddr>, TlsConfig)>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// Lines for people or for machines.
    pub(crate) format: LogFormat,
    /// A level, or levels by module as `tracing_subscriber::EnvFilter` reads them.
    pub(crate) level: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A line for people.
    Human,
    /// A JSON object a line.
    Json,
}

/// What is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitsConfig {
    /// How long a message waits that asks for nothing.
    pub(crate) default_validity: Duration,
    /// How long a message waits at most.
    pub(crate) max_validity: Duration,
    /// The most messages that wait for one account.
    pub(crate) waiting_per_account: usize,
    /// The most texts that wait for one carrier.
    pub(crate) waiting_per_carrier: usize,
    /// The most messages that wait in all.
    pub(crate) waiting_in_all: usize,
    /// The most waiting messages that are kept in memory; the others wait in the store.
    pub(crate) messages_in_memory: usize,
}

impl Config {
    /// Through whom apps may be woken.
    pub(crate) fn push_providers(&self) -> Vec<String> {
        self.push.iter().map(|push| push.provider.clone()).collect()
    }
}

impl StoreConfig {
    /// The file of the database of a node with its data in `data`.
    pub(crate) fn file(&self, data: &Path) -> PathBuf {
        self.path.clone().unwrap_or_else(|| data.join("iwf.db"))
    }
}

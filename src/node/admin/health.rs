//! What a node says of itself.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use iwf_model::{Cancel, Connection, Denial};
use iwf_relay::Directory;
use serde::{Deserialize, Serialize};

use crate::smpp::client::board::BindReport;
use crate::smpp::probe::{Bind, Report};

/// Whoever knows how the node is, and can have it do something. Called on the runtime: nothing blocks.
pub(crate) trait NodeView: Send + Sync + 'static {
    /// How it is now.
    fn health(&self) -> Health;

    /// What the carrier of that name really does on its binds; `None`: there is no such carrier.
    fn probe(&self, carrier: &str) -> Option<Report>;

    /// Every bind there is now, by carrier and then by number.
    fn binds(&self) -> Vec<Bound>;

    /// The provisioning in force.
    fn directory(&self) -> Arc<Directory>;

    /// Whether a text could go over a connection now.
    fn takes_texts(&self, connection: &Connection) -> bool;

    /// Takes messages back.
    fn cancel(&self, cancel: Cancel) -> Cancelling;

    /// The binds of ours of every connection, by name; none of one that does not bind.
    fn connections(&self) -> Vec<(String, Vec<BindReport>)>;
}

/// Resolves when what was taken back is so durably.
pub(crate) type Cancelling = Pin<Box<dyn Future<Output = Result<(), Denial>> + Send>>;

/// A bind of a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    /// The name of the carrier.
    pub(crate) carrier: String,
    /// Tells it from the other binds of this carrier, as long as the node runs.
    pub(crate) number: u64,
    /// What it is.
    #[serde(flatten)]
    pub(crate) bind: Bind,
}

/// The state of a node in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// All is well.
    Ok,
    /// It runs, and something does not: what, the parts say.
    Degraded,
    /// It is being stopped and takes nothing new.
    Stopping,
}

impl Status {
    /// The word shown to people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Stopping => "stopping",
        }
    }
}

/// A part of the node that may fail by itself, such as the store or a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// `store`, `smpp 127.0.0.1:2775`, `sip udp 127.0.0.1:5060`.
    pub(crate) name: String,
    /// Whether it works.
    pub(crate) ok: bool,
    /// What is wrong with it; empty when nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) detail: String,
}

/// The answer to `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// The state of the whole; [`Health::new`] derives it from the parts.
    pub(crate) status: Status,
    /// The version that runs.
    pub(crate) version: String,
    /// The name of the installation.
    pub(crate) environment: String,
    /// The number of the node.
    pub(crate) node: u8,
    /// Its process.
    pub(crate) process: u32,
    /// For how long it has run.
    pub(crate) uptime_seconds: u64,
    /// Its parts.
    pub(crate) parts: Vec<Part>,
    /// Accepted messages that have not ended.
    pub(crate) messages_waiting: u64,
    /// Receipts that no carrier has taken yet.
    pub(crate) receipts_waiting: u64,
    /// Contacts that are registered.
    pub(crate) registrations: u64,
    /// Binds that are open.
    pub(crate) binds: u64,
}

impl Health {
    /// The health of a node of which nothing is counted yet: degraded when a part does not work.
    pub(crate) fn new(environment: &str, node: u8, parts: Vec<Part>) -> Self {
        let status = if parts.iter().all(|part| part.ok) { Status::Ok } else { Status::Degraded };
        Self {
            status,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            environment: environment.to_owned(),
            node,
            process: std::process::id(),
            uptime_seconds: 0,
            parts,
            messages_waiting: 0,
            receipts_waiting: 0,
            registrations: 0,
            binds: 0,
        }
    }
}

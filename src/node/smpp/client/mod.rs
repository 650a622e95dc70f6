//! Binds of ours to the message centres of others: a task for each, as the provisioning has them.
//!
//! - `plan`: which binds are to be there
//! - `lines`: keeps a task for each of them
//! - `line`: one bind through all its tries
//! - `dial`: its connection: names, TCP, TLS
//! - `link`: its session, as long as it lasts
//! - `board`: what is shown of it
//!
//! What a PDU means is decided by `iwf_smpp::Client`, when a bind is tried again by `iwf_relay::Rebind`.

pub(crate) mod board;
mod dial;
mod line;
mod lines;
mod link;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;
use iwf_model::EnvironmentId;
use iwf_smpp::Timers;
use rustls::ClientConfig;
use tokio::sync::watch;

pub(crate) use self::lines::run;
use crate::serve::Core;
use crate::sip::resolver::Resolver;

/// What all binds of ours share.
pub(crate) struct Shared {
    /// The rest of the node.
    pub(crate) core: Arc<Core>,
    /// Finds hosts by their names.
    pub(crate) resolver: Resolver,
    /// Whom we trust, as the files last said it.
    pub(crate) trusted: Arc<ArcSwap<ClientConfig>>,
    /// Who we are towards other environments of ours.
    pub(crate) environment: EnvironmentId,
    /// The timers of every session; how often it is asked whether the link lives is the connection's own.
    pub(crate) timers: Timers,
    /// Grows when the provisioning changes.
    pub(crate) revision: watch::Receiver<u64>,
    /// Becomes true when the node stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

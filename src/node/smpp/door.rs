//! The door of the SMPP server: how many may stand in it, what is remembered of those who came, and what is said
//! of those who came to the wrong one.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iwf_model::Stranger;
use iwf_smpp::BindGuard;

use crate::complaints::Complaints;
use crate::entrance::{Bounds, Entrance, Full, Visit};
use crate::telemetry::{Metrics, Turned};

/// Shared by all listeners.
pub(crate) struct Door {
    entrance: Arc<Entrance>,
    guard: Mutex<BindGuard>,
    complaints: Complaints,
}

/// Claims, addresses and system_ids that are remembered: about 10 MB when all are there.
const REMEMBERED: usize = 20_000;

impl Door {
    /// For so many connections, and so many of one address that have not bound.
    pub(crate) fn new(max_connections: usize, max_unbound: usize) -> Self {
        let bounds = Bounds { all: max_connections, address: max_connections, unproved: max_unbound };
        Self {
            entrance: Entrance::new(bounds),
            guard: Mutex::new(BindGuard::new(REMEMBERED)),
            complaints: Complaints::default(),
        }
    }

    /// Lets a connection in, or says which limit it would break. Its bind is what it has to prove.
    pub(crate) fn enter(&self, peer: SocketAddr) -> Result<Visit, Turned> {
        self.entrance.enter(peer).map_err(|full| match full {
            Full::All | Full::Address => Turned::Connections,
            Full::Unproved => Turned::Address,
        })
    }

    /// Who was wrong, and who binds too often.
    pub(super) fn guard(&self) -> MutexGuard<'_, BindGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts somebody who speaks another protocol, and says what to do about it.
    pub(super) fn turn_away(&self, address: IpAddr, stranger: Stranger, metrics: &Metrics) {
        self.complain(address, &advice(stranger));
        metrics.smpp_strangers.of(stranger).increment(1);
    }

    /// Says what is wrong with an address, once a minute.
    pub(super) fn complain(&self, address: IpAddr, what: &dyn Display) {
        if self.complaints.are_due(address) {
            tracing::warn!(%address, %what, "SMPP connection closed; the next minute's from there are not logged");
        }
    }
}

/// What an operator can do about somebody who speaks another protocol.
fn advice(stranger: Stranger) -> &'static str {
    match stranger {
        Stranger::Tls => {
            "a TLS client came to a port for SMPP in the clear: it must connect to an address of smpp.tls.listen, or switch TLS off"
        }
        Stranger::ClearSmpp => {
            "SMPP in the clear came to a port for TLS: the carrier must switch TLS on, or connect to an address of smpp.listen"
        }
        Stranger::Http => {
            "an HTTP client or scanner came to the SMPP port: if it is a health check of yours, let it do no more than connect, or ask GET /health on admin.listen"
        }
        Stranger::Sip => {
            "a SIP client or scanner came to the SMPP port: apps connect to an address of sip.udp or sip.tcp"
        }
        Stranger::Ssh => {
            "an SSH client or scanner came to the SMPP port: let a firewall pass nobody but your carriers"
        }
        Stranger::Proxy => {
            "a load balancer puts PROXY protocol headers before its connections: switch them off, they are not read here"
        }
    }
}

//! How the node is, for `GET /health` and `iwf status`.

use std::sync::Arc;
use std::time::Instant;

use iwf_model::{Cancel, Connection};
use iwf_relay::Directory;

use crate::admin::{Bound, Cancelling, Health, NodeView, Part, Status};
use crate::clock;
use crate::config::NodeConfig;
use crate::serve::Core;
use crate::smpp::client::board::BindReport;
use crate::smpp::probe::Report;

/// Looks at the parts of the node when it is asked.
pub(crate) struct NodeHealth {
    environment: String,
    number: u8,
    started_at: Instant,
    core: Arc<Core>,
}

impl NodeHealth {
    /// Of a node that starts now.
    pub(crate) fn new(config: &NodeConfig, core: Arc<Core>) -> Self {
        let (environment, number) = (config.environment.clone(), config.number);
        Self { environment, number, started_at: clock::now().instant, core }
    }
}

impl NodeView for NodeHealth {
    fn health(&self) -> Health {
        let store = self.core.store.health();
        let detail = store.last_error.unwrap_or_default();
        let part = Part { name: String::from("store"), ok: detail.is_empty(), detail };
        let mut health = Health::new(&self.environment, self.number, vec![part]);
        if self.core.load.is_stopping() {
            health.status = Status::Stopping;
        }
        health.uptime_seconds = self.started_at.elapsed().as_secs();
        health.messages_waiting = self.core.load.waiting() as u64;
        health.receipts_waiting = self.core.receipts.waiting() as u64;
        health.registrations = self.core.locations.count() as u64;
        health.binds = self.core.binds.count() as u64;
        health
    }

    fn probe(&self, carrier: &str) -> Option<Report> {
        let directory = self.core.directory.load();
        let carrier = directory.carriers().find(|known| known.name == carrier)?;
        Some(self.core.binds.report(carrier))
    }

    fn connections(&self) -> Vec<(String, Vec<BindReport>)> {
        let directory = self.core.directory.load();
        let report = |connection: &Arc<Connection>| {
            (connection.name.clone(), self.core.connections.report(connection.id))
        };
        let mut connections: Vec<_> = directory.connections().map(report).collect();
        connections.sort_by(|a, b| a.0.cmp(&b.0));
        connections
    }

    fn binds(&self) -> Vec<Bound> {
        let directory = self.core.directory.load();
        let mut binds: Vec<Bound> = directory
            .carriers()
            .flat_map(|carrier| {
                let of = |(number, bind)| Bound { carrier: carrier.name.clone(), number, bind };
                self.core.binds.open(carrier.id).into_iter().map(of)
            })
            .collect();
        binds.sort_by(|a, b| (&a.carrier, a.number).cmp(&(&b.carrier, b.number)));
        binds
    }

    fn directory(&self) -> Arc<Directory> {
        self.core.directory.load_full()
    }

    fn takes_texts(&self, connection: &Connection) -> bool {
        let directory = self.core.directory.load();
        let carrier = directory.carrier_of(connection).filter(|_| connection.link.receivers);
        carrier.is_some_and(|carrier| self.core.receipts.has_receiver(carrier.id))
            || self.core.connections.of(connection.id).texts.has_receiver()
    }

    fn cancel(&self, cancel: Cancel) -> Cancelling {
        Box::pin(self.core.intake.desk.cancel(cancel))
    }
}

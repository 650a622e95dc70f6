//! `node.json` in the data directory: where a running node listens. It is there from the moment the node is ready
//! until it has stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use iwf_store::Start;
use serde::{Deserialize, Serialize};

/// The addresses of a running node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Announced {
    pub(crate) smpp: Vec<SocketAddr>,
    pub(crate) smpp_tls: Vec<SocketAddr>,
    pub(crate) sip_udp: Vec<SocketAddr>,
    pub(crate) sip_tcp: Vec<SocketAddr>,
    pub(crate) sip_tls: Vec<SocketAddr>,
    pub(crate) sip_ws: Vec<SocketAddr>,
    pub(crate) sip_wss: Vec<SocketAddr>,
    pub(crate) admin: Vec<SocketAddr>,
    pub(crate) admin_tls: Vec<SocketAddr>,
}

/// The file; dropping it removes it.
pub(crate) struct Announcement {
    path: PathBuf,
}

/// The name of the file within the data directory.
pub(crate) const FILE: &str = "node.json";

impl Announcement {
    /// Writes the file in one step, so that a reader never sees half of it.
    pub(crate) fn write(data: &Path, announced: &Announced) -> Self {
        let path = data.join(FILE);
        let mut document = serde_json::json!(announced);
        document["pid"] = std::process::id().into();
        let next = path.with_extension("json.next");
        let written =
            std::fs::write(&next, document.to_string()).and_then(|()| std::fs::rename(&next, &path));
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), %error, "the addresses of the node could not be announced");
        }
        Self { path }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

impl Announced {
    /// Says in the log where the node listens and what it found.
    pub(crate) fn log(&self, start: &Start) {
        let Self { smpp, smpp_tls, sip_udp, sip_tcp, sip_tls, sip_ws, sip_wss, admin, admin_tls } = self;
        tracing::info!(
            ?smpp,
            ?smpp_tls,
            ?sip_udp,
            ?sip_tcp,
            ?sip_tls,
            ?sip_ws,
            ?sip_wss,
            ?admin,
            ?admin_tls,
            "ready"
        );
        let (Start { clean, receipts, .. }, waiting) = (start, start.waiting_in_all());
        if *clean {
            tracing::info!(waiting, receipts, "going on with what waits");
        } else {
            tracing::warn!(
                waiting,
                receipts,
                "the last run did not end cleanly: what waits is marked in doubt"
            );
        }
    }
}

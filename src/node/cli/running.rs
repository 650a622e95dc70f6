//! The node that runs on a data directory: where it is.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::Failure;
use crate::announce::FILE;

/// What a running node writes into its data directory, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub(super) struct Running {
    /// Its process.
    pub(super) pid: u32,
    admin: Vec<SocketAddr>,
}

impl Running {
    /// The node that has announced itself there. It may be gone without having taken leave.
    pub(super) fn find(data: &Path) -> Result<Option<Self>, Failure> {
        let path = data.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
        };
        let read = serde_json::from_str(&text);
        Ok(read.map_err(|error| format!("{} is not what a node writes: {error}", path.display()))?)
    }

    /// What is said when there is none.
    pub(super) fn none(data: &Path) -> Failure {
        let data = data.display();
        format!(
            "no node runs with its data in {data}; `iwf serve` starts one, --data names another directory"
        )
        .into()
    }

    /// Where it is asked.
    pub(super) fn admin(&self) -> Option<SocketAddr> {
        self.admin.first().copied()
    }

    /// Whether somebody is there. A node that was killed has left its announcement behind; its store is free.
    pub(super) fn listens(&self) -> bool {
        let refused = |error: std::io::Error| error.kind() == ErrorKind::ConnectionRefused;
        self.admin().is_some_and(|admin| !TcpStream::connect_timeout(&admin, CONNECT).is_err_and(refused))
    }
}

const CONNECT: Duration = Duration::from_secs(5);

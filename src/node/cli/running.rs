//! The node that runs on a data directory: where it is, and what it answers.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Failure;
use crate::admin::TOKEN_FILE;

/// What a running node writes into its data directory, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub(super) struct Running {
    /// Its process.
    pub(super) pid: u32,
    admin: Vec<SocketAddr>,
    /// What it knows the command line by.
    #[serde(skip)]
    token: String,
}

impl Running {
    /// The node of that data directory; fails when none runs there.
    pub(super) fn find(data: &Path) -> Result<Self, Failure> {
        let path = data.join("node.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let data = data.display();
                return Err(format!("no node runs with its data in {data}; `iwf serve` starts one, --data names another directory").into());
            }
            Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
        };
        let read = serde_json::from_str(&text);
        let mut running: Self =
            read.map_err(|error| format!("{} is not what a node writes: {error}", path.display()))?;
        let path = data.join(TOKEN_FILE);
        running.token = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(running)
    }

    /// What it answers to a GET; `None`: it does not know such a thing.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Failure> {
        let answer = ask(&self.admin, path, self.token.trim()).map_err(|error| {
            let pid = self.pid;
            format!("the node (process {pid}) does not answer: {error}; it may have been killed: `iwf serve` starts it again")
        })?;
        let (head, body) =
            answer.split_once("\r\n\r\n").ok_or("the node answers something that is no HTTP")?;
        if head.split(' ').nth(1) == Some("404") {
            return Ok(None);
        }
        let read = serde_json::from_str(body);
        Ok(Some(read.map_err(|error| format!("the answer of the node can't be read: {error}"))?))
    }
}

/// A GET by hand: one short answer over loopback needs no HTTP client.
fn ask(admin: &[SocketAddr], path: &str, token: &str) -> Result<String, Failure> {
    let admin = admin.first().ok_or("it has no admin address")?;
    let mut socket = TcpStream::connect_timeout(admin, TIMEOUT)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    let head =
        format!("GET {path} HTTP/1.0\r\nHost: iwf\r\nAuthorization: Bearer {token}\r\nConnection: close");
    write!(socket, "{head}\r\n\r\n")?;
    let mut answer = String::new();
    socket.take(MOST_OCTETS).read_to_string(&mut answer)?;
    Ok(answer)
}

const TIMEOUT: Duration = Duration::from_secs(5);
const MOST_OCTETS: u64 = 1 << 20;

//! `iwf status`: how the node that runs on a data directory is.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::Failure;
use super::output::say;
use super::place::Place;
use super::table::plain;
use crate::admin::{Health, Status};

/// `iwf status`
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// As JSON: what /health answers
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Ask {
    /// Asks the running node; fails when it does not answer or is not well.
    pub(super) fn run(self) -> Result<(), Failure> {
        let node = Announced::read(&self.place.data)?;
        let health = ask(&node.admin).map_err(|error| {
            let pid = node.pid;
            format!("the node (process {pid}) does not answer: {error}; it may have been killed: `iwf serve` starts it again")
        })?;
        if self.json {
            say(serde_json::to_string_pretty(&health)?)?;
        } else {
            say(render(node.pid, &health).trim_end())?;
        }
        match health.status {
            Status::Ok => Ok(()),
            other => Err(format!("the node is {}", other.as_str()).into()),
        }
    }
}

/// What a running node writes into its data directory, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Announced {
    pid: u32,
    admin: Vec<SocketAddr>,
}

impl Announced {
    fn read(data: &Path) -> Result<Self, Failure> {
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
        Ok(read.map_err(|error| format!("{} is not what a node writes: {error}", path.display()))?)
    }
}

fn render(pid: u32, health: &Health) -> String {
    let mut page = format!(
        "{} ({} node {}, version {}, process {pid}, up {} s)\n\
         {} messages wait, {} receipts wait, {} registrations, {} binds\n",
        health.status.as_str(),
        plain(&health.environment),
        health.node,
        plain(&health.version),
        health.uptime_seconds,
        health.messages_waiting,
        health.receipts_waiting,
        health.registrations,
        health.binds,
    );
    for part in &health.parts {
        let state = if part.ok { "works" } else { "does not work" };
        let detail =
            if part.detail.is_empty() { String::new() } else { format!(": {}", plain(&part.detail)) };
        page.push_str(&format!("{} {state}{detail}\n", plain(&part.name)));
    }
    page
}

/// `GET /health` by hand: one short answer over loopback needs no HTTP client.
fn ask(admin: &[SocketAddr]) -> Result<Health, Failure> {
    let admin = admin.first().ok_or("it has no admin address")?;
    let mut socket = TcpStream::connect_timeout(admin, TIMEOUT)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.write_all(b"GET /health HTTP/1.0\r\nHost: iwf\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.take(MOST_OCTETS).read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("it answers something that is no HTTP")?;
    Ok(serde_json::from_str(body).map_err(|error| format!("its answer can't be read: {error}"))?)
}

const TIMEOUT: Duration = Duration::from_secs(5);
const MOST_OCTETS: u64 = 1 << 20;

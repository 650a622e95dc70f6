//! A node as a child process: the real binary, with its own data, on loopback.

mod config;
mod metrics;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

pub use config::{Addresses, Setting};

/// A place for a node: its directory, its data, its ports. Several nodes may run there one after another.
#[derive(Debug)]
pub struct Installation {
    binary: PathBuf,
    directory: PathBuf,
    settings: Vec<Setting>,
    addresses: Option<Addresses>,
    keep: bool,
}

/// A running node. Dropping it kills it.
#[derive(Debug)]
pub struct Node {
    child: Child,
    addresses: Addresses,
}

/// Why a node does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A file or process of ours failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The node ended before it was ready.
    #[error("the node ended at once ({0}); its log says:\n{1}")]
    Ended(ExitStatus, String),
    /// The node took too long.
    #[error("the node was not {0} within {1:?}; its log says:\n{2}")]
    Late(&'static str, Duration, String),
    /// A command of the product failed.
    #[error("iwf {0} failed:\n{1}")]
    Command(String, String),
    /// What a command wrote is not what was expected.
    #[error("iwf {0} wrote no JSON: {1}")]
    NoJson(String, serde_json::Error),
    /// There is no such metric on its page.
    #[error("there is no metric {0}")]
    NoMetric(String),
    /// A metric did not come to its value.
    #[error("{0} is {1}, not {2}")]
    OtherValue(String, f64, f64),
}

const READY: Duration = Duration::from_secs(20);
const STOPPED: Duration = Duration::from_secs(20);
const COMMAND: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

impl Installation {
    /// Makes a fresh directory for nodes of `binary`; it is removed when this is dropped.
    pub fn new(binary: &Path, settings: Vec<Setting>) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("iwf-sim-{}-{count}", std::process::id()));
        std::fs::create_dir_all(directory.join("data"))?;
        let binary = binary.to_owned();
        Ok(Self { binary, directory, settings, addresses: None, keep: false })
    }

    /// Lines of the configuration of the nodes that are started from now on, besides those it has.
    pub fn configure(&mut self, settings: Vec<Setting>) {
        self.settings.extend(settings);
    }

    /// Leaves the directory where it is when this is dropped.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    /// Where everything is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The directory of the data.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Starts a node and waits until it says that it is ready. From the second time on it takes the ports
    /// of the first.
    pub async fn start(&mut self) -> Result<Node, NodeError> {
        let file = self.directory.join("iwf.toml");
        std::fs::write(&file, config::write(&self.settings, self.addresses.as_ref()))?;
        let ready = self.data().join("node.json");
        if ready.exists() {
            std::fs::remove_file(&ready)?;
        }
        let log = File::options().create(true).append(true).open(self.directory.join("node.log"))?;
        let child = self
            .command()
            .arg("serve")
            .args([Path::new("--config"), &file, Path::new("--data"), &self.data()])
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let node = self.await_ready(child, &ready).await?;
        self.addresses = Some(node.addresses.clone());
        Ok(node)
    }

    /// The binary, free of what our own environment would have it do.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("IWF_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn await_ready(&self, mut child: Child, ready: &Path) -> Result<Node, NodeError> {
        let deadline = Instant::now() + READY;
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(NodeError::Ended(status, self.log_tail()));
            }
            let written = std::fs::read(ready).ok();
            let addresses = written.and_then(|octets| serde_json::from_slice::<Addresses>(&octets).ok());
            if let Some(addresses) = addresses.filter(|at| Some(at.pid) == child.id()) {
                return Ok(Node { child, addresses });
            }
            if Instant::now() > deadline {
                return Err(NodeError::Late("ready", READY, self.log_tail()));
            }
            sleep(POLL).await;
        }
    }

    /// Provisions with the text of a file for `iwf import`.
    pub async fn import(&self, provisioning: &str) -> Result<(), NodeError> {
        let file = self.directory.join("provisioning.toml");
        std::fs::write(&file, provisioning)?;
        self.run(&["import", &file.to_string_lossy()]).await.map(|_| ())
    }

    /// What is known of a message: what `iwf message show ID --json` writes.
    pub async fn story(&self, id: &str) -> Result<serde_json::Value, NodeError> {
        let written = self.run(&["message", "show", id, "--json"]).await?;
        serde_json::from_slice(&written)
            .map_err(|error| NodeError::NoJson(format!("message show {id}"), error))
    }

    /// The same for people.
    pub async fn story_text(&self, id: &str) -> Result<String, NodeError> {
        let written = self.run(&["message", "show", id]).await?;
        Ok(String::from_utf8_lossy(&written).into_owned())
    }

    /// What waits from a sender for a number: what `iwf message list --json` writes.
    pub async fn waiting(&self, source: &str, destination: &str) -> Result<serde_json::Value, NodeError> {
        let words = ["message", "list", "--json", "--source", source, "--destination", destination];
        let written = self.run(&words).await?;
        serde_json::from_slice(&written).map_err(|error| NodeError::NoJson("message list".to_owned(), error))
    }

    async fn run(&self, words: &[&str]) -> Result<Vec<u8>, NodeError> {
        let mut command = self.command();
        command.args(words).arg("--data").arg(self.data());
        let failed = |what: String| NodeError::Command(words.join(" "), what);
        let output = timeout(COMMAND, command.output())
            .await
            .map_err(|_| failed(format!("no end within {COMMAND:?}")))??;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = [output.stdout, output.stderr].concat();
        Err(failed(String::from_utf8_lossy(&said).into_owned()))
    }

    /// The last lines of what the nodes logged.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.directory.join("node.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Stops a node as an operator does, with SIGTERM, and waits for its end.
    pub async fn stop(&self, mut node: Node) -> Result<(), NodeError> {
        // std has no signal but SIGKILL; `kill` is built into every POSIX shell.
        let signal = format!("kill -TERM {}", node.addresses.pid);
        Command::new("sh").args(["-c", &signal]).status().await?;
        let status = timeout(STOPPED, node.child.wait())
            .await
            .map_err(|_| NodeError::Late("stopped", STOPPED, self.log_tail()))??;
        if status.success() { Ok(()) } else { Err(NodeError::Ended(status, self.log_tail())) }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if !self.keep {
            // What can't be removed is in a directory for temporary files.
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

impl Node {
    /// Where it is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Kills it with SIGKILL and waits for its end.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

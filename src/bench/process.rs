//! The programs under measurement: the product and the floor, each a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::secret::Secret;

/// Where a program listens; the product writes it to `node.json` when it is ready.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Listeners {
    pub(crate) smpp: Vec<SocketAddr>,
    #[serde(default)]
    pub(crate) smpp_tls: Vec<SocketAddr>,
    pub(crate) sip_udp: Vec<SocketAddr>,
    #[serde(default)]
    pub(crate) sip_tcp: Vec<SocketAddr>,
}

/// A running program; it ends with this value.
pub(crate) struct Program {
    child: Child,
    pub(crate) name: &'static str,
    pub(crate) listeners: Listeners,
    /// What it shows over TLS, if it speaks that.
    pub(crate) secret: Option<Secret>,
    /// The environment beyond it, where the phones are.
    beyond: Option<Box<Self>>,
}

impl Program {
    /// What it is called that is measured as two environments.
    pub(crate) const PAIR: &str = "iwf, iwf";

    /// Starts the do-nothing relay: this very program in another role.
    pub(crate) fn floor() -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?).arg("floor").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let listeners = serde_json::from_str(&line)?;
        Ok(Self { child, name: "floor", listeners, secret: None, beyond: None })
    }

    /// Two environments: one that the carriers are bound to, and behind it one that has the phones.
    pub(crate) fn pair(program: &Path, dir: &Path, accounts: &Accounts) -> Result<Self, Failure> {
        let [near, far] = ["near", "far"].map(|name| dir.join(name));
        fs::create_dir_all(&near)?;
        fs::create_dir_all(&far)?;
        let beyond = Self::node(program, &far, &accounts.far_file())?;
        let Some(to) = beyond.listeners.smpp.first() else { return Err(Failure::Silent { who: Self::PAIR }) };
        let mut pair = Self::node(program, &near, &accounts.near_file(*to))?;
        pair.listeners.sip_udp.clone_from(&beyond.listeners.sip_udp);
        pair.listeners.sip_tcp.clone_from(&beyond.listeners.sip_tcp);
        (pair.name, pair.beyond) = (Self::PAIR, Some(Box::new(beyond)));
        Ok(pair)
    }

    /// Provisions a fresh store in `dir` and starts `iwf serve` on it.
    pub(crate) fn node(program: &Path, dir: &Path, provisioning: &str) -> Result<Self, Failure> {
        if !program.is_file() {
            return Err(Failure::NoProgram { path: program.to_owned() });
        }
        let (config, data, import) = (dir.join("iwf.toml"), dir.join("data"), dir.join("import.toml"));
        let secret = Secret::new(dir)?;
        fs::write(&config, configuration(&secret))?;
        fs::write(&import, provisioning)?;
        let output = Command::new(program).arg("import").arg(&import).arg("--data").arg(&data).output()?;
        if !output.status.success() {
            return Err(Failure::Import { output: String::from_utf8_lossy(&output.stderr).into_owned() });
        }
        let log = dir.join("node.log");
        let child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(&data)
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()?;
        let listeners = Listeners::default();
        let mut node = Self { child, name: "iwf", listeners, secret: Some(secret), beyond: None };
        node.listeners = node.wait_until_ready(&data.join("node.json"), &log)?;
        Ok(node)
    }

    fn wait_until_ready(&mut self, file: &Path, log: &Path) -> Result<Listeners, Failure> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let found = fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok());
            if let Some(listeners) = found {
                return Ok(listeners);
            }
            let why = if self.child.try_wait()?.is_some() {
                "it ended"
            } else if Instant::now() > deadline {
                "node.json did not appear within 30 s"
            } else {
                thread::sleep(Duration::from_millis(20));
                continue;
            };
            return Err(Failure::NotReady { why, log: tail(log) });
        }
    }

    /// The processor time that it has used so far, the environment beyond it included.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let own = cpu_of(&self.child.id().to_string())?;
        Ok(own + self.beyond.as_ref().map_or(Ok(Duration::ZERO), |beyond| beyond.cpu())?)
    }

    /// Its memory now and at its peak, in kilobytes.
    pub(crate) fn memory(&self) -> Result<Memory, Failure> {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let text = fs::read_to_string(&path)?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
        };
        Ok(Memory { now: field("VmRSS:"), peak: field("VmHWM:") })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing can be done about a child that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory in kilobytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

/// User and system time of a process, by its id or "self".
pub(crate) fn cpu_of(pid: &str) -> Result<Duration, Failure> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold blanks; utime and stime are fields 14 and 15 of proc(5).
    let fields = text.rsplit(')').next().unwrap_or("").split_ascii_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * (1000 / TICKS_PER_SECOND)))
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// What proc(5) counts in, on every Linux of today.
const TICKS_PER_SECOND: u64 = 100;

/// Ports of the system's choice and room for every connection; nothing else differs from the defaults.
fn configuration(secret: &Secret) -> String {
    format!(
        r#"[smpp]
listen = ["127.0.0.1:0"]
max_connections = 10000
[smpp.tls]
listen = ["127.0.0.1:0"]
certificate = {:?}
key = {:?}
[sip]
udp = ["127.0.0.1:0"]
tcp = ["127.0.0.1:0"]
[admin]
listen = "127.0.0.1:0"
"#,
        secret.certificate, secret.key
    )
}

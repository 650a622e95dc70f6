//! What a bound connection that says nothing costs in memory, in the clear and within TLS.

use std::path::Path;

use serde::Serialize;

use crate::accounts::Accounts;
use crate::carrier::Carrier;
use crate::failure::Failure;
use crate::process::Program;
use crate::smpp::Frames;
use crate::stream::Stream;

/// The memory of a product with and without connections.
#[derive(Serialize)]
pub(crate) struct Idle {
    pub(crate) name: &'static str,
    pub(crate) connections: usize,
    /// Resident memory in kilobytes, before the first connection and with all of them.
    pub(crate) before_kb: u64,
    pub(crate) after_kb: u64,
}

impl Idle {
    /// Kilobytes of one connection.
    pub(crate) fn each_kb(&self) -> f64 {
        self.after_kb.saturating_sub(self.before_kb) as f64 / self.connections as f64
    }
}

/// Starts a fresh product for each kind of connection, and binds as many as a run has.
pub(crate) fn measure(program: &Path, dir: &Path, accounts: &Accounts) -> Result<Vec<Idle>, Failure> {
    ["idle", "idle-tls"]
        .into_iter()
        .map(|name| {
            let dir = dir.join(name);
            std::fs::create_dir_all(&dir)?;
            let program = Program::node(program, &dir, &accounts.import_file())?;
            let (to, tls) = match &program.secret {
                Some(secret) if name == "idle-tls" => {
                    (program.listeners.smpp_tls.first(), Some(&secret.client))
                }
                _ => (program.listeners.smpp.first(), None),
            };
            let Some(to) = to else { return Err(Failure::Silent { who: program.name }) };
            let before_kb = program.memory()?.now;
            let mut bound = Vec::with_capacity(CONNECTIONS);
            for number in 0..CONNECTIONS {
                let system_id = Accounts::SYSTEM_IDS[number % Accounts::SYSTEM_IDS.len()];
                let mut stream = Stream::connect(*to, tls)?;
                Carrier::introduce(&mut stream, &mut Frames::new(), system_id)?;
                bound.push(stream);
            }
            Ok(Idle { name, connections: bound.len(), before_kb, after_kb: program.memory()?.now })
        })
        .collect()
}

/// As many as two carriers may bind.
const CONNECTIONS: usize = 2_000;

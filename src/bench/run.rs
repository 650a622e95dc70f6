//! One run: load on one program, and what came of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::accounts::{Accounts, Transport};
use crate::carrier::{Carrier, Traffic};
use crate::failure::Failure;
use crate::phones;
use crate::plan::{MAX_MESSAGES, Measurement, Mode};
use crate::process::{Memory, Program, cpu_of};
use crate::tally::{Counts, Tally};

/// A program with a carrier bound to it and its phones registered.
pub(crate) struct Bench {
    pub(crate) program: Program,
    accounts: Arc<Accounts>,
    carrier: Carrier,
    /// Another carrier, bound over TLS to a program that speaks it.
    secret_carrier: Option<Carrier>,
    tally: Arc<Tally>,
}

/// The figures of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Delivered messages per second, from the first submit until all is quiet.
    pub(crate) rate: f64,
    /// Processor seconds of the program per 100,000 delivered messages.
    pub(crate) cpu: f64,
    /// The same of the load side: what it leaves of the machine.
    pub(crate) load_cpu: f64,
    /// The most messages that were accepted and had not arrived.
    pub(crate) backlog: u64,
    pub(crate) memory_kb: Memory,
}

impl Bench {
    /// Registers the phones of the transports that the program serves, and binds the carriers.
    pub(crate) fn new(program: Program, accounts: &Arc<Accounts>, binds: usize) -> Result<Self, Failure> {
        let tally = Arc::new(Tally::new());
        let listeners = &program.listeners;
        if let Some(registrar) = listeners.sip_udp.first() {
            phones::over_udp(*registrar, accounts.users(Transport::Udp), &tally)?;
        }
        if let Some(registrar) = listeners.sip_tcp.first() {
            phones::over_tcp(*registrar, accounts.users(Transport::Tcp), &tally)?;
        }
        let Some(smpp) = listeners.smpp.first() else { return Err(Failure::Silent { who: program.name }) };
        let carrier = Carrier::bind(*smpp, None, binds, &tally)?;
        let secret_carrier = match (&program.secret, listeners.smpp_tls.first()) {
            (Some(secret), Some(to)) => Some(Carrier::bind(*to, Some(&secret.client), binds, &tally)?),
            _ => None,
        };
        Ok(Self { program, accounts: Arc::clone(accounts), carrier, secret_carrier, tally })
    }

    /// Puts load on the program for `load`, and waits until nothing more comes.
    ///
    /// # Errors
    /// When the program closes a connection or does nothing at all.
    pub(crate) fn run(&self, line: &Measurement, load: Duration) -> Result<Sample, Failure> {
        let users = self.accounts.users(line.transport);
        let traffic = Traffic {
            destinations: Arc::from(users),
            receipts: line.receipts,
            until: Instant::now() + load,
            limit: MAX_MESSAGES,
        };
        let carrier = match &self.secret_carrier {
            Some(carrier) if line.tls => carrier,
            _ => &self.carrier,
        };
        let first = self.tally.begin();
        let (cpu, own_cpu) = (self.program.cpu()?, cpu_of("self")?);
        let backlog = thread::scope(|scope| {
            let submits = scope.spawn(|| match line.mode {
                Mode::Closed { window } => carrier.submit_closed(&traffic, window),
                Mode::Steady { rate } => carrier.submit_steadily(&traffic, rate),
            });
            let mut backlog = 0;
            while !submits.is_finished() {
                backlog = backlog.max(self.backlog());
                thread::sleep(Duration::from_millis(10));
            }
            submits.join().unwrap_or(Ok(())).map(|()| backlog)
        })?;
        carrier.stop();
        self.wait_until_quiet(line.receipts)?;
        let (cpu, own_cpu) = (self.program.cpu()? - cpu, cpu_of("self")? - own_cpu);
        let counts = self.tally.end(first);
        if counts.delivered == 0 {
            return Err(Failure::Silent { who: self.program.name });
        }
        let hundred_thousands = counts.delivered as f64 / 100_000.0;
        Ok(Sample {
            rate: counts.delivered as f64 / counts.seconds,
            cpu: cpu.as_secs_f64() / hundred_thousands,
            load_cpu: own_cpu.as_secs_f64() / hundred_thousands,
            backlog,
            memory_kb: self.program.memory()?,
            counts,
        })
    }

    fn backlog(&self) -> u64 {
        let accepted = self.tally.accepted.load(Ordering::Relaxed);
        accepted.saturating_sub(self.tally.arrived.load(Ordering::Relaxed))
    }

    /// Waits until everything that was accepted has arrived (and its receipt, if asked for), and then a
    /// little for what should not come; or until nothing has come for ten seconds.
    fn wait_until_quiet(&self, receipts: bool) -> Result<(), Failure> {
        let tally = &self.tally;
        let seen = || {
            [&tally.accepted, &tally.refused, &tally.arrived, &tally.receipts]
                .map(|counter| counter.load(Ordering::Relaxed))
        };
        let mut before = seen();
        let mut quiet_since = Instant::now();
        loop {
            thread::sleep(Duration::from_millis(50));
            if tally.broken.load(Ordering::Relaxed) {
                return Err(Failure::Closed { who: self.program.name });
            }
            let now = seen();
            if now != before {
                (before, quiet_since) = (now, Instant::now());
            }
            let [accepted, _, arrived, told] = now;
            let complete = arrived >= accepted && (!receipts || told >= accepted);
            let patience = if complete { Duration::from_millis(300) } else { Duration::from_secs(10) };
            if quiet_since.elapsed() > patience {
                return Ok(());
            }
        }
    }
}

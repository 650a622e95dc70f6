//! What is measured, for how long, and how often.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::accounts::Transport;
use crate::process::Program;

/// Settings; the defaults measure everything in about three minutes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// One short round of the main measurements (about 15 s), for CI
    #[arg(long)]
    quick: bool,
    /// Rounds; the median of all rounds is reported
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// Seconds of load per run
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: Option<u64>,
    /// Submits unanswered at a time in the closed loop
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    window: u64,
    /// Messages per second in the steady run
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Binds of the carrier
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) binds: u8,
    /// Measure only this (repeatable): flood, flood-receipts, steady, flood-tcp, flood-tls, flood-beyond, idle, floor
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Write every run and the medians to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The product [default: `iwf` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) node: Option<PathBuf>,
    /// Where to put the store; its disk is what is measured [default: beside this program]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// How messages are submitted.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// So many unanswered at any time.
    Closed { window: u64 },
    /// So many a second, whatever is answered.
    Steady { rate: u64 },
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    pub(crate) receipts: bool,
    pub(crate) transport: Transport,
    /// Whether the carrier is bound over TLS.
    pub(crate) tls: bool,
    /// Whether the floor is measured in turn with the product.
    pub(crate) floor: bool,
    /// Whether the phones are in a second environment.
    pub(crate) beyond: bool,
}

impl Measurement {
    /// Whether it is one of this program.
    pub(crate) fn is_of(&self, program: &str) -> bool {
        match program {
            "floor" => self.floor,
            Program::PAIR => self.beyond,
            _ => !self.beyond,
        }
    }
}

/// Everything that is to be done.
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) load: Duration,
    pub(crate) warm_up: Duration,
    /// The product is left out: the load side and the floor alone.
    pub(crate) floor_only: bool,
    /// Whether the memory of connections that say nothing is measured.
    pub(crate) idle: bool,
    pub(crate) measurements: Vec<Measurement>,
}

impl Plan {
    pub(crate) fn new(options: &Options) -> Self {
        let closed = Mode::Closed { window: options.window };
        let steady = Mode::Steady { rate: options.rate };
        let line = |name, mode, receipts, transport| {
            let floor = transport == Transport::Udp;
            Measurement { name, mode, receipts, transport, tls: false, floor, beyond: false }
        };
        let over_tls = |line| Measurement { tls: true, floor: false, ..line };
        let beyond = |line| Measurement { beyond: true, floor: false, ..line };
        let mut measurements = vec![
            line("flood", closed, false, Transport::Udp),
            line("flood-receipts", closed, true, Transport::Udp),
            line("steady", steady, true, Transport::Udp),
            line("flood-tcp", closed, true, Transport::Tcp),
            over_tls(line("flood-tls", closed, true, Transport::Udp)),
            beyond(line("flood-beyond", closed, true, Transport::Udp)),
        ];
        let floor_only = options.only.iter().any(|name| name == "floor");
        // The shortest run that still shows every promise and both transports.
        let skipped = |name: &str| options.quick && options.only.is_empty() && name == "flood";
        let chosen =
            |name: &str| floor_only || options.only.is_empty() || options.only.iter().any(|one| one == name);
        measurements.retain(|line| chosen(line.name) && !skipped(line.name) && (line.floor || !floor_only));
        let (rounds, seconds, warm_up_ms) = if options.quick { (1, 2, 500) } else { (3, 6, 2000) };
        Self {
            rounds: options.rounds.unwrap_or(rounds),
            load: Duration::from_secs(options.seconds.unwrap_or(seconds)),
            warm_up: Duration::from_millis(warm_up_ms),
            floor_only,
            idle: !floor_only && chosen("idle") && !(options.quick && options.only.is_empty()),
            measurements,
        }
    }
}

/// The most messages in one run, so that a run is bounded on a fast machine too.
pub(crate) const MAX_MESSAGES: u64 = 2_000_000;

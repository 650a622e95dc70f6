//! `cargo run --release -p iwf-bench`: what the product does on this machine, against the least that
//! any relay must do.
//!
//! Three processes, or four: the product (`iwf serve` on a fresh store, or one such before another), the floor (a relay without promises), and
//! the load side, which is both the carrier and its 100 phones. The load side has its own protocol code,
//! as little as it can, so that no fault of the product hides here and the machine is left to the
//! product. Floor and product are measured in turn. docs/performance.md says how to read the figures.

mod accounts;
mod carrier;
mod disk;
mod failure;
mod floor;
mod idle;
mod phones;
mod plan;
mod process;
mod report;
mod run;
mod secret;
mod sip;
mod smpp;
mod stream;
mod tally;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::plan::{Options, Plan};
use crate::process::Program;
use crate::report::{Line, Machine, Report};
use crate::run::Bench;

/// Measures the product on this machine; see docs/performance.md.
#[derive(Parser)]
#[command(name = "iwf-bench")]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Subcommand)]
enum Role {
    /// Be the do-nothing relay
    #[command(hide = true)]
    Floor,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.role {
        Some(Role::Floor) => floor::run().map(|()| true),
        None => measure(&cli.options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: the product lost, repeated or refused to tell of what it had accepted");
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the plan; `false` if the product broke a promise.
fn measure(options: &Options) -> Result<bool, Failure> {
    let plan = Plan::new(options);
    let product = match (&options.node, plan.floor_only) {
        (_, true) => None,
        (Some(program), false) => Some(program.clone()),
        (None, false) => Some(beside_this_program("iwf")?),
    };
    let scratch = Scratch::new(options.data.clone())?;
    let machine = Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        syncs_per_second: disk::syncs_per_second(&scratch.dir)?,
    };
    let accounts = Arc::new(Accounts::new());
    let lines = run_all(&plan, product.as_deref(), &accounts, usize::from(options.binds), &scratch.dir)
        .inspect_err(|_| scratch.keep())?;
    let idle = match &product {
        Some(program) if plan.idle => {
            idle::measure(program, &scratch.dir, &accounts).inspect_err(|_| scratch.keep())?
        }
        _ => Vec::new(),
    };
    let report = Report { machine, lines, idle };
    report.print();
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report.is_clean())
}

/// Starts the programs, warms them up, and measures them in turn, round by round.
fn run_all(
    plan: &Plan,
    product: Option<&Path>,
    accounts: &Arc<Accounts>,
    binds: usize,
    dir: &Path,
) -> Result<Vec<Line>, Failure> {
    if plan.measurements.is_empty() {
        return Ok(Vec::new());
    }
    let mut benches = vec![Bench::new(Program::floor()?, accounts, binds)?];
    if let Some(program) = product {
        let wanted = |name| plan.measurements.iter().any(|measurement| measurement.is_of(name));
        if wanted("iwf") {
            let node = Program::node(program, dir, &accounts.import_file())?;
            benches.push(Bench::new(node, accounts, binds)?);
        }
        if wanted(Program::PAIR) {
            benches.push(Bench::new(Program::pair(program, dir, accounts)?, accounts, binds)?);
        }
    }
    let mut lines = Vec::new();
    for measurement in &plan.measurements {
        for bench in benches.iter().filter(|bench| measurement.is_of(bench.program.name)) {
            bench.run(measurement, plan.warm_up)?;
            let program = bench.program.name;
            lines.push(Line { program, measurement: measurement.clone(), runs: Vec::new() });
        }
    }
    for round in 1..=plan.rounds {
        for line in &mut lines {
            let Some(bench) = benches.iter().find(|bench| bench.program.name == line.program) else {
                continue;
            };
            let sample = bench.run(&line.measurement, plan.load)?;
            eprintln!(
                "round {round}/{}: {:<15} {:<6} {:>7.0} messages/s, {:.2} CPU s per 100,000 (load side {:.2})",
                plan.rounds, line.measurement.name, line.program, sample.rate, sample.cpu, sample.load_cpu
            );
            line.runs.push(sample);
        }
    }
    Ok(lines)
}

fn beside_this_program(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION);
    if path.is_file() { Ok(path) } else { Err(Failure::NoProgram { path }) }
}

/// A folder for the store, removed at the end. Beside the program, because a temporary folder may be
/// memory, where a commit costs nothing.
struct Scratch {
    dir: PathBuf,
    kept: Cell<bool>,
}

impl Scratch {
    fn new(parent: Option<PathBuf>) -> Result<Self, Failure> {
        let own = std::env::current_exe()?;
        let parent = parent.or_else(|| own.parent().map(PathBuf::from)).unwrap_or_default();
        let dir = parent.join("iwf-bench-data");
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        Ok(Self { dir, kept: Cell::new(false) })
    }

    /// Leaves the folder until the next run, for its log and its store.
    fn keep(&self) {
        self.kept.set(true);
        eprintln!("the product's log and store are in {}", self.dir.display());
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.kept.get() {
            // The next run removes what is left.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

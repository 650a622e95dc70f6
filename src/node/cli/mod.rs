//! The command line: `iwf serve`, `iwf check`, and what an admin does to a store.

mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config, Faults};

/// The SIP/SMPP interworking function.
#[derive(Debug, Parser)]
#[command(name = "iwf", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the node until SIGTERM or Ctrl-C.
    Serve(Place),
}

/// Where the configuration and the data are.
#[derive(Debug, Args)]
struct Place {
    /// The configuration file; without one everything has its default.
    #[arg(long, value_name = "FILE", env = "IWF_CONFIG")]
    config: Option<PathBuf>,
    /// The directory of the data.
    #[arg(long, value_name = "DIR", env = "IWF_DATA", default_value = "./data")]
    data: PathBuf,
}

impl Place {
    fn load(&self) -> Result<Config, Faults> {
        config::load(self.config.as_deref(), config::process_variables())
    }
}

/// Why a command failed, as a sentence that names the way out.
type Failure = Box<dyn std::error::Error>;

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 not understood.
pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(place) => serve::run(&place),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

//! The command line: `iwf serve`, `iwf check`, and what an admin does to a store.
//!
//! The commands that change or show something are clients of the admin API: of a running node, or of the same API in this
//! process where none runs.

mod account;
mod adopt;
mod carrier;
mod check;
mod client;
mod connection;
mod demo;
mod doctor;
mod explain;
mod heard;
mod history;
mod import;
mod message;
mod named;
mod output;
mod password;
mod place;
mod probe;
mod receipts;
mod route;
mod running;
mod serve;
mod settings;
mod status;
mod table;
mod token;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use place::Place;

/// The SIP/SMPP interworking function.
#[derive(Debug, Parser)]
#[command(name = "iwf", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the node until SIGTERM or Ctrl-C
    Serve(Place),
    /// Show the whole story on loopback, with a carrier, a phone and a node with a fresh store
    Demo(demo::Demo),
    /// Check configuration and provisioning files
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Bring what is provisioned to what a file says; the same file twice changes nothing
    Import(import::Import),
    /// Carriers, who send over SMPP
    #[command(subcommand)]
    Carrier(carrier::Command),
    /// Accounts, the users of apps
    #[command(subcommand)]
    Account(account::Command),
    /// Connections, the links to others' systems
    #[command(subcommand)]
    Connection(connection::Command),
    /// Routes: which connections take texts to whom
    #[command(subcommand)]
    Route(route::Command),
    /// Who changed what is provisioned, and when
    History(history::History),
    /// Messages
    #[command(subcommand)]
    Message(message::Command),
    /// Receipts of other systems
    #[command(subcommand)]
    Receipts(receipts::Command),
    /// Tokens, who may use the admin API
    #[command(subcommand)]
    Token(token::Command),
    /// Say what of this installation will work, and what will not
    Doctor(doctor::Doctor),
    /// Tell how the node that runs on the data directory is
    Status(status::Ask),
}

/// Why a command failed, as a sentence that names the cause and the way out.
type Failure = Box<dyn std::error::Error>;

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 not understood.
pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(place) => serve::run(&place),
        Command::Demo(demo) => demo.run(),
        Command::Check { files } => check::run(&files),
        Command::Import(import) => import.run(),
        Command::Carrier(command) => command.run(),
        Command::Account(command) => command.run(),
        Command::Connection(command) => command.run(),
        Command::Route(command) => command.run(),
        Command::History(history) => history.run(),
        Command::Message(command) => command.run(),
        Command::Receipts(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Status(ask) => ask.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if output::is_over(failure.as_ref()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

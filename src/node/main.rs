//! `iwf`: the SIP/SMPP interworking function.
//!
//! This crate is all that touches the world: sockets, files, the clock, the command line. What is
//! decided is decided in the pure crates.

mod admin;
mod cli;
mod config;
mod credentials;
mod provisioning;
mod serve;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

//! `iwf`: the SIP/SMPP interworking function.
//!
//! This crate is all that touches the world: sockets, files, the clock, the command line. What is
//! decided is decided in the pure crates.

mod admin;
mod announce;
mod api;
mod cli;
mod clock;
mod complaints;
mod config;
mod connections;
mod credentials;
mod demo;
mod desk;
mod doctor;
mod elsewhere;
mod entrance;
mod health;
mod http;
mod ids;
mod intake;
mod load;
mod machines;
mod net;
mod parts;
mod passage;
mod provisioned;
mod provisioning;
mod push;
mod rates;
mod reach;
mod receipts;
mod resume;
mod serve;
mod signals;
mod sip;
mod smpp;
mod sockets;
mod stream;
mod telemetry;
mod texts;
mod tls;
mod tray;
mod upstream;
mod watchman;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

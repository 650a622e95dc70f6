//! Why a benchmark could not be run.

use std::io;
use std::path::PathBuf;

/// What went wrong, said so that the reader knows what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("there is no {}: build it with `cargo build --release`", path.display())]
    NoProgram { path: PathBuf },
    #[error("`iwf import` failed: {output}")]
    Import { output: String },
    #[error("`iwf serve` was not ready: {why}; the end of its log:\n{log}")]
    NotReady { why: &'static str, log: String },
    #[error("the bind was refused with command_status {status:#x}")]
    Bind { status: u32 },
    #[error("the registration of {user} was answered with {status}")]
    Register { user: String, status: u16 },
    #[error("the registration of {user} was not answered")]
    Unregistered { user: String },
    #[error("{who} closed the connection during the run")]
    Closed { who: &'static str },
    #[error("{who} answered nothing")]
    Silent { who: &'static str },
    #[error("the certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

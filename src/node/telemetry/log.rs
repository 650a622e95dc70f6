//! The log: lines on standard error, for people or as JSON.
//!
//! What peers sent is logged by length and place, never by content; where a name of theirs is needed
//! it goes through `tracing`'s Debug, and control characters in a line for people come out escaped.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the process. A second call changes nothing.
pub(crate) fn init(config: &LogConfig) {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Human => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
    drop(started);
}

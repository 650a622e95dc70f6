//! How a file is opened.

use std::time::Duration;

/// What the opener does with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs on it: one at a time.
    Node,
    /// Provisions and reads, beside a node or alone.
    Tool,
}

/// How a file is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the opener does with it.
    pub role: Role,
    /// Batches that hold an `Accept` are refused while so many writes are queued.
    pub queue_limit: usize,
    /// A transaction takes no further batch when it has so many writes.
    pub group_limit: usize,
    /// How long to wait for another process that is writing.
    pub busy_timeout: Duration,
    /// How long `close` tries again to write what could not be written.
    pub close_timeout: Duration,
}

impl Options {
    /// For a node.
    pub const fn node() -> Self {
        Self {
            role: Role::Node,
            queue_limit: 50_000,
            group_limit: 2_000,
            busy_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_secs(8),
        }
    }

    /// For a command line.
    pub const fn tool() -> Self {
        Self { role: Role::Tool, ..Self::node() }
    }
}

//! What a session is told once.

use std::time::Duration;

use iwf_model::EnvironmentId;

use crate::keepalive::Timers;

/// The settings of a listener, shared by its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// What we call ourselves in bind responses; 15 octets of it are sent.
    pub system_id: String,
    /// Who we are towards other environments of ours.
    pub environment: EnvironmentId,
    /// How many receipts may be unanswered on one bind.
    pub receipt_window: u16,
    /// Reading stops while so many octets wait to be written.
    pub max_output: usize,
    /// Reading stops while so many octets wait behind a bind that is being decided.
    pub max_held: usize,
    /// The same behind a bind that waits, or waits to be refused.
    pub max_held_of_strangers: usize,
    /// So many refused binds close the connection.
    pub max_bind_failures: u8,
    /// How long a refusal of credentials waits.
    pub bind_failure_delay: Duration,
    /// The timers.
    pub timers: Timers,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            system_id: "iwf".to_owned(),
            environment: EnvironmentId::default(),
            receipt_window: 50,
            max_output: 1 << 20,
            max_held: 1 << 20,
            max_held_of_strangers: 4096,
            max_bind_failures: 3,
            bind_failure_delay: Duration::from_secs(1),
            timers: Timers::default(),
        }
    }
}

//! What a client session is told once.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::connection::Submits;
use iwf_model::{BindKind, Carrier, EnvironmentId};

use crate::bind::Version;
use crate::keepalive::Timers;

/// How one bind of ours is made and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// As what we bind.
    pub kind: BindKind,
    /// Our name there; 15 octets of it are sent.
    pub system_id: Box<str>,
    /// How we prove it; 64 octets of it are sent, and shown by nothing.
    pub password: Secret,
    /// system_type, where it is asked for; 12 octets of it are sent.
    pub system_type: Box<str>,
    /// What we say that we speak: the session goes by that or by what the message centre says, whichever is older.
    pub version: Version,
    /// Whose the message centre is, and how it reads and writes.
    pub carrier: Arc<Carrier>,
    /// How submits are written.
    pub submits: Submits,
    /// Who we are towards other environments of ours.
    pub environment: EnvironmentId,
    /// How many requests of ours may be unanswered.
    pub window: u16,
    /// How many requests of the message centre may be unanswered before we stop reading.
    pub receive_window: u16,
    /// Reading stops while so many octets wait to be written.
    pub max_output: usize,
    /// The timers; `session_init` is how long a bind may be unanswered.
    pub timers: Timers,
}

impl ClientConfig {
    /// The timers of a client: a message centre may take a minute to answer a submit (interworking.md A.14).
    pub fn timers() -> Timers {
        Timers { receipt: Duration::from_secs(60), ..Timers::default() }
    }
}

/// Something that is written to the wire and shown by nothing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Box<str>);

impl Secret {
    /// Keeps it.
    pub fn new(secret: &str) -> Self {
        Self(secret.into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

//! Where a session is.

use std::time::Instant;

use iwf_model::{Alphabet, BindKind, CarrierId};
use rusmpp_core::CommandId;

use crate::bind::{BindRefusal, Version};

/// Where the session is. The states of the specification (`State`) are seen from outside; these also
/// tell what we are waiting for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    Open,
    /// A bind is with the one who decides it.
    Deciding(Attempt),
    /// A bind is to wait before it is decided.
    Postponed {
        attempt: Attempt,
        until: Instant,
    },
    /// A bind was refused, and will be told so.
    Refusing {
        attempt: Attempt,
        refusal: BindRefusal,
        at: Instant,
    },
    Bound(Bound),
    /// The bind is ending: what is unanswered is finished first. `unbind`: the peer's, to be answered.
    Draining {
        bound: Bound,
        unbind: Option<u32>,
        until: Instant,
    },
    /// Our unbind was sent.
    Unbinding {
        bound: Bound,
        sequence: u32,
        until: Instant,
    },
    Unbound {
        until: Instant,
    },
    Closed,
}

impl Phase {
    /// Whether there is a bind that has not been answered.
    pub(super) fn is_binding(self) -> bool {
        matches!(self, Self::Deciding(_) | Self::Postponed { .. } | Self::Refusing { .. })
    }
}

/// A bind that is not decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) command_id: CommandId,
    pub(super) sequence: u32,
    pub(super) kind: BindKind,
    pub(super) version: Version,
}

/// A bind that holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) kind: BindKind,
    pub(super) window: usize,
    pub(super) carrier: CarrierId,
    pub(super) alphabet: Alphabet,
    pub(super) version: Version,
}

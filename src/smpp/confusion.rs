//! Answers to nothing that was asked: a few are survived.

use std::time::{Duration, Instant};

/// So many responses of the wrong kind end the session.
const MAX_MISMATCHES: u8 = 10;
/// So many generic_nacks to nothing within [`NACK_SPAN`] end the session.
const MAX_STRAY_NACKS: u8 = 5;
/// See [`MAX_STRAY_NACKS`].
const NACK_SPAN: Duration = Duration::from_secs(60);

/// Counts what a peer answers to nothing we asked (interworking.md A.3.3, A.6).
#[derive(Debug, Default)]
pub(crate) struct Confusion {
    mismatches: u8,
    stray_nacks: u8,
    stray_since: Option<Instant>,
}

impl Confusion {
    /// A response of another kind than its request; true when that was one too many.
    pub(crate) fn mismatch(&mut self) -> bool {
        self.mismatches = self.mismatches.saturating_add(1);
        self.mismatches >= MAX_MISMATCHES
    }

    /// A generic_nack to nothing; true when that was one too many.
    pub(crate) fn stray_nack(&mut self, now: Instant) -> bool {
        if self.stray_since.is_none_or(|since| now >= since + NACK_SPAN) {
            self.stray_since = Some(now);
            self.stray_nacks = 0;
        }
        self.stray_nacks = self.stray_nacks.saturating_add(1);
        self.stray_nacks >= MAX_STRAY_NACKS
    }
}

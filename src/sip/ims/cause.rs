//! Why a short message is not taken: RP-Cause (3GPP TS 24.011 8.2.5.4), in both directions.

use iwf_model::{Cause, Outcome, Refusal};

/// An RP-Cause; its seven bits as they are, because a phone may name one that nobody has listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpCause(pub u8);

impl RpCause {
    /// Operator determined barring.
    pub const BARRED: Self = Self(8);
    /// Facility rejected.
    pub const NOT_OFFERED: Self = Self(29);

    /// What it means that a phone answered an RP-DATA with it (TS 23.040 clause 11: memory is memory, anything
    /// else a fault of the equipment; interworking.md C.13). The code keeps the cause itself.
    pub fn outcome(self) -> Outcome {
        let cause = match self.0 {
            // Memory capacity exceeded: there may be room later, and the phone says when (RP-SMMA).
            22 => Cause::NoRoom,
            // Destination out of order, temporary failure, congestion, no resources.
            27 | 38 | 41 | 42 | 47 => Cause::PeerUnavailable,
            1 | 28 | 30 => Cause::UnknownUser,
            8 | 10 | 21 | 50 => Cause::Refused,
            29 | 69 => Cause::Unsupported,
            _ => Cause::BadRequest,
        };
        Outcome::new(cause, u32::from(self.0))
    }

    /// What a phone is told whose message is refused.
    pub fn of(refusal: Refusal) -> Self {
        Self(match refusal {
            Refusal::UnknownDestination => 1,
            Refusal::DestinationBarred | Refusal::OriginDisabled => 8,
            Refusal::Throttled | Refusal::QueueFull => 42,
            Refusal::StoreUnavailable | Refusal::Stopping => 41,
            Refusal::AlreadyExpired | Refusal::Loop => 21,
        })
    }

    /// TP-Failure-Cause beside it, for the user of the phone (TS 23.040 9.2.3.22).
    pub(super) fn failure(self) -> u8 {
        match self.0 {
            // Unassigned number: invalid SME address.
            1 => 0xC3,
            // Operator determined barring: destination SME barred.
            8 | 10 => 0xC4,
            // SC busy, SC system failure.
            42 => 0xC0,
            38 | 41 => 0xC2,
            // Unspecified.
            _ => 0xFF,
        }
    }
}

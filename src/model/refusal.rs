//! Why a submission is not accepted. Each protocol has its own answer for each reason.

use std::time::Duration;

/// Why we do not take a message: said at once, nothing was stored, nothing is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody here owns the destination.
    #[error("no account owns the destination")]
    UnknownDestination,
    /// The account is suspended or barred.
    #[error("the account takes no messages")]
    DestinationBarred,
    /// The carrier is disabled.
    #[error("the carrier is disabled")]
    OriginDisabled,
    /// The origin sends faster than agreed.
    #[error("the agreed rate is exceeded")]
    Throttled,
    /// Too much waits already, for this origin, this destination or in all.
    #[error("too many messages wait")]
    QueueFull,
    /// The store can't take it now.
    #[error("the store is not available")]
    StoreUnavailable,
    /// Its validity ended before it came.
    #[error("the validity is over")]
    AlreadyExpired,
    /// We are stopping.
    #[error("the node is stopping")]
    Stopping,
    /// It has been here before.
    #[error("the message goes in a circle")]
    Loop,
}

impl Refusal {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::UnknownDestination,
        Self::DestinationBarred,
        Self::OriginDisabled,
        Self::Throttled,
        Self::QueueFull,
        Self::StoreUnavailable,
        Self::AlreadyExpired,
        Self::Stopping,
        Self::Loop,
    ];

    /// The word used in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownDestination => "unknown-destination",
            Self::DestinationBarred => "destination-barred",
            Self::OriginDisabled => "origin-disabled",
            Self::Throttled => "throttled",
            Self::QueueFull => "queue-full",
            Self::StoreUnavailable => "store-unavailable",
            Self::AlreadyExpired => "already-expired",
            Self::Stopping => "stopping",
            Self::Loop => "loop",
        }
    }

    /// How soon the same may be worth another try; `None`: never.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Throttled => Some(Duration::from_secs(1)),
            Self::StoreUnavailable | Self::Stopping => Some(Duration::from_secs(5)),
            Self::QueueFull => Some(Duration::from_secs(60)),
            Self::UnknownDestination
            | Self::DestinationBarred
            | Self::OriginDisabled
            | Self::AlreadyExpired
            | Self::Loop => None,
        }
    }
}

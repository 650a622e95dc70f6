//! How an attempt to deliver ended: the neck of the hourglass on the way back.
//!
//! `sip::outcome` and `smpp::outcome` each turn their statuses into an [`Outcome`] (interworking.md
//! D.3, D.5); what follows from it is decided once, by [`Cause`], and never by a protocol.

use std::time::Duration;

use crate::receipt::FinalState;

/// The end of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// What happened, in our words.
    pub cause: Cause,
    /// The peer's own code (SIP status or SMPP command_status); 0 when nothing was heard.
    pub code: u32,
    /// The peer asked to be left alone for so long.
    pub retry_after: Option<Duration>,
}

/// What happened, in our words. Each cause knows its [`Class`], its [`Blame`], the state a message
/// ends in because of it, and the error number a receipt carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The recipient's device, or a hop that is proof enough, has it.
    Delivered,
    /// No device is registered.
    Offline,
    /// Its app was asked to wake, and has not come yet.
    Asleep,
    /// Sent, and nothing was heard: it may have arrived.
    NoAnswer,
    /// The contact no longer leads to the user.
    ContactGone,
    /// The device says that the user can't be reached now.
    Unavailable,
    /// The user is there but can't take it now.
    Busy,
    /// The device has no room for it, and says when it has.
    NoRoom,
    /// The peer has no room now, or says that it is temporarily broken.
    PeerUnavailable,
    /// It could not be sent: no connection, or the network said so.
    NotSent,
    /// The peer wants credentials from us that we do not have.
    NotTrusted,
    /// The recipient, or somebody for them, refused it.
    Refused,
    /// No such user.
    UnknownUser,
    /// The device takes no messages.
    Unsupported,
    /// The device takes messages, but not in this form.
    FormatRefused,
    /// The message is too large for the device.
    TooLarge,
    /// It went in a circle.
    Loop,
    /// The peer found our request wrong.
    BadRequest,
    /// Its validity ended.
    Expired,
    /// It was cancelled by its origin.
    Cancelled,
    /// It was removed by an operator.
    Purged,
    /// A later message of its origin took its place.
    Replaced,
    /// Other parts of its text did not come in time.
    PartsMissing,
    /// Another system took it, and says later what became of it.
    Taken,
    /// Another system took it, and never said what became of it.
    Unconfirmed,
    /// Another system took it, and could not deliver it.
    Undelivered,
}

/// What may be done after a [`Cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing: it is done.
    Done,
    /// Try again later.
    Temporary,
    /// Try once more at once in a plainer form, then give up.
    OtherForm,
    /// Give up.
    Permanent,
    /// Wait for what the peer says later.
    Pending,
}

/// Whose fault it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Nobody's.
    Nobody,
    /// The recipient or their device.
    Recipient,
    /// The next hop.
    Peer,
    /// The network between.
    Network,
    /// The origin of the message.
    Origin,
    /// Us.
    Ours,
}

impl Cause {
    /// Every cause, for tables and tests.
    pub const ALL: [Self; 26] = [
        Self::Delivered,
        Self::Offline,
        Self::Asleep,
        Self::NoAnswer,
        Self::ContactGone,
        Self::Unavailable,
        Self::Busy,
        Self::NoRoom,
        Self::PeerUnavailable,
        Self::NotSent,
        Self::NotTrusted,
        Self::Refused,
        Self::UnknownUser,
        Self::Unsupported,
        Self::FormatRefused,
        Self::TooLarge,
        Self::Loop,
        Self::BadRequest,
        Self::Expired,
        Self::Cancelled,
        Self::Purged,
        Self::Replaced,
        Self::PartsMissing,
        Self::Taken,
        Self::Unconfirmed,
        Self::Undelivered,
    ];

    /// What may be done next.
    pub fn class(self) -> Class {
        match self {
            Self::Delivered => Class::Done,
            Self::Offline
            | Self::Asleep
            | Self::NoAnswer
            | Self::ContactGone
            | Self::Unavailable
            | Self::Busy
            | Self::NoRoom
            | Self::PeerUnavailable
            | Self::NotSent
            | Self::NotTrusted => Class::Temporary,
            Self::FormatRefused | Self::TooLarge | Self::BadRequest => Class::OtherForm,
            Self::Refused
            | Self::UnknownUser
            | Self::Unsupported
            | Self::Loop
            | Self::Expired
            | Self::Cancelled
            | Self::Purged
            | Self::Replaced
            | Self::PartsMissing
            | Self::Unconfirmed
            | Self::Undelivered => Class::Permanent,
            Self::Taken => Class::Pending,
        }
    }

    /// Whether another connection may be tried at once: not when somebody decided about the message or its recipient, and
    /// not when this one may have it.
    pub fn allows_next_route(self) -> bool {
        match self.class() {
            Class::Temporary => self != Self::NoAnswer,
            Class::OtherForm => true,
            Class::Permanent => self == Self::Unsupported,
            Class::Done | Class::Pending => false,
        }
    }

    /// Whose fault it was.
    pub fn blame(self) -> Blame {
        match self {
            Self::Delivered | Self::Taken => Blame::Nobody,
            Self::Offline
            | Self::Asleep
            | Self::ContactGone
            | Self::Unavailable
            | Self::Busy
            | Self::NoRoom
            | Self::Refused
            | Self::Unsupported
            | Self::FormatRefused => Blame::Recipient,
            Self::PeerUnavailable | Self::Unconfirmed | Self::Undelivered => Blame::Peer,
            Self::NoAnswer | Self::NotSent => Blame::Network,
            Self::UnknownUser
            | Self::TooLarge
            | Self::Expired
            | Self::Cancelled
            | Self::Replaced
            | Self::PartsMissing => Blame::Origin,
            Self::NotTrusted | Self::Loop | Self::BadRequest | Self::Purged => Blame::Ours,
        }
    }

    /// The state of a message that ends because of this, when nothing more is tried.
    ///
    /// A temporary cause ends a message only when its validity does, hence EXPIRED; REJECTED means
    /// that somebody decided against it; all other ends are UNDELIVERABLE (interworking.md D.3).
    pub fn final_state(self) -> FinalState {
        match (self, self.class()) {
            (Self::Cancelled | Self::Purged | Self::Replaced, _) => FinalState::Deleted,
            (Self::Refused, _) => FinalState::Rejected,
            (Self::Expired | Self::PartsMissing, _) | (_, Class::Temporary) => FinalState::Expired,
            (Self::Taken | Self::Unconfirmed, _) => FinalState::Unknown,
            (_, Class::Done) => FinalState::Delivered,
            (_, Class::OtherForm | Class::Permanent | Class::Pending) => FinalState::Undeliverable,
        }
    }

    /// The three-digit error of a receipt, modelled on the MAP error numbers (interworking.md D.3).
    pub fn error(self) -> u16 {
        match self {
            Self::Delivered | Self::Cancelled | Self::Replaced => 0,
            Self::UnknownUser => 1,
            Self::Refused => 13,
            Self::Unsupported | Self::FormatRefused => 21,
            Self::Offline
            | Self::Asleep
            | Self::NoAnswer
            | Self::ContactGone
            | Self::Unavailable
            | Self::Expired => 27,
            Self::Busy => 31,
            Self::NoRoom => 32,
            Self::PeerUnavailable | Self::NotSent | Self::NotTrusted => 34,
            Self::TooLarge | Self::Loop | Self::BadRequest => 36,
            Self::PartsMissing => 39,
            Self::Taken | Self::Unconfirmed => 38,
            Self::Undelivered => 32,
            Self::Purged => 99,
        }
    }

    /// The word used in stories, records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Offline => "offline",
            Self::Asleep => "asleep",
            Self::NoAnswer => "no-answer",
            Self::ContactGone => "contact-gone",
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::NoRoom => "no-room",
            Self::PeerUnavailable => "peer-unavailable",
            Self::NotSent => "not-sent",
            Self::NotTrusted => "not-trusted",
            Self::Refused => "refused",
            Self::UnknownUser => "unknown-user",
            Self::Unsupported => "unsupported",
            Self::FormatRefused => "format-refused",
            Self::TooLarge => "too-large",
            Self::Loop => "loop",
            Self::BadRequest => "bad-request",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Purged => "purged",
            Self::Replaced => "replaced",
            Self::PartsMissing => "parts-missing",
            Self::Taken => "taken",
            Self::Unconfirmed => "unconfirmed",
            Self::Undelivered => "undelivered",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

impl Outcome {
    /// An outcome with the peer's code.
    pub const fn new(cause: Cause, code: u32) -> Self {
        Self { cause, code, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_reads_back_from_its_word() {
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
        assert_eq!(Cause::parse("nonsense"), None);
    }

    #[test]
    fn only_a_delivery_ends_as_delivered() {
        for cause in Cause::ALL {
            assert_eq!(cause.final_state() == FinalState::Delivered, cause == Cause::Delivered, "{cause:?}");
        }
    }

    #[test]
    fn a_temporary_cause_ends_as_expired() {
        for cause in Cause::ALL.into_iter().filter(|cause| cause.class() == Class::Temporary) {
            assert_eq!(cause.final_state(), FinalState::Expired, "{cause:?}");
        }
    }
}

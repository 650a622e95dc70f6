//! A message: as received ([`Submission`]) and as accepted ([`Message`]).

use std::sync::Arc;
use std::time::Duration;

use crate::address::{Address, Number, Party};
use crate::delivery::Progress;
use crate::id::{AccountId, CarrierId, MessageId, RouteId};
use crate::notice::{Asked, Imdn, Notice};
use crate::options::Options;
use crate::receipt::ReceiptRequest;
use crate::record::Step;
use crate::time::Timestamp;

/// Who gave us a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A carrier, over one of its binds.
    Carrier(CarrierId),
    /// An app, authenticated as this account.
    Account(AccountId),
}

/// Whose a destination is: to whom a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recipient {
    /// An account: its devices get the message over SIP.
    Account(AccountId),
    /// A carrier: its receivers get the message over SMPP.
    Carrier(CarrierId),
    /// Nobody here: the routes lead on, and this one did when the message came. At each attempt those that are in force
    /// then are asked again.
    Route(RouteId),
}

impl Recipient {
    /// Where the numbers of routes begin.
    const ROUTES: i64 = 1 << 62;

    /// One number for all: an account's is positive, a carrier's negative, a route's very large. Ids are positive and
    /// small.
    pub fn key(self) -> i64 {
        match self {
            Self::Account(AccountId(id)) => id,
            Self::Carrier(CarrierId(id)) => -id,
            Self::Route(RouteId(id)) => Self::ROUTES.saturating_add(id),
        }
    }

    /// Reads the number back.
    pub fn from_key(key: i64) -> Self {
        match key {
            ..0 => Self::Carrier(CarrierId(key.saturating_neg())),
            Self::ROUTES.. => Self::Route(RouteId(key - Self::ROUTES)),
            _ => Self::Account(AccountId(key)),
        }
    }
}

/// How long a message may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validity {
    /// As long as the product's default says.
    #[default]
    Default,
    /// So long from acceptance.
    For(Duration),
    /// Until this moment.
    Until(Timestamp),
}

/// What a protocol made of a request: nothing is promised yet (D0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Who gave it to us.
    pub origin: Origin,
    /// The sender, understood.
    pub source: Address,
    /// The recipient, understood.
    pub destination: Number,
    /// The sender as written by an SMPP peer; empty from other origins.
    pub source_as_submitted: Party,
    /// The recipient as written by an SMPP peer; empty from other origins.
    pub destination_as_submitted: Party,
    /// The text, in Unicode, exactly as the sender meant it.
    pub text: String,
    /// What the origin wants to hear.
    pub receipt: ReceiptRequest,
    /// How long it may wait.
    pub validity: Validity,
    /// The origin's own reference (user_message_reference).
    pub reference: Option<u16>,
    /// What few messages ask for beyond this.
    pub options: Option<Box<Options>>,
}

/// An accepted message: durable before its origin heard "yes" (D1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name everywhere.
    pub id: MessageId,
    /// As submitted.
    pub submission: Submission,
    /// Whose the destination is.
    pub recipient: Recipient,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When its validity ends.
    pub expires_at: Timestamp,
    /// The attempts so far.
    pub progress: Progress,
    /// What happened so far beyond the acceptance.
    pub story: Vec<Step>,
    /// Of a text that was joined from parts: the parts, in their order, each a message that its origin was
    /// promised. Kept in memory only; the store has the parts.
    pub parts: Vec<Arc<Message>>,
}

impl Submission {
    /// Whether the sender is a number with its country: its origin said so (SMPP 5.0 4.7.1), and it could be one
    /// (ITU-T E.164 6.1). All others go out as the digits they came in as.
    pub fn source_is_international(&self) -> bool {
        let Address::Number(number) = self.source else { return false };
        let digits = number.as_str();
        self.source_as_submitted.ton == 1 && (7..=15).contains(&digits.len()) && !digits.starts_with('0')
    }

    /// What it asks for beyond a text to a number now; the defaults when it asks for nothing.
    pub fn options(&self) -> &Options {
        static NONE: Options = Options::NONE;
        self.options.as_deref().unwrap_or(&NONE)
    }
}

impl Message {
    /// What it tells an app, if it is no text but a notice.
    pub fn notice(&self) -> Option<&Notice> {
        match self.submission.options().imdn.as_deref()? {
            Imdn::Notice(notice) => Some(notice),
            Imdn::Asked(_) => None,
        }
    }

    /// What its app wants to hear of it, if it is a text whose app does.
    pub fn asked(&self) -> Option<&Asked> {
        match self.submission.options().imdn.as_deref()? {
            Imdn::Asked(asked) => Some(asked),
            Imdn::Notice(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_comes_back_from_its_number() {
        for recipient in [
            Recipient::Account(AccountId(1)),
            Recipient::Carrier(CarrierId(1)),
            Recipient::Carrier(CarrierId(i64::MAX)),
            Recipient::Route(RouteId(1)),
        ] {
            assert_eq!(Recipient::from_key(recipient.key()), recipient);
        }
    }
}

//! A message: as received ([`Submission`]) and as accepted ([`Message`]).

use std::time::Duration;

use crate::address::{Address, Number, Party};
use crate::delivery::Progress;
use crate::id::{AccountId, CarrierId, MessageId};
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
}

/// An accepted message: durable before its origin heard "yes" (D1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name everywhere.
    pub id: MessageId,
    /// As submitted.
    pub submission: Submission,
    /// The account that owns the destination.
    pub account: AccountId,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When its validity ends.
    pub expires_at: Timestamp,
    /// The attempts so far.
    pub progress: Progress,
    /// What happened so far beyond the acceptance.
    pub story: Vec<Step>,
}

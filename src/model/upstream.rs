//! What others tell us of messages that we gave to them.

use crate::address::{Number, Party};
use crate::id::{CarrierId, ConnectionId, MessageId};
use crate::receipt::FinalState;
use crate::time::Timestamp;

/// A message was taken by another system, which says later what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Over which connection; `None`: a receiver that its carrier bound to us.
    pub connection: Option<ConnectionId>,
    /// When.
    pub at: Timestamp,
}

/// One submit that another system took, under the name it gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Who took it.
    pub carrier: CarrierId,
    /// The name it gave it, exactly as it wrote it; 1 to 64 octets.
    pub name: Box<str>,
    /// The messages that end with it: ours, or of a joined text all that it was joined from, the first one first.
    pub messages: Vec<MessageId>,
    /// Which part of the text it is, from 1.
    pub part: u8,
    /// How many there are.
    pub parts: u8,
    /// To whom it was.
    pub destination: Number,
    /// When it was taken.
    pub at: Timestamp,
    /// What became of it, once that is known.
    pub state: Option<FinalState>,
}

/// What another system tells of a submit that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamReceipt {
    /// What it calls the submit, exactly as it wrote it; 1 to 64 octets.
    pub name: Box<str>,
    /// What it tells.
    pub tells: UpstreamNews,
    /// Its own error, 0 for none.
    pub error: u32,
    /// From whom the receipt is: to whom the message was.
    pub source: Party,
    /// To whom the receipt is: from whom the message was.
    pub destination: Party,
    /// When it came to its end, if that is said and can be read.
    pub done_at: Option<Timestamp>,
}

/// A receipt that belongs to nothing we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Its key in the store: later ones have larger ones.
    pub id: i64,
    /// Whose it is.
    pub carrier: CarrierId,
    /// Over which connection it came; `None`: over a bind that its carrier made to us.
    pub connection: Option<ConnectionId>,
    /// What it says.
    pub receipt: UpstreamReceipt,
    /// When it came.
    pub at: Timestamp,
}

/// What is told of a submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamNews {
    /// It is on its way still, or nobody knows (ENROUTE, ACCEPTD, UNKNOWN, SCHEDULED).
    UnderWay,
    /// Its end.
    Ended(FinalState),
    /// Its recipient has read it (SME delivery acknowledgement).
    Read,
}

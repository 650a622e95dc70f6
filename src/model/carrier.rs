//! A carrier: a customer that terminates SMS on our network over SMPP.

use crate::id::CarrierId;
use crate::profile::Profile;
use crate::text::Alphabet;

/// Which binds a carrier may make (SMPP 5.0 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// bind_transmitter: it submits.
    Transmitter,
    /// bind_receiver: it takes receipts.
    Receiver,
    /// bind_transceiver: both.
    Transceiver,
}

impl BindKind {
    /// Whether the bind may submit.
    pub fn transmits(self) -> bool {
        self != Self::Receiver
    }

    /// Whether the bind may be given receipts.
    pub fn receives(self) -> bool {
        self != Self::Transmitter
    }

    /// The word used on screens and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transmitter => "transmitter",
            Self::Receiver => "receiver",
            Self::Transceiver => "transceiver",
        }
    }
}

/// A carrier as the admin provisioned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    /// Its key in the store.
    pub id: CarrierId,
    /// The name people use, unique.
    pub name: String,
    /// What it binds as, unique; 1-15 octets, case counts. Empty: it does not bind to us.
    pub system_id: String,
    /// The salted hash of its password (`iwf_node::credentials`); the password itself is kept nowhere. Empty where it
    /// does not bind to us: no password fits.
    pub password_hash: String,
    /// A disabled carrier can't bind, and its binds are closed.
    pub enabled: bool,
    /// The most binds at a time, all kinds together.
    pub max_binds: u16,
    /// The most submits per second over all binds; 0 is no limit.
    pub rate: u32,
    /// The most of its submits that may be unanswered on one bind before we stop reading.
    pub window: u16,
    /// What its data_coding 0 means.
    pub alphabet: Alphabet,
    /// How it speaks and wants to be spoken to.
    pub profile: Profile,
}

impl Carrier {
    /// How many binds a carrier may have unless the admin says otherwise.
    pub const DEFAULT_MAX_BINDS: u16 = 10;
    /// How many unanswered submits a bind may have unless the admin says otherwise.
    pub const DEFAULT_WINDOW: u16 = 1000;
}

//! A registration: where a device of an account can be reached.

use std::net::SocketAddr;

use crate::id::AccountId;
use crate::time::Timestamp;

/// The way by which a device came, and by which it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Datagrams to and from this address.
    Udp {
        /// The device, or the NAT before it.
        peer: SocketAddr,
    },
    /// A TCP connection that the device opened. `connection` names it within one run of the process.
    Tcp {
        /// The device, or the NAT before it.
        peer: SocketAddr,
        /// The connection; after a restart no connection has this number.
        connection: u64,
    },
}

impl Flow {
    /// The other end.
    pub fn peer(self) -> SocketAddr {
        match self {
            Self::Udp { peer } | Self::Tcp { peer, .. } => peer,
        }
    }
}

/// One contact of an account's address of record (RFC 3261 10.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Whose it is.
    pub account: AccountId,
    /// The address of record as the app registered it (its To URI): the To of what is sent to it.
    pub aor: String,
    /// The Contact URI, verbatim: the Request-URI of what is sent to it.
    pub contact: String,
    /// The other Contact parameters, verbatim, each with its semicolon; they are given back in the 200.
    pub params: String,
    /// `+sip.instance`, when the app gave one (RFC 5626 4.1).
    pub instance: Option<String>,
    /// `reg-id`, when the app gave one together with an instance.
    pub reg_id: Option<u32>,
    /// The q value times 1000, 0-1000.
    pub q: u16,
    /// The Call-ID of the REGISTER that set it.
    pub call_id: String,
    /// The CSeq of the REGISTER that set it.
    pub cseq: u32,
    /// How it came and is reached.
    pub flow: Flow,
    /// What the app calls itself, for screens.
    pub user_agent: String,
    /// When it lapses.
    pub expires_at: Timestamp,
}

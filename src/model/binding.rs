//! A registration: where a device of an account can be reached.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::id::AccountId;
use crate::time::Timestamp;

/// What carries SIP (RFC 3261 18; RFC 7118 for the two of WebSocket).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A TCP connection in the clear.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket in the clear.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// As it stands in a Via (RFC 3261 20.42, RFC 7118 5.2).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// Reads the word of a Via or of a `transport` parameter, whose letters may be of either case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether what is sent arrives or the connection breaks: nothing has to be sent twice.
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// Whether others can neither read nor change what goes over it.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// The port where nothing names one (RFC 3261 19.1.2, RFC 7118 5.1 with the ports of HTTP).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

/// The way by which a device came, and by which it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Datagrams between two addresses.
    Udp {
        /// The device, or the NAT before it.
        peer: SocketAddr,
        /// Our own: what a socket is bound to. A NAT lets back in only what comes from where it sent to. The
        /// unspecified address stands for whichever socket of the family there is.
        local: SocketAddr,
    },
    /// A connection that the device opened, or that we opened to it.
    Stream {
        /// What it carries; not UDP.
        transport: Transport,
        /// The device, or the NAT before it.
        peer: SocketAddr,
        /// Names the connection within one run of the process; after a restart none has this number.
        connection: u64,
    },
}

impl Flow {
    /// Datagrams to and from `peer`, over whichever socket of ours.
    pub fn datagrams(peer: SocketAddr) -> Self {
        let any = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        Self::Udp { peer, local: SocketAddr::new(any, 0) }
    }

    /// The other end.
    pub fn peer(self) -> SocketAddr {
        match self {
            Self::Udp { peer, .. } | Self::Stream { peer, .. } => peer,
        }
    }

    /// What carries it.
    pub fn transport(self) -> Transport {
        match self {
            Self::Udp { .. } => Transport::Udp,
            Self::Stream { transport, .. } => transport,
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
    /// The proxies between us and the device, the nearest first, as its REGISTER listed them in Path, joined by
    /// commas: the Route of what is sent to it (RFC 3327 5.3). Empty where there is none.
    pub path: String,
    /// What the app calls itself, for screens.
    pub user_agent: String,
    /// When it lapses.
    pub expires_at: Timestamp,
}

impl Binding {
    /// What names it among the bindings of its account: its contact; of a numbered flow its instance and `reg-id`
    /// too, because several flows of one device may have the same contact (RFC 5626 6).
    pub fn key(&self) -> Cow<'_, str> {
        match self.key_suffix() {
            Some(suffix) => Cow::Owned(format!("{}{suffix}", self.contact)),
            None => Cow::Borrowed(&self.contact),
        }
    }

    /// What [`Binding::key`] has behind the contact. It begins with a blank, which no URI has.
    pub fn key_suffix(&self) -> Option<String> {
        let (reg_id, instance) = (self.reg_id?, self.instance.as_deref()?);
        Some(format!(" {reg_id} {instance}"))
    }
}

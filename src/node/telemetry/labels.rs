//! The labels of metrics: closed sets of words, so that no metric can grow without bound.

use iwf_model::{BindKind, Cause, FinalState, Refusal, Stranger, Transport};
use iwf_relay::Fate;
use iwf_sip::locate::Learnt;
use iwf_smpp::BindRefusal;

use crate::entrance::Full;

use crate::push::PushEnd;

/// A label value: one of a few, each with its word.
pub(crate) trait Label: Copy + PartialEq + 'static {
    /// Every value.
    fn all() -> Vec<Self>;
    /// The word that stands in the metric.
    fn word(self) -> &'static str;
}

/// What became of a submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubmitResult {
    /// Durable, and told so.
    Accepted,
    /// The PDU was wrong.
    Invalid,
    /// A transaction that was not delivered.
    Undelivered,
    /// Understood and not taken.
    Refused(Refusal),
}

impl Label for SubmitResult {
    fn all() -> Vec<Self> {
        let refused = Refusal::ALL.into_iter().map(Self::Refused);
        [Self::Accepted, Self::Invalid, Self::Undelivered].into_iter().chain(refused).collect()
    }

    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Invalid => "invalid",
            Self::Undelivered => "undelivered",
            Self::Refused(refusal) => refusal.as_str(),
        }
    }
}

impl Label for PushEnd {
    fn all() -> Vec<Self> {
        vec![Self::Taken, Self::Gone, Self::Refused, Self::Failed, Self::Held]
    }

    fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }
}

/// Declares a label of plain words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl Label for $name {
            fn all() -> Vec<Self> {
                vec![$(Self::$variant),+]
            }

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

mod told;
pub(crate) use told::{NoticeResult, ReadResult, ReceiptResult, UpstreamResult};

/// What became of a bind request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindResult {
    /// Bound.
    Accepted,
    /// The PDU was wrong, or came in the wrong state.
    Invalid,
    /// It waits, and is counted again when it is decided.
    Postponed,
    /// Understood and refused.
    Refused(BindRefusal),
}

impl Label for BindResult {
    fn all() -> Vec<Self> {
        let refused = BindRefusal::ALL.into_iter().map(Self::Refused);
        [Self::Accepted, Self::Invalid, Self::Postponed].into_iter().chain(refused).collect()
    }

    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Invalid => "invalid",
            Self::Postponed => "postponed",
            Self::Refused(refusal) => refusal.as_str(),
        }
    }
}

words! {
    /// Which limit an SMPP connection would have broken.
    Turned {
        /// All connections.
        Connections = "connections",
        /// The connections of its address that have not bound.
        Address = "address",
    }
}

words! {
    /// Which limit a SIP connection would have broken.
    SipTurned {
        /// All connections.
        Connections = "connections",
        /// Those of its address.
        Address = "address",
        /// Those of its address from which no message has come.
        Silent = "silent",
    }
}

impl SipTurned {
    /// What an operator is told.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "sip.max_connections are open",
            Self::Address => "sip.max_connections_per_address are open from there",
            Self::Silent => "sip.max_silent_per_address connections from there have brought no message",
        }
    }
}

impl From<Full> for SipTurned {
    fn from(full: Full) -> Self {
        match full {
            Full::All => Self::Connections,
            Full::Address => Self::Address,
            Full::Unproved => Self::Silent,
        }
    }
}

/// A transport with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connected(pub(crate) Transport);

impl Label for Connected {
    fn all() -> Vec<Self> {
        Transport::ALL.into_iter().filter(|transport| transport.is_reliable()).map(Self).collect()
    }

    fn word(self) -> &'static str {
        self.0.word()
    }
}

impl Label for Transport {
    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn word(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}

words! {
    /// Whose certificate it is.
    Side {
        /// That of `[smpp.tls]`.
        Smpp = "smpp",
        /// That of `[sip.tls]`.
        Sip = "sip",
        /// That of `sip.client_certificate`.
        SipClient = "sip_client",
        SmppClient = "smpp_client",
        /// That of `[admin.tls]`.
        Admin = "admin",
    }
}

impl Turned {
    /// What an operator is told.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "smpp.max_connections are open",
            Self::Address => "smpp.max_unbound_per_address connections from there have not bound",
        }
    }
}

words! {
    /// What became of the agreement on TLS, or on WebSocket, with a connection.
    Handshake {
        /// Agreed.
        Done = "done",
        /// The peer is not trusted, or speaks none that we speak.
        Failed = "failed",
    }
}

words! {
    /// What became of a call to a carrier (outbind).
    OutbindResult {
        /// It bound to receive.
        Bound = "bound",
        /// It was connected to, and did not.
        Unbound = "unbound",
        /// It could not be connected to.
        Unreachable = "unreachable",
    }
}

words! {
    /// What became of a question to the DNS.
    LookupResult {
        /// There are records.
        Records = "records",
        /// There are none.
        Absent = "absent",
        /// Nobody could say, and an older answer serves.
        Stale = "stale",
        /// Nobody could say.
        Failed = "failed",
    }
}

impl From<Learnt> for LookupResult {
    fn from(learnt: Learnt) -> Self {
        match learnt {
            Learnt::Records => Self::Records,
            Learnt::Absent => Self::Absent,
            Learnt::Stale => Self::Stale,
            Learnt::Failed => Self::Failed,
        }
    }
}

words! {
    /// What became of TLS files that had changed.
    Reload {
        /// New connections get them.
        Taken = "taken",
        /// They can't be used; the old ones stay.
        Refused = "refused",
    }
}

words! {
    /// What was said to a sender whose request was turned away in overload.
    Shed {
        /// That it was, and when to come again.
        Answered = "answered",
        /// Nothing: it was a stranger behind UDP.
        Dropped = "dropped",
    }
}

impl Shed {
    /// By whether something was said.
    pub(crate) fn of(answered: bool) -> Self {
        if answered { Self::Answered } else { Self::Dropped }
    }
}

words! {
    /// The methods an app may send.
    SipMethod {
        /// REGISTER.
        Register = "REGISTER",
        /// MESSAGE.
        Message = "MESSAGE",
        /// OPTIONS.
        Options = "OPTIONS",
        /// Any other.
        Other = "other",
    }
}

impl SipMethod {
    /// The label of a method as it stands in the request.
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "REGISTER" => Self::Register,
            "MESSAGE" => Self::Message,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }
}

words! {
    /// The class of a SIP status.
    StatusClass {
        /// 200-299.
        Success = "2xx",
        /// 300-399.
        Redirection = "3xx",
        /// 400-499.
        ClientFailure = "4xx",
        /// 500-599.
        ServerFailure = "5xx",
        /// 600-699.
        GlobalFailure = "6xx",
    }
}

impl StatusClass {
    /// The class of a final status.
    pub(crate) fn of(status: u16) -> Self {
        match status {
            ..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientFailure,
            500..=599 => Self::ServerFailure,
            600.. => Self::GlobalFailure,
        }
    }
}

/// Declares the words of the model as labels.
macro_rules! model_labels {
    ($($name:ty: $all:expr;)+) => {
        $(impl Label for $name {
            fn all() -> Vec<Self> {
                $all.to_vec()
            }

            fn word(self) -> &'static str {
                self.as_str()
            }
        })+
    };
}

model_labels! {
    BindKind: [Self::Transmitter, Self::Receiver, Self::Transceiver];
    Cause: Self::ALL;
    Fate: Self::ALL;
    FinalState: Self::ALL;
    Stranger: Self::ALL;
    iwf_sip::uas::Turned: Self::ALL;
}

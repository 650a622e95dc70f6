//! What a client session tells the one who drives it.

use iwf_model::{MessageId, Outcome, ReceiptAnswer, Submission, UpstreamReceipt};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::Version;
use crate::event::{Anomaly, CloseReason};

/// Something happened. Take all of them after each call that feeds the session.
#[derive(Debug)]
pub enum ClientEvent {
    /// The bind holds.
    Bound {
        /// What the message centre calls itself, in printable ASCII.
        system_id: String,
        /// What is spoken.
        version: Version,
    },
    /// A text of the message centre's: answer with `accept_submit` once it is durable, or `refuse_submit`.
    Submit {
        /// To answer with, exactly once.
        ticket: ClientTicket,
        /// The message.
        submission: Box<Submission>,
    },
    /// What became of a message that we submitted: answer with `accept_receipt` once it is durable, or `refuse_submit`.
    Receipt {
        /// To answer with, exactly once.
        ticket: ClientTicket,
        /// What was told.
        receipt: Box<UpstreamReceipt>,
    },
    /// How a text ended. Exactly one for each that `send_text` took.
    TextAnswered(TextAnswer),
    /// What became of a receipt. Exactly one for each that `send_receipt` took.
    ReceiptAnswered {
        /// The message the receipt was about.
        message: MessageId,
        /// What became of it.
        answer: ReceiptAnswer,
        /// The peer's command_status; 0 when there was no answer.
        status: u32,
    },
    /// The message centre says that texts come too fast: for a while fewer go.
    Throttled,
    /// The message centre has ended the bind in good order.
    Unbound,
    /// The session has ended: write what is left of `output`, then close the connection. Told once.
    Closed(CloseReason),
    /// Something to count, and to log now and then.
    Anomaly(Anomaly),
}

/// Answers one request of a message centre. It can't be copied, so none is answered twice; dropping it leaves the peer
/// without an answer and our window one smaller.
#[derive(Debug, PartialEq, Eq)]
pub struct ClientTicket {
    pub(super) response: CommandId,
    pub(super) sequence: u32,
    /// The answer tells our id of the message.
    pub(super) named: bool,
}

/// How a text to a message centre ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextAnswer {
    /// The message.
    pub message: MessageId,
    /// How it ended; its code is the peer's command_status, 0 when there was no answer.
    pub outcome: Outcome,
    /// How many PDUs it took.
    pub parts: usize,
    /// The names that the message centre gave the parts it took, in their order, also of a text that failed: its receipts
    /// name them so. Empty when it does not tell what becomes of them.
    pub names: Vec<Option<Box<str>>>,
    /// What it said in words (additional_status_info_text), in printable ASCII.
    pub said: Option<Box<str>>,
}

/// Why a message centre refuses our bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// It does not know us, or not so: the name, the password, or from where we come.
    #[error("the bind was refused: system_id, password or permission")]
    Credentials,
    /// It has as many binds of ours as it takes; mostly ones of ours that it has not noticed to be gone.
    #[error("the bind was refused: already bound")]
    AlreadyBound,
    /// It can't take us now.
    #[error("the bind was refused for a time: command_status {0:#010x}")]
    Unavailable(u32),
    /// It does not know this kind of bind: one of v3.3 knows no transceiver.
    #[error("the message centre does not know this kind of bind")]
    Unknown,
    /// Another status.
    #[error("the bind was refused: command_status {0:#010x}")]
    Other(u32),
}

impl Rejection {
    /// What a status in answer to a bind says (interworking.md A.6).
    pub fn of(status: CommandStatus) -> Self {
        use CommandStatus as S;
        match status {
            S::EsmeRbindfail | S::EsmeRinvpaswd | S::EsmeRinvsysid | S::EsmeRinvsystyp => Self::Credentials,
            S::EsmeRalybnd => Self::AlreadyBound,
            S::EsmeRsyserr | S::EsmeRthrottled | S::EsmeRmsgqful | S::EsmeRxTAppn | S::EsmeRunknownerr => {
                Self::Unavailable(status.into())
            }
            S::EsmeRinvcmdid => Self::Unknown,
            status => Self::Other(status.into()),
        }
    }

    /// Whether the same bind will be refused again until somebody changes something: it is not to be tried often, for
    /// many message centres lock out who does.
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Credentials | Self::Unknown | Self::Other(_))
    }

    /// The word used in metrics and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::AlreadyBound => "already-bound",
            Self::Unavailable(_) => "unavailable",
            Self::Unknown => "unknown-bind",
            Self::Other(_) => "refused",
        }
    }
}

//! What a session tells the one who drives it.

pub use iwf_model::ReceiptAnswer;
use iwf_model::{Cancel, MessageId, Outcome, Party, Query, Replace, Submission, UpstreamReceipt};
use rusmpp_core::{CommandId, CommandStatus};

use crate::bind::BindRequest;
use crate::client::Rejection;
use crate::fault::Fault;
use crate::frame::FrameError;
use crate::keepalive::TimerReason;
use crate::submission::Unsuccessful;

/// Something happened. Take all of them after each call that feeds the session.
#[derive(Debug)]
pub enum Event {
    /// A peer wants to bind: answer with `accept_bind`, `refuse_bind` or `postpone_bind`. What it sends
    /// meanwhile is held.
    Bind(Box<BindRequest>),
    /// The bind that was postponed is to be decided now: `accept_bind` or `refuse_bind`.
    BindDue,
    /// A message: answer with `accept_submit` once it is durable, or `refuse_submit`; one in transaction mode
    /// with `accept_submit` once it is delivered and written down, or `fail_submit`.
    Submit {
        /// To answer with, exactly once.
        ticket: Ticket,
        /// The message.
        submission: Box<Submission>,
    },
    /// What became of a text that a carrier took which acknowledges: answer with `accept_receipt` once it is durable, or
    /// `refuse_submit`.
    Receipt {
        /// To answer with, exactly once.
        ticket: Ticket,
        /// What was told.
        receipt: Box<UpstreamReceipt>,
    },
    /// One message for each of many recipients (submit_multi): answer with `answer_multi` once those that are
    /// taken are durable.
    SubmitMulti {
        /// To answer with, exactly once.
        ticket: MultiTicket,
        /// The messages, 1 to 255.
        submissions: Vec<Submission>,
    },
    /// How does a message stand? Answer with `answer_query`.
    Query {
        /// To answer with, exactly once.
        ticket: QueryTicket,
        /// Which.
        query: Query,
    },
    /// Messages are not to be delivered: answer with `answer_operation`.
    Cancel {
        /// To answer with, exactly once.
        ticket: Ticket,
        /// Which.
        cancel: Cancel,
    },
    /// A message is to be delivered in place of another: answer with `answer_operation` once it is durable.
    Replace {
        /// To answer with, exactly once.
        ticket: Ticket,
        /// Which, and the new one.
        replace: Box<Replace>,
    },
    /// What became of a receipt. Exactly one for each that `send_receipt` took.
    ReceiptAnswered {
        /// The message the receipt was about.
        message: MessageId,
        /// What became of it.
        answer: ReceiptAnswer,
        /// The peer's command_status; 0 when there was no answer.
        status: u32,
    },
    /// How a text ended. Exactly one for each that `send_text` took.
    TextAnswered {
        /// The message.
        message: MessageId,
        /// How it ended; its code is the peer's command_status, 0 when there was no answer.
        outcome: Outcome,
        /// How many PDUs it took.
        parts: usize,
        /// The names under which a carrier that acknowledges will tell of the parts it took, in their order; empty for
        /// another carrier.
        names: Vec<Option<Box<str>>>,
    },
    /// The bind has ended in good order; the connection stays a little for the peer to close it.
    Unbound,
    /// The session has ended: write what is left of `output`, then close the connection. Told once.
    Closed(CloseReason),
    /// Something to count, and to log now and then.
    Anomaly(Anomaly),
}

/// Answers one request. It can't be copied, so none is answered twice; dropping it leaves the peer without an
/// answer and its window one smaller.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) response: CommandId,
    pub(crate) sequence: u32,
}

/// Answers one submit_multi.
#[derive(Debug, PartialEq, Eq)]
pub struct MultiTicket {
    pub(crate) sequence: u32,
    /// Those to whom its submissions go, in their order.
    pub(crate) destinations: Vec<Party>,
    /// Those that were refused before.
    pub(crate) unsuccessful: Vec<Unsuccessful>,
}

/// Answers one query_sm.
#[derive(Debug, PartialEq, Eq)]
pub struct QueryTicket {
    pub(crate) sequence: u32,
    /// The id as the peer wrote it, to be written so in the answer.
    pub(crate) written: Box<[u8]>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The peer unbound.
    #[error("the peer unbound")]
    UnboundByPeer,
    /// We unbound.
    #[error("we unbound")]
    UnboundByUs,
    /// The peer closed the connection without unbinding.
    #[error("the peer closed the connection")]
    PeerClosed,
    /// The stream could not be followed.
    #[error("{0}")]
    Frame(FrameError),
    /// Too many binds were refused.
    #[error("too many binds were refused")]
    BindRefused,
    /// The message centre refused our bind.
    #[error("{0}")]
    Rejected(Rejection),
    /// The message centre says that we are not bound.
    #[error("the message centre says that we are not bound")]
    NotBound,
    /// More was sent behind an undecided bind than is held.
    #[error("too much was sent before the bind was decided")]
    HeldTooMuch,
    /// The peer answers what was not asked, again and again.
    #[error("the peer's answers do not match our requests")]
    Confused,
    /// A timer ended it.
    #[error("{}", .0.as_str())]
    Timeout(TimerReason),
}

/// What should not happen, and was survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Anomaly {
    /// A PDU could not be taken; it was answered with the status.
    #[error("{fault}")]
    BadPdu {
        /// What it was.
        command_id: CommandId,
        /// What was wrong with it.
        fault: Fault,
        /// What it was answered with.
        status: CommandStatus,
    },
    /// A request that its sender may not make in this state.
    #[error("a request in the wrong state")]
    WrongState(CommandId),
    /// A request that we know and do not offer.
    #[error("a request that is not offered")]
    NotOffered(CommandId),
    /// A request with a command_id nobody knows.
    #[error("unknown command_id {0:#010x}")]
    UnknownCommand(u32),
    /// A response to nothing we asked, or one that came too late.
    #[error("a response to nothing we asked")]
    UnknownResponse(CommandId),
    /// A response of another kind than the request of that sequence number.
    #[error("a response of the wrong kind")]
    MismatchedResponse(CommandId),
    /// The peer could not make sense of something we sent, or so it says.
    #[error("the peer sent generic_nack")]
    GenericNack(CommandStatus),
    /// A submit far beyond the window was answered with RTHROTTLED.
    #[error("a submit beyond the window")]
    BeyondWindow,
    /// An enquire_link of ours was not answered.
    #[error("no answer to enquire_link")]
    EnquiryMissed,
}

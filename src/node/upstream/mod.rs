//! What other systems tell of messages that they took: found by the names they gave them, written down, and only then
//! acknowledged.
//!
//! - `desk`: takes what is told, in batches, one after the other
//! - `held`: what belongs to nothing we know, and may yet: it came before the answer to its submit

mod desk;
mod held;

use std::future::Future;
use std::sync::Arc;

use iwf_model::{CarrierId, ConnectionId, MessageId, Outcome, Refusal, UpstreamReceipt};
use iwf_store::Write;
use tokio::sync::{Notify, mpsc, oneshot};

pub(crate) use self::desk::Desk;

/// Tells; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    told: mpsc::Sender<Told>,
    /// Something was taken: what belonged to nothing may belong to it.
    taken: Arc<Notify>,
}

/// One receipt of another system.
#[derive(Debug)]
pub(crate) struct Told {
    /// Whose system it is.
    pub(crate) carrier: CarrierId,
    /// Over which connection it came; `None`: over a bind that its carrier made to us.
    pub(crate) connection: Option<ConnectionId>,
    /// What it says. One that names no message has an empty name.
    pub(crate) receipt: Box<UpstreamReceipt>,
    /// Answered when what follows from it is durable, or can't be: who told it tells it again then.
    pub(crate) done: Answer,
}

/// Where somebody waits to hear that what it told is durable.
type Answer = oneshot::Sender<Result<(), Refusal>>;

/// How messages ended that another system had taken; the writes go with their ends.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Which ones: the parts that a text was joined from end together.
    pub(crate) messages: Vec<MessageId>,
    /// How.
    pub(crate) outcome: Outcome,
    /// What was told, for the story.
    pub(crate) detail: String,
    /// What is remembered of what was told.
    pub(crate) writes: Vec<Write>,
}

/// Receipts that may wait to be looked at.
const MOST_WAITING: usize = 4_096;

impl Upstream {
    /// Where receipts are told, and the end where they come out.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Told>) {
        let (told, receiver) = mpsc::channel(MOST_WAITING);
        (Self { told, taken: Arc::default() }, receiver)
    }

    /// Tells a receipt; resolves when what follows from it is durable. Too many at a time are refused at once.
    pub(crate) fn tell(
        &self,
        carrier: CarrierId,
        connection: Option<ConnectionId>,
        receipt: Box<UpstreamReceipt>,
    ) -> impl Future<Output = Result<(), Refusal>> + use<> {
        let (done, answer) = oneshot::channel();
        let told = Told { carrier, connection, receipt, done };
        let sent = self.told.try_send(told).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Throttled,
            mpsc::error::TrySendError::Closed(_) => Refusal::Stopping,
        });
        async move {
            sent?;
            answer.await.unwrap_or(Err(Refusal::Stopping))
        }
    }

    /// Something was taken by another system, and that is durable.
    pub(crate) fn note_taken(&self) {
        self.taken.notify_one();
    }
}

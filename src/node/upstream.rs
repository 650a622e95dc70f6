//! What other systems tell of messages that they took, on its way to who knows the messages.

use std::future::Future;

use iwf_model::{CarrierId, ConnectionId, Refusal, UpstreamReceipt};
use tokio::sync::{mpsc, oneshot};

/// Tells; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    told: mpsc::Sender<Told>,
}

/// One receipt of another system.
#[derive(Debug)]
#[cfg_attr(not(test), expect(dead_code, reason = "who knows the messages comes next"))]
pub(crate) struct Told {
    /// Whose system it is.
    pub(crate) carrier: CarrierId,
    /// Over which connection it came; `None`: over a bind that its carrier made to us.
    pub(crate) connection: Option<ConnectionId>,
    /// What it says. One that names no message has an empty name.
    pub(crate) receipt: Box<UpstreamReceipt>,
    /// Answered when what follows from it is durable, or can't be: who told it tells it again then.
    pub(crate) done: oneshot::Sender<Result<(), Refusal>>,
}

/// Receipts that may wait to be looked at.
const MOST_WAITING: usize = 1024;

impl Upstream {
    /// Where receipts are told, and the end where they come out.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Told>) {
        let (told, receiver) = mpsc::channel(MOST_WAITING);
        (Self { told }, receiver)
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
}

//! Where origins ask about messages that wait: how they stand, to take them back, to change them; and where a
//! transaction begins, which nothing remembers before its end.
//!
//! How a message stands is read from the store; how a part stands, whoever holds the text that it became knows
//! better. All else is decided by the one who holds the messages.

use std::future::Future;
use std::sync::Arc;

use iwf_model::{
    Cancel, Denial, Message, MessageId, MessageState, Outcome, Query, Refusal, Replace, Standing,
};
use iwf_relay::standing;
use iwf_store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::upstream::Ending;

/// Asks; cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk {
    commands: mpsc::Sender<Command>,
    store: Arc<dyn Store>,
}

/// What the holder of the messages is asked to do.
pub(crate) enum Command {
    /// Take messages back.
    Cancel(Cancel, Reply),
    /// Change a message.
    Replace(Box<Replace>, Reply),
    /// How does the text stand that this part is in? `None` when it is not held.
    Text(MessageId, oneshot::Sender<Option<Standing>>),
    /// Messages that another system had taken have ended.
    End(Ending, Reply),
    /// The system that has a message says that it was read.
    Read(MessageId),
    /// Deliver a message now or never. It has its place.
    Transact(Arc<Message>, oneshot::Sender<TransactionEnd>),
}

/// Where the answer goes, when what it says is durable.
pub(crate) type Reply = oneshot::Sender<Result<(), Denial>>;

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum TransactionEnd {
    /// Delivered, and that is durable.
    Delivered,
    /// Not delivered; nothing of it is kept. And whether the delivery pending flag was set, if it was asked for.
    Failed(Outcome, Option<bool>),
    /// It can't be told, or not be written down.
    Refused(Refusal),
}

/// Commands that may wait for the holder of the messages.
const MOST_WAITING: usize = 1024;

impl Desk {
    /// A desk, and the end where its commands come out.
    pub(crate) fn new(store: Arc<dyn Store>) -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(MOST_WAITING);
        (Self { commands, store }, receiver)
    }

    /// How a message stands. One whose end is decided and not yet durable is still on its way.
    pub(crate) fn query(&self, query: Query) -> impl Future<Output = Result<Standing, Denial>> + use<> {
        let desk = self.clone();
        async move {
            let story = desk.store.story(query.message).await.map_err(|error| {
                tracing::error!(%error, message = %query.message, "a story could not be read");
                Denial::Unavailable
            })?;
            let (message, record) = story.map(|story| (story.message, story.record)).unwrap_or_default();
            let stored = standing(&query, message.as_ref(), record.as_ref(), clock::utc())?;
            let is_part = message.is_some_and(|message| message.submission.options().part.is_some());
            match stored.state {
                MessageState::Scheduled | MessageState::Enroute if is_part => {
                    Ok(desk.standing_of_text(query.message).await.unwrap_or(stored))
                }
                _ => Ok(stored),
            }
        }
    }

    async fn standing_of_text(&self, part: MessageId) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        self.commands.try_send(Command::Text(part, reply)).ok()?;
        answer.await.ok().flatten()
    }

    /// Takes messages back.
    pub(crate) fn cancel(&self, cancel: Cancel) -> impl Future<Output = Result<(), Denial>> + use<> {
        self.ask(|reply| Command::Cancel(cancel, reply))
    }

    /// Changes a message.
    pub(crate) fn replace(&self, replace: Box<Replace>) -> impl Future<Output = Result<(), Denial>> + use<> {
        self.ask(|reply| Command::Replace(replace, reply))
    }

    /// Another system has told the end of messages that it had taken; the answer comes when that is durable. They are as
    /// many as were told at a time, so none is turned away: it waits until there is room. The answer never comes when the
    /// node stops.
    pub(crate) async fn end(&self, ending: Ending) -> oneshot::Receiver<Result<(), Denial>> {
        let (reply, answer) = oneshot::channel();
        drop(self.commands.send(Command::End(ending, reply)).await);
        answer
    }

    /// The system that has a message says that it was read. Nothing is promised to it: what can't be told now is not told.
    pub(crate) async fn read(&self, message: MessageId) {
        drop(self.commands.send(Command::Read(message)).await);
    }

    /// Begins a transaction; `None` when too much is asked at this moment.
    pub(crate) fn transact(&self, message: Arc<Message>) -> Option<oneshot::Receiver<TransactionEnd>> {
        let (reply, end) = oneshot::channel();
        self.commands.try_send(Command::Transact(message, reply)).ok().map(|()| end)
    }

    fn ask<F: FnOnce(Reply) -> Command>(
        &self,
        command: F,
    ) -> impl Future<Output = Result<(), Denial>> + use<F> {
        let (reply, answer) = oneshot::channel();
        let asked = self.commands.try_send(command(reply));
        async move {
            match asked {
                Ok(()) => answer.await.unwrap_or(Err(Denial::Unavailable)),
                Err(mpsc::error::TrySendError::Full(_)) => Err(Denial::Throttled),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(Denial::Unavailable),
            }
        }
    }
}

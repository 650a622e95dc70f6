//! The one way in, for every protocol.
//!
//! A batch of submissions is admitted, stored in one transaction, and only then answered and handed to the
//! queue. Between the commit and the hand-over nothing can get lost: whoever drops a [`Handover`] or a
//! [`Pending`], for whatever reason, hands over what is durable.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use iwf_model::{
    Cause, Message, MessageId, Mode, Now, Outcome, Recipient, Refusal, Step, StepKind, Submission, Timestamp,
};
use iwf_relay::{Circles, Device, Directory, Policy, Reach, TokenBucket, admit, nobody_there};
use iwf_store::{Commit, Store, StoreError, Write};
use tokio::sync::oneshot;

use crate::clock;
use crate::desk::{Desk, TransactionEnd};
use crate::ids::Ids;
use crate::load::Load;
use crate::parts::{Offered, Parts, rule};
use crate::passage::{OnItsWay, Passage};
use crate::tray::Tray;

/// Admits, stores, hands over.
pub(crate) struct Intake {
    /// Who is who, swapped whole when an admin changes something.
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    /// Where accepted messages go.
    pub(crate) accepted: Arc<Tray<Arc<Message>>>,
    /// What bounds us.
    pub(crate) load: Arc<Load>,
    /// Message ids.
    pub(crate) ids: Ids,
    /// What holds for all submissions.
    pub(crate) policy: Policy,
    /// Texts that come back through networks of others.
    pub(crate) circles: Mutex<Circles>,
    /// What makes an acceptance durable.
    pub(crate) store: Arc<dyn Store>,
    /// Who can be reached: a message to one who can't is stored as waiting at once.
    pub(crate) reach: Arc<dyn Reach + Send + Sync>,
    /// Where parts of long texts wait for each other.
    pub(crate) parts: Parts,
    /// Where transactions go.
    pub(crate) desk: Desk,
    /// Which acceptances have not come to the queue.
    pub(crate) passage: Passage,
}

/// What became of a batch at once.
pub(crate) struct Taken<T> {
    /// Refused, with the reason.
    pub(crate) refused: Vec<(T, Refusal)>,
    /// On its way to the store.
    pub(crate) pending: Option<Pending<T>>,
    /// Parts that came again: each is answered when the first is durable.
    pub(crate) repeated: Vec<Pending<T>>,
    /// Answered by their ends.
    pub(crate) transactions: Vec<Transaction<T>>,
}

/// A message that is delivered now or never.
pub(crate) struct Transaction<T> {
    /// What the caller needs to answer it.
    pub(crate) ticket: T,
    /// Its name, if it is delivered.
    pub(crate) id: MessageId,
    /// How it ends; nothing when the node stops.
    pub(crate) end: oneshot::Receiver<TransactionEnd>,
}

impl Intake {
    /// Takes a batch; `T` is what the caller needs to answer each. `bucket` is the rate of their common origin.
    pub(crate) fn take<T>(
        self: &Arc<Self>,
        batch: impl IntoIterator<Item = (T, Submission)>,
        bucket: Option<&Mutex<TokenBucket>>,
        now: Now,
    ) -> Taken<T> {
        self.take_named(batch, bucket, Naming::Each, now)
    }

    /// Takes a batch that has one answer: its origin knows all of it by the id of the first that is admitted.
    pub(crate) fn take_as_one<T>(
        self: &Arc<Self>,
        batch: impl IntoIterator<Item = (T, Submission)>,
        bucket: Option<&Mutex<TokenBucket>>,
        now: Now,
    ) -> Taken<T> {
        self.take_named(batch, bucket, Naming::One(None), now)
    }

    fn take_named<T>(
        self: &Arc<Self>,
        batch: impl IntoIterator<Item = (T, Submission)>,
        bucket: Option<&Mutex<TokenBucket>>,
        mut naming: Naming,
        now: Now,
    ) -> Taken<T> {
        let directory = self.directory.load();
        let (mut refused, mut tickets, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        let (mut transactions, mut repeated) = (Vec::new(), Vec::new());
        let mut has_parts = false;
        let mut bucket = bucket.map(|bucket| bucket.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        for (ticket, submission) in batch {
            let has_token = bucket.as_mut().is_none_or(|bucket| bucket.take(now.instant));
            let admitted = match has_token {
                true => self.admit(submission, &directory, &mut naming, now),
                false => Err(Refusal::Throttled),
            };
            match admitted {
                Ok(Admitted::Message(message)) if message.submission.options().mode == Mode::Transaction => {
                    let id = message.id;
                    match self.transact(message) {
                        Ok(end) => transactions.push(Transaction { ticket, id, end }),
                        Err(refusal) => refused.push((ticket, refusal)),
                    }
                }
                Ok(Admitted::Message(message)) => {
                    naming.admitted(message.id);
                    tickets.push((ticket, message.id));
                    messages.push(message);
                }
                Ok(Admitted::Part(Offered::New(part))) => {
                    has_parts = true;
                    naming.admitted(part.id);
                    tickets.push((ticket, part.id));
                    messages.push(part);
                }
                Ok(Admitted::Part(Offered::Repeated(first, stored))) => {
                    if messages.iter().any(|message| message.id == first) {
                        tickets.push((ticket, first));
                    } else {
                        repeated.push(self.repeat(ticket, first, stored));
                    }
                }
                Err(refusal) => refused.push((ticket, refusal)),
            }
        }
        let pending = (!messages.is_empty()).then(|| {
            let writes = messages.iter().map(|message| Write::Accept(Arc::clone(message))).collect();
            let handover = self.handover(messages, has_parts);
            Pending { tickets, stored: Some((self.store.write(writes), handover)) }
        });
        Taken { refused, pending, repeated, transactions }
    }

    /// A part that came again, on its way to the answer of the first.
    fn repeat<T>(self: &Arc<Self>, ticket: T, first: MessageId, stored: Commit) -> Pending<T> {
        let handover = self.handover(Vec::new(), false);
        Pending { tickets: vec![(ticket, first)], stored: Some((stored, handover)) }
    }

    fn handover(self: &Arc<Self>, messages: Vec<Arc<Message>>, has_parts: bool) -> Handover {
        let on_its_way = self.passage.enter();
        Handover { messages, has_parts, intake: Arc::clone(self), _on_its_way: on_its_way }
    }

    fn transact(&self, message: Arc<Message>) -> Result<oneshot::Receiver<TransactionEnd>, Refusal> {
        let recipient = message.recipient;
        self.desk.transact(message).ok_or_else(|| {
            self.load.leave(recipient);
            Refusal::Throttled
        })
    }

    fn admit(
        &self,
        submission: Submission,
        directory: &Directory,
        naming: &mut Naming,
        now: Now,
    ) -> Result<Admitted, Refusal> {
        let mut message = admit(submission, self.ids.next(now.utc), directory, &self.policy, now.utc)?;
        if matches!(message.recipient, Recipient::Route(_)) {
            let mut circles = self.circles.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            circles.see(&message.submission, now.instant)?;
        }
        naming.name(&mut message);
        if message.submission.options().part.is_some() {
            return self.admit_part(message, directory, now).map(Admitted::Part);
        }
        self.load.enter(message.recipient)?;
        self.note_if_offline(&mut message, now.utc);
        Ok(Admitted::Message(Arc::new(message)))
    }

    fn admit_part(&self, message: Message, directory: &Directory, now: Now) -> Result<Offered, Refusal> {
        let (rule, recipient) = (rule(&message, directory), message.recipient);
        let (enter, leave) = (|| self.load.enter(recipient), || self.load.leave(recipient));
        self.parts.lock().offer(message, rule, now, enter, leave)
    }

    /// A message for an account without a device, or a carrier without a receiver, is stored as waiting for one: it
    /// costs no second write. One that does not wait, waits for its time, or whose origin is to hear that it waits,
    /// is left to the queue.
    fn note_if_offline(&self, message: &mut Message, now: Timestamp) {
        let options = message.submission.options();
        let plain = options.mode == Mode::StoreAndForward && options.schedule.is_none();
        if !plain || message.submission.receipt.intermediate {
            return;
        }
        let mut devices: Vec<Device> = Vec::new();
        self.reach.devices(message, &mut devices);
        if devices.is_empty() {
            message.progress.due_at = Timestamp::MAX;
            message.progress.last = Some(Outcome::new(Cause::Offline, 0));
            let detail = nobody_there(message.recipient).to_owned();
            message.story.push(Step { at: now, kind: StepKind::Waiting, detail });
        }
    }
}

/// Under which ids the origin of a batch knows its messages.
enum Naming {
    /// Each under its own.
    Each,
    /// All under that of the first that was admitted.
    One(Option<MessageId>),
}

impl Naming {
    fn name(&self, message: &mut Message) {
        if let Self::One(Some(first)) = self {
            message.submission.options.get_or_insert_default().told_as = Some(*first);
        }
    }

    fn admitted(&mut self, id: MessageId) {
        if let Self::One(first @ None) = self {
            *first = Some(id);
        }
    }
}

/// What a submission becomes.
enum Admitted {
    /// A message.
    Message(Arc<Message>),
    /// A part of a long text.
    Part(Offered),
}

/// A batch on its way to the store.
pub(crate) struct Pending<T> {
    tickets: Vec<(T, MessageId)>,
    stored: Option<(Commit, Handover)>,
}

/// A batch that the store has, or could not take.
pub(crate) struct Settled<T> {
    /// What was asked, with the ids that were given.
    pub(crate) tickets: Vec<(T, MessageId)>,
    /// To be dropped when the origin has been answered; or why the batch was not stored.
    pub(crate) result: Result<Handover, Refusal>,
}

impl<T> Pending<T> {
    /// Resolves when the batch is durable or failed.
    pub(crate) async fn settle(mut self) -> Settled<T> {
        let tickets = std::mem::take(&mut self.tickets);
        let Some((commit, _)) = self.stored.as_mut() else {
            return Settled { tickets, result: Err(Refusal::StoreUnavailable) };
        };
        let committed = commit.await;
        let handover = self.stored.take().map(|(_, handover)| handover);
        let result = match (committed, handover) {
            (Ok(()), Some(handover)) => {
                handover.settle_parts();
                Ok(handover)
            }
            (Err(error), Some(handover)) => Err(handover.abandon(&error)),
            (_, None) => Err(Refusal::StoreUnavailable),
        };
        Settled { tickets, result }
    }
}

impl<T> Drop for Pending<T> {
    /// Nobody waits for the answer any more, but what becomes durable must be delivered all the same.
    fn drop(&mut self) {
        if let Some((commit, handover)) = self.stored.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if let Err(error) = commit.await {
                    handover.abandon(&error);
                }
            });
        }
    }
}

/// Durable messages that go to the queue when this is dropped: after their origin was answered, so that no
/// receipt overtakes the answer.
pub(crate) struct Handover {
    messages: Vec<Arc<Message>>,
    has_parts: bool,
    intake: Arc<Intake>,
    _on_its_way: OnItsWay,
}

impl Handover {
    /// The batch was not stored: it is forgotten, its places are given back.
    fn abandon(mut self, error: &StoreError) -> Refusal {
        self.abandon_parts(error);
        for message in std::mem::take(&mut self.messages) {
            self.intake.load.leave(message.recipient);
        }
        match error {
            // The queue of the store empties in seconds.
            StoreError::Busy => Refusal::Throttled,
            StoreError::Unavailable(_) | StoreError::Conflict(_) | StoreError::Corrupt(_) => {
                tracing::error!(%error, "messages could not be stored and were refused");
                Refusal::StoreUnavailable
            }
        }
    }
}

impl Handover {
    /// Those who submitted a part of this batch again hear that it is durable.
    fn settle_parts(&self) {
        if self.has_parts {
            let mut parts = self.intake.parts.lock();
            self.messages.iter().for_each(|message| parts.settle(message.id));
        }
    }

    /// Parts go to the assembler; what is no part stays.
    fn hold_parts(&mut self) {
        if self.has_parts {
            let (mut parts, now) = (self.intake.parts.lock(), clock::now());
            self.messages.retain(|message| {
                let is_part = message.submission.options().part.is_some();
                if is_part {
                    parts.hold(message.id, now);
                }
                !is_part
            });
        }
    }

    fn abandon_parts(&self, error: &StoreError) {
        if self.has_parts {
            let (mut parts, now) = (self.intake.parts.lock(), clock::now());
            self.messages.iter().for_each(|message| parts.abandon(message.id, error, now));
        }
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.settle_parts();
        self.hold_parts();
        self.intake.accepted.put(std::mem::take(&mut self.messages));
    }
}

//! What happens to a message, and what is to be done.

use std::sync::Arc;

use iwf_model::{
    AccountId, Awaited, Cause, ConnectionId, Message, MessageId, Notification, Outcome, PendingReceipt,
    Progress, Record, Step, Submission,
};

use crate::pending_flags::Alert;

/// Names a device (a contact of the account) among all devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device(pub u64);

/// What happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// It is time, or a device registered: these devices of the account can be reached now (none: offline).
    Reachable(&'a [Device]),
    /// An attempt ended. `detail` is for the story: where it went and what was answered.
    Answered {
        /// The device it went to.
        device: Device,
        /// How it ended.
        outcome: Outcome,
        /// Where it went and what was answered, for people.
        detail: String,
        /// Over which connection it went, if over one.
        via: Option<ConnectionId>,
    },
    /// Another system that took it says how it ended, or that is not waited for any more.
    Confirmed {
        /// How it ended.
        outcome: Outcome,
        /// What was told, for people.
        detail: String,
    },
    /// Time has passed: see whether the validity is over.
    Tick,
    /// Its origin took it back, or another one takes its place. Changes nothing unless it is at rest.
    Recalled(Cause),
    /// Its origin gave it another text or other terms. Changes nothing unless it is at rest.
    Changed(Box<Message>),
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Send it to this device, when its lane is free and [`Delivery::begin`](crate::Delivery::begin) agrees.
    Attempt(Device),
    /// Write the progress and wait; `steps` are new.
    Postpone(Progress, Vec<Step>),
    /// Another system has it: write that, and leave it to the store until its end is told.
    Take(Progress, Vec<Step>),
    /// Write what the message is now and wait; the steps are new.
    Change(Arc<Message>, Vec<Step>),
    /// Tell the origin that it has to wait.
    Notify(Box<Notification>),
    /// Its origin wants to hear when this account is there again.
    Flag(AccountId, Box<Alert>),
    /// Keep this of it: it may yet be read. Comes before its `Finish`, and is written with it.
    Await(Box<Awaited>),
    /// Its app wants to hear of its end: queue this notice. Comes before its `Finish`, and is written with it.
    Tell(Box<Submission>),
    /// It was a notice, and is over because of this: remove it, and keep nothing of it.
    Forget(MessageId, Cause),
    /// Write the record, and queue the receipt. The message is over.
    Finish(Box<Record>, Option<Box<PendingReceipt>>),
}

//! What the driver tells the queue, and what the queue orders.

use std::sync::Arc;

use iwf_model::{
    AccountId, Awaited, Cause, ConnectionId, Message, MessageId, Notification, Outcome, PendingReceipt,
    Progress, Recipient, Record, Step, Submission, Timestamp,
};

use crate::delivery::Device;
use crate::pending_flags::Alert;

/// What the driver is to do.
#[derive(Debug)]
pub enum Order {
    /// Send the message to the device; `number` is the attempt, from 1.
    Send {
        /// What to send.
        message: Arc<Message>,
        /// Where to.
        device: Device,
        /// Which attempt, from 1.
        number: u32,
    },
    /// Write that another system has these messages, and give their places back. They are in the store alone now.
    Take(Vec<MessageId>, Recipient, Progress, Vec<Step>),
    /// Write the record of a message that another system had taken, and queue the receipt: as `Finish`, but its place
    /// was given back before.
    Confirm(Box<Record>, Option<Box<PendingReceipt>>),
    /// Write that it waits again.
    Postpone(MessageId, Progress, Vec<Step>),
    /// Write what it is now.
    Change(Arc<Message>, Vec<Step>),
    /// Tell the origin that it has to wait.
    Notify(Box<Notification>),
    /// Keep in mind that a carrier wants to hear when this account is there again.
    Flag(AccountId, Box<Alert>),
    /// Keep this of a message that ends with the next order, in one write with its end.
    Await(Box<Awaited>),
    /// Queue this notice to an app, in one write with the end of its text, which is the next order.
    Tell(Box<Submission>),
    /// Remove a notice to this recipient, that ended because of this.
    Forget(Recipient, MessageId, Cause),
    /// Write the record and queue the receipt.
    Finish(Box<Record>, Option<Box<PendingReceipt>>),
    /// A transaction is over: nothing of it was written so far.
    Conclude(Arc<Message>, Box<Record>),
    /// End the messages that this one replaces and that the store alone has: those of these ids that it has.
    /// Then take it up ([`insert_read`](super::Queue::insert_read)), so that it does not end before them.
    Supersede(Arc<Message>, Vec<MessageId>),
    /// Read more waiting messages of this recipient, with ids above this one.
    Load(Recipient, Option<MessageId>),
}

/// Where a message can go at this moment.
pub trait Reach {
    /// Adds the devices of its recipient to `out`, best first: those of an account, the lane of a carrier
    /// ([`carrier_lane`](crate::carrier_lane)) that has a receiver bound, or the lanes of the connections that the
    /// routes lead to and that can take it ([`connection_lane`](crate::connection_lane)).
    fn devices(&self, message: &Message, out: &mut Vec<Device>);
}

/// The moment of an event, and a random number that spreads what follows from it.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// When.
    pub now: Timestamp,
    /// Any number; each message mixes its own id in.
    pub random: u32,
}

/// The end of one attempt.
#[derive(Debug)]
pub struct AttemptEnd {
    /// The device it went to.
    pub device: Device,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it went and what was answered, for the story.
    pub detail: String,
    /// Over which connection it went, if over one.
    pub via: Option<ConnectionId>,
}

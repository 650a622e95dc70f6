//! What is written: steps in the life of a message, registrations, changes to the provisioning.

use std::sync::Arc;

use iwf_model::{
    Account, AccountId, Awaited, Binding, Carrier, Connection, Handed, Message, MessageId, PendingReceipt,
    Progress, Record, Route, Step, Timestamp, Unmatched,
};

/// One thing to be written. A batch of these is one transaction.
///
/// Each write may be repeated: the second one changes nothing but what is appended to a story. The
/// exception is `Accept`, whose id must be new.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new message (D1) and the count of its carrier, in one.
    Accept(Arc<Message>),
    /// The origin gave a waiting message (D1) another text or other terms: what is kept of it, its progress
    /// included, is replaced by this; the steps are appended to its story. Its id and its count stay. Changes
    /// nothing when the message does not wait.
    Change(Arc<Message>, Vec<Step>),
    /// An attempt ended without success: the message waits again (D1); or another system took it (D3,
    /// [`Progress::taken`]): then it waits no more, and is due when nobody waits for its end any more.
    Postpone(Postponed),
    /// The end (D5/D4 -> D6): removes the message, writes its record, queues the receipt if one is owed.
    /// Changes nothing when the message does not wait, so a second `Finish` is harmless.
    Finish(Box<Record>, Option<Box<PendingReceipt>>),
    /// What is kept of a message that ends with the `Finish` behind it in the same batch: its origin wants to hear
    /// when it is read. Changes nothing when the message does not wait. Some of what nobody waits for any longer when
    /// this message ends is removed.
    Await(Box<Awaited>),
    /// A notice to an app about a text of its own, queued as a message without count. Of the end of the text: before its
    /// `Finish` in the same batch; changes nothing when the text does not wait. With a step: of its reader; what was kept
    /// of the text is removed, the step goes to the record's story, and nothing changes when nothing was kept.
    Tell(Arc<Message>, Option<Step>),
    /// A notice is over: it is removed, and nothing is kept of it.
    Forget(MessageId),
    /// A message was read: what was kept of it is removed, the acknowledgement is queued as a receipt, the step goes to
    /// the record's story. Changes nothing when nothing is kept of the message that the receipt acknowledges.
    Acknowledge(Box<PendingReceipt>, Step),
    /// A receipt was refused for a time, or its answer was lost.
    PostponeReceipt {
        /// Its name.
        message: MessageId,
        /// How often it was refused for a time or went without an answer.
        attempts: u16,
        /// It may have been told before.
        in_doubt: bool,
        /// Not before this.
        due_at: Timestamp,
        /// What happened, appended to the record's story.
        step: Step,
    },
    /// A receipt was acknowledged or given up: it is removed, `steps` go to the record's story.
    CloseReceipt {
        /// Its name.
        message: MessageId,
        /// What happened since the last write.
        steps: Vec<Step>,
    },
    /// Another system took a submit, or told how that ended, under the name by which its receipts are looked for. Some of
    /// what was taken before `forget` is removed: nobody waits for its end any more.
    Hand {
        /// How receipts are looked for.
        name: String,
        /// What was taken.
        handed: Box<Handed>,
        /// What is older may go.
        forget: Timestamp,
    },
    /// A receipt of another system belongs to nothing we know.
    KeepUnmatched(Box<Unmatched>),
    /// Such receipts belong to something after all, or are not wanted any more.
    ForgetUnmatched(i64),
    /// A device registered or refreshed (key: account, [`Binding::key`]).
    Bind(Box<Binding>),
    /// A registration ended.
    Unbind {
        /// Whose it was.
        account: AccountId,
        /// Which: its [`Binding::key`].
        key: String,
    },
}

/// A message that waits again.
#[derive(Debug, Clone)]
pub struct Postponed {
    /// Which one.
    pub message: MessageId,
    /// What is known of its attempts now.
    pub progress: Progress,
    /// What happened since the last write, appended to the story.
    pub steps: Vec<Step>,
}

/// A change to the provisioning. A list of them is one transaction: all or nothing. Uniqueness, and that what is named
/// is there, is judged by what the whole list leads to, so a number may move from one account to another in any
/// order; of several changes to one name the last counts.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds the carrier, or replaces the one of that name (its id stays; `carrier.id` is ignored).
    PutCarrier(Box<Carrier>),
    /// Removes a carrier, unless a connection leads to it. Its records and counts stay.
    RemoveCarrier {
        /// Its name.
        name: String,
    },
    /// Adds the account, or replaces the one of that username (its id stays; `account.id` is ignored).
    PutAccount(Account),
    /// Removes an account, its numbers and registrations. Messages that wait for it stay: they end with
    /// their validity, and their origin hears so.
    RemoveAccount {
        /// Its username.
        username: String,
    },
    /// Adds the connection, or replaces the one of that name (its id stays; `connection.id` is ignored). Its carrier must
    /// be there.
    PutConnection(Box<Connection>),
    /// Removes a connection, unless a route leads to it.
    RemoveConnection {
        /// Its name.
        name: String,
    },
    /// Adds the route, or replaces the one of that name (its id stays; `route.id` is ignored). Its connections must be
    /// there.
    PutRoute(Box<Route>),
    /// Removes a route. Messages that wait for it stay: they go by the routes that are there then.
    RemoveRoute {
        /// Its name.
        name: String,
    },
    /// Brings back what a revision changed, as it was before. What that revision removed has its id again; what it added
    /// goes. Passwords are not kept in the history: the one of now stays.
    Undo {
        /// Which one.
        revision: u64,
        /// Also what a later revision changed again, and without passwords that are lost.
        forced: bool,
    },
}

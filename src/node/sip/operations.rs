//! What origins ask of messages that wait: carried out by the queue, answered when it is durable. What is not in
//! memory is looked up in the store.

use std::collections::HashMap;
use std::sync::Arc;

use iwf_model::{
    Address, Cancel, Denial, FinalState, Message, MessageId, Now, Origin, Outcome, Recipient, Record,
    Refusal, Replace, Which,
};
use iwf_relay::{Since, Teller, cancelled_before, concerns, pending_flag};
use iwf_store::{StoreError, Story, Write};
use tokio::sync::oneshot;

use super::driver::Driver;
use super::later::{Done, Ended, Written};
use super::superseding::{self, Replacement, Superseding};
use crate::desk::{Command, Reply, TransactionEnd};

/// What origins ask of messages, and how far that is.
#[derive(Default)]
pub(super) struct Operations {
    /// Not looked at yet.
    pub(super) asked: Vec<Command>,
    /// To be answered when what this turn writes is durable.
    pub(super) replies: Vec<Reply>,
    /// Looks into the store that begin at the end of this turn.
    searches: Vec<Search>,
    /// How many cancels without an id are being looked up.
    wide_cancels: usize,
    /// Transactions under way, and who waits for their ends.
    transactions: HashMap<MessageId, oneshot::Sender<TransactionEnd>>,
    pub(super) superseding: Superseding,
}

/// A look into the store.
pub(super) enum Search {
    /// For one message.
    One(MessageId, Wish),
    /// For messages to a recipient with ids above this one.
    All(Recipient, Option<MessageId>, Wide),
    /// For messages of these ids, which a newer one replaces.
    Older(Arc<Message>, Vec<MessageId>),
}

/// What is to become of one message.
pub(super) enum Wish {
    Cancel(Cancel, Reply),
    Replace(Box<Replace>, Reply),
}

/// All that match are to be cancelled. What came of it so far: the best answer to the request.
pub(super) struct Wide {
    cancel: Cancel,
    reply: Reply,
    answer: Result<(), Denial>,
    /// Where else such messages may wait.
    others: Vec<Recipient>,
}

/// What was found.
pub(super) enum Found {
    One(Wish, Result<Option<Box<Story>>, StoreError>),
    All(Recipient, Wide, Result<Vec<Message>, StoreError>),
    Older(Replacement, Result<Vec<Message>, StoreError>),
}

/// Messages read at a time.
const PAGE: u32 = 500;
/// Requests without an id that may be looked up at a time: each reads all that waits for a recipient.
const MOST_WIDE: usize = 4;

impl Driver {
    pub(super) fn take_commands(&mut self, now: Now) {
        let mut commands = std::mem::take(&mut self.operations.asked);
        for command in commands.drain(..) {
            match command {
                Command::Cancel(cancel, reply) => self.cancel(cancel, reply, now),
                Command::Replace(replace, reply) => self.replace(replace, reply, now),
                Command::End(ending, reply) => self.confirm(ending, reply),
                Command::Read(message) => self.handle_read(message, Teller::System, None, now),
                Command::Text(part, reply) => {
                    // Whoever asked may have gone.
                    let _ = reply.send(self.queue.standing_of_text(part, now.utc));
                }
                Command::Transact(message, reply) => {
                    self.operations.transactions.insert(message.id, reply);
                    let at = self.at(now);
                    self.queue.insert(message, &*self.shared.reach, at, &mut self.orders);
                }
            }
        }
        self.operations.asked = commands;
    }

    fn cancel(&mut self, cancel: Cancel, reply: Reply, now: Now) {
        let at = self.at(now);
        match &cancel.which {
            Which::One(id) => {
                let (id, asker) = (*id, (cancel.origin, &cancel.source));
                match self.queue.cancel(id, asker, at, &mut self.orders) {
                    Some(answer) => self.reply(reply, answer),
                    None => match self.cancel_held(id, asker, now) {
                        Some(answer) => self.reply(reply, answer),
                        None => self.operations.searches.push(Search::One(id, Wish::Cancel(cancel, reply))),
                    },
                }
            }
            Which::All { .. } if self.operations.wide_cancels >= MOST_WIDE => {
                self.reply(reply, Err(Denial::Throttled))
            }
            Which::All { destination, .. } => {
                let owner = self.shared.directory.load().recipient(destination);
                // A number that is nobody's may be that of a text that waits under any route.
                let mut places: Vec<Recipient> =
                    owner.map_or_else(|| self.queue.waiting_routes().collect(), |owner| vec![owner]);
                let answer = Err(Denial::TooLate);
                match places.pop() {
                    Some(first) => {
                        let wide = Wide { cancel, reply, answer, others: places };
                        self.operations.wide_cancels += 1;
                        self.operations.searches.push(Search::All(first, None, wide));
                    }
                    None => self.reply(reply, answer),
                }
            }
        }
    }

    /// The same for a text of which not all parts have come.
    fn cancel_held(
        &mut self,
        id: MessageId,
        asker: (Origin, &Address),
        now: Now,
    ) -> Option<Result<(), Denial>> {
        let cancelled = self.shared.intake.parts.lock().cancel(id, asker, now)?;
        self.take_accepted(now);
        Some(cancelled.then_some(()).ok_or(Denial::TooLate))
    }

    fn replace(&mut self, replace: Box<Replace>, reply: Reply, now: Now) {
        let (at, limits) = (self.at(now), self.shared.intake.policy.limits);
        let reach = &*self.shared.reach;
        match self.queue.replace((&replace, &limits), reach, at, &mut self.orders) {
            Some(answer) => self.reply(reply, answer),
            None => {
                self.operations.searches.push(Search::One(replace.message, Wish::Replace(replace, reply)))
            }
        }
    }

    /// What was done is answered when it is durable; what was not, at once.
    fn reply(&mut self, to: Reply, answer: Result<(), Denial>) {
        match answer {
            Ok(()) => self.operations.replies.push(to),
            // Whoever asked may have gone.
            Err(_) => drop(to.send(answer)),
        }
    }

    /// Begins the searches of this turn, when what has ended so far is with the store: see `begin_loads`.
    pub(super) fn begin_searches(&mut self) {
        let mut searches = std::mem::take(&mut self.operations.searches);
        searches.extend(self.operations.superseding.next());
        for search in searches {
            let read = self.queue.begin_read();
            let store = Arc::clone(&self.shared.store);
            let written = store.flush();
            self.later.push(Box::pin(async move {
                let found = match search {
                    Search::One(id, wish) => {
                        let story = async {
                            written.await?;
                            Ok(store.story(id).await?.map(Box::new))
                        };
                        Found::One(wish, story.await)
                    }
                    Search::All(recipient, after, wide) => {
                        let page = async {
                            written.await?;
                            store.waiting_for(recipient, after, PAGE).await
                        };
                        Found::All(recipient, wide, page.await)
                    }
                    Search::Older(newer, older) => {
                        let messages = async {
                            written.await?;
                            superseding::read(&*store, &older).await
                        };
                        let messages = messages.await;
                        Found::Older((newer, older), messages)
                    }
                };
                Done::Found(Box::new(found), read)
            }));
        }
    }

    pub(super) fn take_found(&mut self, found: Found, read: Since, now: Now) {
        match found {
            Found::One(wish, story) => self.take_story(wish, story, now),
            Found::All(recipient, wide, page) => self.take_matches(recipient, wide, page, now),
            Found::Older(replacement, messages) => self.take_older(replacement, messages, now),
        }
        self.queue.end_read(read);
    }

    fn take_story(&mut self, wish: Wish, story: Result<Option<Box<Story>>, StoreError>, now: Now) {
        let (message, record) = match story {
            Ok(story) => story.map(|story| (story.message, story.record)).unwrap_or_default(),
            Err(error) => {
                tracing::error!(%error, "a message could not be looked up");
                let (Wish::Cancel(_, reply) | Wish::Replace(_, reply)) = wish;
                return self.reply(reply, Err(Denial::Unavailable));
            }
        };
        let (at, limits) = (self.at(now), self.shared.intake.policy.limits);
        let message = message.map(Arc::new);
        match wish {
            Wish::Cancel(cancel, reply) => {
                let asker = (cancel.origin, &cancel.source);
                let answer = match message {
                    Some(message) => self.queue.cancel_stored(message, asker, at, &mut self.orders),
                    None => cancelled_before(record.as_ref(), asker),
                };
                self.reply(reply, answer);
            }
            Wish::Replace(replace, reply) => {
                let reach = &*self.shared.reach;
                let answer = match message {
                    Some(message) => {
                        self.queue.replace_stored(message, (&replace, &limits), reach, at, &mut self.orders)
                    }
                    // It has ended, however that was.
                    None => cancelled_before(record.as_ref(), (replace.origin, &replace.source))
                        .and(Err(Denial::TooLate)),
                };
                self.reply(reply, answer);
            }
        }
    }

    fn take_matches(
        &mut self,
        recipient: Recipient,
        mut wide: Wide,
        page: Result<Vec<Message>, StoreError>,
        now: Now,
    ) {
        let page = page.unwrap_or_else(|error| {
            tracing::error!(%error, "messages could not be looked up");
            wide.answer = wide.answer.or(Err(Denial::Unavailable));
            Vec::new()
        });
        let (full, last) = (page.len() == PAGE as usize, page.last().map(|message| message.id));
        let at = self.at(now);
        let cancel = &wide.cancel;
        let asker = (cancel.origin, &cancel.source);
        for message in page.into_iter().filter(|message| concerns(cancel, message)) {
            let cancelled = match self.cancel_held(message.id, asker, now) {
                Some(answer) => answer,
                None => self.queue.cancel_stored(Arc::new(message), asker, at, &mut self.orders),
            };
            wide.answer = wide.answer.or(cancelled);
        }
        if full {
            self.operations.searches.push(Search::All(recipient, last, wide));
        } else if let Some(other) = wide.others.pop() {
            self.operations.searches.push(Search::All(other, None, wide));
        } else {
            self.operations.wide_cancels -= 1;
            self.reply(wide.reply, wide.answer);
        }
    }

    /// A transaction is over. One that was delivered is written down, acceptance, count and end in one, and then
    /// answered; of others nothing is kept.
    pub(super) fn conclude(&mut self, message: Arc<Message>, record: Box<Record>) {
        let Some(reply) = self.operations.transactions.remove(&message.id) else { return };
        let recipient = message.recipient;
        if record.state != FinalState::Delivered {
            self.shared.intake.load.leave(recipient);
            let asked = message.submission.options().dpf;
            let dpf = asked.then(|| pending_flag(&message, record.cause).is_some());
            // Whoever asked may have gone.
            let _ = reply.send(TransactionEnd::Failed(Outcome::new(record.cause, record.code), dpf));
            return;
        }
        self.count_finished(&record);
        let writes = vec![Write::Accept(message), Write::Finish(record, None)];
        let commit = self.shared.store.write(writes);
        self.later.push(Box::pin(async move {
            tell(reply, commit.await);
            Done::Finished(Written { ended: vec![Ended { recipient, receipt: None }], ..Written::default() })
        }));
    }
}

/// What was delivered and could not be written down is not counted: its origin hears that it may not have arrived.
fn tell(reply: oneshot::Sender<TransactionEnd>, written: Result<(), StoreError>) {
    let end = match written {
        Ok(()) => TransactionEnd::Delivered,
        Err(error) => {
            tracing::error!(%error, "a delivered transaction could not be written down");
            TransactionEnd::Refused(Refusal::StoreUnavailable)
        }
    };
    let _ = reply.send(end);
}

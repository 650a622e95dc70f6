//! Waiting messages that are read from the store: those of the last run, and those that memory had no room for.

use std::sync::Arc;

use iwf_model::{Message, MessageId, Now, Recipient, Timestamp};
use iwf_relay::Since;
use iwf_store::{Start, StoreError};

use super::driver::Driver;
use super::later::Done;
use crate::parts::rule;

/// What is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Load {
    /// Messages of the last run with ids above the first and up to the second.
    Resume(Option<MessageId>, MessageId),
    /// Messages to one recipient with ids above this one.
    Of(Recipient, Option<MessageId>),
    /// Messages whose time has come, behind this one. Those that are in memory already are among them.
    Due(Timestamp, Option<(Timestamp, MessageId)>),
}

/// What was read.
pub(super) struct Loaded {
    load: Load,
    read: Since,
    page: Result<Vec<Message>, StoreError>,
}

/// Messages read at a time: new traffic is held up no longer than it takes to queue them.
const PAGE: u32 = 500;

impl Driver {
    /// Begins to read what the last run left, while the node already serves.
    pub(super) fn resume(&mut self, start: &Start, takers: Vec<Arc<Message>>) {
        if !start.clean {
            self.shared.metrics.messages_in_doubt.increment(start.waiting_in_all());
        }
        if let Some(last) = start.last_id {
            self.resuming = true;
            self.queue.begin_resume(takers);
            self.load(Load::Resume(None, last));
        }
    }

    /// Has a page of messages read at the end of this turn.
    pub(super) fn load(&mut self, load: Load) {
        self.loads.push(load);
    }

    /// Reads what is wanted, when all that has ended so far is with the store: the read comes after those writes,
    /// and the queue remembers what ends from now on. So no message that has ended is taken up again.
    pub(super) fn begin_loads(&mut self) {
        for load in std::mem::take(&mut self.loads) {
            self.begin_load(load);
        }
    }

    fn begin_load(&mut self, load: Load) {
        let read = self.queue.begin_read();
        let store = Arc::clone(&self.shared.store);
        let written = store.flush();
        self.later.push(Box::pin(async move {
            if let Err(error) = written.await {
                return Done::Loaded(Loaded { load, read, page: Err(error) });
            }
            let page = match load {
                Load::Resume(after, _) => store.waiting(after, PAGE).await,
                Load::Of(recipient, after) => store.waiting_for(recipient, after, PAGE).await,
                Load::Due(now, after) => store.due(now, after, PAGE).await,
            };
            Done::Loaded(Loaded { load, read, page })
        }));
    }

    pub(super) fn take_loaded(&mut self, Loaded { load, read, page }: Loaded, now: Now) {
        match page {
            Ok(page) => self.take_page(load, page, now),
            Err(error) => {
                tracing::error!(%error, ?load, "waiting messages could not be read");
                self.retry(load);
            }
        }
        self.queue.end_read(read);
    }

    fn take_page(&mut self, load: Load, page: Vec<Message>, now: Now) {
        let (full, end) = (page.len() == PAGE as usize, page.last().map(|message| message.id));
        let last_due = page.last().map(|last| (last.progress.due_at.min(last.expires_at), last.id));
        let at = self.at(now);
        let mut parts = Vec::new();
        for message in page {
            if matches!(load, Load::Resume(_, last) if message.id > last) {
                break;
            }
            let is_taken = message.progress.taken.is_some();
            if message.submission.options().part.is_some() && !is_taken {
                parts.push(message);
            } else {
                self.queue.insert_read(Arc::new(message), &*self.shared.reach, at, &mut self.orders);
            }
        }
        let lacking = if parts.is_empty() { Vec::new() } else { self.take_parts(parts, now) };
        match load {
            Load::Resume(_, last) if full && end.is_some_and(|end| end < last) => {
                self.load(Load::Resume(end, last))
            }
            // The rest follows when the account registers again, or the carrier binds.
            Load::Of(recipient, _)
                if full && self.is_too_much(recipient) && !lacking.contains(&recipient) =>
            {
                self.queue.note_overflow(recipient);
            }
            Load::Of(recipient, _) if full => self.load(Load::Of(recipient, end)),
            Load::Due(now, _) if full => self.load(Load::Due(now, last_due)),
            Load::Due(..) => self.watches_due = false,
            Load::Resume(..) => self.end_resume(),
            Load::Of(..) => {}
        }
        // The time of one part may come before that of the others.
        if matches!(load, Load::Due(..)) {
            self.loads.extend(lacking.into_iter().map(|recipient| Load::Of(recipient, None)));
        }
    }

    fn end_resume(&mut self) {
        self.resuming = false;
        self.queue.end_resume();
        self.shared.intake.parts.lock().end_resume();
    }

    /// Whether what else waits for a recipient is left to the store. What can go now does not wait, however many
    /// messages to others do: the bind of a carrier that held for weeks would be the last that was asked.
    fn is_too_much(&self, recipient: Recipient) -> bool {
        self.queue.is_full() && !self.shared.reach.reaches(recipient)
    }

    /// Gives parts to the assembler, but for those that went on already. Tells to whom there are texts of which not
    /// all parts were read.
    fn take_parts(&mut self, read: Vec<Message>, now: Now) -> Vec<Recipient> {
        let (intake, directory) = (Arc::clone(&self.shared.intake), self.shared.directory.load_full());
        let mut parts = intake.parts.lock();
        // What was joined meanwhile is known from here on.
        self.take_accepted(now);
        for message in read.into_iter().filter(|message| !self.queue.knows(message.id)) {
            let rule = rule(&message, &directory);
            parts.resume(Arc::new(message), rule, now);
        }
        parts.rejoining()
    }

    /// Looks whether texts have waited for their parts long enough: not before all of the last run are read.
    pub(super) fn watch_parts(&self, now: Now) {
        if !self.resuming {
            self.shared.intake.parts.lock().handle_timeout(now);
        }
    }

    /// Looks whether acceptances have come that something is remembered for.
    pub(super) fn watch_acceptances(&mut self, now: Now) {
        if self.queue.awaits_acceptances() {
            self.turns.turn(&self.shared.intake.passage, self.queue.begin_acceptances());
        }
        while let Some(come) = self.turns.come() {
            // They may be in the tray still.
            self.take_accepted(now);
            self.queue.end_acceptances(come);
        }
    }

    /// What was to be read is asked for again later: by housekeeping, or at the next registration.
    fn retry(&mut self, load: Load) {
        match load {
            // An account registers every few minutes; a bind may hold for weeks.
            Load::Of(recipient @ Recipient::Account(_), _) => self.queue.note_overflow(recipient),
            Load::Of(Recipient::Carrier(_) | Recipient::Route(_), _) | Load::Resume(..) => {
                self.unread.push(load)
            }
            Load::Due(..) => self.watches_due = false,
        }
    }
}

//! Parts of long texts on their way in: held by the assembler, and handed to the queue as one.
//!
//! A message that is no part never comes here. What is joined is put where the queue takes it while the lock is
//! held, so that whoever holds it and has emptied the tray knows of all that went on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iwf_model::{Address, Message, MessageId, Now, Origin, Recipient, Refusal};
use iwf_relay::reassembly::hold_back;
use iwf_relay::{Assembler, Directory, Rule};
use iwf_store::{Commit, StoreError};
use tokio::sync::oneshot;

use crate::telemetry::Metrics;
use crate::tray::Tray;

/// See the module.
pub(crate) struct Parts {
    state: Mutex<State>,
    accepted: Arc<Tray<Arc<Message>>>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    assembler: Assembler,
    /// Parts on their way to the store, each with those who submitted it again and wait for the same answer.
    storing: HashMap<MessageId, Vec<oneshot::Sender<Result<(), StoreError>>>>,
}

/// The parts, while nobody else changes them.
pub(crate) struct Locked<'a> {
    state: MutexGuard<'a, State>,
    parts: &'a Parts,
}

/// What a part is.
pub(crate) enum Offered {
    /// New: to be stored.
    New(Arc<Message>),
    /// A repetition of this one, which may be told when that is durable.
    Repeated(MessageId, Commit),
}

impl Parts {
    /// None are held so far. What is joined goes to `accepted`.
    pub(crate) fn new(accepted: Arc<Tray<Arc<Message>>>, metrics: Arc<Metrics>) -> Self {
        Self { state: Mutex::default(), accepted, metrics }
    }

    /// Holds all others off until it is dropped.
    pub(crate) fn lock(&self) -> Locked<'_> {
        Locked { state: self.state.lock().unwrap_or_else(PoisonError::into_inner), parts: self }
    }
}

impl Locked<'_> {
    /// Takes an admitted part before it is stored. `enter` takes a place for it, unless it is a repetition.
    pub(crate) fn offer(
        &mut self,
        mut message: Message,
        rule: Rule,
        now: Now,
        enter: impl FnOnce() -> Result<(), Refusal>,
        leave: impl FnOnce(),
    ) -> Result<Offered, Refusal> {
        if let Some(known) = self.state.assembler.known(&message, now.instant) {
            self.parts.metrics.parts_repeated.increment(1);
            return Ok(Offered::Repeated(known, self.stored(known)));
        }
        enter()?;
        hold_back(&mut message, now.utc);
        let message = Arc::new(message);
        self.state.assembler.offer(&message, rule, now).inspect_err(|_| leave())?;
        self.state.storing.insert(message.id, Vec::new());
        Ok(Offered::New(message))
    }

    /// Resolves when the part is durable, or could not be stored.
    fn stored(&mut self, part: MessageId) -> Commit {
        let Some(waiting) = self.state.storing.get_mut(&part) else {
            return Box::pin(async { Ok(()) });
        };
        let (tell, told) = oneshot::channel();
        waiting.push(tell);
        let gone = || StoreError::Unavailable("the part was given up".to_owned());
        Box::pin(async move { told.await.unwrap_or_else(|_| Err(gone())) })
    }

    /// A part is durable: those who submitted it again may be told.
    pub(crate) fn settle(&mut self, part: MessageId) {
        self.tell(part, &Ok(()));
    }

    fn tell(&mut self, part: MessageId, result: &Result<(), StoreError>) {
        for waiting in self.state.storing.remove(&part).into_iter().flatten() {
            // Whoever asked may have gone.
            let _ = waiting.send(result.clone());
        }
    }

    /// The origin of a durable part was answered: it may go on.
    pub(crate) fn hold(&mut self, part: MessageId, now: Now) {
        self.state.assembler.hold(part, now);
    }

    /// A part could not be stored: who submits it now does so for the first time.
    pub(crate) fn abandon(&mut self, part: MessageId, error: &StoreError, now: Now) {
        self.tell(part, &Err(error.clone()));
        self.state.assembler.abandon(part, now);
    }

    /// The last run left a part: gives the name of its text when that is whole with it.
    pub(crate) fn foresee(&mut self, message: &Message) -> Option<MessageId> {
        self.state.assembler.foresee(message)
    }

    /// All parts that the last run left were read.
    pub(crate) fn end_resume(&mut self) {
        self.state.assembler.end_resume();
    }

    /// A part was read from the store.
    pub(crate) fn resume(&mut self, message: Arc<Message>, rule: Rule, now: Now) {
        self.state.assembler.resume(message, rule, now);
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Now) {
        self.state.assembler.handle_timeout(now);
        self.parts.metrics.long_texts_incomplete.set(self.state.assembler.len() as f64);
    }

    /// Recipients of texts of which only some parts were read so far.
    pub(crate) fn rejoining(&self) -> Vec<Recipient> {
        self.state.assembler.rejoining().collect()
    }

    /// Takes back the text that a held part of this origin belongs to; `None` when it is not here.
    pub(crate) fn cancel(&mut self, part: MessageId, asker: (Origin, &Address), now: Now) -> Option<bool> {
        let held = &self.state.assembler.held(part)?.submission;
        if (held.origin, &held.source) != asker {
            return None;
        }
        Some(self.state.assembler.cancel(part, now))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let wholes = std::iter::from_fn(|| self.state.assembler.poll_whole());
        self.parts.accepted.put(wholes.map(|(whole, fate)| {
            self.parts.metrics.long_texts.of(fate).increment(1);
            whole
        }));
    }
}

/// What the profile of a message's origin says about parts that do not come.
pub(crate) fn rule(message: &Message, directory: &Directory) -> Rule {
    let carrier = match message.submission.origin {
        Origin::Carrier(carrier) => directory.carrier(carrier),
        Origin::Account(_) => None,
    };
    carrier.map_or_else(Rule::default, |carrier| Rule::from(&carrier.profile.reading))
}

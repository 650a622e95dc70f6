//! The machine. Every pair of state and event is written out.

mod ending;
mod event;
mod origin;
mod routed;

use iwf_model::{
    Cause, Class, ConnectionId, DeliveryState, Message, MessageId, Mode, Outcome, Progress, Recipient, Step,
    StepKind, Timestamp,
};
use std::collections::VecDeque;
use std::sync::Arc;

pub use self::event::{Action, Device, Event};
use super::retry;

/// One accepted message on its way.
#[derive(Debug)]
pub struct Delivery {
    message: Arc<Message>,
    state: DeliveryState,
    progress: Progress,
    story: Vec<Step>,
    /// What happened since the last write.
    unwritten: usize,
    /// When this round began, and its attempts.
    round_began: Timestamp,
    open: Vec<Attempt>,
    /// The failure of this round that weighs most.
    worst: Option<Outcome>,
    /// Devices that refused this message for good.
    closed_devices: Vec<Device>,
    /// Connections that are tried in this round if those before them fail, in their order.
    next_connections: VecDeque<Device>,
    /// Over which connection it went last.
    via: Option<ConnectionId>,
}

#[derive(Debug)]
struct Attempt {
    device: Device,
    begun: bool,
}

impl Delivery {
    /// Takes up a message that was just accepted or read from the store.
    pub fn new(message: Arc<Message>) -> Self {
        let (progress, story) = (message.progress, message.story.clone());
        // Of a joined text the parts have their stories; what it tells itself, they have yet to hear.
        let unwritten = if message.parts.is_empty() { story.len() } else { 0 };
        let (open, closed_devices, next_connections) = Default::default();
        let state = if progress.taken.is_some() { DeliveryState::Taken } else { DeliveryState::Accepted };
        Self {
            next_connections,
            via: progress.taken.and_then(|taken| taken.connection),
            round_began: Timestamp::default(),
            message,
            state,
            progress,
            story,
            unwritten,
            open,
            worst: None,
            closed_devices,
        }
    }

    /// The message.
    pub fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// Its name.
    pub fn id(&self) -> MessageId {
        self.message.id
    }

    /// Where it is.
    pub fn state(&self) -> DeliveryState {
        self.state
    }

    /// Which attempt a device is getting, from 1: the CSeq of the MESSAGE.
    pub fn attempt_number(&self) -> u32 {
        u32::from(self.progress.attempts) + 1
    }

    /// When the machine wants to hear of the time again: its next attempt, or the end of its validity.
    pub fn wake_at(&self) -> Timestamp {
        match self.state {
            DeliveryState::Accepted => self.progress.due_at.min(self.message.expires_at),
            DeliveryState::Attempting => self.message.expires_at,
            DeliveryState::Taken => self.progress.due_at,
            DeliveryState::Delivered | DeliveryState::Failed => Timestamp::MAX,
        }
    }

    /// Whether the next attempt is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == DeliveryState::Accepted && self.progress.due_at <= now
    }

    /// Whether a device that registers now is a reason to try at once.
    pub fn wakes_on_register(&self, now: Timestamp) -> bool {
        let absent = self.progress.last.is_none_or(|last| retry::wakes_on_register(last.cause));
        self.state == DeliveryState::Accepted && absent && !self.is_held(now)
    }

    /// Whether it waits for its schedule: nothing is tried before.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.message.submission.options().schedule.is_some_and(|schedule| schedule > now)
    }

    /// Whether its end is the answer to its submit, and nothing of it is stored before.
    pub fn is_transaction(&self) -> bool {
        self.mode() == Mode::Transaction
    }

    fn mode(&self) -> Mode {
        self.message.submission.options().mode
    }

    /// What the last round of attempts failed of.
    pub fn last_failure(&self) -> Option<Outcome> {
        self.progress.last
    }

    /// When the last round of attempts began.
    pub fn round_began(&self) -> Timestamp {
        self.round_began
    }

    /// The lane of `device` is free: may the attempt begin? No, if the message is over.
    pub fn begin(&mut self, device: Device) -> bool {
        let attempt = self.open.iter_mut().find(|attempt| attempt.device == device && !attempt.begun);
        let allowed = self.state == DeliveryState::Attempting;
        match attempt {
            Some(attempt) if allowed => {
                attempt.begun = true;
                true
            }
            _ => false,
        }
    }

    /// Whether attempts are under way, none waits for its lane, and their ends are waited for.
    pub fn is_left_to_its_end(&self) -> bool {
        self.state == DeliveryState::Attempting
            && !self.is_transaction()
            && self.open.iter().all(|attempt| attempt.begun)
    }

    /// The process ends while an attempt has no answer: what is to be written, once.
    pub fn interrupt(&mut self, now: Timestamp) -> Option<(Progress, Vec<Step>)> {
        if !self.may_still_succeed() || self.state != DeliveryState::Attempting || self.progress.in_doubt {
            return None;
        }
        self.progress.in_doubt = true;
        self.progress.due_at = now;
        self.tell(now, StepKind::InDoubt, String::from("stopped before it was answered"));
        Some((self.progress, self.story.get(self.unwritten..).unwrap_or_default().to_vec()))
    }

    /// Says what happened; `random` spreads retries. The actions are to be done in order.
    pub fn on(&mut self, event: Event<'_>, random: u32, now: Timestamp) -> Vec<Action> {
        match (self.state, event) {
            (DeliveryState::Accepted, Event::Reachable(_) | Event::Tick) if self.is_decided() => {
                let outcome = self.progress.last.unwrap_or(Outcome::new(Cause::PartsMissing, 0));
                self.finish(DeliveryState::Failed, outcome, now)
            }
            (DeliveryState::Accepted, Event::Reachable(_) | Event::Tick) if self.is_over(now) => {
                self.expire(now)
            }
            (DeliveryState::Accepted, Event::Reachable(devices)) => self.start_round(devices, random, now),
            (DeliveryState::Accepted, Event::Tick) => Vec::new(),
            // An answer of a round that ended without it (the process was told of the expiry first).
            (DeliveryState::Accepted, Event::Answered { .. }) => Vec::new(),
            (DeliveryState::Attempting, Event::Answered { device, outcome, detail, via }) => {
                self.via = via.or(self.via);
                self.answered(device, outcome, detail, random, now)
            }
            (DeliveryState::Attempting, Event::Tick) if self.is_over(now) && !self.may_still_succeed() => {
                self.expire(now)
            }
            (DeliveryState::Accepted | DeliveryState::Attempting, Event::Recalled(cause)) => {
                self.recalled(cause, now)
            }
            (DeliveryState::Accepted | DeliveryState::Attempting, Event::Changed(message)) => {
                self.changed(*message, now)
            }
            (DeliveryState::Attempting, Event::Tick | Event::Reachable(_)) => Vec::new(),
            (DeliveryState::Taken, Event::Confirmed { outcome, detail }) => {
                self.tell(now, StepKind::Confirmed, detail);
                self.end_taken(outcome, now)
            }
            (DeliveryState::Taken, Event::Tick | Event::Reachable(_)) if self.progress.due_at <= now => {
                self.end_taken(Outcome::new(Cause::Unconfirmed, 0), now)
            }
            (DeliveryState::Taken, _) => Vec::new(),
            // What was never taken, or is so no more, is not waited for.
            (DeliveryState::Accepted | DeliveryState::Attempting, Event::Confirmed { .. }) => Vec::new(),
            // Another device of the account, after the end.
            (DeliveryState::Delivered | DeliveryState::Failed, _) => Vec::new(),
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.message.expires_at <= now
    }

    /// Its end was decided before anything was tried: of a text whose parts did not come.
    fn is_decided(&self) -> bool {
        self.progress.last.is_some_and(|last| last.cause.class() == Class::Permanent)
    }

    /// Somebody may be taking it at this moment, and there is somebody to tell: of a transaction there is not,
    /// when its time is over.
    fn may_still_succeed(&self) -> bool {
        !self.none_begun() && !self.is_transaction()
    }

    fn none_begun(&self) -> bool {
        self.open.iter().all(|attempt| !attempt.begun)
    }

    fn start_round(&mut self, devices: &[Device], random: u32, now: Timestamp) -> Vec<Action> {
        let willing = devices.iter().filter(|device| !self.closed_devices.contains(device));
        self.open = willing.map(|device| Attempt { device: *device, begun: false }).collect();
        self.keep_others_for_later();
        if self.open.is_empty() {
            return self.offline(random, now);
        }
        self.state = DeliveryState::Attempting;
        self.round_began = now;
        self.worst = None;
        self.open.iter().map(|attempt| Action::Attempt(attempt.device)).collect()
    }

    /// Nobody to send it to. A message that already waits for a device changes nothing, so writes nothing.
    fn offline(&mut self, random: u32, now: Timestamp) -> Vec<Action> {
        let known = self.progress.last.is_some_and(|last| last.cause == Cause::Offline);
        if known && self.progress.due_at == Timestamp::MAX {
            return Vec::new();
        }
        let nobody = String::from(nobody_there(self.message.recipient));
        if self.mode() != Mode::StoreAndForward {
            self.tell(now, StepKind::Attempt, nobody);
            return self.finish(DeliveryState::Failed, Outcome::new(Cause::Offline, 0), now);
        }
        self.tell(now, StepKind::Waiting, nobody);
        self.postpone(Outcome::new(Cause::Offline, 0), random, now)
    }

    fn answered(
        &mut self,
        device: Device,
        outcome: Outcome,
        detail: String,
        random: u32,
        now: Timestamp,
    ) -> Vec<Action> {
        self.open.retain(|attempt| attempt.device != device);
        self.tell(now, StepKind::Attempt, detail);
        let class = outcome.cause.class();
        if class == Class::Pending && self.mode() == Mode::StoreAndForward {
            return self.take(now);
        }
        // Nobody waits for what is told later of one that is not kept: that the next one has it is its end.
        if matches!(class, Class::Done | Class::Pending) {
            return self.finish(
                DeliveryState::Delivered,
                Outcome { cause: Cause::Delivered, ..outcome },
                now,
            );
        }
        // The text goes out in its plainest form already: there is no other form to try.
        if matches!(class, Class::Permanent | Class::OtherForm) {
            self.closed_devices.push(device);
        }
        self.worst = Some(self.worst.map_or(outcome, |worst| weightier(worst, outcome)));
        if self.is_routed() {
            return self.next_connection(outcome, random, now);
        }
        if self.open.is_empty() { self.end_round(random, now) } else { Vec::new() }
    }

    fn end_round(&mut self, random: u32, now: Timestamp) -> Vec<Action> {
        let outcome = self.worst.unwrap_or(Outcome::new(Cause::NoAnswer, 0));
        if outcome.cause.class() != Class::Temporary || self.mode() != Mode::StoreAndForward {
            return self.finish(DeliveryState::Failed, outcome, now);
        }
        self.state = DeliveryState::Accepted;
        if self.is_over(now) {
            self.progress.last = Some(outcome);
            self.progress.attempts = self.progress.attempts.saturating_add(1);
            return self.expire(now);
        }
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        self.postpone(outcome, random, now)
    }

    fn postpone(&mut self, outcome: Outcome, random: u32, now: Timestamp) -> Vec<Action> {
        let is_first = self.progress.last.is_none();
        let delay = retry::delay(self.message.recipient, self.progress.attempts, outcome, random);
        self.progress.due_at = delay.map_or(Timestamp::MAX, |delay| now.after(delay));
        self.progress.last = Some(outcome);
        let mut actions = vec![Action::Postpone(self.progress, self.new_steps())];
        if is_first {
            actions.extend(self.notifications(outcome, now));
        }
        actions.extend(self.flags(outcome.cause));
        actions
    }

    /// What happened since the last write.
    /// Of a text that goes on without some of its parts: what is to be written before it does. A complete one is
    /// joined again from its parts after a crash; this one could be joined with a part that came too late for it.
    pub fn joined_incomplete(&mut self) -> Option<(Progress, Vec<Step>)> {
        let joined = self.progress.joined?;
        let parts = self.message.parts.iter().filter_map(|part| part.submission.options().part.as_ref());
        let total = parts.map(|part| part.total).next()?;
        let incomplete = joined.late || joined.messages < u16::from(total);
        let unwritten = self.unwritten < self.story.len() && !self.is_decided();
        (incomplete && unwritten).then(|| (self.progress, self.new_steps()))
    }

    fn new_steps(&mut self) -> Vec<Step> {
        let steps = self.story.get(self.unwritten..).unwrap_or_default().to_vec();
        self.unwritten = self.story.len();
        steps
    }

    fn tell(&mut self, at: Timestamp, kind: StepKind, detail: String) {
        if self.story.len() < MOST_STEPS {
            self.story.push(Step { at, kind, detail });
        }
    }
}

/// What a story says of a message that waits for somebody to take it.
pub fn nobody_there(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Account(_) => "no device is registered",
        Recipient::Carrier(_) => "no receiver is bound",
        Recipient::Route(_) => "no connection takes it now",
    }
}

/// A story ends growing here; the count of attempts goes on.
const MOST_STEPS: usize = 200;

/// Of two failures of one round, the one that decides: a temporary one, since somebody may yet take it; of two
/// permanent ones a refusal, since REJECTED says that somebody decided.
fn weightier(a: Outcome, b: Outcome) -> Outcome {
    let weight = |outcome: Outcome| match (outcome.cause.class(), outcome.cause) {
        // Of temporary failures, one with a time beats the wait for a registration.
        (Class::Temporary, Cause::Offline | Cause::ContactGone) => 2,
        (Class::Temporary, _) => 3,
        (_, Cause::Refused) => 1,
        _ => 0,
    };
    if weight(b) > weight(a) { b } else { a }
}

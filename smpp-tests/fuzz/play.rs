//! Plays a script, and asks after each step whether everything promised holds.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use iwf_model::{
    CarrierId, Cause, Denial, MessageState, Mode, Now, Outcome, Party, Profile, Standing, Timestamp,
};
use iwf_smpp::{CommandId, CommandStatus, Event, Grant, MultiTicket, QueryTicket, Session, Ticket};

use super::promises::Promises;
use super::script::{Decision, Script, Step};
use crate::peer::{id, notification, outbind, receipt, response};
use crate::texts::{carrier_of, message_of};

/// A session, and all that is around it.
pub(super) struct World {
    pub(super) session: Session,
    script_window: u16,
    alphabet: iwf_model::Alphabet,
    profile: Arc<Profile>,
    now: Now,
    input: BytesMut,
    /// What was fed and not yet taken, as the peer remembers it.
    sent: Vec<u8>,
    /// So many octets of the output were walked over.
    walked: usize,
    tickets: Vec<Asked>,
    deciding: bool,
    postponed: bool,
    /// A timer is what makes the session do something.
    by_timer: bool,
    next_id: u64,
    promises: Promises,
    pub(super) events: Vec<String>,
}

/// What a peer asked and is answered later.
enum Asked {
    Submit(Ticket),
    /// In transaction mode.
    Transaction(Ticket),
    Multi(MultiTicket),
    Query(QueryTicket),
    Operation(Ticket),
}

/// How often a timer may fire at one moment.
const AT_ONE_MOMENT: usize = 12;
/// More than any PDU we take.
const MAX_UNFINISHED: usize = 70_000;

/// Plays all of it; the statuses the peer was answered with, or what went wrong.
pub(super) fn play(script: &Script) -> Result<BTreeSet<u32>, String> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(script);
        // A session that called has spoken already.
        world.watched(|_| {})?;
        for step in &script.steps {
            world.plays(step)?;
        }
        world.ends()?;
        Ok(world.promises.statuses)
    }));
    played.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        Err(format!(
            "panic: {}",
            said.or(panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
        ))
    })
}

impl World {
    pub(super) fn new(script: &Script) -> Self {
        let utc = Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap();
        let now = Now { instant: Instant::now(), utc };
        let config = Arc::new(script.config.clone());
        let session = match script.called {
            true => Session::called(config, &outbind(), now),
            false => Session::new(config, now),
        };
        Self {
            session,
            script_window: script.window,
            alphabet: script.alphabet,
            profile: Arc::new(script.profile.clone()),
            now,
            input: BytesMut::new(),
            sent: Vec::new(),
            walked: 0,
            tickets: Vec::new(),
            deciding: false,
            postponed: false,
            by_timer: false,
            next_id: 0,
            promises: Promises::default(),
            events: Vec::new(),
        }
    }

    fn plays(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Octets(octets) => self.receives(octets)?,
            Step::Decide(decision) => self.decides(*decision)?,
            Step::Answer { which, refusal } if !self.tickets.is_empty() => {
                let ticket = self.tickets.remove(which % self.tickets.len());
                self.answers(ticket, *refusal)?;
            }
            Step::Receipt => {
                self.next_id += 1;
                let number = self.next_id;
                self.watched(|world| {
                    // Its end may be told at once.
                    world.promises.receipts.insert(id(number));
                    if !world.session.send_receipt(&receipt(number), world.now) {
                        world.promises.receipts.remove(&id(number));
                    }
                })?;
            }
            Step::Respond { which, status, nack } if !self.promises.ours.is_empty() => {
                let request = self.promises.ours.remove(which % self.promises.ours.len());
                let matching = CommandId::from(request.command_id).matching_response();
                let command_id = if *nack { CommandId::GenericNack } else { matching };
                self.receives(&response(command_id, CommandStatus::from(*status), request.sequence, &[]))?;
            }
            Step::Text { letter, count } => {
                self.next_id += 1;
                let text: String = std::iter::repeat_n(*letter, *count).collect();
                let message = Arc::new(message_of(&text, id(self.next_id), self.now.utc));
                let carrier = Arc::new(carrier_of(Profile::clone(&self.profile)));
                self.watched(|world| {
                    world.promises.texts.insert(message.id);
                    if !world.session.send_text(&message, &carrier, world.now) {
                        world.promises.texts.remove(&message.id);
                    }
                })?;
            }
            Step::Notification => self.watched(|world| {
                world.session.send_notification(&notification(1), world.now);
            })?,
            Step::Alert => self.watched(|world| {
                world.session.send_alert(&Party::default(), &Party::default(), world.now);
            })?,
            Step::Congestion(percent) => self.session.set_congestion(*percent),
            Step::Wait(span) => self.now = self.now.after(*span),
            Step::Timer => self.fires()?,
            Step::Unbind => self.watched(|world| world.session.unbind(world.now))?,
            Step::Write(count) => {
                let written = (*count).min(self.session.output().len());
                self.session.output().advance(written);
                self.walked = self.walked.saturating_sub(written);
            }
            Step::Breaks => self.watched(|world| world.session.handle_closed(world.now))?,
            Step::Answer { .. } | Step::Respond { .. } => {}
        }
        self.holds()
    }

    /// Octets arrive in one piece.
    pub(super) fn receives(&mut self, octets: &[u8]) -> Result<(), String> {
        self.input.extend_from_slice(octets);
        self.sent.extend(octets);
        let output = self.session.output().len();
        self.watched(|world| {
            world.session.handle_input(&mut world.input, world.now);
            let taken = world.sent.len() - world.input.len();
            let taken: Vec<u8> = world.sent.drain(..taken).collect();
            world.promises.consumed(&taken);
        })?;
        let grown = self.session.output().len() - output;
        // An answer is at most as long as three headers; a list of failures is shorter than what it answers.
        if grown > octets.len() * 3 + MAX_UNFINISHED {
            return Err(format!("{} octets are answered with {grown}", octets.len()));
        }
        Ok(())
    }

    fn decides(&mut self, decision: Decision) -> Result<(), String> {
        if !std::mem::take(&mut self.deciding) {
            return Ok(());
        }
        let (window, profile) = (self.script_window, Arc::clone(&self.profile));
        let grant = Grant { carrier: CarrierId(1), alphabet: self.alphabet, window, profile };
        self.postponed = matches!(decision, Decision::Postpone(_));
        self.watched(|world| match decision {
            Decision::Grant => world.session.accept_bind(grant, world.now),
            Decision::Refuse(refusal) => world.session.refuse_bind(refusal, world.now),
            Decision::Postpone(wait) => world.session.postpone_bind(wait, world.now),
        })
    }

    fn answers(&mut self, asked: Asked, refusal: Option<iwf_model::Refusal>) -> Result<(), String> {
        self.next_id += 1;
        let message = id(self.next_id);
        let enroute = Standing { state: MessageState::Enroute, ended_at: None, error: 0 };
        let denied = refusal.map_or(Ok(()), |_| Err(Denial::Unknown));
        self.watched(|world| match (asked, refusal) {
            (Asked::Transaction(ticket), Some(_)) => {
                world.session.fail_submit(ticket, &Outcome::new(Cause::Busy, 486), None);
            }
            (Asked::Submit(ticket) | Asked::Transaction(ticket), None) => {
                world.session.accept_submit(ticket, message)
            }
            (Asked::Submit(ticket), Some(refusal)) => world.session.refuse_submit(ticket, refusal),
            (Asked::Multi(ticket), None) => world.session.answer_multi(ticket, [Ok(message)]),
            (Asked::Multi(ticket), Some(refusal)) => world.session.answer_multi(ticket, [Err(refusal)]),
            (Asked::Query(ticket), _) => world.session.answer_query(ticket, denied.map(|()| enroute)),
            (Asked::Operation(ticket), _) => world.session.answer_operation(ticket, denied),
        })
    }

    /// Time goes to the next timer, which does something and moves on.
    fn fires(&mut self) -> Result<(), String> {
        let Some((at, reason)) = self.session.poll_timeout() else { return Ok(()) };
        self.now = self.now.after(at.saturating_duration_since(self.now.instant));
        for _ in 0..AT_ONE_MOMENT {
            self.by_timer = true;
            let fired = self.watched(|world| world.session.handle_timeout(world.now));
            self.by_timer = false;
            fired?;
            if self.session.poll_timeout().is_none_or(|(next, _)| next > self.now.instant) {
                return Ok(());
            }
        }
        Err(format!("{reason:?} fires for ever"))
    }

    /// Does something with the session, and takes what comes of it.
    fn watched(&mut self, does: impl FnOnce(&mut Self)) -> Result<(), String> {
        let (before, was_closed) = (self.session.state(), self.session.is_closed());
        let output = self.session.output().len();
        does(self);
        if was_closed && (self.session.output().len() != output || !self.session.is_closed()) {
            return Err("a closed session speaks".to_owned());
        }
        while let Some(event) = self.session.poll_event() {
            if was_closed {
                return Err(format!("a closed session tells {event:?}"));
            }
            self.events.push(format!("{event:?}"));
            match event {
                Event::Bind(_) if self.deciding || self.postponed => {
                    return Err("two binds at a time".to_owned());
                }
                Event::BindDue if !self.postponed => {
                    return Err("a bind is due that nobody postponed".to_owned());
                }
                Event::Bind(_) | Event::BindDue => {
                    (self.deciding, self.postponed) = (true, false);
                }
                Event::Submit { ticket, submission } => self.tickets.push(match submission.options().mode {
                    Mode::Transaction => Asked::Transaction(ticket),
                    _ => Asked::Submit(ticket),
                }),
                Event::Receipt { ticket, .. } => self.tickets.push(Asked::Submit(ticket)),
                Event::SubmitMulti { ticket, .. } => self.tickets.push(Asked::Multi(ticket)),
                Event::Query { ticket, .. } => self.tickets.push(Asked::Query(ticket)),
                Event::Cancel { ticket, .. } | Event::Replace { ticket, .. } => {
                    self.tickets.push(Asked::Operation(ticket));
                }
                Event::ReceiptAnswered { message, .. } => self.promises.receipt_told(message)?,
                Event::Closed(reason) => self.promises.closes(reason)?,
                Event::TextAnswered { message, .. } => self.promises.text_told(message)?,
                Event::Unbound | Event::Anomaly(_) => {}
            }
        }
        let written = self.session.output()[self.walked..].to_vec();
        self.walked += written.len();
        let was_unbound = self.promises.unbound_in_order();
        self.promises.written(&written, [before, self.session.state()])?;
        let unbinds = self.promises.unbound_in_order() && !was_unbound;
        let hasty = unbinds && !self.tickets.is_empty() && !self.by_timer;
        if hasty { Err(format!("unbound, and {} submits wait", self.tickets.len())) } else { Ok(()) }
    }

    /// What always holds between two steps.
    fn holds(&mut self) -> Result<(), String> {
        let closed = self.session.is_closed();
        if closed != self.promises.closed.is_some() {
            return Err(format!("closed {closed}, told {:?}", self.promises.closed));
        }
        if closed && (self.session.poll_timeout().is_some() || self.session.wants_input()) {
            return Err("a closed session wants something".to_owned());
        }
        if !closed && self.session.poll_timeout().is_none() {
            return Err("nothing would ever end the session".to_owned());
        }
        if self.tickets.len() > usize::from(self.script_window) * 2 {
            return Err(format!("{} submits wait", self.tickets.len()));
        }
        let unfinished = self.input.len();
        let length = self.input.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
        if !closed && length.is_some_and(|length| !(unfinished + 1..=MAX_UNFINISHED).contains(&length)) {
            return Err(format!("{unfinished} octets of {length:?} are left where they are"));
        }
        Ok(())
    }

    /// Everything that waits is decided; then nothing is owed. And what comes after the end finds nobody.
    pub(super) fn ends(&mut self) -> Result<(), String> {
        // As long as a refused bind waits, and an unbind for what is owed; the timers that end a session come later.
        let end = self.now.instant + Duration::from_secs(6);
        loop {
            let due = self.session.poll_timeout().is_some_and(|(at, _)| at <= end);
            if let Some(ticket) = self.tickets.pop() {
                self.answers(ticket, None)?;
            } else if self.deciding {
                self.decides(Decision::Grant)?;
            } else if due && self.promises.unanswered().is_some() {
                self.fires()?;
            } else {
                break;
            }
            self.holds()?;
        }
        if let Some(sequence) = self.promises.unanswered() {
            return Err(format!("number {sequence:#x} is never answered"));
        }
        self.watched(|world| world.session.handle_closed(world.now))?;
        self.holds()?;
        self.now = self.now.after(Duration::from_secs(600));
        self.watched(|world| world.session.handle_timeout(world.now))?;
        self.receives(&[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1])?;
        self.holds()
    }
}

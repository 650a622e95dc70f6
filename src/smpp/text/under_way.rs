//! Texts on their way over one session, whichever end of it is ours: the parts of each go out in their order, as the
//! window allows, and the first one that fails decides.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use iwf_model::{Carrier, Cause, Message, MessageId, Outcome};
use rusmpp_core::CommandStatus;

use super::OutgoingText;
use crate::bind::Version;
use crate::upstream::{MAX_ID, printable};
use crate::window::Window;

/// How long texts rest when the peer says that they come too fast (interworking.md A.13).
pub(crate) const THROTTLED: Duration = Duration::from_secs(1);
/// So often the peer may say so of one text; then it has failed for a time.
const MAX_THROTTLED: u8 = 10;

/// The texts under way.
#[derive(Debug)]
pub(crate) struct UnderWay {
    window: Window<Part>,
    /// Those that have not ended, in the order in which they came.
    open: VecDeque<Open>,
    /// How many were taken so far.
    taken: u64,
    /// The peer was too slow: nothing is sent before this.
    resume_at: Option<Instant>,
    waits_for: WaitsFor,
}

/// When a text of which a part failed has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    /// At once.
    TheFirst,
    /// When its other parts that were sent are answered: their answers name them.
    All,
}

/// A part of a text that was sent.
#[derive(Debug)]
pub(crate) struct Part {
    /// Of which text: a message that failed for a time may be here again while parts of its first try are open.
    text: u64,
    place: usize,
}

/// What was said of a part.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The status of its answer; `None`: there was none.
    pub(crate) status: Option<CommandStatus>,
    /// What that means, if it is the end of the text.
    pub(crate) outcome: Outcome,
    /// The name that the peer gave it.
    pub(crate) id: Option<Box<str>>,
    /// What it said in words.
    pub(crate) said: Option<Box<str>>,
}

/// A text that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) message: MessageId,
    pub(crate) outcome: Outcome,
    /// How many PDUs it takes.
    pub(crate) parts: usize,
    /// The names that the peer gave to the parts it has taken, by their places; empty when it was not asked to tell more
    /// of them.
    pub(crate) names: Vec<Option<Box<str>>>,
    pub(crate) said: Option<Box<str>>,
}

/// A text that has not ended.
#[derive(Debug)]
struct Open {
    /// Which one it is of those that were taken.
    number: u64,
    text: OutgoingText,
    /// What it was made of, until it was put into another form.
    origin: Option<(Arc<Message>, Arc<Carrier>)>,
    /// The places of the parts that are to be sent.
    unsent: VecDeque<usize>,
    /// How many parts wait for their answer.
    unanswered: usize,
    throttled: u8,
    names: Vec<Option<Box<str>>>,
    failed: Option<(Outcome, Option<Box<str>>)>,
}

impl Verdict {
    /// No answer came: the part may have arrived.
    pub(crate) fn lost() -> Self {
        Self { status: None, outcome: Outcome::new(Cause::NoAnswer, 0), id: None, said: None }
    }

    /// What an answer without words says.
    pub(crate) fn plain(status: CommandStatus, outcome: Outcome) -> Self {
        Self { status: Some(status), outcome, id: None, said: None }
    }
}

impl UnderWay {
    pub(crate) fn new(window: usize, waits_for: WaitsFor) -> Self {
        let (open, window) = (VecDeque::new(), Window::new(window.max(1)));
        Self { window, open, taken: 0, resume_at: None, waits_for }
    }

    /// How many parts are unanswered.
    pub(crate) fn in_window(&self) -> usize {
        self.window.len()
    }

    /// How many more parts its window takes.
    pub(crate) fn room(&self) -> usize {
        self.window.room()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether another text would have to wait: for the end of a pause, or behind one whose parts are not all sent.
    pub(crate) fn is_held_up(&self) -> bool {
        self.resume_at.is_some() || self.has_unsent()
    }

    pub(crate) fn has_unsent(&self) -> bool {
        self.open.iter().any(|open| !open.unsent.is_empty())
    }

    /// The part that a response belongs to.
    pub(crate) fn take(&mut self, sequence: u32) -> Option<Part> {
        self.window.take(sequence)
    }

    /// When an answer is overdue.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.window.deadline()
    }

    /// A part whose answer is overdue.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<Part> {
        self.window.expired(now)
    }

    pub(crate) fn defer(&mut self, until: Instant) {
        self.window.defer(until);
    }

    /// When to go on sending.
    pub(crate) fn resume_at(&self) -> Option<Instant> {
        self.resume_at
    }

    /// Sends nothing for a while.
    pub(crate) fn pause(&mut self, until: Instant) {
        self.resume_at = Some(until);
    }

    /// Ends a pause that is over.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.resume_at = self.resume_at.filter(|at| *at > now);
    }

    pub(crate) fn add(&mut self, text: OutgoingText, origin: (Arc<Message>, Arc<Carrier>)) {
        self.taken += 1;
        let unsent = (0..text.parts()).collect();
        let names = if text.is_registered() { vec![None; text.parts()] } else { Vec::new() };
        self.open.push_back(Open {
            number: self.taken,
            text,
            origin: Some(origin),
            unsent,
            unanswered: 0,
            throttled: 0,
            names,
            failed: None,
        });
    }

    /// Writes the next part, which is answered under that number until then; false when there is none.
    pub(crate) fn send(&mut self, out: &mut BytesMut, sequence: u32, deadline: Instant) -> bool {
        let Some(open) = self.open.iter_mut().find(|open| !open.unsent.is_empty()) else { return false };
        let Some(place) = open.unsent.pop_front() else { return false };
        open.text.write(out, place, sequence);
        open.unanswered += 1;
        self.window.insert(sequence, Part { text: open.number, place }, deadline)
    }

    /// The name under which a part will be told of: the one that its answer has, or ours, which it was sent with. The
    /// specification leaves the field of deliver_sm_resp empty (SMPP 5.0 4.3.1.2).
    pub(crate) fn name_of(&self, part: &Part, body: &[u8]) -> Option<Box<str>> {
        let said = printable(body, MAX_ID);
        let open = || self.open.iter().find(|open| open.number == part.text);
        if said.is_empty() { Some(open()?.text.message().to_string().into()) } else { Some(said) }
    }

    /// A part was answered, or will not be; its text, if that is the end of it. A part of a text that has ended says
    /// nothing any more.
    pub(crate) fn settle(
        &mut self,
        part: &Part,
        verdict: Verdict,
        version: Version,
        now: Instant,
    ) -> Option<Ended> {
        let Verdict { status, outcome, id, said } = verdict;
        let open = self.open.iter_mut().find(|open| open.number == part.text)?;
        open.unanswered = open.unanswered.saturating_sub(1);
        let goes_on = open.failed.is_none();
        match status {
            Some(CommandStatus::EsmeRok) => open.name(part.place, id),
            Some(CommandStatus::EsmeRthrottled) if goes_on && open.throttled < MAX_THROTTLED => {
                open.throttled += 1;
                open.unsent.push_front(part.place);
                self.resume_at = Some(now + THROTTLED);
                return None;
            }
            // It goes out again in another form, once (interworking.md D.5).
            Some(status) if goes_on && open.rewrite(status, version) => {
                self.taken += 1;
                open.number = self.taken;
                return None;
            }
            _ if goes_on => {
                open.failed = Some((outcome, said));
                open.unsent.clear();
            }
            _ => {}
        }
        let decided = self.waits_for == WaitsFor::TheFirst && open.failed.is_some();
        let over = decided || (open.unsent.is_empty() && open.unanswered == 0);
        let number = open.number;
        if over { self.remove(number).map(|open| open.end(outcome)) } else { None }
    }

    /// The session has ended: what was sent of the next text may have arrived.
    pub(crate) fn lose(&mut self) -> Option<Ended> {
        let open = self.open.pop_front()?;
        let begun = open.unsent.len() < open.text.parts();
        let cause = if begun { Cause::NoAnswer } else { Cause::NotSent };
        Some(open.end(Outcome::new(cause, 0)))
    }

    fn remove(&mut self, number: u64) -> Option<Open> {
        let place = self.open.iter().position(|open| open.number == number)?;
        self.open.remove(place)
    }
}

impl Open {
    /// Puts a text into another form, in its place; false when it has none, or has been in it. What is answered to
    /// the first form says nothing any more.
    fn rewrite(&mut self, status: CommandStatus, version: Version) -> bool {
        let other = match (status, &self.origin) {
            (CommandStatus::EsmeRinvdcs, Some((message, carrier))) => {
                let other = self.text.otherwise(message, carrier, version);
                self.origin = None;
                other
            }
            (status, Some(_)) => self.text.without(status),
            _ => None,
        };
        let Some(other) = other else { return false };
        self.origin = None;
        self.unanswered = 0;
        self.unsent = (0..other.parts()).collect();
        self.names.iter_mut().for_each(|name| *name = None);
        self.names.resize(if self.names.is_empty() { 0 } else { other.parts() }, None);
        self.text = other;
        true
    }

    fn name(&mut self, place: usize, id: Option<Box<str>>) {
        if let Some(name) = self.names.get_mut(place) {
            *name = id;
        }
    }

    /// The first part that failed decides, or else what is said of the last.
    fn end(self, outcome: Outcome) -> Ended {
        let (outcome, said) = self.failed.unwrap_or((outcome, None));
        Ended { message: self.text.message(), outcome, parts: self.text.parts(), names: self.names, said }
    }
}

//! Texts to the peer: the parts of each go out in their order, as the window allows, and the first one that fails
//! decides.
//!
//! Texts and receipts share the window. Texts have at most half of it, receipts what texts leave.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iwf_model::{Carrier, Cause, Message, Now, Outcome};
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::Phase;
use crate::bind::Version;
use crate::event::{Anomaly, CloseReason, Event};
use crate::outcome;
use crate::pdu::Header;
use crate::text::OutgoingText;
use crate::window::Window;

/// How long texts rest when the peer says that they come too fast (interworking.md A.13).
const THROTTLED: Duration = Duration::from_secs(1);
/// So often the peer may say so of one text; then it has failed for a time.
const MAX_THROTTLED: u8 = 10;

/// The texts under way.
#[derive(Debug)]
pub(super) struct Texts {
    window: Window<Part>,
    /// Those that have not ended, in the order in which they came.
    open: VecDeque<Open>,
    /// How many were taken so far.
    taken: u64,
    /// The peer was too slow: nothing is sent before this.
    resume_at: Option<Instant>,
}

/// A part of a text that was sent.
#[derive(Debug)]
pub(super) struct Part {
    /// Of which text: a message that failed for a time may be here again while parts of its first try are open.
    text: u64,
    place: usize,
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
}

impl Texts {
    pub(super) fn new(window: u16) -> Self {
        let half = usize::from(window).div_ceil(2).max(1);
        Self { window: Window::new(half), open: VecDeque::new(), taken: 0, resume_at: None }
    }

    /// How much of the window they have.
    pub(super) fn in_window(&self) -> usize {
        self.window.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn take(&mut self, sequence: u32) -> Option<Part> {
        self.window.take(sequence)
    }

    /// When an answer is overdue.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.window.deadline()
    }

    /// When to go on sending.
    pub(super) fn resume_at(&self) -> Option<Instant> {
        self.resume_at
    }

    pub(super) fn defer(&mut self, until: Instant) {
        self.window.defer(until);
    }

    /// The next part that is to be sent.
    fn next(&mut self) -> Option<&mut Open> {
        self.open.iter_mut().find(|open| !open.unsent.is_empty())
    }

    fn add(&mut self, text: OutgoingText, origin: (Arc<Message>, Arc<Carrier>)) {
        self.taken += 1;
        let unsent = (0..text.parts()).collect();
        let (number, origin) = (self.taken, Some(origin));
        self.open.push_back(Open { number, text, origin, unsent, unanswered: 0, throttled: 0 });
    }

    /// Puts a text into its other form, in its place; false when it has none, or has been in it. What is answered to
    /// the first form says nothing any more.
    fn rewrite(&mut self, number: u64, version: Version) -> bool {
        let Some(open) = self.open.iter_mut().find(|open| open.number == number) else { return false };
        let Some((message, carrier)) = open.origin.take() else { return false };
        let Some(text) = open.text.otherwise(&message, &carrier, version) else { return false };
        self.taken += 1;
        (open.number, open.unanswered) = (self.taken, 0);
        open.unsent = (0..text.parts()).collect();
        open.text = text;
        true
    }

    fn remove(&mut self, number: u64) -> Option<Open> {
        let place = self.open.iter().position(|open| open.number == number)?;
        self.open.remove(place)
    }
}

impl Session {
    /// How many texts `send_text` would take now: none unless the bind receives, and none behind one whose parts
    /// are not all sent.
    pub fn text_room(&self) -> usize {
        let receives = matches!(self.phase, Phase::Bound(bound) if bound.kind.receives());
        let waits =
            self.texts.resume_at.is_some() || self.texts.open.iter().any(|open| !open.unsent.is_empty());
        if !receives || waits || self.output.len() >= self.config.max_output {
            return 0;
        }
        self.text_window()
    }

    /// Takes a text; false, and it is not taken, when there is no room. Its end is told by
    /// `Event::TextAnswered`: delivered when every part was acknowledged.
    pub fn send_text(&mut self, message: &Arc<Message>, carrier: &Arc<Carrier>, now: Now) -> bool {
        if self.text_room() == 0 {
            return false;
        }
        match OutgoingText::new(message, carrier, self.version()) {
            Ok(text) => {
                self.texts.add(text, (Arc::clone(message), Arc::clone(carrier)));
                self.send_parts(now);
            }
            Err(_) => {
                let (message, outcome) = (message.id, Outcome::new(Cause::TooLarge, 0));
                self.events.push_back(Event::TextAnswered { message, outcome, parts: 0 });
            }
        }
        true
    }

    /// What of the window is left for texts.
    fn text_window(&self) -> usize {
        let left = self.told.room().saturating_sub(self.texts.in_window());
        self.texts.window.room().min(left)
    }

    /// Sends what the window allows.
    pub(super) fn send_parts(&mut self, now: Now) {
        let may_send = matches!(self.phase, Phase::Bound(_) | Phase::Draining { unbind: None, .. });
        while may_send && self.texts.resume_at.is_none() && self.text_window() > 0 {
            let Some(open) = self.texts.next() else { return };
            let Some(place) = open.unsent.pop_front() else { return };
            let sequence = self.sequence.advance();
            open.text.write(&mut self.output, place, sequence);
            open.unanswered += 1;
            let part = Part { text: open.number, place };
            self.texts.window.insert(sequence, part, now.instant + self.config.timers.receipt);
            self.keepalive.sent(now.instant);
        }
    }

    /// A part was answered, by whatever kind of response. One of a text that has ended says nothing any more.
    pub(super) fn answer_part(&mut self, part: Part, header: &Header, now: Now) {
        let status = header.command_status;
        match header.command_id {
            CommandId::DeliverSmResp | CommandId::DataSmResp => self.settle_part(part, status, now),
            CommandId::GenericNack => {
                self.note(Anomaly::GenericNack(status));
                self.settle_part(part, nacked(status), now);
            }
            other => {
                self.note(Anomaly::MismatchedResponse(other));
                self.settle_part(part, CommandStatus::EsmeRunknownerr, now);
                if self.confusion.mismatch() {
                    self.close(CloseReason::Confused);
                }
            }
        }
        self.send_parts(now);
    }

    fn settle_part(&mut self, Part { text, place }: Part, status: CommandStatus, now: Now) {
        let Some(open) = self.texts.open.iter_mut().find(|open| open.number == text) else {
            return;
        };
        open.unanswered = open.unanswered.saturating_sub(1);
        let over = status != CommandStatus::EsmeRok || (open.unsent.is_empty() && open.unanswered == 0);
        if status == CommandStatus::EsmeRthrottled && open.throttled < MAX_THROTTLED {
            open.throttled += 1;
            open.unsent.push_front(place);
            self.texts.resume_at = Some(now.instant + THROTTLED);
            return;
        }
        let version = self.version();
        // It goes out again in another encoding, once (interworking.md D.5).
        let goes_again = status == CommandStatus::EsmeRinvdcs && self.texts.rewrite(text, version);
        if over && !goes_again {
            self.end_text(text, outcome::text_outcome(status));
        }
    }

    fn end_text(&mut self, number: u64, outcome: Outcome) {
        if let Some(open) = self.texts.remove(number) {
            let (message, parts) = (open.text.message(), open.text.parts());
            self.events.push_back(Event::TextAnswered { message, outcome, parts });
            self.finish_draining();
        }
    }

    /// What time does to texts: a part without an answer leaves its text in doubt, and a pause ends.
    pub(super) fn handle_text_timeout(&mut self, now: Now) {
        while let Some(part) = self.texts.window.expired(now.instant) {
            self.end_text(part.text, Outcome::new(Cause::NoAnswer, 0));
        }
        if self.texts.resume_at.is_some_and(|at| at <= now.instant) {
            self.texts.resume_at = None;
        }
        self.send_parts(now);
    }

    /// The session has ended: what was sent of a text may have arrived.
    pub(super) fn lose_texts(&mut self) {
        while let Some(Open { text, unsent, .. }) = self.texts.open.pop_front() {
            let begun = unsent.len() < text.parts();
            let cause = if begun { Cause::NoAnswer } else { Cause::NotSent };
            let (message, outcome) = (text.message(), Outcome::new(cause, 0));
            self.events.push_back(Event::TextAnswered { message, outcome, parts: text.parts() });
        }
    }
}

/// "No error" in a nack is an error all the same.
fn nacked(status: CommandStatus) -> CommandStatus {
    if status == CommandStatus::EsmeRok { CommandStatus::EsmeRunknownerr } else { status }
}

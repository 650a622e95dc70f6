//! When more comes than can be done: how much of it is turned away, and whose (interworking.md C.10).
//!
//! What is scarce is measured in time: how long what was accepted waits for the store, and since when not all that
//! came was taken. An answer that comes later than T1 is asked for again, so that a server that is late makes its own
//! load; long before that a part of the work is turned away, the more the longer it lasts, and before anything was
//! done for it. Each source has its share of what can be done, so that one which floods is turned away before the
//! others notice (`shares`). Peers that speak RFC 7339 are told how much to hold back (`oc`), and we hold back what
//! peers ask us to (`downstream`).

pub(crate) mod downstream;
pub(crate) mod oc;
mod recent;
pub(crate) mod shares;

use std::time::{Duration, Instant};

use iwf_model::{Flow, Now};

use crate::message::Request;
use oc::Feedback;
use shares::{Kind, Sender, Shares, Standing};

/// How far the node is behind with what it has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strain {
    /// How long the oldest of the writes that are not durable has waited.
    pub store: Duration,
    /// Since when there has always been input that was not read yet.
    pub input: Duration,
}

/// What the node is told when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// From now on work is turned away.
    Begun,
    /// All work is taken again.
    Ended,
}

/// Measures, and decides on each request that is new.
#[derive(Debug)]
pub(crate) struct Overload {
    /// The share of new work to turn away; what is above 100 is the share of the rest.
    severity: u8,
    measured_at: Option<Instant>,
    /// When it last was on.
    on_at: Option<Instant>,
    shares: Shares,
    feedback: Feedback,
}

/// How often the strain is looked at.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// Nobody may be kept waiting so long: it leaves a tenth of a second before T1 (RFC 3261 17.1.1.1) is over.
const TOO_LATE: Duration = Duration::from_millis(400);
/// Below this we are in time again; between the two nothing changes.
const IN_TIME: Duration = Duration::from_millis(100);
/// By how many percent the share grows in an interval, by how late we are. It shrinks by one and a tenth of itself: what
/// waited made it grow too far, and everybody pays for that.
const UP: (u8, u8) = (5, 10);
/// So long a request is sent again: 64 * T1.
const SENT_AGAIN: Duration = Duration::from_secs(32);
/// The most: no new work at all, and a tenth of the rest, without which nobody stays registered.
const WORST: u8 = 190;
/// The store is so late that more for it helps nobody. Before that those who ask for little are served, whoever makes
/// us late: it may be the carriers, on whom nothing here has any effect.
const HOPELESS: Duration = Duration::from_secs(2);

impl Overload {
    pub(crate) fn new(secret: u64) -> Self {
        Self {
            severity: 0,
            measured_at: None,
            on_at: None,
            shares: Shares::new(secret),
            feedback: Feedback::default(),
        }
    }

    /// Takes a measurement; to be called every [`INTERVAL`] or more seldom. Tells when a change begins or ends.
    pub(crate) fn handle_strain(&mut self, strain: Strain, now: Now) -> Option<Change> {
        let since = self.measured_at.map_or(INTERVAL, |at| now.instant.saturating_duration_since(at));
        if since < INTERVAL {
            return None;
        }
        self.measured_at = Some(now.instant);
        let intervals = u8::try_from(since.as_millis() / INTERVAL.as_millis()).unwrap_or(u8::MAX);
        let before = self.severity;
        let lateness = strain.store.max(strain.input);
        if lateness >= TOO_LATE {
            let up = u8::try_from(lateness.as_millis() / 100).unwrap_or(u8::MAX).clamp(UP.0, UP.1);
            let most = if strain.store >= HOPELESS { WORST } else { WORST - 1 };
            self.severity = before.saturating_add(up).min(most);
        } else if lateness < IN_TIME {
            // Some seconds without a measurement are the end.
            for _ in 0..intervals.min(50) {
                self.severity = self.severity.saturating_sub(1 + self.severity / 10);
            }
        }
        self.forget_in_time(now.instant);
        self.shares.divide([Kind::New, Kind::Upkeep].map(|kind| self.kept(kind)));
        self.feedback.set(self.percent(), now.utc);
        match (before, self.severity) {
            (0, 1..) => Some(Change::Begun),
            (1.., 0) => {
                self.shares.forget();
                Some(Change::Ended)
            }
            _ => None,
        }
    }

    /// Requests that were turned away are not sent again after timer F (RFC 3261 17.1.2.2).
    fn forget_in_time(&mut self, now: Instant) {
        if self.is_on() {
            self.on_at = Some(now);
        } else if self.on_at.is_some_and(|at| now.saturating_duration_since(at) > SENT_AGAIN) {
            self.on_at = None;
            self.shares.forget_shed();
        }
    }

    /// Who sent a request.
    pub(crate) fn sender(&self, request: &Request, flow: Flow) -> Sender {
        self.shares.sender(request, flow)
    }

    /// What is known of a sender.
    pub(crate) fn standing(&self, sender: Sender) -> Standing {
        self.shares.standing(sender)
    }

    /// Whether a request that is not under way is taken. `identity` is what it is matched by.
    pub(crate) fn admit(&mut self, identity: &[u8], sender: Sender, kind: Kind) -> bool {
        !self.shares.was_shed(identity) && (!self.is_on() || self.shares.admit(sender, kind))
    }

    /// A request is turned away and its sender told so. Gives the seconds after which to come again, of those that make
    /// sense: the worse it is the later, and not all at once.
    pub(crate) fn turn_away(&mut self, identity: &[u8]) -> u32 {
        self.shares.note_shed(identity);
        let longest = 2 + u64::from(self.severity) / 10;
        u32::try_from(1 + self.shares.hash(identity) % longest).unwrap_or(1)
    }

    /// The sender has proven who it is.
    pub(crate) fn vouch(&mut self, sender: Sender) {
        self.shares.vouch(sender);
    }

    /// Whether any work is turned away.
    pub(crate) fn is_on(&self) -> bool {
        self.severity > 0
    }

    /// Whether no new work is taken at all.
    pub(crate) fn is_total(&self) -> bool {
        self.severity >= WORST
    }

    /// How many percent of the new work are turned away. Before the worst there is a little for everybody.
    pub(crate) fn percent(&self) -> u8 {
        if self.is_total() { 100 } else { self.severity.min(99) }
    }

    /// What peers that speak RFC 7339 are told; `None` when all is well.
    pub(crate) fn feedback(&self) -> Option<Feedback> {
        self.is_on().then_some(self.feedback)
    }

    /// How many percent of a kind are done.
    fn kept(&self, kind: Kind) -> u8 {
        match kind {
            Kind::New => 100 - self.percent(),
            Kind::Upkeep => 200 - self.severity.clamp(100, 200),
        }
    }
}

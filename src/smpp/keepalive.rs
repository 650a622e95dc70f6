//! Timers: each with its length, its reason, and what it ends (SMPP 5.0 2.7; interworking.md A.14).

use std::time::{Duration, Instant};

/// How long each timer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// session_init: from the connection to a bind, or from our bind to its answer. A stranger is not kept.
    pub session_init: Duration,
    /// From the first octet of a PDU to its last. A slow sender holds no memory.
    pub whole_pdu: Duration,
    /// enquire_link: silence in both directions until we ask whether the peer is there.
    pub enquire_link: Duration,
    /// How long we wait for a sign of life after asking; two misses close.
    pub enquire_link_resp: Duration,
    /// inactivity: without any PDU from the peer for so long the bind is dead, whatever we send.
    pub inactivity: Duration,
    /// response: after it a receipt or a text is in doubt.
    pub receipt: Duration,
    /// How long an unbind, from either side, waits for what is still to be answered.
    pub drain: Duration,
    /// How long we wait for unbind_resp, and for the peer to close after its own unbind.
    pub unbind: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            session_init: Duration::from_secs(10),
            whole_pdu: Duration::from_secs(10),
            enquire_link: Duration::from_secs(30),
            enquire_link_resp: Duration::from_secs(10),
            inactivity: Duration::from_secs(180),
            receipt: Duration::from_secs(30),
            drain: Duration::from_secs(5),
            unbind: Duration::from_secs(5),
        }
    }
}

/// Why a session wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerReason {
    /// No bind yet.
    SessionInit,
    /// Our bind is not answered yet.
    BindResp,
    /// A PDU has begun and is not whole.
    WholePdu,
    /// A refused bind is to be told so.
    BindDelay,
    /// Time to ask whether the peer is there.
    EnquireLink,
    /// The peer was asked whether it is there.
    EnquireLinkResp,
    /// Nothing was heard from the peer.
    Inactivity,
    /// A receipt was not answered.
    Receipt,
    /// A part of a text was not answered.
    Text,
    /// The peer wanted texts to come more slowly.
    Throttled,
    /// The bind is ending, and something is still to be answered.
    Drain,
    /// unbind was sent and not answered.
    Unbind,
    /// The bind has ended and the peer has not closed the connection.
    Linger,
}

impl TimerReason {
    /// The words used in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionInit => "no bind came in time",
            Self::BindResp => "the bind was not answered",
            Self::WholePdu => "a PDU did not become whole in time",
            Self::BindDelay => "a refused bind is to be told",
            Self::EnquireLink => "the link is silent",
            Self::EnquireLinkResp => "enquire_link was not answered",
            Self::Inactivity => "nothing was heard from the peer",
            Self::Text => "no answer to a text",
            Self::Throttled => "texts came too fast",
            Self::Receipt => "a receipt was not answered",
            Self::Drain => "answers are still owed",
            Self::Unbind => "unbind was not answered",
            Self::Linger => "the peer did not close after unbind",
        }
    }
}

/// What is to be done about a link at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Nothing.
    Fine,
    /// Send enquire_link; `missed`: the one before went without any sign of life.
    Enquire {
        /// The one before was missed.
        missed: bool,
    },
    /// The peer is gone.
    Dead(TimerReason),
}

/// Whether the peer is there. Any PDU of the peer is a sign of life; nothing we send is.
#[derive(Debug)]
pub struct Keepalive {
    heard_at: Instant,
    sent_at: Instant,
    asked_at: Option<Instant>,
    missed: u8,
    /// The last two enquiries, so that a late answer to the first is still known.
    sequences: [Option<u32>; 2],
}

/// So many enquiries in a row without a sign of life are the end.
const MAX_MISSED: u8 = 2;

impl Keepalive {
    /// A link that has just come up.
    pub fn new(now: Instant) -> Self {
        Self { heard_at: now, sent_at: now, asked_at: None, missed: 0, sequences: [None; 2] }
    }

    /// A PDU came.
    pub fn heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.missed = 0;
        self.asked_at = None;
    }

    /// A request of ours other than enquire_link went.
    pub fn sent(&mut self, now: Instant) {
        self.sent_at = now;
    }

    /// enquire_link went.
    pub fn asked(&mut self, sequence: u32, now: Instant) {
        self.asked_at = Some(now);
        self.sequences = [Some(sequence), self.sequences[0]];
    }

    /// Whether a response belongs to one of our last enquiries; forgets that one.
    pub fn answered(&mut self, sequence: u32) -> bool {
        let known = self.sequences.iter_mut().find(|asked| **asked == Some(sequence));
        known.is_some_and(|asked| asked.take().is_some())
    }

    /// When to check again, and why.
    pub fn deadline(&self, timers: &Timers) -> (Instant, TimerReason) {
        let inactive = (self.heard_at + timers.inactivity, TimerReason::Inactivity);
        let enquiry = match self.asked_at {
            Some(asked) => (asked + timers.enquire_link_resp, TimerReason::EnquireLinkResp),
            None => (self.heard_at.max(self.sent_at) + timers.enquire_link, TimerReason::EnquireLink),
        };
        if inactive.0 <= enquiry.0 { inactive } else { enquiry }
    }

    /// Decides what the time calls for.
    pub fn check(&mut self, timers: &Timers, now: Instant) -> Check {
        let (at, reason) = self.deadline(timers);
        if now < at {
            return Check::Fine;
        }
        match reason {
            TimerReason::EnquireLink => Check::Enquire { missed: false },
            TimerReason::EnquireLinkResp => {
                self.missed += 1;
                self.asked_at = None;
                if self.missed < MAX_MISSED { Check::Enquire { missed: true } } else { Check::Dead(reason) }
            }
            _ => Check::Dead(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_link_is_asked_twice_and_then_given_up() {
        let (start, timers) = (crate::testing::start(), Timers::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut link = Keepalive::new(start);
        assert_eq!(link.check(&timers, at(29)), Check::Fine);
        assert_eq!(link.check(&timers, at(30)), Check::Enquire { missed: false });
        link.asked(1, at(30));
        assert_eq!(link.check(&timers, at(40)), Check::Enquire { missed: true });
        link.asked(2, at(40));
        assert_eq!(link.check(&timers, at(49)), Check::Fine);
        assert_eq!(link.check(&timers, at(50)), Check::Dead(TimerReason::EnquireLinkResp));
    }

    #[test]
    fn any_pdu_is_a_sign_of_life() {
        let (start, timers) = (crate::testing::start(), Timers::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut link = Keepalive::new(start);
        link.asked(1, at(30));
        link.heard(at(35));
        assert_eq!(link.check(&timers, at(64)), Check::Fine);
        assert_eq!(link.deadline(&timers), (at(65), TimerReason::EnquireLink));
        assert!(link.answered(1), "the answer may still come");
        assert!(!link.answered(1));
    }

    #[test]
    fn what_we_send_keeps_no_dead_peer_alive() {
        let (start, timers) = (crate::testing::start(), Timers::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut link = Keepalive::new(start);
        for second in 0..180 {
            link.sent(at(second));
            assert_eq!(link.check(&timers, at(second)), Check::Fine);
        }
        assert_eq!(link.check(&timers, at(180)), Check::Dead(TimerReason::Inactivity));
    }
}

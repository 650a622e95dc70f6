//! Texts that no flow leads to: where they go, what is tried when that fails, and the connections for it.
//!
//! Where a next hop is and which of its destinations work is decided in `iwf_sip::locate`; here questions are
//! asked, each once however many texts wait for its answer, and connections are kept, one for each destination.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iwf_model::{Binding, Cause, Flow, Message, MessageId, Now, Outcome, Transport};
use iwf_relay::Device;
use iwf_sip::delivery::{Attempt, Body, Form, LARGEST_DATAGRAM};
use iwf_sip::locate::{
    Cache, Choice, Destination, Learnt, Lookup, Means, NextHop, Nowhere, Question, Standing, Trouble, choose,
    streams_first,
};
use iwf_sip::outcome::{Context, Hop, outcome};
use iwf_sip::{Malformed, Outgoing, SendFailure};

use super::attempts::{USER_AGENT, word};
use super::driver::Driver;
use super::hop_links::HopLinks;
use super::later::Done;
use super::resolver::Resolver;

/// What is known of next hops.
pub(crate) struct NextHops {
    resolver: Resolver,
    means: Means,
    cache: Cache,
    standing: Standing,
    /// Questions that are out, and what waits for their answers.
    asked: BTreeMap<Question, Vec<Job>>,
    /// Connections that we opened.
    pub(super) connections: HopLinks,
    /// Requests that wait for their ends, by token.
    under_way: HashMap<u64, Box<Way>>,
    last: u64,
}

/// A contact that no flow leads to.
#[derive(Debug)]
pub(crate) struct Remote {
    /// Whom it is for; its flow means nothing.
    pub(crate) binding: Binding,
    /// Its name among all devices.
    pub(crate) device: Device,
    /// Where requests to it go.
    pub(crate) hop: Arc<NextHop>,
    /// Who answers for it.
    pub(crate) answers: Hop,
    /// It is no device but all of the account, which the next hop tells apart.
    pub(crate) stands_for_all: bool,
    /// Whether a text too large for a datagram goes there in one.
    pub(crate) udp_large: bool,
}

/// A text that is to go to a next hop.
pub(super) struct Job {
    pub(super) message: Arc<Message>,
    pub(super) remote: Arc<Remote>,
    /// Which attempt it is, from 1.
    pub(super) number: u32,
}

/// A text on its way through the destinations of a next hop.
pub(super) struct Way {
    job: Job,
    destinations: Vec<Destination>,
    /// Which of them is next.
    next: usize,
    /// They stand in the order for a large text.
    is_for_large: bool,
    /// When the request that is under way was sent.
    sent_at: Instant,
    /// What was tried before, for the story.
    tried: String,
}

/// Tells the tokens here from those of requests over flows.
const OURS: u64 = 1 << 63;
/// Answers kept.
const MOST_ANSWERS: usize = 4096;
/// Destinations whose standing is kept, and connections to them.
const MOST_DESTINATIONS: usize = 1024;
/// Questions that may be out; what needs another one is tried later.
const MOST_QUESTIONS: usize = 256;
/// After the DNS has said that there is no such place: time for people to mend it.
const MENDED_BY_PEOPLE: Duration = Duration::from_secs(300);

impl NextHops {
    /// With a resolver, and what we can send over.
    pub(crate) fn new(resolver: Resolver, means: Means) -> Self {
        Self {
            resolver,
            means,
            cache: Cache::new(MOST_ANSWERS),
            standing: Standing::new(MOST_DESTINATIONS),
            asked: BTreeMap::new(),
            connections: HopLinks::new(MOST_DESTINATIONS),
            under_way: HashMap::new(),
            last: 0,
        }
    }

    /// A connection is gone.
    pub(super) fn forget_link(&mut self, connection: u64) {
        self.connections.forget(connection);
    }

    /// Whether a token is of a request of ours, and not of one over a flow.
    pub(super) fn gave(token: u64) -> bool {
        token & OURS != 0
    }

    fn next_token(&mut self) -> u64 {
        self.last += 1;
        self.last | OURS
    }

    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// How many texts are under way.
    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// What is under way.
    pub(super) fn messages(&self) -> impl Iterator<Item = MessageId> {
        self.under_way.values().map(|way| way.job.message.id)
    }

    /// Something came back that is no answer yet: whoever sent it is there.
    fn heard(&mut self, token: u64, now: Now) {
        if let Some(at) = self.under_way.get(&token).and_then(|way| way.at()) {
            self.standing.heard(at, now.instant);
        }
    }

    /// How many destinations are left alone now.
    pub(super) fn resting(&self, now: Instant) -> usize {
        self.standing.resting(now)
    }
}

impl Way {
    /// Where the request that is under way went.
    fn at(&self) -> Option<&Destination> {
        self.destinations.get(self.next.checked_sub(1)?)
    }

    /// Where it went and what came of it, for the story.
    fn story(&self, what: &str) -> String {
        let contact = &self.job.remote.binding.contact;
        match self.at() {
            Some(at) => format!("{contact} {}{} {what}", self.tried, place(at)),
            None => format!("{contact} {what}"),
        }
    }

    fn note(&mut self, what: &str) {
        if let Some(at) = self.at() {
            let note = format!("{} {what}, then ", place(at));
            self.tried.push_str(&note);
        }
    }
}

fn place(at: &Destination) -> String {
    format!("{} {}", at.transport.as_str(), at.address)
}

impl Driver {
    /// Sends a text to a next hop, as soon as it is known where that is.
    pub(super) fn send_to_hop(&mut self, job: Job, now: Now) {
        let (random, hops) = (self.random.u64(), &self.hops);
        let known = |question: &Question| hops.cache.look(question, now.instant);
        match choose(&job.remote.hop, hops.means, known, random) {
            Choice::Ask(questions) => self.ask(questions, job, now),
            Choice::Destinations(destinations) => {
                let (sent_at, tried) = (now.instant, String::new());
                let way = Way { job, destinations, next: 0, is_for_large: false, sent_at, tried };
                self.try_next(Box::new(way), None, now);
            }
            Choice::Nowhere(why) => {
                let retry_after = (why != Nowhere::Unresolved).then_some(MENDED_BY_PEOPLE);
                let outcome = Outcome { retry_after, ..Outcome::new(Cause::NotSent, 0) };
                self.end_job(&job, outcome, format!("{} {why}", job.remote.binding.contact), now);
            }
        }
    }

    /// Asks what is not asked yet. The text goes on when the first answer is there, and may then ask on.
    fn ask(&mut self, questions: Vec<Question>, job: Job, now: Now) {
        let hops = &mut self.hops;
        for question in &questions {
            if hops.asked.contains_key(question) {
                continue;
            }
            if hops.asked.len() >= MOST_QUESTIONS {
                let detail = format!("{} too many lookups under way", job.remote.binding.contact);
                return self.end_job(&job, Outcome::new(Cause::NotSent, 0), detail, now);
            }
            let lookup = hops.resolver.look_up(question);
            hops.asked.insert(question.clone(), Vec::new());
            let question = question.clone();
            self.later.push(Box::pin(async move { Done::Resolved(question, lookup.await) }));
        }
        let first = questions.first().and_then(|question| hops.asked.get_mut(question));
        if let Some(waiting) = first {
            waiting.push(job);
        }
    }

    /// A lookup has ended: what waited for it goes on. When we stop, the next run does that.
    pub(super) fn take_lookup(&mut self, question: Question, lookup: Lookup, now: Now) {
        let hops = &mut self.hops;
        let waiting = hops.asked.remove(&question).unwrap_or_default();
        let (name, kind) = (question.name.clone(), question.kind);
        let learnt = hops.cache.learn(question, lookup, now.instant);
        self.shared.metrics.sip_lookups.of(learnt.into()).increment(1);
        match learnt {
            Learnt::Records | Learnt::Absent => tracing::debug!(%name, ?kind, ?learnt, "looked up"),
            Learnt::Stale => tracing::warn!(%name, ?kind, "the resolver fails; an older answer serves"),
            Learnt::Failed => tracing::warn!(%name, ?kind, "the resolver fails"),
        }
        if !self.draining {
            waiting.into_iter().for_each(|job| self.send_to_hop(job, now));
        }
    }

    /// Tries the next destination that is not left alone; `last` is how the one before ended.
    fn try_next(&mut self, mut way: Box<Way>, last: Option<Outcome>, now: Now) {
        while let Some(destination) = way.destinations.get(way.next).cloned() {
            match self.request_to(&way, &destination, now) {
                Ok(Some(outgoing)) if is_too_large(&way, &outgoing) => {
                    let mut rest = way.destinations.split_off(way.next);
                    streams_first(&mut rest, self.hops.means);
                    way.destinations.append(&mut rest);
                    way.is_for_large = true;
                }
                Ok(outgoing) => {
                    way.next += 1;
                    // A datagram is written before it is known whether it may go: its size decides more.
                    let is_datagram = destination.transport == Transport::Udp;
                    let admitted = !is_datagram || self.hops.standing.admits(&destination, now.instant);
                    if let Some(outgoing) = outgoing.filter(|_| admitted) {
                        if last.is_some() {
                            self.shared.metrics.sip_failovers.increment(1);
                        }
                        way.sent_at = now.instant;
                        self.hops.under_way.insert(outgoing.token, way);
                        return self.endpoint.send(outgoing, now);
                    }
                }
                // The registrar and the configuration let in only what can be written; a damaged store might not.
                Err(Malformed) => {
                    let detail = way.story("not a URI");
                    return self.end_job(&way.job, Outcome::new(Cause::ContactGone, 0), detail, now);
                }
            }
        }
        let random = self.random.u32();
        let wait = self.hops.standing.wait(&way.destinations, random, now.instant);
        let outcome = last.unwrap_or(Outcome::new(Cause::NotSent, 0));
        let outcome =
            Outcome { retry_after: Some(outcome.retry_after.unwrap_or_default().max(wait)), ..outcome };
        let detail = match last {
            Some(_) => format!("{} {}nothing else to try", way.job.remote.binding.contact, way.tried),
            None => format!("{} every destination is left alone", way.job.remote.binding.contact),
        };
        self.end_job(&way.job, outcome, detail, now);
    }

    /// The request as it goes to this destination; `None`: nothing can go there now.
    fn request_to(&mut self, way: &Way, to: &Destination, now: Now) -> Result<Option<Outgoing>, Malformed> {
        let flow = match to.transport {
            Transport::Udp => self.datagrams_from_anywhere(to.address),
            _ if self.hops.standing.admits(to, now.instant) => self.connection_to(to),
            _ => None,
        };
        let Some((flow, local)) = flow else { return Ok(None) };
        let Job { message, remote, number } = &way.job;
        let branch = self.random.u64();
        let attempt = Attempt {
            message,
            binding: &remote.binding,
            number: *number,
            flow,
            sent_by: self.addresses.sent_by(local, flow.peer()),
            branch,
            user_agent: USER_AGENT,
            // What is behind a proxy is not known, and every app reads a plain text.
            body: Body::Text(Form::Plain),
        };
        attempt.outgoing(self.hops.next_token(), now.utc).map(Some)
    }

    /// The end of a request, or a sign that it is heard. After a 503 another destination is tried.
    pub(super) fn hop_answered(&mut self, token: u64, (status, wish): (u16, Option<Duration>), now: Now) {
        if status < 200 {
            return self.hops.heard(token, now);
        }
        let Some(way) = self.hops.under_way.remove(&token) else { return };
        let in_doubt = way.job.number > 1 || way.job.message.progress.in_doubt;
        let remote = &way.job.remote;
        let outcome = outcome(status, wish, Context { hop: remote.answers, in_doubt });
        if outcome.cause == Cause::ContactGone {
            self.shared.reach.elsewhere.rest(remote);
        }
        if let Some(at) = way.at() {
            if status == 503 {
                self.hops.standing.failed(at, Trouble::Overloaded(wish), now.instant);
                return self.go_on(way, "503", outcome, now);
            }
            self.hops.standing.heard(at, now.instant);
        }
        let detail = way.story(&status.to_string());
        self.end_job(&way.job, outcome, detail, now);
    }

    /// A request ended without an answer. Only if it was not sent another destination is tried: it may have arrived,
    /// and no other destination would know it for a repeat.
    pub(super) fn hop_failed(&mut self, token: u64, failure: SendFailure, now: Now) {
        let Some(way) = self.hops.under_way.remove(&token) else { return };
        if let Some(at) = way.at() {
            let standing = &mut self.hops.standing;
            match failure {
                SendFailure::NoConnection => {
                    standing.failed(at, Trouble::Unreachable, now.instant);
                    let what = match self.hops.connections.why_not(at) {
                        Some(why) => format!("not reached: {why}"),
                        None => word(failure).to_owned(),
                    };
                    return self.go_on(way, &what, failure.into(), now);
                }
                SendFailure::HeldBack => return self.go_on(way, "overloaded", failure.into(), now),
                SendFailure::Timeout => {
                    standing.failed(at, Trouble::Silent { since: way.sent_at }, now.instant);
                }
                SendFailure::Transport | SendFailure::TableFull => {}
            }
        }
        // A connection that broke may have taken it along.
        let (outcome, what) = match failure {
            SendFailure::Transport => (Outcome::new(Cause::NoAnswer, 0), "the connection broke"),
            failure => (failure.into(), word(failure)),
        };
        let detail = way.story(what);
        self.end_job(&way.job, outcome, detail, now);
    }

    fn go_on(&mut self, mut way: Box<Way>, what: &str, outcome: Outcome, now: Now) {
        way.note(what);
        self.try_next(way, Some(outcome), now);
    }

    fn end_job(&mut self, job: &Job, outcome: Outcome, detail: String, now: Now) {
        self.end(job.message.id, job.remote.device, outcome, detail, now);
    }
}

/// Whether a datagram would carry more than it may, and something else can be tried first.
fn is_too_large(way: &Way, outgoing: &Outgoing) -> bool {
    let is_datagram = matches!(outgoing.flow, Flow::Udp { .. });
    is_datagram && !way.is_for_large && !way.job.remote.udp_large && outgoing.octets.len() > LARGEST_DATAGRAM
}

//! Phones of IMS: texts go to them as short messages, one after another, and what they send is answered by one of ours.

use std::sync::Arc;

use iwf_model::{Cause, Message, Now, Outcome, Recipient};
use iwf_sip::delivery::{Body, Form, Segments};
use iwf_sip::ims::cause::RpCause;
use iwf_sip::ims::exchange::Report;
use iwf_sip::ims::reply::{Reply, Way};
use iwf_sip::uas::Short;

use super::attempts::{USER_AGENT, describe};
use super::driver::Driver;
use super::locations::Location;
use super::under_way::UnderWay;

/// The token of requests whose end nobody waits for: attempts have numbers from 1.
const NOBODY: u64 = 0;

/// In which form a message goes over a flow; `None`: as short messages. A notice goes in the form in which it was asked for.
pub(super) fn form(message: &Message, location: &Location) -> Option<Form> {
    let is_short = message.notice().is_none_or(|notice| notice.asked.short.is_some());
    (!location.takes_short || !is_short)
        .then(|| Form::of(message, &location.binding, location.refuses_cpim()))
}

/// Cuts a text that is about to go as short messages.
pub(super) fn cut(attempt: &mut UnderWay, form: Option<Form>) -> Result<(), (Cause, &'static str)> {
    if form.is_none() && attempt.segments.is_none() {
        let segments = Segments::of(&attempt.message).map_err(|_| (Cause::TooLarge, "too long"))?;
        attempt.segments = Some(Box::new(segments));
    }
    Ok(())
}

/// What the next request of an attempt carries.
pub(super) fn body(attempt: &UnderWay, form: Option<Form>) -> Option<Body<'_>> {
    match form {
        Some(form) => Some(Body::Text(form)),
        None => attempt.segments.as_ref()?.next().map(Body::Short),
    }
}

impl Driver {
    pub(super) fn handle_short(&mut self, short: Short, now: Now) {
        match short {
            Short::Reported(report) => self.handle_report(&report, now),
            Short::Refused(reply, cause) => self.tell_phone(&reply, Err(cause), now),
            Short::MemoryAvailable(reply) => {
                let (at, recipient) = (self.at(now), Recipient::Account(reply.account()));
                self.tell_phone(&reply, Ok(()), now);
                self.queue.registered(recipient, &*self.shared.reach, at, &mut self.orders);
            }
        }
    }

    /// A phone says what became of a short message. What nobody waits for is too late, or was never sent.
    fn handle_report(&mut self, report: &Report, now: Now) {
        let Some(number) = self.attempts.exchanges.reported(report) else { return };
        let Some(mut attempt) = self.attempts.take(number) else { return };
        // Should the answer to our request be missing, it is not waited for either.
        self.give_up_flows(&attempt);
        if let Some(segments) = attempt.segments.as_deref_mut().filter(|_| report.result.is_ok()) {
            segments.taken();
            if segments.next().is_some() {
                return self.send_next_segment(attempt, now);
            }
        }
        let (outcome, told) = match report.result {
            Ok(()) => (Outcome::new(Cause::Delivered, 0), "RP-ACK".to_owned()),
            Err(cause @ RpCause(code)) => (cause.outcome(), format!("RP-ERROR {code}")),
        };
        let detail = detail(&attempt, &told);
        self.conclude_attempt(number, &attempt, (outcome, detail), now);
    }

    /// The next part of a text goes out as the first one did, in an attempt with a number of its own.
    fn send_next_segment(&mut self, mut attempt: UnderWay, now: Now) {
        let number = self.attempts.next_number();
        attempt.flows.clear();
        (attempt.ended, attempt.woken_until) = (None, None);
        self.try_flows(number, attempt, now);
    }

    /// Reports that did not come in time: nobody knows whether the phone has shown what it got.
    pub(super) fn give_up_reports(&mut self, now: Now) {
        while let Some(number) = self.attempts.exchanges.handle_timeout(now.instant) {
            let Some(attempt) = self.attempts.take(number) else { continue };
            let detail = detail(&attempt, "took it and did not report");
            self.conclude_attempt(number, &attempt, (Outcome::new(Cause::NoAnswer, 0), detail), now);
        }
    }

    /// Tells a phone what became of what it sent. It is told once: a phone that does not hear it sends again.
    pub(super) fn tell_phone(&mut self, reply: &Reply, result: Result<(), RpCause>, now: Now) {
        let random = self.random.u64();
        let location: Option<Arc<Location>> = self.shared.locations.of(&reply.binding);
        let way = location.and_then(|location| self.flow_to(&location));
        let Some((flow, local)) = way else { return };
        let sent_by = self.addresses.sent_by(local, flow.peer());
        let way = Way { flow, sent_by, random, user_agent: USER_AGENT };
        // The registrar lets in only what can be written.
        if let Ok(outgoing) = reply.outgoing(result, way, NOBODY, now.utc) {
            self.endpoint.send(outgoing, now);
        }
    }
}

fn detail(attempt: &UnderWay, what: &str) -> String {
    attempt.flows.last().map_or_else(|| what.to_owned(), |sent| describe(&sent.location, what))
}

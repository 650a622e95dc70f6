//! The way out to phones: orders of the queue become requests, answers become outcomes.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::{AccountId, Cause, Message, MessageId, Now, Outcome, Recipient};
use iwf_relay::{AttemptEnd, Device, Order};
use iwf_sip::delivery::{branch_of, is_from_device};
use iwf_sip::outcome::{Context, Hop, may_try_next_flow, outcome};
use iwf_sip::{Name, Response, SendFailure};
use iwf_store::{Postponed, Write};
use smallvec::SmallVec;

use super::driver::Driver;
use super::later::Ended;
use super::locations::Location;
use super::next_hops::{Job, NextHops};
use super::short::{cut, form};
use super::under_way::{FlowEnd, Sent, UnderWay};
use super::waiting::Load;
use super::waking::SILENT;

/// What we call ourselves.
pub(super) const USER_AGENT: &str = concat!("iwf/", env!("CARGO_PKG_VERSION"));

impl Driver {
    /// Does what the queue ordered.
    pub(super) fn carry_out(&mut self, now: Now) {
        let mut orders = std::mem::take(&mut self.orders);
        for order in orders.drain(..) {
            match order {
                // What was not sent when we stop is durable, and is sent by the next run.
                Order::Send { .. } if self.draining => {}
                Order::Send { message, device, number } => match message.recipient {
                    Recipient::Account(account) => self.send(&message, account, (device, number), now),
                    Recipient::Carrier(carrier) => self.give(&message, carrier, device, now),
                    Recipient::Route(_) => self.give_routed(&message, device, now),
                },
                Order::Postpone(message, progress, steps) => {
                    self.writes.push(Write::Postpone(Postponed { message, progress, steps }));
                }
                Order::Take(messages, recipient, progress, steps) => {
                    for message in messages {
                        self.ended.push(Ended { recipient, receipt: None });
                        let steps = steps.clone();
                        self.writes.push(Write::Postpone(Postponed { message, progress, steps }));
                    }
                }
                Order::Confirm(record, receipt) => {
                    self.count_finished(&record);
                    self.confirmed.extend(receipt.as_deref().cloned());
                    self.writes.push(Write::Finish(record, receipt));
                }
                Order::Await(awaited) => self.handle_awaited(awaited),
                // A full account hears nothing; its text has ended all the same.
                Order::Tell(notice) => drop(self.tell(*notice, None, now)),
                Order::Forget(recipient, notice, cause) => self.forget_notice(recipient, notice, cause),
                Order::Finish(record, receipt) => {
                    self.count_finished(&record);
                    self.ended
                        .push(Ended { recipient: record.recipient, receipt: receipt.as_deref().cloned() });
                    self.writes.push(Write::Finish(record, receipt));
                }
                Order::Change(message, steps) => self.writes.push(Write::Change(message, steps)),
                Order::Notify(notification) => self.shared.receipts.notify(*notification),
                Order::Flag(account, alert) => self.pending_flags.set(account, *alert, now.utc),
                Order::Conclude(message, record) => self.conclude(message, record),
                Order::Supersede(newer, older) => self.operations.superseding.add(newer, older),
                Order::Load(recipient, after) => self.load(Load::Of(recipient, after)),
            }
        }
        // Carrying out may have ordered more.
        orders.append(&mut self.orders);
        self.orders = orders;
    }

    fn send(
        &mut self,
        message: &Arc<Message>,
        account: AccountId,
        (device, attempt): (Device, u32),
        now: Now,
    ) {
        if let Some(remote) = self.shared.reach.remote(account, device) {
            let message = Arc::clone(message);
            return self.send_to_hop(Job { message, remote, number: attempt }, now);
        }
        let number = self.attempts.next_number();
        let under_way = UnderWay {
            message: Arc::clone(message),
            account,
            device,
            attempt,
            repeated: attempt > 1 || message.progress.in_doubt,
            flows: SmallVec::new(),
            ended: None,
            woken_until: None,
            segments: None,
        };
        self.try_flows(number, under_way, now);
    }

    /// Sends over the newest flow of the device that was not tried yet. Without one the attempt ends, unless the answer
    /// may still come over another.
    pub(super) fn try_flows(&mut self, number: u64, mut attempt: UnderWay, now: Now) {
        // A short message that its phone has is not sent again: what is missing is the report.
        if self.attempts.exchanges.is_carried(number) {
            return self.attempts.put(number, attempt);
        }
        while let Some(location) = self.untried_flow(&attempt) {
            let form = form(&attempt.message, &location);
            match cut(&mut attempt, form)
                .and_then(|()| self.request(number, &attempt, (&location, form), now))
            {
                Ok((outgoing, branch)) => {
                    location.carry(number);
                    if location.is_woken() {
                        self.attempts.look_again(now.instant + SILENT, number);
                    }
                    let instead = outgoing.flow.transport() != location.binding.flow.transport();
                    attempt.flows.push(Sent { location, branch, form, instead, open: true, counts: true });
                    self.attempts.put(number, attempt);
                    return self.endpoint.send(outgoing, now);
                }
                Err((cause, what)) => {
                    attempt.note(Outcome::new(cause, 0), describe(&location, what));
                    // Nothing was sent; it counts as tried all the same.
                    let (branch, instead) = (0, false);
                    attempt.flows.push(Sent { location, branch, form, instead, open: false, counts: true });
                }
            }
        }
        if attempt.is_open() || self.waits_for_waking(number, &mut attempt, now) {
            return self.attempts.put(number, attempt);
        }
        let offline = || (Outcome::new(Cause::Offline, 0), "the registration ended".into());
        let (outcome, detail) = attempt.ended.take().unwrap_or_else(offline);
        self.conclude_attempt(number, &attempt, (outcome, detail), now);
    }

    fn untried_flow(&self, attempt: &UnderWay) -> Option<Arc<Location>> {
        self.shared.locations.newest_flow(attempt.account, attempt.device, |flow| !attempt.has_tried(flow))
    }

    /// A phone answered. Provisional answers say nothing yet.
    pub(super) fn handle_response(&mut self, token: u64, response: &Response, now: Now) {
        let status = response.status();
        if NextHops::gave(token) {
            return self.hop_answered(token, (status, retry_after(response)), now);
        }
        if status < 200 {
            return;
        }
        let Some(FlowEnd { number, location, form, instead }) = self.attempts.ended(token) else { return };
        let detail = format!("{}{} {status}", location.shown(), over(instead));
        let context = Context { hop: Hop::Device, in_doubt: self.attempts.is_repeated(number) };
        let outcome = outcome(status, retry_after(response), context);
        if instead && !is_from_device(status) {
            return self.send_as_datagram(token, &location, outcome, detail, now);
        }
        if outcome.cause == Cause::ContactGone {
            self.forget(&location);
        }
        if form.is_none() && outcome.cause == Cause::Delivered {
            return self.attempts.exchanges.carried(number, now.instant);
        }
        if form.is_some_and(|form| form.falls_back(outcome.cause)) {
            location.refuse_cpim();
            return self.send_plainer(number, now);
        }
        self.end_flow(number, outcome, detail, now);
    }

    /// There was no device at the other end of a connection in place of a datagram: the same text goes in one at once.
    fn send_as_datagram(
        &mut self,
        token: u64,
        location: &Location,
        outcome: Outcome,
        detail: String,
        now: Now,
    ) {
        location.keep_to_datagrams();
        if let Some((number, mut attempt)) = self.attempts.discount(token) {
            attempt.note(outcome, detail);
            self.try_flows(number, attempt, now);
        }
    }

    /// The device takes texts in plain form only: this one goes so at once, within the same round.
    fn send_plainer(&mut self, number: u64, now: Now) {
        let Some(attempt) = self.attempts.take(number) else { return };
        self.give_up_flows(&attempt);
        let UnderWay { message, account, device, attempt, .. } = attempt;
        self.send(&message, account, (device, attempt + 1), now);
    }

    /// Nobody answered, or it could not be sent.
    pub(super) fn handle_failure(&mut self, token: u64, failure: SendFailure, now: Now) {
        if NextHops::gave(token) {
            return self.hop_failed(token, failure, now);
        }
        let Some(FlowEnd { number, location, instead, .. }) = self.attempts.ended(token) else { return };
        let detail = format!("{}{} {}", location.shown(), over(instead), word(failure));
        if instead && failure == SendFailure::NoConnection {
            return self.send_as_datagram(token, &location, failure.into(), detail, now);
        }
        if instead {
            location.keep_to_datagrams();
        }
        self.end_flow(number, failure.into(), detail, now);
    }

    /// One flow of a device has its end: the attempt goes on over the next, or ends with it.
    fn end_flow(&mut self, number: u64, outcome: Outcome, detail: String, now: Now) {
        // A short message came over another flow.
        if self.attempts.exchanges.is_carried(number) {
            return;
        }
        let Some(mut attempt) = self.attempts.take(number) else { return };
        attempt.note(outcome, detail);
        if may_try_next_flow(outcome.cause) {
            return self.try_flows(number, attempt, now);
        }
        let (_, detail) = attempt.ended.take().unwrap_or((outcome, String::new()));
        self.conclude_attempt(number, &attempt, (outcome, detail), now);
    }

    /// The device of an attempt has registered over another flow: what is under way goes over that one, at once. Over the
    /// old one an answer may still come.
    pub(super) fn follow(&mut self, number: u64, now: Now) {
        if let Some(attempt) = self.attempts.take(number) {
            self.try_flows(number, attempt, now);
        }
    }

    pub(super) fn give_up_flows(&mut self, attempt: &UnderWay) {
        for sent in attempt.flows.iter().filter(|sent| sent.open) {
            self.endpoint.give_up(&branch_of(sent.branch));
        }
    }

    pub(super) fn conclude_attempt(
        &mut self,
        number: u64,
        attempt: &UnderWay,
        (outcome, detail): (Outcome, String),
        now: Now,
    ) {
        self.attempts.exchanges.end(number);
        self.give_up_flows(attempt);
        self.end(attempt.message.id, attempt.device, outcome, detail, now);
    }

    /// A contact leads nowhere. One that was registered again meanwhile is left alone.
    pub(super) fn forget(&mut self, location: &Arc<Location>) {
        let binding = &location.binding;
        if self.shared.locations.remove_exactly(location) {
            let (account, key) = (binding.account, binding.key().into_owned());
            self.writes.push(Write::Unbind { account, key });
        }
    }

    pub(super) fn end(
        &mut self,
        message: MessageId,
        device: Device,
        outcome: Outcome,
        detail: String,
        now: Now,
    ) {
        self.shared.metrics.attempts.of(outcome.cause).increment(1);
        self.end_attempt(message, AttemptEnd { device, outcome, detail, via: None }, now);
    }

    /// Tells the queue how an attempt ended.
    pub(super) fn end_attempt(&mut self, message: MessageId, end: AttemptEnd, now: Now) {
        let at = self.at(now);
        self.queue.answered(message, end, &*self.shared.reach, at, &mut self.orders);
    }

    pub(super) fn count_finished(&self, record: &iwf_model::Record) {
        let metrics = &self.shared.metrics;
        metrics.messages_finished.of(record.state).increment(1);
        if record.cause == Cause::Delivered {
            metrics.delivery_seconds.record(record.finished_at.since(record.accepted_at).as_secs_f64());
        }
    }

    /// The time to stop is over: attempts without an answer, sent ones, are marked, because they may have arrived.
    pub(super) fn leave_in_doubt(&mut self, now: Now) {
        let mut under_way: Vec<MessageId> = self.attempts.messages().chain(self.hops.messages()).collect();
        under_way.extend(self.given_in_doubt());
        under_way.sort_unstable();
        for message in under_way {
            self.queue.interrupt(message, now.utc, &mut self.orders);
        }
        self.carry_out(now);
        // The store writes what it was given before it closes.
        drop(self.shared.store.write(std::mem::take(&mut self.writes)));
    }
}

/// Retry-After in seconds (RFC 3261 20.33); a comment or parameters may follow the number.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers(Name::RetryAfter).next()?;
    let digits = value.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_secs)
}

pub(super) fn word(failure: SendFailure) -> &'static str {
    match failure {
        SendFailure::Timeout => "no answer",
        SendFailure::NoConnection => "not reached",
        SendFailure::Transport => "not sent",
        SendFailure::TableFull => "too many requests under way",
        SendFailure::HeldBack => "the peer is overloaded and asked us to hold back",
    }
}

/// What went over a connection to a device that registered over UDP.
fn over(instead: bool) -> &'static str {
    if instead { " over TCP" } else { "" }
}

pub(super) fn describe(location: &Location, what: &str) -> String {
    format!("{} {what}", location.shown())
}

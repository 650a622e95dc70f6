//! The way out to phones: orders of the queue become requests, answers become outcomes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use iwf_model::{AccountId, Cause, Flow, Message, MessageId, Now, Outcome, Recipient};
use iwf_relay::{AttemptEnd, Device, Order};
use iwf_sip::delivery::{Attempt, Target};
use iwf_sip::outcome::{Context, Hop, outcome};
use iwf_sip::{Name, Response, SendFailure};
use iwf_store::{Postponed, Write};

use super::driver::{Driver, socket_for};
use super::later::Ended;
use super::locations::Location;
use super::tcp::{self, Link};
use super::waiting::Load;

/// Attempts under way.
#[derive(Default)]
pub(super) struct Attempts {
    by_token: HashMap<u64, UnderWay>,
    next: u64,
    /// Connections that we opened, by where they lead.
    opened: HashMap<SocketAddr, u64>,
}

struct UnderWay {
    message: MessageId,
    location: Arc<Location>,
    /// The device may have had it before.
    repeated: bool,
}

/// What we call ourselves.
const USER_AGENT: &str = concat!("iwf/", env!("CARGO_PKG_VERSION"));

impl Attempts {
    pub(super) fn is_empty(&self) -> bool {
        self.by_token.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_token.len()
    }

    pub(super) fn forget_link(&mut self, link: &Link) {
        if self.opened.get(&link.peer) == Some(&link.connection) {
            self.opened.remove(&link.peer);
        }
    }

    fn next_token(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn begin(&mut self, token: u64, attempt: UnderWay) {
        self.by_token.insert(token, attempt);
    }
}

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
                },
                Order::Postpone(message, progress, steps) => {
                    self.writes.push(Write::Postpone(Postponed { message, progress, steps }));
                }
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
        (device, number): (Device, u32),
        now: Now,
    ) {
        let Some(location) = self.shared.locations.find(account, device) else {
            return self.end(
                message.id,
                device,
                Outcome::new(Cause::Offline, 0),
                "the registration ended".into(),
                now,
            );
        };
        let Some((flow, local)) = self.flow_to(&location) else {
            return self.end(
                message.id,
                device,
                Outcome::new(Cause::NotSent, 0),
                describe(&location, "no way"),
                now,
            );
        };
        let branch = self.random.u64();
        let attempt = Attempt {
            message,
            binding: &location.binding,
            number,
            flow,
            sent_by: self.addresses.sent_by(local, flow.peer()),
            branch,
            user_agent: USER_AGENT,
        };
        match attempt.outgoing(self.attempts.next_token(), now.utc) {
            Ok(outgoing) => {
                let repeated = number > 1 || message.progress.in_doubt;
                self.attempts.begin(outgoing.token, UnderWay { message: message.id, location, repeated });
                self.endpoint.send(outgoing, now);
            }
            // The registrar lets in only what can be written; a damaged store might not.
            Err(_) => {
                let detail = describe(&location, "not a URI");
                self.end(message.id, device, Outcome::new(Cause::ContactGone, 0), detail, now);
            }
        }
    }

    /// The flow that leads to a device, and our end of it. A lost connection is replaced where that is allowed.
    fn flow_to(&mut self, location: &Location) -> Option<(Flow, SocketAddr)> {
        match location.target {
            Target::Datagram(peer) => {
                socket_for(&self.sockets, peer).map(|socket| (Flow::Udp { peer }, socket.local()))
            }
            Target::Connection { connection, otherwise, .. } => {
                let replacement = otherwise.and_then(|peer| self.attempts.opened.get(&peer));
                let known = self.links.get(&connection).or_else(|| self.links.get(replacement?));
                if let Some(link) = known {
                    return Some((link.flow(), link.local));
                }
                let peer = otherwise?;
                let local = location.local_end();
                let link = tcp::connect(peer, local, self.input_sender.clone());
                let (connection, flow) = (link.connection, link.flow());
                self.attempts.opened.insert(peer, connection);
                self.shared.locations.opened(connection);
                self.links.insert(connection, link);
                Some((flow, local))
            }
        }
    }

    /// A phone answered. Provisional answers say nothing yet.
    pub(super) fn handle_response(&mut self, token: u64, response: &Response, now: Now) {
        let status = response.status();
        if status < 200 {
            return;
        }
        let Some(attempt) = self.attempts.by_token.remove(&token) else { return };
        let UnderWay { message, location, repeated } = attempt;
        let detail = format!("{} {status}", location.binding.contact);
        let context = Context { hop: Hop::Device, in_doubt: repeated };
        let outcome = outcome(status, retry_after(response), context);
        if outcome.cause == Cause::ContactGone {
            self.forget(&location);
        }
        self.end(message, location.device, outcome, detail, now);
    }

    /// A contact leads nowhere. One that was registered again meanwhile is left alone.
    fn forget(&mut self, location: &Arc<Location>) {
        let binding = &location.binding;
        if self.shared.locations.remove_exactly(location) {
            let (account, key) = (binding.account, binding.key().into_owned());
            self.writes.push(Write::Unbind { account, key });
        }
    }

    /// Nobody answered, or it could not be sent.
    pub(super) fn handle_failure(&mut self, token: u64, failure: SendFailure, now: Now) {
        let Some(UnderWay { message, location, .. }) = self.attempts.by_token.remove(&token) else { return };
        let detail = describe(&location, word(failure));
        self.end(message, location.device, failure.into(), detail, now);
    }

    fn end(&mut self, message: MessageId, device: Device, outcome: Outcome, detail: String, now: Now) {
        self.shared.metrics.attempts.of(outcome.cause).increment(1);
        self.end_attempt(message, AttemptEnd { device, outcome, detail }, now);
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

    /// The time to stop is over: attempts without an answer are marked, because they may have arrived.
    pub(super) fn leave_in_doubt(&mut self, now: Now) {
        let mut under_way: Vec<MessageId> =
            self.attempts.by_token.values().map(|attempt| attempt.message).collect();
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

fn word(failure: SendFailure) -> &'static str {
    match failure {
        SendFailure::Timeout => "no answer",
        SendFailure::Transport => "not sent",
        SendFailure::TableFull => "too many requests under way",
    }
}

fn describe(location: &Location, what: &str) -> String {
    format!("{} {what}", location.binding.contact)
}

//! The session of a bind as long as it lasts: octets to the session machine and back.

mod incoming;
mod outgoing;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use iwf_model::{Now, Submission};
use iwf_relay::TryEnd;
use iwf_smpp::{Client, ClientEvent, ClientTicket, CloseReason};
use tokio::time::{Instant, sleep_until, timeout};

use self::incoming::{Heard, Storing};
use super::Shared;
use super::board::{Bound, Card};
use super::line::Plans;
use super::plan::Plan;
use crate::clock;
use crate::connections::ConnectionBox;
use crate::net::stopped;
use crate::receipts::{self, CarrierBox};
use crate::smpp::connection::LAST_WORDS;
use crate::smpp::counts;
use crate::stream::{End, READ, Stream};
use crate::texts::{Receiver, Taker};
use crate::tls;

/// How a session ended.
pub(super) enum LinkEnd {
    /// It is not to be there any more, or another is to take its place.
    Left,
    /// By itself, and why.
    Failed(TryEnd, String),
}

/// A session of ours with a message centre.
pub(super) struct Link<'a> {
    stream: Stream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    card: &'a Card,
    client: Client,
    input: BytesMut,
    /// What waits for the binds of the connection.
    texts: Arc<ConnectionBox>,
    /// What waits to be told to the carrier.
    outbox: Arc<CarrierBox>,
    /// As long as texts may go.
    receiver: Option<Receiver>,
    /// Texts on their way to the store, in order.
    storing: FuturesOrdered<Storing>,
    /// Receipts on their way to who knows the messages.
    heard: FuturesUnordered<Heard>,
    /// Since when the bind holds.
    bound_at: Option<std::time::Instant>,
    leaving: bool,
    /// The node stops: it leaves with little patience, even if it was leaving.
    stopping: bool,
    /// Why the session ended.
    why: Option<CloseReason>,
    /// Why the connection did, if it was the first.
    broken: Option<String>,
}

/// A session that is to end waits so long for what is under way.
const PATIENCE: Duration = Duration::from_secs(60);

impl<'a> Link<'a> {
    /// A session on a connection that was made just now.
    pub(super) fn new(
        (stream, peer): (Stream, SocketAddr),
        plan: Arc<Plan>,
        card: &'a Card,
        shared: Arc<Shared>,
    ) -> Self {
        let config = Arc::new(plan.session(shared.environment, &shared.timers));
        Self {
            client: Client::new(config, clock::now()),
            texts: shared.core.connections.of(plan.connection.id),
            outbox: shared.core.receipts.of(plan.carrier.id),
            input: BytesMut::with_capacity(READ),
            receiver: None,
            storing: FuturesOrdered::new(),
            heard: FuturesUnordered::new(),
            bound_at: None,
            leaving: false,
            stopping: false,
            why: None,
            broken: None,
            stream,
            peer,
            shared,
            plan,
            card,
        }
    }

    /// Serves the session to its end. What it has stored is handed over even when nobody can be told any more.
    pub(super) async fn run(mut self, plans: &mut Plans) -> LinkEnd {
        self.serve(plans).await;
        let now = clock::now();
        if !self.client.is_closed() {
            self.client.handle_closed(now);
        }
        self.drain_events(now);
        let _ = timeout(LAST_WORDS, self.stream.finish(self.client.output())).await;
        self.card.counts().in_window.store(0, Ordering::Relaxed);
        self.end()
    }

    async fn serve(&mut self, plans: &mut Plans) {
        let mut stopping = self.shared.stopping.clone();
        loop {
            tokio::task::consume_budget().await;
            // Waiting for news begins before the boxes are looked at, so that none is missed.
            let (texts, outbox) = (Arc::clone(&self.texts), Arc::clone(&self.outbox));
            let (mut texts, mut receipts) = (pin!(texts.news.notified()), pin!(outbox.news.notified()));
            self.give();
            if self.write_some().is_err() || self.client.is_closed() {
                return;
            }
            let timer = self.next_timer();
            let (reads, output) = (self.client.wants_input(), !self.client.output().is_empty());
            tokio::select! {
                biased;
                Some(stored) = self.storing.next(), if !self.storing.is_empty() => self.settle(stored),
                Some((ticket, answer)) = self.heard.next(), if !self.heard.is_empty() => {
                    self.answer(ticket, answer);
                }
                () = &mut texts => {}
                () = &mut receipts => {}
                () = sleep_until(timer) => self.client.handle_timeout(clock::now()),
                changed = plans.changed(), if !self.leaving => {
                    let plan = changed.ok().map(|()| Arc::clone(&plans.borrow_and_update()));
                    self.follow(plan);
                }
                () = stopped(&mut stopping), if !self.stopping => {
                    self.stopping = true;
                    self.leave(self.shared.timers.drain);
                }
                ready = self.stream.ready(reads, output) => {
                    if ready.is_err() || self.read_some().is_err() {
                        return;
                    }
                }
            }
            self.drain_events(clock::now());
        }
    }

    /// An admin changed something: what is followed as it is, and what needs another bind.
    fn follow(&mut self, plan: Option<Arc<Plan>>) {
        match plan.filter(|plan| plan.is_bound_as(&self.plan)) {
            Some(plan) => {
                self.plan = plan;
                self.open();
            }
            None => self.leave(PATIENCE),
        }
    }

    /// Takes texts from now on, or no more, as it is planned.
    fn open(&mut self) {
        self.client.set_rate(self.plan.rate, clock::now());
        let opens = self.bound_at.is_some() && !self.leaving && self.plan.takes_texts();
        if opens && self.receiver.is_none() {
            let core = &self.shared.core;
            let (texts, news) = (Arc::clone(&self.texts.texts), Arc::clone(&core.from_carriers));
            self.receiver = Some(Receiver::enter(self.taker(), texts, news));
        } else if !opens {
            self.receiver = None;
        }
    }

    fn leave(&mut self, patience: Duration) {
        (self.leaving, self.receiver) = (true, None);
        self.client.unbind(patience, clock::now());
    }

    fn taker(&self) -> Taker {
        Taker::Connection(self.plan.connection.id)
    }

    fn next_timer(&self) -> Instant {
        let now = clock::now();
        let session = self.client.poll_timeout().map(|(moment, _)| moment);
        let tells = self.tells_receipts() && self.client.receipt_room() > 0;
        let due = self.outbox.next_due().filter(|_| tells).map(|due| clock::instant_of(due, now));
        let far = now.instant + Duration::from_secs(3600);
        [session, due].into_iter().flatten().fold(far, std::time::Instant::min).into()
    }

    /// Reads what is there and gives it to the session. An error is the end of the stream.
    fn read_some(&mut self) -> Result<(), ()> {
        if !self.client.wants_input() {
            return Ok(());
        }
        self.stream.read(&mut self.input, READ / 2).map_err(|end| self.lose(&end))?;
        self.client.handle_input(&mut self.input, clock::now());
        Ok(())
    }

    /// Writes what the socket takes at once.
    fn write_some(&mut self) -> Result<(), ()> {
        self.stream.write(self.client.output()).map_err(|end| self.lose(&end))
    }

    fn lose(&mut self, end: &End) {
        self.broken.get_or_insert_with(|| match end {
            End::Tls(error) => format!("{}: TLS was not agreed upon: {}", self.peer, tls::in_words(error)),
            end => format!("{}: {end}", self.peer),
        });
    }

    /// Does what the session asks for; texts are gathered into one batch.
    fn drain_events(&mut self, now: Now) {
        let mut submits: Vec<(ClientTicket, Submission)> = Vec::new();
        let mut answers: Vec<receipts::Answered> = Vec::new();
        let counts = self.card.counts();
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Bound { system_id, version } => {
                    let (peer, tls) = (self.peer, self.stream.tls_version());
                    let (connection, kind) = (&self.plan.connection.name, self.plan.kind.as_str());
                    let spoken = version.as_str();
                    tracing::info!(connection, kind, %peer, tls, version = spoken, system_id, "bound");
                    self.card.binds(Bound { peer, tls, version, system_id }, now.utc);
                    self.bound_at = Some(now.instant);
                    self.open();
                }
                ClientEvent::Submit { ticket, submission } => submits.push((ticket, *submission)),
                ClientEvent::Receipt { ticket, receipt } => self.hear(ticket, receipt),
                ClientEvent::TextAnswered(answer) => self.text_answered(answer),
                ClientEvent::ReceiptAnswered { message, answer, status } => {
                    counts::receipt(&self.shared.core.metrics, answer);
                    answers.push(receipts::Answered { message, answer, status });
                }
                ClientEvent::Throttled => {
                    counts.throttled.fetch_add(1, Ordering::Relaxed);
                }
                ClientEvent::Unbound => self.receiver = None,
                ClientEvent::Closed(reason) => {
                    self.receiver = None;
                    self.why = Some(reason);
                }
                ClientEvent::Anomaly(anomaly) => {
                    counts::anomaly(&self.shared.core.metrics, anomaly);
                    tracing::debug!(peer = %self.peer, %anomaly, "SMPP anomaly");
                }
            }
        }
        if !answers.is_empty() {
            self.receipts_answered(&answers, now);
        }
        if !submits.is_empty() {
            self.submit(submits, now);
        }
        counts.in_window.store(self.client.in_window(), Ordering::Relaxed);
    }

    /// What follows from how it ended.
    fn end(self) -> LinkEnd {
        if self.leaving {
            return LinkEnd::Left;
        }
        let reason = self.why.unwrap_or(CloseReason::PeerClosed);
        let why = match (reason, self.broken) {
            (CloseReason::PeerClosed, Some(broken)) => broken,
            (reason, _) => format!("{}: {reason}", self.peer),
        };
        let end = match (reason, self.bound_at) {
            (CloseReason::Rejected(rejection), _) if rejection.is_lasting() => TryEnd::Refused,
            (_, None) => TryEnd::Failed,
            (reason, Some(since)) => {
                let held = clock::now().instant.saturating_duration_since(since);
                TryEnd::Lost { held, cleanly: reason == CloseReason::UnboundByPeer }
            }
        };
        LinkEnd::Failed(end, why)
    }
}

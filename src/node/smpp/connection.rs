//! One task for each connection of a carrier: octets to the session machine and back.
//!
//! Everything that one read brought is admitted as one batch and answered with one write. The task never waits
//! for the store: batches on their way to it are polled beside the socket.

mod asked;
mod binding;
mod submits;
mod texts;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use iwf_model::profile::Outbind;
use iwf_model::{BindKind, CarrierId, MessageId, Notification, Now, Receipt, Stranger, Submission};
use iwf_smpp::frame::FrameError;
use iwf_smpp::{BindRequest, CloseReason, Event, Session, SessionConfig, Ticket};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use self::asked::Awaited;
use self::submits::Stored;
use super::binds::Seat;
use super::counts;
use super::door::Door;
use crate::clock;
use crate::entrance::Visit;
use crate::intake::Handover;
use crate::net::stopped;
use crate::rates::Rate;
use crate::receipts::{self, CarrierBox};
use crate::serve::Core;
use crate::stream::{End, READ, Stream};
use crate::telemetry::{Handshake, Metrics};
use crate::texts::Receiver;

/// What all connections share.
pub(crate) struct Shared {
    /// Timers and names of every session.
    pub(crate) session: Arc<SessionConfig>,
    /// Who may come in.
    pub(crate) door: Arc<Door>,
    /// The rest of the node.
    pub(crate) core: Arc<Core>,
    /// Grows when the provisioning changes.
    pub(crate) revision: watch::Receiver<u64>,
    /// Becomes true when the node stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// One connection.
pub(crate) struct Connection {
    stream: Stream,
    visit: Visit,
    peer: SocketAddr,
    shared: Arc<Shared>,
    session: Session,
    input: BytesMut,
    bound: Option<Bound>,
    /// A bind that waits before it is decided.
    postponed: Option<Box<BindRequest>>,
    /// Batches on their way to the store, in order; each with the moment it was read.
    storing: FuturesOrdered<BoxFuture<'static, Stored>>,
    /// Answers on their way beside them, in any order.
    answers: FuturesUnordered<Awaited>,
    /// How many of them are to questions.
    asked: usize,
    notifications: Vec<Notification>,
    receipts: Vec<Receipt>,
    /// Accepted messages: they go on when their answers are written, when the peer does not read them for long, or
    /// when the connection ends.
    handovers: VecDeque<Answered>,
    unbinding: bool,
    /// Whom we called here.
    called: Option<CarrierId>,
}

/// What a bind adds to a connection.
struct Bound {
    carrier: CarrierId,
    kind: BindKind,
    seat: Seat,
    rate: Rate,
    outbox: Arc<CarrierBox>,
    /// Of a bind that receives: as long as it holds, texts come.
    receiver: Option<Receiver>,
    /// The last thing it was given was a text, and not a receipt.
    had_text: bool,
}

/// A batch whose answers are in the output.
struct Answered {
    /// The count of written octets at which its answers are written.
    at: u64,
    read_at: std::time::Instant,
    handover: Handover,
}

/// A peer that does not read its answers holds its messages back no longer than this.
const UNREAD: Duration = Duration::from_secs(30);
/// How long a peer that reads nothing is given to take the last words of a session.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(2);

impl Connection {
    /// A connection that was just accepted.
    pub(crate) fn new(stream: Stream, visit: Visit, shared: Arc<Shared>) -> Self {
        Self {
            session: Session::new(Arc::clone(&shared.session), clock::now()),
            input: BytesMut::with_capacity(READ),
            bound: None,
            postponed: None,
            storing: FuturesOrdered::new(),
            answers: FuturesUnordered::new(),
            asked: 0,
            notifications: Vec::new(),
            receipts: Vec::new(),
            handovers: VecDeque::new(),
            unbinding: false,
            called: None,
            peer: visit.peer(),
            stream,
            visit,
            shared,
        }
    }

    /// A connection that was just made, to a carrier that is to bind on it.
    pub(crate) fn called(
        (carrier, outbind): (CarrierId, &Outbind),
        stream: Stream,
        visit: Visit,
        shared: Arc<Shared>,
    ) -> Self {
        let session = Session::called(Arc::clone(&shared.session), outbind, clock::now());
        Self { session, called: Some(carrier), ..Self::new(stream, visit, shared) }
    }

    /// Serves the connection to its end; true when a carrier was bound to receive.
    pub(crate) async fn run(mut self) -> bool {
        self.metrics().smpp_connections.increment(1.0);
        self.serve().await;
        let now = clock::now();
        if !self.session.is_closed() {
            self.session.handle_closed(now);
        }
        self.drain_events(now);
        let _ = timeout(LAST_WORDS, self.stream.finish(self.session.output())).await;
        if self.stream.has_failed() {
            self.metrics().smpp_handshakes.of(Handshake::Failed).increment(1);
        }
        let bound = self.bound.take();
        let received = bound.as_ref().is_some_and(|bound| bound.kind.receives());
        if let Some(bound) = bound {
            self.metrics().smpp_binds.of(bound.kind).decrement(1.0);
            bound.outbox.news.notify_waiters();
        }
        self.metrics().smpp_connections.decrement(1.0);
        // What is still being stored is answered to nobody, but is handed over when it is durable.
        received
    }

    async fn serve(&mut self) {
        let (mut stopping, mut revision) = (self.shared.stopping.clone(), self.shared.revision.clone());
        loop {
            // A socket that always has something to read must not keep the others of this thread waiting.
            tokio::task::consume_budget().await;
            // Waiting for news begins before the outbox is looked at, so that none is missed.
            let outbox = self.receiving_outbox();
            let mut news = pin!(outbox.as_ref().map(|outbox| outbox.news.notified()));
            self.give();
            if self.write_some().is_err() || self.session.is_closed() {
                return;
            }
            let timer = self.next_timer();
            let (reads, output) = (self.session.wants_input(), !self.session.output().is_empty());
            tokio::select! {
                biased;
                Some(stored) = self.storing.next(), if !self.storing.is_empty() => self.settle(stored),
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => self.give_answer(answer),
                () = async {
                    match news.as_mut().as_pin_mut() {
                        Some(news) => news.await,
                        None => std::future::pending().await,
                    }
                } => {}
                () = sleep_until(timer) => self.session.handle_timeout(clock::now()),
                Ok(()) = revision.changed() => self.follow_provisioning(),
                () = stopped(&mut stopping), if !self.unbinding => self.unbind(),
                ready = self.stream.ready(reads, output) => {
                    if ready.is_err() || self.read_some().is_err() {
                        return;
                    }
                }
            }
            self.drain_events(clock::now());
        }
    }

    fn metrics(&self) -> &Metrics {
        &self.shared.core.metrics
    }

    fn receiving_outbox(&self) -> Option<Arc<CarrierBox>> {
        self.bound.as_ref().filter(|bound| bound.kind.receives()).map(|bound| Arc::clone(&bound.outbox))
    }

    fn next_timer(&self) -> Instant {
        let now = clock::now();
        let session = self.session.poll_timeout().map(|(moment, _)| moment);
        let receiver =
            self.bound.as_ref().filter(|bound| bound.kind.receives() && self.session.receipt_room() > 0);
        let due = receiver.and_then(|bound| bound.outbox.next_due()).map(|due| clock::instant_of(due, now));
        let far = now.instant + Duration::from_secs(3600);
        let unread = self.handovers.front().map(|answered| answered.read_at + UNREAD);
        [session, due, unread].into_iter().flatten().fold(far, std::time::Instant::min).into()
    }

    /// Reads what is there and gives it to the session. An error is the end of the stream.
    fn read_some(&mut self) -> Result<(), ()> {
        if !self.session.wants_input() {
            return Ok(());
        }
        self.stream.read(&mut self.input, READ / 2).map_err(|end| self.lose(&end))?;
        if self.stream.has_just_agreed() {
            self.metrics().smpp_handshakes.of(Handshake::Done).increment(1);
        }
        self.session.handle_input(&mut self.input, clock::now());
        Ok(())
    }

    /// Does what the session asks for; submits are gathered into one batch.
    fn drain_events(&mut self, now: Now) {
        let mut submits: Vec<(Ticket, Submission)> = Vec::new();
        let mut answers: Vec<receipts::Answered> = Vec::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Bind(request) => self.bind(request, now),
                Event::BindDue => self.bind_due(now),
                Event::Submit { ticket, submission } => submits.push((ticket, *submission)),
                Event::SubmitMulti { ticket, submissions } => self.submit_multi(ticket, submissions, now),
                Event::Query { ticket, query } => self.query(ticket, query, now),
                Event::Cancel { ticket, cancel } => self.cancel(ticket, cancel, now),
                Event::Replace { ticket, replace } => self.replace(ticket, replace, now),
                Event::ReceiptAnswered { message, answer, status } => {
                    counts::receipt(self.metrics(), answer);
                    answers.push(receipts::Answered { message, answer, status });
                }
                Event::Receipt { ticket, receipt } => self.hear(ticket, receipt),
                Event::TextAnswered { message, outcome, parts, names } => {
                    self.text_answered(message, outcome, parts, names)
                }
                Event::Unbound => tracing::debug!(peer = %self.peer, "SMPP unbound"),
                Event::Closed(reason) => self.log_end(reason),
                Event::Anomaly(anomaly) => {
                    counts::anomaly(self.metrics(), anomaly);
                    tracing::debug!(peer = %self.peer, %anomaly, "SMPP anomaly");
                }
            }
        }
        if let Some(bound) = self.bound.as_ref().filter(|_| !answers.is_empty())
            && bound.outbox.answered(&answers, &*self.shared.core.store, now.utc)
        {
            self.refill_outbox(now);
        }
        if !submits.is_empty() {
            self.submit(submits, now);
        }
    }

    fn unbind(&mut self) {
        self.unbinding = true;
        self.session.unbind(clock::now());
    }

    /// An admin changed something: a carrier that is gone, disabled, or not to be here is unbound.
    fn follow_provisioning(&mut self) {
        let Some(bound) = &self.bound else { return };
        let directory = self.shared.core.directory.load();
        match directory.carrier(bound.carrier).filter(|carrier| self.is_still_welcome(carrier)) {
            Some(carrier) => drop(self.shared.core.rates.of(carrier, clock::now().instant)),
            None => self.unbind(),
        }
    }

    /// Hands receipts to the session while it has room.
    fn give_receipts(&mut self) {
        let room = self.session.receipt_room();
        let Some(bound) = self.bound.as_mut().filter(|bound| bound.kind.receives() && room > 0) else {
            return;
        };
        let now = clock::now();
        let mut alerts = Vec::new();
        let heard = self.session.hears_alerts().then_some(&mut alerts);
        bound.outbox.take(room, now.utc, (&mut self.notifications, &mut self.receipts), heard);
        bound.had_text &= self.receipts.is_empty();
        for notification in self.notifications.drain(..) {
            // What there is no room for is not told.
            self.session.send_notification(&notification, now);
        }
        for alert in alerts {
            if !self.session.send_alert(&alert.source, &alert.esme, now) {
                bound.outbox.alert(alert);
            }
        }
        let mut given = self.receipts.drain(..);
        let refused = given.find(|receipt| !self.session.send_receipt(receipt, now));
        // The session has too much to write: what it did not take was not told.
        let untold: Vec<MessageId> =
            refused.into_iter().chain(given).map(|receipt| receipt.message).collect();
        bound.outbox.put_back(&untold);
    }

    fn refill_outbox(&self, now: Now) {
        let Some(bound) = self.bound.as_ref().filter(|bound| bound.outbox.wants_more(now.utc)) else {
            return;
        };
        let (core, carrier) = (Arc::clone(&self.shared.core), bound.carrier);
        tokio::spawn(async move {
            if let Err(error) = core.receipts.refill(carrier, now.utc).await {
                tracing::error!(%error, "receipts could not be read from the store");
            }
        });
    }

    /// The peer is gone, or TLS could not be agreed upon with it.
    fn lose(&mut self, end: &End) {
        if let End::Tls(error) = end {
            let (door, metrics) = (&self.shared.door, &self.shared.core.metrics);
            let stranger = Stranger::of(self.stream.first_octets());
            match stranger.filter(|stranger| *stranger != Stranger::Tls) {
                Some(stranger) => {
                    self.stream.forget_last_words();
                    door.turn_away(self.peer.ip(), stranger, metrics);
                }
                None => door.complain(self.peer.ip(), &format_args!("TLS was not agreed upon: {error}")),
            }
        }
        tracing::debug!(peer = %self.peer, %end, "SMPP connection lost");
    }

    fn log_end(&self, reason: CloseReason) {
        if let CloseReason::Frame(FrameError::Stranger(stranger)) = reason {
            self.shared.door.turn_away(self.peer.ip(), stranger, self.metrics());
            return;
        }
        let carrier = self.bound.as_ref().map(|bound| bound.carrier.0);
        if carrier.is_none() && reason == CloseReason::PeerClosed {
            // As a health check does every few seconds.
            tracing::debug!(peer = %self.peer, "SMPP connection closed without a bind");
            return;
        }
        tracing::info!(peer = %self.peer, carrier, %reason, "SMPP session ended");
    }

    /// Writes what the socket takes at once.
    fn write_some(&mut self) -> Result<(), ()> {
        self.stream.write(self.session.output()).map_err(drop)?;
        let written = self.stream.written();
        let goes_on = |it: &Answered| it.at <= written || it.read_at.elapsed() >= UNREAD;
        while self.handovers.front().is_some_and(goes_on) {
            drop(self.handovers.pop_front().map(|answered| answered.handover));
        }
        Ok(())
    }
}

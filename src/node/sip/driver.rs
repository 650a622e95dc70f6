//! The loop of the SIP side: input to the machines, and what they ask for to the world.
//!
//! One turn takes all input that is there, lets the machines work, and then writes: one batch to the store, and
//! what there is to send. The loop itself waits for nothing but input and time; commits and reads of the store
//! are polled beside the sockets.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use iwf_model::{AccountId, Message, MessageId, Now, PendingReceipt, Recipient};
use iwf_relay::{At, Directory, Order, PendingFlags, Queue};
use iwf_sip::endpoint::{Endpoint, Event};
use iwf_sip::uas::Uas;
use iwf_store::{Start, Store, Write};
use tokio::sync::{mpsc, watch};

use super::carriers::Given;
use super::confirming::Confirming;
use super::later::{Ended, Later, Written};
use super::links::{Connector, Input, Link};
use super::local::LocalAddresses;
use super::locations::Locations;
use super::next_hops::NextHops;
use super::operations::Operations;
use super::pace::Pace;
use super::reading::{Read, Readings};
use super::udp::Udp;
use super::under_way::Attempts;
use super::waiting::Load;
use super::wire::readable;
use crate::clock;
use crate::connections::Connections;
use crate::desk::Command;
use crate::ids::Random;
use crate::intake::Intake;
use crate::net::stopped;
use crate::passage::Turns;
use crate::push::Pushers;
use crate::rates::Rates;
use crate::reach::Reachable;
use crate::receipts::Receipts;
use crate::telemetry::Metrics;
use crate::texts::FromCarriers;
use crate::tray::Tray;
use crate::upstream::Upstream;

/// What the driver shares with the rest of the node.
pub(crate) struct Shared {
    /// The one way in.
    pub(crate) intake: Arc<Intake>,
    /// Who is who.
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    /// How fast carriers may submit.
    pub(crate) rates: Arc<Rates>,
    /// Where everybody is.
    pub(crate) locations: Arc<Locations>,
    /// Where a message can go.
    pub(crate) reach: Arc<Reachable>,
    /// Where is heard what became of what other systems took.
    pub(crate) upstream: Upstream,
    /// What waits for the binds of connections.
    pub(crate) connections: Arc<Connections>,
    /// What the binds of carriers and connections tell of themselves and of texts.
    pub(crate) from_carriers: Arc<Tray<FromCarriers>>,
    /// Accounts that another registrar has seen.
    pub(crate) returned: Arc<Tray<AccountId>>,
    /// Messages that are durable and not yet in the queue.
    pub(crate) accepted: Arc<Tray<Arc<Message>>>,
    /// Who wakes apps.
    pub(crate) pushers: Pushers,
    /// Where receipts wait for a receiver.
    pub(crate) receipts: Arc<Receipts>,
    /// What is remembered.
    pub(crate) store: Arc<dyn Store>,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
}

/// The SIP side of a node.
pub(crate) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) endpoint: Endpoint,
    pub(super) uas: Uas,
    pub(super) queue: Queue,
    pub(super) attempts: Attempts,
    /// What goes where no flow leads to.
    pub(super) hops: NextHops,
    pub(super) pending_flags: PendingFlags,
    /// Texts that were given to carriers, each with its lane.
    pub(super) given: BTreeMap<MessageId, Given>,
    /// Routes under which messages wait that were accepted before other routes came.
    pub(super) rerouted: BTreeSet<Recipient>,
    pub(super) news: Vec<FromCarriers>,
    pub(super) sockets: Vec<Udp>,
    pub(super) links: HashMap<u64, Link>,
    pub(super) addresses: LocalAddresses,
    pub(super) random: Random,
    pub(super) orders: Vec<Order>,
    pub(super) writes: Vec<Write>,
    pub(super) ended: Vec<Ended>,
    /// Messages that another system had taken, and told the end of.
    pub(super) confirming: Confirming,
    /// Receipts about them.
    pub(super) confirmed: Vec<PendingReceipt>,
    pub(super) read: Vec<Read>,
    /// Notices that are sent when they are durable.
    pub(super) told: Vec<Arc<Message>>,
    /// What the store still tries to write.
    pub(super) written_late: Written,
    pub(super) readings: Readings,
    commands: mpsc::Receiver<Command>,
    pub(super) operations: Operations,
    pub(super) later: FuturesUnordered<Later>,
    /// How many of those are pushes, which a stop does not wait for.
    pub(super) pushing: usize,
    pub(super) connector: Connector,
    pub(super) input: mpsc::Receiver<Input>,
    pub(super) inputs: Vec<Input>,
    arrived: Vec<Arc<Message>>,
    pub(super) housekeeping_at: Instant,
    pub(super) pace: Pace,
    /// Reads of the store that begin at the end of this turn.
    pub(super) loads: Vec<Load>,
    /// Messages whose time has come are being read.
    pub(super) watches_due: bool,
    /// How often housekeeping could have looked for them.
    looks_for_due: u32,
    /// Acceptances that may be on their way.
    pub(super) turns: Turns,
    /// Reads that failed and are tried again: of the last run's messages, and of those to carriers.
    pub(super) unread: Vec<Load>,
    /// Not all messages of the last run are read.
    pub(super) resuming: bool,
    /// We stop: nothing new is sent, what is under way may end.
    pub(super) draining: bool,
}

/// What a driver is made of.
pub(crate) struct Parts {
    /// The rest of the node.
    pub(crate) shared: Arc<Shared>,
    /// SIP transactions.
    pub(crate) endpoint: Endpoint,
    /// What requests mean.
    pub(crate) uas: Uas,
    /// Bound sockets.
    pub(crate) sockets: Vec<Udp>,
    /// Our own addresses.
    pub(crate) addresses: LocalAddresses,
    /// What makes connections.
    pub(crate) connector: Connector,
    /// What connections tell.
    pub(crate) input: mpsc::Receiver<Input>,
    /// What goes where no flow leads to.
    pub(crate) hops: NextHops,
    /// What origins ask of messages.
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Waiting messages kept in memory.
    pub(crate) most_waiting: usize,
    /// What the last run left, and what of it takes the place of other messages.
    pub(crate) resume: (Start, Vec<Arc<Message>>),
}

/// How often lapsed registrations and forgotten messages are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Frames taken from the connections in one turn. No more of them wait: who has more to say than fits waits in line
/// with one frame, like everybody else, so that a connection that floods has one of many turns.
pub(crate) const FRAMES_A_TURN: usize = 256;
/// Every so many times housekeeping looks for what is due in the store alone, though nothing waits there.
const DUE_LOOKS: u32 = 10;
/// Commands of origins taken in one turn.
const COMMANDS_A_TURN: usize = 64;

impl Driver {
    /// Puts the parts together.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { shared, endpoint, uas, sockets, addresses, connector, input, hops, .. } = parts;
        let (commands, most_waiting, resume) = (parts.commands, parts.most_waiting, parts.resume);
        let mut queue = Queue::new(most_waiting);
        let mut driver = Self {
            turns: Turns::new(queue.begin_acceptances()),
            shared,
            endpoint,
            uas,
            queue,
            attempts: Attempts::default(),
            hops,
            pending_flags: PendingFlags::default(),
            given: BTreeMap::new(),
            rerouted: BTreeSet::new(),
            news: Vec::new(),
            sockets,
            links: HashMap::new(),
            addresses,
            random: Random::default(),
            orders: Vec::new(),
            writes: Vec::new(),
            ended: Vec::new(),
            confirming: Confirming::default(),
            confirmed: Vec::new(),
            read: Vec::new(),
            told: Vec::new(),
            written_late: Written::default(),
            readings: Readings::default(),
            commands,
            operations: Operations::default(),
            later: FuturesUnordered::new(),
            pushing: 0,
            connector,
            input,
            inputs: Vec::new(),
            arrived: Vec::new(),
            housekeeping_at: clock::now().instant + HOUSEKEEPING,
            pace: Pace::new(clock::now().instant),
            loads: Vec::new(),
            watches_due: false,
            looks_for_due: 0,
            unread: Vec::new(),
            resuming: false,
            draining: false,
        };
        driver.resume(&resume.0, resume.1);
        driver
    }

    /// Runs until the node stops; then what is under way has `drain` to end.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>, drain: Duration) {
        let mut deadline: Option<tokio::time::Instant> = None;
        while !self.is_drained() {
            // Input without end must not keep the other tasks of this thread waiting.
            tokio::task::consume_budget().await;
            let timer = self.next_timer();
            let accepted = Arc::clone(&self.shared.accepted);
            let from_carriers = Arc::clone(&self.shared.from_carriers);
            let returned = Arc::clone(&self.shared.returned);
            tokio::select! {
                () = readable(&self.sockets) => {}
                _ = self.input.recv_many(&mut self.inputs, FRAMES_A_TURN) => {}
                () = accepted.filled() => {}
                _ = self.commands.recv_many(&mut self.operations.asked, COMMANDS_A_TURN) => {}
                () = from_carriers.filled() => {}
                () = returned.filled() => {}
                Some(done) = self.later.next(), if !self.later.is_empty() => self.take_done(done),
                () = tokio::time::sleep_until(timer.into()) => {}
                () = until(deadline) => break,
                () = stopped(&mut stopping), if deadline.is_none() => {
                    self.draining = true;
                    deadline = Some(tokio::time::Instant::now() + drain);
                }
            }
            self.turn(clock::now());
        }
        self.leave_in_doubt(clock::now());
    }

    fn is_drained(&self) -> bool {
        self.draining
            && self.attempts.are_at_rest()
            && self.hops.is_empty()
            && self.given.is_empty()
            && self.later.len() == self.pushing
    }

    /// Takes what is there, lets the machines work, writes.
    fn turn(&mut self, now: Now) {
        self.read_sockets(now);
        self.read_links(now);
        self.take_accepted(now);
        self.take_commands(now);
        self.take_from_carriers(now);
        self.take_returned(now);
        self.measure(now);
        self.endpoint.handle_timeout(now);
        self.give_up_reports(now);
        self.do_housekeeping(now);
        let at = self.at(now);
        if self.queue.next_tick().is_some_and(|due| due <= now.utc) {
            self.queue.tick(&*self.shared.reach, at, &mut self.orders);
        }
        self.settle(now);
        self.flush_writes(now);
        self.look_up_read(now);
        self.begin_loads();
        self.begin_searches();
        self.begin_confirming();
        self.flush_transmits();
    }

    /// Events make orders, orders make requests, requests may fail at once: until nothing is left.
    fn settle(&mut self, now: Now) {
        loop {
            while let Some(event) = self.endpoint.poll_event() {
                self.handle_event(event, now);
            }
            if self.orders.is_empty() {
                return;
            }
            self.carry_out(now);
        }
    }

    fn handle_event(&mut self, event: Event, now: Now) {
        match event {
            Event::Request { transaction, request, flow, local } => {
                self.handle_request(transaction, &request, (flow, local), now);
            }
            Event::Response { token, response } => self.handle_response(token, &response, now),
            Event::Failed { token, failure } => self.handle_failure(token, failure, now),
            Event::Dropped(reason) => self.note_dropped(reason),
            Event::Overload(change) => self.note_change(change),
        }
    }

    pub(super) fn at(&mut self, now: Now) -> At {
        At { now: now.utc, random: self.random.u32() }
    }

    pub(super) fn take_accepted(&mut self, now: Now) {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.shared.accepted.take(&mut arrived);
        let at = self.at(now);
        for message in arrived.drain(..) {
            self.queue.insert(message, &*self.shared.reach, at, &mut self.orders);
        }
        self.arrived = arrived;
    }

    fn do_housekeeping(&mut self, now: Now) {
        if now.instant < self.housekeeping_at {
            return;
        }
        self.housekeeping_at = now.instant + HOUSEKEEPING;
        self.count_access();
        self.shared.metrics.sip_retransmissions.absolute(self.endpoint.retransmissions());
        self.shared.metrics.attempts_open.set((self.attempts.len() + self.hops.len()) as f64);
        self.shared.metrics.sip_resting.set(self.hops.resting(now.instant) as f64);
        if !self.written_late.is_empty() && self.shared.store.health().kept == 0 {
            let written = std::mem::take(&mut self.written_late);
            self.close(written, now);
        }
        for (account, key) in self.shared.locations.sweep(now.utc) {
            self.writes.push(Write::Unbind { account, key });
        }
        self.look_after_sleepers(now);
        self.watch_parts(now);
        self.watch_acceptances(now);
        self.loads.append(&mut self.unread);
        self.operations.superseding.retry();
        self.confirm_again();
        // What another system took is due when nobody waits for its end any more.
        self.looks_for_due += 1;
        let looks = self.queue.has_overflow() || self.looks_for_due.is_multiple_of(DUE_LOOKS);
        if looks && !self.watches_due {
            self.watches_due = true;
            self.load(Load::Due(now.utc, None));
        }
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

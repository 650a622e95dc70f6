//! The carrier: its binds, what it submits and what it hears.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::smpp::{self, Frames, Pdu, SubmitTemplate, command};
use crate::stream::Stream;
use crate::tally::{Answer, Receipt, Sent, Tally};

/// Binds of one carrier, each read by a thread of its own.
pub(crate) struct Carrier {
    links: Vec<Arc<Link>>,
    tally: Arc<Tally>,
}

/// What is to be submitted in a run.
#[derive(Clone)]
pub(crate) struct Traffic {
    pub(crate) destinations: Arc<[String]>,
    /// Whether each message asks for a receipt.
    pub(crate) receipts: bool,
    /// Not after this.
    pub(crate) until: Instant,
    /// Not more than this.
    pub(crate) limit: u64,
}

struct Link {
    sender: Mutex<Sender>,
}

struct Sender {
    stream: Stream,
    out: Vec<u8>,
    load: Option<Load>,
}

/// A run, as one bind knows it. In a closed loop each answer is followed by the next submit.
struct Load {
    template: SubmitTemplate,
    traffic: Traffic,
    left: u64,
    closed_loop: bool,
}

impl Carrier {
    /// Binds `binds` transceivers, within TLS if there is a configuration for it.
    pub(crate) fn bind(
        to: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
        binds: usize,
        tally: &Arc<Tally>,
    ) -> Result<Self, Failure> {
        let mut links = Vec::new();
        let system_id = Accounts::SYSTEM_IDS[usize::from(tls.is_some())];
        for _ in 0..binds {
            let (mut stream, mut frames) = (Stream::connect(to, tls)?, Frames::new());
            Self::introduce(&mut stream, &mut frames, system_id)?;
            let sender = Sender { stream: stream.try_clone()?, out: Vec::new(), load: None };
            let link = Arc::new(Link { sender: Mutex::new(sender) });
            let (reader, tally) = (Arc::clone(&link), Arc::clone(tally));
            thread::spawn(move || {
                // It ends when the program that it is bound to does, or when that breaks the protocol.
                let _ = reader.read(stream, frames, &tally);
                tally.broken.store(true, Ordering::Relaxed);
            });
            links.push(link);
        }
        Ok(Self { links, tally: Arc::clone(tally) })
    }

    /// Binds one transceiver.
    pub(crate) fn introduce(
        stream: &mut Stream,
        frames: &mut Frames,
        system_id: &str,
    ) -> Result<(), Failure> {
        stream.write_all(&smpp::bind(system_id, Accounts::CARRIER_PASSWORD))?;
        loop {
            frames.fill(stream)?;
            match frames.next().map(Pdu::status) {
                Some(0) => return Ok(()),
                Some(status) => return Err(Failure::Bind { status }),
                None => {}
            }
        }
    }

    /// Submits with `window` messages unanswered at any time, over all binds together.
    pub(crate) fn submit_closed(&self, traffic: &Traffic, window: u64) -> io::Result<()> {
        let binds = self.links.len() as u64;
        for link in &self.links {
            let mut sender = link.sender();
            sender.load = Some(Load::new(traffic, traffic.limit / binds, true));
            sender.submit((window / binds).max(1), &self.tally)?;
            sender.flush()?;
        }
        let left = traffic.until.saturating_duration_since(Instant::now());
        let end = Instant::now() + left;
        while Instant::now() < end && self.links.iter().any(|link| link.sender().is_loaded()) {
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Submits `rate` messages a second, whatever is answered.
    ///
    /// A message counts from the moment at which it was due if the bench itself was late by more than a
    /// millisecond: a program that does not read is not measured faster for it.
    pub(crate) fn submit_steadily(&self, traffic: &Traffic, rate: u64) -> io::Result<()> {
        for link in &self.links {
            link.sender().load = Some(Load::new(traffic, traffic.limit, false));
        }
        let interval = Duration::from_nanos(1_000_000_000 / rate.max(1));
        let mut due = Instant::now();
        for link in self.links.iter().cycle().take(traffic.limit as usize) {
            if due >= traffic.until {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let late = due.elapsed();
            let backdate = if late > Duration::from_millis(1) { late } else { Duration::ZERO };
            let mut sender = link.sender();
            sender.submit_at(self.tally.now() - backdate.as_nanos() as u64, 1, &self.tally);
            sender.flush()?;
            due += interval;
        }
        Ok(())
    }

    /// No more submits.
    pub(crate) fn stop(&self) {
        for link in &self.links {
            link.sender().load = None;
        }
    }
}

impl Link {
    fn sender(&self) -> MutexGuard<'_, Sender> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut stream: Stream, mut frames: Frames, tally: &Tally) -> io::Result<()> {
        let mut heard = Heard::default();
        loop {
            while let Some(pdu) = frames.next() {
                heard.take(pdu, tally.now());
            }
            self.react(&mut heard, tally)?;
            frames.fill(&mut stream)?;
        }
    }

    /// Notes a batch, answers what asks for an answer, and submits as many as were answered.
    fn react(&self, heard: &mut Heard, tally: &Tally) -> io::Result<()> {
        let accepted = heard.answers.iter().filter(|answer| answer.id.is_some()).count() as u64;
        let answered = heard.answers.len() as u64;
        tally.accepted.fetch_add(accepted, Ordering::Relaxed);
        tally.refused.fetch_add(answered - accepted, Ordering::Relaxed);
        tally.receipts.fetch_add(heard.receipts.len() as u64, Ordering::Relaxed);
        {
            let mut logs = tally.logs();
            logs.answers.append(&mut heard.answers);
            logs.receipts.append(&mut heard.receipts);
        }
        if accepted < answered {
            // A carrier that is throttled waits before it tries again.
            thread::sleep(Duration::from_millis(5));
        }
        let mut sender = self.sender();
        sender.out.append(&mut heard.replies);
        if sender.load.as_ref().is_some_and(|load| load.closed_loop) {
            sender.submit(answered, tally)?;
        }
        sender.flush()
    }
}

/// What one read brought.
#[derive(Default)]
struct Heard {
    answers: Vec<Answer>,
    receipts: Vec<Receipt>,
    replies: Vec<u8>,
}

impl Heard {
    fn take(&mut self, pdu: Pdu<'_>, at: u64) {
        const SUBMIT_SM_RESP: u32 = command::SUBMIT_SM | command::RESPONSE;
        match pdu.command() {
            SUBMIT_SM_RESP => {
                let id = if pdu.status() == 0 { pdu.message_id() } else { None };
                self.answers.push(Answer { number: u64::from(pdu.sequence()), at, id });
            }
            command::DELIVER_SM => {
                if let Some((id, delivered)) = pdu.message().and_then(|message| message.receipt()) {
                    self.receipts.push(Receipt { id, delivered, at });
                }
                self.reply(pdu, &[0]);
            }
            command::ENQUIRE_LINK => self.reply(pdu, &[]),
            _ => {}
        }
    }

    fn reply(&mut self, pdu: Pdu<'_>, body: &[u8]) {
        smpp::write(&mut self.replies, pdu.command() | command::RESPONSE, 0, pdu.sequence(), body);
    }
}

impl Sender {
    fn is_loaded(&self) -> bool {
        self.load.as_ref().is_some_and(|load| load.left > 0)
    }

    fn submit(&mut self, count: u64, tally: &Tally) -> io::Result<()> {
        if self.load.as_ref().is_some_and(|load| Instant::now() < load.traffic.until) {
            self.submit_at(tally.now(), count, tally);
        }
        Ok(())
    }

    fn submit_at(&mut self, at: u64, count: u64, tally: &Tally) {
        let Some(load) = &mut self.load else { return };
        let count = count.min(load.left);
        load.left -= count;
        let mut logs = tally.logs();
        for _ in 0..count {
            let number = tally.number();
            let destinations = &load.traffic.destinations;
            let destination = &destinations[number as usize % destinations.len()];
            load.template.write(&mut self.out, number, destination.as_bytes());
            logs.sent.push(Sent { number, at });
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let written = self.stream.write_all(&self.out);
        self.out.clear();
        written
    }
}

impl Load {
    fn new(traffic: &Traffic, left: u64, closed_loop: bool) -> Self {
        let template = SubmitTemplate::new("15550100", &traffic.destinations[0], traffic.receipts);
        Self { template, traffic: traffic.clone(), left, closed_loop }
    }
}

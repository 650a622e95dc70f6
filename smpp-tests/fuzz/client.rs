//! Plays a life of a client session, made as it goes from a seed, and asks after each step whether everything promised
//! holds.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use iwf_model::connection::{Submits, ValidityForm};
use iwf_model::profile::{LongTexts, TextPdu};
use iwf_model::{BindKind, Now, Profile, Refusal, Timestamp};
use iwf_sim::fuzz::Wild;
use iwf_smpp::{Client, ClientConfig, ClientEvent, ClientTicket, CommandId, CommandStatus, Secret, Version};

use super::mutate::Seeds;
use super::promises::Promises;
use crate::centre;
use crate::peer::{id, receipt, response};
use crate::texts::{carrier_of, message_of};

/// A client, and all that is around it.
struct World {
    client: Client,
    receive_window: usize,
    now: Now,
    input: BytesMut,
    /// What was fed and not yet taken, as the message centre remembers it.
    sent: Vec<u8>,
    /// So many octets of the output were walked over.
    walked: usize,
    tickets: Vec<ClientTicket>,
    promises: Promises,
    next_id: u64,
    /// A timer is what makes the session do something.
    by_timer: bool,
    told: String,
}

/// How often a timer may fire at one moment.
const AT_ONE_MOMENT: usize = 12;
const STATUSES: [u32; 10] = [0, 0, 0, 0, 0x04, 0x08, 0x58, 0x62, 0x104, 0x0400];
const SPANS_MILLIS: [u64; 8] = [0, 1, 200, 1000, 4000, 9000, 31_000, 61_000];

/// Plays a life; the statuses the message centre was answered with, or what went wrong and how it came to that.
pub(super) fn play(wild: &mut Wild, seeds: &Seeds) -> Result<BTreeSet<u32>, String> {
    let mut world = World::new(wild);
    let played = catch_unwind(AssertUnwindSafe(|| {
        world.watched(|_| {})?;
        if !wild.one_in(8) {
            world.is_bound(wild)?;
        }
        for number in 0..4 + wild.below(40) as u32 {
            world.steps(wild, seeds, number + 10)?;
            world.holds()?;
        }
        world.ends()
    }));
    let fault = match played {
        Ok(Ok(())) => return Ok(world.promises.statuses),
        Ok(Err(fault)) => fault,
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            format!(
                "panic: {}",
                said.or(panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
            )
        }
    };
    Err(format!("{fault}\n{}", world.told))
}

fn config(wild: &mut Wild) -> ClientConfig {
    let mut profile = Profile::default();
    profile.sending.pdu = *wild.pick(&[TextPdu::DeliverSm, TextPdu::DataSm]);
    profile.sending.long_texts =
        *wild.pick(&[LongTexts::Udh8, LongTexts::Udh16, LongTexts::Sar, LongTexts::Payload]);
    profile.answers.receipt_pdu = *wild.pick(&[TextPdu::DeliverSm, TextPdu::DataSm]);
    profile.reading.strict = wild.one_in(4);
    profile.reading.environment = wild.one_in(4);
    ClientConfig {
        version: *wild.pick(&[Version::V33, Version::V34, Version::V50]),
        carrier: Arc::new(carrier_of(profile)),
        submits: Submits {
            receipts: !wild.one_in(4),
            validity: *wild.pick(&[ValidityForm::Relative, ValidityForm::Absolute, ValidityForm::None]),
            ..Submits::default()
        },
        window: 1 + wild.below(5) as u16,
        receive_window: 1 + wild.below(5) as u16,
        max_output: *wild.pick(&[64, 1 << 20]),
        password: Secret::new("secret1"),
        ..centre::config(*wild.pick(&[BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver]))
    }
}

impl World {
    fn new(wild: &mut Wild) -> Self {
        let utc = Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap();
        let now = Now { instant: Instant::now(), utc };
        let config = Arc::new(config(wild));
        Self {
            receive_window: usize::from(config.receive_window),
            told: format!("{config:?}\n"),
            client: Client::new(config, now),
            now,
            input: BytesMut::new(),
            sent: Vec::new(),
            walked: 0,
            tickets: Vec::new(),
            promises: Promises::of_an_esme(),
            next_id: 0,
            by_timer: false,
        }
    }

    /// The bind is answered.
    fn is_bound(&mut self, wild: &mut Wild) -> Result<(), String> {
        let bind = self.promises.ours.remove(0);
        let body = *wild.pick(&[&b""[..], b"smsc\0", b"smsc\0\x02\x10\0\x01\x34", b"\0\x02\x10\0\x01\x50"]);
        let id = CommandId::from(bind.command_id).matching_response();
        self.receives(&response(id, CommandStatus::EsmeRok, bind.sequence, body))
    }

    fn steps(&mut self, wild: &mut Wild, seeds: &Seeds, number: u32) -> Result<(), String> {
        match wild.below(32) {
            0..=9 => {
                let mut octets = seeds.octets(wild);
                let is_response = octets.get(4).is_some_and(|high| *high >= 0x80);
                if octets.len() >= 16 && !is_response && !wild.one_in(4) {
                    octets[12..16].copy_from_slice(&number.to_be_bytes());
                }
                if wild.one_in(8) {
                    octets.truncate(wild.below(octets.len()));
                }
                self.receives(&octets)
            }
            10..=14 if !self.tickets.is_empty() => {
                let ticket = self.tickets.remove(wild.below(self.tickets.len()));
                let refusal = wild.one_in(3).then(|| *wild.pick(&Refusal::ALL));
                self.answers(ticket, refusal)
            }
            15..=18 => {
                self.gives(*wild.pick(&['a', '€', 'م', '😀']), *wild.pick(&[0, 1, 71, 161, 400, 4000]))
            }
            19 => self.tells(),
            20..=25 if !self.promises.ours.is_empty() => {
                let request = self.promises.ours.remove(wild.below(self.promises.ours.len()));
                let matching = CommandId::from(request.command_id).matching_response();
                let command_id = if wild.one_in(6) { CommandId::GenericNack } else { matching };
                let status = CommandStatus::from(*wild.pick(&STATUSES));
                let body = *wild.pick(&[&b""[..], b"\0", b"abc\0", b"abc", b"abc\0\x04\x28\0\x01\x64"]);
                self.receives(&response(command_id, status, request.sequence, body))
            }
            26 => {
                self.now = self.now.after(Duration::from_millis(*wild.pick(&SPANS_MILLIS)));
                self.is_woken()
            }
            28 | 29 => {
                let count = (*wild.pick(&[1, 16, 1000])).min(self.client.output().len());
                self.client.output().advance(count);
                self.walked = self.walked.saturating_sub(count);
                Ok(())
            }
            30 if wild.one_in(4) => {
                let patience = Duration::from_secs(wild.below(60) as u64);
                self.watched(|world| world.client.unbind(patience, world.now))
            }
            31 if wild.one_in(4) => self.watched(|world| world.client.handle_closed(world.now)),
            _ => self.fires(),
        }
    }

    fn receives(&mut self, octets: &[u8]) -> Result<(), String> {
        let digits: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let _ = writeln!(self.told, "receives {}", digits.join(" "));
        self.input.extend_from_slice(octets);
        self.sent.extend(octets);
        self.watched(|world| {
            world.client.handle_input(&mut world.input, world.now);
            let taken = world.sent.len() - world.input.len();
            let taken: Vec<u8> = world.sent.drain(..taken).collect();
            world.promises.consumed(&taken);
        })
    }

    fn gives(&mut self, letter: char, count: usize) -> Result<(), String> {
        self.next_id += 1;
        let text: String = std::iter::repeat_n(letter, count).collect();
        let message = Arc::new(message_of(&text, id(self.next_id), self.now.utc));
        self.watched(|world| {
            // Its end may be told at once.
            world.promises.texts.insert(message.id);
            if !world.client.send_text(&message, world.now) {
                world.promises.texts.remove(&message.id);
            }
        })
    }

    fn tells(&mut self) -> Result<(), String> {
        self.next_id += 1;
        let number = self.next_id;
        self.watched(|world| {
            world.promises.receipts.insert(id(number));
            if !world.client.send_receipt(&receipt(number), world.now) {
                world.promises.receipts.remove(&id(number));
            }
        })
    }

    fn answers(&mut self, ticket: ClientTicket, refusal: Option<Refusal>) -> Result<(), String> {
        self.next_id += 1;
        let number = self.next_id;
        self.watched(|world| match refusal {
            None => world.client.accept_submit(ticket, id(number)),
            Some(refusal) => world.client.refuse_submit(ticket, refusal),
        })
    }

    fn is_woken(&mut self) -> Result<(), String> {
        self.by_timer = true;
        let woken = self.watched(|world| world.client.handle_timeout(world.now));
        self.by_timer = false;
        woken
    }

    /// Time goes to the next timer, which does something and moves on.
    fn fires(&mut self) -> Result<(), String> {
        let Some((at, reason)) = self.client.poll_timeout() else { return Ok(()) };
        self.now = self.now.after(at.saturating_duration_since(self.now.instant));
        for _ in 0..AT_ONE_MOMENT {
            self.is_woken()?;
            if self.client.poll_timeout().is_none_or(|(at, _)| at > self.now.instant) {
                return Ok(());
            }
        }
        Err(format!("the timer \"{}\" fires for ever", reason.as_str()))
    }

    /// Does something with the session, and takes what comes of it.
    fn watched(&mut self, does: impl FnOnce(&mut Self)) -> Result<(), String> {
        let (before, was_closed) = (self.client.state(), self.client.is_closed());
        let output = self.client.output().len();
        does(self);
        if was_closed && (self.client.output().len() != output || !self.client.is_closed()) {
            return Err("a closed session speaks".to_owned());
        }
        while let Some(event) = self.client.poll_event() {
            if was_closed {
                return Err(format!("a closed session tells {event:?}"));
            }
            let _ = writeln!(self.told, "{event:?}");
            match event {
                ClientEvent::Submit { ticket, .. } | ClientEvent::Receipt { ticket, .. } => {
                    self.tickets.push(ticket);
                }
                ClientEvent::TextAnswered(answer) => {
                    let long = |name: &Option<Box<str>>| name.as_ref().is_some_and(|name| name.len() > 64);
                    if answer.names.len() > answer.parts || answer.names.iter().any(long) {
                        return Err(format!("{answer:?}"));
                    }
                    self.promises.text_told(answer.message)?;
                }
                ClientEvent::ReceiptAnswered { message, .. } => self.promises.receipt_told(message)?,
                ClientEvent::Closed(reason) => self.promises.closes(reason)?,
                ClientEvent::Bound { .. }
                | ClientEvent::Throttled
                | ClientEvent::Unbound
                | ClientEvent::Anomaly(_) => {}
            }
        }
        let written = self.client.output()[self.walked..].to_vec();
        self.walked += written.len();
        let was_unbound = self.promises.unbound_in_order();
        self.promises.written(&written, [before, self.client.state()])?;
        let unbinds = self.promises.unbound_in_order() && !was_unbound;
        let hasty = unbinds && !self.tickets.is_empty() && !self.by_timer;
        if hasty { Err(format!("unbound, and {} tickets wait", self.tickets.len())) } else { Ok(()) }
    }

    /// What always holds between two steps.
    fn holds(&mut self) -> Result<(), String> {
        let closed = self.client.is_closed();
        if closed != self.promises.closed.is_some() {
            return Err(format!("closed {closed}, told {:?}", self.promises.closed));
        }
        if closed == self.client.poll_timeout().is_some() || (closed && self.client.wants_input()) {
            return Err("a session has a timer as long as it is not closed".to_owned());
        }
        if self.tickets.len() > self.receive_window * 2 {
            return Err(format!("{} tickets wait", self.tickets.len()));
        }
        Ok(())
    }

    /// Everything that waits is answered; then nothing is owed. And what comes after the end finds nobody.
    fn ends(&mut self) -> Result<(), String> {
        while let Some(ticket) = self.tickets.pop() {
            self.answers(ticket, None)?;
        }
        // Who has unbound and was answered in time is owed nothing more; the connection is still to be closed.
        let end = self.now.instant + Duration::from_secs(6);
        while self.promises.unanswered().is_some()
            && self.client.poll_timeout().is_some_and(|(at, _)| at <= end)
        {
            self.fires()?;
        }
        if let Some(sequence) = self.promises.unanswered() {
            return Err(format!("number {sequence:#x} is never answered"));
        }
        self.watched(|world| world.client.handle_closed(world.now))?;
        self.holds()?;
        self.now = self.now.after(Duration::from_secs(600));
        self.watched(|world| world.client.handle_timeout(world.now))?;
        self.receives(&[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1])?;
        self.holds()
    }
}

//! Plays a script, and asks after each step whether everything promised holds.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iwf_model::{Flow, Transport};
use iwf_sip::uas::{Arrival, Handled, PendingAnswer};
use iwf_sip::{Endpoint, EndpointConfig, Event, Lingering, Method, Outgoing, ServerKey};

use super::promises::Promises;
use super::script::{Ask, PEERS, Script, Step};
use crate::credentials::Challenge;
use crate::server::{Server, policy};
use crate::world::{address, request};

/// A text that the intake has not decided on.
struct Pending {
    transaction: ServerKey,
    answer: Box<PendingAnswer>,
    flow: Flow,
    octets: Bytes,
    call_id: String,
}

struct Player {
    server: Server,
    start: Instant,
    flows: [Flow; PEERS],
    challenge: Option<Challenge>,
    count: u32,
    tokens: u64,
    pending: Vec<Pending>,
    earlier: Vec<(usize, Bytes)>,
    promises: Promises,
    keeps: bool,
    limits: (usize, usize),
    /// What left and was told since the step began.
    left: Vec<(Flow, Bytes)>,
    dropped: bool,
}

/// Plays it to its end; gives the statuses that were answered with.
pub(super) fn play(script: &Script) -> Result<BTreeSet<String>, String> {
    let mut player = Player::new(script);
    for (number, step) in script.steps.iter().enumerate() {
        player.does(step).map_err(|fault| format!("step {number}, {step:?}: {fault}"))?;
    }
    player.ends()?;
    Ok(player.promises.statuses)
}

fn flow(who: usize) -> Flow {
    let peer = address(&format!("192.0.2.{}:5060", who + 1));
    match who {
        0 | 1 => Flow::datagrams(peer),
        _ => Flow::Stream { transport: Transport::Tcp, peer, connection: who as u64 },
    }
}

impl Player {
    fn new(script: &Script) -> Self {
        let mut server = Server::new(policy());
        server.endpoint = Endpoint::new(EndpointConfig {
            max_clients: script.max_clients,
            max_servers: script.max_servers,
            max_lingering: script.max_lingering,
            ..EndpointConfig::default()
        });
        Self {
            start: server.now.instant,
            server,
            flows: std::array::from_fn(flow),
            challenge: None,
            count: 0,
            tokens: 0,
            pending: Vec::new(),
            earlier: Vec::new(),
            promises: Promises::default(),
            keeps: script.keeps,
            limits: (script.max_clients, script.max_servers),
            left: Vec::new(),
            dropped: false,
        }
    }

    fn does(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Ask { who, ask } => self.asks(*who, *ask)?,
            Step::Octets { who, octets } => drop(self.receives(*who, &Bytes::from(octets.0.clone()))?),
            Step::Again { which, by } => {
                let Some((who, octets)) = self.earlier.get(*which % self.earlier.len().max(1)).cloned()
                else {
                    return Ok(());
                };
                self.receives(by.unwrap_or(who), &octets)?;
            }
            Step::Decide { which, refusal } => self.decides(*which, *refusal)?,
            Step::Send { who } => self.sends(self.flows[*who])?,
            Step::Respond { which, who, status } => {
                if let Some(ours) = self.promises.received(*which).cloned() {
                    let text = String::from_utf8_lossy(&ours).into_owned();
                    let (_, rest) = text.split_once("\r\n").unwrap_or_default();
                    self.receives(*who, &Bytes::from(format!("SIP/2.0 {status} X\r\n{rest}")))?;
                }
            }
            Step::Wait(ms) => self.waits(*ms)?,
            Step::Break { who } => {
                self.promises.breaks(self.flows[*who]);
                self.server.endpoint.handle_flow_error(self.flows[*who]);
                self.drains()?;
            }
        }
        self.holds()
    }

    /// A sound request gets one answer, now or when the intake has decided.
    fn asks(&mut self, who: usize, ask: Ask) -> Result<(), String> {
        let (call_id, branch) =
            (format!("call-{}", ask.call), format!("z9hG4bK{}-{}-{}", ask.branch, ask.call, ask.cseq));
        let (uri, to, extra) = match ask.method {
            "MESSAGE" => ("sip:222@example.com", "sip:222@example.com", "Content-Type: text/plain\r\n"),
            "REGISTER" => ("sip:example.com", "sip:alice@example.com", "Contact: <sip:alice@192.0.2.9>\r\n"),
            _ => ("sip:example.com", "sip:example.com", ""),
        };
        let mut extra = extra.to_owned();
        if let Some(challenge) = self.challenge.as_ref().filter(|_| ask.proven) {
            self.count += 1;
            let asked = (ask.method.to_owned(), uri.to_owned());
            extra += &challenge.answered_again("alice", &asked, self.count);
            extra += "\r\n";
        }
        let text = request(ask.method, &branch, &extra)
            .replace("192.0.2.1:5060", &format!("192.0.2.{}:5060", who + 1))
            .replace("sip:iwf.example.com", uri)
            .replace("sip:222@example.com>", &format!("{to}>"))
            .replace("sip:111@example.com", "sip:alice@example.com")
            .replace("call-1", &call_id)
            .replace("CSeq: 1 ", &format!("CSeq: {} ", ask.cseq))
            .replace("Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\nhi");
        let octets = Bytes::from(text);
        self.earlier.insert(0, (who, octets.clone()));
        let answered = self.receives(who, &octets)?;
        let waits = self.pending.iter().any(|pending| pending.call_id == call_id);
        if ask.method == "ACK" || answered || self.dropped || waits {
            return Ok(());
        }
        Err("no answer, and nothing that it could wait for".to_owned())
    }

    /// Octets arrive; gives back whether somebody got something: who sends what another peer has sent before him is
    /// taken for that one.
    fn receives(&mut self, who: usize, octets: &Bytes) -> Result<bool, String> {
        let (flow, local) = (self.flows[who], address("198.51.100.1:5060"));
        self.promises.asks(flow, octets);
        self.server.endpoint.handle_message(octets.clone(), flow, local, self.server.now);
        self.answers(octets)?;
        self.drains()?;
        let mine: Vec<_> =
            self.left.iter().filter(|(to, _)| *to == flow).map(|(_, sent)| sent.clone()).collect();
        // Up to four merged requests are answered with the first.
        if mine.len() > 5 {
            return Err(format!("{} answers", mine.len()));
        }
        if let ([answer], true) = (&mine[..], self.keeps) {
            self.promises.answered(flow, octets, answer, self.ms())?;
        }
        if let Some(challenge) = mine.iter().find_map(|answer| Challenge::read(answer)) {
            (self.challenge, self.count) = (Some(challenge), 0);
        }
        Ok(!self.left.is_empty())
    }

    /// The driver asks the server of the apps about each request.
    fn answers(&mut self, octets: &Bytes) -> Result<(), String> {
        let mut requests = Vec::new();
        while let Some(event) = self.server.endpoint.poll_event() {
            match event {
                Event::Request { transaction, request, flow, local } => {
                    requests.push((transaction, request, flow, local));
                }
                event => self.hears(event)?,
            }
        }
        for (transaction, request, flow, local) in requests {
            let random = self.tokens ^ u64::from(self.count) << 32 ^ self.ms() as u64;
            let arrival = Arrival { flow, local, proven: None, now: self.server.now, random };
            match self.server.uas.handle(&request, &arrival, &self.server.users) {
                Handled::Submit { pending: answer, .. } => {
                    let call_id = request.call_id().to_owned();
                    self.pending.push(Pending { transaction, answer, flow, octets: octets.clone(), call_id });
                }
                handled => {
                    if let Some((answer, lingering)) = self.server.perform(handled) {
                        let lingering = if self.keeps { Lingering::Keep } else { lingering };
                        self.server.endpoint.respond(transaction, answer, lingering, self.server.now);
                    }
                }
            }
        }
        Ok(())
    }

    fn hears(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Request { .. } => Err("a request out of nothing".to_owned()),
            Event::Response { token, response } if response.status() < 200 => self.promises.goes_on(token),
            Event::Response { token, .. } | Event::Failed { token, .. } => self.promises.ends(token),
            Event::Dropped(_) => {
                self.dropped = true;
                Ok(())
            }
            Event::Overload(_) => Err("overload without a strain".to_owned()),
        }
    }

    fn decides(&mut self, which: usize, refusal: Option<iwf_model::Refusal>) -> Result<(), String> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = self.pending.remove(which % self.pending.len());
        let answer = match refusal {
            Some(refusal) => (pending.answer.status_of(refusal), pending.answer.refused(refusal)),
            None => (202, pending.answer.accepted()),
        };
        let Pending { transaction, flow, octets, .. } = pending;
        self.server.endpoint.respond(transaction, answer, Lingering::Keep, self.server.now);
        self.drains()?;
        match self.left.iter().find(|(to, _)| *to == flow).map(|(_, sent)| sent.clone()) {
            Some(sent) if self.keeps => self.promises.answered(flow, &octets, &sent, self.ms()),
            _ => Ok(()),
        }
    }

    fn sends(&mut self, flow: Flow) -> Result<(), String> {
        self.tokens += 1;
        let (token, branch) = (self.tokens, format!("z9hG4bKours{}", self.tokens));
        let octets = Bytes::from(request("MESSAGE", &branch, "").replace("call-1", &branch));
        self.promises.sends(token, flow, &octets);
        let outgoing = Outgoing { token, branch: branch.into(), method: Method::Message, octets, flow };
        self.server.endpoint.send(outgoing, self.server.now);
        self.drains()
    }

    /// Time goes by; every timer fires at its own time.
    fn waits(&mut self, ms: u64) -> Result<(), String> {
        let end = self.server.now.instant + Duration::from_millis(ms);
        while let Some((at, _)) = self.server.endpoint.poll_timeout().filter(|(at, _)| *at <= end) {
            self.server.now = self.server.now.after(at.saturating_duration_since(self.server.now.instant));
            self.server.endpoint.handle_timeout(self.server.now);
            self.drains()?;
        }
        self.server.now = self.server.now.after(end.saturating_duration_since(self.server.now.instant));
        Ok(())
    }

    fn drains(&mut self) -> Result<(), String> {
        while let Some(event) = self.server.endpoint.poll_event() {
            self.hears(event)?;
        }
        while let Some(transmit) = self.server.endpoint.poll_transmit() {
            self.promises.leaves(transmit.flow, &transmit.octets)?;
            self.left.push((transmit.flow, transmit.octets));
        }
        Ok(())
    }

    /// What always holds between two steps.
    fn holds(&mut self) -> Result<(), String> {
        self.left.clear();
        self.dropped = false;
        let (clients, servers) = self.server.endpoint.transactions();
        if clients > self.limits.0 || servers > self.limits.1 {
            return Err(format!("{clients} and {servers} transactions"));
        }
        let idle = self.server.endpoint.poll_timeout().is_none();
        if idle != (clients + servers == 0) {
            return Err(format!("{clients} and {servers} transactions, and idle: {idle}"));
        }
        Ok(())
    }

    /// When enough time has gone by nothing is left, and who decides now is too late.
    fn ends(&mut self) -> Result<(), String> {
        self.waits(200_000)?;
        if self.server.endpoint.transactions() != (0, 0) || self.server.endpoint.poll_timeout().is_some() {
            return Err(format!("{:?} transactions never end", self.server.endpoint.transactions()));
        }
        self.left.clear();
        while !self.pending.is_empty() {
            self.decides(0, None)?;
        }
        if let Some((flow, octets)) = self.left.first() {
            return Err(format!("{octets:?} to {flow:?} comes too late"));
        }
        self.promises.are_kept()
    }

    fn ms(&self) -> u128 {
        self.server.now.instant.saturating_duration_since(self.start).as_millis()
    }
}

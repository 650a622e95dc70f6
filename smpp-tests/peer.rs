//! The other end of a session: a carrier with a virtual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use iwf_model::profile::Outbind;
use iwf_model::{Alphabet, BindKind, CarrierId, FinalState, MessageId, Notification, Now, Party, Profile};
use iwf_model::{
    Cancel, Cause, Denial, Mode, Outcome, Query, Receipt, Refusal, Replace, Standing, Submission, Timestamp,
    UpstreamReceipt, Which,
};
use iwf_smpp::{Anomaly, CloseReason, CommandId, CommandStatus, Event, Grant, ReceiptAnswer};
use iwf_smpp::{Session, SessionConfig, Ticket};
use rusmpp_core::command::owned::Command;
use rusmpp_core::decode::owned::DecodeWithLength;
use rusmpp_core::encode::{Length, owned::Encode};

/// A PDU our session wrote, as rusmpp-core understands it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) id: CommandId,
    pub(crate) status: CommandStatus,
    pub(crate) sequence: u32,
    /// All its octets.
    pub(crate) octets: Vec<u8>,
    pub(crate) command: Command,
}

impl Answer {
    pub(crate) fn short(&self) -> (CommandId, CommandStatus, u32) {
        (self.id, self.status, self.sequence)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.octets[16..]
    }
}

pub(crate) struct Peer {
    pub(crate) session: Session,
    pub(crate) now: Now,
    pub(crate) submissions: Vec<Submission>,
    pub(crate) anomalies: Vec<Anomaly>,
    pub(crate) receipts: Vec<(MessageId, ReceiptAnswer, u32)>,
    /// How texts to the peer ended, and in how many parts they went.
    pub(crate) texts: Vec<(MessageId, Outcome, usize)>,
    /// What the parts of each are called, by a carrier that acknowledges.
    pub(crate) names: Vec<Vec<Option<Box<str>>>>,
    /// What such a carrier told.
    pub(crate) upstream: Vec<UpstreamReceipt>,
    pub(crate) closed: Option<CloseReason>,
    pub(crate) unbound: bool,
    /// Accept what is submitted at once, under ids that count up.
    pub(crate) accepting: bool,
    /// What was submitted and not accepted at once.
    pub(crate) tickets: Vec<Ticket>,
    /// Which of that is refused instead.
    pub(crate) admission: fn(&Submission) -> Result<(), Refusal>,
    /// A transaction ends well.
    pub(crate) reachable: bool,
    /// Grant every bind at once.
    pub(crate) granting: bool,
    pub(crate) last_bind: Option<iwf_smpp::BindRequest>,
    /// How often a postponed bind was due.
    pub(crate) due: u8,
    /// Of the carrier.
    pub(crate) profile: Profile,
    pub(crate) queries: Vec<Query>,
    pub(crate) cancels: Vec<Cancel>,
    pub(crate) replaces: Vec<Replace>,
    /// How every message stands; operations are denied as queries are.
    pub(crate) standing: Result<Standing, Denial>,
    next_id: u64,
}

impl Peer {
    pub(crate) fn connected() -> Self {
        Self::with(SessionConfig::default())
    }

    /// On a connection that we opened; our outbind is still to be taken.
    pub(crate) fn called() -> Self {
        let mut peer = Self::connected();
        peer.session = Session::called(SessionConfig::default().into(), &outbind(), peer.now);
        peer
    }

    pub(crate) fn with(config: SessionConfig) -> Self {
        let utc = Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap();
        let now = Now { instant: Instant::now(), utc };
        Self {
            session: Session::new(Arc::new(config), now),
            now,
            submissions: Vec::new(),
            anomalies: Vec::new(),
            receipts: Vec::new(),
            texts: Vec::new(),
            names: Vec::new(),
            upstream: Vec::new(),
            closed: None,
            unbound: false,
            accepting: true,
            tickets: Vec::new(),
            admission: |_| Ok(()),
            reachable: true,
            granting: true,
            last_bind: None,
            due: 0,
            profile: Profile::default(),
            queries: Vec::new(),
            cancels: Vec::new(),
            replaces: Vec::new(),
            standing: Err(Denial::Unknown),
            next_id: 0,
        }
    }

    /// Bound so, with that interface_version; the bind response is taken.
    pub(crate) fn bound(kind: BindKind, interface_version: u8) -> Self {
        let mut peer = Self::connected();
        peer.binds(kind, interface_version);
        peer.answers();
        peer
    }

    pub(crate) fn transceiver() -> Self {
        Self::bound(BindKind::Transceiver, 0x34)
    }

    pub(crate) fn binds(&mut self, kind: BindKind, interface_version: u8) {
        let id = match kind {
            BindKind::Transmitter => CommandId::BindTransmitter,
            BindKind::Receiver => CommandId::BindReceiver,
            BindKind::Transceiver => CommandId::BindTransceiver,
        };
        let mut body = b"carrier1\0secret1\0\0".to_vec();
        body.extend([interface_version, 0, 0, 0]);
        self.sends(&pdu(id, 1, &body));
    }

    /// Octets arrive; everything that follows from them happens.
    pub(crate) fn sends(&mut self, octets: &[u8]) -> BytesMut {
        let mut input = BytesMut::from(octets);
        self.session.handle_input(&mut input, self.now);
        self.settles();
        input
    }

    pub(crate) fn passes(&mut self, span: Duration) {
        self.now = self.now.after(span);
        self.session.handle_timeout(self.now);
        self.settles();
    }

    /// Time goes by as a driver lets it: every timer is served when it is due.
    pub(crate) fn lives_through(&mut self, span: Duration) {
        let end = self.now.instant + span;
        while let Some((at, _)) = self.session.poll_timeout().filter(|(at, _)| *at <= end) {
            self.passes(at.saturating_duration_since(self.now.instant));
        }
        self.passes(end.saturating_duration_since(self.now.instant));
    }

    pub(crate) fn settles(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Bind(request) => {
                    self.last_bind = Some(*request);
                    if self.granting {
                        self.granted();
                    }
                }
                Event::BindDue => self.due += 1,
                Event::Submit { ticket, submission } => {
                    let (admitted, mode) = ((self.admission)(&submission), submission.options().mode);
                    self.submissions.push(*submission);
                    match admitted {
                        _ if !self.accepting => self.tickets.push(ticket),
                        Ok(()) if mode == Mode::Transaction && !self.reachable => {
                            self.session.fail_submit(ticket, &Outcome::new(Cause::Offline, 0), None);
                        }
                        Ok(()) => {
                            self.next_id += 1;
                            self.session.accept_submit(ticket, id(self.next_id));
                        }
                        Err(refusal) => self.session.refuse_submit(ticket, refusal),
                    }
                }
                Event::SubmitMulti { ticket, submissions } => {
                    let results: Vec<_> = submissions.iter().map(|one| self.judged(one)).collect();
                    self.submissions.extend(submissions);
                    self.session.answer_multi(ticket, results);
                }
                Event::Query { ticket, query } => {
                    self.queries.push(query);
                    self.session.answer_query(ticket, self.standing);
                }
                Event::Cancel { ticket, cancel } => {
                    let answer = match (&cancel.which, self.standing) {
                        // None of none is cancelled.
                        (Which::All { .. }, Err(Denial::Unknown)) => Err(Denial::TooLate),
                        (_, standing) => standing.map(|_| ()),
                    };
                    self.cancels.push(cancel);
                    self.session.answer_operation(ticket, answer);
                }
                Event::Replace { ticket, replace } => {
                    self.replaces.push(*replace);
                    self.session.answer_operation(ticket, self.standing.map(|_| ()));
                }
                Event::ReceiptAnswered { message, answer, status } => {
                    self.receipts.push((message, answer, status));
                }
                Event::TextAnswered { message, outcome, parts, names } => {
                    self.texts.push((message, outcome, parts));
                    self.names.push(names);
                }
                Event::Receipt { ticket, receipt } => {
                    self.upstream.push(*receipt);
                    self.session.accept_receipt(ticket);
                }
                Event::Unbound => self.unbound = true,
                Event::Closed(reason) => assert_eq!(self.closed.replace(reason), None, "told twice"),
                Event::Anomaly(anomaly) => self.anomalies.push(anomaly),
            }
        }
    }

    fn judged(&mut self, submission: &Submission) -> Result<MessageId, Refusal> {
        (self.admission)(submission)?;
        self.next_id += 1;
        Ok(id(self.next_id))
    }

    pub(crate) fn granted(&mut self) {
        let profile = Arc::new(self.profile.clone());
        let grant = Grant { carrier: CarrierId(1), alphabet: Alphabet::Gsm7, window: 100, profile };
        self.session.accept_bind(grant, self.now);
        self.settles();
    }

    /// Everything our session wrote since the last call.
    pub(crate) fn answers(&mut self) -> Vec<Answer> {
        let mut written = self.session.output().split();
        let mut answers = Vec::new();
        while !written.is_empty() {
            let length = u32::from_be_bytes(written[..4].try_into().unwrap()) as usize;
            answers.push(understood(&written.split_to(length)));
        }
        answers
    }

    /// The one PDU our session wrote since the last call.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answers = self.answers();
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    /// The session still works: an enquire_link is answered.
    pub(crate) fn lives(&mut self) -> bool {
        self.answers();
        self.sends(&pdu(CommandId::EnquireLink, 0x7777, &[]));
        self.answers().iter().any(|answer| answer.id == CommandId::EnquireLinkResp)
    }

    pub(crate) fn sends_receipt(&mut self, number: u64) -> bool {
        let sent = self.session.send_receipt(&receipt(number), self.now);
        self.settles();
        sent
    }
}

/// Decodes a PDU by rusmpp-core, which must read all of it and write the same octets again.
pub(crate) fn understood(octets: &[u8]) -> Answer {
    let mut rest = BytesMut::from(octets);
    rest.advance(4);
    let length = rest.len();
    let (command, read) = Command::decode(&mut rest, length).expect("rusmpp-core reads what we write");
    assert_eq!(read, length, "{command:?}");
    let mut again = BytesMut::zeroed(0);
    command.encode(&mut again);
    assert_eq!((again[..].to_vec(), command.length()), (octets[4..].to_vec(), length), "{command:?}");
    Answer {
        id: command.id(),
        status: command.status,
        sequence: command.sequence_number,
        octets: octets.to_vec(),
        command,
    }
}

pub(crate) fn id(number: u64) -> MessageId {
    MessageId::from_u64(100_000_000_000_000_000 + number).unwrap()
}

/// What we say when we call.
pub(crate) fn outbind() -> Outbind {
    let address = "192.0.2.7:2775".parse().unwrap();
    Outbind { address, system_id: "iwf".into(), password: "secret".into() }
}

pub(crate) fn receipt(number: u64) -> Receipt {
    Receipt {
        message: id(number),
        acknowledges: None,
        told_as: id(number),
        carrier: CarrierId(1),
        source: Party { ton: 5, npi: 0, addr: b"ACME"[..].into() },
        destination: Party { ton: 1, npi: 1, addr: b"+111222333"[..].into() },
        state: FinalState::Delivered,
        error: 0,
        code: 200,
        submitted_at: Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap(),
        done_at: Timestamp::from_civil((2026, 11, 21), (9, 31, 59)).unwrap(),
        reference: None,
        service_type: String::new(),
    }
}

/// That the message waits.
pub(crate) fn notification(number: u64) -> Notification {
    let told = receipt(number);
    Notification {
        message: told.message,
        told_as: told.message,
        carrier: told.carrier,
        source: told.source,
        destination: told.destination,
        error: 27,
        code: 480,
        submitted_at: told.submitted_at,
        at: told.done_at,
        reference: None,
        service_type: String::new(),
    }
}

pub(crate) fn pdu(id: CommandId, sequence: u32, body: &[u8]) -> Vec<u8> {
    response(id, CommandStatus::EsmeRok, sequence, body)
}

pub(crate) fn response(id: CommandId, status: CommandStatus, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = (body.len() as u32 + 16).to_be_bytes().to_vec();
    for field in [id.into(), status.into(), sequence] {
        octets.extend(u32::to_be_bytes(field));
    }
    octets.extend(body);
    octets
}

/// The fields of a submit_sm, each of which a test may make wrong. Strings are without their NUL.
#[derive(Debug, Clone)]
pub(crate) struct Submit {
    pub(crate) service_type: Vec<u8>,
    pub(crate) source: (u8, u8, Vec<u8>),
    pub(crate) destination: (u8, u8, Vec<u8>),
    pub(crate) esm_class: u8,
    pub(crate) protocol_id: u8,
    pub(crate) priority_flag: u8,
    pub(crate) schedule_delivery_time: Vec<u8>,
    pub(crate) validity_period: Vec<u8>,
    pub(crate) registered_delivery: u8,
    pub(crate) replace_if_present_flag: u8,
    pub(crate) data_coding: u8,
    pub(crate) sm_default_msg_id: u8,
    pub(crate) short_message: Vec<u8>,
    pub(crate) tlvs: Vec<u8>,
}

impl Default for Submit {
    fn default() -> Self {
        Self {
            service_type: Vec::new(),
            source: (5, 0, b"ACME".to_vec()),
            destination: (1, 1, b"111222333".to_vec()),
            esm_class: 0,
            protocol_id: 0,
            priority_flag: 0,
            schedule_delivery_time: Vec::new(),
            validity_period: Vec::new(),
            registered_delivery: 0,
            replace_if_present_flag: 0,
            data_coding: 0,
            sm_default_msg_id: 0,
            short_message: b"hello".to_vec(),
            tlvs: Vec::new(),
        }
    }
}

impl Submit {
    pub(crate) fn submit_sm(&self, sequence: u32) -> Vec<u8> {
        let mut body = c_string(&self.service_type);
        body.extend(address(&self.source));
        body.extend(address(&self.destination));
        body.extend([self.esm_class, self.protocol_id, self.priority_flag]);
        body.extend(c_string(&self.schedule_delivery_time));
        body.extend(c_string(&self.validity_period));
        body.extend([self.registered_delivery, self.replace_if_present_flag, self.data_coding]);
        body.extend([self.sm_default_msg_id, self.short_message.len() as u8]);
        body.extend(&self.short_message);
        body.extend(&self.tlvs);
        pdu(CommandId::SubmitSm, sequence, &body)
    }

    /// The same as a message centre sends it.
    pub(crate) fn deliver_sm(&self, sequence: u32) -> Vec<u8> {
        let mut octets = self.submit_sm(sequence);
        octets[7] = 5;
        octets
    }

    /// The text goes into message_payload.
    pub(crate) fn data_sm(&self, sequence: u32) -> Vec<u8> {
        let mut body = c_string(&self.service_type);
        body.extend(address(&self.source));
        body.extend(address(&self.destination));
        body.extend([self.esm_class, self.registered_delivery, self.data_coding]);
        body.extend(tlv(0x0424, &self.short_message));
        body.extend(&self.tlvs);
        pdu(CommandId::DataSm, sequence, &body)
    }

    /// What a bound transceiver of that version is answered.
    pub(crate) fn verdict(&self, interface_version: u8) -> CommandStatus {
        let mut peer = Peer::bound(BindKind::Transceiver, interface_version);
        peer.sends(&self.submit_sm(7));
        let answer = peer.answer();
        assert_eq!((answer.id, answer.sequence), (CommandId::SubmitSmResp, 7));
        assert_eq!(peer.submissions.len(), usize::from(answer.status == CommandStatus::EsmeRok));
        assert!(peer.lives(), "{:?}", answer.status);
        answer.status
    }

    /// What it becomes.
    pub(crate) fn taken(&self) -> Submission {
        let mut peer = Peer::transceiver();
        peer.sends(&self.submit_sm(7));
        assert_eq!(peer.answer().status, CommandStatus::EsmeRok);
        peer.submissions.remove(0)
    }
}

pub(crate) fn c_string(text: &[u8]) -> Vec<u8> {
    [text, &[0]].concat()
}

pub(crate) fn address((ton, npi, addr): &(u8, u8, Vec<u8>)) -> Vec<u8> {
    [&[*ton, *npi], &c_string(addr)[..]].concat()
}

pub(crate) fn tlv(tag: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes(), &(value.len() as u16).to_be_bytes(), value].concat()
}

//! The other end of a bind of ours: a message centre with a virtual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use iwf_model::connection::Submits;
use iwf_model::{
    BindKind, Carrier, EnvironmentId, Message, MessageId, Now, Profile, Refusal, Settings, Submission,
    Timestamp, UpstreamReceipt,
};
use iwf_smpp::{
    Anomaly, Client, ClientConfig, ClientEvent, ClientTicket, CloseReason, CommandId, CommandStatus,
    ReceiptAnswer, Secret, TextAnswer, Version,
};

use crate::peer::{Answer, id, pdu, response, understood};
use crate::texts::{carrier_of, message_of};

pub(crate) struct Centre {
    pub(crate) client: Client,
    pub(crate) now: Now,
    /// What it calls itself, and what is spoken, once it has taken the bind.
    pub(crate) bound: Option<(String, Version)>,
    pub(crate) submissions: Vec<Submission>,
    pub(crate) upstream: Vec<UpstreamReceipt>,
    pub(crate) texts: Vec<TextAnswer>,
    pub(crate) receipts: Vec<(MessageId, ReceiptAnswer, u32)>,
    pub(crate) anomalies: Vec<Anomaly>,
    pub(crate) throttled: usize,
    pub(crate) unbound: bool,
    pub(crate) closed: Option<CloseReason>,
    /// Accept what comes at once.
    pub(crate) accepting: Result<(), Refusal>,
    /// Leave it unanswered.
    pub(crate) holding: bool,
    pub(crate) tickets: Vec<ClientTicket>,
}

/// Who we are.
pub(crate) const HERE: EnvironmentId = EnvironmentId(*b"env-one.");

/// How a test binds.
pub(crate) fn config(kind: BindKind) -> ClientConfig {
    ClientConfig {
        kind,
        system_id: "iwf".into(),
        password: Secret::new("secret1"),
        system_type: "VMA".into(),
        version: Version::V34,
        carrier: Arc::new(carrier(&[])),
        submits: Submits::default(),
        environment: HERE,
        window: 10,
        receive_window: 10,
        max_output: 1 << 20,
        timers: ClientConfig::timers(),
    }
}

pub(crate) fn carrier(settings: &[(&str, &str)]) -> Carrier {
    let mut profile = Profile::default();
    settings.iter().for_each(|(key, text)| profile.set(key, text).unwrap());
    carrier_of(profile)
}

impl Centre {
    /// Connected to; the bind is still to be taken.
    pub(crate) fn connected(config: ClientConfig) -> Self {
        let utc = Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap();
        let now = Now { instant: Instant::now(), utc };
        Self {
            client: Client::new(Arc::new(config), now),
            now,
            bound: None,
            submissions: Vec::new(),
            upstream: Vec::new(),
            texts: Vec::new(),
            receipts: Vec::new(),
            anomalies: Vec::new(),
            throttled: 0,
            unbound: false,
            closed: None,
            accepting: Ok(()),
            holding: false,
            tickets: Vec::new(),
        }
    }

    /// Bound, with sc_interface_version as it is.
    pub(crate) fn bound(config: ClientConfig) -> Self {
        let mut centre = Self::connected(config);
        let bind = centre.written().remove(0);
        let version = centre_version(&bind);
        let body = [b"smsc\0", &crate::peer::tlv(0x0210, &[version])[..]].concat();
        centre.answers(&bind, CommandStatus::EsmeRok, &body);
        assert!(centre.bound.is_some(), "{:?}", centre.closed);
        centre
    }

    pub(crate) fn transceiver() -> Self {
        Self::bound(config(BindKind::Transceiver))
    }

    /// Octets arrive; everything that follows from them happens.
    pub(crate) fn sends(&mut self, octets: &[u8]) {
        let mut input = BytesMut::from(octets);
        self.client.handle_input(&mut input, self.now);
        self.settles();
    }

    /// Answers one of our requests by its own response.
    pub(crate) fn answers(&mut self, request: &Answer, status: CommandStatus, body: &[u8]) {
        self.sends(&response(request.id.matching_response(), status, request.sequence, body));
    }

    pub(crate) fn passes(&mut self, span: Duration) {
        self.now = self.now.after(span);
        self.client.handle_timeout(self.now);
        self.settles();
    }

    /// Time goes by as a driver lets it: every timer is served when it is due.
    pub(crate) fn lives_through(&mut self, span: Duration) {
        let end = self.now.instant + span;
        while let Some((at, _)) = self.client.poll_timeout().filter(|(at, _)| *at <= end) {
            self.passes(at.saturating_duration_since(self.now.instant));
        }
        self.passes(end.saturating_duration_since(self.now.instant));
    }

    /// Everything our client wrote since the last call.
    pub(crate) fn written(&mut self) -> Vec<Answer> {
        let mut written = self.client.output().split();
        let mut pdus = Vec::new();
        while !written.is_empty() {
            let length = u32::from_be_bytes(written[..4].try_into().unwrap()) as usize;
            pdus.push(understood(&written.split_to(length)));
        }
        pdus
    }

    /// The one PDU it wrote since the last call.
    pub(crate) fn one(&mut self) -> Answer {
        let mut written = self.written();
        assert_eq!(written.len(), 1, "{written:?}");
        written.remove(0)
    }

    /// Gives a text; false when it was not taken.
    pub(crate) fn gives(&mut self, number: u64, text: &str) -> bool {
        self.gives_message(message_of(text, id(number), self.now.utc))
    }

    pub(crate) fn gives_message(&mut self, message: Message) -> bool {
        let taken = self.client.send_text(&Arc::new(message), self.now);
        self.settles();
        taken
    }

    /// The client still works: an enquire_link is answered.
    pub(crate) fn lives(&mut self) -> bool {
        self.written();
        self.sends(&pdu(CommandId::EnquireLink, 0x7777, &[]));
        self.written().iter().any(|answer| answer.id == CommandId::EnquireLinkResp)
    }

    pub(crate) fn settles(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Bound { system_id, version } => {
                    assert_eq!(self.bound.replace((system_id, version)), None, "told twice");
                }
                ClientEvent::Submit { ticket, submission } => {
                    self.submissions.push(*submission);
                    let number = self.submissions.len() as u64;
                    match self.accepting {
                        _ if self.holding => self.tickets.push(ticket),
                        Ok(()) => self.client.accept_submit(ticket, id(number)),
                        Err(refusal) => self.client.refuse_submit(ticket, refusal),
                    }
                }
                ClientEvent::Receipt { ticket, receipt } => {
                    self.upstream.push(*receipt);
                    match self.accepting {
                        _ if self.holding => self.tickets.push(ticket),
                        Ok(()) => self.client.accept_receipt(ticket),
                        Err(refusal) => self.client.refuse_submit(ticket, refusal),
                    }
                }
                ClientEvent::TextAnswered(answer) => self.texts.push(answer),
                ClientEvent::ReceiptAnswered { message, answer, status } => {
                    self.receipts.push((message, answer, status));
                }
                ClientEvent::Throttled => self.throttled += 1,
                ClientEvent::Unbound => self.unbound = true,
                ClientEvent::Closed(reason) => assert_eq!(self.closed.replace(reason), None, "told twice"),
                ClientEvent::Anomaly(anomaly) => self.anomalies.push(anomaly),
            }
        }
    }
}

/// The interface_version of a bind.
fn centre_version(bind: &Answer) -> u8 {
    let mut strings = bind.body().splitn(4, |octet| *octet == 0);
    strings.nth(3).unwrap()[0]
}

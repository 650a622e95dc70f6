//! What the peer asks: every request that can be answered is answered, and keeps the bind.

use iwf_model::{Now, Profile, UpstreamReceipt};
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::{Attempt, Bound, Phase};
use crate::bind::{self, BindRequest, Version};
use crate::event::{Anomaly, Event, MultiTicket, QueryTicket, Ticket};
use crate::fault::Fault;
use crate::pdu::Header;
use crate::pdu::message::MessagePdu;
use crate::pdu::operation::{CancelSm, QuerySm, ReplaceSm};
use crate::state::{Sender, may_send};
use crate::submission::{self, Multi, Terms};
use crate::upstream::{self, Teller};
use crate::{operation, outcome};

/// From so many times the window on, submits are refused: the peer was not stopped by our not reading.
const HARD_WINDOW: usize = 2;

impl Session {
    pub(super) fn handle_request(&mut self, header: &Header, body: &[u8], now: Now) {
        let command_id = header.command_id;
        if let CommandId::Other(unknown) = command_id {
            self.put(CommandId::GenericNack, CommandStatus::EsmeRinvcmdid, header.sequence_number);
            self.note(Anomaly::UnknownCommand(unknown));
            return;
        }
        if !may_send(self.state(), Sender::Esme, command_id) {
            self.refuse_state(header);
            return;
        }
        match (bind::kind(command_id), self.bound()) {
            (Some(kind), _) => match BindRequest::read(kind, body) {
                Ok(request) => self.decide_bind(header, request),
                Err(fault) => {
                    self.refuse_pdu(header, fault);
                    self.count_bind_failure();
                }
            },
            (None, Some(bound)) => self.handle_bound(header, body, bound, now),
            // The table allows nothing else to one that is not bound.
            (None, None) => self.refuse_state(header),
        }
    }

    fn handle_bound(&mut self, header: &Header, body: &[u8], bound: Bound, now: Now) {
        use CommandId as C;
        match header.command_id {
            C::SubmitSm | C::DataSm | C::SubmitMulti | C::QuerySm | C::CancelSm | C::ReplaceSm => {
                if let Err(status) = self.may_take(bound) {
                    return self.refuse_now(header, status);
                }
                if matches!(header.command_id, C::SubmitSm | C::DataSm) {
                    self.watcher.submit(header.command_id, body);
                }
                match self.understand(header, body, bound, now) {
                    Ok(Some(event)) => {
                        self.unanswered += 1;
                        self.events.push_back(event);
                    }
                    Ok(None) => {}
                    Err(fault) => self.refuse_pdu(header, fault),
                }
            }
            C::Unbind => self.handle_unbind(header, bound, now),
            command_id => {
                let status = not_offered(bound.version);
                self.put_fault(header, status);
                self.note(Anomaly::NotOffered(command_id));
            }
        }
    }

    /// Whether a request that is answered later is taken at all.
    fn may_take(&self, bound: Bound) -> Result<(), CommandStatus> {
        match self.phase {
            Phase::Bound(_) if self.unanswered >= bound.window.saturating_mul(HARD_WINDOW) => {
                Err(CommandStatus::EsmeRthrottled)
            }
            Phase::Bound(_) => Ok(()),
            // The peer has unbound and goes on asking.
            Phase::Draining { unbind: Some(_), .. } => Err(CommandStatus::EsmeRinvbndsts),
            // We are stopping: somewhere else, or a little later, it will be taken.
            _ => Err(CommandStatus::EsmeRsyserr),
        }
    }

    fn refuse_now(&mut self, header: &Header, status: CommandStatus) {
        match status {
            CommandStatus::EsmeRinvbndsts => return self.refuse_state(header),
            CommandStatus::EsmeRthrottled => {
                self.watcher.refused(status);
                self.note(Anomaly::BeyondWindow);
            }
            _ => {}
        }
        self.put_fault(header, status);
    }

    /// What a request asks of the one who drives the session; `None` when it is answered already.
    fn understand(
        &mut self,
        header: &Header,
        body: &[u8],
        bound: Bound,
        now: Now,
    ) -> Result<Option<Event>, Fault> {
        let Bound { carrier, alphabet, version, .. } = bound;
        let terms = Terms { carrier, alphabet, version, profile: &self.profile };
        let sequence = header.sequence_number;
        let ticket = Ticket { response: header.command_id.matching_response(), sequence };
        Ok(Some(match header.command_id {
            CommandId::SubmitMulti => {
                let multi = submission::from_submit_multi(body, &terms, now.utc)?;
                return Ok(self.submit_multi(sequence, multi));
            }
            CommandId::QuerySm => {
                let pdu = QuerySm::read(body)?;
                let ticket = QueryTicket { sequence, written: pdu.message_id.into() };
                Event::Query { ticket, query: operation::query(&pdu, &terms)? }
            }
            CommandId::CancelSm => {
                Event::Cancel { ticket, cancel: operation::cancel(&CancelSm::read(body)?, &terms)? }
            }
            CommandId::ReplaceSm => {
                let replace = operation::replace(&ReplaceSm::read(body)?, &terms, now.utc)?;
                Event::Replace { ticket, replace: Box::new(replace) }
            }
            command_id => {
                let is_data_sm = command_id == CommandId::DataSm;
                let pdu =
                    if is_data_sm { MessagePdu::read_data_sm(body)? } else { MessagePdu::read_sm(body)? };
                if let Some(receipt) = told(&pdu, &self.profile) {
                    return Ok(Some(Event::Receipt { ticket, receipt: Box::new(receipt) }));
                }
                let submission = Box::new(submission::from_pdu(&pdu, is_data_sm, &terms, now.utc)?);
                Event::Submit { ticket, submission }
            }
        }))
    }

    /// A submit_multi of which no recipient could be understood is answered at once.
    fn submit_multi(&mut self, sequence: u32, multi: Multi) -> Option<Event> {
        let Multi { submissions, unsuccessful } = multi;
        if submissions.is_empty() {
            self.put_multi(sequence, None, &unsuccessful);
            return None;
        }
        let destinations = submissions.iter().map(|one| one.destination_as_submitted.clone()).collect();
        let ticket = MultiTicket { sequence, destinations, unsuccessful };
        Some(Event::SubmitMulti { ticket, submissions })
    }

    fn decide_bind(&mut self, header: &Header, request: BindRequest) {
        self.phase = Phase::Deciding(Attempt {
            command_id: header.command_id,
            sequence: header.sequence_number,
            kind: request.kind,
            version: request.version,
        });
        self.events.push_back(Event::Bind(Box::new(request)));
    }

    fn handle_unbind(&mut self, header: &Header, bound: Bound, now: Now) {
        let sequence = header.sequence_number;
        match self.phase {
            // A second unbind, or one that crosses ours: answered at once.
            Phase::Draining { unbind: Some(_), .. } | Phase::Unbinding { .. } => {
                self.put(CommandId::UnbindResp, CommandStatus::EsmeRok, sequence);
            }
            _ => self.drain(bound, Some(sequence), now),
        }
    }

    /// A request that may not be sent in this state, or not by this end (SMPP 5.0 2.8.2).
    fn refuse_state(&mut self, header: &Header) {
        let status = match header.command_id {
            // These have no response.
            CommandId::Outbind | CommandId::AlertNotification => CommandStatus::EsmeRinvcmdid,
            id if bind::kind(id).is_some() && self.state().is_bound() => CommandStatus::EsmeRalybnd,
            _ => CommandStatus::EsmeRinvbndsts,
        };
        self.put_fault(header, status);
        self.note(Anomaly::WrongState(header.command_id));
    }

    fn refuse_pdu(&mut self, header: &Header, fault: Fault) {
        let status = outcome::for_version(fault.status(), self.version());
        self.watcher.refused(status);
        self.put_fault(header, status);
        self.note(Anomaly::BadPdu { command_id: header.command_id, fault, status });
    }

    /// 16 octets: the matching response with the status, or generic_nack where there is none or where
    /// the peer's version does not know the command.
    fn put_fault(&mut self, header: &Header, status: CommandStatus) {
        let response = match status {
            CommandStatus::EsmeRinvcmdid => CommandId::GenericNack,
            _ => header.command_id.matching_response(),
        };
        self.put_error(response, status, header.sequence_number);
    }
}

/// What a carrier that acknowledges tells of a text that it took.
fn told(pdu: &MessagePdu<'_>, profile: &Profile) -> Option<UpstreamReceipt> {
    let teller = if profile.reading.environment { Teller::MessageCentre } else { Teller::Esme };
    if profile.sending.acknowledges { upstream::read(pdu, teller) } else { None }
}

/// What answers the broadcast operations, which v5.0 knows and we do not offer (interworking.md A.3.3, A.6).
fn not_offered(version: Version) -> CommandStatus {
    if version < Version::V50 { CommandStatus::EsmeRinvcmdid } else { CommandStatus::EsmeRprohibited }
}

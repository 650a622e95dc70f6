//! What the peer asks: every request that can be answered is answered, and keeps the bind.

use iwf_model::Now;
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use super::phase::{Attempt, Bound, Phase};
use crate::bind::{self, BindRequest, Version};
use crate::event::{Anomaly, Event, Ticket};
use crate::fault::Fault;
use crate::outcome;
use crate::pdu::Header;
use crate::state::{Sender, may_send};
use crate::submission;

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
        match header.command_id {
            CommandId::SubmitSm | CommandId::DataSm => self.handle_submit(header, body, bound, now),
            CommandId::Unbind => self.handle_unbind(header, bound, now),
            command_id => {
                let status = not_offered(command_id, bound.terms.version);
                self.respond_error(header, status);
                self.note(Anomaly::NotOffered(command_id));
            }
        }
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

    fn handle_submit(&mut self, header: &Header, body: &[u8], bound: Bound, now: Now) {
        match self.phase {
            Phase::Bound(_) if self.unanswered >= bound.window.saturating_mul(HARD_WINDOW) => {
                self.watcher.refused(CommandStatus::EsmeRthrottled);
                self.respond_error(header, CommandStatus::EsmeRthrottled);
                self.note(Anomaly::BeyondWindow);
                return;
            }
            Phase::Bound(_) => {}
            // The peer has unbound and goes on submitting.
            Phase::Draining { unbind: Some(_), .. } => return self.refuse_state(header),
            // We are stopping: somewhere else, or a little later, it will be taken.
            _ => return self.respond_error(header, CommandStatus::EsmeRsyserr),
        }
        self.watcher.submit(header.command_id, body);
        let read = match header.command_id {
            CommandId::DataSm => submission::from_data_sm,
            _ => submission::from_submit_sm,
        };
        match read(body, &bound.terms, now.utc) {
            Ok(submission) => {
                self.unanswered += 1;
                let response = header.command_id.matching_response();
                let ticket = Ticket { response, sequence: header.sequence_number };
                self.events.push_back(Event::Submit { ticket, submission: Box::new(submission) });
            }
            Err(fault) => self.refuse_pdu(header, fault),
        }
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
        self.respond_error(header, status);
        self.note(Anomaly::WrongState(header.command_id));
    }

    fn refuse_pdu(&mut self, header: &Header, fault: Fault) {
        let status = outcome::for_version(fault.status(), self.version());
        self.watcher.refused(status);
        self.respond_error(header, status);
        self.note(Anomaly::BadPdu { command_id: header.command_id, fault, status });
    }

    /// 16 octets: the matching response with the status, or generic_nack where there is none or where
    /// the peer's version does not know the command.
    fn respond_error(&mut self, header: &Header, status: CommandStatus) {
        let response = match status {
            CommandStatus::EsmeRinvcmdid => CommandId::GenericNack,
            _ => header.command_id.matching_response(),
        };
        self.put(response, status, header.sequence_number);
    }
}

/// What answers a request that the specification knows and we do not offer (interworking.md A.3.3, A.6).
fn not_offered(command_id: CommandId, version: Version) -> CommandStatus {
    let of_v5 = matches!(
        command_id,
        CommandId::BroadcastSm | CommandId::QueryBroadcastSm | CommandId::CancelBroadcastSm
    );
    match command_id {
        CommandId::QuerySm => CommandStatus::EsmeRqueryfail,
        CommandId::CancelSm => CommandStatus::EsmeRcancelfail,
        CommandId::ReplaceSm => CommandStatus::EsmeRreplacefail,
        _ if of_v5 && version < Version::V50 => CommandStatus::EsmeRinvcmdid,
        _ => outcome::for_version(CommandStatus::EsmeRprohibited, version),
    }
}

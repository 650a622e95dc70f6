//! Answering what the peer asked: each ticket once, in the form that the carrier's profile wants.

use iwf_model::{Denial, MessageId, Outcome, Refusal, Standing};
use rusmpp_core::{CommandId, CommandStatus};

use super::Session;
use crate::bind::Version;
use crate::event::{MultiTicket, QueryTicket, Ticket};
use crate::id::WrittenId;
use crate::outcome;
use crate::pdu::tlv::tag;
use crate::pdu::writer::{Writer, put_header_only};
use crate::submission::Unsuccessful;
use crate::{operation, time};

impl Session {
    /// Answers a submit whose message is durable under that id.
    pub fn accept_submit(&mut self, ticket: Ticket, id: MessageId) {
        if self.settle_ticket() {
            let id = WrittenId::new(id, self.profile.answers.id_in_response);
            let congestion = self.told_congestion();
            let (response, sequence) = (ticket.response, ticket.sequence);
            let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, sequence);
            pdu.octets(id.as_bytes()).u8(0);
            put_congestion(&mut pdu, congestion);
            pdu.finish();
            self.finish_draining();
        }
    }

    /// Answers a receipt that is durable. It is no message, so it has no id.
    pub fn accept_receipt(&mut self, ticket: Ticket) {
        if self.settle_ticket() {
            let (response, sequence) = (ticket.response, ticket.sequence);
            let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, sequence);
            pdu.u8(0).finish();
            self.finish_draining();
        }
    }

    /// Answers a submit whose message is not taken, or a receipt that can't be.
    pub fn refuse_submit(&mut self, ticket: Ticket, refusal: Refusal) {
        if self.settle_ticket() {
            let status = outcome::for_version(outcome::refusal_status(refusal), self.version());
            self.put_error(ticket.response, status, ticket.sequence);
            self.watcher.refused(status);
            self.finish_draining();
        }
    }

    /// Answers a submit in transaction mode whose message could not be delivered, with the reason
    /// (SMPP 5.0 4.2.10.4). A peer of v3.3 knows neither the status nor TLVs. `dpf` says of a message that asked for a
    /// delivery pending flag whether it was set (dpf_result, 4.8.4.32).
    pub fn fail_submit(&mut self, ticket: Ticket, outcome: &Outcome, dpf: Option<bool>) {
        if !self.settle_ticket() {
            return;
        }
        let version = self.version();
        let status = outcome::for_version(CommandStatus::EsmeRdeliveryfailure, version);
        if version >= Version::V34 {
            let reason = outcome::failure_reason(outcome.cause);
            let mut pdu = Writer::begin(&mut self.output, ticket.response, status, ticket.sequence);
            pdu.u8(0).tlv(tag::DELIVERY_FAILURE_REASON, &[reason]);
            if let Some(code) = outcome::network_error_code(outcome.code, outcome.cause.error()) {
                pdu.tlv(tag::NETWORK_ERROR_CODE, &code);
            }
            if let Some(set) = dpf {
                pdu.tlv(tag::DPF_RESULT, &[set.into()]);
            }
            pdu.finish();
        } else {
            self.put_error(ticket.response, status, ticket.sequence);
        }
        self.finish_draining();
    }

    /// Answers a submit_multi: what became of each of its submissions, in their order. What is missing there
    /// counts as not stored.
    ///
    /// The id that answers the whole is that of the first message that was taken. If none was, the answer is an
    /// error: the one they share, so that a peer that is too fast slows down, or else RSUBMITFAIL.
    pub fn answer_multi(
        &mut self,
        ticket: MultiTicket,
        results: impl IntoIterator<Item = Result<MessageId, Refusal>>,
    ) {
        if !self.settle_ticket() {
            return;
        }
        let MultiTicket { sequence, destinations, mut unsuccessful } = ticket;
        let missing = std::iter::repeat(Err(Refusal::StoreUnavailable));
        let mut first = None;
        for (destination, result) in destinations.into_iter().zip(results.into_iter().chain(missing)) {
            match result {
                Ok(id) => first = first.or(Some(id)),
                Err(refusal) => {
                    unsuccessful.push(Unsuccessful { destination, status: outcome::refusal_status(refusal) });
                }
            }
        }
        self.put_multi(sequence, first, &unsuccessful);
        self.finish_draining();
    }

    /// Answers a query_sm. The id is written as the peer wrote it.
    pub fn answer_query(&mut self, ticket: QueryTicket, answer: Result<Standing, Denial>) {
        if !self.settle_ticket() {
            return;
        }
        let version = self.version();
        match answer {
            Ok(standing) => {
                let (response, ok) = (CommandId::QuerySmResp, CommandStatus::EsmeRok);
                let mut pdu = Writer::begin(&mut self.output, response, ok, ticket.sequence);
                pdu.c_string(&ticket.written, 65);
                match standing.ended_at {
                    Some(moment) => pdu.c_string(&time::absolute(moment), 17),
                    None => pdu.u8(0),
                };
                let error = u8::try_from(standing.error).unwrap_or(u8::MAX);
                pdu.u8(operation::state(standing.state, version)).u8(error).finish();
            }
            Err(denial) => {
                let status = operation::denial_status(CommandId::QuerySm, denial);
                self.put(CommandId::QuerySmResp, status, ticket.sequence);
            }
        }
        self.finish_draining();
    }

    /// Answers a cancel_sm or replace_sm: done, and durable, or not done and why.
    pub fn answer_operation(&mut self, ticket: Ticket, answer: Result<(), Denial>) {
        if self.settle_ticket() {
            let request = match ticket.response {
                CommandId::ReplaceSmResp => CommandId::ReplaceSm,
                _ => CommandId::CancelSm,
            };
            let status = match answer {
                Ok(()) => CommandStatus::EsmeRok,
                Err(denial) => operation::denial_status(request, denial),
            };
            self.put(ticket.response, status, ticket.sequence);
            self.finish_draining();
        }
    }

    /// How near we are to refusing messages, 0-100: told in answers to peers of v5.0 (SMPP 5.0 4.8.4.18).
    pub fn set_congestion(&mut self, percent: u8) {
        self.congestion = percent.min(100);
    }

    /// 16 octets, or the empty fields behind them that some peers need to see (interworking.md A.1).
    pub(super) fn put_error(&mut self, response: CommandId, status: CommandStatus, sequence: u32) {
        let body: &[u8] = match response {
            CommandId::SubmitSmResp | CommandId::DataSmResp if self.profile.answers.error_body => &[0],
            CommandId::SubmitMultiResp if self.profile.answers.error_body => &[0, 0],
            _ => return put_header_only(&mut self.output, response, status, sequence),
        };
        Writer::begin(&mut self.output, response, status, sequence).octets(body).finish();
    }

    pub(super) fn put_multi(&mut self, sequence: u32, first: Option<MessageId>, failed: &[Unsuccessful]) {
        let (version, response) = (self.version(), CommandId::SubmitMultiResp);
        let Some(first) = first else {
            let status = outcome::for_version(shared_status(failed), version);
            return self.put_error(response, status, sequence);
        };
        let id = WrittenId::new(first, self.profile.answers.id_in_response);
        let congestion = self.told_congestion();
        let mut pdu = Writer::begin(&mut self.output, response, CommandStatus::EsmeRok, sequence);
        pdu.octets(id.as_bytes()).u8(0);
        // There are no more than 255 recipients.
        pdu.u8(u8::try_from(failed.len()).unwrap_or(u8::MAX));
        for Unsuccessful { destination, status } in failed.iter().take(usize::from(u8::MAX)) {
            let status = u32::from(outcome::for_version(*status, version));
            pdu.address(destination, 21).octets(&status.to_be_bytes());
        }
        put_congestion(&mut pdu, congestion);
        pdu.finish();
    }

    fn told_congestion(&self) -> Option<u8> {
        (self.version() >= Version::V50).then_some(self.congestion)
    }
}

fn put_congestion(pdu: &mut Writer<'_>, congestion: Option<u8>) {
    if let Some(percent) = congestion {
        pdu.tlv(tag::CONGESTION_STATE, &[percent]);
    }
}

/// The status that all share, or the general one.
fn shared_status(failed: &[Unsuccessful]) -> CommandStatus {
    match failed {
        [first, rest @ ..] if rest.iter().all(|other| other.status == first.status) => first.status,
        _ => CommandStatus::EsmeRsubmitfail,
    }
}

//! The responses.

use bytes::Bytes;
use iwf_model::Refusal;

use super::{Arrival, Handled};
use crate::endpoint::Lingering;
use crate::ims::cause::RpCause;
use crate::ims::reply::Reply;
use crate::message::{Builder, Name, Request, Status};

/// Makes the response to one request.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) request: &'a Request,
    pub(super) arrival: &'a Arrival,
    /// The Authentication-Info of a 2xx (RFC 3261 20.6).
    pub(super) next_nonce: Option<&'a str>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(request: &'a Request, arrival: &'a Arrival) -> Self {
        Self { request, arrival, next_nonce: None }
    }

    pub(super) fn begin(&self, status: Status) -> Builder {
        begin(self.request, self.arrival, status, self.next_nonce)
    }

    pub(super) fn simply(&self, status: Status) -> Handled {
        Self::respond(status.code, self.begin(status))
    }

    pub(super) fn respond(status: u16, response: Builder) -> Handled {
        let response = response.finish();
        Handled::Respond { response, status, bindings: Vec::new(), lingering: Lingering::Forget }
    }

    pub(super) fn later(&self) -> PendingAnswer {
        let next_nonce = self.next_nonce.map(Box::from);
        PendingAnswer { request: self.request.clone(), arrival: *self.arrival, next_nonce, reply: None }
    }
}

fn begin(request: &Request, arrival: &Arrival, status: Status, next_nonce: Option<&str>) -> Builder {
    let begun = Builder::response(request, arrival.flow.peer(), status, &format!("{:016x}", arrival.random));
    match next_nonce.filter(|_| status.code < 300) {
        Some(info) => begun.header(Name::AuthenticationInfo, info),
        None => begun,
    }
}

/// The response to a MESSAGE that the intake or the store is asked about.
#[derive(Debug, Clone)]
pub struct PendingAnswer {
    request: Request,
    arrival: Arrival,
    next_nonce: Option<Box<str>>,
    reply: Option<Reply>,
}

impl PendingAnswer {
    /// The same for a short message: what becomes of it is told in a MESSAGE of our own.
    pub(super) fn with_reply(self, reply: Reply) -> Self {
        Self { reply: Some(reply), ..self }
    }

    /// What the phone is told beyond the response, when the message is durable or refused.
    pub fn reply(&mut self, result: Result<(), Refusal>) -> Option<(Reply, Result<(), RpCause>)> {
        Some((self.reply.take()?, result.map_err(RpCause::of)))
    }

    /// 202: the message is durable (RFC 3428 section 7: without body and Contact).
    pub fn accepted(&self) -> Bytes {
        begin(&self.request, &self.arrival, Status::of(202), self.next_nonce.as_deref()).finish()
    }

    /// 200: a notice that goes no further than here (interworking.md C.12).
    pub fn heard(&self) -> Bytes {
        begin(&self.request, &self.arrival, Status::of(200), self.next_nonce.as_deref()).finish()
    }

    /// The message is not taken; [`PendingAnswer::status_of`] has the code.
    pub fn refused(&self, refusal: Refusal) -> Bytes {
        if self.reply.is_some() {
            return self.accepted();
        }
        let response = begin(&self.request, &self.arrival, Self::status(refusal), None);
        match refusal.retry_after() {
            Some(span) => response.header(Name::RetryAfter, span.as_secs().max(1)).finish(),
            None => response.finish(),
        }
    }

    /// The status of [`PendingAnswer::refused`]: 202 to a short message, whose refusal is an RP-ERROR.
    pub fn status_of(&self, refusal: Refusal) -> u16 {
        if self.reply.is_some() { 202 } else { Self::status(refusal).code }
    }

    /// What each refusal is in SIP (interworking.md D.5). A rate is 500: on 503 a proxy would stop using us
    /// for everybody.
    fn status(refusal: Refusal) -> Status {
        match refusal {
            Refusal::UnknownDestination => Status::of(404),
            Refusal::DestinationBarred => Status::new(403, "Destination Barred"),
            Refusal::OriginDisabled => Status::of(403),
            Refusal::Throttled => Status::new(500, "Rate Exceeded"),
            Refusal::QueueFull => Status::new(503, "Too Many Messages Wait"),
            Refusal::StoreUnavailable | Refusal::Stopping => Status::of(503),
            Refusal::AlreadyExpired => Status::new(400, "Already Expired"),
            Refusal::Loop => Status::of(482),
        }
    }
}

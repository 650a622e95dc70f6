//! RPDUs of IMS phones after the digest: short messages, reports on ours, and "memory is free" (TS 24.341 5.3.3;
//! interworking.md C.13).
//!
//! A unit that asks for an answer gets it in a MESSAGE of our own, RP-ACK or RP-ERROR; 202 only says that it came, or,
//! of a short message, that it is durable. The response itself refuses where there is nothing to answer to.

use iwf_model::{
    Account, Address, Asked, Binding, Imdn, Options, Origin, Party, ReceiptRequest, ShortAsked, Submission,
    Timestamp,
};

use super::answer::Answer;
use super::message::{origin, recipient, refuse};
use super::trunks::Sender;
use super::{Handled, Uas};
use crate::delivery::asking;
use crate::directory::Directory;
use crate::ims::cause::RpCause;
use crate::ims::exchange::Report;
use crate::ims::reply::Reply;
use crate::ims::submit::{Content, Submit};
use crate::ims::{FromPhone, is_offered_by};
use crate::message::{Name, Request, Scheme, Status};
use crate::submission::Unreadable;

/// What follows from an RPDU that is no text.
#[derive(Debug)]
pub enum Short {
    /// The phone says what became of an RP-DATA of ours.
    Reported(Report),
    /// The phone has room again (RP-SMMA): what waits for its account can go out. It hears RP-ACK.
    MemoryAvailable(Reply),
    /// What it sent is not taken: it hears RP-ERROR.
    Refused(Reply, RpCause),
}

impl Uas {
    pub(super) fn short(
        &self,
        unit: &[u8],
        sender: &Sender,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
    ) -> Handled {
        // What a trunk brings for a carrier comes from no phone that could be answered.
        let Sender::Account { account, .. } = sender else { return refuse(answer, Unreadable::MediaType) };
        let uri = request.request_uri();
        if uri.scheme() != Scheme::Tel && !self.is_here(uri.host(), answer.arrival.local) {
            return answer.simply(Status::of(404));
        }
        let reference = FromPhone::reference_of(unit);
        let report = |result| {
            let in_reply_to = request.elements(Name::InReplyTo).next().map(Box::from);
            Short::Reported(Report { account: account.id, reference, in_reply_to, result })
        };
        let read = FromPhone::read(unit);
        match read {
            Ok(FromPhone::Ack { .. }) => return carried(answer, report(Ok(()))),
            Ok(FromPhone::Error { cause, .. }) => return carried(answer, report(Err(cause))),
            Err(_) if !FromPhone::asks_for_answer(unit) => return refuse(answer, Unreadable::Malformed),
            Ok(FromPhone::Data { .. } | FromPhone::MemoryAvailable { .. }) | Err(_) => {}
        }
        let Some(binding) = phone(account, answer, directory) else {
            return answer.simply(Status::new(403, "Register With +g.3gpp.smsip"));
        };
        let Some(origin) = origin(sender, request, directory) else {
            return answer.simply(Status::new(403, "From Is Not Yours"));
        };
        let came = answer.arrival.now.utc;
        let submitted = matches!(read, Ok(FromPhone::Data { .. })).then_some(came);
        let reply = Reply { binding, reference, call_id: request.call_id().into(), submitted };
        let submission = match read {
            Ok(FromPhone::Data { tpdu, .. }) => {
                self.submitted(tpdu, origin, (request, came, &reply.binding), directory)
            }
            Err(unreadable) => Err(unreadable.cause()),
            Ok(_) => return carried(answer, Short::MemoryAvailable(reply)),
        };
        match submission {
            Ok(submission) => Handled::Submit {
                submission: Box::new(submission),
                pending: Box::new(answer.later().with_reply(reply)),
            },
            Err(cause) => carried(answer, Short::Refused(reply, cause)),
        }
    }

    /// What an SMS-SUBMIT becomes. Its sender is whom the digest has proved; RP-Originator says nothing.
    fn submitted(
        &self,
        tpdu: &[u8],
        (origin, source, source_as_submitted): (Origin, Address, Party),
        (request, came, phone): (&Request, Timestamp, &Binding),
        directory: &dyn Directory,
    ) -> Result<Submission, RpCause> {
        let submit = Submit::read(tpdu).map_err(|unreadable| unreadable.cause())?;
        let digits = submit.destination;
        let destination = recipient(digits.as_str(), Some(digits), directory).unwrap_or(digits);
        if let Some(status) = self.forbids(&destination, request, directory) {
            return Err(if status.code == 403 { RpCause::BARRED } else { RpCause::NOT_OFFERED });
        }
        let (text, part) = match submit.content {
            Content::Text(text) => (text, None),
            Content::Part(part) => (String::new(), Some(part)),
        };
        // Nobody who hides is told anything.
        let asked = (submit.wants_report && source != Address::Absent).then(|| {
            let short = ShortAsked {
                reference: submit.reference,
                is_international: submit.is_international,
                submitted: came,
            };
            let (name, written_at, to) = Default::default();
            Box::new(Imdn::Asked(Asked { name, written_at, to, device: asking(phone), short: Some(short) }))
        });
        let receipt = if asked.is_some() { ReceiptRequest::ANY } else { ReceiptRequest::NONE };
        let (class, replace_type) = (submit.class, submit.replace_type);
        let options = Options { part, class, replace_type, imdn: asked, ..Options::NONE };
        Ok(Submission {
            origin,
            source,
            destination,
            source_as_submitted,
            destination_as_submitted: Party::default(),
            text,
            receipt,
            validity: submit.validity,
            reference: None,
            options: (options != Options::NONE).then(|| Box::new(options)),
        })
    }
}

/// Where the phone is reached that sent a request: where it came from, else the registration that lasts longest.
fn phone(account: &Account, answer: &Answer<'_>, directory: &dyn Directory) -> Option<Binding> {
    let (flow, now) = (answer.arrival.flow, answer.arrival.now.utc);
    let bindings = directory.bindings(account.id).into_iter();
    bindings
        .filter(|binding| binding.expires_at > now && is_offered_by(&binding.params))
        .max_by_key(|binding| (binding.flow == flow, binding.expires_at))
}

/// 202: the unit came.
fn carried(answer: &Answer<'_>, then: Short) -> Handled {
    Handled::Short { response: answer.later().accepted(), then: Box::new(then) }
}

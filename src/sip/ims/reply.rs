//! What a phone is told of the short message that it sent: a MESSAGE of our own with an RP-ACK or RP-ERROR
//! (TS 24.341 5.3.1.3, 5.3.2.5).

use iwf_model::{AccountId, Binding, Flow, Timestamp};

use super::cause::RpCause;
use super::rpdu::FromNetwork;
use super::{MEDIA_TYPE, service_centre};
use crate::date::SipDate;
use crate::delivery::branch_of;
use crate::endpoint::Outgoing;
use crate::error::Malformed;
use crate::message::{Builder, Method, Name, Uri, Via};

/// To whom something is told, and about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The registration of the phone.
    pub binding: Binding,
    /// RP-Message Reference of what it sent.
    pub reference: u8,
    /// The Call-ID of the MESSAGE that carried it.
    pub call_id: Box<str>,
    /// When it came, if it was an SMS-SUBMIT.
    pub submitted: Option<Timestamp>,
}

/// How it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The flow to the phone.
    pub flow: Flow,
    /// Our own `host[:port]` there.
    pub sent_by: &'a str,
    /// Random, new for each request: makes its branch, tag and Call-ID.
    pub random: u64,
    /// What we call ourselves.
    pub user_agent: &'a str,
}

impl Reply {
    /// Whose phone it is.
    pub fn account(&self) -> AccountId {
        self.binding.account
    }

    /// The request for the endpoint; `token` comes back in its events.
    ///
    /// # Errors
    /// When the binding has no SIP URI; the registrar lets none of those in.
    pub fn outgoing(
        &self,
        result: Result<(), RpCause>,
        way: Way<'_>,
        token: u64,
        now: Timestamp,
    ) -> Result<Outgoing, Malformed> {
        let Way { flow, sent_by, random, user_agent } = way;
        let contact = Uri::parse(&self.binding.contact)?.without_headers();
        let aor = Uri::parse(&self.binding.aor)?;
        let (domain, transport, cookie) = (aor.host(), flow.transport().as_str(), Via::COOKIE);
        let centre = service_centre(domain);
        let mut request = Builder::request(Method::Message, contact)
            .header(
                Name::Via,
                format_args!("SIP/2.0/{transport} {sent_by};rport;branch={cookie}{random:016x}"),
            )
            .header(Name::MaxForwards, 70)
            .header(Name::From, format_args!("<{centre}>;tag={random:016x}"))
            .header(Name::To, format_args!("<{}>", aor.without_headers()))
            .header(Name::CallId, format_args!("{random:016x}.report@{domain}"))
            .header(Name::CSeq, "1 MESSAGE")
            .header(Name::Date, SipDate(now))
            .header(Name::InReplyTo, &self.call_id);
        if !self.binding.path.is_empty() {
            request = request.header(Name::Route, &self.binding.path);
        }
        let octets = request
            .header(Name::PAssertedIdentity, format_args!("<{centre}>"))
            .other("Accept-Contact", super::ACCEPT_CONTACT)
            .other("Request-Disposition", "no-fork")
            .header(Name::UserAgent, user_agent)
            .other("Content-Transfer-Encoding", "binary")
            .finish_with(MEDIA_TYPE, &self.unit(result).to_octets());
        Ok(Outgoing { token, branch: branch_of(random), method: Method::Message, octets, flow })
    }

    fn unit(&self, result: Result<(), RpCause>) -> FromNetwork<'static> {
        let Self { reference, submitted, .. } = *self;
        match result {
            Ok(()) => FromNetwork::Ack { reference, submitted },
            Err(cause) => FromNetwork::Error { reference, cause, submitted },
        }
    }
}

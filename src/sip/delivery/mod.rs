//! A message on its way to a phone: the MESSAGE request, and where to send it.
//!
//! Request-URI is the contact as it was registered and To is the address of record as it was registered:
//! apps hide texts that are addressed otherwise. All attempts to bring one message to one contact share
//! Call-ID and From tag, and CSeq counts them, so that a phone can tell a repeat from a new text.

mod asker;
mod form;
mod short;
#[cfg(test)]
mod short_tests;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use iwf_model::{Address, Binding, Flow, Message, MessageId, Origin, Timestamp};

use crate::date::SipDate;
use crate::endpoint::Outgoing;
use crate::error::Malformed;
use crate::imdn::Written;
use crate::ims::exchange::Sent;
use crate::ims::{ACCEPT_CONTACT, MEDIA_TYPE, service_centre};
use crate::message::build::Quoted;
use crate::message::{Builder, Method, Name, Uri, Via};
use crate::overload::oc::OFFER;

pub use asker::is_for;
pub(crate) use asker::{device, device_of as asking};
pub use form::Form;
pub use short::{Segment, Segments};
pub use target::{LARGEST_DATAGRAM, Target, is_from_device, target};

/// One attempt to bring a message to a contact.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The message.
    pub message: &'a Message,
    /// The contact it goes to.
    pub binding: &'a Binding,
    /// Which attempt to this contact it is, from 1: the CSeq.
    pub number: u32,
    /// Where it leaves: [`Target::flow`], or a new connection in place of a lost one.
    pub flow: Flow,
    /// Our own `host[:port]` on the socket or connection it leaves by (RFC 3261 18.1.1).
    pub sent_by: &'a str,
    /// Random, new for each attempt: makes the branch.
    pub branch: u64,
    /// What we call ourselves.
    pub user_agent: &'a str,
    /// What it carries.
    pub body: Body<'a>,
}

/// What a MESSAGE carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// The whole text; a notice has a form of its own.
    Text(Form),
    /// A part of it as a short message, for a phone that takes those and nothing else.
    Short(Segment<'a>),
}

/// A validity longer than this is not told to the phone.
const LONGEST_EXPIRES: Duration = Duration::from_secs(7 * 86_400);

impl Attempt<'_> {
    /// The request for the endpoint; `token` comes back in its events.
    ///
    /// An error means what it means for [`Attempt::request`].
    pub fn outgoing(&self, token: u64, now: Timestamp) -> Result<Outgoing, Malformed> {
        let octets = self.request(now)?;
        let branch = branch_of(self.branch);
        Ok(Outgoing { token, branch, method: Method::Message, octets, flow: self.flow })
    }

    /// The request as it goes on the wire, Via included (RFC 3428 section 4; interworking.md D.1).
    ///
    /// An error means that the binding's contact or address of record is no SIP URI; the registrar lets
    /// none of those in.
    pub fn request(&self, now: Timestamp) -> Result<Bytes, Malformed> {
        let Self { message, binding, sent_by, branch, .. } = *self;
        let contact = Uri::parse(&binding.contact)?.without_headers();
        let aor = Uri::parse(&binding.aor)?;
        let domain = aor.host();
        if domain.is_empty() {
            return Err(Malformed);
        }
        let (transport, cookie, id) = (self.flow.transport().as_str(), Via::COOKIE, message.id);
        let (tag, from) = (mixed(id.as_u64()), Sender { message, domain });
        // A phone has nothing to say about overload, the proxy before it may have.
        let offer = if binding.path.is_empty() { "" } else { OFFER };

        let mut request = Builder::request(Method::Message, contact)
            .header(
                Name::Via,
                format_args!("SIP/2.0/{transport} {sent_by};rport;branch={cookie}{branch:016x}{offer}"),
            )
            .header(Name::MaxForwards, max_forwards(message));
        request = match self.body {
            Body::Text(_) => request.header(Name::From, format_args!("{from};tag={tag:016x}")),
            Body::Short(_) => {
                request.header(Name::From, format_args!("<{}>;tag={tag:016x}", service_centre(domain)))
            }
        };
        request = request
            .header(Name::To, format_args!("<{}>", aor.without_headers()))
            .header(Name::CallId, self.call_id(domain))
            .header(Name::CSeq, format_args!("{} MESSAGE", self.number))
            .header(Name::Date, SipDate(now));
        if !binding.path.is_empty() {
            request = request.header(Name::Route, &binding.path);
        }
        let left = message.expires_at.since(now);
        if left <= LONGEST_EXPIRES {
            request = request.header(Name::Expires, left.as_secs().max(1));
        }
        let request = request.header(Name::UserAgent, self.user_agent);
        Ok(match self.body {
            Body::Text(form) => self.with_text(request, form, from, aor.without_headers()),
            Body::Short(segment) => self.with_short(request, segment, aor.without_headers(), domain),
        })
    }

    fn with_text(&self, request: Builder, form: Form, from: Sender<'_>, to: &str) -> Bytes {
        let submission = &self.message.submission;
        let request = match submission.source {
            Address::Absent => request.header(Name::Privacy, "id"),
            Address::Number(_) | Address::Name(_) => request,
        };
        match (self.message.notice(), form) {
            (Some(notice), _) => {
                let (name, at) = (self.message.id.as_u64(), self.message.accepted_at);
                let written = Written { notice, name, at, to }.to_string();
                request.finish_with("message/cpim", written.as_bytes())
            }
            (None, Form::Plain) => {
                request.finish_with("text/plain;charset=UTF-8", submission.text.as_bytes())
            }
            (None, Form::Cpim) => {
                let wrapped = form::Wrapped { from, to }.to_string();
                request.finish_with("message/cpim", wrapped.as_bytes())
            }
        }
    }

    /// What a phone of IMS expects around an RP-DATA (TS 24.341 5.3.2.4).
    fn with_short(&self, request: Builder, segment: Segment<'_>, to: &str, domain: &str) -> Bytes {
        request
            .header(Name::PAssertedIdentity, format_args!("<{}>", service_centre(domain)))
            .other("P-Called-Party-ID", format_args!("<{to}>"))
            .other("Accept-Contact", ACCEPT_CONTACT)
            .other("Request-Disposition", "no-fork")
            .other("Content-Transfer-Encoding", "binary")
            .finish_with(MEDIA_TYPE, &segment.body(self.message, self.binding))
    }

    /// Of a short message: what is waited for when it is sent. An error means what it means for
    /// [`Attempt::request`].
    pub fn sent(&self) -> Result<Option<Sent>, Malformed> {
        let Body::Short(segment) = self.body else { return Ok(None) };
        let call_id = self.call_id(Uri::parse(&self.binding.aor)?.host()).to_string();
        Ok(Some(segment.sent(self.message, self.binding, call_id)))
    }

    /// The same in all attempts to bring the message, or this part of it, to the device.
    fn call_id<'a>(&self, domain: &'a str) -> CallId<'a> {
        let part = match self.body {
            Body::Text(_) => 0,
            Body::Short(segment) => segment.number(),
        };
        CallId { id: self.message.id, device: device_of(self.binding), part, domain }
    }
}

/// The Call-ID of a MESSAGE; part 0 is a whole text.
struct CallId<'a> {
    id: MessageId,
    device: u64,
    part: usize,
    domain: &'a str,
}

impl fmt::Display for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, device, part, domain } = *self;
        match part {
            0 => write!(f, "{id}.{device:016x}@{domain}"),
            part => write!(f, "{id}.{device:016x}.{part}@{domain}"),
        }
    }
}

/// The device behind a binding, as a number.
fn device_of(binding: &Binding) -> u64 {
    fingerprint(binding.instance.as_deref().unwrap_or(&binding.contact).as_bytes())
}

/// How often a request that is new may be sent on (RFC 3261 8.1.1.6).
pub(crate) const MAX_FORWARDS: u8 = 70;

/// A text that came over SIP goes on like a request that is sent on (RFC 3261 16.6, step 3), however long it was kept: one
/// that servers send round and round ends.
fn max_forwards(message: &Message) -> u8 {
    match (message.submission.options().max_forwards, message.submission.origin) {
        (Some(left), _) => left.saturating_sub(1),
        (None, Origin::Account(_)) => MAX_FORWARDS - 1,
        (None, Origin::Carrier(_)) => MAX_FORWARDS,
    }
}

/// The branch that a random number makes (RFC 3261 8.1.1.7).
pub fn branch_of(random: u64) -> Box<str> {
    format!("{}{random:016x}", Via::COOKIE).into()
}

/// Display name and URI of the sender.
struct Sender<'a> {
    message: &'a Message,
    domain: &'a str,
}

impl fmt::Display for Sender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (submission, domain) = (&self.message.submission, self.domain);
        if let Some(notice) = self.message.notice() {
            return write!(f, "<{}>", notice.asked.to);
        }
        match &submission.source {
            Address::Number(number) if submission.source_is_international() => {
                write!(f, "<sip:+{}@{domain};user=phone>", number.as_str())
            }
            Address::Number(number) => write!(f, "<sip:{}@{domain}>", number.as_str()),
            Address::Name(name) => {
                write!(f, "{} <sip:{}@{domain}>", Quoted(name.as_str()), Escaped(name.as_str()))
            }
            Address::Absent => f.write_str("\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
        }
    }
}

/// A name as a user part with nothing but unreserved characters (RFC 3261 25.1), so that no reader can take
/// a part of it for a parameter or a header field.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0.bytes() {
            if octet.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&octet) {
                fmt::Write::write_char(f, char::from(octet))?;
            } else {
                write!(f, "%{octet:02X}")?;
            }
        }
        Ok(())
    }
}

/// FNV-1a: the same for the same contact in every run and on every node.
fn fingerprint(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Spreads a number over all bits (the finalizer of SplitMix64), so that tags of neighbours look unlike.
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

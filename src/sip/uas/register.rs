//! REGISTER after the digest: whose address of record it is, and what the registrar makes of it.

use iwf_model::{Account, Flow};

use super::answer::Answer;
use super::checks::SUPPORTED;
use super::{Handled, Uas};
use crate::date::SipDate;
use crate::directory::{Directory, user_of};
use crate::endpoint::Lingering;
use crate::message::{Builder, Name, Request, Scheme, Status, Uri};
use crate::registrar::{PushAsked, Register, Registered, Rejected, listed, push_asked, register};

impl Uas {
    pub(super) fn register(
        &self,
        account: &Account,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
    ) -> Handled {
        let arrival = answer.arrival;
        if !self.is_here(request.request_uri().host(), arrival.local) {
            return answer.simply(Status::new(404, "Domain Not Served"));
        }
        let (to, from) = (request.to().uri(), request.from().uri());
        let owner = |uri: &Uri<'_>| directory.account(&user_of(uri)).map(|owner| owner.id);
        let known = matches!(to.scheme(), Scheme::Sip | Scheme::Sips) && self.serves(to.host());
        let owner_of_aor = owner(&to).filter(|_| known);
        let Some(owner_of_aor) = owner_of_aor else { return answer.simply(Status::of(404)) };
        // Nobody registers for somebody else (RFC 3261 10.3, step 4), nor as somebody else.
        if owner_of_aor != account.id || (owner(&from) != Some(account.id) && !from.is_equivalent(&to)) {
            return answer.simply(Status::of(403));
        }
        let Ok(contacts) = request.contacts() else { return answer.simply(Status::new(400, "Bad Contact")) };
        let push = push_asked(&contacts, request.expires(), &self.push);
        if push == PushAsked::Unknown {
            return answer.simply(Status::of(555));
        }
        let Some(path) = path(request) else { return answer.simply(Status::new(400, "Bad Path")) };
        let asked = Register {
            account: account.id,
            aor: address_of_record(&to),
            call_id: request.call_id(),
            cseq: request.cseq().number,
            contacts: &contacts,
            expires: request.expires(),
            flow: arrival.flow,
            path: &path,
            is_first_hop: request.elements(Name::Via).nth(1).is_none(),
            push: &self.push,
            supports_outbound: names_option(request, "outbound"),
            user_agent: request.header(Name::UserAgent).unwrap_or_default(),
        };
        let now = arrival.now.utc;
        match register(&self.registrar, &directory.bindings(account.id), &asked, now) {
            Ok(registered) => self.registered(answer, registered, &asked, push),
            Err(rejected) => self.rejected(answer, rejected),
        }
    }

    /// The 200 (RFC 3261 10.3 step 8), with what its extensions add: the Path that is kept (RFC 3327 5.3), the way
    /// for the app's own requests (RFC 3608 5), what of outbound was done (RFC 5626 6),
    /// who wakes it (RFC 8599).
    fn registered(
        &self,
        answer: &Answer<'_>,
        registered: Registered,
        asked: &Register<'_>,
        push: PushAsked<'_>,
    ) -> Handled {
        let now = answer.arrival.now.utc;
        let mut response = answer.begin(Status::of(200));
        for binding in &registered.bindings {
            response = response.header(Name::Contact, listed(binding, now));
        }
        if !asked.path.is_empty() {
            response = response.header(Name::Path, asked.path);
        }
        for proxy in &self.service_route {
            response = response.other("Service-Route", format_args!("<{proxy}>"));
        }
        response = self.tell_push(response, push).header(Name::Supported, SUPPORTED);
        if registered.outbound {
            response = response.header(Name::Require, "outbound");
            let ours_to_watch = asked.path.is_empty() && matches!(asked.flow, Flow::Stream { .. });
            if let Some(timer) = self.registrar.flow_timer.filter(|_| ours_to_watch) {
                response = response.other("Flow-Timer", timer.as_secs());
            }
        }
        let response = response.header(Name::Date, SipDate(now)).finish();
        Handled::Respond { response, status: 200, bindings: registered.changes, lingering: Lingering::Keep }
    }

    /// Feature-Caps: the provider that wakes the app, or all there are if it asked which (RFC 8599 4.1.1, 9).
    fn tell_push(&self, response: Builder, push: PushAsked<'_>) -> Builder {
        let told = |provider: &str| match push {
            PushAsked::Which => true,
            PushAsked::Known(known) => known == provider,
            PushAsked::Nothing | PushAsked::Unknown => false,
        };
        let told = self.push.iter().filter(|provider| told(provider));
        told.fold(response, |response, provider| {
            response.other("Feature-Caps", format_args!("*;+sip.pns=\"{provider}\""))
        })
    }

    fn rejected(&self, answer: &Answer<'_>, rejected: Rejected) -> Handled {
        let status = match rejected {
            Rejected::TooBrief => {
                let min = self.registrar.min_expires.as_secs();
                let response = answer.begin(Status::of(423)).header(Name::MinExpires, min);
                return Answer::respond(423, response);
            }
            Rejected::StarNeedsExpiresZero => Status::new(400, "Star Needs Expires 0"),
            Rejected::OutOfOrder => Status::new(400, "CSeq Out Of Order"),
            Rejected::BadContact => Status::new(400, "Bad Contact"),
            Rejected::TooLong => Status::new(400, "Too Long To Be Kept"),
            Rejected::FirstHopLacksOutbound => Status::of(439),
            Rejected::SeveralFlows => Status::new(400, "A Flow Is Registered Alone"),
            Rejected::TooManyContacts => Status::new(400, "Too Many Contacts"),
        };
        answer.simply(status)
    }
}

/// The Path fields as one (RFC 3327 5.3); `None`: one of them could not be a Route.
fn path(request: &Request) -> Option<String> {
    let is_proxy =
        |uri: &Uri<'_>| matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) && !uri.host().is_empty();
    let read = request.addresses(Name::Path).all(|proxy| proxy.is_ok_and(|proxy| is_proxy(&proxy.uri())));
    read.then(|| request.elements(Name::Path).collect::<Vec<_>>().join(", "))
}

/// Whether the app says that it understands an extension.
fn names_option(request: &Request, option: &str) -> bool {
    let named = request.elements(Name::Supported).chain(request.elements(Name::Require));
    named.into_iter().any(|tag| tag.eq_ignore_ascii_case(option))
}

/// The address of record (RFC 3261 10.3, step 5): no parameters, no header fields; else as it was written,
/// because the app looks for just this in the To of what it is sent.
fn address_of_record<'a>(to: &Uri<'a>) -> &'a str {
    let uri = to.without_headers();
    uri.strip_suffix(to.params().as_str()).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3261 10.3, step 5.
    #[test]
    fn an_address_of_record_has_neither_parameters_nor_header_fields() {
        let cases = [
            ("sip:1@example.com", "sip:1@example.com"),
            ("sip:+1;ext=2@h:5060;user=phone;transport=tcp?X=y", "sip:+1;ext=2@h:5060"),
            ("sips:%31@[2001:db8::1];lr", "sips:%31@[2001:db8::1]"),
        ];
        for (to, expected) in cases {
            assert_eq!(address_of_record(&Uri::parse(to).unwrap()), expected);
        }
    }
}

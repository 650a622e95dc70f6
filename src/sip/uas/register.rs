//! REGISTER after the digest: whose address of record it is, and what the registrar makes of it.

use iwf_model::Account;

use super::answer::Answer;
use super::{Handled, Uas};
use crate::date::SipDate;
use crate::directory::Directory;
use crate::endpoint::Lingering;
use crate::message::{Name, Request, Scheme, Status, Uri};
use crate::registrar::{Register, Rejected, listed, register};

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
        let asked = Register {
            account: account.id,
            aor: address_of_record(&to),
            call_id: request.call_id(),
            cseq: request.cseq().number,
            contacts: &contacts,
            expires: request.expires(),
            flow: arrival.flow,
            user_agent: request.header(Name::UserAgent).unwrap_or_default(),
        };
        let now = arrival.now.utc;
        match register(&self.registrar, &directory.bindings(account.id), &asked, now) {
            Ok(registered) => {
                let begun = answer.begin(Status::of(200));
                let listing = registered
                    .bindings
                    .iter()
                    .fold(begun, |response, binding| response.header(Name::Contact, listed(binding, now)));
                let response = listing.header(Name::Date, SipDate(now)).finish();
                let (bindings, lingering) = (registered.changes, Lingering::Keep);
                Handled::Respond { response, status: 200, bindings, lingering }
            }
            Err(rejected) => self.rejected(answer, rejected),
        }
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
            Rejected::TooManyContacts => Status::new(400, "Too Many Contacts"),
        };
        answer.simply(status)
    }
}

/// The user that a URI names, for the directory: without parameters within it and without '+'.
pub(super) fn user_of(uri: &Uri<'_>) -> String {
    let user = uri.user().unwrap_or_default();
    let name = user.split(';').next().unwrap_or_default();
    name.strip_prefix('+').unwrap_or(name).to_owned()
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

    #[test]
    fn the_user_is_what_stands_before_its_own_parameters() {
        for (uri, user) in [("sip:%2B1;phone-context=x@h", "1"), ("tel:+1-5;ext=3", "1-5"), ("sip:h", "")] {
            assert_eq!(user_of(&Uri::parse(uri).unwrap()), user);
        }
    }
}

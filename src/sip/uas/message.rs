//! MESSAGE after the digest: a text becomes a submission, with what its app wants to hear of it; of notices only that a text was read goes further
//! (RFC 3428 section 7, RFC 5438).

use std::time::Duration;

use iwf_model::{
    Account, Address, Asked, Imdn, Name as DisplayName, Number, Options, Origin, Party, ReceiptRequest,
    Submission, Validity,
};

use super::answer::Answer;
use super::trunks::{Sender, number};
use super::{Handled, Uas};
use crate::date::Rfc3339;
use crate::delivery::{MAX_FORWARDS, device};
use crate::directory::{Directory, user_of};
use crate::imdn::Wishes;
use crate::message::{Name, Request, Scheme, Status, Uri};
use crate::registrar::app;
use crate::submission::{ACCEPT, ACCEPT_ENCODING, Content, Unreadable, content};

impl Uas {
    pub(super) fn message(
        &self,
        sender: &Sender,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
    ) -> Handled {
        // Notices end before all that could refuse them: an app repeats a refused one for ever.
        let text = match content(request) {
            Ok(Content::Notification(notification)) => {
                let read = notification.and_then(|notification| notification.read());
                return match (read, sender) {
                    (Some(message), Sender::Account { account, .. }) => {
                        Handled::Read { message, teller: account.id, pending: Box::new(answer.later()) }
                    }
                    (Some(_), Sender::Carrier { .. }) | (None, _) => answer.simply(Status::of(200)),
                };
            }
            Ok(Content::Composing) => return answer.simply(Status::of(200)),
            Ok(Content::Short(unit)) => return self.short(&unit, sender, request, answer, directory),
            Ok(Content::Text(text)) => Ok((text, None)),
            Ok(Content::Asking(text, wishes)) => Ok((text, Some(wishes))),
            Err(unreadable) => Err(unreadable),
        };
        let Some((origin, source, source_as_submitted)) = origin(sender, request, directory) else {
            return answer.simply(Status::new(403, "From Is Not Yours"));
        };
        let uri = request.request_uri();
        let here = uri.scheme() == Scheme::Tel || self.is_here(uri.host(), answer.arrival.local);
        let named = recipient(&user_of(&uri), number(&uri), directory);
        let Some(destination) = named.filter(|_| here) else {
            return answer.simply(Status::of(404));
        };
        if let Some(status) = self.forbids(&destination, request, directory) {
            return answer.simply(status);
        }
        let (text, wishes) = match text {
            Ok(read) => read,
            Err(unreadable) => return refuse(answer, unreadable),
        };
        let asked = wishes.and_then(|wishes| asked(*wishes, (origin, &source), answer, directory));
        let (receipt, imdn) = asked.map_or((ReceiptRequest::NONE, None), |(receipt, asked)| {
            (receipt, Some(Box::new(Imdn::Asked(asked))))
        });
        let max_forwards = remembered(request, origin);
        let has_options = imdn.is_some() || max_forwards.is_some();
        let options = has_options.then(|| Box::new(Options { imdn, max_forwards, ..Options::NONE }));
        let submission = Submission {
            origin,
            source,
            destination,
            source_as_submitted,
            destination_as_submitted: Party::default(),
            text,
            receipt,
            validity: validity(request),
            reference: None,
            options,
        };
        Handled::Submit { submission: Box::new(submission), pending: Box::new(answer.later()) }
    }

    /// Why nothing may be sent there.
    pub(super) fn forbids(
        &self,
        destination: &Number,
        request: &Request,
        directory: &dyn Directory,
    ) -> Option<Status> {
        // What is taken goes on from here, and this has come as far as it may (RFC 3261 16.3, step 3).
        if request.max_forwards() == Some(0) {
            return Some(Status::of(483));
        }
        if directory.account(destination.as_str()).is_some() {
            return None;
        }
        if self.emergency.contains(destination) {
            return Some(EMERGENCY);
        }
        // A phone shows "Anonymous"; a carrier is owed a sender.
        wants_privacy(request).then(|| Status::of(433))
    }
}

/// How often a text may still be sent on, where that is to be remembered: an app's own text begins with the same as every
/// other, and one from a carrier might have come by SMPP.
fn remembered(request: &Request, origin: Origin) -> Option<u8> {
    let left = request.max_forwards().map_or(MAX_FORWARDS, |left| left.min(MAX_FORWARDS));
    (left < MAX_FORWARDS || matches!(origin, Origin::Carrier(_))).then_some(left)
}

/// A text for help must not seem to have been taken (interworking.md E.6).
pub(super) const EMERGENCY: Status = Status::new(403, "No Emergency Texts Here");

/// Who gave us the message and who it is from; `None`: From is somebody else.
pub(super) fn origin(
    sender: &Sender,
    request: &Request,
    directory: &dyn Directory,
) -> Option<(Origin, Address, Party)> {
    let (origin, source, as_submitted) = match sender {
        Sender::Account { account, number: Some(number) } => {
            (Origin::Account(account.id), Address::Number(*number), Party::default())
        }
        Sender::Account { account, number: None } => {
            (Origin::Account(account.id), own_address(account, request, directory)?, Party::default())
        }
        Sender::Carrier { carrier, source, as_submitted } => {
            (Origin::Carrier(*carrier), source.clone(), as_submitted.clone())
        }
    };
    Some(if wants_privacy(request) {
        (origin, Address::Absent, Party::default())
    } else {
        (origin, source, as_submitted)
    })
}

/// What an app is to hear of its text, and how it is found then. Nobody who hides is told anything (RFC 5438 8.3), and a
/// carrier has receipts.
fn asked(
    wishes: Wishes,
    (origin, source): (Origin, &Address),
    answer: &Answer<'_>,
    directory: &dyn Directory,
) -> Option<(ReceiptRequest, Asked)> {
    let Origin::Account(account) = origin else { return None };
    let (request, arrival) = (answer.request, answer.arrival);
    let to = request.to().uri().without_headers();
    let is_uri =
        to.len() <= MOST_URI && to.bytes().all(|octet| octet.is_ascii_graphic() && !b"<>".contains(&octet));
    if *source == Address::Absent || !is_uri || to.is_empty() {
        return None;
    }
    let app = app(request.header(Name::UserAgent).unwrap_or_default());
    let Wishes { name, written_at, receipt } = wishes;
    // A notice has to say when its text was written.
    let written_at = if written_at.is_empty() { Rfc3339(arrival.now.utc).to_string() } else { written_at };
    let device = device(&directory.bindings(account), arrival.flow, &app);
    Some((receipt, Asked { name, written_at, to: to.to_owned(), device, short: None }))
}

/// Of an app whose text is to somebody with a longer address nobody hears anything.
const MOST_URI: usize = 256;

/// Whether the sender asks not to be named (RFC 3323 4.2, RFC 3325 9.3).
fn wants_privacy(request: &Request) -> bool {
    let values = request.headers(Name::Privacy).flat_map(|value| value.split([';', ',']));
    values
        .map(str::trim)
        .any(|word| ["id", "user", "header"].iter().any(|kind| word.eq_ignore_ascii_case(kind)))
}

/// Who the message is from: the number that the app names in P-Preferred-Identity or From if the account
/// owns it, else the account's first one. `None`: From is somebody else (interworking.md C.11, G.2).
fn own_address(account: &Account, request: &Request, directory: &dyn Directory) -> Option<Address> {
    let from = request.from().uri();
    let preferred = request.addresses(Name::PPreferredIdentity).flatten().map(|address| address.uri());
    let own = |uri: &Uri<'_>| number(uri).filter(|number| account.dids.contains(number));
    if let Some(number) = own(&from) {
        return Some(Address::Number(number));
    }
    let user = user_of(&from);
    let hidden = user.eq_ignore_ascii_case("anonymous");
    if !hidden && directory.account(&user).is_none_or(|owner| owner.id != account.id) {
        return None;
    }
    let number = preferred.filter_map(|uri| own(&uri)).next().or(account.dids.first().copied());
    let number = number.or_else(|| Number::parse(account.username.as_bytes()).ok()).map(Address::Number);
    let name = || DisplayName::parse(&account.username).map(Address::Name);
    Some(number.or_else(name).unwrap_or(Address::Absent))
}

/// Who it is for: a number, or another account by its name.
pub(super) fn recipient(user: &str, number: Option<Number>, directory: &dyn Directory) -> Option<Number> {
    match directory.account(user) {
        Some(account) => number.filter(|n| account.dids.contains(n)).or(account.dids.first().copied()),
        None => number,
    }
}

/// Expires (RFC 3428 section 8), counted from receipt: the clock in a phone, and so its Date, proves little.
fn validity(request: &Request) -> Validity {
    let expires = request.expires().map(|seconds| Duration::from_secs(u64::from(seconds)));
    expires.map_or(Validity::Default, Validity::For)
}

pub(super) fn refuse(answer: &Answer<'_>, unreadable: Unreadable) -> Handled {
    let unsupported = Status::of(415);
    match unreadable {
        Unreadable::Empty => answer.simply(Status::new(400, "No Content")),
        Unreadable::Malformed => answer.simply(Status::new(400, "Bad Content")),
        Unreadable::TooLarge => answer.simply(Status::of(413)),
        Unreadable::MediaType => {
            Answer::respond(unsupported.code, answer.begin(unsupported).header(Name::Accept, ACCEPT))
        }
        Unreadable::Encoding => {
            let response = answer.begin(unsupported).header(Name::AcceptEncoding, ACCEPT_ENCODING);
            Answer::respond(unsupported.code, response)
        }
    }
}

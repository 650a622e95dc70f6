//! What is checked before anybody is asked who they are (interworking.md C.5, steps 6 to 10).

use super::answer::Answer;
use super::message::EMERGENCY;
use super::{ALLOW, Handled};
use crate::message::{Method, Name, Request, Scheme, Status};

/// The answer to a request that goes no further.
pub(super) fn refusal(
    request: &Request,
    answer: &Answer<'_>,
    is_here: impl Fn(&str) -> bool,
) -> Option<Handled> {
    let uri = request.request_uri();
    if request.max_forwards() == Some(0) && !uri.host().is_empty() && !is_here(uri.host()) {
        return Some(answer.simply(Status::of(483)));
    }
    match request.method() {
        Method::Options | Method::Register | Method::Message => {}
        // The transaction layer knows of none to cancel (RFC 3261 9.2).
        Method::Cancel => return Some(answer.simply(Status::of(481))),
        Method::Other => return Some(not_taken(answer, Status::of(501))),
        _ => return Some(not_taken(answer, Status::of(405))),
    }
    let is_known = match uri.scheme() {
        Scheme::Sip | Scheme::Sips => true,
        Scheme::Tel => request.method() == Method::Message,
        Scheme::Other => false,
    };
    let urn = uri.as_str().get(.."urn:service:sos".len()).unwrap_or_default();
    if request.method() == Method::Message && urn.eq_ignore_ascii_case("urn:service:sos") {
        return Some(answer.simply(EMERGENCY));
    }
    if !is_known {
        return Some(answer.simply(Status::of(416)));
    }
    unsupported(request, answer)
}

fn not_taken(answer: &Answer<'_>, status: Status) -> Handled {
    Answer::respond(status.code, answer.begin(status).header(Name::Allow, ALLOW))
}

/// The extensions that a request may insist on (RFC 3327, RFC 5626), for Supported.
pub(super) const SUPPORTED: &str = "path, outbound";

/// A request that insists on another extension is refused: 420 names them all (RFC 3261 8.2.2.3).
fn unsupported(request: &Request, answer: &Answer<'_>) -> Option<Handled> {
    let required = request.elements(Name::Require).chain(request.elements(Name::ProxyRequire));
    let is_ours = |tag: &str| SUPPORTED.split(", ").any(|ours| ours.eq_ignore_ascii_case(tag));
    let tags: Vec<&str> = required.filter(|tag| !tag.is_empty() && !is_ours(tag)).collect();
    let response = || answer.begin(Status::of(420)).header(Name::Unsupported, tags.join(", "));
    (!tags.is_empty()).then(|| Answer::respond(420, response()))
}

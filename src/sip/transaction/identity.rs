//! What a request is matched by (RFC 3261 17.2.3, 8.2.2.2).
//!
//! The parts are written one after another, each ended by an octet that no header value can hold, into a
//! buffer that is used again: looking a request up allocates nothing.

use crate::message::{Fields, Method, Request};

const END: u8 = b'\n';

/// Writes what a request is found by: branch, sent-by and method; without a unique branch what RFC 2543
/// compared. With `method` it is the INVITE that an ACK or CANCEL belongs to.
pub(crate) fn transaction(into: &mut Vec<u8>, request: &Request, method: &str) {
    into.clear();
    let via = request.via();
    match via.unique_branch() {
        Some(branch) => {
            part(into, branch);
            into.extend(via.host().bytes().map(|b| b.to_ascii_lowercase()));
            into.extend_from_slice(&via.effective_port().to_be_bytes());
            into.push(END);
        }
        None => {
            into.push(END);
            part(into, request.request_uri_text());
            // The ACK has the To tag that the response brought, the INVITE may have had none.
            let to_tag = if method == request.method_text() { request.to().tag() } else { None };
            part(into, to_tag.unwrap_or_default());
            tags(into, request);
            part(into, request.elements(crate::message::Name::Via).next().unwrap_or_default());
        }
    }
    part(into, method);
}

/// Writes what merged requests have in common: From tag, Call-ID and CSeq. `false` if this can't be one:
/// it belongs to a dialog, or has no From tag, or is a CANCEL.
pub(crate) fn merge(into: &mut Vec<u8>, request: &Request) -> bool {
    if request.to().tag().is_some() || request.method() == Method::Cancel {
        return false;
    }
    into.clear();
    tags(into, request);
    part(into, request.method_text());
    request.from().tag().is_some()
}

fn tags(into: &mut Vec<u8>, fields: &Fields) {
    part(into, fields.from().tag().unwrap_or_default());
    part(into, fields.call_id());
    into.extend_from_slice(&fields.cseq().number.to_be_bytes());
    into.push(END);
}

fn part(into: &mut Vec<u8>, text: &str) {
    into.extend_from_slice(text.as_bytes());
    into.push(END);
}

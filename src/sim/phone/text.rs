//! A text as the phone shows it.

use std::net::SocketAddr;
use std::time::Instant;

use rsip::headers::{ToTypedHeader, UntypedHeader};
use rsip::message::HeadersExt;

/// A MESSAGE that came in. Retransmissions of it are answered and not told again.
#[derive(Debug, Clone)]
pub struct Text {
    /// Who sent it, as a phone would show it: the display name, or else the user part without '+'.
    pub sender: String,
    /// The From header.
    pub from: String,
    /// The To header.
    pub to: String,
    /// The Request-URI.
    pub request_uri: String,
    /// The Call-ID: a phone may drop a second text with the same.
    pub call_id: String,
    /// The number of the CSeq.
    pub cseq: u32,
    /// The Content-Type, empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: String,
    /// The body, octet by octet.
    pub octets: Vec<u8>,
    /// Whom it came from.
    pub peer: SocketAddr,
    /// When it came.
    pub at: Instant,
    /// What the phone answered; `None` for silence.
    pub answer: Option<u16>,
}

impl Text {
    /// Reads it out of a request; fails when a header that RFC 3261 8.1.1 asks for is not there.
    pub(super) fn read(
        request: &rsip::Request,
        answer: Option<u16>,
        peer: SocketAddr,
    ) -> Result<Self, rsip::Error> {
        let from = request.from_header()?;
        let content_type = request.headers.iter().find_map(|header| match header {
            rsip::Header::ContentType(value) => Some(value.value().to_owned()),
            _ => None,
        });
        Ok(Self {
            sender: sender(&from.clone().typed()?),
            from: from.value().to_owned(),
            to: request.to_header()?.value().to_owned(),
            request_uri: request.uri.to_string(),
            call_id: request.call_id_header()?.value().to_owned(),
            cseq: request.cseq_header()?.clone().typed()?.seq,
            content_type: content_type.unwrap_or_default(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            octets: request.body.clone(),
            peer,
            at: Instant::now(),
            answer,
        })
    }
}

fn sender(from: &rsip::typed::From) -> String {
    let name = from.display_name.as_deref().unwrap_or("").trim().trim_matches('"');
    if !name.is_empty() {
        return name.to_owned();
    }
    let user = from.uri.user().unwrap_or("");
    user.strip_prefix('+').unwrap_or(user).to_owned()
}

//! What the body of a MESSAGE from an app is: a text to be sent, or a notice between apps that ends here.
//!
//! Apps wrap texts in message/cpim (RFC 3862) and multipart (RFC 2046), compress them, and send notifications
//! (RFC 5438) and "is composing" (RFC 3994) as MESSAGEs of their own. The notices are answered with 200 whatever they
//! hold: an app that hears 415 instead sends them again for ever, or stops sending texts.

mod cpim;
mod mime;
#[cfg(test)]
mod tests;

pub(crate) use mime::fields;

use std::borrow::Cow;

use iwf_model::Alphabet;
use iwf_model::text::decode;
use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use crate::imdn::{Imdn, Wishes};
use crate::ims;
use crate::message::{MAX_BODY, Name, Params, Request};

/// What an app sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text for somebody.
    Text(String),
    /// A text for somebody, whose sender wants to hear of it.
    Asking(String, Box<Wishes>),
    /// A notice about another message; nothing, where it can't be read.
    Notification(Option<Imdn>),
    /// Somebody types.
    Composing,
    /// An RPDU of an IMS phone, still to be read.
    Short(Vec<u8>),
}

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// There is none, or none that says what it is: 400.
    Empty,
    /// It is not what its own headers say: 400.
    Malformed,
    /// Larger than we take, as sent or when inflated: 413.
    TooLarge,
    /// A media type, charset or disposition we don't take: 415 with Accept.
    MediaType,
    /// A Content-Encoding we don't read: 415 with Accept-Encoding.
    Encoding,
}

/// What a 415 says we take (RFC 3428 section 7 asks for text/plain).
pub(crate) const ACCEPT: &str = "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml, \
    application/vnd.3gpp.sms, multipart/mixed, multipart/alternative, multipart/related";
/// What a 415 says we inflate.
pub(crate) const ACCEPT_ENCODING: &str = "deflate, identity";

/// Reads the body of a MESSAGE. No text is longer than [`MAX_BODY`]: that is about what 255 parts of a
/// concatenated short message hold.
pub(crate) fn content(request: &Request) -> Result<Content, Unreadable> {
    let body = request.body();
    if body.is_empty() {
        return Err(Unreadable::Empty);
    }
    if body.len() > MAX_BODY {
        return Err(Unreadable::TooLarge);
    }
    let (_, content_type) = request.content_type().ok_or(Unreadable::Empty)?;
    if !is_usual_disposition(request.header(Name::ContentDisposition)) {
        return Err(Unreadable::MediaType);
    }
    let body = decoded(request.header(Name::ContentEncoding), &body)?;
    Part { content_type: Cow::Borrowed(content_type), body }.read(0)
}

/// A body with its type.
struct Part<'a> {
    content_type: Cow<'a, str>,
    body: Cow<'a, [u8]>,
}

/// Wrappers within wrappers.
const MOST_DEPTH: u8 = 3;

impl Part<'_> {
    fn media_type(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim_ascii()
    }

    /// What it is, when it is within so many wrappers. CPIM is the outermost of them.
    fn read(&self, depth: u8) -> Result<Content, Unreadable> {
        let media_type = self.media_type();
        let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(media_type));
        if is(&["text/plain"]) {
            return self.text().map(Content::Text);
        }
        if is(&["message/imdn+xml"]) {
            return Ok(Content::Notification(Imdn::parse(&self.body).ok()));
        }
        if is(&["application/im-iscomposing+xml"]) {
            return Ok(Content::Composing);
        }
        if is(&[ims::MEDIA_TYPE]) && depth == 0 {
            return Ok(Content::Short(self.body.to_vec()));
        }
        if is(&["message/cpim"]) && depth == 0 {
            return cpim::read(&self.body);
        }
        if is(&["multipart/mixed", "multipart/alternative", "multipart/related"]) && depth < MOST_DEPTH {
            return self.one_of_many(depth);
        }
        Err(Unreadable::MediaType)
    }

    /// Of several parts the first text, whatever else comes with it; or else the first notice.
    fn one_of_many(&self, depth: u8) -> Result<Content, Unreadable> {
        let boundary = mime::boundary(&self.content_type).ok_or(Unreadable::Malformed)?;
        let mut best = Err(Unreadable::MediaType);
        for part in mime::parts(&self.body, &boundary) {
            match mime::entity(part).and_then(|part| part.read(depth + 1)) {
                Ok(Content::Text(text)) => return Ok(Content::Text(text)),
                Ok(notice) if best.is_err() => best = Ok(notice),
                Err(error) if best == Err(Unreadable::MediaType) => best = Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        best
    }

    fn text(&self) -> Result<String, Unreadable> {
        if self.body.is_empty() {
            return Err(Unreadable::Empty);
        }
        let params =
            self.content_type.find(';').and_then(|at| self.content_type.get(at..)).unwrap_or_default();
        let params = Params::parse(params).map_err(|_| Unreadable::Malformed)?;
        let charset = params.get("charset").map_or(Cow::Borrowed("utf-8"), |param| param.unquoted());
        let alphabet = alphabet(&charset).ok_or(Unreadable::MediaType)?;
        if alphabet == Alphabet::Utf8 && std::str::from_utf8(&self.body).is_err() {
            return Err(Unreadable::Malformed);
        }
        Ok(decode(alphabet, &self.body))
    }
}

/// The charsets we read (interworking.md B.3), by their names and by those that are in use beside them.
fn alphabet(charset: &str) -> Option<Alphabet> {
    let table = [
        ("utf-8", Alphabet::Utf8),
        ("utf8", Alphabet::Utf8),
        ("us-ascii", Alphabet::Ascii),
        ("ascii", Alphabet::Ascii),
        ("iso-8859-1", Alphabet::Latin1),
        ("latin1", Alphabet::Latin1),
        ("windows-1252", Alphabet::Latin1),
        ("cp1252", Alphabet::Latin1),
    ];
    table.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(charset)).map(|(_, alphabet)| alphabet)
}

/// Whether the body is meant as what it is, or may be taken so (RFC 3261 20.11).
fn is_usual_disposition(value: Option<&str>) -> bool {
    let Some(value) = value else { return true };
    let (kind, params) = value.split_once(';').unwrap_or((value, ""));
    let known = ["render", "notification"].iter().any(|known| known.eq_ignore_ascii_case(kind.trim_ascii()));
    known || params.to_ascii_lowercase().contains("handling=optional")
}

/// The body without its Content-Encoding (RFC 3261 20.12), within [`MAX_BODY`].
fn decoded<'a>(encoding: Option<&str>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Unreadable> {
    match encoding {
        None => Ok(Cow::Borrowed(body)),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(Cow::Borrowed(body)),
        Some(encoding) if encoding.eq_ignore_ascii_case("deflate") => inflate(body).map(Cow::Owned),
        Some(_) => Err(Unreadable::Encoding),
    }
}

/// "deflate" is the zlib format (RFC 9110 8.4.1.2); some send it bare.
fn inflate(body: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let too_large = |error: &DecompressError| error.status == TINFLStatus::HasMoreOutput;
    decompress_to_vec_zlib_with_limit(body, MAX_BODY)
        .or_else(
            |error| {
                if too_large(&error) { Err(error) } else { decompress_to_vec_with_limit(body, MAX_BODY) }
            },
        )
        .map_err(|error| if too_large(&error) { Unreadable::TooLarge } else { Unreadable::Malformed })
}

//! What the body of a MESSAGE from an app is: a text to be sent, or a notice between apps that ends here.
//!
//! Apps wrap texts in message/cpim (RFC 3862), compress it, and send delivery notifications (RFC 5438) and
//! "is composing" (RFC 3994) as MESSAGEs of their own. The notices are answered with 200 and go no further:
//! an app that hears 415 instead sends them again for ever, or stops sending texts.

mod cpim;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use iwf_model::Alphabet;
use iwf_model::text::decode;
use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use crate::message::{MAX_BODY, Name, Params, Request};

/// What an app sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text for somebody.
    Text(String),
    /// A notice about another message, or about typing: for nobody here.
    Notice,
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
pub(crate) const ACCEPT: &str = "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml";
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
    let part = Part { content_type, body: &body };
    if part.is("message/cpim") { cpim::unwrap(&body)?.read() } else { part.read() }
}

/// A body with its type.
struct Part<'a> {
    content_type: &'a str,
    body: &'a [u8],
}

impl Part<'_> {
    fn is(&self, media_type: &str) -> bool {
        let named = self.content_type.split(';').next().unwrap_or_default();
        named.trim_ascii().eq_ignore_ascii_case(media_type)
    }

    fn read(&self) -> Result<Content, Unreadable> {
        if self.is("message/imdn+xml") || self.is("application/im-iscomposing+xml") {
            return Ok(Content::Notice);
        }
        if !self.is("text/plain") {
            return Err(Unreadable::MediaType);
        }
        if self.body.is_empty() {
            return Err(Unreadable::Empty);
        }
        let params =
            self.content_type.find(';').and_then(|at| self.content_type.get(at..)).unwrap_or_default();
        let params = Params::parse(params).map_err(|_| Unreadable::Malformed)?;
        let charset = params.get("charset").map_or(Cow::Borrowed("utf-8"), |param| param.unquoted());
        let alphabet = alphabet(&charset).ok_or(Unreadable::MediaType)?;
        if alphabet == Alphabet::Utf8 && std::str::from_utf8(self.body).is_err() {
            return Err(Unreadable::Malformed);
        }
        Ok(Content::Text(decode(alphabet, self.body)))
    }
}

/// The charsets we read (interworking.md B.3).
fn alphabet(charset: &str) -> Option<Alphabet> {
    let table = [
        ("utf-8", Alphabet::Utf8),
        ("us-ascii", Alphabet::Ascii),
        ("iso-8859-1", Alphabet::Latin1),
        ("windows-1252", Alphabet::Latin1),
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

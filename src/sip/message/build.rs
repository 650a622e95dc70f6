//! The only place that writes SIP.
//!
//! No value can end its line: control characters become blanks, whoever wrote them.

use std::fmt::{self, Display, Write};
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};

use super::Response;
use super::address::NameAddr;
use super::fields::Fields;
use super::method::{Method, Status};
use super::name::Name;
use super::params::Params;
use super::scan::split_before;
use super::via::Via;
use crate::overload::oc;

/// Writes one message: start line, fields in the order they are given, Content-Length, body.
#[derive(Debug)]
pub struct Builder {
    octets: BytesMut,
}

impl Builder {
    /// Begins the response to a request that came from `source` (RFC 3261 8.2.6): the Via list with
    /// `received` and `rport` in its top element (RFC 3581 4), From, To with `to_tag` if it has no tag and
    /// `to_tag` is not empty, Call-ID, CSeq. Fields that a broken request lacks are left out.
    pub fn response(request: &Fields, source: SocketAddr, status: Status, to_tag: &str) -> Self {
        let mut builder = Self { octets: BytesMut::with_capacity(RESPONSE_CAPACITY) };
        builder.write(format_args!("SIP/2.0 {} {}", status.code, status.reason));
        builder.octets.extend_from_slice(b"\r\n");
        builder.copy_vias(request, source);
        builder.copy(request, Name::From);
        builder.copy_to(request, to_tag);
        builder.copy(request, Name::CallId);
        builder.copy(request, Name::CSeq);
        builder
    }

    /// The response to one request, for another that is merged with it: all is the same but the Vias.
    pub(crate) fn for_merged(response: &Response, request: &Fields, source: SocketAddr) -> Bytes {
        let mut builder = Self { octets: BytesMut::with_capacity(RESPONSE_CAPACITY) };
        builder.pieces(&["SIP/2.0 "]);
        builder.write(format_args!("{} {}", response.status(), response.reason()));
        builder.pieces(&["\r\n"]);
        builder.copy_vias(request, source);
        for (name, text, value) in response.all() {
            if name != Name::Via {
                builder.pieces(&[text, ": ", value, "\r\n"]);
            }
        }
        builder.pieces(&["\r\n"]);
        builder.octets.extend_from_slice(&response.body());
        builder.octets.freeze()
    }

    /// The response with other parameters of overload control in its top Via (RFC 7339 4); `feedback` has them, each
    /// with its semicolon.
    pub(crate) fn with_feedback(response: &Bytes, feedback: impl Display) -> Bytes {
        let mut lines = response.splitn(3, |octet| *octet == b'\n');
        let (Some(start), Some(via), Some(rest)) = (lines.next(), lines.next(), lines.next()) else {
            return response.clone();
        };
        let Ok(via) = std::str::from_utf8(via) else { return response.clone() };
        let (sent_by, params) = split_before(via.trim_end(), b';');
        let mut builder = Self { octets: BytesMut::with_capacity(response.len() + FEEDBACK_CAPACITY) };
        builder.octets.extend_from_slice(start);
        builder.pieces(&["\n", sent_by]);
        builder.params(params, oc::is_ours);
        builder.write(format_args!("{feedback}"));
        builder.pieces(&["\r\n"]);
        builder.octets.extend_from_slice(rest);
        builder.octets.freeze()
    }

    /// Begins a request. `uri` is taken as it is, save that blanks and control characters are escaped.
    pub fn request(method: Method, uri: &str) -> Self {
        let mut builder = Self { octets: BytesMut::with_capacity(REQUEST_CAPACITY) };
        builder.octets.extend_from_slice(method.as_str().as_bytes());
        builder.octets.extend_from_slice(b" ");
        for octet in uri.bytes() {
            match octet {
                0..=b' ' | 0x7f => builder.write(format_args!("%{octet:02X}")),
                _ => builder.octets.extend_from_slice(&[octet]),
            }
        }
        builder.octets.extend_from_slice(b" SIP/2.0\r\n");
        builder
    }

    /// Adds a field; the value may be text or `format_args!`. Control characters in it become blanks.
    #[must_use]
    pub fn header(self, name: Name, value: impl Display) -> Self {
        self.other(name.as_str(), value)
    }

    /// Adds a field that `Name` doesn't have. The name is the caller's own, never received text.
    #[must_use]
    pub fn other(mut self, name: &'static str, value: impl Display) -> Self {
        self.octets.extend_from_slice(name.as_bytes());
        self.octets.extend_from_slice(b": ");
        self.write(format_args!("{value}"));
        self.octets.extend_from_slice(b"\r\n");
        self
    }

    /// Ends a message without a body.
    pub fn finish(mut self) -> Bytes {
        self.octets.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        self.octets.freeze()
    }

    /// Ends a message with a body, which may hold any octets.
    pub fn finish_with(self, content_type: &str, body: &[u8]) -> Bytes {
        let mut whole = self.header(Name::ContentType, content_type).header(Name::ContentLength, body.len());
        whole.octets.extend_from_slice(b"\r\n");
        whole.octets.extend_from_slice(body);
        whole.octets.freeze()
    }

    /// How long the message would be with a body of this length: RFC 3261 18.1.1 counts all of it.
    pub fn len_with(&self, content_type: &str, body_len: usize) -> usize {
        let digits = body_len.checked_ilog10().map_or(1, |log| log as usize + 1);
        let names = "Content-Type: \r\nContent-Length: \r\n\r\n".len();
        self.octets.len() + names + content_type.len() + digits + body_len
    }

    /// Writes text, its control characters as blanks; the line ends are written by the callers.
    fn write(&mut self, text: fmt::Arguments<'_>) {
        let written = Clean(&mut self.octets).write_fmt(text);
        debug_assert!(written.is_ok(), "writing to memory does not fail");
    }

    fn copy(&mut self, request: &Fields, name: Name) {
        if let Some(value) = request.header(name) {
            self.line(name, &[value]);
        }
    }

    fn copy_to(&mut self, request: &Fields, to_tag: &str) {
        let Some(value) = request.header(Name::To) else { return };
        // A tag without a value is none, but a second one would make it worse.
        let untagged = NameAddr::parse(value).is_ok_and(|to| !to.params().contains("tag"));
        if untagged && !to_tag.is_empty() {
            self.line(Name::To, &[value, ";tag=", to_tag]);
        } else {
            self.line(Name::To, &[value]);
        }
    }

    /// Writes one element a line. In a request that is refused, elements that can't be read are left out.
    fn copy_vias(&mut self, request: &Fields, source: SocketAddr) {
        let mut elements = request.elements(Name::Via);
        let (sent_by, params) = split_before(elements.next().unwrap_or_default(), b';');
        self.pieces(&["Via: ", sent_by]);
        self.params(params, |name| {
            name.eq_ignore_ascii_case("received") || name.eq_ignore_ascii_case("rport")
        });
        self.write(format_args!(";received={};rport={}", source.ip().to_canonical(), source.port()));
        self.pieces(&["\r\n"]);
        for element in elements.filter(|element| Via::parse(element).is_ok()) {
            self.line(Name::Via, &[element]);
        }
    }

    /// Received parameters, but for some.
    fn params(&mut self, params: &str, left_out: impl Fn(&str) -> bool) {
        for param in Params::unchecked(params).iter().filter(|param| !left_out(param.name)) {
            self.pieces(&[";", param.name]);
            if let Some(value) = param.value {
                self.pieces(&["=", value]);
            }
        }
    }

    /// A line of received text: the parser lets no line end into a value.
    fn line(&mut self, name: Name, pieces: &[&str]) {
        self.pieces(&[name.as_str(), ": "]);
        self.pieces(pieces);
        self.octets.extend_from_slice(b"\r\n");
    }

    fn pieces(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.octets.extend_from_slice(piece.as_bytes());
        }
    }
}

/// Enough for almost every message, so that it is allocated once.
const RESPONSE_CAPACITY: usize = 640;
const REQUEST_CAPACITY: usize = 1400;
const FEEDBACK_CAPACITY: usize = 80;

/// Text as a quoted-string (RFC 3261 25.1), for display names and parameters.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                _ => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Text as the user part of a URI (RFC 3261 25.1): what may not stand there is escaped.
#[derive(Debug, Clone, Copy)]
pub struct User<'a>(pub &'a str);

impl Display for User<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0.bytes() {
            if octet.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&octet) {
                f.write_char(char::from(octet))?;
            } else {
                write!(f, "%{octet:02X}")?;
            }
        }
        Ok(())
    }
}

/// Replaces control characters by blanks.
struct Clean<'a>(&'a mut BytesMut);

impl Write for Clean<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        for octet in self.0.get_mut(start..).unwrap_or_default() {
            if octet.is_ascii_control() && *octet != b'\t' {
                *octet = b' ';
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Request, Response};

    const REQUEST: &[u8] = b"MESSAGE sip:1@example.com SIP/2.0\r\n\
        Via: SIP/2.0/UDP 10.0.0.1;received=1.1.1.1;rport;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\r\n\
        Via: SIP/2.0/TCP c;branch=z9hG4bK3\r\n\
        From: <sip:2@example.com>\r\n ;tag=1\r\n\
        To: sip:1@example.com\r\n\
        Call-ID: c1\r\n\
        CSeq: 7 MESSAGE\r\n\
        \r\n";

    fn respond(to_tag: &str) -> Builder {
        let request = Request::parse(Bytes::from_static(REQUEST)).unwrap();
        Builder::response(&request, "192.0.2.9:4321".parse().unwrap(), Status::of(202), to_tag)
    }

    #[test]
    fn a_response_copies_what_it_must_and_fills_the_top_via() {
        let octets = respond("t1").header(Name::Expires, 60).finish();
        let expected = "SIP/2.0 202 Accepted\r\n\
            Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.9;rport=4321\r\n\
            Via: SIP/2.0/TCP b;branch=z9hG4bK2\r\n\
            Via: SIP/2.0/TCP c;branch=z9hG4bK3\r\n\
            From: <sip:2@example.com>   ;tag=1\r\n\
            To: sip:1@example.com;tag=t1\r\n\
            Call-ID: c1\r\n\
            CSeq: 7 MESSAGE\r\n\
            Expires: 60\r\n\
            Content-Length: 0\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&octets), expected);
        let parsed = Response::parse(octets).unwrap();
        assert_eq!((parsed.via().received(), parsed.via().rport()), (Some("192.0.2.9"), Some(4321)));
        assert_eq!(parsed.vias().count(), 3);
    }

    #[test]
    fn a_tag_that_is_there_stays() {
        let octets = respond("t1").finish();
        let text = String::from_utf8_lossy(&octets).replace("SIP/2.0 202 Accepted", "OPTIONS sip:a SIP/2.0");
        let request = Request::parse(Bytes::from(text.replace("7 MESSAGE", "7 OPTIONS"))).unwrap();
        let source = "[2001:db8::1]:5060".parse().unwrap();
        let again = Builder::response(&request, source, Status::of(200), "t2").finish();
        let parsed = Response::parse(again).unwrap();
        assert_eq!(parsed.to().tag(), Some("t1"));
        assert_eq!(parsed.via().received(), Some("2001:db8::1"));
    }

    #[test]
    fn no_value_ends_its_line() {
        let evil = "x\r\nContact: <sip:evil@example.com>\0\u{7f}";
        let octets = Builder::request(Method::Message, "sip:a\r\n@b c")
            .header(Name::From, format_args!("{} <sip:{}@example.com>", Quoted("a\"\r\n\\"), User(evil)))
            .header(Name::Subject, evil)
            .finish_with("text/plain\r\nX: y", b"body\r\n");
        let text = String::from_utf8(octets.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.lines().count(), 5, "{head}");
        assert!(head.starts_with("MESSAGE sip:a%0D%0A@b%20c SIP/2.0\r\n"), "{head}");
        assert!(!head.contains('\0') && body == "body\r\n");
    }

    #[test]
    fn the_length_is_known_before_the_body_is_written() {
        for len in [0, 9, 10, 1000] {
            let builder = respond("t");
            let expected = builder.len_with("text/plain", len);
            assert_eq!(builder.finish_with("text/plain", &vec![b'x'; len]).len(), expected);
        }
    }
}

//! The parser: finds the lines, notes where each field is, checks what everything else stands on.
//!
//! It goes on after the first defect, so that a refused request can still be answered.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use memchr::memmem;
use smallvec::SmallVec;

use super::check::{check, cut};
use super::fields::{Fields, Slot};
use super::method::Method;
use super::name::Name;
use super::scan::{Class, is_blank, split_at, split_before};
use super::uri::Uri;
use super::via::Via;
use super::{MAX_FIELDS, MAX_MESSAGE, MAX_VIAS, Message, Request, Response};
use crate::error::{Defect, ParseError};

/// See [`Message::parse`].
pub(super) fn parse(octets: Bytes) -> Result<Message, ParseError> {
    if octets.len() > MAX_MESSAGE {
        return Err(ParseError { defect: Defect::TooLarge, request: None });
    }
    let octets = skip_empty_lines(octets);
    let (end, is_folded) = find_head(&octets);
    let head = octets.get(..end.unwrap_or(octets.len())).unwrap_or_default();
    if !head.first().is_some_and(|first| Class::TOKEN.has(*first)) {
        return Err(not_sip());
    }
    let is_plain = !is_folded && std::str::from_utf8(head).is_ok();
    let (octets, head_len) =
        if is_plain { (octets.clone(), head.len()) } else { normalise(&octets, head.len()) };
    Scan::run(octets, head_len, end.is_some()).finish()
}

/// What stands for anything that is no SIP message.
pub(super) fn not_sip() -> ParseError {
    ParseError { defect: Defect::NotSip, request: None }
}

fn skip_empty_lines(mut octets: Bytes) -> Bytes {
    let empty = octets.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if empty > 0 { octets.split_off(empty) } else { octets }
}

/// Where the header section ends, before the CRLF of its last line; and whether a line of it goes on in
/// the next one, which then begins with a blank (RFC 3261 7.3.1).
fn find_head(octets: &[u8]) -> (Option<usize>, bool) {
    let mut is_folded = false;
    for at in memchr::memchr_iter(b'\n', octets) {
        let last = octets.get(at.saturating_sub(3)..=at).unwrap_or_default();
        if last == b"\r\n\r\n" {
            return (Some(at - 3), is_folded);
        }
        is_folded |= matches!(octets.get(at + 1), Some(b' ' | b'\t'));
    }
    (None, is_folded)
}

/// Joins folded lines, and takes octets that are no UTF-8 for Latin-1: phones write names that way.
/// Nothing that is compared (branch, tag, Call-ID) may hold such octets, so answers still match.
fn normalise(octets: &[u8], head_len: usize) -> (Bytes, usize) {
    let (head, rest) = octets.split_at_checked(head_len).unwrap_or((octets, &[]));
    let mut plain = BytesMut::with_capacity(octets.len() + head.len());
    for chunk in head.utf8_chunks() {
        plain.extend_from_slice(chunk.valid().as_bytes());
        for &octet in chunk.invalid() {
            plain.extend_from_slice(char::from(octet).encode_utf8(&mut [0; 2]).as_bytes());
        }
    }
    let mut from = 0;
    while let Some(at) = memmem::find(plain.get(from..).unwrap_or_default(), b"\r\n") {
        from += at + 2;
        if let Some([a, b, b' ' | b'\t']) = plain.get_mut(from - 2..=from) {
            (*a, *b) = (b' ', b' ');
        }
    }
    let head_len = plain.len();
    plain.extend_from_slice(rest);
    (plain.freeze(), head_len)
}

/// What the start line says.
enum Start {
    Request { method: Range<u32>, uri: Range<u32> },
    Response { status: u16, reason: Range<u32> },
}

struct Scan {
    fields: Fields,
    head_len: usize,
    start: Option<Start>,
    /// The first one found.
    defect: Option<Defect>,
}

impl Scan {
    /// Walks the lines of the header section. `head_len` ends before the CRLF of its last line.
    fn run(octets: Bytes, head_len: usize, finished: bool) -> Self {
        let body = if finished { head_len + 4 } else { octets.len() };
        let fields = Fields {
            octets: octets.clone(),
            slots: SmallVec::new(),
            body: offset(body)..offset(octets.len()),
        };
        let mut scan = Self { fields, head_len, start: None, defect: None };
        if !finished {
            scan.note(Defect::Unfinished);
        }
        let head = octets.get(..head_len).unwrap_or_default();
        let (mut from, mut feeds, mut line_ends) = (0, 0, 0);
        for end in memchr::memchr_iter(b'\n', head).chain([head.len()]) {
            let line = head.get(from..end).unwrap_or_default();
            let (line, ended) = line.strip_suffix(b"\r").map_or((line, 0), |line| (line, 1));
            (feeds, line_ends) = (feeds + 1, line_ends + ended);
            if from == 0 {
                scan.start_line(line);
            } else if !(line.is_empty() && end == head.len()) {
                scan.header_line(line, from);
            }
            from = end + 1;
        }
        // A CR or LF that is not half of a line end could be taken for one. The last line has none.
        let returns = memchr::memchr_iter(b'\r', head).count();
        if feeds != line_ends + 1 || returns != line_ends {
            scan.note(Defect::HeaderLine);
            scan.cut_values(&octets);
        }
        scan
    }

    /// Ends each value before a CR within it, so that no answer carries one.
    fn cut_values(&mut self, octets: &[u8]) {
        for slot in &mut self.fields.slots {
            let value = octets.get(slot.start as usize..slot.end as usize).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\r', value) {
                slot.end = slot.start.saturating_add(offset(at));
            }
        }
    }

    fn note(&mut self, defect: Defect) {
        self.defect.get_or_insert(defect);
    }

    fn start_line(&mut self, line: &[u8]) {
        let text = std::str::from_utf8(line).unwrap_or_default();
        let read = if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
            status_line(text)
        } else {
            request_line(text)
        };
        match read {
            Ok((start, defect)) => {
                self.start = Some(start);
                if let Some(defect) = defect {
                    self.note(defect);
                }
            }
            Err(defect) => self.defect = Some(defect),
        }
    }

    fn header_line(&mut self, line: &[u8], at: usize) {
        if self.fields.slots.len() >= MAX_FIELDS {
            return self.note(Defect::TooManyHeaders);
        }
        let end = line.iter().position(|octet| !Class::TOKEN.has(*octet)).unwrap_or(line.len());
        let (name, rest) = line.split_at_checked(end).unwrap_or_default();
        let (Some(value), false) = (trim_start(rest).strip_prefix(b":"), name.is_empty()) else {
            return self.note(Defect::HeaderLine);
        };
        let value_at = at + line.len() - value.len();
        let trimmed = trim_start(value);
        let start = value_at + value.len() - trimmed.len();
        let slot = Slot {
            name: Name::parse(name),
            name_len: u16::try_from(name.len()).unwrap_or_default(),
            name_start: offset(at),
            start: offset(start),
            end: offset(start + trim_end(trimmed).len()),
        };
        self.fields.slots.push(slot);
    }

    fn finish(self) -> Result<Message, ParseError> {
        let method = match &self.start {
            Some(Start::Request { method, .. }) => Some(self.fields.text(method)),
            Some(Start::Response { .. }) => None,
            None => return Err(ParseError { defect: self.defect.unwrap_or(Defect::NotSip), request: None }),
        };
        let head = self.fields.text(&(0..offset(self.head_len)));
        let checked = check(head, &self.fields.slots, method);
        let body = checked.and_then(|length| cut(self.fields.body.clone(), length));
        let defect = self.defect.or(body.as_ref().err().copied());
        let mut fields = self.fields;
        fields.body = body.unwrap_or(fields.body);
        match (self.start, defect) {
            (Some(Start::Request { method, uri }), None) => {
                let known = Method::parse(fields.text(&method));
                Ok(Message::Request(Request { fields, method: known, method_text: method, uri }))
            }
            (Some(Start::Response { status, reason }), None) => {
                Ok(Message::Response(Response { fields, status, reason }))
            }
            (Some(Start::Request { method, .. }), Some(defect)) => {
                let answerable = is_answerable(&fields, fields.text(&method));
                Err(ParseError { defect, request: answerable.then(|| Box::new(fields)) })
            }
            (_, defect) => Err(ParseError { defect: defect.unwrap_or(Defect::NotSip), request: None }),
        }
    }
}

/// `Method SP Request-URI SP SIP/2.0`, one blank each (RFC 3261 7.1).
fn request_line(text: &str) -> Result<(Start, Option<Defect>), Defect> {
    let whole = text.trim_end_matches(' ');
    let (method, rest) = split_at(whole, b' ').ok_or(Defect::NotSip)?;
    let (uri, version) = rest.rsplit_once(' ').ok_or(Defect::NotSip)?;
    if !Class::TOKEN.fits(method) || !version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
    {
        return Err(Defect::NotSip);
    }
    let defect = if !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(Defect::Version)
    } else if whole.len() != text.len() || uri.starts_with(' ') || uri.ends_with(' ') {
        Some(Defect::StartLine)
    } else {
        match Uri::parse(uri) {
            Ok(parsed) if !parsed.has_headers() => None,
            _ => Some(Defect::RequestUri),
        }
    };
    let uri_at = method.len() + 1;
    let start =
        Start::Request { method: 0..offset(method.len()), uri: offset(uri_at)..offset(uri_at + uri.len()) };
    Ok((start, defect))
}

/// `SIP/2.0 SP 3DIGIT SP Reason-Phrase`, the phrase perhaps empty (RFC 3261 7.2).
fn status_line(text: &str) -> Result<(Start, Option<Defect>), Defect> {
    let (version, rest) = split_at(text, b' ').ok_or(Defect::NotSip)?;
    let (code, reason) = split_before(rest, b' ');
    let defect = (!version.eq_ignore_ascii_case("SIP/2.0")).then_some(Defect::Version);
    let is_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    let status =
        code.parse().ok().filter(|code| is_code && (100..700).contains(code)).ok_or(Defect::StartLine)?;
    let reason_at = text.len() - reason.trim_start_matches(' ').len();
    Ok((Start::Response { status, reason: offset(reason_at)..offset(text.len()) }, defect))
}

/// A response finds its way by Via, of which there are not too many; an ACK is never answered (RFC 3261 17.1.1.3).
fn is_answerable(fields: &Fields, method: &str) -> bool {
    let top = fields.elements(Name::Via).next().unwrap_or_default();
    method != Method::Ack.as_str()
        && Via::parse_sent_by(split_before(top, b';').0).is_ok()
        && fields.elements(Name::Via).nth(MAX_VIAS).is_none()
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

/// Messages are at most [`MAX_MESSAGE`] long, at most doubled by transcoding.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "MESSAGE sip:1@example.com SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n\
        From: \"A\" <sip:2@example.com>;tag=1\r\n\
        To: sip:1@example.com\r\n\
        Call-ID: c1\r\n\
        CSeq: 7 MESSAGE\r\n\
        \r\n\
        Hello";

    fn parse_text(text: &str) -> Result<Message, ParseError> {
        parse(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn request(text: &str) -> Request {
        Request::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
    }

    #[test]
    fn a_message_gives_its_parts() {
        let parsed = request(MESSAGE);
        assert_eq!(parsed.method(), Method::Message);
        assert_eq!(parsed.request_uri_text(), "sip:1@example.com");
        assert_eq!(parsed.via().unique_branch(), Some("z9hG4bK1"));
        assert_eq!((parsed.from().tag(), parsed.to().tag()), (Some("1"), None));
        assert_eq!((parsed.call_id(), parsed.cseq().number), ("c1", 7));
        assert_eq!(&parsed.body()[..], b"Hello", "without Content-Length a datagram is its body");
    }

    #[test]
    fn the_body_ends_where_content_length_says() {
        let body =
            |length: &str| request(&MESSAGE.replace("\r\n\r\n", &format!("\r\nl: {length}\r\n\r\n"))).body();
        assert_eq!(&body("2")[..], b"He");
        assert_eq!(&body("0005")[..], b"Hello");
        let long = parse_text(&MESSAGE.replace("\r\n\r\n", "\r\nl: 6\r\n\r\n")).unwrap_err();
        assert_eq!(long.defect, Defect::Field(Name::ContentLength));
    }

    #[test]
    fn folded_lines_and_latin_1_are_read() {
        let octets = MESSAGE.replace("\"A\" <", "\"J?rg\"\r\n\t<").into_bytes();
        let octets: Vec<u8> = octets.into_iter().map(|b| if b == b'?' { 0xfc } else { b }).collect();
        let parsed = Request::parse(Bytes::from(octets)).unwrap();
        assert_eq!(parsed.from().display(), "J\u{fc}rg");
        assert_eq!(parsed.from().tag(), Some("1"));
        assert_eq!(&parsed.body()[..], b"Hello");
    }

    #[test]
    fn octets_that_are_no_utf_8_in_the_body_stay() {
        let mut octets = MESSAGE.as_bytes().to_vec();
        octets.extend([0xff, 0x00, b'\r', b'\n', b' ']);
        let parsed = Request::parse(Bytes::from(octets)).unwrap();
        assert_eq!(&parsed.body()[..], b"Hello\xff\0\r\n ");
    }

    #[test]
    fn defects_are_told_and_answered() {
        let cases = [
            ("SIP/2.0\r\n", "SIP/3.0\r\n", Defect::Version, Some(505)),
            ("MESSAGE sip", "MESSAGE  sip", Defect::StartLine, Some(400)),
            ("To: ", "To ", Defect::HeaderLine, Some(400)),
            ("To: sip:1@example.com\r\n", "", Defect::Missing(Name::To), Some(400)),
            ("To: ", "To: <", Defect::Field(Name::To), Some(400)),
            ("Call-ID: c1", "Call-ID: c1\r\ni: c2", Defect::Repeated(Name::CallId), Some(400)),
            ("7 MESSAGE", "7 OPTIONS", Defect::CSeqMethod, Some(400)),
            ("7 MESSAGE", "2147483648 MESSAGE", Defect::Field(Name::CSeq), Some(400)),
            ("c1\r\n", "c1\n", Defect::HeaderLine, Some(400)),
            ("c1\r\n", "c1\rContact: x\r\n", Defect::HeaderLine, Some(400)),
            ("\r\n\r\nHello", "", Defect::Unfinished, Some(400)),
            ("SIP/2.0/UDP 192", "UDP 192", Defect::Field(Name::Via), None),
            ("MESSAGE sip", "GET sip", Defect::UnknownMethod, Some(501)),
            ("SIP/2.0\r\n", "HTTP/1.1\r\n", Defect::NotSip, None),
        ];
        for (what, by, defect, answer) in cases {
            let error = parse_text(&MESSAGE.replacen(what, by, 1)).unwrap_err();
            assert_eq!((error.defect, error.answer().map(|s| s.code)), (defect, answer), "{what:?} {by:?}");
        }
    }

    #[test]
    fn an_ack_and_a_response_are_never_answered() {
        let ack = MESSAGE.replace("MESSAGE", "ACK").replace("Call-ID: c1", "Call-ID:");
        assert!(parse_text(&ack).unwrap_err().answer().is_none());
        let response = MESSAGE.replace("MESSAGE sip:1@example.com SIP/2.0", "SIP/2.0 200 OK");
        assert!(matches!(parse_text(&response), Ok(Message::Response(r)) if r.status() == 200));
        assert!(parse_text(&response.replace("200", "4294967301")).unwrap_err().answer().is_none());
        assert!(parse_text(&response.replace("c1", "")).unwrap_err().answer().is_none());
    }

    #[test]
    fn limits_hold() {
        let many = "X: y\r\n".repeat(MAX_FIELDS);
        let error = parse_text(&MESSAGE.replace("Call-ID", &format!("{many}Call-ID"))).unwrap_err();
        assert_eq!(error.defect, Defect::TooManyHeaders);
        let error = parse(Bytes::from(vec![b'x'; MAX_MESSAGE + 1])).unwrap_err();
        assert_eq!(error.defect, Defect::TooLarge);
    }
}

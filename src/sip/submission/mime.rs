//! MIME entities (RFC 2045, 2046): header fields, an empty line, a body, as CPIM and multipart hold them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Part, Unreadable, is_usual_disposition};
use crate::message::Params;

/// Parts of one multipart body that are looked at.
const MOST_PARTS: usize = 32;

/// Phones pad what they encode, or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Header fields and a body.
pub(super) fn entity(octets: &[u8]) -> Result<Part<'_>, Unreadable> {
    let (head, body) = split_at_empty_line(octets).ok_or(Unreadable::Malformed)?;
    let head = std::str::from_utf8(head).map_err(|_| Unreadable::Malformed)?;
    let content_type = field(head, "Content-Type").unwrap_or(Cow::Borrowed("text/plain;charset=utf-8"));
    if !is_usual_disposition(field(head, "Content-Disposition").as_deref()) {
        return Err(Unreadable::MediaType);
    }
    let length = field(head, "Content-Length").and_then(|text| text.parse().ok());
    let body = length.and_then(|length: usize| body.get(..length)).unwrap_or(body);
    let body = decoded(field(head, "Content-Transfer-Encoding").as_deref(), body)?;
    Ok(Part { content_type, body })
}

/// The parts of a multipart body (RFC 2046 5.1.1). What is before the first and behind the last is nobody's, and a
/// last one without its end goes to the end of the body.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let (mut parts, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let end = at + line.len();
        let behind = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary.as_bytes()));
        let delimiter = behind.map(|behind| behind.trim_ascii_end()).filter(|it| matches!(*it, b"" | b"--"));
        if let Some(mark) = delimiter {
            if let Some(part) = begin.and_then(|begin| body.get(begin..at)) {
                parts.push(without_line_end(part));
            }
            begin = mark.is_empty().then_some(end);
            if begin.is_none() || parts.len() >= MOST_PARTS {
                return parts;
            }
        }
        at = end;
    }
    parts.extend(begin.and_then(|begin| body.get(begin..)));
    parts
}

/// The boundary between the parts, 1-70 characters (RFC 2046 5.1.1).
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let params = Params::parse(content_type.get(content_type.find(';')?..)?).ok()?;
    let boundary = params.get("boundary")?.unquoted().into_owned();
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The line end before a delimiter belongs to the delimiter.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// What is before and after the first empty line; lines may end in LF alone. The text may begin with one.
pub(super) fn split_at_empty_line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        let end = at + line.len();
        if line == b"\r\n" || line == b"\n" {
            return Some((octets.get(..at)?, octets.get(end..)?));
        }
        at = end;
    }
    None
}

/// The value of a header field, whose name does not regard case (RFC 2045).
fn field<'a>(head: &'a str, name: &str) -> Option<Cow<'a, str>> {
    fields(head).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The header fields in order: name and value, of which folded lines are one.
pub(crate) fn fields(head: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut lines = head.lines().peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some((name, value)) = line.split_once(':') else { continue };
            let mut value = Cow::Borrowed(value.trim_ascii());
            while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
                let value = value.to_mut();
                value.push(' ');
                value.push_str(more.trim_ascii());
            }
            return Some((name.trim_ascii(), value));
        }
    })
}

/// A body without its Content-Transfer-Encoding (RFC 2045 6); never larger than it was.
fn decoded<'a>(encoding: Option<&str>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Unreadable> {
    let is = |known: &[&str]| {
        encoding.is_none_or(|encoding| known.iter().any(|known| known.eq_ignore_ascii_case(encoding)))
    };
    if is(&["7bit", "8bit", "binary"]) {
        return Ok(Cow::Borrowed(body));
    }
    if is(&["base64"]) {
        let kept: Vec<u8> = body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
        return BASE64.decode(kept).map(Cow::Owned).map_err(|_| Unreadable::Malformed);
    }
    if is(&["quoted-printable"]) {
        return Ok(Cow::Owned(unquoted(body)));
    }
    Err(Unreadable::MediaType)
}

/// Quoted-printable (RFC 2045 6.7): `=3D` is an octet, `=` at the end of a line joins it with the next, and any other
/// `=` is one that nobody quoted.
fn unquoted(body: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(body.len()), body);
    while let Some((octet, after)) = rest.split_first() {
        let quoted = if *octet == b'=' { after.split_at_checked(2) } else { None };
        let code = quoted.and_then(|(digits, _)| std::str::from_utf8(digits).ok());
        let code = code.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        rest = match (code.and_then(|digits| u8::from_str_radix(digits, 16).ok()), quoted) {
            (Some(octet), Some((_, behind))) => {
                plain.push(octet);
                behind
            }
            (_, Some((b"\r\n", behind))) => behind,
            _ if *octet == b'=' && after.first() == Some(&b'\n') => after.get(1..).unwrap_or_default(),
            _ => {
                plain.push(*octet);
                after
            }
        };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_be_folded_and_lines_that_are_none_are_passed_over() {
        let head = "A: 1\r\nnonsense\r\nB : 2\r\n\t3\r\n  4\r\nC:\r\n";
        let read: Vec<_> = fields(head).map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read, ["A=1", "B=2 3 4", "C="]);
    }

    #[test]
    fn a_multipart_body_is_cut_at_its_delimiters_only() {
        let body = b"preamble\r\n--b\r\none\r\n--bb\r\n --b\r\n--b  \r\n\r\ntwo\n--b\n\n--b--\r\nepilogue\r\n--b\r\nx";
        assert_eq!(parts(body, "b"), [&b"one\r\n--bb\r\n --b"[..], b"\r\ntwo", b""]);
        assert_eq!(parts(b"--b\r\none", "b"), [b"one"]);
        assert_eq!(parts(b"one", "b"), [b""; 0]);
    }

    #[test]
    fn no_more_parts_are_looked_at_than_anybody_sends() {
        assert_eq!(parts("--b\r\nx\r\n".repeat(1000).as_bytes(), "b").len(), MOST_PARTS);
    }

    #[test]
    fn boundaries_have_a_length() {
        assert_eq!(boundary("multipart/mixed; boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/mixed;boundary=x").as_deref(), Some("x"));
        for without in ["multipart/mixed", "multipart/mixed;boundary=\"\"", "multipart/mixed;boundary"] {
            assert_eq!(boundary(without), None, "{without}");
        }
        assert_eq!(boundary(&format!("multipart/mixed;boundary={}", "x".repeat(71))), None);
    }

    #[test]
    fn quoted_printable_is_read_as_it_is_written_and_as_it_is_miswritten() {
        assert_eq!(unquoted(b"caf=C3=A9 =3d=\r\n1=\n2"), "café =12".as_bytes());
        assert_eq!(unquoted(b"1 = 2, =zz, ="), b"1 = 2, =zz, =");
    }
}

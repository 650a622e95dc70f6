//! message/cpim (RFC 3862): message headers, an empty line, MIME headers, an empty line, the content.
//!
//! Only the content is of interest: who sends is known from the digest, and to whom from the request.

use super::{Part, Unreadable, is_usual_disposition};

/// The content within a CPIM message.
pub(super) fn unwrap(octets: &[u8]) -> Result<Part<'_>, Unreadable> {
    let (_, rest) = split_at_empty_line(octets).ok_or(Unreadable::Malformed)?;
    let (head, body) = split_at_empty_line(rest).ok_or(Unreadable::Malformed)?;
    let head = std::str::from_utf8(head).map_err(|_| Unreadable::Malformed)?;
    let content_type = field(head, "Content-Type").unwrap_or("text/plain;charset=utf-8");
    let plain = field(head, "Content-Transfer-Encoding").is_none_or(|coding| {
        ["7bit", "8bit", "binary"].iter().any(|plain| plain.eq_ignore_ascii_case(coding))
    });
    if !plain || !is_usual_disposition(field(head, "Content-Disposition")) {
        return Err(Unreadable::MediaType);
    }
    let length = field(head, "Content-Length").and_then(|text| text.parse().ok());
    Ok(Part { content_type, body: length.and_then(|length: usize| body.get(..length)).unwrap_or(body) })
}

/// What is before and after the first empty line; lines may end in LF alone. The text may begin with one.
fn split_at_empty_line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
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

/// The value of a MIME header, whose names don't regard case (RFC 2045).
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim_ascii().eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

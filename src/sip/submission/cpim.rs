//! message/cpim (RFC 3862): message headers, an empty line, MIME headers, an empty line, the content.
//!
//! Who sends is known from the digest, and to whom from the request: From and To in here decide nothing.

use super::mime::{entity, split_at_empty_line};
use super::{Part, Unreadable};

/// The content within a CPIM message.
pub(super) fn unwrap(octets: &[u8]) -> Result<Part<'_>, Unreadable> {
    let (_, rest) = split_at_empty_line(octets).ok_or(Unreadable::Malformed)?;
    entity(rest)
}

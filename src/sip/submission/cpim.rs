//! message/cpim (RFC 3862): message headers, an empty line, MIME headers, an empty line, the content.
//!
//! Who sends is known from the digest, and to whom from the request: From and To in here decide nothing.

use super::mime::{entity, split_at_empty_line};
use super::{Content, Part, Unreadable};
use crate::imdn::Wishes;

/// The message headers, and the content within a CPIM message.
fn unwrap(octets: &[u8]) -> Result<(&[u8], Part<'_>), Unreadable> {
    let (head, rest) = split_at_empty_line(octets).ok_or(Unreadable::Malformed)?;
    Ok((head, entity(rest)?))
}

/// What a CPIM message is: its content, and of a text what its sender wants to hear of it.
pub(super) fn read(octets: &[u8]) -> Result<Content, Unreadable> {
    let (head, part) = unwrap(octets)?;
    Ok(match part.read(1)? {
        Content::Text(text) => match Wishes::read(head) {
            Some(wishes) => Content::Asking(text, Box::new(wishes)),
            None => Content::Text(text),
        },
        // Nobody hears what became of a notice (RFC 5438 7.1.1.1).
        notice => notice,
    })
}

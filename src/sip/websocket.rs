//! SIP over WebSocket (RFC 7118): what is asked of a client, and what a WebSocket message holds.

use bytes::Bytes;

use crate::error::{Defect, ParseError};
use crate::message::MAX_MESSAGE;
use crate::message::framing::Frame;

/// The subprotocol that a client must offer and that is chosen (RFC 7118 4.1).
pub const SUBPROTOCOL: &str = "sip";

/// Whether one of the Sec-WebSocket-Protocol fields of a handshake offers SIP (RFC 6455 11.3.4).
pub fn is_offered<'a>(mut fields: impl Iterator<Item = &'a str>) -> bool {
    fields.any(|field| field.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case(SUBPROTOCOL)))
}

/// What a WebSocket message is: one whole SIP message (RFC 7118 5), or a keep-alive of RFC 5626, which is allowed
/// here too (RFC 7118 6). `None`: the answer to one of ours, or nothing.
pub fn frame(octets: Bytes) -> Option<Frame> {
    match &octets[..] {
        b"\r\n\r\n" => Some(Frame::Ping),
        b"\r\n" | b"" => None,
        _ if octets.len() > MAX_MESSAGE => {
            let error = ParseError { defect: Defect::TooLarge, request: None };
            Some(Frame::Refused { error, close: false })
        }
        _ => Some(Frame::Message(octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sip_may_be_one_of_several_subprotocols_in_several_fields() {
        assert!(is_offered(["sip"].into_iter()));
        assert!(is_offered(["msrp , SIP"].into_iter()));
        assert!(is_offered(["msrp", "xmpp,sip"].into_iter()));
        assert!(!is_offered(["sipp", "x sip"].into_iter()));
        assert!(!is_offered([].into_iter()));
    }

    #[test]
    fn a_websocket_message_is_a_sip_message_or_a_keep_alive() {
        assert!(matches!(frame(Bytes::from_static(b"\r\n\r\n")), Some(Frame::Ping)));
        assert!(frame(Bytes::from_static(b"\r\n")).is_none());
        assert!(frame(Bytes::new()).is_none());
        assert!(
            matches!(frame(Bytes::from_static(b"OPTIONS")), Some(Frame::Message(octets)) if octets.len() == 7)
        );
        let refused = frame(Bytes::from(vec![b'x'; MAX_MESSAGE + 1]));
        assert!(matches!(refused, Some(Frame::Refused { close: false, .. })));
    }
}

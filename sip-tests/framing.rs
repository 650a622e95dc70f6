//! Streams: RFC 3261 7.5 and 18.3, RFC 5626 4.4.1.

use bytes::Bytes;
use iwf_sip::message::framing::Frame;
use iwf_sip::{EndpointConfig, Framer, Message};

use crate::world::{World, request, tcp};

/// Everything that a stream holds, fed in pieces of one size.
fn frames(octets: &[u8], piece: usize) -> Vec<Frame> {
    let (mut framer, mut frames) = (Framer::default(), Vec::new());
    for piece in octets.chunks(piece) {
        framer.feed(piece);
        frames.extend(std::iter::from_fn(|| framer.next()));
    }
    frames
}

fn with_body(body: &str) -> String {
    let head = request("MESSAGE", "z9hG4bKa", "");
    head.replace("Content-Length: 0", &format!("Content-Length: {}", body.len())) + body
}

/// 18.3: the body ends where Content-Length says, whatever it looks like.
#[test]
fn a_message_in_a_body_is_no_message() {
    let inner = with_body("inner");
    let outer = with_body(&inner);
    let stream = format!("{outer}{inner}");
    for piece in 1..stream.len() {
        let bodies: Vec<Bytes> = frames(stream.as_bytes(), piece)
            .into_iter()
            .map(|frame| match frame {
                Frame::Message(octets) => match Message::parse(octets) {
                    Ok(Message::Request(request)) => request.body(),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(bodies, [inner.as_bytes(), b"inner"], "in pieces of {piece}");
    }
}

/// RFC 5626 4.4.1: CRLF CRLF is a ping; 7.5: single empty lines before a message are skipped.
#[test]
fn pings_between_messages_are_told_apart_from_empty_lines() {
    let message = with_body("x");
    let stream = format!("\r\n\r\n{message}\r\n{message}\r\n\r\n");
    for piece in [1, 2, 3, 4, 5, 1000] {
        let kinds: Vec<bool> =
            frames(stream.as_bytes(), piece).iter().map(|frame| matches!(frame, Frame::Ping)).collect();
        assert_eq!(kinds, [true, false, false, true], "in pieces of {piece}");
    }
}

/// 18.3, 20.14: a stream without Content-Length can't be read on: 400, then the connection closes.
#[test]
fn a_request_without_content_length_is_answered_before_the_close() {
    let stream = with_body("").replace("Content-Length: 0\r\n", "");
    let Some(Frame::Refused { error, close: true }) = frames(stream.as_bytes(), 7).pop() else {
        panic!("it was taken");
    };
    let mut world = World::new(EndpointConfig::default());
    world.endpoint.handle_refused(&error, tcp());
    let answer = world.endpoint.poll_transmit().unwrap().octets;
    assert!(answer.starts_with(b"SIP/2.0 400 "), "{answer:?}");
}

/// What the framer takes for one message, the parser takes for one message: no octet is left over or missing.
#[test]
fn framer_and_parser_agree_on_every_length() {
    let fields =
        ["Content-Length: 3", "l:3", "L :  003 ", "Content-Length:\r\n 3", "CONTENT-LENGTH\t: 3\r\nX: l: 9"];
    for field in fields {
        let stream = with_body("").replace("Content-Length: 0", field) + "abcTRAIL";
        let Some(Frame::Message(octets)) = frames(stream.as_bytes(), 1000).into_iter().next() else {
            panic!("{field}: no message");
        };
        assert!(octets.ends_with(b"\r\n\r\nabc"), "{field}");
        let Ok(Message::Request(request)) = Message::parse(octets) else { panic!("{field}: not read") };
        assert_eq!(&request.body()[..], b"abc", "{field}");
    }
}

/// Time spent must not grow with the square of what arrives octet by octet: each octet is looked at once.
#[test]
fn a_long_message_in_single_octets_is_read() {
    let message = with_body(&"x".repeat(60_000));
    assert!(
        matches!(frames(message.as_bytes(), 1).as_slice(), [Frame::Message(octets)] if octets.len() == message.len())
    );
}

//! Messages out of the octets of a connection, and back.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use iwf_sip::message::framing::{Frame, Framer};

use super::websocket::WebSocket;

/// How messages are told from one another.
pub(super) enum Codec {
    /// By Content-Length.
    Stream(Framer),
    /// By WebSocket.
    WebSocket(Box<WebSocket>),
}

/// What was found in the octets that came.
#[derive(Debug)]
pub(super) enum Found {
    /// A message, or a keep-alive.
    Frame(Frame),
    /// A sign of life, answered if it asks for that.
    Life,
    /// Nothing more until more octets come.
    Nothing,
    /// The peer said goodbye, or can't be followed any more. It is told so.
    Over(&'static str),
}

impl Codec {
    pub(super) fn stream() -> Self {
        Self::Stream(Framer::default())
    }

    /// For pages of these origins.
    pub(super) fn websocket(origins: Arc<[String]>) -> Self {
        Self::WebSocket(Box::new(WebSocket::new(origins)))
    }

    /// Where octets are read into, at the end.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        match self {
            Self::Stream(framer) => framer.buffer(),
            Self::WebSocket(socket) => socket.buffer(),
        }
    }

    /// Whether messages may be exchanged.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Stream(_) => true,
            Self::WebSocket(socket) => socket.is_open(),
        }
    }

    /// Nothing of a message has arrived that is not whole.
    pub(super) fn is_between_messages(&self) -> bool {
        match self {
            Self::Stream(framer) => framer.is_between_messages(),
            Self::WebSocket(socket) => socket.is_between_messages(),
        }
    }

    /// The next thing in what has come; what is to be said to it goes to `output`.
    pub(super) fn next(&mut self, output: &mut BytesMut) -> Found {
        match self {
            Self::Stream(framer) => framer.next().map_or(Found::Nothing, Found::Frame),
            Self::WebSocket(socket) => socket.next(output),
        }
    }

    /// Puts a message, or the answer to a keep-alive, into the form of the connection.
    pub(super) fn write(&mut self, octets: Bytes, output: &mut BytesMut) {
        match self {
            Self::Stream(_) => output.extend_from_slice(&octets),
            Self::WebSocket(socket) => socket.write(octets, output),
        }
    }

    /// Asks a silent peer whether it is still there; false: the peer is the one to ask (RFC 5626 3.5.1).
    pub(super) fn ping(&mut self, output: &mut BytesMut) -> bool {
        match self {
            Self::Stream(_) => false,
            Self::WebSocket(socket) => socket.ping(output),
        }
    }

    /// Says goodbye.
    pub(super) fn close(&mut self, output: &mut BytesMut) {
        match self {
            Self::Stream(_) => {}
            Self::WebSocket(socket) => socket.close(output),
        }
    }
}

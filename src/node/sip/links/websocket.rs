//! WebSocket (RFC 6455) on the side of a server. Octets go in, octets come out: the socket is the connection's.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use iwf_sip::message::MAX_MESSAGE;
use iwf_sip::websocket::{self, SUBPROTOCOL};
use tungstenite::error::Error;
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, Response, create_response, write_response};
use tungstenite::http::HeaderValue;
use tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tungstenite::{Utf8Bytes, WebSocket as Protocol};

use super::codec::Found;

/// One connection of a browser.
pub(super) struct WebSocket {
    state: State,
    /// The pages that may connect; empty: all.
    origins: Arc<[String]>,
    /// Octets of a message have come, and not its end.
    begun: bool,
}

enum State {
    /// The HTTP request is awaited, or not whole yet.
    Asked(BytesMut),
    /// WebSocket is agreed upon.
    Open(Box<Protocol<Pipe>>),
    /// It is over: what still comes is not read.
    Over(BytesMut),
}

/// The socket as the protocol sees it: it never waits.
#[derive(Debug, Default)]
struct Pipe {
    input: BytesMut,
    output: BytesMut,
}

/// The largest HTTP request.
const MAX_REQUEST: usize = 8 * 1024;
/// What a silent connection holds in memory for reading.
const BUFFER: usize = 4 * 1024;

impl WebSocket {
    /// For pages of these origins, as browsers name them, in lower case; or of all, if none is named.
    pub(super) fn new(origins: Arc<[String]>) -> Self {
        Self { state: State::Asked(BytesMut::new()), origins, begun: false }
    }

    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        match &mut self.state {
            State::Asked(input) => input,
            State::Open(protocol) => &mut protocol.get_mut().input,
            State::Over(input) => {
                input.clear();
                input
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    pub(super) fn is_between_messages(&self) -> bool {
        !self.begun
    }

    pub(super) fn next(&mut self, output: &mut BytesMut) -> Found {
        match &mut self.state {
            State::Asked(input) if input.is_empty() => Found::Nothing,
            State::Asked(_) => self.agree(output),
            State::Open(_) => self.read(output),
            State::Over(_) => Found::Nothing,
        }
    }

    fn agree(&mut self, output: &mut BytesMut) -> Found {
        let State::Asked(input) = &mut self.state else { return Found::Nothing };
        let answer = match Request::try_parse(input) {
            Ok(None) if input.len() <= MAX_REQUEST => return Found::Nothing,
            Ok(Some((length, request))) if length <= MAX_REQUEST => {
                input.advance(length);
                answer(&request, &self.origins)
            }
            // Somebody who speaks no HTTP would not understand the answer.
            Err(_) if !input.starts_with(b"GET ") => Err(Refusal { say: "", why: "no HTTP request" }),
            Ok(_) | Err(_) => {
                Err(Refusal { say: "400 Bad Request", why: "no HTTP request that can be read" })
            }
        };
        match answer {
            Ok(response) => {
                let written = write_response((&mut *output).writer(), &response);
                debug_assert!(written.is_ok(), "memory takes all");
                let pipe = Pipe { input: input.split(), output: BytesMut::new() };
                let protocol = Protocol::from_raw_socket(pipe, Role::Server, Some(bounds()));
                self.state = State::Open(Box::new(protocol));
                Found::Life
            }
            Err(Refusal { say, why }) => {
                if !say.is_empty() {
                    let more = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close";
                    let answer = format!("HTTP/1.1 {say}\r\n{more}\r\nContent-Length: 0\r\n\r\n");
                    output.extend_from_slice(answer.as_bytes());
                }
                self.state = State::Over(BytesMut::new());
                Found::Over(why)
            }
        }
    }

    fn read(&mut self, output: &mut BytesMut) -> Found {
        let State::Open(protocol) = &mut self.state else { return Found::Nothing };
        let came = !protocol.get_ref().input.is_empty();
        let found = match protocol.read() {
            Ok(Message::Text(text)) => websocket::frame(text.into()).map_or(Found::Life, Found::Frame),
            Ok(Message::Binary(octets)) => websocket::frame(octets).map_or(Found::Life, Found::Frame),
            // Pings and the close are answered by the protocol.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => Found::Life,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Found::Nothing,
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => Found::Over("closed by the peer"),
            Err(error) => {
                let (code, why) = misdeed(&error);
                let frame = CloseFrame { code, reason: Utf8Bytes::from_static(why) };
                drop(protocol.close(Some(frame)));
                Found::Over(why)
            }
        };
        self.begun = match found {
            Found::Nothing => self.begun || came,
            _ => false,
        };
        self.flush(output);
        if matches!(found, Found::Over(_)) {
            self.state = State::Over(BytesMut::new());
        }
        found
    }

    /// A SIP message is text unless it holds what is none (RFC 7118 5.2).
    pub(super) fn write(&mut self, octets: Bytes, output: &mut BytesMut) {
        let message = match Utf8Bytes::try_from(octets.clone()) {
            Ok(text) => Message::Text(text),
            Err(_) => Message::Binary(octets),
        };
        self.say(message, output);
    }

    pub(super) fn ping(&mut self, output: &mut BytesMut) -> bool {
        self.say(Message::Ping(Bytes::new()), output);
        self.is_open()
    }

    fn say(&mut self, message: Message, output: &mut BytesMut) {
        if let State::Open(protocol) = &mut self.state {
            // It fails when the peer has said goodbye: then nobody listens.
            drop(protocol.write(message));
            self.flush(output);
        }
    }

    pub(super) fn close(&mut self, output: &mut BytesMut) {
        if let State::Open(protocol) = &mut self.state {
            let frame = CloseFrame { code: CloseCode::Away, reason: Utf8Bytes::from_static("") };
            drop(protocol.close(Some(frame)));
            self.flush(output);
        }
    }

    fn flush(&mut self, output: &mut BytesMut) {
        if let State::Open(protocol) = &mut self.state {
            drop(protocol.flush());
            output.extend_from_slice(&protocol.get_mut().output.split());
        }
    }
}

/// Why a handshake is refused: the status line, and what the log says.
struct Refusal {
    say: &'static str,
    why: &'static str,
}

fn answer(request: &Request, origins: &[String]) -> Result<Response, Refusal> {
    let upgrade = |_| Refusal { say: "426 Upgrade Required", why: "no WebSocket handshake" };
    let mut response = create_response(request).map_err(upgrade)?;
    let texts = |name| request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
    if !websocket::is_offered(texts(SEC_WEBSOCKET_PROTOCOL)) {
        return Err(Refusal { say: "400 Bad Request", why: "the subprotocol sip is not offered" });
    }
    let is_welcome = |origin: &str| origins.iter().any(|welcome| welcome.eq_ignore_ascii_case(origin));
    // What is no browser names no page, and could name any.
    if !origins.is_empty() && !texts(ORIGIN).all(is_welcome) {
        return Err(Refusal { say: "403 Forbidden", why: "the page is none of sip.websocket.origins" });
    }
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// RFC 6455 7.4.1.
fn misdeed(error: &Error) -> (CloseCode, &'static str) {
    match error {
        Error::Capacity(_) => (CloseCode::Size, "a message too large"),
        Error::Utf8(_) => (CloseCode::Invalid, "a text that is no UTF-8"),
        _ => (CloseCode::Protocol, "against RFC 6455"),
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.input.len().min(into.len());
        if length == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let (head, room) = (self.input.split_to(length), &mut into[..length]);
        room.copy_from_slice(&head);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

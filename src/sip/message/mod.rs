//! SIP messages: read by one parser, written by one builder, cut out of a stream by one framer.
//!
//! A message keeps the octets it was received in; every accessor gives a part of them. Values are
//! checked when a message is parsed where the layers below need them (Via, From, To, Call-ID, CSeq,
//! Max-Forwards, Content-Length), and when they are asked for otherwise. What is not SIP by the letter but
//! comes from real phones, and has one reading only, is read; what could be read in two ways is refused.

mod address;
pub mod build;
mod check;
mod fields;
pub mod framing;
mod method;
mod name;
mod params;
mod parse;
mod scan;
mod uri;
mod via;

pub use address::{Contacts, NameAddr};
pub use build::Builder;
pub use fields::{CSeq, Fields};
pub use framing::Framer;
pub use method::{Method, Status};
pub use name::Name;
pub use params::{Param, Params, elements, unquote};
pub(crate) use uri::unescape;
pub use uri::{Scheme, Uri};
pub use via::Via;

use std::ops::{Deref, Range};

use bytes::Bytes;

use crate::error::ParseError;

/// The largest header section taken from a stream, in octets.
pub const MAX_HEAD: usize = 16 * 1024;
/// The largest body taken from a stream, in octets; datagrams end before.
pub const MAX_BODY: usize = 64 * 1024;
/// The largest message, from a stream or a datagram, in octets.
pub const MAX_MESSAGE: usize = MAX_HEAD + MAX_BODY;
/// How many header fields a message may have.
pub const MAX_FIELDS: usize = 256;
/// How many hops a message may have taken: Max-Forwards counts no further (RFC 3261 20.22). One with more is not even
/// answered, because the answer would carry them all, each on a line of its own.
pub const MAX_VIAS: usize = 255;

/// A message: a request or a response.
#[derive(Debug, Clone)]
pub enum Message {
    /// It asks.
    Request(Request),
    /// It answers.
    Response(Response),
}

/// A request whose start line and mandatory fields are sound.
#[derive(Debug, Clone)]
pub struct Request {
    fields: Fields,
    method: Method,
    method_text: Range<u32>,
    uri: Range<u32>,
}

/// A response whose start line and mandatory fields are sound.
#[derive(Debug, Clone)]
pub struct Response {
    fields: Fields,
    status: u16,
    reason: Range<u32>,
}

impl Message {
    /// Reads one whole message: a datagram, or what a framer gave. Empty lines before it are skipped,
    /// octets after its Content-Length are ignored (RFC 3261 7.5, 18.3).
    pub fn parse(octets: Bytes) -> Result<Self, ParseError> {
        parse::parse(octets)
    }
}

impl Request {
    /// Reads a request; a response is an error.
    pub fn parse(octets: Bytes) -> Result<Self, ParseError> {
        match Message::parse(octets)? {
            Message::Request(request) => Ok(request),
            Message::Response(_) => Err(parse::not_sip()),
        }
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as received, for one we don't know.
    pub fn method_text(&self) -> &str {
        self.fields.text(&self.method_text)
    }

    /// The Request-URI.
    pub fn request_uri(&self) -> Uri<'_> {
        Uri::parse(self.request_uri_text()).unwrap_or_default()
    }

    /// The Request-URI as received.
    pub fn request_uri_text(&self) -> &str {
        self.fields.text(&self.uri)
    }
}

impl Response {
    /// Reads a response; a request is an error.
    pub fn parse(octets: Bytes) -> Result<Self, ParseError> {
        match Message::parse(octets)? {
            Message::Response(response) => Ok(response),
            Message::Request(_) => Err(parse::not_sip()),
        }
    }

    /// The status code, 100-699.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase; may be empty.
    pub fn reason(&self) -> &str {
        self.fields.text(&self.reason)
    }
}

impl Deref for Request {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

impl Deref for Response {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.fields
    }
}

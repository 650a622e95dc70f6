//! Cuts messages out of a stream by Content-Length (RFC 3261 18.3).

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::name::Name;
use super::scan::{Class, is_blank};
use super::{MAX_BODY, MAX_HEAD, Message};
use crate::error::{Defect, ParseError};

/// A declared body up to this size is skipped after a 413; beyond it the connection is given up.
const MAX_SKIPPED: usize = 1024 * 1024;

/// No name of a field that matters here is longer.
const LONGEST_NAME: usize = 32;

/// Cuts the octets of one connection into messages. Looks at each octet once, however they arrive, and
/// keeps at most one message that is not whole yet.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Octets of the buffer already searched for the end of the header section.
    searched: usize,
    /// Length of the message being received, once its header section is there.
    whole: Option<usize>,
    /// Octets of a refused body that are still to come.
    skipping: usize,
    closed: bool,
}

/// What a stream held.
#[derive(Debug)]
pub enum Frame {
    /// One whole message, for `Endpoint::handle_message`.
    Message(Bytes),
    /// A double CRLF: the driver sends one CRLF back (RFC 5626 4.4.1).
    Ping,
    /// A message that can't be taken, for `Endpoint::handle_refused`. With `close` the stream has lost its
    /// frame: the driver sends what there is to send and closes.
    Refused {
        /// What is wrong, and what is needed to answer.
        error: ParseError,
        /// Nothing after it can be read.
        close: bool,
    },
}

impl Framer {
    /// Takes octets from the connection; `next` is to be called until it has no more. They may also be read
    /// into `buffer` directly.
    pub fn feed(&mut self, octets: &[u8]) {
        self.buffer.extend_from_slice(octets);
    }

    /// The buffer to read into, at its end.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Nothing of a message has arrived that is not whole: a connection may be closed without loss.
    pub fn is_between_messages(&self) -> bool {
        self.buffer.is_empty() && self.skipping == 0
    }

    /// The next frame; `None` until more octets arrive, or for good after a close.
    #[expect(clippy::should_implement_trait, reason = "more may come after None")]
    pub fn next(&mut self) -> Option<Frame> {
        self.skip();
        if self.closed || self.skipping > 0 {
            return None;
        }
        if self.whole.is_none() {
            if let Some(frame) = self.between() {
                return Some(frame);
            }
            if let Err(refused) = self.find_head()? {
                return Some(refused);
            }
        }
        let whole = self.whole.filter(|whole| *whole <= self.buffer.len())?;
        self.whole = None;
        Some(Frame::Message(self.buffer.split_to(whole).freeze()))
    }

    fn skip(&mut self) {
        let skipped = self.skipping.min(self.buffer.len());
        self.buffer.advance(skipped);
        self.skipping -= skipped;
        if self.closed {
            self.buffer.clear();
        }
    }

    /// Keep-alives between messages: CRLF CRLF asks for an answer, a single CRLF is one.
    fn between(&mut self) -> Option<Frame> {
        loop {
            match self.buffer.get(..4.min(self.buffer.len())).unwrap_or_default() {
                b"\r\n\r\n" => {
                    self.buffer.advance(4);
                    return Some(Frame::Ping);
                }
                b"\r" | b"\r\n" | b"\r\n\r" => return None,
                [b'\r', b'\n', ..] => self.buffer.advance(2),
                _ => return None,
            }
        }
    }

    /// Looks for the end of the header section; `None` if it is not there yet.
    fn find_head(&mut self) -> Option<Result<(), Frame>> {
        let first = *self.buffer.first()?;
        if first == b'\r' && self.buffer.len() < 4 {
            return None;
        }
        if !Class::TOKEN.has(first) {
            return Some(Err(self.close(Defect::NotSip, self.buffer.len())));
        }
        let from = self.searched.saturating_sub(3);
        let found = memmem::find(self.buffer.get(from..).unwrap_or_default(), b"\r\n\r\n");
        self.searched = self.buffer.len();
        let head = match found {
            Some(at) if from + at <= MAX_HEAD => from + at,
            None if self.buffer.len() <= MAX_HEAD => return None,
            _ => return Some(Err(self.close(Defect::TooLarge, MAX_HEAD))),
        };
        self.searched = 0;
        let length = content_length(self.buffer.get(..head).unwrap_or_default());
        let head = head + 4;
        match length {
            Err(defect) => Some(Err(self.close(defect, head))),
            Ok(length) if length > MAX_SKIPPED => Some(Err(self.close(Defect::TooLarge, head))),
            Ok(length) if length > MAX_BODY => {
                let error = refuse(self.buffer.split_to(head).freeze(), Defect::TooLarge);
                self.skipping = length;
                Some(Err(Frame::Refused { error, close: false }))
            }
            Ok(length) => {
                self.whole = Some(head + length);
                Some(Ok(()))
            }
        }
    }

    fn close(&mut self, defect: Defect, len: usize) -> Frame {
        self.closed = true;
        let head = self.buffer.split_to(len.min(self.buffer.len())).freeze();
        Frame::Refused { error: refuse(head, defect), close: true }
    }
}

/// The error for a message that framing refuses, with what the parser finds to answer to.
fn refuse(head: Bytes, defect: Defect) -> ParseError {
    let request = match Message::parse(head) {
        Ok(Message::Request(request)) => Some(Box::new(request.fields)),
        Ok(Message::Response(_)) => None,
        Err(error) => error.request,
    };
    ParseError { defect, request }
}

/// The one Content-Length of a header section. Two, none, or one that is no number lose the frame, as does what other
/// readers might take for one, or for the end of a line: what follows would not be the same for all of them.
fn content_length(head: &[u8]) -> Result<usize, Defect> {
    let mut line_ends = 0;
    for at in memchr::memchr_iter(b'\r', head) {
        if head.get(at + 1) != Some(&b'\n') {
            return Err(Defect::HeaderLine);
        }
        line_ends += 1;
    }
    if memchr::memchr_iter(b'\n', head).count() != line_ends {
        return Err(Defect::HeaderLine);
    }
    let mut found = None;
    let mut lines = head.split(|octet| *octet == b'\n').peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let end = name.iter().rposition(|octet| *octet > b' ').map_or(0, |last| last + 1);
        let (name, blanks) = name.split_at_checked(end).unwrap_or_default();
        if name.len() > LONGEST_NAME || Name::parse(name) != Name::ContentLength {
            continue;
        }
        if !blanks.iter().copied().all(is_blank) {
            return Err(Defect::HeaderLine);
        }
        let mut value = value.get(1..).unwrap_or_default().trim_ascii();
        while let Some(folded) = lines.next_if(|next| next.starts_with(b" ") || next.starts_with(b"\t")) {
            if value.is_empty() {
                value = folded.trim_ascii();
            } else if !folded.trim_ascii().is_empty() {
                return Err(Defect::Field(Name::ContentLength));
            }
        }
        if found.replace(number(value).ok_or(Defect::Field(Name::ContentLength))?).is_some() {
            return Err(Defect::Repeated(Name::ContentLength));
        }
    }
    found.ok_or(Defect::Missing(Name::ContentLength))
}

/// A decimal number; one too large for any message is as large as can be.
fn number(digits: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok()?;
    Class::DIGIT.fits(text).then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK1\r\n\
        From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";

    fn message(field: &str, body: &str) -> String {
        format!("{HEAD}{field}\r\n{body}")
    }

    /// Feeds the octets in pieces of one size and describes the frames.
    fn frames(octets: &[u8], piece: usize) -> Vec<String> {
        let (mut framer, mut frames) = (Framer::default(), Vec::new());
        for piece in octets.chunks(piece) {
            framer.feed(piece);
            while let Some(frame) = framer.next() {
                frames.push(match frame {
                    Frame::Message(octets) => format!("message {}", octets.len()),
                    Frame::Ping => "ping".to_owned(),
                    Frame::Refused { error, close } => {
                        format!("{:?} {close} {:?}", error.defect, error.answer().map(|status| status.code))
                    }
                });
            }
        }
        frames
    }

    #[test]
    fn messages_are_cut_alike_however_their_octets_arrive() {
        let first = message("Content-Length: 5\r\n", "12345");
        let second = message("l :\r\n 0\r\n", "");
        let stream = format!("\r\n{first}\r\n\r\n{second}\r\n\r\n\r\n{first}");
        let (a, b) = (format!("message {}", first.len()), format!("message {}", second.len()));
        for piece in 1..stream.len() {
            let expected = [&a, "ping", &b, "ping", &a];
            assert_eq!(frames(stream.as_bytes(), piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_stream_that_lost_its_frame_is_answered_and_closed() {
        let cases = [
            (message("", ""), "Missing(ContentLength) true Some(400)"),
            (message("Content-Length: -1\r\n", ""), "Field(ContentLength) true Some(400)"),
            (message("l: 1\r\nContent-Length: 1\r\n", ""), "Repeated(ContentLength) true Some(400)"),
            (message("l: 1\r\n 2\r\n", ""), "Field(ContentLength) true Some(400)"),
            (message("l: 99999999999999999999999\r\n", ""), "TooLarge true Some(413)"),
            ("\u{16}\u{3}\u{1}".to_owned(), "NotSip true None"),
        ];
        for (octets, expected) in cases {
            let octets = format!("{octets}{}", message("l: 0\r\n", ""));
            assert_eq!(frames(octets.as_bytes(), 1000), [expected]);
        }
    }

    #[test]
    fn a_large_body_is_refused_and_skipped() {
        let large = message("l: 100000\r\n", &"x".repeat(100_000));
        let next = message("l: 0\r\n", "");
        let expected = ["TooLarge false Some(413)".to_owned(), format!("message {}", next.len())];
        assert_eq!(frames(format!("{large}{next}").as_bytes(), 1000), expected);
    }

    #[test]
    fn a_header_section_without_end_is_given_up() {
        let endless = message(&format!("X: {}", "x".repeat(MAX_HEAD)), "");
        assert_eq!(frames(endless.as_bytes(), 100), ["TooLarge true Some(413)"]);
    }
}

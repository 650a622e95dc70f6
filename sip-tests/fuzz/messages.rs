//! One message: what the parser takes for one, the framer takes for one, and the answer to it can be read.

use bytes::Bytes;
use iwf_sim::fuzz::Wild;
use iwf_sip::message::framing::Frame;
use iwf_sip::{Builder, Framer, Message, Request, Response, Status};

use super::mutate::Seeds;
use crate::world::{address, ask_everything};

/// Whether the message is sound; an error says what they do not agree on.
pub(super) fn agree(wild: &mut Wild, seeds: &Seeds) -> Result<bool, String> {
    let octets = Bytes::from(seeds.octets(wild));
    let shown = || String::from_utf8_lossy(&octets).into_owned();
    let framed = frames(wild, &octets);
    match Message::parse(octets.clone()) {
        Err(error) => {
            if let (Some(request), Some(status)) = (&error.request, error.answer()) {
                let source = address("192.0.2.1:5060");
                let answer = Builder::response(request, source, status, "t").finish();
                lines(&answer).map_err(|fault| format!("{fault}: {:?} to {:?}", answer, shown()))?;
            }
            Ok(false)
        }
        Ok(message) => {
            ask_everything(&message);
            let fields = match &message {
                Message::Request(request) => &**request,
                Message::Response(response) => &**response,
            };
            if let (Some(_), Some(Frame::Message(first))) = (fields.content_length(), framed.first()) {
                let again = Message::parse(first.clone())
                    .map_err(|error| format!("framed: {error}: {:?}", shown()))?;
                let body = match again {
                    Message::Request(request) => request.body(),
                    Message::Response(response) => response.body(),
                };
                if body != fields.body() {
                    return Err(format!("framed, the body is {body:?}: {:?}", shown()));
                }
            }
            if let Message::Request(request) = &message {
                answered(request).map_err(|fault| format!("{fault}: {:?}", shown()))?;
            }
            Ok(true)
        }
    }
}

/// The frames of the same octets, in pieces at random.
fn frames(wild: &mut Wild, octets: &[u8]) -> Vec<Frame> {
    let (mut framer, mut frames, mut rest) = (Framer::default(), Vec::new(), octets);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(1 + wild.below(rest.len()));
        framer.feed(piece);
        frames.extend(std::iter::from_fn(|| framer.next()));
        rest = after;
    }
    frames
}

/// An answer belongs to its request by everything that clients compare (RFC 3261 8.2.6.2, 17.1.3).
fn answered(request: &Request) -> Result<(), String> {
    let octets = Builder::response(request, address("192.0.2.1:5060"), Status::of(200), "t").finish();
    lines(&octets)?;
    let response =
        Response::parse(octets.clone()).map_err(|error| format!("{error} in our answer {octets:?}"))?;
    let same = [
        (request.call_id() == response.call_id(), "Call-ID"),
        (request.cseq() == response.cseq(), "CSeq"),
        (request.from().tag() == response.from().tag(), "From tag"),
        (request.from().uri().as_str() == response.from().uri().as_str(), "From"),
        (request.to().uri().as_str() == response.to().uri().as_str(), "To"),
        (request.via().branch() == response.via().branch(), "branch"),
        (request.vias().count() == response.vias().count(), "number of Vias"),
        (response.to().tag().is_some() || request.to().params().contains("tag"), "To tag"),
    ];
    let differs = same.into_iter().find(|(same, _)| !same);
    differs.map_or(Ok(()), |(_, what)| Err(format!("{what} differs in our answer {octets:?}")))
}

/// Every line of an answer is a field, and ends as it should.
fn lines(answer: &[u8]) -> Result<(), String> {
    let head = answer.strip_suffix(b"\r\n\r\n").ok_or("an answer without end")?;
    let text = std::str::from_utf8(head).map_err(|_| "an answer that is no UTF-8")?;
    let is_field = |line: &str| {
        let name = line.split_once(": ").map_or("", |(name, _)| name);
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
            && !line.contains(['\r', '\n'])
    };
    match text.split("\r\n").skip(1).find(|line| !is_field(line)) {
        Some(line) => Err(format!("an answer with the line {line:?}")),
        None => Ok(()),
    }
}

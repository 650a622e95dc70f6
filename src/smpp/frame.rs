//! Framing: whole PDUs out of a stream of octets (SMPP 5.0 3.2; interworking.md A.1).
//!
//! A read may end anywhere, so nothing is assumed but command_length. Once a length can't be trusted
//! the stream can't be followed any more: it is answered, if at all, and the connection closed.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use iwf_model::Stranger;

use crate::pdu::Header;

/// The largest PDU: 64 KiB of message_payload and what else may be in it.
pub const MAX_PDU_OCTETS: usize = 70_000;
/// The largest PDU before a bind: no bind is longer, and strangers get no more memory.
pub const MAX_PDU_OCTETS_BEFORE_BIND: usize = 200;

/// Why the stream can't be followed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// command_length is below 16 or above the limit. `sequence` is the PDU's, 0 when not yet seen.
    #[error("a command_length of {length} can't be")]
    Length {
        /// What the PDU said.
        length: u32,
        /// For the generic_nack.
        sequence: u32,
    },
    /// The peer speaks another protocol.
    #[error("{0} instead of a PDU")]
    Stranger(Stranger),
}

/// Cuts PDUs off the received octets and knows since when an unfinished one is waiting.
#[derive(Debug, Default)]
pub struct Framer {
    started: Option<Instant>,
}

impl Framer {
    /// The next whole PDU, at most `max` octets long, split off `input` without a copy; `None` when
    /// there is none yet. A length that can't be is told as soon as its four octets are there.
    pub fn next(&mut self, input: &mut BytesMut, max: usize) -> Result<Option<Bytes>, FrameError> {
        let Some(first) = input.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*first);
        let octets = length as usize;
        if !(Header::OCTETS..=max).contains(&octets) {
            return Err(unusable(*first, input));
        }
        if input.len() < octets {
            return Ok(None);
        }
        self.started = None;
        Ok(Some(input.split_to(octets).freeze()))
    }

    /// Notes, when `input` is used up but for the start of a PDU, since when that start is waiting.
    pub fn settle(&mut self, input: &BytesMut, now: Instant) {
        if input.is_empty() {
            self.started = None;
        } else {
            self.started.get_or_insert(now);
        }
    }

    /// Lets the time of a PDU that has begun start anew: we did not read.
    pub fn restart(&mut self, now: Instant) {
        self.started = self.started.map(|_| now);
    }

    /// When the PDU that has begun must be whole, if one has begun.
    pub fn deadline(&self, limit: Duration) -> Option<Instant> {
        self.started.map(|started| started + limit)
    }
}

fn unusable(first: [u8; 4], input: &BytesMut) -> FrameError {
    if let Some(stranger) = Stranger::of(input).filter(|stranger| *stranger != Stranger::ClearSmpp) {
        return FrameError::Stranger(stranger);
    }
    let sequence = Header::split(input).map_or(0, |(header, _)| header.sequence_number);
    FrameError::Length { length: u32::from_be_bytes(first), sequence }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENQUIRE: [u8; 16] = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9];

    #[test]
    fn octet_by_octet_gives_the_same_pdus_as_all_at_once() {
        let stream = [ENQUIRE, ENQUIRE, ENQUIRE].concat();
        let (mut framer, mut input, mut pdus) = (Framer::default(), BytesMut::new(), 0);
        for octet in &stream {
            input.extend_from_slice(&[*octet]);
            while let Some(pdu) = framer.next(&mut input, MAX_PDU_OCTETS).unwrap() {
                assert_eq!(pdu[..], ENQUIRE);
                pdus += 1;
            }
        }
        assert_eq!((pdus, input.len()), (3, 0));
    }

    #[test]
    fn lengths_at_the_limits_pass_and_beyond_them_do_not() {
        for (length, passes) in [(0, false), (4, false), (15, false), (16, true), (200, true), (201, false)] {
            let mut input = BytesMut::zeroed(201);
            input[..4].copy_from_slice(&u32::to_be_bytes(length));
            let framed = Framer::default().next(&mut input, MAX_PDU_OCTETS_BEFORE_BIND);
            assert_eq!(framed.is_ok(), passes, "{length}");
        }
    }

    #[test]
    fn a_wrong_length_carries_the_sequence_number_when_it_was_received() {
        let mut pdu = ENQUIRE;
        pdu[3] = 15;
        let whole = Framer::default().next(&mut BytesMut::from(&pdu[..]), 200);
        assert_eq!(whole, Err(FrameError::Length { length: 15, sequence: 9 }));
        let cut = Framer::default().next(&mut BytesMut::from(&pdu[..15]), 200);
        assert_eq!(cut, Err(FrameError::Length { length: 15, sequence: 0 }));
    }

    #[test]
    fn the_time_of_a_started_pdu_runs_from_its_first_octet() {
        let limit = Duration::from_secs(10);
        let (start, mut framer) = (crate::testing::start(), Framer::default());
        let mut input = BytesMut::from(&ENQUIRE[..8]);
        framer.settle(&input, start);
        framer.settle(&input, start + Duration::from_secs(5));
        assert_eq!(framer.deadline(limit), Some(start + limit));
        input.extend_from_slice(&ENQUIRE[8..]);
        assert!(framer.next(&mut input, 200).unwrap().is_some());
        assert_eq!(framer.deadline(limit), None);
    }
}

//! PDUs to begin with, and what can go wrong with them.

use iwf_sim::fuzz::Wild;
use iwf_smpp::CommandId;

use super::walker::{Field, layout};
use crate::corpus;
use crate::peer::{Submit, pdu, tlv};

/// What the fuzzer begins with.
pub(super) struct Seeds {
    /// Right PDUs, of every command a peer may send.
    right: Vec<Vec<u8>>,
    /// The corpus.
    odd: Vec<Vec<u8>>,
}

impl Seeds {
    pub(super) fn new() -> Self {
        let odd = corpus::cases().into_values().map(|case| case.octets());
        Self { right: right(), odd: odd.filter(|octets| octets.len() < 5_000).collect() }
    }

    /// What message centres send.
    pub(super) fn of_centres() -> Self {
        Self { right: right_of_centres(), ..Self::new() }
    }

    /// Octets of one PDU, mostly: right, odd, or mutated.
    pub(super) fn octets(&self, wild: &mut Wild) -> Vec<u8> {
        match wild.below(8) {
            0 | 1 => wild.pick(&self.right).clone(),
            2 => wild.pick(&self.odd).clone(),
            3 => {
                let mut octets = wild.pick(&self.odd).clone();
                scratch(wild, &mut octets);
                octets
            }
            4 => {
                let pair = (wild.pick(&self.right).as_slice(), wild.pick(&self.right).as_slice());
                splice(wild, pair)
            }
            _ => {
                let mut shape = Shape::read(wild.pick::<Vec<u8>>(&self.right));
                for _ in 0..=wild.below(3) {
                    shape.mutate(wild);
                }
                shape.write(wild)
            }
        }
    }
}

fn right_of_centres() -> Vec<Vec<u8>> {
    let told =
        b"id:100 sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 stat:DELIVRD err:000 text:x";
    let receipt = Submit { esm_class: 4, short_message: told.to_vec(), ..Submit::default() };
    let tlvs = [tlv(0x001E, b"100\0"), tlv(0x0427, &[5]), tlv(0x0423, &[3, 0, 1])].concat();
    let waits = Submit { esm_class: 0x20, tlvs, ..Submit::default() };
    let part = Submit {
        esm_class: 0x40,
        short_message: b"\x05\0\x03\x07\x02\x01hello".to_vec(),
        registered_delivery: 1,
        ..Submit::default()
    };
    let congested = [&b"abc\0"[..], &tlv(0x0428, &[95])].concat();
    let failed = [&b"\0"[..], &tlv(0x0425, &[1]), &tlv(0x001D, b"no\0")].concat();
    vec![
        Submit::default().deliver_sm(1),
        Submit::default().data_sm(1),
        receipt.deliver_sm(1),
        receipt.data_sm(1),
        waits.deliver_sm(1),
        Submit { esm_class: 8, ..waits }.deliver_sm(1),
        part.deliver_sm(1),
        pdu(CommandId::BindTransceiverResp, 1, b"smsc\0\x02\x10\0\x01\x34"),
        pdu(CommandId::SubmitSmResp, 2, &congested),
        pdu(CommandId::SubmitSmResp, 3, &failed),
        pdu(CommandId::DataSmResp, 2, b"abc\0"),
        pdu(CommandId::EnquireLink, 1, b""),
        pdu(CommandId::EnquireLinkResp, 1, b""),
        pdu(CommandId::AlertNotification, 1, b"\x01\x01111\0\x01\x01222\0"),
        pdu(CommandId::Outbind, 1, b"smsc\0secret1\0"),
        pdu(CommandId::Unbind, 1, b""),
    ]
}

fn right() -> Vec<Vec<u8>> {
    let part = |header: &[u8]| Submit {
        esm_class: 0x40,
        short_message: [header, b"hello"].concat(),
        registered_delivery: 1,
        ..Submit::default()
    };
    let sar = [tlv(0x020C, &[0, 1]), tlv(0x020E, &[2]), tlv(0x020F, &[1])].concat();
    let timed = Submit {
        validity_period: b"000000000500000R".to_vec(),
        schedule_delivery_time: b"000000000001000R".to_vec(),
        data_coding: 8,
        short_message: vec![0x06, 0x45, 0xD8, 0x3D, 0xDE, 0x00],
        tlvs: [tlv(0x0204, &[0, 1]), tlv(0x0017, &[0, 0, 0, 9]), tlv(0x1400, b"x")].concat(),
        ..Submit::default()
    };
    let payload = Submit { short_message: Vec::new(), tlvs: tlv(0x0424, &[b'a'; 300]), ..Submit::default() };
    let multi = b"\0\x05\0ACME\0\x02\x01\x01\x01111222333\0\x01\0\x001111\0\0\0\0\0\0\0\0\0\0\x02hi";
    let message = b"100000000000000001\0\x05\0ACME\0";
    vec![
        Submit::default().submit_sm(1),
        part(&[5, 0, 3, 7, 2, 1]).submit_sm(1),
        part(&[6, 8, 4, 0, 7, 2, 1]).submit_sm(1),
        timed.submit_sm(1),
        timed.data_sm(1),
        payload.submit_sm(1),
        Submit { tlvs: sar, ..Submit::default() }.submit_sm(1),
        pdu(CommandId::SubmitMulti, 1, multi),
        pdu(CommandId::QuerySm, 1, message),
        pdu(CommandId::CancelSm, 1, &[b"\0", &message[..], b"\x01\x01111222333\0"].concat()),
        pdu(CommandId::ReplaceSm, 1, &[message, &b"\0\0\0\0\x03new"[..]].concat()),
        pdu(CommandId::BindTransceiver, 1, b"carrier1\0secret1\0\0\x34\0\0\0"),
        pdu(CommandId::DeliverSmResp, 1, b"\0"),
        pdu(CommandId::EnquireLink, 1, b""),
        pdu(CommandId::EnquireLinkResp, 1, b""),
        pdu(CommandId::Outbind, 1, b"smsc\0secret1\0"),
        pdu(CommandId::Unbind, 1, b""),
    ]
}

/// A PDU taken apart: what makes it up can be made wrong without losing the rest.
struct Shape {
    head: [u32; 4],
    /// The mandatory fields, each with its limit.
    fields: Vec<(Vec<u8>, usize)>,
    /// Tag, length and value; the length is written as it stands here.
    tlvs: Vec<(u16, u16, Vec<u8>)>,
    /// What is neither.
    rest: Vec<u8>,
}

const INTEGERS: [u8; 14] = [0, 1, 2, 3, 4, 5, 8, 0x10, 0x20, 0x40, 0x7F, 0x80, 0xF5, 0xFF];
const TAGS: [u16; 20] = [
    0x0017, 0x001E, 0x0030, 0x0204, 0x020A, 0x020B, 0x020C, 0x020E, 0x020F, 0x0210, 0x0304, 0x0381, 0x0421,
    0x0423, 0x0424, 0x0427, 0x0501, 0x0606, 0x130C, 0x1400,
];
const COMMANDS: [u32; 22] = [
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x07,
    0x08,
    0x09,
    0x0A,
    0x0B,
    0x15,
    0x21,
    0x102,
    0x103,
    0x111,
    0x112,
    0x113,
    0x8000_0000,
    0x8000_0004,
    0x8000_0005,
    0x8000_0103,
];

impl Shape {
    fn read(octets: &[u8]) -> Self {
        let head = [0, 4, 8, 12]
            .map(|at| u32::from_be_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]]));
        let mut rest = &octets[16..];
        let mut fields = Vec::new();
        for field in layout(head[1]).unwrap_or_default() {
            let (length, max) = match *field {
                Field::Integers(count) => (count, count),
                Field::Text(max) => (rest.iter().take_while(|octet| **octet != 0).count() + 1, max),
                Field::Time => (rest.iter().take_while(|octet| **octet != 0).count() + 1, 17),
                Field::Message => (1 + rest.first().map_or(0, |length| usize::from(*length)), 256),
                Field::Unsuccessful => (rest.len(), rest.len()),
            };
            let (field, after) = rest.split_at(length.min(rest.len()));
            fields.push((field.to_vec(), max));
            rest = after;
        }
        let mut tlvs = Vec::new();
        while let [t0, t1, l0, l1, after @ ..] = rest {
            let length = u16::from_be_bytes([*l0, *l1]);
            let Some((value, after)) = after.split_at_checked(usize::from(length)) else { break };
            tlvs.push((u16::from_be_bytes([*t0, *t1]), length, value.to_vec()));
            rest = after;
        }
        Self { head, fields, tlvs, rest: rest.to_vec() }
    }

    fn mutate(&mut self, wild: &mut Wild) {
        match wild.below(10) {
            0 => self.head[1] = *wild.pick(&COMMANDS),
            1 => self.head[3] = *wild.pick(&[0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]),
            2 => self.head[2] = wild.next() as u32,
            3 => scratch(wild, &mut self.rest),
            4..=6 => self.mutate_field(wild),
            _ => self.mutate_tlv(wild),
        }
    }

    fn mutate_field(&mut self, wild: &mut Wild) {
        let at = wild.below(self.fields.len());
        let Some((field, max)) = self.fields.get_mut(at) else { return };
        let place = wild.below(field.len());
        match wild.below(7) {
            0 | 1 => {
                if let Some(octet) = field.get_mut(place) {
                    *octet = *wild.pick(&INTEGERS);
                }
            }
            // At the limit, above it, far above it.
            2 => {
                let length = *wild.pick(&[*max - 1, *max, *max + 1, 200]);
                *field = vec![*wild.pick(b"1A0R\xE9"); length];
                field.push(0);
            }
            3 => *field = vec![0],
            4 => field.truncate(place),
            5 => field.insert(place, *wild.pick(&INTEGERS)),
            _ => scratch(wild, field),
        }
    }

    fn mutate_tlv(&mut self, wild: &mut Wild) {
        let at = wild.below(self.tlvs.len());
        let found = self.tlvs.get_mut(at).filter(|_| !wild.one_in(3));
        let Some((tag, length, value)) = found else {
            let count = *wild.pick(&[0, 1, 2, 3, 4, 5, 17, 300]);
            self.tlvs.push((*wild.pick(&TAGS), count as u16, wild.octets(count)));
            return;
        };
        match wild.below(6) {
            0 => *tag = *wild.pick(&TAGS),
            1 => *length = length.wrapping_add(*wild.pick(&[1, 0xFFFF, 0x100, 0x8000])),
            2 => scratch(wild, value),
            3 => {
                scratch(wild, value);
                *length = value.len() as u16;
            }
            4 => self.tlvs.extend_from_within(at..=at),
            _ => self.tlvs.swap(0, at),
        }
    }

    /// The octets, with a right command_length as a rule.
    fn write(mut self, wild: &mut Wild) -> Vec<u8> {
        let mut body: Vec<u8> = self.fields.into_iter().flat_map(|(field, _)| field).collect();
        for (tag, length, value) in self.tlvs {
            body.extend([tag.to_be_bytes(), length.to_be_bytes()].concat());
            body.extend(value);
        }
        body.extend(self.rest);
        if wild.one_in(8) {
            body.truncate(wild.below(body.len()));
        }
        self.head[0] = body.len() as u32 + 16;
        if wild.one_in(64) {
            let lies =
                [0, 4, 15, self.head[0] - 1, self.head[0] + 1, 201, 70_000, 70_001, 0x7FFF_FFFF, 0xFFFF_FFFF];
            self.head[0] = *wild.pick(&lies);
        }
        [self.head.into_iter().flat_map(u32::to_be_bytes).collect(), body].concat()
    }
}

/// Flips, cuts, doubles or inserts a few octets, whatever they are.
fn scratch(wild: &mut Wild, octets: &mut Vec<u8>) {
    for _ in 0..=wild.below(3) {
        let at = wild.below(octets.len() + 1);
        match wild.below(5) {
            0 if at < octets.len() => octets[at] = wild.octet(),
            1 if at < octets.len() => octets[at] ^= 1 << wild.below(8),
            2 if octets.len() > 1 => octets.truncate(at.max(1)),
            3 => octets.insert(at, *wild.pick(&INTEGERS)),
            _ => octets.extend_from_within(at..),
        }
    }
    octets.truncate(3_000);
}

/// The front of one and the end of another, with a right command_length.
fn splice(wild: &mut Wild, (front, end): (&[u8], &[u8])) -> Vec<u8> {
    let cut = 16 + wild.below(front.len() - 15);
    let mut octets = [&front[..cut], &end[16 + wild.below(end.len() - 15)..]].concat();
    let length = octets.len() as u32;
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

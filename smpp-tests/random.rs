//! Random and mutated input, from fixed seeds: nothing panics, and a stream of whole PDUs is never lost.

use iwf_model::BindKind;
use iwf_smpp::{CommandId, CommandStatus};

use crate::peer::{Peer, Submit, pdu, tlv};

/// xorshift64: good enough to be wild, and the same on every machine.
struct Wild(u64);

impl Wild {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Changes, cuts, doubles or inserts a few octets.
    fn mutate(&mut self, body: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(body.len() + 1);
            match self.below(4) {
                0 if at < body.len() => body[at] = self.next() as u8,
                1 => body.truncate(at),
                2 => body.insert(at, *[0, 1, 0x7F, 0x80, 0xFF].get(self.below(5)).unwrap_or(&0)),
                _ => body.extend_from_within(at..),
            }
        }
        body.truncate(3000);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let rich = Submit {
        esm_class: 0x40,
        short_message: b"\x05\x00\x03\x07\x02\x01hello".to_vec(),
        validity_period: b"000000000500000R".to_vec(),
        schedule_delivery_time: b"261121093000000+".to_vec(),
        registered_delivery: 1,
        data_coding: 8,
        tlvs: [tlv(0x0204, &[0, 1]), tlv(0x0017, &[0, 0, 0, 9]), tlv(0x1400, b"x")].concat(),
        ..Submit::default()
    };
    let sar = [tlv(0x020C, &[0, 1]), tlv(0x020E, &[2]), tlv(0x020F, &[1])].concat();
    vec![
        Submit::default().submit_sm(1),
        rich.submit_sm(1),
        rich.data_sm(1),
        Submit { tlvs: sar, ..Submit::default() }.submit_sm(1),
        pdu(CommandId::BindTransceiver, 1, b"carrier1\0secret1\0\0\x34\0\0\0"),
        pdu(CommandId::DeliverSmResp, 1, b"\0"),
        pdu(CommandId::QuerySm, 1, b"1\0\0\0\0"),
        pdu(CommandId::EnquireLink, 1, b""),
    ]
}

#[test]
fn every_mutated_request_is_answered_once_under_its_number_and_the_bind_stays() {
    let mut wild = Wild(0x1D0C_5EED_0000_0001);
    let seeds = seeds();
    let mut peer = Peer::bound(BindKind::Transceiver, 0x50);
    for sequence in 1..=60_000 {
        let seed = wild.pick(&seeds);
        let (id, mut body) = (seed[4..8].to_vec(), seed[16..].to_vec());
        wild.mutate(&mut body);
        let id = CommandId::from(u32::from_be_bytes([id[0], id[1], id[2], id[3]]));
        peer.sends(&pdu(id, sequence, &body));
        let answers = peer.answers();
        let expected = usize::from(!id.is_response());
        assert_eq!(answers.len(), expected, "{id:?} {}", body.escape_ascii());
        assert!(answers.iter().all(|answer| answer.sequence == sequence));
        assert_eq!(peer.closed, None);
    }
    assert!(peer.lives());
    let taken = peer.submissions.len();
    assert!((1000..50_000).contains(&taken), "{taken} of them were still right");
}

#[test]
fn every_random_body_is_answered_in_every_state() {
    let mut wild = Wild(0x1D0C_5EED_0000_0002);
    let ids = [1, 2, 3, 4, 5, 7, 8, 9, 0x0B, 0x21, 0x102, 0x103, 0x111, 0x112, 0x113, 0x0A, 0x200];
    let mut peers = [
        Peer::bound(BindKind::Transmitter, 0x00),
        Peer::bound(BindKind::Receiver, 0x34),
        Peer::bound(BindKind::Transceiver, 0x50),
    ];
    for sequence in 1..=30_000 {
        let id = CommandId::from(*wild.pick(&ids));
        let count = wild.below(300);
        let octets = pdu(id, sequence, &wild.octets(count));
        let peer = &mut peers[wild.below(3)];
        peer.sends(&octets);
        let answer = peer.answer();
        assert_eq!(answer.sequence, sequence);
        assert!(answer.status != CommandStatus::EsmeRok || answer.octets.len() > 16, "{answer:?}");
    }
    assert!(peers.iter_mut().all(Peer::lives));
}

#[test]
fn noise_never_panics_however_it_is_cut() {
    let mut wild = Wild(0x1D0C_5EED_0000_0003);
    for _ in 0..10_000 {
        let mut peer = if wild.below(2) == 0 { Peer::connected() } else { Peer::transceiver() };
        let mut input = bytes::BytesMut::new();
        for _ in 0..wild.below(6) {
            let count = wild.below(64);
            let mut noise = wild.octets(count);
            // Half of it begins like a PDU.
            if wild.below(2) == 0 {
                let length = 16 + wild.below(80) as u8;
                noise.splice(..noise.len().min(4), [0, 0, 0, length]);
            }
            input.extend_from_slice(&noise);
            peer.session.handle_input(&mut input, peer.now);
            peer.settles();
        }
        peer.lives_through(std::time::Duration::from_secs(wild.below(400) as u64));
    }
}

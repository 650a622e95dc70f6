use std::time::Duration;

use iwf_model::{Alphabet, CarrierId, FinalState, MessageId, Party, Receipt, Refusal};

use super::*;
use crate::bind::{BindRefusal, Grant};
use crate::event::{ReceiptAnswer, Ticket};
use crate::keepalive::TimerReason;
use crate::pdu::writer::Writer;
use crate::testing;

/// A session and what a peer would see of it. The conformance of each clause is tested in smpp-tests;
/// here is what only the inside can get wrong.
struct Peer {
    session: Session,
    now: Now,
    profile: Profile,
}

impl Peer {
    fn connected() -> Self {
        let config = SessionConfig { receipt_window: 2, max_held: 100, ..SessionConfig::default() };
        let now = testing::now();
        Self { session: Session::new(Arc::new(config), now), now, profile: Profile::default() }
    }

    fn bound() -> Self {
        let mut peer = Self::connected();
        peer.sends(9, 1, b"c\0p\0\0\x34\0\0\0");
        peer.granted();
        peer.taken();
        while peer.session.poll_event().is_some() {}
        peer
    }

    fn granted(&mut self) {
        let profile = self.profile.clone().into();
        let grant = Grant { carrier: CarrierId(1), alphabet: Alphabet::Gsm7, window: 2, profile };
        self.session.accept_bind(grant, self.now);
    }

    fn sends(&mut self, command_id: u32, sequence: u32, body: &[u8]) {
        let mut input = BytesMut::new();
        let mut pdu =
            Writer::begin(&mut input, CommandId::from(command_id), CommandStatus::EsmeRok, sequence);
        pdu.octets(body).finish();
        self.session.handle_input(&mut input, self.now);
    }

    fn submits(&mut self, sequence: u32) {
        self.sends(4, sequence, b"\0\0\0a\0\x01\x01111\0\0\0\0\0\0\0\0\0\0\x02hi");
    }

    /// command_id, status and sequence of what was written since the last call.
    fn taken(&mut self) -> Vec<(u32, u32, u32)> {
        let mut written = self.session.output().split();
        let mut framer = Framer::default();
        let mut pdus = Vec::new();
        while let Some(pdu) = framer.next(&mut written, MAX_PDU_OCTETS).unwrap() {
            let (header, _) = Header::split(&pdu).unwrap();
            pdus.push((header.command_id.into(), header.command_status.into(), header.sequence_number));
        }
        pdus
    }

    fn ticket(&mut self) -> Ticket {
        loop {
            match self.session.poll_event() {
                Some(Event::Submit { ticket, .. }) => return ticket,
                Some(_) => {}
                None => panic!("no submit was told"),
            }
        }
    }

    fn passes(&mut self, span: Duration) {
        self.now = self.now.after(span);
        self.session.handle_timeout(self.now);
    }

    fn receipt(&mut self, number: u64) -> bool {
        let receipt = Receipt {
            message: id(number),
            acknowledges: None,
            told_as: id(number),
            carrier: CarrierId(1),
            source: Party::default(),
            destination: Party::default(),
            state: FinalState::Delivered,
            error: 0,
            code: 200,
            submitted_at: self.now.utc,
            done_at: self.now.utc,
            reference: None,
            service_type: String::new(),
        };
        self.session.send_receipt(&receipt, self.now)
    }
}

fn id(number: u64) -> MessageId {
    MessageId::from_u64(100_000_000_000_000_000 + number).unwrap()
}

#[test]
fn what_comes_behind_a_bind_waits_for_it_but_enquire_link_does_not() {
    let mut peer = Peer::connected();
    peer.sends(9, 1, b"c\0p\0\0\x34\0\0\0");
    peer.submits(2);
    peer.sends(0x15, 3, b"");
    assert_eq!(peer.taken(), [(0x8000_0015, 0, 3)]);
    peer.granted();
    assert_eq!(peer.taken(), [(0x8000_0009, 0, 1)]);
    let ticket = peer.ticket();
    peer.session.accept_submit(ticket, id(1));
    assert_eq!(peer.taken(), [(0x8000_0004, 0, 2)]);
}

#[test]
fn what_comes_behind_a_refused_bind_is_in_the_wrong_state() {
    let mut peer = Peer::connected();
    peer.sends(9, 1, b"c\0p\0\0\x34\0\0\0");
    peer.submits(2);
    peer.session.refuse_bind(BindRefusal::Stopping, peer.now);
    assert_eq!(peer.taken(), [(0x8000_0009, 8, 1), (0x8000_0004, 4, 2)]);
}

#[test]
fn too_much_behind_a_bind_stops_the_reading_and_then_ends_the_session() {
    let mut peer = Peer::connected();
    peer.sends(9, 1, b"c\0p\0\0\x34\0\0\0");
    for sequence in 2..=4 {
        peer.submits(sequence);
    }
    assert!(!peer.session.wants_input() && !peer.session.is_closed());
    for sequence in 5..=7 {
        peer.submits(sequence);
    }
    assert!(peer.session.is_closed());
}

#[test]
fn the_window_stops_the_reading_and_at_twice_its_size_refuses() {
    let mut peer = Peer::bound();
    peer.submits(1);
    assert!(peer.session.wants_input());
    for sequence in 2..=5 {
        peer.submits(sequence);
    }
    assert!(!peer.session.wants_input());
    assert_eq!(peer.taken(), [(0x8000_0004, 0x58, 5)]);
    for _ in 0..3 {
        let ticket = peer.ticket();
        peer.session.refuse_submit(ticket, Refusal::QueueFull);
    }
    assert!(peer.session.wants_input());
    assert_eq!(peer.taken(), [(0x8000_0004, 0x14, 1), (0x8000_0004, 0x14, 2), (0x8000_0004, 0x14, 3)]);
}

#[test]
fn an_unbind_waits_for_the_answers_we_owe_but_not_for_ever() {
    let mut peer = Peer::bound();
    peer.submits(1);
    peer.submits(2);
    peer.sends(6, 3, b"");
    peer.submits(4);
    assert_eq!(peer.taken(), [(0x8000_0004, 4, 4)], "it has unbound");
    let ticket = peer.ticket();
    peer.session.accept_submit(ticket, id(1));
    assert_eq!(peer.taken(), [(0x8000_0004, 0, 1)]);
    peer.passes(Duration::from_secs(5));
    assert_eq!(peer.taken(), [(0x8000_0006, 0, 3)]);
    let late = peer.ticket();
    peer.session.accept_submit(late, id(2));
    assert_eq!(peer.taken(), []);
}

#[test]
fn our_unbind_waits_for_submits_and_receipts_and_refuses_what_is_new() {
    let mut peer = Peer::bound();
    peer.submits(1);
    assert!(peer.receipt(9));
    peer.taken();
    peer.session.unbind(peer.now);
    assert_eq!(peer.session.receipt_room(), 0);
    peer.submits(2);
    assert_eq!(peer.taken(), [(0x8000_0004, 8, 2)], "temporary: elsewhere it will be taken");
    let ticket = peer.ticket();
    peer.session.accept_submit(ticket, id(1));
    assert_eq!(peer.taken(), [(0x8000_0004, 0, 1)]);
    peer.sends(0x8000_0005, 1, b"\0");
    assert_eq!(peer.taken(), [(6, 0, 2)]);
    peer.sends(0x8000_0006, 2, b"");
    assert!(peer.session.is_closed());
}

#[test]
fn receipts_in_flight_are_in_doubt_when_the_connection_breaks() {
    let mut peer = Peer::bound();
    assert!(peer.receipt(1) && peer.receipt(2) && !peer.receipt(3));
    peer.session.handle_closed(peer.now);
    let mut lost = Vec::new();
    while let Some(event) = peer.session.poll_event() {
        if let Event::ReceiptAnswered { message, answer: ReceiptAnswer::Lost, status: 0 } = event {
            lost.push(message);
        }
    }
    assert_eq!(lost, [id(1), id(2)]);
    assert_eq!(peer.session.poll_timeout(), None);
}

#[test]
fn a_refused_bind_is_told_after_a_while_and_the_third_ends_the_session() {
    let mut peer = Peer::connected();
    for sequence in 1..=3 {
        peer.sends(9, sequence, b"c\0wrong\0\0\x34\0\0\0");
        peer.session.refuse_bind(BindRefusal::Credentials, peer.now);
        assert_eq!(peer.taken(), []);
        peer.passes(Duration::from_secs(1));
        assert_eq!(peer.taken(), [(0x8000_0009, 0x0D, sequence)]);
    }
    assert!(peer.session.is_closed());
}

#[test]
fn the_next_timer_is_always_the_nearest() {
    let mut peer = Peer::connected();
    let start = peer.now.instant;
    let after = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(peer.session.poll_timeout(), Some((after(10), TimerReason::SessionInit)));
    peer.sends(9, 1, b"c\0p\0\0\x34\0\0\0");
    peer.granted();
    assert_eq!(peer.session.poll_timeout(), Some((after(30), TimerReason::EnquireLink)));
    assert!(peer.receipt(1));
    assert_eq!(peer.session.poll_timeout(), Some((after(30), TimerReason::Receipt)));
    let mut half = BytesMut::from(&[0, 0][..]);
    peer.session.handle_input(&mut half, peer.now);
    assert_eq!(peer.session.poll_timeout(), Some((after(10), TimerReason::WholePdu)));
}

//! The floor: a relay that does nothing but what the sockets and the PDUs ask for.
//!
//! It answers each submit_sm with ESME_ROK and sends a MESSAGE to the phone; the phone's 200 becomes a
//! receipt if one was asked for. It stores nothing, checks nothing, retransmits nothing, and keeps
//! nothing but where each phone is and how many MESSAGEs are under way (more than a socket buffer holds
//! would be lost). What the product needs beyond it is what its promises cost.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::Listeners;
use crate::sip;
use crate::smpp::{self, Frames, Pdu, command};

/// Runs until it is killed; its first line on stdout says where it listens.
pub(crate) fn run() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let listeners = Listeners {
        smpp: vec![listener.local_addr()?],
        smpp_tls: Vec::new(),
        sip_udp: vec![socket.local_addr()?],
        sip_tcp: Vec::new(),
    };
    println!("{}", serde_json::to_string(&listeners)?);
    let floor = Arc::new(Floor {
        local: socket.local_addr()?.to_string(),
        socket,
        phones: RwLock::default(),
        links: Mutex::default(),
        accepted: AtomicU64::new(0),
        under_way: Mutex::new(0),
        room: Condvar::new(),
    });
    let phone_side = Arc::clone(&floor);
    thread::spawn(move || phone_side.serve_phones());
    for stream in listener.incoming() {
        let (floor, stream) = (Arc::clone(&floor), stream?);
        // A carrier that goes away ends its own thread alone.
        thread::spawn(move || floor.serve_carrier(stream));
    }
    Ok(())
}

struct Floor {
    local: String,
    socket: UdpSocket,
    phones: RwLock<HashMap<Vec<u8>, SocketAddr>>,
    links: Mutex<Vec<TcpStream>>,
    accepted: AtomicU64,
    under_way: Mutex<u64>,
    room: Condvar,
}

impl Floor {
    fn serve_carrier(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let link = {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            links.push(stream.try_clone()?);
            links.len() as u64 - 1
        };
        let (mut frames, mut replies, mut message) = (Frames::new(), Vec::new(), Vec::new());
        loop {
            frames.fill(&mut stream)?;
            while let Some(pdu) = frames.next() {
                match pdu.command() {
                    command::SUBMIT_SM => {
                        if self.is_full() {
                            self.flush(link, &mut replies)?;
                            self.wait_for_room();
                        }
                        self.relay(pdu, link, &mut replies, &mut message)?;
                    }
                    other if other & command::RESPONSE == 0 => reply(&mut replies, pdu, b"floor\0"),
                    _ => {}
                }
            }
            self.flush(link, &mut replies)?;
        }
    }

    fn flush(&self, link: u64, replies: &mut Vec<u8>) -> io::Result<()> {
        if !replies.is_empty() {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            links[link as usize].write_all(replies)?;
            replies.clear();
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) >= MAX_UNDER_WAY
    }

    /// Waits until half of what was under way is answered; what was lost is forgotten after a second.
    fn wait_for_room(&self) {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.room.wait_timeout_while(under_way, Duration::from_secs(1), |count| *count > HALF);
        let (mut under_way, result) = waited.unwrap_or_else(PoisonError::into_inner);
        if result.timed_out() {
            *under_way = 0;
        }
    }

    fn leave(&self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        *under_way = under_way.saturating_sub(1);
        if *under_way == HALF {
            self.room.notify_all();
        }
    }

    fn relay(&self, pdu: Pdu<'_>, link: u64, replies: &mut Vec<u8>, message: &mut Vec<u8>) -> io::Result<()> {
        let Some(short) = pdu.message() else { return Ok(()) };
        let count = self.accepted.fetch_add(1, Ordering::Relaxed);
        let id = FIRST_ID + count * MAX_LINKS + link % MAX_LINKS;
        reply(replies, pdu, format!("{id}\0").as_bytes());
        let phones = self.phones.read().unwrap_or_else(PoisonError::into_inner);
        let Some(phone) = phones.get(short.destination) else { return Ok(()) };
        let user = String::from_utf8_lossy(short.destination);
        let (local, receipt) = (&self.local, short.registered_delivery);
        message.clear();
        write!(
            message,
            "MESSAGE sip:{user}@{phone} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{id};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:15550100@127.0.0.1>;tag=floor\r\nTo: <sip:{user}@127.0.0.1>\r\n\
             Call-ID: {id}.{receipt}@floor\r\nCSeq: 1 MESSAGE\r\nUser-Agent: floor\r\n\
             Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            short.text.len()
        )?;
        message.extend_from_slice(short.text);
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.socket.send_to(message, phone)?;
        Ok(())
    }

    fn serve_phones(&self) -> io::Result<()> {
        let (mut datagram, mut pdu) = (vec![0; 64 * 1024], Vec::new());
        loop {
            let (len, peer) = self.socket.recv_from(&mut datagram)?;
            let datagram = &datagram[..len];
            if datagram.starts_with(b"REGISTER ") {
                self.register(datagram, peer)?;
                continue;
            }
            self.leave();
            if let Some((id, true)) = call_id(datagram) {
                pdu.clear();
                write_receipt(&mut pdu, id);
                let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(link) = links.get_mut((id % MAX_LINKS) as usize) {
                    link.write_all(&pdu)?;
                }
            }
        }
    }

    fn register(&self, request: &[u8], peer: SocketAddr) -> io::Result<()> {
        let to = sip::lines(request).find_map(|line| sip::header(line, b"To")).unwrap_or_default();
        let user = to.split(|octet| matches!(octet, b':' | b'@')).nth(1).unwrap_or_default();
        let mut phones = self.phones.write().unwrap_or_else(PoisonError::into_inner);
        phones.insert(user.to_vec(), peer);
        self.socket.send_to(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", peer)?;
        Ok(())
    }
}

/// The message id in the Call-ID of a 200, and whether a receipt is owed for it.
fn call_id(response: &[u8]) -> Option<(u64, bool)> {
    let value = sip::lines(response).find_map(|line| sip::header(line, b"Call-ID"))?;
    let (id, rest) = value.split_at_checked(18)?;
    Some((smpp::decimal(id)?, rest.starts_with(b".1")))
}

fn reply(out: &mut Vec<u8>, to: Pdu<'_>, body: &[u8]) {
    smpp::write(out, to.command() | command::RESPONSE, 0, to.sequence(), body);
}

fn write_receipt(out: &mut Vec<u8>, id: u64) {
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611210600 done date:2611210600 stat:DELIVRD err:000 text:"
    );
    let mut body = b"\0\x01\x01447700900000\0\x01\x0115550100\0\x04\0\0\0\0\0\0\0\0".to_vec();
    body.push(text.len() as u8);
    body.extend_from_slice(text.as_bytes());
    smpp::write(out, command::DELIVER_SM, 0, (id & 0x7FFF_FFFF) as u32, &body);
}

/// As many as the product may have: one for each of 100 phones.
const MAX_UNDER_WAY: u64 = 100;
const HALF: u64 = MAX_UNDER_WAY / 2;

/// The last digit of an id says over which bind it came.
const MAX_LINKS: u64 = 10;
const FIRST_ID: u64 = 100_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receipt_can_be_read_by_the_load_side() {
        let mut out = Vec::new();
        write_receipt(&mut out, FIRST_ID + 7);
        let message = Pdu::new(&out).unwrap().message().unwrap();
        assert_eq!(message.receipt(), Some((FIRST_ID + 7, true)));
    }

    #[test]
    fn the_call_id_says_whether_a_receipt_is_owed() {
        let response = |call_id: &str| format!("SIP/2.0 200 OK\r\nCall-ID: {call_id}\r\n\r\n");
        assert_eq!(call_id(response("100000000000000042.1@floor").as_bytes()), Some((FIRST_ID + 42, true)));
        assert_eq!(call_id(response("100000000000000042.0@floor").as_bytes()), Some((FIRST_ID + 42, false)));
        assert_eq!(call_id(response("short").as_bytes()), None);
    }
}

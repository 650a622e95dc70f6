//! The phones: they register, and answer each MESSAGE with 200.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::sip::{self, Challenge, Phone, Seen};
use crate::tally::{Arrival, Tally};

/// Registers all users over one socket, and answers for them in one thread.
pub(crate) fn over_udp(registrar: SocketAddr, users: &[String], tally: &Arc<Tally>) -> Result<(), Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let contact = socket.local_addr()?;
    let mut buffer = vec![0; DATAGRAM];
    for user in users {
        register(&phone(user, registrar, contact, "UDP"), |request| {
            socket.send_to(request, registrar)?;
            let (len, _) = socket.recv_from(&mut buffer)?;
            Ok(buffer[..len].to_vec())
        })?;
    }
    socket.set_read_timeout(None)?;
    let tally = Arc::clone(tally);
    thread::spawn(move || {
        let mut answer = Vec::new();
        while let Ok((len, peer)) = socket.recv_from(&mut buffer) {
            let Some(seen) = sip::answer(&buffer[..len], &mut answer) else { continue };
            note(&tally, seen);
            // A lost answer is what the retransmission is for.
            let _ = socket.send_to(&answer, peer);
        }
    });
    Ok(())
}

/// Registers each user over a connection of its own, with a thread to answer on it.
pub(crate) fn over_tcp(registrar: SocketAddr, users: &[String], tally: &Arc<Tally>) -> Result<(), Failure> {
    for user in users {
        let mut stream = TcpStream::connect(registrar)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(4)))?;
        let mut incoming = Incoming::new();
        register(&phone(user, registrar, stream.local_addr()?, "TCP"), |request| {
            stream.write_all(request)?;
            loop {
                if let Some(message) = incoming.next() {
                    return Ok(message.to_vec());
                }
                incoming.fill(&mut stream)?;
            }
        })?;
        stream.set_read_timeout(None)?;
        let tally = Arc::clone(tally);
        thread::Builder::new().stack_size(128 * 1024).spawn(move || {
            // It ends when the program that it is connected to does.
            let _ = answer_on(stream, incoming, &tally);
        })?;
    }
    Ok(())
}

fn answer_on(mut stream: TcpStream, mut incoming: Incoming, tally: &Tally) -> io::Result<()> {
    let (mut answer, mut out) = (Vec::new(), Vec::new());
    loop {
        while let Some(message) = incoming.next() {
            if let Some(seen) = sip::answer(message, &mut answer) {
                note(tally, seen);
                out.extend_from_slice(&answer);
            }
        }
        if !out.is_empty() {
            stream.write_all(&out)?;
            out.clear();
        }
        incoming.fill(&mut stream)?;
    }
}

fn note(tally: &Tally, Seen { number, branch }: Seen) {
    let at = tally.now();
    tally.logs().arrivals.push(Arrival { number, branch, at });
    tally.arrived.fetch_add(1, Ordering::Relaxed);
}

fn phone(user: &str, registrar: SocketAddr, contact: SocketAddr, transport: &'static str) -> Phone {
    Phone {
        user: user.to_owned(),
        password: Accounts::PHONE_PASSWORD.to_owned(),
        registrar: registrar.to_string(),
        contact: contact.to_string(),
        transport,
    }
}

/// Registers a phone: answers the challenge if there is one, and asks again when nothing is heard.
fn register(phone: &Phone, mut ask: impl FnMut(&[u8]) -> io::Result<Vec<u8>>) -> Result<(), Failure> {
    let mut challenge: Option<Challenge> = None;
    for cseq in 1..=8 {
        let Ok(response) = ask(&phone.register(cseq, challenge.as_ref())) else { continue };
        match sip::status(&response) {
            Some(200) => return Ok(()),
            Some(100) | None => {}
            Some(401) if challenge.is_none() => challenge = Challenge::parse(&response),
            Some(status) => return Err(Failure::Register { user: phone.user.clone(), status }),
        }
    }
    Err(Failure::Unregistered { user: phone.user.clone() })
}

/// A stream of SIP messages.
struct Incoming {
    buffer: Vec<u8>,
    start: usize,
}

impl Incoming {
    fn new() -> Self {
        Self { buffer: Vec::new(), start: 0 }
    }

    fn fill(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let mut piece = [0; 16 * 1024];
        match stream.read(&mut piece)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            len => {
                self.buffer.extend_from_slice(&piece[..len]);
                Ok(())
            }
        }
    }

    /// The next whole message; keep-alives before it are skipped (RFC 5626 3.5.1).
    fn next(&mut self) -> Option<&[u8]> {
        let blank = self.buffer[self.start..].iter().take_while(|octet| matches!(octet, b'\r' | b'\n'));
        self.start += blank.count();
        let len = sip::framed_len(&self.buffer[self.start..])?;
        let message = self.buffer.get(self.start..self.start + len)?;
        self.start += len;
        Some(message)
    }
}

const DATAGRAM: usize = 64 * 1024;
/// Enough for one MESSAGE to each account; the system may give less.
const RECEIVE_BUFFER: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Reads one request and gives its head.
    fn read(incoming: &mut Incoming, stream: &mut TcpStream) -> String {
        loop {
            if let Some(message) = incoming.next() {
                return String::from_utf8(message.to_vec()).unwrap();
            }
            incoming.fill(stream).unwrap();
        }
    }

    #[test]
    fn a_phone_on_tcp_answers_the_challenge_and_then_a_message_that_comes_in_pieces() {
        let registrar = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = registrar.local_addr().unwrap();
        let tally = Arc::new(Tally::new());
        let phone_side = Arc::clone(&tally);
        let phone = thread::spawn(move || over_tcp(address, &["4477".to_owned()], &phone_side).unwrap());

        let (mut stream, _) = registrar.accept().unwrap();
        let mut incoming = Incoming::new();
        assert!(!read(&mut incoming, &mut stream).contains("Authorization:"));
        let challenge =
            "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n\r\n";
        stream.write_all(challenge.as_bytes()).unwrap();
        let second = read(&mut incoming, &mut stream);
        assert!(second.contains("nonce=\"n\"") && second.contains(";transport=tcp>"), "{second}");
        stream.write_all(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        phone.join().unwrap();

        stream.write_all(b"\r\n\r\nMESSAGE sip:4477@h SIP/2.0\r\nVia: v\r\nContent-Le").unwrap();
        stream.write_all(b"ngth: 13\r\n\r\n#0000000042 x").unwrap();
        assert!(read(&mut incoming, &mut stream).starts_with("SIP/2.0 200 OK\r\nVia: v\r\n"));
        assert_eq!(tally.logs().arrivals[0].number, 42);
    }

    #[test]
    fn a_registration_that_is_refused_is_an_error() {
        let phone = phone("1", "127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap(), "UDP");
        let refused = register(&phone, |_| Ok(b"SIP/2.0 403 Forbidden\r\n\r\n".to_vec()));
        assert!(matches!(refused, Err(Failure::Register { status: 403, .. })));
        let silent = register(&phone, |_| Err(io::ErrorKind::WouldBlock.into()));
        assert!(matches!(silent, Err(Failure::Unregistered { .. })));
    }
}

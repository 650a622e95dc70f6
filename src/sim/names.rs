//! A name server on loopback that says what its zone says, or behaves as bad ones do.
//!
//! It writes the octets itself (RFC 1035 4), so that it shares nothing with the resolver of the product.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What it does with questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Answers from its zone.
    Honest,
    /// Answers nothing.
    Dead,
    /// Answers from its zone after so long.
    Slow(Duration),
    /// Answers every question with this RCODE: 2 SERVFAIL, 5 REFUSED.
    Failing(u8),
    /// Answers as to another name than was asked for.
    Lying,
}

/// A running name server, over UDP and TCP. Dropping it ends it.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    /// Ends with it.
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    zone: Vec<Entry>,
    manner: Manner,
    asked: Vec<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    ttl: u32,
    kind: u16,
    data: Vec<u8>,
}

/// A larger answer does not go in a datagram (RFC 9715).
const LARGEST: usize = 1232;

impl NameServer {
    /// Starts one with a zone: a line for each record, `NAME TTL TYPE DATA`, of the types A, AAAA, CNAME, SRV
    /// (`priority weight port target`) and NAPTR (`order preference flags service replacement`). A target of `.`
    /// is the root.
    pub async fn start(zone: &str) -> io::Result<Self> {
        let (datagrams, listener) = sockets().await?;
        let address = datagrams.local_addr()?;
        let shared = Shared { zone: parse(zone), manner: Manner::Honest, asked: Vec::new() };
        let shared = Arc::new(Mutex::new(shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(answer_datagrams(Arc::new(datagrams), Arc::clone(&shared)));
        tasks.spawn(answer_streams(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _tasks: tasks })
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does from now on.
    pub fn behave(&self, manner: Manner) {
        lock(&self.shared).manner = manner;
    }

    /// What its zone is from now on.
    pub fn serve(&self, zone: &str) {
        lock(&self.shared).zone = parse(zone);
    }

    /// What it was asked for, in order: `NAME TYPE`.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared).asked.clone()
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// UDP and TCP at one port. Another process may have the TCP one: then the next is tried.
async fn sockets() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..50 {
        let datagrams = UdpSocket::bind("127.0.0.1:0").await?;
        match TcpListener::bind(datagrams.local_addr()?).await {
            Ok(listener) => return Ok((datagrams, listener)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn answer_datagrams(socket: Arc<UdpSocket>, shared: Arc<Mutex<Shared>>) {
    let mut buffer = [0; 2048];
    let mut answers = JoinSet::new();
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        let query = buffer[..length].to_vec();
        let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
        answers.spawn(async move {
            if let Some(mut response) = respond(&query, &shared).await {
                if response.len() > LARGEST {
                    // The question alone, and the bit that says so.
                    response.truncate(question(&query).map_or(12, |(_, _, end)| end));
                    response[2] |= 0x02;
                    response[6..8].fill(0);
                }
                let _ = socket.send_to(&response, peer).await;
            }
        });
    }
}

async fn answer_streams(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    let mut answers = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        answers.spawn(answer_stream(stream, Arc::clone(&shared)));
    }
}

async fn answer_stream(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    while let Ok(length) = stream.read_u16().await {
        let mut query = vec![0; usize::from(length)];
        if stream.read_exact(&mut query).await.is_err() {
            return;
        }
        let Some(response) = respond(&query, &shared).await else { continue };
        let mut octets = (response.len() as u16).to_be_bytes().to_vec();
        octets.extend(response);
        if stream.write_all(&octets).await.is_err() {
            return;
        }
    }
}

async fn respond(query: &[u8], shared: &Mutex<Shared>) -> Option<Vec<u8>> {
    let (name, kind, end) = question(query)?;
    let manner = {
        let mut shared = lock(shared);
        shared.asked.push(format!("{name} {}", type_name(kind)));
        shared.manner
    };
    match manner {
        Manner::Dead => return None,
        Manner::Slow(time) => sleep(time).await,
        Manner::Honest | Manner::Failing(_) | Manner::Lying => {}
    }
    let (mut answers, known) = find(&lock(shared).zone, &name, kind);
    let rcode = match manner {
        Manner::Failing(rcode) => {
            answers.clear();
            rcode
        }
        _ if known => 0,
        _ => 3,
    };
    if manner == Manner::Lying {
        answers.iter_mut().for_each(|entry| entry.name = "elsewhere.invalid".to_owned());
    }
    let mut response = query[..end].to_vec();
    // An answer, authoritative, recursion available.
    response[2] = 0x84 | (query[2] & 0x01);
    response[3] = 0x80 | rcode;
    response[6..8].copy_from_slice(&(answers.len() as u16).to_be_bytes());
    response[8..12].fill(0);
    for Entry { name, ttl, kind, data } in answers {
        response.extend(encoded(&name));
        response.extend(kind.to_be_bytes());
        response.extend([0, 1]);
        response.extend(ttl.to_be_bytes());
        response.extend((data.len() as u16).to_be_bytes());
        response.extend(data);
    }
    Some(response)
}

/// The records of a name, its aliases before them; and whether there is such a name at all.
fn find(zone: &[Entry], name: &str, kind: u16) -> (Vec<Entry>, bool) {
    let (mut found, mut name) = (Vec::new(), name.to_owned());
    let known = zone.iter().any(|entry| entry.name == name);
    for _ in 0..4 {
        let of_kind = |wanted| zone.iter().filter(move |entry| entry.kind == wanted);
        let here: Vec<Entry> = of_kind(kind).filter(|entry| entry.name == name).cloned().collect();
        let alias = of_kind(CNAME).find(|entry| entry.name == name).filter(|_| here.is_empty());
        found.extend(here);
        let Some(alias) = alias else { break };
        found.push(alias.clone());
        name = decoded(&alias.data);
    }
    (found, known)
}

/// Name, type, and where the question ends.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut end = 12;
    while *query.get(end)? != 0 {
        end += usize::from(query[end]) + 1;
    }
    let kind = query.get(end + 1..end + 3)?;
    query.get(end + 4)?;
    Some((decoded(&query[12..=end]), u16::from_be_bytes([kind[0], kind[1]]), end + 5))
}

fn decoded(mut octets: &[u8]) -> String {
    let mut labels = Vec::new();
    while let Some((length, rest)) = octets.split_first().filter(|(length, _)| **length > 0) {
        let (label, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        octets = rest;
    }
    labels.join(".")
}

fn encoded(name: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        octets.push(label.len() as u8);
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets
}

const CNAME: u16 = 5;
const TYPES: [(&str, u16); 5] = [("A", 1), ("CNAME", CNAME), ("AAAA", 28), ("SRV", 33), ("NAPTR", 35)];

fn type_name(kind: u16) -> &'static str {
    TYPES.iter().find(|(_, number)| *number == kind).map_or("other", |(name, _)| name)
}

/// A zone that can't be read is a mistake in a test.
fn parse(zone: &str) -> Vec<Entry> {
    let lines = zone.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| entry(line).unwrap_or_else(|| panic!("no record: {line}"))).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, ttl, kind, data @ ..] = words.as_slice() else { return None };
    let number = |text: &str| text.parse::<u16>().ok().map(|number| number.to_be_bytes().to_vec());
    let text = |text: &str| [&[text.len() as u8][..], text.as_bytes()].concat();
    let data = match (*kind, data) {
        ("A", [address]) => address.parse::<std::net::Ipv4Addr>().ok()?.octets().to_vec(),
        ("AAAA", [address]) => address.parse::<std::net::Ipv6Addr>().ok()?.octets().to_vec(),
        ("CNAME", [target]) => encoded(target),
        ("SRV", [priority, weight, port, target]) => {
            [number(priority)?, number(weight)?, number(port)?, encoded(target)].concat()
        }
        ("NAPTR", [order, preference, flags, service, replacement]) => {
            let fields = [number(order)?, number(preference)?, text(flags), text(service)].concat();
            // Between them is the regular expression, which is empty.
            [fields, vec![0], encoded(replacement)].concat()
        }
        _ => return None,
    };
    let kind = TYPES.iter().find(|(name, _)| name == kind)?.1;
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    Some(Entry { name, ttl: ttl.parse().ok()?, kind, data })
}

//! The corpus against the program: one process, a socket or connection for each case, the same verdicts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use iwf_sim::node::{Installation, Node};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::corpus::{self, Case, Over};
use crate::credentials::Challenge;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// So many peers at a time.
const AT_ONCE: usize = 32;
/// So often one of which something else came back is asked again.
const TRIES: usize = 10;

/// One peer of the program.
pub(crate) enum Peer {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, received: Vec<u8> },
}

/// What comes back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Back {
    Response(Vec<u8>),
    Pong,
    Closed,
    /// Nothing in all that time.
    Silence,
}

impl Peer {
    pub(crate) async fn new(over: Over, node: &Node) -> Self {
        match over {
            Over::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                socket.connect(node.addresses().sip_udp[0]).await.unwrap();
                Self::Udp(socket)
            }
            Over::Tcp => Self::to(node.addresses().sip_tcp[0]).await,
        }
    }

    async fn to(address: SocketAddr) -> Self {
        Self::Tcp { stream: TcpStream::connect(address).await.unwrap(), received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        // A node that closes while we write says so by what is read.
        let _ = match self {
            Self::Udp(socket) => socket.send(octets).await.map(drop),
            Self::Tcp { stream, .. } => stream.write_all(octets).await,
        };
    }

    /// Says that nothing more comes.
    pub(crate) async fn finish(&mut self) {
        if let Self::Tcp { stream, .. } = self {
            let _ = stream.shutdown().await;
        }
    }

    pub(crate) async fn next(&mut self) -> Back {
        timeout(PATIENCE, self.receive()).await.unwrap_or(Back::Silence)
    }

    async fn receive(&mut self) -> Back {
        match self {
            Self::Udp(socket) => {
                let mut octets = vec![0; 65_535];
                match socket.recv(&mut octets).await {
                    Ok(length) => Back::Response(octets[..length].to_vec()),
                    Err(_) => Back::Closed,
                }
            }
            Self::Tcp { stream, received } => loop {
                if let Some(back) = first(received) {
                    return back;
                }
                // A reset is an end, too: what we sent last was not read.
                if stream.read_buf(received).await.unwrap_or(0) == 0 {
                    return Back::Closed;
                }
            },
        }
    }

    /// What happens, in the words of the corpus.
    async fn plays(&mut self, case: &Case, expected: &str) -> String {
        // One server sees both transports: what is sent over one is no retransmission of the other.
        let number = if matches!(self, Self::Udp(_)) { 0 } else { 10 };
        self.send(&case.octets(number + 1, "")).await;
        if let Some(account) = &case.account {
            let Back::Response(challenged) = self.next().await else { return "no challenge".to_owned() };
            let Some(challenge) = Challenge::read(&challenged) else { return status(&challenged) };
            self.send(&case.octets(number + 2, &challenge.answered(account, &case.request()))).await;
        }
        let (mut steps, mut probes) = (Vec::new(), 0);
        let wanted = expected.split(", then ").filter(|step| *step != "dropped").count();
        let closes = expected.ends_with("closed");
        if !closes {
            self.send(&probe()).await;
        }
        loop {
            match self.next().await {
                Back::Response(octets) if is_probe(&octets) => probes += 1,
                Back::Response(octets) => steps.push(status(&octets)),
                Back::Pong => steps.push("pong".to_owned()),
                Back::Closed => steps.push("closed".to_owned()),
                Back::Silence => steps.push("silence".to_owned()),
            }
            // All is there that is to come: the second probe shows that there is no more.
            match probes {
                1 if steps.len() == wanted => self.send(&probe()).await,
                2 if steps.is_empty() => return "dropped".to_owned(),
                2 => return steps.join(", then "),
                _ => {}
            }
            if steps.last().is_some_and(|step| step == "closed" || step == "silence") {
                return steps.join(", then ");
            }
        }
    }
}

impl Peer {
    /// What is said to a case, if it is not what is expected.
    async fn disagrees(mut self, case: &Case, over: Over) -> Option<String> {
        let expected = case.verdict(over).unwrap_or_default();
        let verdict = self.plays(case, expected).await;
        (sorted(&verdict) != sorted(expected)).then(|| format!("{verdict}, not {expected}"))
    }
}

/// An OPTIONS, unlike all before it, that anybody is answered.
pub(crate) fn probe() -> Vec<u8> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(
        "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKprobe{number};rport\r\n\
         From: <sip:probe@example.com>;tag=1\r\nTo: <sip:example.com>\r\nCall-ID: probe-{number}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

pub(crate) fn is_probe(response: &[u8]) -> bool {
    String::from_utf8_lossy(response).contains("Call-ID: probe-")
}

fn status(response: &[u8]) -> String {
    String::from_utf8_lossy(response.get(8..11).unwrap_or_default()).into_owned()
}

/// The first response or pong of a stream, taken out.
fn first(received: &mut Vec<u8>) -> Option<Back> {
    if received.starts_with(b"\r\n") {
        received.drain(..2);
        return Some(Back::Pong);
    }
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..head]).into_owned();
    let length = text.split("Content-Length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
    (received.len() >= head + length).then(|| Back::Response(received.drain(..head + length).collect()))
}

/// What is answered to several requests at a time may come in any order, as may pongs.
fn sorted(verdict: &str) -> Vec<&str> {
    let mut steps: Vec<_> = verdict.split(", then ").collect();
    steps.sort_unstable();
    steps
}

/// A node of its own, provisioned as the README of the corpus says.
pub(crate) async fn installation() -> (Installation, Node) {
    let mut place = Installation::new(iwf_scenarios::binary(), Vec::new()).unwrap();
    let account = |name: &str, dids: &str| {
        format!("[[account]]\nusername = \"{name}\"\npassword = \"secret\"\ndids = [{dids}]\n")
    };
    let accounts = [
        account("alice", "\"444555\", \"444556\""),
        account("111222333", "\"111222333\""),
        account("others", "\"222\", \"333\""),
    ];
    place.import(&accounts.concat()).await.unwrap();
    let node = place.start().await.unwrap();
    (place, node)
}

#[tokio::test]
async fn the_program_gives_the_same_verdicts() {
    let (place, node) = installation().await;
    let mut cases = corpus::cases().into_iter().flat_map(|(name, case)| {
        let case = std::sync::Arc::new(case);
        Over::ALL.map(|over| (name.clone(), std::sync::Arc::clone(&case), over))
    });
    let (mut playing, mut again, mut played) = (JoinSet::new(), Vec::new(), 0);
    loop {
        if playing.len() < AT_ONCE
            && let Some((name, case, over)) = cases.next()
        {
            if case.verdict(over).is_some() {
                played += 1;
                let peer = Peer::new(over, &node).await;
                playing.spawn(async move {
                    let disagreement = peer.disagrees(&case, over).await;
                    disagreement.map(|_| (name, case, over))
                });
            }
            continue;
        }
        match playing.join_next().await {
            Some(disagreement) => again.extend(disagreement.unwrap()),
            None => break,
        }
    }
    // On a machine that has no time for it the program turns requests away: those are asked for once more, one by one.
    let mut wrong = Vec::new();
    for ((_, name), case, over) in again {
        let mut disagreement = None;
        for _ in 0..TRIES {
            disagreement = Peer::new(over, &node).await.disagrees(&case, over).await;
            if disagreement.is_none() {
                break;
            }
        }
        wrong.extend(disagreement.map(|disagreement| format!("{name} {over:?}: {disagreement}")));
    }
    assert!(wrong.is_empty(), "{} cases:\n{}\n{}", wrong.len(), wrong.join("\n"), place.log_tail());
    assert!(played > 600, "{played}");
    place.stop(node).await.unwrap();
}

//! The corpus against the program: one process, a connection for each case, the same verdicts.

use std::net::SocketAddr;
use std::time::Duration;

use iwf_sim::node::{Installation, Node};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::corpus::{self, Case, PASSWORD, SERVED, SYSTEM_ID, State};
use crate::status;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// So many connections at a time.
const AT_ONCE: usize = 32;
const RESPONSE: u32 = 0x8000_0000;
const ENQUIRE_LINK: u32 = 0x15;
const ENQUIRE_LINK_RESP: u32 = 0x8000_0015;

/// command_id, command_status and sequence_number of an answer.
type Head = (u32, u32, u32);

struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    /// The end of the stream is only that nothing came.
    silent: bool,
}

impl Client {
    async fn connected(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), received: Vec::new(), silent: false }
    }

    async fn send(&mut self, octets: &[u8]) {
        // A node that closes while we write says so by what is read.
        let _ = self.stream.write_all(octets).await;
    }

    async fn ask(&mut self, command_id: u32, sequence: u32, body: &[u8]) {
        let words = [16 + body.len() as u32, command_id, 0, sequence];
        let head: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
        self.send(&[&head, body].concat()).await;
    }

    /// The next response; none at the end of the stream.
    async fn next(&mut self) -> Option<Head> {
        loop {
            let word = |at: usize| {
                let octets = self.received.get(at..at + 4)?;
                Some(u32::from_be_bytes(octets.try_into().unwrap()))
            };
            if let (Some(length), Some(sequence)) = (word(0), word(12))
                && self.received.len() >= length as usize
            {
                let head = (word(4)?, word(8)?, sequence);
                self.received.drain(..length as usize);
                // Receipts for what other connections have submitted come, too.
                if head.0 >= RESPONSE {
                    return Some(head);
                }
                continue;
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
            self.silent = read.is_err();
            // A reset is an end, too: what we sent last was not read.
            if read.map_or(0, |read| read.unwrap_or(0)) == 0 {
                return None;
            }
        }
    }

    async fn bind(&mut self, case: &Case) {
        let command_id = match case.state {
            State::Open => return,
            State::BoundTx => 2,
            State::BoundRx => 1,
            State::BoundTrx | State::Unbound => 9,
        };
        let names = [SYSTEM_ID.as_bytes(), PASSWORD, b""].map(crate::peer::c_string).concat();
        let body = [&names[..], &[case.version.octet(), 0, 0, 0]].concat();
        self.ask(command_id, 1, &body).await;
        assert_eq!(self.next().await, Some((command_id | 0x8000_0000, 0, 1)));
        if case.state == State::Unbound {
            self.ask(6, 2, &[]).await;
            assert_eq!(self.next().await, Some((0x8000_0006, 0, 2)));
        }
    }

    /// What happens when the octets of the case come, in the words of the corpus.
    async fn play(&mut self, case: &Case) -> String {
        let expected = case.verdict.split(", then ").filter(|step| *step != "ignored").count();
        self.send(&case.octets()).await;
        self.ask(ENQUIRE_LINK, 0x7777, &[]).await;
        let (mut steps, mut enquiries) = (Vec::new(), 0);
        loop {
            match self.next().await {
                Some((ENQUIRE_LINK_RESP, 0, 0x7777 | 0x7778)) => enquiries += 1,
                Some((command_id, status, _)) => steps.push(status::step(command_id, status)),
                None => {
                    steps.push(if self.silent { "silence" } else { "closed" }.to_owned());
                    return steps.join(", then ");
                }
            }
            // All is there that is to come: the second enquiry shows that there is no more.
            match enquiries {
                1 if steps.len() == expected => self.ask(ENQUIRE_LINK, 0x7778, &[]).await,
                2 if steps.is_empty() => return "ignored".to_owned(),
                2 => return steps.join(", then "),
                _ => {}
            }
        }
    }
}

fn provisioning() -> String {
    let served = SERVED.map(|number| format!("\"{number}\"")).join(", ");
    let password = std::str::from_utf8(PASSWORD).unwrap();
    format!(
        "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"{SYSTEM_ID}\"\npassword = \"{password}\"\n\
         max_binds = 1000\n[[account]]\nusername = \"phone\"\npassword = \"secret\"\ndids = [{served}]\n"
    )
}

/// What a peer that waits meets is a matter of timers, and what it was sent before of receipts: the tests of the
/// session have both.
fn is_for_tcp(case: &Case) -> bool {
    case.pending.is_none() && !case.verdict.ends_with("waits")
}

/// A node of its own, provisioned as the README of the corpus says.
pub(crate) async fn installation() -> (Installation, Node) {
    let mut place = Installation::new(iwf_scenarios::binary(), Vec::new()).unwrap();
    place.import(&provisioning()).await.unwrap();
    let node = place.start().await.unwrap();
    (place, node)
}

#[tokio::test]
async fn the_program_gives_the_same_verdicts_over_tcp() {
    let (place, node) = installation().await;
    let address = node.addresses().smpp[0];
    // Whoever was wrong waits before the next bind is looked at: those come last, all at once.
    let (wrong_binds, others): (Vec<_>, Vec<_>) = corpus::cases()
        .into_iter()
        .filter(|(_, case)| is_for_tcp(case))
        .partition(|(_, case)| case.verdict.contains("ESME_RBINDFAIL"));
    let mut cases = others.into_iter().chain(wrong_binds);
    let (mut playing, mut wrong, mut played) = (JoinSet::new(), Vec::new(), 0);
    loop {
        if playing.len() < AT_ONCE
            && let Some(((file, name), case)) = cases.next()
        {
            played += 1;
            playing.spawn(async move {
                let mut client = Client::connected(address).await;
                client.bind(&case).await;
                let verdict = client.play(&case).await;
                (verdict != case.verdict).then(|| format!("{file} {name}: {verdict}, not {}", case.verdict))
            });
            continue;
        }
        match playing.join_next().await {
            Some(disagreement) => wrong.extend(disagreement.unwrap()),
            None => break,
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(played > 600, "{played}");
    place.stop(node).await.unwrap();
}

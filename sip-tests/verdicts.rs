//! The corpus against the endpoint and the server of the apps: every case gets its verdict, over datagrams and streams.

use bytes::Bytes;
use iwf_model::Flow;
use iwf_sip::Framer;
use iwf_sip::message::framing::Frame;

use crate::corpus::{self, Case, Over};
use crate::credentials::Challenge;
use crate::server::{Server, policy};
use crate::world::{request, tcp, udp};

/// One peer of a server, and what is left of its stream.
struct Peer {
    server: Server,
    over: Over,
    flow: Flow,
    framer: Framer,
}

impl Peer {
    fn new(over: Over) -> Self {
        let flow = match over {
            Over::Udp => udp(),
            Over::Tcp => tcp(),
        };
        Self { server: Server::new(policy()), over, flow, framer: Framer::default() }
    }

    /// What comes back, in order: octets of responses, `None` for a pong; and whether the connection is closed.
    fn sends(&mut self, octets: &[u8]) -> (Vec<Option<Bytes>>, bool) {
        if self.over == Over::Udp {
            return (self.server.receive(octets, self.flow).into_iter().map(Some).collect(), false);
        }
        self.framer.feed(octets);
        let (mut back, mut closed) = (Vec::new(), false);
        while let Some(frame) = self.framer.next() {
            match frame {
                Frame::Ping => back.push(None),
                Frame::Message(octets) => {
                    back.extend(self.server.receive(&octets, self.flow).into_iter().map(Some));
                }
                Frame::Refused { error, close } => {
                    back.extend(self.server.receive_refused(&error, self.flow).into_iter().map(Some));
                    closed |= close;
                }
            }
        }
        (back, closed)
    }

    /// What happens, in the words of the corpus.
    fn plays(&mut self, case: &Case) -> String {
        let (mut back, mut closed) = self.sends(&case.octets(1, ""));
        if let Some(account) = &case.account {
            let [Some(challenged)] = &back[..] else {
                return format!("no challenge: {}", words(&back, closed));
            };
            let Some(challenge) = Challenge::read(challenged) else { return status(challenged) };
            (back, closed) = self.sends(&case.octets(2, &challenge.answered(account, &case.request())));
        }
        words(&back, closed)
    }

    /// Whether it is still served.
    fn lives(&mut self) -> bool {
        let probe = request("OPTIONS", "z9hG4bKprobe", "").replace("call-1", "probe");
        let (back, closed) = self.sends(probe.as_bytes());
        !closed && words(&back, false) == "200"
    }
}

/// The status of a response, which has lines as they have to be. Fields that were broken in the request are copied as
/// they were (RFC 3261 8.2.6.2), so that not every response can be read.
fn status(response: &Bytes) -> String {
    let text = std::str::from_utf8(response).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        assert!(name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'), "{line}");
        assert!(!value.contains(['\r', '\n']), "{line}");
    }
    start.strip_prefix("SIP/2.0 ").unwrap()[..3].to_owned()
}

fn words(back: &[Option<Bytes>], closed: bool) -> String {
    let mut steps: Vec<String> = back
        .iter()
        .map(|one| match one {
            Some(octets) => status(octets),
            None => "pong".to_owned(),
        })
        .collect();
    if closed {
        steps.push("closed".to_owned());
    }
    if steps.is_empty() { "dropped".to_owned() } else { steps.join(", then ") }
}

/// What is accepted is also understood.
fn misread(case: &Case, server: &Server) -> Option<String> {
    let taken = server.taken.first();
    let read =
        taken.map(|taken| [taken.text.clone(), taken.source.to_string(), taken.destination.to_string()]);
    let expected = [&case.text, &case.source, &case.destination];
    for (at, expected) in expected.into_iter().enumerate() {
        let read = read.as_ref().map(|read| &read[at]);
        if expected.is_some() && read != expected.as_ref() {
            return Some(format!("read as {read:?}, not {expected:?}"));
        }
    }
    let contacts = server.users.contacts("alice");
    let wrong = case.contacts.as_ref().filter(|expected| **expected != contacts);
    wrong.map(|expected| format!("registered {contacts:?}, not {expected:?}"))
}

fn disagreement(case: &Case, over: Over) -> Option<String> {
    let expected = case.verdict(over)?;
    let mut peer = Peer::new(over);
    let verdict = peer.plays(case);
    if verdict != expected {
        return Some(format!("{verdict}, not {expected}"));
    }
    let closed = verdict.ends_with("closed");
    let survives = closed || peer.lives();
    misread(case, &peer.server).or_else(|| (!survives).then(|| "nothing is answered any more".to_owned()))
}

#[test]
fn every_case_of_the_corpus_gets_its_verdict() {
    let mut wrong = Vec::new();
    for ((file, name), case) in corpus::cases() {
        for over in Over::ALL {
            if let Some(what) = disagreement(&case, over) {
                wrong.push(format!("{file} {name} {over:?}: {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// What stands in an answer to a stranger.
const FIELDS: [&str; 12] = [
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Content-Length",
    "WWW-Authenticate",
    "Allow",
    "Unsupported",
    "Accept",
    "Accept-Encoding",
    "Supported",
];

/// No case is answered at much greater length than it was asked, nor with what it asked to have in a line of its own.
#[test]
fn no_answer_to_a_stranger_amplifies_or_has_a_line_that_somebody_else_wrote() {
    for ((_, name), case) in corpus::cases() {
        let octets = case.octets(1, "");
        for sent in Peer::new(Over::Udp).sends(&octets).0.into_iter().flatten() {
            let (asked, told) = (octets.len(), sent.len());
            assert!(told <= asked * 3 / 2 + 200, "{name}: {told} for {asked}");
            let text = String::from_utf8(sent.to_vec()).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            let names = head.split("\r\n").skip(1).map(|line| line.split(": ").next().unwrap());
            for name_of_line in names {
                assert!(FIELDS.contains(&name_of_line), "{name}: {text}");
            }
        }
    }
}

/// A stream may come in any pieces.
#[test]
fn a_stream_in_single_octets_gets_the_same_verdict() {
    for ((_, name), case) in corpus::cases() {
        let octets = case.octets(1, "");
        if case.verdict(Over::Tcp).is_none() || case.account.is_some() || octets.len() > 20_000 {
            continue;
        }
        let (whole, closed) = Peer::new(Over::Tcp).sends(&octets);
        let (mut peer, mut pieces, mut end) = (Peer::new(Over::Tcp), Vec::new(), false);
        for octet in octets {
            let (back, closed) = peer.sends(&[octet]);
            pieces.extend(back);
            end |= closed;
        }
        assert_eq!(words(&whole, closed), words(&pieces, end), "{name}");
    }
}

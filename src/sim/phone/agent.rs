//! The task that owns the socket: client transactions one way (RFC 3261 17.1.2), the phone's
//! answers the other.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsip::headers::UntypedHeader;
use rsip::message::HeadersExt;
use rsip::{Header, Method, SipMessage};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::script::{Answer, Script};
use super::text::Text;
use super::wire::{Incoming, Wire};
use super::{Transport, token};

/// What the phone wants of its task.
pub(super) enum Command {
    /// Tell the address that a request sent now would come from.
    Address(oneshot::Sender<io::Result<SocketAddr>>),
    /// Send a request and tell the final response; the sender is dropped when none comes.
    Transact { branch: String, request: Vec<u8>, response: oneshot::Sender<rsip::Response> },
    /// Close the TCP connection.
    HangUp,
}

/// What the task and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    /// What is answered next.
    pub(super) script: Mutex<Script>,
    /// What the phone could not read, for the one who wonders why nothing arrives.
    pub(super) complaints: Mutex<Vec<String>>,
}

impl Shared {
    fn complain(&self, what: String) {
        let mut complaints = self.complaints.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if complaints.len() < 100 {
            complaints.push(what);
        }
    }
}

pub(super) struct Agent {
    wire: Wire,
    transport: Transport,
    tag: String,
    shared: Arc<Shared>,
    texts: mpsc::Sender<Text>,
    pending: HashMap<String, Pending>,
    served: VecDeque<(String, Option<Vec<u8>>)>,
}

struct Pending {
    request: Vec<u8>,
    response: oneshot::Sender<rsip::Response>,
    again: Instant,
    interval: Duration,
    until: Instant,
}

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// Timer F; shorter than 64*T1 because all of this happens on one machine.
const TIMER_F: Duration = Duration::from_secs(5);
/// How many answered requests are remembered for their retransmissions.
const SERVED: usize = 4096;

impl Agent {
    pub(super) fn new(
        wire: Wire,
        transport: Transport,
        shared: Arc<Shared>,
        texts: mpsc::Sender<Text>,
    ) -> Self {
        let (pending, served) = (HashMap::new(), VecDeque::new());
        Self { wire, transport, tag: token(), shared, texts, pending, served }
    }

    /// Runs until the phone is dropped.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let next = self.pending.values().map(|pending| pending.again).min();
            let wake = next.unwrap_or_else(|| Instant::now() + TIMER_F);
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return,
                },
                incoming = self.wire.receive() => match incoming {
                    Ok(incoming) => self.handle(incoming).await,
                    Err(_) => self.pending.clear(),
                },
                () = sleep_until(wake) => self.handle_timeout().await,
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Address(answer) => {
                let _ = answer.send(self.wire.local_addr().await);
            }
            Command::HangUp => self.wire.hang_up(),
            Command::Transact { branch, request, response } => {
                if self.wire.send(&request, None).await.is_err() {
                    return;
                }
                let now = Instant::now();
                let interval = match self.transport {
                    Transport::Udp => T1,
                    Transport::Tcp => TIMER_F,
                };
                let (again, until) = (now + interval, now + TIMER_F);
                self.pending.insert(branch, Pending { request, response, again, interval, until });
            }
        }
    }

    async fn handle_timeout(&mut self) {
        let now = Instant::now();
        self.pending.retain(|_, pending| pending.until > now && !pending.response.is_closed());
        for pending in self.pending.values_mut().filter(|pending| pending.again <= now) {
            pending.interval = (pending.interval * 2).min(T2);
            pending.again = now + pending.interval;
            // A lost datagram and a failed send are the same to the transaction.
            let _ = self.wire.send(&pending.request, None).await;
        }
    }

    async fn handle(&mut self, incoming: Incoming) {
        if incoming.octets.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match SipMessage::try_from(incoming.octets.as_slice()) {
            Ok(SipMessage::Response(response)) => self.handle_response(response),
            Ok(SipMessage::Request(request)) => self.handle_request(&request, incoming.peer).await,
            Err(error) => self.shared.complain(format!("unreadable message: {error}")),
        }
    }

    fn handle_response(&mut self, response: rsip::Response) {
        if response.status_code.code() < 200 {
            return;
        }
        let pending = branch(&response).and_then(|branch| self.pending.remove(&branch));
        if let Some(pending) = pending {
            let _ = pending.response.send(response);
        }
    }

    async fn handle_request(&mut self, request: &rsip::Request, peer: SocketAddr) {
        let Some(branch) = branch(request) else {
            return self.shared.complain("a request whose Via has no branch".to_owned());
        };
        let known = self.served.iter().find(|(served, _)| *served == branch);
        let response = match known {
            Some((_, response)) => response.clone(),
            None => match self.serve(request, peer) {
                Served::Answered(response) => {
                    if self.served.len() == SERVED {
                        self.served.pop_front();
                    }
                    self.served.push_back((branch, response.clone()));
                    response
                }
                Served::Full => None,
            },
        };
        if let Some(response) = response {
            // Not sent is not heard: the other side sends its request again.
            let _ = self.wire.send(&response, Some(peer)).await;
        }
    }

    fn serve(&mut self, request: &rsip::Request, peer: SocketAddr) -> Served {
        let answer = match request.method {
            Method::Message => match self.show(request, peer) {
                Some(answer) => answer,
                None => return Served::Full,
            },
            Method::Options => Answer::Status(200),
            _ => Answer::Status(405),
        };
        Served::Answered(answer.status().map(|status| self.respond(request, status, answer)))
    }

    /// Shows a text; `None` when nobody reads what was shown before.
    fn show(&self, request: &rsip::Request, peer: SocketAddr) -> Option<Answer> {
        let place = self.texts.try_reserve().ok()?;
        let answer = self.shared.script.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        match Text::read(request, answer.status(), peer) {
            Ok(text) => {
                place.send(text);
                Some(answer)
            }
            Err(error) => {
                self.shared.complain(format!("unreadable MESSAGE: {error}"));
                Some(Answer::Status(400))
            }
        }
    }

    fn respond(&self, request: &rsip::Request, status: u16, answer: Answer) -> Vec<u8> {
        let mut headers = rsip::Headers::default();
        for header in request.headers.iter() {
            match header {
                Header::To(to) if !to.value().contains(";tag=") => {
                    headers.push(Header::To(format!("{};tag={}", to.value(), self.tag).into()));
                }
                Header::Via(_) | Header::From(_) | Header::To(_) | Header::CallId(_) | Header::CSeq(_) => {
                    headers.push(header.clone());
                }
                _ => {}
            }
        }
        if let Answer::RetryAfter(_, seconds) = answer {
            headers.push(Header::RetryAfter(seconds.to_string().into()));
        }
        headers.push(Header::UserAgent("iwf-sim phone".into()));
        headers.push(Header::ContentLength("0".into()));
        rsip::Response { status_code: status.into(), version: rsip::Version::V2, headers, body: Vec::new() }
            .to_string()
            .into_bytes()
    }
}

enum Served {
    /// What was answered, or nothing.
    Answered(Option<Vec<u8>>),
    /// The inbox is full: as if the request had been lost.
    Full,
}

fn branch(message: &impl HeadersExt) -> Option<String> {
    message.transaction_id().ok().flatten().map(|branch| branch.value().to_owned())
}

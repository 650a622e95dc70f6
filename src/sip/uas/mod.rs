//! The server of the apps (RFC 3261 8.2): what is answered to their requests, and what follows from them.
//!
//! It stands above the transaction layer, which has absorbed retransmissions. [`Uas::handle`] takes one
//! request and gives back the response and typed effects; the driver carries them out and decides nothing.
//! The checks come in the order of interworking.md C.5: cheap ones first, nothing of the body before
//! the digest.

mod answer;
mod bans;
mod checks;
mod message;
mod register;
mod short;
mod strangers;
mod trunks;

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use iwf_model::profile::CertificateRule;
use iwf_model::{Account, AccountId, AccountState, Flow, MessageId, Now, Number, Submission};

use crate::digest::{Attempt, Authenticator, DigestPolicy, Shut, Verdict};
use crate::directory::{Directory, user_of};
use crate::endpoint::Lingering;
use crate::message::{Method, Name, Request, Status};
use crate::registrar::{BindingChange, RegistrarPolicy};
use crate::submission::{ACCEPT, ACCEPT_ENCODING};
use answer::Answer;
pub use answer::PendingAnswer;
use bans::Bans;
pub use bans::{Ban, Turned};
pub use short::Short;
pub use strangers::StrangerPolicy;
use strangers::Strangers;
use trunks::Sender;
pub use trunks::{ProvenTrunk, Trunk};

/// How the apps are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UasPolicy {
    /// The domains of the addresses of record; with none, any domain is served, so that a phone can
    /// register at the address by which it reached us.
    pub domains: Vec<String>,
    /// How apps prove who they are.
    pub digest: DigestPolicy,
    /// What is granted to a registration.
    pub registrar: RegistrarPolicy,
    /// The proxies that the apps' own requests are to take, the first that they meet first: SIP URIs, each told in
    /// a Service-Route (RFC 3608). Empty: they come to us as they like.
    pub service_route: Vec<String>,
    /// The providers that apps may be woken through, as they name them in `pn-provider` (RFC 8599). With none, what
    /// apps say of push is passed over.
    pub push: Vec<String>,
    /// How those are met who have not proved who they are.
    pub strangers: StrangerPolicy,
    /// Peers whose word about senders is taken.
    pub trunks: Vec<Trunk>,
    /// Numbers for emergencies: a text to one is refused unless an account of ours owns it.
    pub emergency: Vec<Number>,
}

/// How a request arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The way it came; its response goes back there.
    pub flow: Flow,
    /// Our own address on that way.
    pub local: SocketAddr,
    /// The trunk that its connection is, by [`Uas::proven`].
    pub proven: Option<ProvenTrunk>,
    /// When it came.
    pub now: Now,
    /// Random, new for each request: makes the To tag, and the nonce of a challenge.
    pub random: u64,
}

/// What follows from a request.
#[derive(Debug)]
pub enum Handled {
    /// Send the response, after the bindings were changed in memory.
    Respond {
        /// The response.
        response: Bytes,
        /// Its status, for metrics.
        status: u16,
        /// What changes in the registrations. With a `Put`, messages that wait for the account can go out.
        bindings: Vec<BindingChange>,
        /// `Keep` once the digest was right: its nonce count is used up, so a retransmission must not be
        /// checked again. Anybody else's answer leaves no state; that its To tag differs when it is repeated
        /// matters to nobody, as it makes no dialog.
        lingering: Lingering,
    },
    /// Ask the intake whether the message is taken; it knows the answer to send.
    Submit {
        /// The message of an authenticated account.
        submission: Box<Submission>,
        /// Makes the response when the intake has decided.
        pending: Box<PendingAnswer>,
    },
    /// An account says that a message of ours was read: to be answered with [`PendingAnswer::heard`] whether it is
    /// believed or not, so that nobody learns from the answer which messages there are.
    Read {
        /// The message.
        message: MessageId,
        /// Who says so.
        teller: AccountId,
        /// Makes the response when what follows is durable.
        pending: Box<PendingAnswer>,
    },
    /// A phone speaks of short messages (TS 24.341): send the response, then do this.
    Short {
        /// The response: 202, because the request was carried.
        response: Bytes,
        /// What follows.
        then: Box<Short>,
    },
    /// Nothing is sent.
    Ignore,
}

impl Handled {
    /// The same, its response kept for retransmissions.
    fn kept(mut self) -> Self {
        if let Self::Respond { lingering, .. } = &mut self {
            *lingering = Lingering::Keep;
        }
        self
    }
}

/// Who sent a request.
struct Proven {
    sender: Sender,
    /// The Authentication-Info of a 2xx.
    next_nonce: Option<String>,
}

/// The server of the apps. One for all sockets of a node: the nonce counts and wrong digests seen on one must be
/// known on the others.
#[derive(Debug)]
pub struct Uas {
    domains: Vec<String>,
    registrar: RegistrarPolicy,
    service_route: Vec<String>,
    push: Vec<String>,
    authenticator: Authenticator,
    strangers: Strangers,
    trunks: Vec<Trunk>,
    emergency: Vec<Number>,
    bans: Bans,
    vouched: u64,
}

/// The methods we take, for Allow (RFC 3261 20.5).
const ALLOW: &str = "OPTIONS, REGISTER, MESSAGE";

impl Uas {
    /// Takes the policy and the node's secret: 32 random octets that protect its nonces.
    pub fn new(policy: UasPolicy, secret: [u8; 32]) -> Self {
        let authenticator = Authenticator::new(policy.digest, secret);
        Self {
            domains: policy.domains,
            registrar: policy.registrar,
            service_route: policy.service_route,
            push: policy.push,
            authenticator,
            strangers: Strangers::new(&policy.strangers),
            trunks: policy.trunks,
            emergency: policy.emergency,
            bans: Bans::new(),
            vouched: 0,
        }
    }

    /// How many digests were wrong so far, for metrics.
    pub fn wrong_digests(&self) -> u64 {
        self.authenticator.wrong_digests()
    }

    /// How many requests a trunk vouched for so far, for metrics.
    pub fn vouched(&self) -> u64 {
        self.vouched
    }

    /// How many requests were turned away so far for this reason, for metrics.
    pub fn turned_away(&self, reason: Turned) -> u64 {
        self.bans.count(reason)
    }

    /// The next thing to tell an operator.
    pub fn poll_ban(&mut self) -> Option<Ban> {
        self.bans.poll()
    }

    /// The trunk that a new connection from `address` is, by the certificate that it has shown.
    pub fn proven(
        &self,
        address: IpAddr,
        has_shown: impl Fn(&CertificateRule) -> bool,
    ) -> Option<ProvenTrunk> {
        let address = address.to_canonical();
        let is_there = |trunk: &Trunk| trunk.certificate.is_some() && trunk.is_at(address, &has_shown);
        self.trunks.iter().position(is_there).map(ProvenTrunk)
    }

    /// Decides what follows from a request.
    pub fn handle(&mut self, request: &Request, arrival: &Arrival, directory: &dyn Directory) -> Handled {
        if request.method() == Method::Ack {
            return Handled::Ignore;
        }
        let source = arrival.flow.peer().ip().to_canonical();
        let by_address = || self.trunks.iter().position(|trunk| trunk.is_at(source, |_| false));
        let trunk = arrival.proven.map(|ProvenTrunk(trunk)| trunk).or_else(by_address);
        let is_proxy = is_proxy(trunk, source);
        // Who shows credentials is counted as a stranger only when they turned out to be wrong.
        let proves = is_proxy || has_credentials(request);
        if !proves && self.turns_away(request, arrival, directory) {
            return Handled::Ignore;
        }
        match self.decide(request, &Answer::new(request, arrival), directory, trunk) {
            Ok(handled) => handled,
            Err(_) if !is_proxy && proves && self.turns_away(request, arrival, directory) => Handled::Ignore,
            Err(refused) => refused,
        }
    }

    /// What follows from a request: the error is the answer to somebody who has not proved who they are.
    fn decide(
        &mut self,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
        trunk: Option<usize>,
    ) -> Result<Handled, Handled> {
        let is_here = |host: &str| self.is_here(host, answer.arrival.local);
        if let Some(refused) = checks::refusal(request, answer, is_here) {
            return Err(refused);
        }
        if request.method() == Method::Options {
            return Err(options(answer));
        }
        let proven = match trunk.and_then(|trunk| self.vouch(trunk, request, answer, directory)) {
            Some(vouched) => vouched?,
            None => self.authenticate(request, answer, directory, trunk)?,
        };
        let answer = Answer { next_nonce: proven.next_nonce.as_deref(), ..*answer };
        let handled = match (request.method(), &proven.sender) {
            (Method::Register, Sender::Account { account, .. }) => {
                self.register(account, request, &answer, directory)
            }
            (Method::Register, Sender::Carrier { .. }) => answer.simply(Status::of(403)),
            _ => self.message(&proven.sender, request, &answer, directory),
        };
        Ok(handled.kept())
    }

    /// Counts a request of somebody who has not proved who they are; true: it gets no answer.
    fn turns_away(&mut self, request: &Request, arrival: &Arrival, directory: &dyn Directory) -> bool {
        let now = arrival.now.instant;
        let Some(turned) = self.strangers.turns_away(request, arrival.flow, directory, now) else {
            return false;
        };
        self.bans.add(turned);
        self.bans.begin(turned, arrival.flow.peer().ip().to_canonical(), "", now);
        true
    }

    /// Who sent the request by the word of the trunk, if it says anything about it.
    fn vouch(
        &mut self,
        trunk: usize,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
    ) -> Option<Result<Proven, Handled>> {
        let trunk = self.trunks.get(trunk)?;
        let sender = trunk.sender(request, directory, |host| self.serves(host))?;
        self.vouched = self.vouched.saturating_add(u64::from(sender.is_ok()));
        Some(match sender {
            Ok(sender) => Ok(Proven { sender, next_nonce: None }),
            Err(status) => Err(answer.simply(status).kept()),
        })
    }

    /// The account that sent the request, if it may (interworking.md C.5, step 11).
    fn authenticate(
        &mut self,
        request: &Request,
        answer: &Answer<'_>,
        directory: &dyn Directory,
        trunk: Option<usize>,
    ) -> Result<Proven, Handled> {
        let arrival = answer.arrival;
        let source = arrival.flow.peer().ip().to_canonical();
        let body = request.body();
        let claimed = match request.method() {
            Method::Register => request.to(),
            _ => request.from(),
        };
        // Before the digest, so that nobody listening on the way gets one to guess the password by.
        let may_come = |account: &Account| account.may_use(arrival.flow.transport());
        if directory.account(&user_of(&claimed.uri())).is_some_and(|account| !may_come(&account)) {
            return Err(answer.simply(TLS_ONLY));
        }
        let attempt = Attempt {
            method: request.method_text(),
            uri: request.request_uri_text(),
            body: &body,
            claimed: claimed.uri(),
            flow: arrival.flow,
            is_proxy: is_proxy(trunk, source),
        };
        let credentials =
            request.headers(Name::Authorization).chain(request.headers(Name::ProxyAuthorization));
        let verdict = self.authenticator.check(&attempt, credentials, directory, arrival.now);
        if let Some((shut, user)) = self.authenticator.take_begun() {
            self.bans.begin(turned_by(shut), source, &user, arrival.now.instant);
        }
        match verdict {
            Verdict::Authentic { account, .. } if !may_come(&account) => Err(answer.simply(TLS_ONLY).kept()),
            Verdict::Authentic { account, ageing } if account.state == AccountState::Active => {
                let nonce = || self.authenticator.next_nonce(source, arrival.now, arrival.random);
                let next_nonce = ageing.then(nonce);
                Ok(Proven { sender: Sender::Account { account, number: None }, next_nonce })
            }
            Verdict::Authentic { .. } => Err(answer.simply(Status::new(403, "Account Suspended")).kept()),
            Verdict::ShutOut(shut) => Err(self.shut_out(shut, answer)),
            Verdict::OtherUri => Err(answer.simply(Status::new(400, "Digest URI Differs"))),
            Verdict::Challenge(asked) => {
                let challenges = self.authenticator.challenges(asked, source, arrival.now, arrival.random);
                let response = challenges.fold(answer.begin(Status::of(401)), |response, challenge| {
                    response.header(Name::WwwAuthenticate, challenge)
                });
                Err(Answer::respond(401, response))
            }
        }
    }

    /// A name that was guessed at gets 403. Where others tried many names, an app that may well be right is told to come
    /// again; by 500, because on 503 a proxy would stop using us for everybody.
    fn shut_out(&mut self, shut: Shut, answer: &Answer<'_>) -> Handled {
        self.bans.add(turned_by(shut));
        match shut {
            Shut::User { .. } => answer.simply(Status::of(403)),
            Shut::Address { span } => {
                let status = Status::new(500, "Too Much Guessing There");
                let seconds = span.as_secs().max(SHORTEST_RETRY);
                Answer::respond(status.code, answer.begin(status).header(Name::RetryAfter, seconds))
            }
        }
    }

    /// Whether addresses of record of this domain are ours.
    fn serves(&self, host: &str) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }

    /// Whether a Request-URI with this host ends here: a domain of ours, or the address it reached us by.
    fn is_here(&self, host: &str, local: SocketAddr) -> bool {
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        self.serves(host) || literal.parse() == Ok(local.ip().to_canonical())
    }
}

/// To an app that comes in the clear for an account that wants TLS.
const TLS_ONLY: Status = Status::new(403, "TLS Only");

/// The shortest Retry-After, in seconds.
const SHORTEST_RETRY: u64 = 5;

/// Whether many may speak from there: a trunk, or a proxy on this host.
fn is_proxy(trunk: Option<usize>, source: IpAddr) -> bool {
    trunk.is_some() || source.is_loopback()
}

fn turned_by(shut: Shut) -> Turned {
    match shut {
        Shut::User { .. } => Turned::User,
        Shut::Address { .. } => Turned::Address,
    }
}

fn has_credentials(request: &Request) -> bool {
    matches!(request.method(), Method::Register | Method::Message)
        && [Name::Authorization, Name::ProxyAuthorization].iter().any(|name| request.header(*name).is_some())
}

/// RFC 3261 11.2: what we can do. Asked without credentials, often to keep a NAT open.
fn options(answer: &Answer<'_>) -> Handled {
    let response = answer
        .begin(Status::of(200))
        .header(Name::Allow, ALLOW)
        .header(Name::Accept, ACCEPT)
        .header(Name::AcceptEncoding, ACCEPT_ENCODING)
        .header(Name::Supported, checks::SUPPORTED);
    Answer::respond(200, response)
}

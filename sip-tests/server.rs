//! A whole server of apps on a virtual clock: bytes in, bytes out; and an app with its password.
//!
//! The app computes its digests with rsip, so that one mistake can't be made on both sides.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iwf_model::{
    Account, AccountId, AccountState, Binding, CarrierId, Flow, MessageId, Now, Number, Refusal, Submission,
    Timestamp, Transport,
};
use iwf_sip::digest::{Algorithm, Challenge, DigestPolicy, ha1};
use iwf_sip::ims::cause::RpCause;
use iwf_sip::ims::exchange::Report;
use iwf_sip::ims::reply::Reply;
use iwf_sip::registrar::{BindingChange, RegistrarPolicy};
use iwf_sip::uas::{Arrival, Ban, Handled, ProvenTrunk, Short, StrangerPolicy, Turned, Uas, UasPolicy};
use iwf_sip::{Directory, Endpoint, EndpointConfig, Event, Lingering, ParseError, Response};
use rsip::headers::auth::AuthQop;

use crate::proof;
use crate::world::{address, udp};

/// The realm of all accounts.
pub const REALM: &str = "example.com";

/// Endpoint and server of apps, with the accounts and registrations in memory.
#[derive(Debug)]
pub struct Server {
    /// The registrations.
    pub users: Users,
    /// The texts that were taken.
    pub taken: Vec<Submission>,
    /// What accounts said that they have read.
    pub read: Vec<(MessageId, AccountId)>,
    /// What phones said of short messages of ours.
    pub reported: Vec<Report>,
    /// Accounts whose phones have room again.
    pub with_room: Vec<AccountId>,
    /// What phones are told of what they sent.
    pub told: Vec<(Reply, Result<(), RpCause>)>,
    /// What the intake answers, if it does not take texts.
    pub refusal: Option<Refusal>,
    /// What the clocks show.
    pub now: Now,
    /// The trunk that its peers have proved to be.
    pub proven: Option<ProvenTrunk>,
    pub(crate) endpoint: Endpoint,
    pub(crate) uas: Uas,
    random: u64,
}

/// The accounts: `111222333` with that number, `alice` with 444555 and 444556, `off`, who is suspended.
#[derive(Debug, Default)]
pub struct Users {
    accounts: Vec<Arc<Account>>,
    bindings: BTreeMap<(AccountId, String), Binding>,
}

impl Directory for Users {
    fn account(&self, user: &str) -> Option<Arc<Account>> {
        let owns = |account: &Account| account.dids.iter().any(|did| did.as_str() == user);
        self.accounts.iter().find(|account| account.username == user || owns(account)).cloned()
    }

    fn bindings(&self, account: AccountId) -> Vec<Binding> {
        self.bindings.values().filter(|binding| binding.account == account).cloned().collect()
    }

    fn carrier(&self, name: &str) -> Option<CarrierId> {
        (name == "Carrier1").then_some(CarrierId(1))
    }
}

impl Users {
    fn add(&mut self, username: &str, dids: &[&str], state: AccountState) {
        self.accounts.push(Arc::new(Account {
            id: AccountId(self.accounts.len() as i64 + 1),
            username: username.to_owned(),
            ha1_md5: ha1(Algorithm::Md5, username, REALM, "secret"),
            ha1_sha256: ha1(Algorithm::Sha256, username, REALM, "secret"),
            ha1_sha512_256: Some(ha1(Algorithm::Sha512Trunc256, username, REALM, "secret")),
            realm: REALM.to_owned(),
            digest: None,
            tls_only: false,
            dids: dids.iter().map(|did| did.parse::<Number>().expect("a number")).collect(),
            state,
        }));
    }

    /// Changes an account.
    pub fn change(&mut self, username: &str, change: impl FnOnce(&mut Account)) {
        let account = self.accounts.iter_mut().find(|account| account.username == username);
        change(Arc::make_mut(account.expect("an account")));
    }

    /// The contacts of an account, in the order of their text.
    pub fn contacts(&self, username: &str) -> Vec<String> {
        let account = self.account(username).expect("an account");
        self.bindings(account.id).into_iter().map(|binding| binding.contact).collect()
    }
}

/// The policy that a plain installation has.
pub fn policy() -> UasPolicy {
    UasPolicy {
        domains: Vec::new(),
        digest: DigestPolicy {
            realm: REALM.to_owned(),
            challenge: Challenge::Md5,
            auth_int: false,
            allow_without_qop: false,
        },
        registrar: RegistrarPolicy::default(),
        service_route: Vec::new(),
        push: Vec::new(),
        strangers: StrangerPolicy { per_second: 100_000, ..StrangerPolicy::default() },
        trunks: Vec::new(),
        emergency: Vec::new(),
    }
}

impl Server {
    /// A server with its accounts, nobody registered.
    pub fn new(policy: UasPolicy) -> Self {
        let mut users = Users::default();
        users.add("111222333", &["111222333"], AccountState::Active);
        users.add("alice", &["444555", "444556"], AccountState::Active);
        users.add("off", &["777"], AccountState::Suspended);
        Self {
            users,
            taken: Vec::new(),
            read: Vec::new(),
            reported: Vec::new(),
            with_room: Vec::new(),
            told: Vec::new(),
            refusal: None,
            now: Now { instant: Instant::now(), utc: Timestamp::from_micros(1_795_253_400_000_000) },
            endpoint: Endpoint::new(EndpointConfig::default()),
            uas: Uas::new(policy, [7; 32]),
            random: 0,
            proven: None,
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.endpoint.handle_timeout(self.now);
    }

    /// How many requests were turned away for this reason.
    pub fn turned_away(&self, reason: Turned) -> u64 {
        self.uas.turned_away(reason)
    }

    /// What the operator was told since the last time.
    pub fn bans(&mut self) -> Vec<Ban> {
        std::iter::from_fn(|| self.uas.poll_ban()).collect()
    }

    /// How many requests of apps are kept, under way or for their retransmissions.
    pub fn transactions(&self) -> usize {
        self.endpoint.transactions().1
    }

    /// Octets arrive; gives back the octets that leave.
    pub fn receive(&mut self, octets: &[u8], flow: Flow) -> Vec<Bytes> {
        let local = address("198.51.100.1:5060");
        self.endpoint.handle_message(Bytes::copy_from_slice(octets), flow, local, self.now);
        while let Some(event) = self.endpoint.poll_event() {
            if let Event::Request { transaction, request, flow, local } = event {
                self.random += 1;
                let arrival =
                    Arrival { flow, local, proven: self.proven, now: self.now, random: self.random };
                let handled = self.uas.handle(&request, &arrival, &self.users);
                match self.perform(handled) {
                    Some((answer, lingering)) => {
                        self.endpoint.respond(transaction, answer, lingering, self.now);
                    }
                    None => self.endpoint.ignore(transaction),
                }
            }
        }
        self.leaving()
    }

    /// What the framer of a stream refused; gives back the octets that leave.
    pub fn receive_refused(&mut self, error: &ParseError, flow: Flow) -> Vec<Bytes> {
        self.endpoint.handle_refused(error, flow);
        self.leaving()
    }

    fn leaving(&mut self) -> Vec<Bytes> {
        std::iter::from_fn(|| self.endpoint.poll_transmit()).map(|transmit| transmit.octets).collect()
    }

    /// Carries out what the server has decided; gives back the answer, if there is one.
    pub(crate) fn perform(&mut self, handled: Handled) -> Option<((u16, Bytes), Lingering)> {
        match handled {
            Handled::Respond { response, status, bindings, lingering } => {
                for change in bindings {
                    match change {
                        BindingChange::Put(binding) => {
                            let key = binding.key().into_owned();
                            self.users.bindings.insert((binding.account, key), *binding);
                        }
                        BindingChange::Remove { account, key } => {
                            self.users.bindings.remove(&(account, key));
                        }
                    }
                }
                Some(((status, response), lingering))
            }
            Handled::Submit { submission, mut pending } => match self.refusal {
                Some(refusal) => {
                    let answer = (pending.status_of(refusal), pending.refused(refusal));
                    self.told.extend(pending.reply(Err(refusal)));
                    Some((answer, Lingering::Keep))
                }
                None => {
                    self.taken.push(*submission);
                    self.told.extend(pending.reply(Ok(())));
                    Some(((202, pending.accepted()), Lingering::Keep))
                }
            },
            Handled::Short { response, then } => {
                match *then {
                    Short::Reported(report) => self.reported.push(report),
                    Short::MemoryAvailable(reply) => {
                        self.with_room.push(reply.account());
                        self.told.push((reply, Ok(())));
                    }
                    Short::Refused(reply, cause) => self.told.push((reply, Err(cause))),
                }
                Some(((202, response), Lingering::Keep))
            }
            Handled::Read { message, teller, pending } => {
                self.read.push((message, teller));
                Some(((200, pending.heard()), Lingering::Keep))
            }
            Handled::Ignore => None,
        }
    }

    /// Text arrives; gives back the one response to it.
    pub fn ask(&mut self, text: &str, flow: Flow) -> Response {
        self.ask_octets(text.as_bytes(), flow)
    }

    /// The same for a request with any octets in it.
    pub fn ask_octets(&mut self, octets: &[u8], flow: Flow) -> Response {
        let sent = self.receive(octets, flow);
        assert_eq!(sent.len(), 1, "one response to {}", String::from_utf8_lossy(octets));
        Response::parse(sent[0].clone()).expect("we send what we can read")
    }
}

/// An app with its password, on one flow.
#[derive(Debug, Clone)]
pub struct App {
    /// The user it registers, and the digest username.
    pub user: &'static str,
    /// What it believes the password to be.
    pub password: &'static str,
    /// Where it is.
    pub flow: Flow,
    /// The algorithm of its digests.
    pub algorithm: Algorithm,
    /// Of its REGISTERs; MESSAGEs have one each.
    pub call_id: &'static str,
    /// The CSeq of its last request.
    pub cseq: u32,
}

/// A request that an app is about to send.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The method.
    pub method: &'static str,
    /// The Request-URI.
    pub uri: String,
    /// To, the whole value.
    pub to: String,
    /// From without its tag.
    pub from: String,
    /// Whole lines, each with its CRLF.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl App {
    /// An app that knows its password and comes over UDP.
    pub fn new(user: &'static str) -> Self {
        let (algorithm, call_id) = (Algorithm::Md5, "reg-1");
        Self { user, password: "secret", flow: udp(), algorithm, call_id, cseq: 0 }
    }

    /// A REGISTER of its own address of record.
    pub fn draft_register(&self, headers: &str) -> Draft {
        let own = format!("<sip:{}@{REALM}>", self.user);
        Draft {
            method: "REGISTER",
            uri: format!("sip:{REALM}"),
            to: own.clone(),
            from: own,
            headers: headers.to_owned(),
            body: Vec::new(),
        }
    }

    /// A MESSAGE to somebody.
    pub fn draft_message(&self, to: &str, headers: &str, body: &[u8]) -> Draft {
        Draft {
            method: "MESSAGE",
            uri: format!("sip:{to}@{REALM}"),
            to: format!("<sip:{to}@{REALM}>"),
            from: format!("<sip:{}@{REALM}>", self.user),
            headers: headers.to_owned(),
            body: body.to_vec(),
        }
    }

    /// Registers, through the challenge.
    pub fn register(&mut self, server: &mut Server, headers: &str) -> Response {
        let draft = self.draft_register(headers);
        self.send(server, &draft)
    }

    /// Sends a plain text, through the challenge.
    pub fn text(&mut self, server: &mut Server, to: &str, text: &str) -> Response {
        let draft = self.draft_message(to, "Content-Type: text/plain\r\n", text.as_bytes());
        self.send(server, &draft)
    }

    /// Sends a request without credentials, and again with the answer to the challenge.
    pub fn send(&mut self, server: &mut Server, draft: &Draft) -> Response {
        let challenged = self.send_once(server, draft, "");
        if challenged.status() != 401 {
            return challenged;
        }
        let authorization = self.authorization(draft, &nonce(&challenged), 1);
        self.send_once(server, draft, &authorization)
    }

    /// Sends a request once, with these header lines besides.
    pub fn send_once(&mut self, server: &mut Server, draft: &Draft, authorization: &str) -> Response {
        let octets = self.octets(draft, authorization);
        server.ask_octets(&octets, self.flow)
    }

    /// The octets of a request: each has its own branch and CSeq.
    pub fn octets(&mut self, draft: &Draft, authorization: &str) -> Vec<u8> {
        self.cseq += 1;
        let Draft { method, uri, to, from, headers, body } = draft;
        let (user, cseq, peer) = (self.user, self.cseq, self.flow.peer());
        let (transport, call_id) = match self.flow {
            Flow::Udp { .. } => ("UDP", self.call_id),
            Flow::Stream { .. } => ("TCP", self.call_id),
        };
        let head = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {peer};branch=z9hG4bK{user}{call_id}{cseq};rport\r\n\
             Max-Forwards: 70\r\nFrom: {from};tag=f1\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nUser-Agent: app/1\r\n{headers}{authorization}Content-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    /// The Authorization line for a request, by rsip as far as it can. `count` is below 10: rsip reads it as decimal.
    pub fn authorization(&self, draft: &Draft, nonce: &str, count: u8) -> String {
        let algorithm = match self.algorithm {
            Algorithm::Md5 => rsip::headers::auth::Algorithm::Md5,
            Algorithm::Sha256 => rsip::headers::auth::Algorithm::Sha256,
            Algorithm::Sha512Trunc256 => {
                return proof::authorization(self, draft, nonce, count.into(), false);
            }
        };
        let uri = rsip::Uri::try_from(draft.uri.as_str()).expect("rsip reads the Request-URI");
        let method = draft.method.parse::<rsip::Method>().expect("rsip knows the method");
        let qop = AuthQop::Auth { cnonce: "0a4f113b".to_owned(), nc: count };
        let digest = rsip::services::DigestGenerator {
            username: self.user,
            password: self.password,
            nonce,
            uri: &uri,
            realm: REALM,
            method: &method,
            qop: Some(&qop),
            algorithm,
        };
        format!(
            "Authorization:  Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={}, username=\"{}\", \
             uri=\"{}\", response=\"{}\", cnonce=\"0a4f113b\", nc={count:08x}, qop=auth\r\n",
            self.algorithm.as_str(),
            self.user,
            draft.uri,
            digest.compute()
        )
    }
}

/// The nonce of the first challenge in a 401.
pub fn nonce(challenged: &Response) -> String {
    let challenge = challenged.header(iwf_sip::Name::WwwAuthenticate).expect("a challenge");
    let (_, rest) = challenge.split_once("nonce=\"").expect("a nonce");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Every Contact of a response.
pub fn contacts(response: &Response) -> Vec<&str> {
    response.headers(iwf_sip::Name::Contact).collect()
}

/// An app of this address, by datagrams or over a connection, each number of which is one.
pub fn flow(address: &str, connection: Option<u64>) -> Flow {
    let peer = crate::world::address(address);
    match connection {
        None => Flow::datagrams(peer),
        Some(connection) => Flow::Stream { transport: Transport::Tcp, peer, connection },
    }
}

/// The same flow from another port, as after a NAT forgot it.
pub fn from_port(port: u16) -> Flow {
    Flow::datagrams(SocketAddr::new(udp().peer().ip(), port))
}

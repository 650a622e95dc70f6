//! A softphone: it registers with digest, shows texts, answers them by script and sends its own.

mod agent;
mod digest;
mod framing;
mod notice;
mod request;
mod script;
pub mod short;
#[cfg(test)]
mod tests;
mod text;
mod wire;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;

use agent::{Agent, Command, Shared};
use request::Dialog;
use script::Script;
use wire::Wire;

pub use notice::{Notice, Wishes};
pub use script::Answer;
pub use text::Text;

/// How the phone reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams from a port of its own.
    Udp,
    /// One connection, by which it is reached as well: its Contact is an address behind a NAT, where nobody
    /// else can reach it, and stays the same over all connections.
    Tcp,
}

/// Who the phone is.
#[derive(Debug, Clone)]
pub struct PhoneOptions {
    /// What it registers as.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The registrar.
    pub server: SocketAddr,
    /// How it is reached.
    pub transport: Transport,
    /// Parameters of its Contact URI, each with its semicolon: where its app is woken, say.
    pub uri_params: String,
    /// Parameters of its Contact, each with its semicolon: which device and flow it is, say.
    pub contact_params: String,
    /// The life of a registration, in seconds, that it asks for.
    pub expires: u32,
    /// How many texts may wait to be read; beyond it the phone does not hear what is sent to it.
    pub inbox: usize,
}

impl PhoneOptions {
    /// A phone over UDP that asks for an hour.
    pub fn new(username: &str, password: &str, server: SocketAddr) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            server,
            transport: Transport::Udp,
            uri_params: String::new(),
            contact_params: String::new(),
            expires: 3600,
            inbox: 1024,
        }
    }
}

/// A running phone. Dropping it ends it without a word, as when a device loses its network.
#[derive(Debug)]
pub struct Phone {
    options: PhoneOptions,
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    dialog: Mutex<Dialog>,
    contact: String,
}

/// Something that crossed the wire.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When.
    pub at: Instant,
    /// The phone sent it.
    pub sent: bool,
    /// The method or the status.
    pub what: String,
}

/// A registration that was granted, or taken back.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The life of our contact in seconds, 0 when it is no longer bound.
    pub granted: u32,
    /// All contacts of the account, verbatim.
    pub contacts: Vec<String>,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// Why a request of the phone came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// The socket failed.
    #[error("the phone has no line: {0}")]
    Line(#[from] io::Error),
    /// No final response came, or the connection was lost.
    #[error("no answer to {0}")]
    NoAnswer(&'static str),
    /// Another final response than a 2xx.
    #[error("{0} was answered {1}")]
    Refused(&'static str, u16),
    /// A challenge that this phone can't answer.
    #[error("a challenge to {0} that cannot be answered: {1}")]
    Challenge(&'static str, String),
    /// What was to be sent is no SIP: rsip refuses it.
    #[error("cannot write {0}: {1}")]
    Unwritable(&'static str, rsip::Error),
}

impl Phone {
    /// Starts a phone; the texts it shows come out of the receiver.
    pub async fn start(options: PhoneOptions) -> io::Result<(Self, mpsc::Receiver<Text>)> {
        let mut wire = Wire::open(options.transport, options.server).await?;
        let contact = match options.transport {
            Transport::Udp => format!("sip:{}@{}", options.username, wire.local_addr().await?),
            // An address for documentation (RFC 5737); the port tells the phones of an account apart.
            Transport::Tcp => {
                let port = 1024 + RandomState::new().build_hasher().finish() % 60_000;
                format!("sip:{}@192.0.2.1:{port};transport=tcp", options.username)
            }
        };
        let contact = contact + &options.uri_params;
        let shared =
            Arc::new(Shared { script: Mutex::new(Script::new(&[])), complaints: Mutex::new(Vec::new()) });
        let (texts, shown) = mpsc::channel(options.inbox.max(1));
        let (commands, orders) = mpsc::channel(16);
        tokio::spawn(Agent::new(wire, options.transport, Arc::clone(&shared), texts).run(orders));
        let dialog = Mutex::new(Dialog::new());
        Ok((Self { options, commands, shared, dialog, contact }, shown))
    }

    /// Registers, or refreshes the registration.
    pub async fn register(&self) -> Result<Registration, PhoneError> {
        self.bind(self.options.expires).await
    }

    /// Takes the registration back.
    pub async fn unregister(&self) -> Result<Registration, PhoneError> {
        self.bind(0).await
    }

    /// Sets what the phone answers from now on: one answer for each MESSAGE, the last one stays.
    pub fn answer(&self, answers: &[Answer]) {
        *self.shared.script.lock().unwrap_or_else(PoisonError::into_inner) = Script::new(answers);
    }

    /// Closes the TCP connection without a word; the next request opens another.
    pub async fn hang_up(&self) {
        let _ = self.commands.send(Command::HangUp).await;
    }

    /// What the phone received and could not read.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its Contact: where requests to it must point.
    pub fn contact(&self) -> &str {
        &self.contact
    }

    /// Who the phone is.
    pub fn options(&self) -> &PhoneOptions {
        &self.options
    }
}

/// 16 random hexadecimal digits.
fn token() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

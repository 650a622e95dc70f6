//! How a server is found and asked whether it is there, as texts find it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use iwf_model::Transport;
use iwf_sip::locate::{Cache, Choice, Destination, Means, NextHop, choose};
use iwf_sip::message::framing::Frame;
use iwf_sip::ping::Ping;
use iwf_sip::{Framer, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::Finding;
use crate::clock;
use crate::config::Config;
use crate::ids::Random;
use crate::machines;
use crate::sip::resolver::Resolver;
use crate::stream::{End, Stream};
use crate::tls;

/// What we call ourselves.
const USER_AGENT: &str = concat!("iwf-doctor/", env!("CARGO_PKG_VERSION"));
/// A server that takes longer for an answer is as good as none.
const PATIENCE: Duration = Duration::from_secs(4);
/// When a datagram is sent again (RFC 3261 17.1.2.2).
const AGAIN: Duration = Duration::from_millis(500);
/// Questions to the DNS for one name; a domain with all kinds of records needs a dozen.
const MOST_QUESTIONS: usize = 64;
/// Destinations of one server that are asked.
const MOST_ASKED: usize = 4;
const READ: usize = 4096;

/// Asks servers.
pub(super) struct Asker {
    resolver: Resolver,
    means: Means,
    /// TLS to them, or what is wrong with its files.
    tls: Result<Arc<ClientConfig>, String>,
    /// How long a server has for its answer, the connection included.
    pub(super) patience: Duration,
}

impl Asker {
    /// As the node itself would.
    pub(super) fn new(config: &Config) -> Self {
        let tls = tls::client(&config.sip.client_tls).map(Arc::new).map_err(|fault| fault.to_string());
        let (resolver, means) = (Resolver::new(&config.dns.servers), machines::means(&config.sip));
        Self { resolver, means, tls, patience: PATIENCE }
    }

    /// Finds the server of a URI and asks each of its destinations; `what` names it for people.
    pub(super) async fn look(&self, what: &str, uri: &str, hop: &NextHop, findings: &mut Vec<Finding>) {
        let destinations = match self.find(hop).await {
            Ok(destinations) => destinations,
            Err(why) => return findings.push(Finding::bad(format!("{what}, {uri}: {why}."))),
        };
        for to in destinations.iter().take(MOST_ASKED) {
            let place = format!("{} {}", to.transport.as_str(), to.address);
            findings.push(match self.ask(uri, to).await {
                Ok(status @ (401 | 407)) => Finding::bad(format!(
                    "{what}, {place}, wants a password ({status}), and iwf has none for it: let it take requests \
                     from the address of this node."
                )),
                Ok(status) => Finding::good(format!("{what}, {place}, answers ({status}).")),
                Err(why) => Finding::bad(format!("{what}, {place}: {why}.")),
            });
        }
    }

    async fn find(&self, hop: &NextHop) -> Result<Vec<Destination>, String> {
        let mut cache = Cache::new(MOST_QUESTIONS);
        let mut asked = 0;
        while asked < MOST_QUESTIONS {
            let now = clock::now().instant;
            let choice = choose(hop, self.means, |question| cache.look(question, now), 0);
            let questions = match choice {
                Choice::Ask(questions) => questions,
                Choice::Destinations(destinations) => return Ok(destinations),
                Choice::Nowhere(why) => return Err(why.to_string()),
            };
            for question in questions {
                asked += 1;
                let lookup = self.resolver.look_up(&question).await;
                cache.learn(question, lookup, now);
            }
        }
        Err("its names lead round in circles".to_owned())
    }

    /// The status of the answer to OPTIONS, or why there is none.
    async fn ask(&self, uri: &str, to: &Destination) -> Result<u16, String> {
        let asking = async {
            match to.transport {
                Transport::Udp => ask_by_datagram(uri, to.address).await,
                _ => self.ask_over_connection(uri, to).await,
            }
        };
        timeout(self.patience, asking).await.unwrap_or_else(|_| Err("no answer".to_owned()))
    }

    async fn ask_over_connection(&self, uri: &str, to: &Destination) -> Result<u16, String> {
        let socket = TcpStream::connect(to.address).await.map_err(|error| error.to_string())?;
        let local = socket.local_addr().map_err(|error| error.to_string())?;
        let mut stream = if to.transport.is_secure() {
            let config = self.tls.clone()?;
            let name = ServerName::try_from(to.domain.to_string()).map_err(|error| error.to_string())?;
            Stream::tls_to(socket, name, config).map_err(|error| tls::in_words(&error).into_owned())?
        } else {
            Stream::plain(socket)
        };
        let mut output = BytesMut::from(&*request(uri, to.transport, local)?);
        let mut framer = Framer::default();
        loop {
            stream.write(&mut output).map_err(in_words)?;
            stream.read(framer.buffer(), READ).map_err(in_words)?;
            while let Some(frame) = framer.next() {
                match frame {
                    Frame::Message(octets) => {
                        if let Some(status) = answer(octets) {
                            return Ok(status);
                        }
                    }
                    Frame::Ping => {}
                    Frame::Refused { .. } => return Err("it does not speak SIP".to_owned()),
                }
            }
            stream.ready(true, !output.is_empty()).await.map_err(|error| error.to_string())?;
        }
    }
}

async fn ask_by_datagram(uri: &str, to: SocketAddr) -> Result<u16, String> {
    let failed = |error: std::io::Error| error.to_string();
    let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await.map_err(failed)?;
    socket.connect(to).await.map_err(failed)?;
    let request = request(uri, Transport::Udp, socket.local_addr().map_err(failed)?)?;
    let (mut pause, mut datagram) = (AGAIN, vec![0; usize::from(u16::MAX)]);
    loop {
        socket.send(&request).await.map_err(failed)?;
        if let Ok(received) = timeout(pause, socket.recv(&mut datagram)).await {
            let octets = datagram.get(..received.map_err(failed)?).unwrap_or_default();
            if let Some(status) = answer(Bytes::copy_from_slice(octets)) {
                return Ok(status);
            }
        }
        pause *= 2;
    }
}

fn request(uri: &str, transport: Transport, local: SocketAddr) -> Result<Bytes, String> {
    let (random, sent_by) = (Random::default().u64(), local.to_string());
    let ping = Ping { uri, transport, sent_by: &sent_by, random, user_agent: USER_AGENT };
    ping.request().map_err(|_| "it is no URI that can be sent to".to_owned())
}

/// The status of a final response. Whatever else comes on a socket of our own is not waited for.
fn answer(octets: Bytes) -> Option<u16> {
    Response::parse(octets).ok().map(|response| response.status()).filter(|status| *status >= 200)
}

fn in_words(end: End) -> String {
    match end {
        End::Tls(error) => tls::in_words(&error).into_owned(),
        end => end.to_string(),
    }
}

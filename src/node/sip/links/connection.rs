//! One connection: messages for the driver out of what comes, and what the driver has for it written.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use iwf_model::{Stranger, Transport};
use iwf_sip::message::framing::Frame;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::codec::{Codec, Found};
use super::listener::Hall;
use super::{Input, Link, OUTPUT_QUEUE};
use crate::entrance::Visit;
use crate::ids::next_number;
use crate::net;
use crate::stream::{End, Stream};
use crate::telemetry::{Connected, Handshake};
use crate::tls::{in_words, refuses_us};

/// TLS and WebSocket must be agreed upon after this.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A peer that connects and sends no whole message for so long is not a phone.
const FIRST_MESSAGE: Duration = Duration::from_secs(30);
/// Longest silence of a phone; keep-alives count as life.
const IDLE: Duration = Duration::from_secs(2 * 3600 + 600);
/// A browser sends no keep-alives of its own: after such a silence it is asked, and then it has as long to answer.
const ASK_AFTER: Duration = Duration::from_secs(30);
/// A message that began must be whole after this.
const WHOLE_MESSAGE: Duration = Duration::from_secs(10);
/// How long a peer may take to read the last that we say.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Room for reading that a silent connection holds.
const ROOM: usize = 16 * 1024;
/// A peer that leaves so much unread is not read from.
const MOST_OUTPUT: usize = 256 * 1024;
/// So many of the first octets are kept to say who was there.
const FIRST: usize = 32;

/// A connection and what is known of it.
pub(super) struct Connection {
    stream: Stream,
    codec: Codec,
    /// Its number, unique within the run.
    number: u64,
    transport: Transport,
    peer: SocketAddr,
    local: SocketAddr,
    hall: Arc<Hall>,
    /// Its place, if a phone opened it.
    visit: Option<Visit>,
    /// What the driver gives it.
    queue: mpsc::Receiver<Bytes>,
    /// The other end of it, until the driver has it.
    sender: Option<mpsc::Sender<Bytes>>,
    output: BytesMut,
    /// TLS and WebSocket are agreed upon, as far as they are spoken here.
    open: bool,
    /// A whole message has come.
    heard: bool,
    /// The peer did not want to speak with us, and has read nothing.
    refused: bool,
    /// The peer was silent, and was asked whether it is still there.
    asked: bool,
    /// What came before the first whole message, to say who was there.
    first: Vec<u8>,
    /// When it connected, was last heard, or began the message that is not whole yet.
    since: Instant,
}

impl Connection {
    /// One that was just accepted: the driver hears of it when it is open. The way is its transport, the peer and
    /// our end.
    pub(super) fn accepted(
        stream: Stream,
        codec: Codec,
        way: (Transport, SocketAddr, SocketAddr),
        visit: Visit,
        hall: Arc<Hall>,
    ) -> Self {
        let (sender, queue) = mpsc::channel(OUTPUT_QUEUE);
        let number = next_number();
        Self {
            visit: Some(visit),
            sender: Some(sender),
            ..Self::made(stream, codec, (number, way), queue, hall)
        }
    }

    /// One that we made, with what the driver has already given it.
    pub(super) fn made(
        stream: Stream,
        codec: Codec,
        (number, (transport, peer, local)): (u64, (Transport, SocketAddr, SocketAddr)),
        queue: mpsc::Receiver<Bytes>,
        hall: Arc<Hall>,
    ) -> Self {
        Self {
            stream,
            codec,
            number,
            transport,
            peer,
            local,
            hall,
            visit: None,
            queue,
            sender: None,
            output: BytesMut::new(),
            open: false,
            heard: false,
            refused: false,
            asked: false,
            first: Vec::new(),
            since: Instant::now(),
        }
    }

    /// Serves it to its end.
    pub(super) async fn run(mut self) {
        let end = self.serve().await;
        tracing::debug!(peer = %self.peer, connection = self.number, %end, "SIP connection closed");
        let open = Connected(self.transport);
        if self.open {
            self.hall.metrics.sip_connections.of(open).decrement(1.0);
        }
        if let Some(stranger) = self.stranger() {
            self.hall.turn_away(self.peer.ip(), stranger, self.transport);
        } else if self.refused || (!self.open && !self.first().is_empty()) {
            self.hall.metrics.sip_handshakes.of(open).of(Handshake::Failed).increment(1);
            self.hall.complain(self.peer.ip(), &end);
        }
        if self.sender.is_none() {
            let connection = self.number;
            let over = if self.open && !self.refused {
                Input::Closed { connection }
            } else {
                Input::NotOpened { connection, why: end }
            };
            drop(self.hall.input.send(over).await);
        }
        self.codec.close(&mut self.output);
        drop(timeout(LAST_WORDS, self.stream.finish(&mut self.output)).await);
    }

    async fn serve(&mut self) -> Cow<'static, str> {
        let mut batch = Vec::new();
        loop {
            // A socket that always has something to read must not keep the others of this thread waiting.
            tokio::task::consume_budget().await;
            if let Err(end) = self.open_if_agreed().await {
                return end.into();
            }
            let (room, deadline) = (self.output.len() < MOST_OUTPUT, self.deadline());
            tokio::select! {
                ready = self.stream.ready(room, !self.output.is_empty()) => {
                    if ready.is_err() {
                        return "broken".into();
                    }
                    if room && let Err(end) = self.read().await {
                        return end;
                    }
                }
                count = self.queue.recv_many(&mut batch, 64), if room && self.open => {
                    if count == 0 {
                        return "given up by us".into();
                    }
                    batch.drain(..).for_each(|octets| self.codec.write(octets, &mut self.output));
                }
                () = sleep_until(deadline) => {
                    if !self.open || self.asked || !self.codec.ping(&mut self.output) {
                        return "silent".into();
                    }
                    (self.asked, self.since) = (true, Instant::now());
                }
            }
            if self.stream.write(&mut self.output).is_err() {
                return "broken".into();
            }
        }
    }

    fn deadline(&self) -> Instant {
        let pings = matches!(self.codec, Codec::WebSocket(_));
        let limit = match (self.open, self.codec.is_between_messages(), self.heard) {
            (false, ..) => HANDSHAKE,
            (true, false, _) => WHOLE_MESSAGE,
            (true, true, false) => FIRST_MESSAGE,
            (true, true, true) if pings => ASK_AFTER,
            (true, true, true) => IDLE,
        };
        self.since + limit
    }

    /// Tells the driver of the connection as soon as messages can be exchanged.
    async fn open_if_agreed(&mut self) -> Result<(), &'static str> {
        if self.open || !self.stream.is_open() || !self.codec.is_open() {
            return Ok(());
        }
        (self.open, self.since) = (true, Instant::now());
        let (metrics, open) = (&self.hall.metrics, Connected(self.transport));
        metrics.sip_connections.of(open).increment(1.0);
        if self.transport != Transport::Tcp {
            metrics.sip_handshakes.of(open).of(Handshake::Done).increment(1);
        }
        let Some(output) = self.sender.take() else { return Ok(()) };
        let certificate = self.stream.certificate().map(Arc::new);
        let Self { number: connection, transport, peer, local, .. } = *self;
        let link = Link { connection, transport, peer, local, certificate, trunk: None, output };
        self.hall.input.send(Input::Opened(link)).await.map_err(|_| "stopping")
    }

    async fn read(&mut self) -> Result<(), Cow<'static, str>> {
        let was_between = self.codec.is_between_messages();
        if let Err(end) = self.stream.read(self.codec.buffer(), ROOM) {
            return Err(self.lost(&end));
        }
        if self.stream.is_open() {
            self.note_first();
            let whole = self.take_frames().await?;
            if whole || (was_between && !self.asked) {
                self.since = Instant::now();
            }
        }
        Ok(())
    }

    /// Gives what has come to the driver; whether anything was whole.
    async fn take_frames(&mut self) -> Result<bool, &'static str> {
        let mut whole = false;
        loop {
            let frame = match self.codec.next(&mut self.output) {
                Found::Frame(frame) => frame,
                Found::Life => {
                    (whole, self.asked) = (true, false);
                    self.open_if_agreed().await?;
                    continue;
                }
                Found::Nothing => return Ok(whole),
                Found::Over(end) => return Err(end),
            };
            (whole, self.asked) = (true, false);
            let close = matches!(frame, Frame::Refused { close: true, .. });
            match frame {
                Frame::Ping => self.codec.write(Bytes::from_static(b"\r\n"), &mut self.output),
                frame => self.hear(frame, close).await?,
            }
            if close {
                self.say_last_word().await;
                return Err("not followed any more");
            }
        }
    }

    async fn hear(&mut self, frame: Frame, close: bool) -> Result<(), &'static str> {
        if !close && !self.heard {
            self.heard = true;
            self.first = Vec::new();
            self.visit.iter_mut().for_each(Visit::prove);
        }
        let message = Input::Frame { connection: self.number, frame };
        self.hall.input.send(message).await.map_err(|_| "stopping")
    }

    /// The driver answers what made us give up; that answer still goes out.
    async fn say_last_word(&mut self) {
        if let Ok(Some(octets)) = timeout(Duration::from_secs(1), self.queue.recv()).await {
            self.codec.write(octets, &mut self.output);
        }
    }

    /// Keeps what came first, where TLS does not.
    fn note_first(&mut self) {
        if !self.heard && self.first.len() < FIRST {
            let room = FIRST - self.first.len();
            self.first.extend(self.codec.buffer().iter().take(room));
        }
    }

    /// The peer is gone, or TLS could not be agreed upon with it.
    fn lost(&mut self, end: &End) -> Cow<'static, str> {
        match end {
            End::Closed => "closed by the peer".into(),
            End::Broken(_) => "broken".into(),
            End::Tls(error) => {
                if self.stranger().is_some() {
                    self.stream.forget_last_words();
                }
                self.refused = self.visit.is_none() && !self.heard && refuses_us(error);
                format!("TLS was not agreed upon: {}", in_words(error)).into()
            }
        }
    }

    /// Who came to the wrong port, if nothing was heard that belongs here.
    fn stranger(&self) -> Option<Stranger> {
        // Whom we have called is no stranger.
        self.visit.as_ref()?;
        let at_home = match (self.transport, self.stream.is_open()) {
            (Transport::Tls | Transport::Wss, false) => Stranger::Tls,
            (Transport::Ws | Transport::Wss, _) => Stranger::Http,
            (Transport::Udp | Transport::Tcp | Transport::Tls, _) => Stranger::Sip,
        };
        Stranger::of(self.first()).filter(|stranger| *stranger != at_home && !self.heard)
    }

    /// What came first, on the layer that is being agreed upon.
    fn first(&self) -> &[u8] {
        if self.stream.is_open() { &self.first } else { self.stream.first_octets() }
    }
}

/// Sets the options of a socket that speaks SIP.
pub(super) fn prepare(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    net::limit_unacknowledged(socket, Duration::from_secs(20));
    net::keep_alive(socket, Duration::from_secs(60));
}

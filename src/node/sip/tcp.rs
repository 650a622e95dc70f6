//! TCP connections of the SIP side: phones that connect to us, and connections of ours to phones.
//!
//! Each connection has one task. It cuts the stream into messages for the driver and writes what the driver
//! puts in its queue; a silent or slow peer holds up nobody else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use iwf_model::{Flow, Transport};
use iwf_sip::message::framing::{Frame, Framer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::ids::next_number;
use crate::net::{self, stopped};

/// What the driver hears from connections.
#[derive(Debug)]
pub(crate) enum Input {
    /// A phone connected.
    Opened(Link),
    /// Something arrived.
    Frame {
        /// Over which connection.
        connection: u64,
        /// What.
        frame: Frame,
    },
    /// It is over.
    Closed {
        /// Which.
        connection: u64,
    },
}

/// The driver's end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Its number, unique within the run.
    pub(crate) connection: u64,
    /// What it carries.
    pub(crate) transport: Transport,
    /// The other end.
    pub(crate) peer: SocketAddr,
    /// Our end.
    pub(crate) local: SocketAddr,
    /// What is to be written. A full queue means that the peer does not read.
    pub(crate) output: mpsc::Sender<Bytes>,
}

impl Link {
    /// The way that it is.
    pub(crate) fn flow(&self) -> Flow {
        let Self { connection, transport, peer, .. } = *self;
        Flow::Stream { transport, peer, connection }
    }
}

/// Messages that may wait to be written to one connection.
pub(crate) const OUTPUT_QUEUE: usize = 1024;
/// A peer that connects and sends no whole message for so long is not a phone.
const FIRST_MESSAGE: Duration = Duration::from_secs(30);
/// Longest silence of a phone; keep-alives count as life.
const IDLE: Duration = Duration::from_secs(2 * 3600 + 600);
/// A message that began must be whole after this.
const WHOLE_MESSAGE: Duration = Duration::from_secs(10);
/// How long connecting to a phone may take.
const CONNECT: Duration = Duration::from_secs(5);
const READ: usize = 16 * 1024;
/// A peer that leaves so much unread is not read from.
const MOST_OUTPUT: usize = 256 * 1024;

/// Accepts connections until the node stops.
pub(crate) async fn listen(
    listener: TcpListener,
    places: Arc<Semaphore>,
    refused: metrics::Counter,
    input: mpsc::Sender<Input>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => open(stream, peer, place, &input).await,
                    Err(_) => refused.increment(1),
                },
                Err(error) => {
                    tracing::error!(%error, "SIP connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = stopped(&mut stopping) => return,
        }
    }
}

async fn open(stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit, input: &mpsc::Sender<Input>) {
    let Ok(local) = stream.local_addr() else { return };
    let (output, queue) = mpsc::channel(OUTPUT_QUEUE);
    let connection = next_number();
    let link = Link { connection, transport: Transport::Tcp, peer, local, output };
    if input.send(Input::Opened(link)).await.is_ok() {
        tokio::spawn(serve(stream, connection, queue, input.clone(), Some(place)));
    }
}

/// Connects to a phone. What is queued meanwhile is written when the connection stands.
pub(crate) fn connect(peer: SocketAddr, local: SocketAddr, input: mpsc::Sender<Input>) -> Link {
    let (output, queue) = mpsc::channel(OUTPUT_QUEUE);
    let connection = next_number();
    tokio::spawn(async move {
        match timeout(CONNECT, TcpStream::connect(peer)).await {
            Ok(Ok(stream)) => serve(stream, connection, queue, input, None).await,
            Ok(Err(_)) | Err(_) => drop(input.send(Input::Closed { connection }).await),
        }
    });
    Link { connection, transport: Transport::Tcp, peer, local, output }
}

async fn serve(
    stream: TcpStream,
    connection: u64,
    queue: mpsc::Receiver<Bytes>,
    input: mpsc::Sender<Input>,
    place: Option<OwnedSemaphorePermit>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    net::limit_unacknowledged(&stream, Duration::from_secs(20));
    net::keep_alive(&stream, Duration::from_secs(60));
    let mut serving = Serving {
        stream,
        connection,
        queue,
        input: input.clone(),
        framer: Framer::default(),
        output: BytesMut::new(),
        heard: false,
        since: Instant::now(),
    };
    let end = serving.run().await;
    tracing::debug!(connection, end, "SIP connection closed");
    drop(input.send(Input::Closed { connection }).await);
    drop(place);
}

struct Serving {
    stream: TcpStream,
    connection: u64,
    queue: mpsc::Receiver<Bytes>,
    input: mpsc::Sender<Input>,
    framer: Framer,
    output: BytesMut,
    /// A whole message has come.
    heard: bool,
    /// When it connected, was last heard, or began the message that is not whole yet.
    since: Instant,
}

impl Serving {
    async fn run(&mut self) -> &'static str {
        let mut batch = Vec::new();
        loop {
            // A socket that always has something to read must not keep the others of this thread waiting.
            tokio::task::consume_budget().await;
            let (has_output, deadline) = (!self.output.is_empty(), self.deadline());
            tokio::select! {
                readable = self.stream.readable(), if self.output.len() < MOST_OUTPUT => {
                    if readable.is_err() {
                        return "broken";
                    }
                    if let Err(end) = self.read().await {
                        return end;
                    }
                }
                writable = self.stream.writable(), if has_output => {
                    if writable.is_err() || self.write().is_err() {
                        return "broken";
                    }
                }
                count = self.queue.recv_many(&mut batch, 64), if self.output.len() < MOST_OUTPUT => {
                    if count == 0 {
                        return "given up by us";
                    }
                    batch.drain(..).for_each(|octets| self.output.extend_from_slice(&octets));
                    if self.write().is_err() {
                        return "broken";
                    }
                }
                () = sleep_until(deadline) => return "silent",
            }
        }
    }

    fn deadline(&self) -> Instant {
        let limit = match (self.framer.is_between_messages(), self.heard) {
            (false, _) => WHOLE_MESSAGE,
            (true, true) => IDLE,
            (true, false) => FIRST_MESSAGE,
        };
        self.since + limit
    }

    async fn read(&mut self) -> Result<(), &'static str> {
        let was_between = self.framer.is_between_messages();
        self.framer.buffer().reserve(READ);
        match self.stream.try_read_buf(self.framer.buffer()) {
            Ok(0) => return Err("closed by the peer"),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(_) => return Err("broken"),
        }
        let mut whole = false;
        while let Some(frame) = self.framer.next() {
            whole = true;
            let close = matches!(frame, Frame::Refused { close: true, .. });
            match frame {
                Frame::Ping => self.output.extend_from_slice(b"\r\n"),
                frame => {
                    self.heard = true;
                    let message = Input::Frame { connection: self.connection, frame };
                    self.input.send(message).await.map_err(|_| "stopping")?;
                }
            }
            if close {
                self.say_last_word().await;
                return Err("not followed any more");
            }
        }
        if whole || was_between {
            self.since = Instant::now();
        }
        self.write().map_err(|()| "broken")
    }

    /// The driver answers what made us give up; that answer still goes out.
    async fn say_last_word(&mut self) {
        if let Ok(Some(octets)) = timeout(Duration::from_secs(1), self.queue.recv()).await {
            self.output.extend_from_slice(&octets);
            let _ = self.write();
        }
    }

    fn write(&mut self) -> Result<(), ()> {
        while !self.output.is_empty() {
            match self.stream.try_write(&self.output) {
                Ok(written) if written > 0 => self.output.advance(written),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Ok(_) | Err(_) => return Err(()),
            }
        }
        Ok(())
    }
}

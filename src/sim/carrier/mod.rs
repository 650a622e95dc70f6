//! A carrier: it binds, submits and takes receipts.
//!
//! rusmppc frames and codes the PDUs, so only what it can write can be sent: a broken PDU is the
//! business of `smpp-tests`.

mod alert;
mod operations;
mod part;
mod receipt;
mod submission;
mod text;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::Stream;
use rusmpp::pdus::{BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, DeliverSmResp};
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, Pdu};
use rusmppc::{Client, ConnectionBuilder, Event};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

pub use alert::Alert;
pub use operations::{Cancelled, Operations, Replacement, Standing};
pub use part::{Part, PartHeader};
pub use receipt::Receipt;
pub use submission::{Coding, Submission, Unwritable};
pub(crate) use text::{Carried, Desk, concatenation, read as read_text};
pub use text::{Reply, Text};

/// What to bind as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// bind_transmitter.
    Transmitter,
    /// bind_receiver.
    Receiver,
    /// bind_transceiver.
    Transceiver,
}

/// Who the carrier is.
#[derive(Debug, Clone)]
pub struct CarrierOptions {
    /// Its system_id.
    pub system_id: String,
    /// Its password, at most 8 octets.
    pub password: String,
    /// What it binds as.
    pub bind: Bind,
    /// interface_version, 0x34 for SMPP 3.4.
    pub version: u8,
    /// How long it waits for an answer.
    pub patience: Duration,
    /// How many receipts may wait to be read; beyond it the carrier leaves them unanswered until one was.
    pub inbox: usize,
    /// Where texts to the carrier go, when it wants any; without it they are acknowledged and forgotten.
    pub texts: Option<mpsc::Sender<Text>>,
    /// Where alert_notifications go, when it wants any.
    pub alerts: Option<mpsc::Sender<Alert>>,
    /// How the next deliver_sm with texts are answered, one each; all others with ESME_ROK.
    pub replies: Vec<Reply>,
}

impl CarrierOptions {
    /// A transceiver that speaks SMPP 3.4.
    pub fn new(system_id: &str, password: &str) -> Self {
        Self {
            system_id: system_id.to_owned(),
            password: password.to_owned(),
            bind: Bind::Transceiver,
            version: 0x34,
            patience: Duration::from_secs(10),
            inbox: 1024,
            texts: None,
            alerts: None,
            replies: Vec::new(),
        }
    }
}

/// A bound carrier. Dropping it and its clones closes the connection without an unbind.
#[derive(Debug, Clone)]
pub struct Carrier {
    client: Arc<Client>,
}

/// The answer to a submission that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The message id of the submit_sm_resp.
    pub id: String,
    /// When submit_sm was handed to the connection.
    pub sent_at: Instant,
    /// When the answer was there.
    pub answered_at: Instant,
}

/// Why something came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// The connection could not be made.
    #[error("the carrier cannot connect: {0}")]
    Line(#[from] io::Error),
    /// Answered with this command_status.
    #[error("answered with command_status {0:#010x}")]
    Refused(u32),
    /// No answer came in time.
    #[error("no answer in time")]
    NoAnswer,
    /// The connection ended.
    #[error("the connection is closed")]
    Closed,
    /// Nothing was sent.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// rusmppc failed otherwise.
    #[error("rusmppc: {0}")]
    Other(#[source] Box<rusmppc::error::Error>),
}

impl From<rusmppc::error::Error> for CarrierError {
    fn from(error: rusmppc::error::Error) -> Self {
        use rusmppc::error::Error;
        match error {
            Error::UnexpectedResponse { response } => Self::Refused(response.status().into()),
            Error::ResponseTimeout { .. } => Self::NoAnswer,
            Error::Io(_) | Error::ConnectionClosed | Error::ConnectionClosedByPeer => Self::Closed,
            other => Self::Other(Box::new(other)),
        }
    }
}

impl Carrier {
    /// Connects and binds; the receipts come out of the receiver, each answered once it is in there.
    pub async fn bind(
        server: SocketAddr,
        options: &CarrierOptions,
    ) -> Result<(Self, mpsc::Receiver<Receipt>), CarrierError> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Self::bind_over(stream, options).await
    }

    /// Binds over a connection that is there, such as one of TLS.
    pub async fn bind_over(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        options: &CarrierOptions,
    ) -> Result<(Self, mpsc::Receiver<Receipt>), CarrierError> {
        let (client, events) = ConnectionBuilder::new()
            .response_timeout(options.patience)
            .disable_interface_version_check()
            .connected(stream);
        let (receipts, taken) = mpsc::channel(options.inbox.max(1));
        let carrier = Self { client: Arc::new(client) };
        let (texts, replies) = (options.texts.clone(), options.replies.clone().into());
        let alerts = options.alerts.clone();
        let inbox = Inbox { receipts, desk: Desk::default(), texts, alerts, replies };
        tokio::spawn(listen(Arc::downgrade(&carrier.client), events, inbox));
        carrier.log_in(options).await?;
        Ok((carrier, taken))
    }

    async fn log_in(&self, options: &CarrierOptions) -> Result<(), CarrierError> {
        let system_id = options.system_id.parse().map_err(|_| Unwritable::TooLong)?;
        let password = options.password.parse().map_err(|_| Unwritable::TooLong)?;
        let version = InterfaceVersion::from(options.version);
        match options.bind {
            Bind::Transmitter => {
                let pdu = BindTransmitter::builder().system_id(system_id).password(password);
                self.client.bind_transmitter(pdu.interface_version(version).build()).await?;
            }
            Bind::Receiver => {
                let pdu = BindReceiver::builder().system_id(system_id).password(password);
                self.client.bind_receiver(pdu.interface_version(version).build()).await?;
            }
            Bind::Transceiver => {
                let pdu = BindTransceiver::builder().system_id(system_id).password(password);
                self.client.bind_transceiver(pdu.interface_version(version).build()).await?;
            }
        }
        Ok(())
    }

    /// Submits and waits for the answer. Several may be under way at a time: that is the window.
    pub async fn submit(&self, submission: &Submission) -> Result<Accepted, CarrierError> {
        let pdu = submission.write()?;
        let sent_at = Instant::now();
        let response = self.client.submit_sm(pdu).await?;
        let id = response.message_id().as_str().to_owned();
        Ok(Accepted { id, sent_at, answered_at: Instant::now() })
    }

    /// Asks whether the other side lives.
    pub async fn enquire_link(&self) -> Result<(), CarrierError> {
        Ok(self.client.enquire_link().await?)
    }

    /// Unbinds and closes.
    pub async fn unbind(self) -> Result<(), CarrierError> {
        self.client.unbind().await?;
        Ok(self.client.close().await?)
    }

    /// Closes without an unbind, as when a cable is cut.
    pub async fn hang_up(self) {
        // Closed already is what is wanted.
        let _ = self.client.close().await;
    }

    /// Completes when the connection has ended.
    pub async fn closed(&self) {
        self.client.closed().await;
    }
}

/// What the node sends, and how it is answered.
struct Inbox {
    receipts: mpsc::Sender<Receipt>,
    desk: Desk,
    texts: Option<mpsc::Sender<Text>>,
    alerts: Option<mpsc::Sender<Alert>>,
    replies: VecDeque<Reply>,
}

/// Takes what the node sends until the connection ends, which it does with the last [`Carrier`].
async fn listen(client: Weak<Client>, mut events: impl Stream<Item = Event> + Unpin, mut inbox: Inbox) {
    while let Some(event) = poll_fn(|cx| Pin::new(&mut events).poll_next(cx)).await {
        let (Event::Incoming(command), Some(client)) = (event, client.upgrade()) else {
            continue;
        };
        if inbox.handle(&client, &command).await.is_none() {
            // An unbind was answered, nobody reads the receipts, or the carrier is to be gone.
            let _ = client.close().await;
        }
    }
}

impl Inbox {
    async fn handle(&mut self, client: &Client, command: &Command) -> Option<()> {
        let sequence = command.sequence_number();
        match command.pdu() {
            // The type of a message (SMPP 5.0 4.7.12): none of them is a text.
            Some(Pdu::DeliverSm(pdu)) if u8::from(pdu.esm_class) & 0x3C != 0 => {
                self.receipts.send(Receipt::read(&pdu.into())).await.ok()?;
                client.deliver_sm_resp(sequence, DeliverSmResp::default()).await.ok()
            }
            Some(Pdu::DeliverSm(pdu)) => {
                let reply = self.replies.pop_front().unwrap_or(Reply::Status(0));
                if reply == Reply::Status(0) {
                    self.take_text(pdu).await;
                }
                match reply {
                    Reply::Status(status) => {
                        let answer = client.status(status.into());
                        answer.deliver_sm_resp(sequence, DeliverSmResp::default()).await.ok()
                    }
                    Reply::Silence => Some(()),
                    Reply::HangUp => None,
                }
            }
            Some(Pdu::AlertNotification(pdu)) => {
                if let Some(alerts) = &self.alerts {
                    // Nobody reads them any more: there is no answer anyway.
                    let _ = alerts.send(Alert::read(pdu)).await;
                }
                Some(())
            }
            Some(Pdu::Unbind) => {
                client.unbind_resp(sequence).await.ok()?;
                None
            }
            _ => Some(()),
        }
    }

    async fn take_text(&mut self, pdu: &DeliverSm) {
        if let (Some(text), Some(texts)) = (self.desk.take(&pdu.into()), &self.texts) {
            // Nobody reads them any more: the answer is the same.
            let _ = texts.send(text).await;
        }
    }
}

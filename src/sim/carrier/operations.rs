//! What a carrier asks of its messages: query_sm, cancel_sm and replace_sm over a bind of their own. rusmppc sends none
//! of them, so the PDUs are written here, octet by octet as SMPP 5.0 4.5 has them.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{CarrierError, CarrierOptions};

const BIND_TRANSMITTER: u32 = 0x02;
const QUERY_SM: u32 = 0x03;
const REPLACE_SM: u32 = 0x07;
const CANCEL_SM: u32 = 0x08;
const RESPONSE: u32 = 0x8000_0000;

/// A bind that asks.
#[derive(Debug)]
pub struct Operations {
    stream: TcpStream,
    sequence: u32,
    patience: Duration,
}

/// The body of a query_sm_resp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// message_id.
    pub id: String,
    /// final_date; empty before the end.
    pub final_date: String,
    /// message_state.
    pub state: u8,
    /// error_code.
    pub error: u8,
}

/// Which messages are to be cancelled.
#[derive(Debug, Clone, Default)]
pub struct Cancelled {
    /// The message; empty: all from `from` to `to`.
    pub id: String,
    /// The sender as submitted.
    pub from: String,
    /// The recipient; may be empty when there is an id.
    pub to: String,
    /// service_type.
    pub service: String,
}

/// What takes the place of a message.
#[derive(Debug, Clone, Default)]
pub struct Replacement {
    /// The message.
    pub id: String,
    /// Its sender as submitted.
    pub from: String,
    /// schedule_delivery_time in seconds from now; `None`: as it was.
    pub schedule: Option<u32>,
    /// registered_delivery.
    pub registered_delivery: u8,
    /// The new text, in ASCII.
    pub text: String,
}

impl Operations {
    /// Connects and binds as a transmitter.
    pub async fn bind(server: SocketAddr, options: &CarrierOptions) -> Result<Self, CarrierError> {
        let stream = TcpStream::connect(server).await?;
        let mut operations = Self { stream, sequence: 0, patience: options.patience };
        let mut body = Vec::new();
        text(&mut body, &options.system_id);
        text(&mut body, &options.password);
        text(&mut body, "");
        body.extend([options.version, 0, 0]);
        text(&mut body, "");
        operations.ask(BIND_TRANSMITTER, &body).await?;
        Ok(operations)
    }

    /// How a message stands.
    pub async fn query(&mut self, id: &str, from: &str) -> Result<Standing, CarrierError> {
        let mut body = Vec::new();
        text(&mut body, id);
        address(&mut body, from);
        let answer = self.ask(QUERY_SM, &body).await?;
        let mut fields = answer.split(|octet| *octet == 0);
        let mut field = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
        let (id, final_date) = (field(), field());
        let [.., state, error] = answer[..] else { return Err(CarrierError::Closed) };
        Ok(Standing { id, final_date, state, error })
    }

    /// Takes messages back.
    pub async fn cancel(&mut self, cancelled: &Cancelled) -> Result<(), CarrierError> {
        let mut body = Vec::new();
        text(&mut body, &cancelled.service);
        text(&mut body, &cancelled.id);
        address(&mut body, &cancelled.from);
        address(&mut body, &cancelled.to);
        self.ask(CANCEL_SM, &body).await.map(drop)
    }

    /// Puts another text in the place of a message's.
    pub async fn replace(&mut self, replacement: &Replacement) -> Result<(), CarrierError> {
        let mut body = Vec::new();
        text(&mut body, &replacement.id);
        address(&mut body, &replacement.from);
        body.extend(
            replacement.schedule.map_or_else(|| "\0".to_owned(), super::submission::relative).bytes(),
        );
        text(&mut body, "");
        body.extend([replacement.registered_delivery, 0]);
        let octets = replacement.text.as_bytes();
        body.push(u8::try_from(octets.len()).map_err(|_| super::Unwritable::TooLong)?);
        body.extend(octets);
        self.ask(REPLACE_SM, &body).await.map(drop)
    }

    /// Sends a request and reads to its answer, whose body is returned; nothing else comes on this bind.
    async fn ask(&mut self, command: u32, body: &[u8]) -> Result<Vec<u8>, CarrierError> {
        self.sequence += 1;
        let length = 16 + body.len() as u32;
        let header = [length, command, 0, self.sequence].map(u32::to_be_bytes).concat();
        self.stream.write_all(&[&header, body].concat()).await?;
        let answer = timeout(self.patience, self.read()).await.map_err(|_| CarrierError::NoAnswer)?;
        let ([id, status, sequence], body) = answer?;
        if (id, sequence) != (command | RESPONSE, self.sequence) {
            return Err(CarrierError::Closed);
        }
        if status == 0 { Ok(body) } else { Err(CarrierError::Refused(status)) }
    }

    async fn read(&mut self) -> Result<([u32; 3], Vec<u8>), CarrierError> {
        let length = self.stream.read_u32().await?;
        let mut fields = [0; 3];
        for field in &mut fields {
            *field = self.stream.read_u32().await?;
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or_default().saturating_sub(16).min(65_536)];
        self.stream.read_exact(&mut body).await?;
        Ok((fields, body))
    }
}

fn text(body: &mut Vec<u8>, text: &str) {
    body.extend(text.bytes().chain([0]));
}

/// Digits are international, letters a name, as in what the carrier submits.
fn address(body: &mut Vec<u8>, address: &str) {
    let digits = !address.is_empty() && address.bytes().all(|octet| octet.is_ascii_digit());
    let (ton, npi) = match (digits, address.is_empty()) {
        (true, _) => (1, 1),
        (false, true) => (0, 0),
        (false, false) => (5, 0),
    };
    body.extend([ton, npi]);
    text(body, address);
}

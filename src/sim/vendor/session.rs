//! One connection to a vendor.

use std::sync::Arc;

use bytes::BytesMut;
use rusmpp::pdus::{BindReceiverResp, BindTransceiverResp, BindTransmitterResp, DataSmResp, SubmitSmResp};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use rusmpp::{Command, Pdu};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::codec::Decoder;

use super::house::Place;
use super::texts::{Decision, Incoming};
use super::{Shared, pdu};
use crate::carrier::Bind;

/// Where the PDUs of one connection are cut out of its octets.
struct Frames {
    codec: CommandCodec,
    input: BytesMut,
}

/// A customer that has bound.
struct Session {
    place: Place,
    shared: Arc<Shared>,
}

/// Serves one connection until it ends.
pub(super) async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut frames = Frames { codec: CommandCodec::new().with_max_length(70_000), input: BytesMut::new() };
    let Some(mut session) = log_in(&mut stream, &mut frames, &shared).await else { return };
    shared.changed.notify_waiters();
    while session.turn(&mut stream, &mut frames).await.is_some() {}
    shared.house().unbind(session.place.bind);
    shared.changed.notify_waiters();
}

/// The first PDU has to be a bind.
async fn log_in(stream: &mut TcpStream, frames: &mut Frames, shared: &Arc<Shared>) -> Option<Session> {
    stream.set_nodelay(true).ok()?;
    let first = frames.next(stream, shared).await?;
    let (kind, system_id, password, answer): (_, _, _, Pdu) = match first.pdu()? {
        Pdu::BindTransmitter(bind) => {
            (Bind::Transmitter, &bind.system_id, &bind.password, BindTransmitterResp::default().into())
        }
        Pdu::BindReceiver(bind) => {
            (Bind::Receiver, &bind.system_id, &bind.password, BindReceiverResp::default().into())
        }
        Pdu::BindTransceiver(bind) => {
            (Bind::Transceiver, &bind.system_id, &bind.password, BindTransceiverResp::default().into())
        }
        other => {
            shared.house().complain(format!("{other:?} before a bind"));
            return None;
        }
    };
    let bound = shared.house().bind(kind, system_id.as_str(), password.as_str());
    let status = bound.as_ref().err().copied().unwrap_or(0);
    write(stream, &pdu::answer(status, first.sequence_number(), answer)).await?;
    Some(Session { place: bound.ok()?, shared: Arc::clone(shared) })
}

impl Frames {
    /// The next PDU; nothing is lost when this is dropped while it waits.
    async fn next(&mut self, stream: &mut TcpStream, shared: &Shared) -> Option<Command> {
        loop {
            match self.codec.decode(&mut self.input) {
                Ok(Some(command)) => return Some(command),
                Ok(None) => {}
                Err(error) => {
                    shared.house().complain(format!("rusmpp can't read a PDU: {error}"));
                    return None;
                }
            }
            if stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }
}

impl Session {
    async fn turn(&mut self, stream: &mut TcpStream, frames: &mut Frames) -> Option<()> {
        tokio::select! {
            command = frames.next(stream, &self.shared) => self.handle(&command?, stream).await,
            octets = self.place.to_write.recv() => write(stream, &octets?).await,
        }
    }

    /// `None` ends the connection.
    async fn handle(&mut self, command: &Command, stream: &mut TcpStream) -> Option<()> {
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::SubmitSm(pdu)) => {
                let answer = |id| SubmitSmResp::builder().message_id(id).build().into();
                self.take(pdu.into(), sequence, answer, stream).await
            }
            Some(Pdu::DataSm(pdu)) => {
                let answer = |id| DataSmResp::builder().message_id(id).build().into();
                self.take(pdu.into(), sequence, answer, stream).await
            }
            Some(Pdu::EnquireLink) => write(stream, &pdu::answer(0, sequence, Pdu::EnquireLinkResp)).await,
            Some(Pdu::Unbind) => {
                write(stream, &pdu::answer(0, sequence, Pdu::UnbindResp)).await?;
                None
            }
            // An answer, with or without a body.
            _ if u32::from(command.id()) & 0x8000_0000 != 0 => {
                self.shared.house().answered(self.place.bind, sequence, command.status().into());
                Some(())
            }
            other => {
                self.shared.house().complain(format!("{other:?} is nothing for a message centre"));
                None
            }
        }
    }

    async fn take(
        &self,
        pdu: Incoming<'_>,
        sequence: u32,
        answer: impl Fn(COctetString<1, 65>) -> Pdu,
        stream: &mut TcpStream,
    ) -> Option<()> {
        let decision = self.shared.house().decide(&pdu, self.place.bind);
        let said = match decision {
            Decision::Answer(said) => said,
            Decision::Silence => return Some(()),
            Decision::HangUp => return None,
        };
        write(stream, &said.first).await?;
        let octets = pdu::answer(said.status, sequence, answer(said.id.parse().ok()?));
        if said.after.is_zero() {
            return write(stream, &octets).await;
        }
        let output = self.place.output.clone();
        tokio::spawn(async move {
            sleep(said.after).await;
            if let Some(output) = output.upgrade() {
                // Who is gone needs no answer.
                let _ = output.send(octets).await;
            }
        });
        Some(())
    }
}

async fn write(stream: &mut TcpStream, octets: &[u8]) -> Option<()> {
    stream.write_all(octets).await.ok()
}

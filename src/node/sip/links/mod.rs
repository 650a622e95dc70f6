//! Connections of the SIP side: of phones to us over TCP, TLS and WebSocket, and ours to phones.
//!
//! - `listener`: who is let in
//! - `connection`: the task of one connection; a silent or slow peer holds up nobody else
//! - `codec`: messages out of octets and back; `websocket`: the same for browsers
//! - `connector`: connections that we open

mod codec;
mod connection;
mod connector;
mod listener;
mod websocket;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use iwf_model::{Flow, Transport};
use iwf_sip::message::framing::Frame;
use tokio::sync::mpsc;

pub(crate) use connector::Connector;
pub(crate) use listener::{Hall, Offer, listen};

use crate::tls::PeerCertificate;
use iwf_sip::uas::ProvenTrunk;

/// What the driver hears from connections.
#[derive(Debug)]
pub(crate) enum Input {
    /// A phone connected: TLS and WebSocket are agreed upon.
    Opened(Link),
    /// Something arrived.
    Frame {
        /// Over which connection.
        connection: u64,
        /// What.
        frame: Frame,
    },
    /// One of ours could not be made, or was not agreed upon: nobody has read what was to go over it.
    NotOpened {
        /// Which.
        connection: u64,
        /// For people.
        why: Cow<'static, str>,
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
    /// Who the peer has proved to be in the handshake, if it was asked and has shown a certificate.
    pub(crate) certificate: Option<Arc<PeerCertificate>>,
    /// The trunk that it is by that certificate.
    pub(crate) trunk: Option<ProvenTrunk>,
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
const OUTPUT_QUEUE: usize = 1024;

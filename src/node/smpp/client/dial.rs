//! The connection of a bind: every address of its host is tried, over TLS where that is wanted.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use iwf_model::connection::{Call, Endpoint, Trust};
use iwf_sip::locate::{Kind, Lookup, Question, Record};
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Shared;
use crate::smpp::listener::prepare;
use crate::stream::Stream;
use crate::tls;

/// How long a connection to one address may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the system may take to find a host that no name server knows.
const HOSTS: Duration = Duration::from_secs(5);
/// So many addresses of a host are tried.
const MOST: usize = 16;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("no address is configured")]
    NoCall,
    #[error("the name {0} leads to no address")]
    NoAddress(Box<str>),
    #[error("{0}: {1}")]
    Connect(SocketAddr, io::Error),
    #[error("no certificate can be valid for {0}: {1}")]
    Name(String, InvalidDnsNameError),
    #[error("TLS could not be begun: {0}")]
    Tls(#[from] rustls::Error),
}

/// Connects to the host of a call. TLS is agreed upon later, with the first octets.
pub(super) async fn connect(call: &Call, shared: &Shared) -> Result<(Stream, SocketAddr), DialError> {
    let Some(endpoint) = &call.address else { return Err(DialError::NoCall) };
    let mut failed = DialError::NoAddress(endpoint.host.clone());
    for address in addresses(endpoint, shared).await.into_iter().take(MOST) {
        let connecting = timeout(CONNECT, TcpStream::connect(address)).await;
        match connecting.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(socket) => {
                prepare(&socket);
                return Ok((secure(socket, call, endpoint, shared)?, address));
            }
            Err(error) => failed = DialError::Connect(address, error),
        }
    }
    Err(failed)
}

/// The addresses of a host: those that the DNS has, or else those that the system knows.
async fn addresses(Endpoint { host, port }: &Endpoint, shared: &Shared) -> Vec<SocketAddr> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return vec![SocketAddr::new(address, *port)];
    }
    let ask = |kind| shared.resolver.look_up(&Question { name: host.to_ascii_lowercase().into(), kind });
    let (v4, v6) = tokio::join!(ask(Kind::A), ask(Kind::Aaaa));
    let found = [v4, v6].into_iter().flat_map(|lookup| match lookup {
        Lookup::Found(records, _) => records,
        _ => Vec::new(),
    });
    let addresses: Vec<_> = found
        .filter_map(|record| match record {
            Record::Address(address) => Some(SocketAddr::new(address, *port)),
            _ => None,
        })
        .collect();
    if !addresses.is_empty() {
        return addresses;
    }
    match timeout(HOSTS, tokio::net::lookup_host((&**host, *port))).await {
        Ok(Ok(known)) => known.collect(),
        _ => Vec::new(),
    }
}

fn secure(socket: TcpStream, call: &Call, endpoint: &Endpoint, shared: &Shared) -> Result<Stream, DialError> {
    let config = match call.tls {
        Trust::Plain => return Ok(Stream::plain(socket)),
        Trust::Authorities => shared.trusted.load_full(),
        Trust::Pinned(digest) => Arc::new(tls::pinned(digest)?),
    };
    let name = if call.server_name.is_empty() { &*endpoint.host } else { &*call.server_name };
    let name =
        ServerName::try_from(name.to_owned()).map_err(|error| DialError::Name(name.to_owned(), error))?;
    Ok(Stream::tls_to(socket, name, config)?)
}

//! The sockets of a node, bound before anything is promised.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::announce::Announced;
use crate::config::{Config, SipConfig, TlsConfig};
use crate::net;
use crate::serve::ServeError;
use crate::sip::udp::Udp;

/// All of them.
pub(crate) struct Sockets {
    pub(crate) smpp: Vec<TcpListener>,
    pub(crate) smpp_tls: Vec<TcpListener>,
    pub(crate) sip: SipSockets,
    pub(crate) admin: AdminSockets,
}

/// Those of the admin address.
pub(crate) struct AdminSockets {
    pub(crate) plain: TcpListener,
    pub(crate) tls: Vec<TcpListener>,
}

/// Those of the SIP side, by transport.
pub(crate) struct SipSockets {
    pub(crate) udp: Vec<Udp>,
    pub(crate) tcp: Vec<TcpListener>,
    pub(crate) tls: Vec<TcpListener>,
    pub(crate) ws: Vec<TcpListener>,
    pub(crate) wss: Vec<TcpListener>,
}

impl Sockets {
    /// Binds to all addresses of the configuration, or says which one can't be had.
    pub(crate) fn bind(config: &Config) -> Result<Self, ServeError> {
        Ok(Self {
            smpp: bind_all("smpp.listen", &config.smpp.listen)?,
            smpp_tls: bind_all("smpp.tls.listen", over_tls(config.smpp.tls.as_ref()))?,
            sip: SipSockets::bind(&config.sip)?,
            admin: AdminSockets {
                plain: bind_one("admin.listen", config.admin.listen)?,
                tls: bind_all("admin.tls.listen", over_tls(config.admin.tls.as_ref()))?,
            },
        })
    }

    /// Where they are, with the ports that the system chose.
    pub(crate) fn announced(&self) -> Announced {
        let of =
            |listeners: &[TcpListener]| listeners.iter().filter_map(|one| one.local_addr().ok()).collect();
        Announced {
            smpp: of(&self.smpp),
            smpp_tls: of(&self.smpp_tls),
            sip_udp: self.sip.udp.iter().map(Udp::local).collect(),
            sip_tcp: of(&self.sip.tcp),
            sip_tls: of(&self.sip.tls),
            sip_ws: of(&self.sip.ws),
            sip_wss: of(&self.sip.wss),
            admin: of(std::slice::from_ref(&self.admin.plain)),
            admin_tls: of(&self.admin.tls),
        }
    }
}

impl SipSockets {
    fn bind(config: &SipConfig) -> Result<Self, ServeError> {
        let one = |address: &SocketAddr| {
            let fault = |error| ServeError::Listen { key: "sip.udp", address: *address, error };
            Udp::bind(*address).map_err(fault)
        };
        Ok(Self {
            udp: config.udp.iter().map(one).collect::<Result<_, _>>()?,
            tcp: bind_all("sip.tcp", &config.tcp)?,
            tls: bind_all("sip.tls.listen", over_tls(config.tls.as_ref()))?,
            ws: bind_all("sip.websocket.listen", &config.websocket.plain)?,
            wss: bind_all("sip.websocket.tls_listen", over_tls(config.websocket.tls.as_ref()))?,
        })
    }
}

fn over_tls(config: Option<&(Vec<SocketAddr>, TlsConfig)>) -> &[SocketAddr] {
    config.map_or(&[], |(listen, _)| listen)
}

fn bind_all(key: &'static str, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ServeError> {
    addresses.iter().map(|address| bind_one(key, *address)).collect()
}

fn bind_one(key: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    net::listen(address).map_err(|error| ServeError::Listen { key, address, error })
}

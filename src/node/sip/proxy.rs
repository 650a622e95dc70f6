//! The proxy that texts of apps go to: somebody else's softswitch, which knows where they are.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use iwf_model::{Account, AccountId, Binding, Flow, Timestamp};
use iwf_relay::Device;
use iwf_sip::locate::NextHop;
use iwf_sip::message::build::User;
use iwf_sip::outcome::Hop;

use super::next_hops::Remote;
use crate::config::{ProxyConfig, ProxyWhen};

/// The proxy, as the way to an account.
#[derive(Debug)]
pub(crate) struct Proxy {
    hop: Arc<NextHop>,
    route: String,
    domain: String,
    when: ProxyWhen,
    udp_large: bool,
}

impl Proxy {
    /// As it is configured.
    pub(crate) fn new(config: &ProxyConfig) -> Self {
        let ProxyConfig { hop, route, domain, when, udp_large, .. } = config.clone();
        let route = route.map(|uri| format!("<{uri}>")).unwrap_or_default();
        Self { hop: Arc::new(hop), route, domain, when, udp_large }
    }

    /// Whether texts go to it though the account has a device that can be reached here.
    pub(crate) fn is_for_all(&self) -> bool {
        self.when == ProxyWhen::Always
    }

    /// The lane of an account before the proxy: its address of record is one URI, so one text at a time
    /// (RFC 3428 8).
    pub(crate) fn device(account: AccountId) -> Device {
        let mut hasher = DefaultHasher::new();
        ("proxy", account.0).hash(&mut hasher);
        Device(hasher.finish())
    }

    /// What is sent to it for an account: to the address of record that the proxy knows it by.
    pub(crate) fn remote(&self, account: &Account) -> Remote {
        let aor = format!("sip:{}@{}", User(&account.username), self.domain);
        let binding = Binding {
            account: account.id,
            contact: aor.clone(),
            aor,
            params: String::new(),
            instance: None,
            reg_id: None,
            q: 1000,
            call_id: String::new(),
            cseq: 0,
            // Nobody registered, so no flow leads there; the next hop does.
            flow: Flow::datagrams(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
            path: self.route.clone(),
            user_agent: String::new(),
            expires_at: Timestamp::MAX,
        };
        let (device, hop) = (Self::device(account.id), Arc::clone(&self.hop));
        Remote { binding, device, hop, answers: Hop::Trunk, stands_for_all: true, udp_large: self.udp_large }
    }
}

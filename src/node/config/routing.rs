//! The rules of where we send: the proxy, and whom we ask for addresses.

use iwf_model::Transport;
use iwf_sip::Uri;
use iwf_sip::locate::NextHop;

use super::check::{Check, is_host};
use super::checked::{DnsConfig, ProxyConfig, ProxyWhen, RoutingConfig};
use super::raw::{RawDns, RawRouting, RawSipProxy};

const WHEN: [(&str, ProxyWhen); 2] =
    [("unregistered", ProxyWhen::Unregistered), ("always", ProxyWhen::Always)];

impl Check<'_> {
    /// The proxy that texts go to. Without a URI the rest is of no use, and not looked at.
    pub(super) fn proxy(&mut self, raw: &RawSipProxy) -> Option<ProxyConfig> {
        let when = self.choice("sip.proxy.when", &raw.when, &WHEN);
        if raw.uri.is_empty() {
            return None;
        }
        let uri = Uri::parse(&raw.uri).ok().filter(|uri| !uri.has_headers());
        let Some((uri, hop)) = uri.and_then(|uri| Some((uri, NextHop::of(&uri).ok()?))) else {
            self.fault(
                "sip.proxy.uri",
                format!(
                    "\"{}\" is no URI that can be sent to, such as sip:proxy.example.com, sips:proxy.example.com or sip:192.0.2.5:5070;transport=tcp;lr",
                    raw.uri
                ),
            );
            return None;
        };
        if uri.params().value("transport").and_then(Transport::parse).is_some_and(is_for_clients) {
            self.fault(
                "sip.proxy.uri",
                "asks for WebSocket, which only apps open: a proxy is spoken to over UDP, TCP and TLS",
            );
        }
        if !raw.domain.is_empty() && !is_host(&raw.domain) {
            self.fault(
                "sip.proxy.domain",
                format!("\"{}\" is neither a host name nor an IP address (without a port)", raw.domain),
            );
        }
        let domain = if raw.domain.is_empty() { uri.host() } else { &raw.domain };
        Some(ProxyConfig {
            uri: raw.uri.clone(),
            hop,
            route: uri.params().contains("lr").then(|| raw.uri.clone()),
            domain: domain.to_ascii_lowercase(),
            when,
            udp_large: raw.udp_large,
        })
    }

    /// What routes are asked about.
    pub(super) fn routing(&mut self, raw: &RawRouting) -> RoutingConfig {
        let text = raw.number_plan.as_str();
        let plan = (!text.is_empty()).then(|| text.parse());
        let plan = plan.transpose().unwrap_or_else(|error: String| {
            self.fault(
                "routing.number_plan",
                format!("\"{text}\" is no number plan such as \"49 0 00\": {error}"),
            );
            None
        });
        RoutingConfig { plan }
    }

    /// Name servers.
    pub(super) fn dns(&mut self, raw: &RawDns) -> DnsConfig {
        DnsConfig { servers: self.addresses("dns.servers", &raw.servers) }
    }
}

/// RFC 7118 4.
fn is_for_clients(transport: Transport) -> bool {
    matches!(transport, Transport::Ws | Transport::Wss)
}

//! Raw becomes checked: every rule of the configuration, with the key that breaks it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use iwf_model::Challenge;

use super::checked::{
    AdminConfig, Advertise, Config, LimitsConfig, LogConfig, LogFormat, NodeConfig, SipConfig, SmppConfig,
    StoreConfig,
};
use super::document::{Document, unknown_name};
use super::fault::{Fault, Faults};
use super::raw::{RawAdmin, RawConfig, RawLimits, RawLog, RawNode, RawSip, RawSmpp, RawStore};

/// Reads the document into a configuration that can't be wrong, or says everything that is wrong.
pub(super) fn check(document: &Document) -> Result<Config, Faults> {
    let mut faults = Vec::new();
    let raw: RawConfig = document.read(&mut faults);
    let mut check = Check { document, faults };
    let config = Config {
        node: check.node(&raw.node),
        smpp: check.smpp(&raw.smpp),
        sip: check.sip(&raw.sip),
        routing: check.routing(&raw.routing),
        dns: check.dns(&raw.dns),
        store: check.store(&raw.store),
        registrar: check.registrar(&raw.registrar),
        admin: check.admin(&raw.admin),
        log: check.log(&raw.log),
        limits: check.limits(&raw.limits),
        push: check.push(&raw.push),
    };
    if check.faults.is_empty() { Ok(config) } else { Err(Faults(check.faults)) }
}

/// Gathers the faults. Each method gives a usable value even for a wrong one, so that the checks go on.
pub(super) struct Check<'a> {
    document: &'a Document,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn node(&mut self, raw: &RawNode) -> NodeConfig {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = &raw.environment;
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            self.fault("node.environment", "must be 1 to 32 letters, digits, \"-\", \"_\" or \".\"");
        }
        let threads = self.count("node.threads", raw.threads, 0..=1024);
        NodeConfig {
            environment: raw.environment.clone(),
            number: u8::try_from(self.count("node.number", raw.number, 0..=99)).unwrap_or(0),
            threads: (threads > 0).then_some(threads),
            stop: self.seconds("node.stop_seconds", raw.stop_seconds, 1..=600),
        }
    }

    fn smpp(&mut self, raw: &RawSmpp) -> SmppConfig {
        let id = &raw.system_id;
        if id.is_empty() || id.len() > 15 || !id.bytes().all(|b| b.is_ascii_graphic()) {
            self.fault("smpp.system_id", "must be 1 to 15 printable ASCII characters without blanks");
        }
        let smpp = SmppConfig {
            listen: self.addresses("smpp.listen", &raw.listen),
            tls: self.tls("smpp", &raw.tls, &raw.listen),
            system_id: raw.system_id.clone(),
            max_connections: self.count("smpp.max_connections", raw.max_connections, 1..=100_000),
            max_unbound: self.count("smpp.max_unbound_per_address", raw.max_unbound_per_address, 1..=100_000),
            session_init: self.seconds("smpp.session_init_seconds", raw.session_init_seconds, 1..=300),
            whole_pdu: self.seconds("smpp.pdu_seconds", raw.pdu_seconds, 1..=300),
            enquire_link: self.seconds("smpp.enquire_link_seconds", raw.enquire_link_seconds, 1..=3600),
            enquire_link_response: self.seconds(
                "smpp.enquire_link_response_seconds",
                raw.enquire_link_response_seconds,
                1..=300,
            ),
            inactivity: self.seconds("smpp.inactivity_seconds", raw.inactivity_seconds, 2..=86_400),
            response: self.seconds("smpp.response_seconds", raw.response_seconds, 1..=600),
            unbind: self.seconds("smpp.unbind_seconds", raw.unbind_seconds, 1..=60),
            receipts_window: self.count("smpp.receipts_window", raw.receipts_window, 1..=1000),
            client_tls: self.client_tls("smpp", [&raw.server_ca, &raw.client_certificate, &raw.client_key]),
        };
        if smpp.inactivity <= smpp.enquire_link {
            self.fault(
                "smpp.inactivity_seconds",
                "must be larger than smpp.enquire_link_seconds, or a quiet bind is closed before it is asked",
            );
        }
        smpp
    }

    fn sip(&mut self, raw: &RawSip) -> SipConfig {
        if raw.realm.is_empty() || raw.realm.len() > 64 || raw.realm.chars().any(unfit_for_realm) {
            self.fault("sip.realm", "must be 1 to 64 characters without quotes, backslashes and colons");
        }
        let sip = SipConfig {
            udp: self.addresses("sip.udp", &raw.udp),
            tcp: self.addresses("sip.tcp", &raw.tcp),
            tls: self.tls("sip", &raw.tls, &raw.tcp),
            websocket: self.websocket(raw),
            advertise: self.advertise(&raw.advertise),
            domains: self.domains(&raw.domains),
            realm: raw.realm.clone(),
            algorithm: self.choice(
                "sip.algorithm",
                &raw.algorithm,
                &Challenge::ALL.map(|one| (one.as_str(), one)),
            ),
            auth_int: self.choice("sip.qop", &raw.qop, &[("auth", false), ("auth-int", true)]),
            min_expires: self.seconds("sip.min_expires_seconds", raw.min_expires_seconds, 1..=3600),
            default_expires: self.seconds(
                "sip.default_expires_seconds",
                raw.default_expires_seconds,
                1..=MONTH,
            ),
            max_expires: self.seconds("sip.max_expires_seconds", raw.max_expires_seconds, 1..=MONTH),
            max_expires_behind_nat: self.behind_nat(raw),
            max_expires_with_push: self.seconds(
                "sip.max_expires_with_push_seconds",
                raw.max_expires_with_push_seconds,
                1..=MONTH,
            ),
            flow_timer: self.flow_timer(raw.flow_timer_seconds),
            service_route: self.service_route(&raw.service_route),
            max_contacts: self.count("sip.max_contacts", raw.max_contacts, 1..=100),
            max_connections: self.count("sip.max_connections", raw.max_connections, 1..=1_000_000),
            max_per_address: self.count(
                "sip.max_connections_per_address",
                raw.max_connections_per_address,
                1..=1_000_000,
            ),
            max_silent: self.count("sip.max_silent_per_address", raw.max_silent_per_address, 1..=1_000_000),
            client_tls: self.client_tls("sip", [&raw.server_ca, &raw.client_certificate, &raw.client_key]),
            proxy: self.proxy(&raw.proxy),
            strangers: self.strangers(raw),
            emergency: self.emergency(&raw.emergency),
            trunks: self.trunks(&raw.trunk, &raw.tls),
        };
        if sip.min_expires > sip.default_expires || sip.default_expires > sip.max_expires {
            self.fault(
                "sip.default_expires_seconds",
                "must lie between sip.min_expires_seconds and sip.max_expires_seconds",
            );
        }
        sip
    }

    fn store(&mut self, raw: &RawStore) -> StoreConfig {
        StoreConfig {
            path: (!raw.path.is_empty()).then(|| PathBuf::from(&raw.path)),
            queue: self.count("store.queue", raw.queue, 100..=10_000_000),
        }
    }

    fn admin(&mut self, raw: &RawAdmin) -> AdminConfig {
        let listen = self.address("admin.listen", &raw.listen);
        if !listen.ip().is_loopback() {
            self.fault(
                "admin.listen",
                format!("{listen} is not a loopback address; allowed are 127.0.0.0/8 and [::1], because tokens would be sent there in the clear: [admin.tls] may listen anywhere"),
            );
        }
        AdminConfig { listen, tls: self.tls("admin", &raw.tls, std::slice::from_ref(&raw.listen)) }
    }

    fn log(&mut self, raw: &RawLog) -> LogConfig {
        if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&raw.level) {
            self.fault(
                "log.level",
                format!("\"{}\" is not a level ({error}); allowed are error, warn, info, debug, trace, or levels by module such as \"info,iwf_sip=debug\"", raw.level),
            );
        }
        LogConfig { format: self.choice("log.format", &raw.format, &LOG_FORMATS), level: raw.level.clone() }
    }

    fn limits(&mut self, raw: &RawLimits) -> LimitsConfig {
        let most = 100_000_000;
        let limits = LimitsConfig {
            default_validity: self.hours("limits.default_validity_hours", raw.default_validity_hours),
            max_validity: self.hours("limits.max_validity_hours", raw.max_validity_hours),
            waiting_per_account: self.count("limits.waiting_per_account", raw.waiting_per_account, 1..=most),
            waiting_per_carrier: self.count("limits.waiting_per_carrier", raw.waiting_per_carrier, 1..=most),
            waiting_in_all: self.count("limits.waiting_in_all", raw.waiting_in_all, 1..=most),
            messages_in_memory: self.count("limits.messages_in_memory", raw.messages_in_memory, 1..=most),
        };
        if limits.default_validity > limits.max_validity {
            self.fault("limits.default_validity_hours", "must not be larger than limits.max_validity_hours");
        }
        if limits.waiting_per_account > limits.waiting_in_all {
            self.fault("limits.waiting_per_account", "must not be larger than limits.waiting_in_all");
        }
        limits
    }

    pub(super) fn fault(&mut self, key: &str, what: impl Into<String>) {
        self.faults.push(self.document.fault(key, what));
    }

    pub(super) fn number(&mut self, key: &str, value: i64, allowed: RangeInclusive<i64>) -> u64 {
        if !allowed.contains(&value) {
            self.fault(key, format!("{value} is not between {} and {}", allowed.start(), allowed.end()));
        }
        value.clamp(*allowed.start(), *allowed.end()).unsigned_abs()
    }

    pub(super) fn count(&mut self, key: &str, value: i64, allowed: RangeInclusive<i64>) -> usize {
        usize::try_from(self.number(key, value, allowed)).unwrap_or(usize::MAX)
    }

    pub(super) fn seconds(&mut self, key: &str, value: i64, allowed: RangeInclusive<i64>) -> Duration {
        Duration::from_secs(self.number(key, value, allowed))
    }

    fn hours(&mut self, key: &str, value: i64) -> Duration {
        Duration::from_secs(self.number(key, value, 1..=24 * 30) * 3600)
    }

    fn address(&mut self, key: &str, text: &str) -> SocketAddr {
        text.parse().unwrap_or_else(|_| {
            self.fault(
                key,
                format!("\"{text}\" is not an IP address with a port, such as 127.0.0.1:5060 or [::1]:5060"),
            );
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    /// Addresses to listen on: each once, unless its port is 0 and the system chooses.
    pub(super) fn addresses(&mut self, key: &str, texts: &[String]) -> Vec<SocketAddr> {
        let mut seen = BTreeSet::new();
        let mut addresses = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let address = self.address(&key, text);
            if address.port() != 0 && !seen.insert(address) {
                self.fault(&key, format!("{address} stands here twice"));
            }
            addresses.push(address);
        }
        addresses
    }

    fn domains(&mut self, texts: &[String]) -> Vec<String> {
        for (index, text) in texts.iter().enumerate() {
            if !is_host(text) {
                self.fault(
                    &format!("sip.domains[{index}]"),
                    format!("\"{text}\" is neither a host name nor an IP address (without a port)"),
                );
            }
        }
        texts.iter().map(|text| text.to_ascii_lowercase()).collect()
    }

    fn advertise(&mut self, text: &str) -> Option<Advertise> {
        if text.is_empty() {
            return None;
        }
        let advertise = parse_advertise(text);
        if advertise.is_none() {
            self.fault(
                "sip.advertise",
                format!("\"{text}\" is not a host name or IP address, with or without a port"),
            );
        }
        advertise
    }

    pub(super) fn choice<T: Copy>(&mut self, key: &str, word: &str, choices: &[(&str, T)]) -> T {
        let found = choices.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.fault(key, unknown_name("word", word, &names));
        }
        found.unwrap_or(&choices[0]).1
    }
}

pub(super) const MONTH: i64 = 30 * 86_400;
const LOG_FORMATS: [(&str, LogFormat); 2] = [("human", LogFormat::Human), ("json", LogFormat::Json)];

/// What would end the quoted string of a challenge or the parts of an HA1.
fn unfit_for_realm(c: char) -> bool {
    c.is_control() || matches!(c, '"' | '\\' | ':')
}

pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let letters = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !label.is_empty() && label.len() <= 63 && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    literal.is_some_and(|inside| inside.parse::<std::net::Ipv6Addr>().is_ok())
        || text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4())
        || (text.len() <= 253 && text.split('.').all(label))
}

fn parse_advertise(text: &str) -> Option<Advertise> {
    if is_host(text) {
        return Some(Advertise { host: text.to_ascii_lowercase(), port: None });
    }
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    is_host(host).then(|| Advertise { host: host.to_ascii_lowercase(), port: Some(port) })
}

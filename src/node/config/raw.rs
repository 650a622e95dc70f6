//! The shape of the configuration file: every key with its default, nothing checked but the type.
//!
//! `config/iwf.toml` explains every key; a test sees to it that none is missing there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Declares a section of which every key has a default and no other key is allowed.
macro_rules! section {
    ($name:ident { $($key:ident: $type:ty = $default:expr,)+ }) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct $name {
            $(pub(super) $key: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }
    };
}

section! { RawConfig {
    node: RawNode = RawNode::default(),
    smpp: RawSmpp = RawSmpp::default(),
    sip: RawSip = RawSip::default(),
    routing: RawRouting = RawRouting::default(),
    dns: RawDns = RawDns::default(),
    store: RawStore = RawStore::default(),
    admin: RawAdmin = RawAdmin::default(),
    log: RawLog = RawLog::default(),
    limits: RawLimits = RawLimits::default(),
    registrar: RawRegistrar = RawRegistrar::default(),
    push: Vec<RawPush> = Vec::new(),
} }

section! { RawPush {
    provider: String = String::new(),
    kind: String = "webhook".to_owned(),
    url: String = String::new(),
    token_file: String = String::new(),
    headers: BTreeMap<String, String> = BTreeMap::new(),
    body: String = String::new(),
    with_text: bool = false,
    server_ca: String = String::new(),
    timeout_seconds: i64 = 5,
    concurrency: i64 = 50,
} }

section! { RawNode {
    environment: String = "iwf".to_owned(),
    number: i64 = 0,
    threads: i64 = 0,
    stop_seconds: i64 = 10,
} }

section! { RawSmpp {
    listen: Vec<String> = vec!["0.0.0.0:2775".to_owned()],
    system_id: String = "iwf".to_owned(),
    max_connections: i64 = 1000,
    max_unbound_per_address: i64 = 50,
    session_init_seconds: i64 = 10,
    pdu_seconds: i64 = 10,
    enquire_link_seconds: i64 = 30,
    enquire_link_response_seconds: i64 = 10,
    inactivity_seconds: i64 = 180,
    response_seconds: i64 = 30,
    unbind_seconds: i64 = 5,
    receipts_window: i64 = 50,
    server_ca: String = String::new(),
    client_certificate: String = String::new(),
    client_key: String = String::new(),
    tls: RawTls = RawTls::default(),
} }

section! { RawTls {
    listen: Vec<String> = Vec::new(),
    certificate: String = String::new(),
    key: String = String::new(),
    client_ca: String = String::new(),
    client_certificate: String = "optional".to_owned(),
} }

section! { RawSip {
    udp: Vec<String> = vec!["0.0.0.0:5060".to_owned()],
    tcp: Vec<String> = vec!["0.0.0.0:5060".to_owned()],
    advertise: String = String::new(),
    domains: Vec<String> = Vec::new(),
    realm: String = "iwf".to_owned(),
    algorithm: String = "md5".to_owned(),
    qop: String = "auth".to_owned(),
    min_expires_seconds: i64 = 60,
    default_expires_seconds: i64 = 3600,
    max_expires_seconds: i64 = 7200,
    max_expires_behind_nat_seconds: i64 = 300,
    max_expires_with_push_seconds: i64 = 604_800,
    flow_timer_seconds: i64 = 120,
    service_route: Vec<String> = Vec::new(),
    max_contacts: i64 = 10,
    max_connections: i64 = 10_000,
    max_connections_per_address: i64 = 1000,
    max_silent_per_address: i64 = 100,
    server_ca: String = String::new(),
    client_certificate: String = String::new(),
    client_key: String = String::new(),
    tls: RawTls = RawTls::default(),
    websocket: RawWebSocket = RawWebSocket::default(),
    proxy: RawSipProxy = RawSipProxy::default(),
    strangers_per_second: i64 = 50,
    scanners: Vec<String> = SCANNERS.map(str::to_owned).to_vec(),
    emergency: Vec<String> = vec!["112".to_owned(), "911".to_owned()],
    trunk: Vec<RawTrunk> = Vec::new(),
} }

/// What scanners call themselves that look for open servers.
const SCANNERS: [&str; 8] = [
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sipscan",
    "sundayddr",
    "pplsip",
];

section! { RawTrunk {
    name: String = String::new(),
    networks: Vec<String> = Vec::new(),
    certificate: String = String::new(),
    accounts: bool = false,
    carrier: String = String::new(),
} }

section! { RawWebSocket {
    listen: Vec<String> = Vec::new(),
    tls_listen: Vec<String> = Vec::new(),
    origins: Vec<String> = Vec::new(),
} }

section! { RawSipProxy {
    uri: String = String::new(),
    when: String = "unregistered".to_owned(),
    domain: String = String::new(),
    udp_large: bool = false,
} }

section! { RawRouting {
    number_plan: String = String::new(),
} }

section! { RawDns {
    servers: Vec<String> = Vec::new(),
} }

section! { RawRegistrar {
    database: String = String::new(),
    table: String = "location".to_owned(),
    utc_offset_minutes: i64 = 0,
    poll_seconds: i64 = 5,
    domain: String = String::new(),
    edge: String = String::new(),
} }

section! { RawStore {
    path: String = String::new(),
    queue: i64 = 50_000,
} }

section! { RawAdmin {
    listen: String = "127.0.0.1:8025".to_owned(),
    tls: RawTls = RawTls::default(),
} }

section! { RawLog {
    format: String = "human".to_owned(),
    level: String = "info".to_owned(),
} }

section! { RawLimits {
    default_validity_hours: i64 = 72,
    max_validity_hours: i64 = 168,
    waiting_per_account: i64 = 1000,
    waiting_per_carrier: i64 = 100_000,
    waiting_in_all: i64 = 1_000_000,
    messages_in_memory: i64 = 100_000,
} }

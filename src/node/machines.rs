//! The machines, built from the configuration and with the randomness that they are passed.

use std::time::Duration;

use iwf_model::EnvironmentId;
use iwf_relay::{Limits, Policy};
use iwf_sip::digest::DigestPolicy;
use iwf_sip::locate::Means;
use iwf_sip::registrar::RegistrarPolicy;
use iwf_sip::uas::{Uas, UasPolicy};
use iwf_sip::{Endpoint, EndpointConfig};
use iwf_smpp::{ClientConfig, SessionConfig, Timers};

use crate::config::{Config, SipConfig, SmppConfig};
use crate::ids::{self, Random};
use crate::sip::next_hops::NextHops;
use crate::sip::resolver::Resolver;
use crate::smpp::connection::LAST_WORDS;

/// What every SMPP session is told.
pub(crate) fn session(config: &SmppConfig, environment: EnvironmentId) -> SessionConfig {
    SessionConfig {
        environment,
        system_id: config.system_id.clone(),
        receipt_window: u16::try_from(config.receipts_window).unwrap_or(u16::MAX),
        timers: Timers {
            session_init: config.session_init,
            whole_pdu: config.whole_pdu,
            enquire_link: config.enquire_link,
            enquire_link_resp: config.enquire_link_response,
            inactivity: config.inactivity,
            receipt: config.response,
            unbind: config.unbind,
            ..Timers::default()
        },
        ..SessionConfig::default()
    }
}

/// What holds for all submissions; `here`: what other environments know this one by.
pub(crate) fn policy(config: &Config, here: EnvironmentId) -> Policy {
    let (default_validity, max_validity) = (config.limits.default_validity, config.limits.max_validity);
    Policy {
        limits: Limits { default_validity, max_validity },
        plan: config.routing.plan.clone(),
        emergency: config.sip.emergency.clone(),
        here,
    }
}

/// The timers of our binds to others: a message centre may take longer to answer than a carrier.
pub(crate) fn client_timers(session: Timers) -> Timers {
    Timers { receipt: ClientConfig::timers().receipt.max(session.receipt), ..session }
}

/// That of a node of which nothing is said.
#[cfg(test)]
pub(crate) fn usual_policy() -> Policy {
    policy(&crate::config::load(None, []).unwrap(), EnvironmentId([0; 8]))
}

/// How long a bind may take to end: what is owed is answered, the unbind is answered, the last words are written.
pub(crate) fn longest_unbind(config: &SmppConfig) -> Duration {
    Timers::default().drain + config.unbind + LAST_WORDS + Duration::from_secs(1)
}

/// The SIP transactions of a node.
pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(EndpointConfig { secret: Random::default().u64(), ..EndpointConfig::default() })
}

/// Where requests go that no flow leads to. Of IP we speak the families that we listen on.
pub(crate) fn next_hops(config: &Config) -> NextHops {
    NextHops::new(Resolver::new(&config.dns.servers), means(&config.sip))
}

/// What we send over to next hops.
pub(crate) fn means(SipConfig { udp, tcp, .. }: &SipConfig) -> Means {
    let speaks = |v4: bool| udp.iter().chain(tcp).any(|address| address.is_ipv4() == v4);
    let ipv6 = speaks(false);
    Means { udp: !udp.is_empty(), tcp: true, tls: true, ipv4: speaks(true) || !ipv6, ipv6 }
}

/// The server of the apps, which may be woken through the providers `push`.
pub(crate) fn uas(config: &SipConfig, push: Vec<String>) -> Uas {
    let policy = UasPolicy {
        domains: config.domains.clone(),
        digest: DigestPolicy {
            realm: config.realm.clone(),
            challenge: config.algorithm,
            auth_int: config.auth_int,
            allow_without_qop: false,
        },
        registrar: RegistrarPolicy {
            min_expires: config.min_expires,
            default_expires: config.default_expires,
            max_expires: config.max_expires,
            max_expires_behind_nat: config.max_expires_behind_nat,
            max_expires_with_push: config.max_expires_with_push,
            max_bindings: config.max_contacts,
            flow_timer: config.flow_timer,
        },
        service_route: config.service_route.clone(),
        push,
        strangers: config.strangers.clone(),
        trunks: config.trunks.clone(),
        emergency: config.emergency.clone(),
    };
    let mut secret = [0; 32];
    ids::fill(&mut secret);
    Uas::new(policy, secret)
}

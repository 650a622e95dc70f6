//! A row of another registrar's database as a contact that can be sent to.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use iwf_model::{Account, AccountId, Binding, Flow, Timestamp};
use iwf_relay::Device;
use iwf_sip::elsewhere::{Contact, NoWay, Way, way};
use iwf_sip::outcome::Hop;
use iwf_store::usrloc::Row;

use crate::config::Config;
use crate::sip::next_hops::Remote;

/// What is kept of the name that an app gives itself, in characters.
const LONGEST_AGENT: usize = 200;

/// The domain of users for whom their registrar names none: the one that is configured for it, or ours.
pub(crate) fn domain_of(config: &Config) -> Option<String> {
    if let Some(domain) = config.registrar.as_ref().and_then(|registrar| registrar.domain.clone()) {
        return Some(domain);
    }
    let advertised = || config.sip.advertise.as_ref().map(|advertise| advertise.host.clone());
    config.sip.domains.first().cloned().or_else(advertised)
}

/// What is sent to for a row that belongs to the account. `domain` stands where the row names none, `edge` is the
/// configured URI of the server.
pub(crate) fn remote(
    row: &Row,
    account: &Account,
    domain: Option<&str>,
    edge: Option<&str>,
) -> Result<Remote, NoWay> {
    let contact = Contact {
        username: &row.username,
        domain: row.domain.as_deref().or(domain),
        contact: &row.contact,
        path: row.path.as_deref(),
        socket: row.socket.as_deref(),
    };
    let Way { request_uri, aor, route, hop } = way(&contact, edge)?;
    let instance = row.path.as_ref().and(row.instance.as_deref());
    let device = device(account.id, instance.unwrap_or(&request_uri));
    let binding = Binding {
        account: account.id,
        aor,
        contact: request_uri,
        params: String::new(),
        instance: None,
        reg_id: None,
        q: 1000,
        call_id: String::new(),
        cseq: 0,
        // It registered elsewhere, so no flow leads there; the next hop does.
        flow: Flow::datagrams(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
        path: route,
        user_agent: row.user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect(),
        expires_at: row.expires_at.unwrap_or(Timestamp::MAX),
    };
    // The edge answers for the device: that it knows it no more is no word on whether there is such a user.
    let (hop, stands_for_all) = (Arc::new(hop), row.path.is_none());
    Ok(Remote { binding, device, hop, answers: Hop::Device, stands_for_all, udp_large: false })
}

/// The lane of a device elsewhere; of all devices, where their server is asked by the address of record, because
/// that is one URI (RFC 3428 8). The same in every run.
fn device(account: AccountId, name: &str) -> Device {
    let mut hasher = DefaultHasher::new();
    ("elsewhere", account.0, name).hash(&mut hasher);
    Device(hasher.finish())
}

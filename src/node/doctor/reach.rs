//! How others reach us.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::Finding;
use crate::config::Config;

/// A name server that takes longer is as good as none.
const LOOKUP: Duration = Duration::from_secs(5);

/// Looks at the addresses that are listened on and at the names that lead to them.
pub(super) async fn look(config: &Config, findings: &mut Vec<Finding>) {
    let (smpp, sip) = (&config.smpp, &config.sip);
    let smpp_tls = smpp.tls.iter().flat_map(|(listen, _)| listen);
    listening("Carriers", smpp.listen.iter().chain(smpp_tls), findings);
    listening("Apps", sip.udp.iter().chain(&sip.tcp), findings);
    if let Some(advertise) = &sip.advertise {
        name("sip.advertise", &advertise.host, findings).await;
    }
    for domain in &sip.domains {
        name("sip.domains", domain, findings).await;
    }
}

fn listening<'a>(who: &str, addresses: impl Iterator<Item = &'a SocketAddr>, findings: &mut Vec<Finding>) {
    let addresses: Vec<IpAddr> = addresses.map(|address| address.ip().to_canonical()).collect();
    findings.push(if addresses.is_empty() {
        Finding::bad(format!("{who} have no address to connect to."))
    } else if addresses.iter().all(IpAddr::is_loopback) {
        Finding::note(format!("{who} reach this node from this machine alone: it listens on loopback."))
    } else {
        Finding::good(format!("{who} have {} addresses to connect to.", addresses.len()))
    });
}

/// Whether a name leads anywhere. What is no name needs none.
async fn name(key: &str, host: &str, findings: &mut Vec<Finding>) {
    if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
        return;
    }
    let found = timeout(LOOKUP, lookup_host((host, 0))).await;
    findings.push(match found {
        Ok(Ok(addresses)) => {
            let mut addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
            addresses.sort();
            addresses.dedup();
            Finding::good(format!("{host} ({key}) is {}.", addresses.join(", ")))
        }
        Ok(Err(error)) => Finding::note(format!(
            "{host} ({key}) is not found ({error}): apps that are configured with the name need SRV records, or \
             find nobody."
        )),
        Err(_) => Finding::note(format!("{host} ({key}): the name servers do not answer.")),
    });
}

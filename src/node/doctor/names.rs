//! The names by which others find us.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::Finding;
use crate::config::Config;

/// A name server that takes longer is as good as none.
const LOOKUP: Duration = Duration::from_secs(5);

/// Looks up what we advertise, and our domains.
pub(super) async fn look(config: &Config, findings: &mut Vec<Finding>) {
    let sip = &config.sip;
    if let Some(advertise) = &sip.advertise {
        findings.extend(name("sip.advertise", &advertise.host).await);
    }
    for domain in &sip.domains {
        findings.extend(name("sip.domains", domain).await);
    }
}

/// Whether a name leads anywhere, as the system looks it up. What is no name needs none.
async fn name(key: &str, host: &str) -> Option<Finding> {
    if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
        return None;
    }
    Some(match timeout(LOOKUP, lookup_host((host, 0))).await {
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
    })
}

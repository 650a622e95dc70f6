//! The addresses that are listened on: whether they can be had.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::Finding;
use crate::announce::{Announced, FILE};
use crate::config::Config;
use crate::net;
use crate::sip::udp::Udp;

/// How long the node that should be running has to take a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// One address of the configuration.
struct Port {
    key: &'static str,
    address: SocketAddr,
    /// Who comes there.
    who: &'static str,
    is_udp: bool,
}

/// Looks whether each address is free, or held by the node that runs on the data.
pub(super) fn look(config: &Config, data: &Path, findings: &mut Vec<Finding>) {
    let ports = all(config);
    for who in ["Carriers", "Apps"] {
        let addresses = ports.iter().filter(|port| port.who == who).map(|port| port.address.ip());
        findings.extend(reach(who, &addresses.collect::<Vec<_>>()));
    }
    let runs = runs(data);
    let taken = ports.iter().filter_map(|port| Some((port, try_to_listen(port).err()?)));
    let faults: Vec<Finding> = taken
        .filter(|(_, error)| !(runs && error.kind() == ErrorKind::AddrInUse))
        .map(|(port, error)| Finding::bad(in_words(port, &error)))
        .collect();
    if faults.is_empty() {
        findings.push(Finding::good(if runs {
            "The node runs and has its addresses.".to_owned()
        } else {
            format!("All {} addresses to listen on can be had.", ports.len())
        }));
    }
    findings.extend(faults);
}

fn all(config: &Config) -> Vec<Port> {
    let (smpp, sip) = (&config.smpp, &config.sip);
    let over_tls = [
        ("smpp.tls.listen", "Carriers", smpp.tls.as_ref()),
        ("sip.tls.listen", "Apps", sip.tls.as_ref()),
        ("sip.websocket.tls_listen", "Apps", sip.websocket.tls.as_ref()),
        ("admin.tls.listen", "Watchers", config.admin.tls.as_ref()),
    ];
    let plain: [(_, _, &[SocketAddr]); 5] = [
        ("smpp.listen", "Carriers", &smpp.listen),
        ("sip.udp", "Apps", &sip.udp),
        ("sip.tcp", "Apps", &sip.tcp),
        ("sip.websocket.listen", "Apps", &sip.websocket.plain),
        ("admin.listen", "Watchers", std::slice::from_ref(&config.admin.listen)),
    ];
    let over_tls = over_tls.into_iter().filter_map(|(key, who, tls)| Some((key, who, &*tls?.0)));
    let each = plain.into_iter().chain(over_tls).flat_map(|(key, who, addresses)| {
        addresses.iter().map(move |address| Port { key, address: *address, who, is_udp: key == "sip.udp" })
    });
    each.collect()
}

/// Who reaches us at these addresses at all.
fn reach(who: &str, addresses: &[IpAddr]) -> Option<Finding> {
    if addresses.is_empty() {
        return Some(Finding::bad(format!("{who} have no address to connect to.")));
    }
    let are_ours_alone = addresses.iter().all(|address| address.to_canonical().is_loopback());
    are_ours_alone.then(|| {
        Finding::note(format!("{who} reach this node from this machine alone: it listens on loopback."))
    })
}

/// Whether a node runs on the data: one that was killed leaves its file, and answers nobody.
fn runs(data: &Path) -> bool {
    let told = std::fs::read(data.join(FILE)).ok().and_then(|file| serde_json::from_slice(&file).ok());
    told.is_some_and(|told: Announced| {
        told.admin.iter().any(|address| TcpStream::connect_timeout(address, CONNECT).is_ok())
    })
}

fn try_to_listen(port: &Port) -> Result<(), Error> {
    if port.is_udp { Udp::bind(port.address).map(drop) } else { net::listen(port.address).map(drop) }
}

fn in_words(port: &Port, error: &Error) -> String {
    let Port { key, address, .. } = port;
    match error.kind() {
        ErrorKind::AddrInUse => {
            let asks = if port.is_udp { "ss -lunp" } else { "ss -ltnp" };
            format!("{key}: {address} is taken by another program; `{asks}` names it.")
        }
        ErrorKind::PermissionDenied => format!(
            "{key}: {address} may not be listened on: ports below 1024 need the capability CAP_NET_BIND_SERVICE."
        ),
        ErrorKind::AddrNotAvailable => {
            format!("{key}: {} is no address of this machine.", address.ip())
        }
        _ => format!("{key}: {address} can not be listened on: {error}."),
    }
}

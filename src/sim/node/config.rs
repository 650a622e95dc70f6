//! The configuration of a node on loopback.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde::Deserialize;

/// Where a running node is reached: what it writes to `node.json` in its data directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Addresses {
    /// Its process.
    pub pid: u32,
    /// Where carriers connect to.
    pub smpp: Vec<SocketAddr>,
    /// Where they connect to over TLS; nowhere, unless a setting says so.
    pub smpp_tls: Vec<SocketAddr>,
    /// Where phones reach it over UDP.
    pub sip_udp: Vec<SocketAddr>,
    /// Where phones reach it over TCP.
    pub sip_tcp: Vec<SocketAddr>,
    /// Where they reach it over TLS; nowhere, unless a setting says so.
    pub sip_tls: Vec<SocketAddr>,
    /// Where browsers reach it over WebSocket; nowhere, unless a setting says so.
    pub sip_ws: Vec<SocketAddr>,
    /// Where they reach it over WebSocket within TLS; nowhere, unless a setting says so.
    pub sip_wss: Vec<SocketAddr>,
    /// Where it tells of itself, and is told.
    pub admin: Vec<SocketAddr>,
    /// Where it does so over TLS; nowhere, unless a setting says so.
    pub admin_tls: Vec<SocketAddr>,
}

/// A line of the configuration beyond the addresses: section, key and value as TOML writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Such as `sip`.
    pub section: String,
    /// Such as `min_expires_seconds`.
    pub key: String,
    /// Such as `60` or `"md5"`.
    pub value: String,
}

/// Writes the file. With `addresses` the node takes the same ports again, else the system chooses.
pub(super) fn write(settings: &[Setting], addresses: Option<&Addresses>) -> String {
    let list = |chosen: Option<&Vec<SocketAddr>>| match chosen {
        Some(chosen) => {
            let quoted: Vec<String> = chosen.iter().map(|address| format!("\"{address}\"")).collect();
            format!("[{}]", quoted.join(", "))
        }
        None => "[\"127.0.0.1:0\"]".to_owned(),
    };
    let mut sections = vec![
        ("smpp", vec![format!("listen = {}", list(addresses.map(|at| &at.smpp)))]),
        (
            "sip",
            vec![
                format!("udp = {}", list(addresses.map(|at| &at.sip_udp))),
                format!("tcp = {}", list(addresses.map(|at| &at.sip_tcp))),
            ],
        ),
        ("admin", vec!["listen = \"127.0.0.1:0\"".to_owned()]),
    ];
    for Setting { section, key, value } in settings {
        let line = format!("{key} = {value}");
        match sections.iter_mut().find(|(name, _)| name == section) {
            Some((_, lines)) => match lines.iter_mut().find(|known| known.split(' ').next() == Some(key)) {
                // Where it listens is a matter of the first start.
                Some(known) if addresses.is_none() => *known = line,
                Some(_) => {}
                None => lines.push(line),
            },
            None => sections.push((section, vec![line])),
        }
    }
    sections.iter().fold(String::new(), |mut text, (name, lines)| {
        let _ = writeln!(text, "[{name}]\n{}\n", lines.join("\n"));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_asks_for_the_ports_of_the_first() {
        let at = |port| vec![SocketAddr::from(([127, 0, 0, 1], port))];
        let (sip_tls, sip_ws, sip_wss) = Default::default();
        let (smpp, smpp_tls, sip_udp, sip_tcp) = (at(1), vec![], at(2), at(3));
        let addresses = Addresses {
            pid: 1,
            smpp,
            smpp_tls,
            sip_udp,
            sip_tcp,
            sip_tls,
            sip_ws,
            sip_wss,
            admin: Vec::new(),
            admin_tls: Vec::new(),
        };
        let setting = Setting { section: "sip".into(), key: "realm".into(), value: "\"x\"".into() };
        let first = write(&[], None);
        let second = write(&[setting], Some(&addresses));
        assert!(first.contains("[smpp]\nlisten = [\"127.0.0.1:0\"]"), "{first}");
        assert!(
            second.contains("udp = [\"127.0.0.1:2\"]\ntcp = [\"127.0.0.1:3\"]\nrealm = \"x\""),
            "{second}"
        );
    }
}

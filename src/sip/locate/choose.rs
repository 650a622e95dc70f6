//! The choice (RFC 3263 4.1 and 4.2).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use iwf_model::Transport;

use super::hop::{NextHop, Place, name};
use super::{Answer, Kind, Naptr, Question, Record, Srv, weight};

/// What we can send over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// Datagrams.
    pub udp: bool,
    /// Connections in the clear.
    pub tcp: bool,
    /// Connections over TLS.
    pub tls: bool,
    /// To IPv4 addresses.
    pub ipv4: bool,
    /// To IPv6 addresses.
    pub ipv6: bool,
}

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    /// What carries it.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
    /// What a certificate shown there has to name: the domain of the URI (RFC 5922 4).
    pub domain: Arc<str>,
}

/// What follows from a next hop and from what is known of the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// First these have to be known.
    Ask(Vec<Question>),
    /// Try these, in this order; at least one.
    Destinations(Vec<Destination>),
    /// There is nothing to try.
    Nowhere(Nowhere),
}

/// Why there is nothing to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Nowhere {
    /// The URI, or its domain, wants a transport that we do not have.
    #[error("no transport in common")]
    NoTransport,
    /// There is no such name, or nothing is known of it that helps; or it has addresses of a family only that
    /// we do not have.
    #[error("the name has no address that can be reached")]
    NoAddress,
    /// The domain says that it takes no SIP (RFC 2782: a target of ".").
    #[error("the domain says that it takes no SIP")]
    NotOffered,
    /// The resolver could not say.
    #[error("the resolver has no answer")]
    Unresolved,
}

/// The most records of one kind that are looked at; a domain needs a handful.
const MOST_RECORDS: usize = 16;
/// The most destinations of one next hop.
const MOST_DESTINATIONS: usize = 16;

/// Says where to go, given what is known; `random` spreads the load over those of equal rank.
pub fn choose<'a>(
    hop: &NextHop,
    means: Means,
    known: impl Fn(&Question) -> Option<&'a Answer>,
    random: u64,
) -> Choice {
    let mut search = Search {
        hop,
        means,
        known: &known,
        random,
        ask: Vec::new(),
        found: Vec::new(),
        declined: false,
        failed: false,
        domain: Arc::from(&*hop.domain),
    };
    let transport = hop.transport.unwrap_or_else(|| hop.default_transport(means.udp));
    let is_fixed = hop.transport.is_some() || hop.is_secure;
    if is_fixed && !means.can(transport) {
        return Choice::Nowhere(Nowhere::NoTransport);
    }
    match (&hop.place, hop.port, hop.transport) {
        (Place::Address(address), port, _) => {
            search.add(transport, *address, port.unwrap_or(transport.default_port()));
        }
        (Place::Name(name), Some(port), _) => search.addresses(name, transport, port),
        (Place::Name(name), None, Some(transport)) => {
            if !search.services(&[(service(transport, name), transport)]) {
                search.addresses(name, transport, transport.default_port());
            }
        }
        (Place::Name(name), None, None) => search.domain(name, transport),
    }
    search.end(transport)
}

impl Means {
    fn can(self, transport: Transport) -> bool {
        match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
            // Only clients open WebSockets (RFC 7118 4).
            Transport::Ws | Transport::Wss => false,
        }
    }

    fn reaches(self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.ipv4 } else { self.ipv6 }
    }
}

/// The name under which a transport's SRV records are (RFC 3263 4.1); `_sips` is the one over TLS.
fn service(transport: Transport, domain: &str) -> Box<str> {
    let label = match transport {
        Transport::Udp => "_sip._udp.",
        Transport::Tcp | Transport::Ws => "_sip._tcp.",
        Transport::Tls | Transport::Wss => "_sips._tcp.",
    };
    [label, domain].concat().into()
}

struct Search<'s, K> {
    hop: &'s NextHop,
    means: Means,
    known: &'s K,
    random: u64,
    /// What is not known yet.
    ask: Vec<Question>,
    found: Vec<Destination>,
    /// A service is decidedly not there.
    declined: bool,
    /// Something could not be found out.
    failed: bool,
    domain: Arc<str>,
}

impl<'a, K: Fn(&Question) -> Option<&'a Answer>> Search<'_, K> {
    /// A domain that names neither port nor transport: it may say which it wants.
    fn domain(&mut self, domain: &str, default: Transport) {
        let Some(records) = self.look(domain, Kind::Naptr) else { return };
        let mut wanted: Vec<(&Naptr, Transport)> = records.iter().filter_map(|it| self.usable(it)).collect();
        wanted.sort_by_key(|(record, _)| (record.order, record.preference));
        let wanted: Vec<_> = wanted
            .into_iter()
            .filter_map(|(it, transport)| Some((name(&it.replacement)?, transport)))
            .collect();
        // Many domains have no NAPTR, and some name servers fail when asked for it: the SRV records decide then.
        self.failed = false;
        let services = if wanted.is_empty() { self.usual(domain) } else { wanted };
        if !self.services(&services) {
            self.addresses(domain, default, default.default_port());
        }
    }

    /// A NAPTR record that leads to SRV records of a transport we have (RFC 3263 4.1). A `sip` URI may be
    /// carried over TLS, a `sips` one has to be.
    fn usable<'r>(&self, record: &'r Record) -> Option<(&'r Naptr, Transport)> {
        let Record::Naptr(naptr) = record else { return None };
        let transport = match &*naptr.service.to_ascii_uppercase() {
            "SIP+D2U" => Transport::Udp,
            "SIP+D2T" => Transport::Tcp,
            "SIPS+D2T" => Transport::Tls,
            _ => return None,
        };
        let fits = naptr.is_plain && naptr.flags.eq_ignore_ascii_case("s");
        let secure = transport == Transport::Tls || !self.hop.is_secure;
        (fits && secure && self.means.can(transport)).then_some((naptr, transport))
    }

    fn usual(&self, domain: &str) -> Vec<(Box<str>, Transport)> {
        let transports: &[Transport] =
            if self.hop.is_secure { &[Transport::Tls] } else { &[Transport::Udp, Transport::Tcp] };
        let able = transports.iter().filter(|transport| self.means.can(**transport));
        able.map(|transport| (service(*transport, domain), *transport)).collect()
    }

    /// Goes through the SRV records of each service; false: none has any, so the domain itself is the host.
    fn services(&mut self, services: &[(Box<str>, Transport)]) -> bool {
        let mut any = false;
        for (name, transport) in services {
            let Some(records) = self.look(name, Kind::Srv) else {
                any = true;
                continue;
            };
            // A name server that fails does not say that there is no service.
            any |= self.failed || !records.is_empty();
            self.hosts(records, *transport);
        }
        any
    }

    fn hosts(&mut self, records: &[Record], transport: Transport) {
        let mut services: Vec<Srv> = records.iter().filter_map(as_srv).cloned().collect();
        weight::order(&mut services, self.random);
        for Srv { port, target, .. } in services {
            match name(&target) {
                Some(host) if port != 0 => self.addresses(&host, transport, port),
                _ => self.declined |= target.trim_end_matches('.').is_empty(),
            }
        }
    }

    /// The addresses of a host, IPv6 before IPv4 (RFC 6724 2.1), begun at a random one of each.
    fn addresses(&mut self, host: &str, transport: Transport, port: u16) {
        for (kind, is_ours) in [(Kind::Aaaa, self.means.ipv6), (Kind::A, self.means.ipv4)] {
            let records = if is_ours { self.look(host, kind).unwrap_or_default() } else { &[] };
            let addresses: Vec<IpAddr> = records.iter().filter_map(as_address).collect();
            let first = (self.random % addresses.len().max(1) as u64) as usize;
            let (before, from) = addresses.split_at(first.min(addresses.len()));
            from.iter().chain(before).for_each(|address| self.add(transport, *address, port));
        }
    }

    fn add(&mut self, transport: Transport, address: IpAddr, port: u16) {
        let destination = Destination {
            transport,
            address: SocketAddr::new(address, port),
            domain: Arc::clone(&self.domain),
        };
        let fits = self.means.can(transport) && self.means.reaches(address) && can_be_sent_to(address);
        if fits && self.found.len() < MOST_DESTINATIONS && !self.found.contains(&destination) {
            self.found.push(destination);
        }
    }

    /// The records of a name; `None`: not known yet, and noted.
    fn look(&mut self, name: &str, kind: Kind) -> Option<&'a [Record]> {
        let question = Question { name: name.into(), kind };
        match (self.known)(&question) {
            None => {
                self.ask.push(question);
                None
            }
            Some(Answer::Records(records)) => Some(records.get(..MOST_RECORDS).unwrap_or(records)),
            Some(Answer::Absent) => Some(&[]),
            Some(Answer::Failed) => {
                self.failed = true;
                Some(&[])
            }
        }
    }

    fn end(self, transport: Transport) -> Choice {
        if !self.ask.is_empty() {
            return Choice::Ask(self.ask);
        }
        if !self.found.is_empty() {
            return Choice::Destinations(self.found);
        }
        Choice::Nowhere(match (self.failed, self.declined) {
            _ if !self.means.can(transport) => Nowhere::NoTransport,
            (true, _) => Nowhere::Unresolved,
            (false, true) => Nowhere::NotOffered,
            (false, false) => Nowhere::NoAddress,
        })
    }
}

fn as_srv(record: &Record) -> Option<&Srv> {
    if let Record::Srv(srv) = record { Some(srv) } else { None }
}

fn as_address(record: &Record) -> Option<IpAddr> {
    if let Record::Address(address) = record { Some(*address) } else { None }
}

/// Addresses that are nobody's: a name server that gives them is wrong, or wants us to speak to ourselves.
fn can_be_sent_to(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(address.is_unspecified() || address.is_multicast() || broadcast)
}

/// For a request too large for a datagram (RFC 3261 18.1.1): what goes over connections comes first. Where there
/// is only UDP, a connection to the same place is tried before it.
pub fn streams_first(destinations: &mut Vec<Destination>, means: Means) {
    let (streams, datagrams): (Vec<_>, Vec<_>) =
        destinations.drain(..).partition(|destination| destination.transport.is_reliable());
    let twins = datagrams.iter().filter(|_| streams.is_empty() && means.tcp);
    let twins: Vec<_> =
        twins.map(|datagram| Destination { transport: Transport::Tcp, ..datagram.clone() }).collect();
    destinations.extend(streams.into_iter().chain(twins).chain(datagrams));
}

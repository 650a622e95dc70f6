//! The DNS: one question at a time goes out, an answer or a failure comes back, and always in time.
//!
//! What is asked, how long an answer holds and what follows from it is decided in `iwf_sip::locate`; nothing is
//! kept here. Names are absolute: the search list of the system plays no part.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{TokioResolver, system_conf};
use iwf_sip::locate::{Kind, Lookup, Naptr, Question, Record, Srv};

/// Asks name servers.
pub(crate) struct Resolver {
    /// None if there is nobody to ask: then every question fails.
    inner: Option<Arc<TokioResolver>>,
}

/// The longest that a question takes, with all its repetitions, servers and aliases.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long one server has, before the next is asked.
const ONE_SERVER: Duration = Duration::from_millis(1500);

impl Resolver {
    /// With these servers, or those of the system if there are none.
    pub(crate) fn new(servers: &[SocketAddr]) -> Self {
        let (config, mut options) = if servers.is_empty() {
            system_conf::read_system_conf().unwrap_or_else(|error| {
                tracing::warn!(%error, "the system names no name servers: SIP domains can't be found");
                (ResolverConfig::from_name_servers(Vec::new()), ResolverOpts::default())
            })
        } else {
            let servers = servers.iter().map(|server| name_server(*server)).collect();
            (ResolverConfig::from_name_servers(servers), ResolverOpts::default())
        };
        options.timeout = ONE_SERVER;
        options.attempts = 1;
        options.cache_size = 0;
        options.preserve_intermediates = false;
        let provider = TokioRuntimeProvider::default();
        let built = TokioResolver::builder_with_config(config, provider).with_options(options).build();
        if let Err(error) = &built {
            tracing::error!(%error, "the resolver could not be set up: SIP domains can't be found");
        }
        Self { inner: built.ok().map(Arc::new) }
    }

    /// Asks. Nothing waits for it but who polls it.
    pub(crate) fn look_up(&self, question: &Question) -> impl Future<Output = Lookup> + Send + use<> {
        let (inner, name) = (self.inner.clone(), Name::from_ascii(&question.name));
        let kind = match question.kind {
            Kind::Naptr => RecordType::NAPTR,
            Kind::Srv => RecordType::SRV,
            Kind::A => RecordType::A,
            Kind::Aaaa => RecordType::AAAA,
        };
        async move {
            let (Some(resolver), Ok(mut name)) = (inner, name) else { return Lookup::Failed };
            name.set_fqdn(true);
            match tokio::time::timeout(DEADLINE, resolver.lookup(name, kind)).await {
                Ok(Ok(found)) => {
                    let answers = found.answers();
                    let ttl = answers.iter().map(|record| record.ttl).min().unwrap_or(0);
                    let records = answers.iter().filter_map(|record| as_ours(&record.data)).collect();
                    Lookup::Found(records, Duration::from_secs(ttl.into()))
                }
                Ok(Err(error)) => absent(&error),
                Err(_) => Lookup::Failed,
            }
        }
    }
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// A server that says that there is nothing is believed; one that says that it can't or won't is not.
fn absent(error: &NetError) -> Lookup {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            Lookup::Absent(none.negative_ttl.map(|ttl| Duration::from_secs(ttl.into())))
        }
        _ => Lookup::Failed,
    }
}

fn as_ours(data: &RData) -> Option<Record> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned().into_boxed_str();
    Some(match data {
        RData::A(address) => Record::Address(IpAddr::V4(address.0)),
        RData::AAAA(address) => Record::Address(IpAddr::V6(address.0)),
        RData::SRV(srv) => Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: absolute(&srv.target),
        }),
        RData::NAPTR(naptr) => Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            service: text(&naptr.services),
            is_plain: naptr.regexp.is_empty(),
            replacement: absolute(&naptr.replacement),
        }),
        _ => return None,
    })
}

/// A name as `locate` has it: in lower case, without the dot at its end; empty for the root.
fn absolute(name: &Name) -> Box<str> {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase().into()
}

#[cfg(test)]
mod tests;

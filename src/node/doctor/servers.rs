//! Those that we send to: the proxy, the services that wake apps, and the message centres of connections.

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use iwf_model::Route;
use iwf_model::connection::Endpoint;
use iwf_relay::Directory;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Asker, Finding};
use crate::config::{Config, PushConfig};
use crate::push::{Escape, Values};

/// How long a connection may take to come about, the lookup included.
const CONNECT: Duration = Duration::from_secs(5);

/// Looks whether they are there.
pub(super) async fn look(config: &Config, asker: &Asker, findings: &mut Vec<Finding>) {
    if let Some(proxy) = &config.sip.proxy {
        asker.look("The proxy", &proxy.uri, &proxy.hop, findings).await;
    }
    for push in &config.push {
        findings.push(service(push).await);
    }
}

/// Whether a service takes connections, and whether there is a token to show to it. No push is sent.
async fn service(push: &PushConfig) -> Finding {
    let name = &push.provider;
    if let Some(file) = &push.token_file {
        match tokio::fs::read_to_string(file).await {
            Ok(token) if !token.trim().is_empty() => {}
            Ok(_) => {
                return Finding::bad(format!("Pushes by {name}: {} holds no token.", file.display()));
            }
            Err(error) => {
                return Finding::bad(format!(
                    "Pushes by {name}: {} can not be read: {error}.",
                    file.display()
                ));
            }
        }
    }
    let url: Result<Uri, _> = push.url.fill(&Values::default(), Escape::Url).parse();
    let place = url.ok().and_then(|url| {
        let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("http") { 80 } else { 443 });
        Some((url.host()?.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
    });
    let Some((host, port)) = place else {
        return Finding::note(format!(
            "Pushes by {name}: its host depends on the app, and was not looked at."
        ));
    };
    reached(&format!("Pushes by {name}"), &host, port).await
}

/// Whether the message centres take connections that we are to bind to. No bind is made.
pub(super) async fn connections(directory: &Directory, findings: &mut Vec<Finding>) {
    for connection in directory.connections().filter(|connection| connection.link.calls()) {
        let Some(Endpoint { host, port }) = &connection.link.call.address else { continue };
        findings.push(reached(&format!("Connection {}", connection.name), host, *port).await);
        if !directory.carrier_of(connection).is_some_and(|carrier| carrier.enabled) {
            let (name, carrier) = (&connection.name, &*connection.link.carrier);
            findings.push(Finding::bad(format!(
                "Connection {name}: its carrier {carrier} is disabled, so nothing takes it."
            )));
        }
    }
    let unused = |route: &&Arc<Route>| route.rule.enabled && route.rule.connections().next().is_none();
    for route in directory.routes().filter(unused) {
        findings.push(Finding::bad(format!(
            "Route {} leads to no connection: give it one by `via`.",
            route.name
        )));
    }
}

async fn reached(what: &str, host: &str, port: u16) -> Finding {
    match timeout(CONNECT, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Finding::good(format!("{what}: {host} takes connections.")),
        Ok(Err(error)) => Finding::bad(format!("{what}: {host} can not be reached: {error}.")),
        Err(_) => Finding::bad(format!("{what}: {host} does not answer.")),
    }
}

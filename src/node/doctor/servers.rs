//! Those that we send to: the proxy, and the services that wake apps.

use std::time::Duration;

use hyper::Uri;
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
    match timeout(CONNECT, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Finding::good(format!("Pushes by {name}: {host} takes connections.")),
        Ok(Err(error)) => Finding::bad(format!("Pushes by {name}: {host} can not be reached: {error}.")),
        Err(_) => Finding::bad(format!("Pushes by {name}: {host} does not answer.")),
    }
}

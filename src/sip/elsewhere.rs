//! Users who register with another server, whose database tells of them: where a text for one of them has to go.
//!
//! A contact behind a NAT, or on a connection, is reached only through the server that holds it. Where the REGISTER
//! brought a Path, that names the way; where it brought none, the server itself is asked by the address of record,
//! and does with it what it does with every request for its users.

use std::fmt::Write as _;

use iwf_model::Transport;

use crate::locate::NextHop;
use crate::message::{NameAddr, Scheme, Uri, elements};

/// A contact as the other server keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Contact<'a> {
    /// The user part of the address of record.
    pub username: &'a str,
    /// Its domain, if any is known; else the host of its server, or of the first hop to it, stands for it.
    pub domain: Option<&'a str>,
    /// The Contact URI.
    pub contact: &'a str,
    /// The Path of the REGISTER, header values with commas between them.
    pub path: Option<&'a str>,
    /// The server's socket that it came to: `PROTOCOL:HOST:PORT`.
    pub socket: Option<&'a str>,
}

/// How a text reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The Request-URI.
    pub request_uri: String,
    /// The address of record: the To.
    pub aor: String,
    /// The Route, never empty.
    pub route: String,
    /// Where its first URI is.
    pub hop: NextHop,
}

/// Why a contact can't be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// Its user, its domain, its Contact or its Path is nothing that can stand in a request.
    #[error("it is not written as SIP has it")]
    Malformed,
    /// It has no Path, and neither it nor the configuration says where the server is.
    #[error("it has no Path, and nothing says where its server is")]
    NoEdge,
}

/// The way to a contact. `edge` is the URI of the server, where it is configured; else its socket says it.
pub fn way(contact: &Contact<'_>, edge: Option<&str>) -> Result<Way, NoWay> {
    let server = match edge {
        Some(edge) => Some(uri(edge)?),
        None => contact.socket.and_then(server),
    };
    let route = match (contact.path, &server) {
        (Some(path), _) => path.to_owned(),
        (None, Some(server)) => loose(server),
        (None, None) => return Err(NoWay::NoEdge),
    };
    let mut hops = elements(&route).map(hop);
    let (hop, first) = hops.next().ok_or(NoWay::Malformed)??;
    hops.try_for_each(|hop| hop.map(drop))?;
    drop(hops);
    let host =
        server.as_deref().and_then(|server| Uri::parse(server).ok()).map_or(first, |server| server.host());
    let aor = address_of_record(contact.username, contact.domain.unwrap_or(host)).ok_or(NoWay::Malformed)?;
    let request_uri = if contact.path.is_some() { uri(contact.contact)? } else { aor.clone() };
    Ok(Way { request_uri, aor, hop, route })
}

/// The address of record, if user and domain are nothing more than that.
fn address_of_record(username: &str, domain: &str) -> Option<String> {
    let aor = format!("sip:{username}@{domain}");
    let uri = Uri::parse(&aor).ok()?;
    let is_whole = !username.is_empty() && uri.user().is_some() && uri.host() == domain;
    is_whole.then_some(aor)
}

/// One URI of a Route: where it leads, and its host.
fn hop(written: &str) -> Result<(NextHop, &str), NoWay> {
    let uri = NameAddr::parse(written).map_err(|_| NoWay::Malformed)?.uri();
    Ok((NextHop::of(&uri).map_err(|_| NoWay::Malformed)?, uri.host()))
}

/// A URI that can be sent to, without header fields.
fn uri(text: &str) -> Result<String, NoWay> {
    let uri = Uri::parse(text).map_err(|_| NoWay::Malformed)?;
    match uri.scheme() {
        Scheme::Sip | Scheme::Sips => Ok(uri.without_headers().to_owned()),
        Scheme::Tel | Scheme::Other => Err(NoWay::Malformed),
    }
}

/// `udp:192.0.2.1:5060` as a URI.
fn server(socket: &str) -> Option<String> {
    let (protocol, address) = socket.split_once(':')?;
    let transport = Transport::parse(protocol)?;
    let written = format!("sip:{address};transport={}", transport.as_str().to_ascii_lowercase());
    let uri = Uri::parse(&written).ok()?;
    (!uri.host().is_empty()).then_some(written)
}

/// A URI as a Route of one hop that leaves the Request-URI alone (RFC 3261 19.1.1, lr).
fn loose(uri: &str) -> String {
    let has_lr = Uri::parse(uri).is_ok_and(|uri| uri.params().get("lr").is_some());
    let mut route = format!("<{uri}");
    if !has_lr {
        let _ = route.write_str(";lr");
    }
    route.push('>');
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTACT: Contact<'static> = Contact {
        username: "1111",
        domain: Some("example.com"),
        contact: "sip:1111@10.1.1.1:5060;transport=tcp?X=y",
        path: None,
        socket: Some("udp:192.0.2.1:5060"),
    };

    fn route(contact: &Contact<'_>, edge: Option<&str>) -> Result<String, NoWay> {
        way(contact, edge).map(|way| way.route)
    }

    #[test]
    fn a_path_leads_to_the_contact_itself() {
        let path = "<sip:edge1.example.com;lr>, <sip:10.0.0.9:5070;lr;ob>";
        let expected = Way {
            request_uri: "sip:1111@10.1.1.1:5060;transport=tcp".to_owned(),
            aor: "sip:1111@example.com".to_owned(),
            route: path.to_owned(),
            hop: hop("<sip:edge1.example.com>").unwrap().0,
        };
        assert_eq!(way(&Contact { path: Some(path), ..CONTACT }, Some("sip:other")), Ok(expected));
    }

    #[test]
    fn without_a_path_its_server_is_asked_for_the_address_of_record() {
        let asked = way(&CONTACT, None).unwrap();
        assert_eq!(asked.request_uri, "sip:1111@example.com");
        assert_eq!(asked.route, "<sip:192.0.2.1:5060;transport=udp;lr>");
        let tls = Contact { socket: Some("tls:[2001:db8::1]:5061"), ..CONTACT };
        assert_eq!(route(&tls, None).unwrap(), "<sip:[2001:db8::1]:5061;transport=tls;lr>");
        let nameless = way(&Contact { domain: None, ..CONTACT }, None).unwrap();
        assert_eq!(nameless.aor, "sip:1111@192.0.2.1", "its server's host stands for the domain");
        let only_path = Contact { domain: None, socket: None, path: Some("<sip:a.example;lr>"), ..CONTACT };
        assert_eq!(way(&only_path, None).unwrap().aor, "sip:1111@a.example", "or that of the first hop");
        let edge = Some("sip:proxy.example.com;transport=tcp;lr");
        assert_eq!(route(&CONTACT, edge).unwrap(), "<sip:proxy.example.com;transport=tcp;lr>");
    }

    #[test]
    fn what_is_not_sip_is_told_apart_from_what_has_no_way() {
        for socket in [None, Some(""), Some("sctp:192.0.2.1:5060"), Some("udp"), Some("udp::5060")] {
            assert_eq!(route(&Contact { socket, ..CONTACT }, None), Err(NoWay::NoEdge), "{socket:?}");
        }
        for wrong in [
            Contact { username: "", ..CONTACT },
            Contact { username: "1@evil", ..CONTACT },
            Contact { domain: Some("example.com>\r\nX: y"), ..CONTACT },
            Contact { domain: Some("a;b"), ..CONTACT },
            Contact { path: Some("<sip:a\r\nX: y>"), ..CONTACT },
            Contact { path: Some("tel:1"), ..CONTACT },
            Contact { path: Some("<sip:a;lr>"), contact: "mailto:x@y", ..CONTACT },
        ] {
            assert_eq!(route(&wrong, None), Err(NoWay::Malformed), "{wrong:?}");
        }
        assert_eq!(route(&CONTACT, Some("proxy")), Err(NoWay::Malformed));
    }
}

//! RFC 4475, RFC 5118: every valid message is read right, every invalid one is answered or dropped, none is a panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use iwf_sip::{Contacts, EndpointConfig, Fields, Framer, Message};
use serde::Deserialize;

use crate::server::{Server, policy};
use crate::world::{World, ask_everything, tcp, udp};

/// The folders, each with the number of its messages: RFC 4475, and RFC 5118 with the lines of its text ended by
/// CRLF, each Content-Length counted anew for them.
const FOLDERS: [(&str, usize); 2] = [("torture", 50), ("torture-ipv6", 12)];

/// `expected.toml` in each folder.
#[derive(Debug, Deserialize)]
struct Expected {
    message: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The file, without `.dat`.
    name: String,
    /// The section of its RFC.
    section: String,
    /// `request`, `response`, `drop`, or the status that the parser's error asks for.
    verdict: String,
    /// What the endpoint does if that is not the verdict.
    endpoint: Option<String>,
    /// The status that the server of the apps answers a request with, when it comes from nobody we know; the
    /// verdict's where there is none.
    server: Option<String>,
    /// What the message says, see `fact`.
    #[serde(default)]
    facts: BTreeMap<String, String>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn cases_of(folder: &Path) -> Vec<(Case, Bytes)> {
    let text = std::fs::read_to_string(folder.join("expected.toml")).unwrap();
    let expected: Expected = toml::from_str(&text).unwrap();
    let read = |case: Case| {
        let octets = std::fs::read(folder.join(format!("{}.dat", case.name))).unwrap();
        (case, Bytes::from(octets))
    };
    expected.message.into_iter().map(read).collect()
}

fn cases() -> Vec<(Case, Bytes)> {
    FOLDERS.iter().flat_map(|(name, _)| cases_of(&folder(name))).collect()
}

/// The octets alone, for who wants to begin with them.
pub(crate) fn messages() -> Vec<Bytes> {
    cases().into_iter().map(|(_, octets)| octets).collect()
}

fn verdict(octets: &Bytes) -> String {
    match Message::parse(octets.clone()) {
        Ok(Message::Request(_)) => "request".to_owned(),
        Ok(Message::Response(_)) => "response".to_owned(),
        Err(error) => error.answer().map_or("drop".to_owned(), |status| status.code.to_string()),
    }
}

/// One fact about a message, by its name in `expected.toml`.
fn fact(message: &Message, name: &str) -> String {
    let fields: &Fields = match message {
        Message::Request(request) => match name {
            "method" => return request.method_text().to_owned(),
            "uri" => return request.request_uri_text().to_owned(),
            "uri_host" => return request.request_uri().host().to_owned(),
            "uri_port" => {
                return request.request_uri().port().map_or("none".to_owned(), |port| port.to_string());
            }
            "uri_user" => return request.request_uri().user().unwrap_or_default().into_owned(),
            _ => request,
        },
        Message::Response(response) => match name {
            "status" => return response.status().to_string(),
            "reason" => return response.reason().to_owned(),
            _ => response,
        },
    };
    let contacts = || match fields.contacts() {
        Ok(Contacts::None) => Vec::new(),
        Ok(Contacts::Star) => panic!("no message has one"),
        Ok(Contacts::Entries(entries)) => entries,
        Err(_) => panic!("{name}: the contacts can't be read"),
    };
    match name {
        "contacts" if fields.contacts().is_err() => "broken".to_owned(),
        "contacts" => contacts().len().to_string(),
        "contact_uri" => contacts()[0].uri().as_str().to_owned(),
        "contact_user" => contacts()[0].uri().user().unwrap_or_default().into_owned(),
        "contact_params" => contacts()[0].params().as_str().to_owned(),
        "contact_q" => contacts()[0].q().to_string(),
        "from_display" => fields.from().display().into_owned(),
        "from_user" => fields.from().uri().user().unwrap_or_default().into_owned(),
        "from_uri" => fields.from().uri().as_str().to_owned(),
        "from_tag" => fields.from().tag().unwrap_or("none").to_owned(),
        "to_display" => fields.to().display().into_owned(),
        "to_user" => fields.to().uri().user().unwrap_or_default().into_owned(),
        "to_uri" => fields.to().uri().as_str().to_owned(),
        "to_tag" => fields.to().tag().unwrap_or("none").to_owned(),
        "call_id" => fields.call_id().to_owned(),
        "cseq" => format!("{} {}", fields.cseq().number, fields.cseq().method),
        "vias" => fields.vias().count().to_string(),
        "via_hosts" => fields.vias().map(|via| via.host().to_owned()).collect::<Vec<_>>().join(" "),
        "via_transports" => fields.vias().map(|via| via.transport().to_owned()).collect::<Vec<_>>().join(" "),
        "received" => fields.via().received().unwrap_or("none").to_owned(),
        "branch" => fields.via().branch().unwrap_or("none").to_owned(),
        "unique_branch" => fields.via().unique_branch().unwrap_or("none").to_owned(),
        "max_forwards" => fields.max_forwards().map_or("none".to_owned(), |hops| hops.to_string()),
        "body" => fields.body().len().to_string(),
        _ => fields.other(name).or_else(|| by_known_name(fields, name)).unwrap_or("none").to_owned(),
    }
}

fn by_known_name<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.all().find(|(known, _, _)| known.as_str() == name).map(|(_, _, value)| value)
}

/// Any run of blanks is as good as one (RFC 3261 7.3.1).
fn blanks_as_one(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_message_gets_its_verdict_and_tells_its_facts() {
    for (case, octets) in cases() {
        assert_eq!(verdict(&octets), case.verdict, "{} {}", case.section, case.name);
        let parsed = Message::parse(octets);
        for (name, value) in &case.facts {
            let message = parsed.as_ref().unwrap_or_else(|_| panic!("{} was read", case.name));
            let told = blanks_as_one(&fact(message, name));
            assert_eq!(told, blanks_as_one(value), "{} {}: {name}", case.section, case.name);
        }
    }
}

#[test]
fn the_endpoint_passes_up_answers_or_drops_as_the_verdict_says() {
    for (case, octets) in cases() {
        for flow in [udp(), tcp()] {
            let mut world = World::new(EndpointConfig::default());
            world.receive(&octets, flow);
            let done = match (world.requests().is_empty(), world.sent.first()) {
                (false, None) => "request".to_owned(),
                (true, Some((_, to, octets))) => {
                    assert_eq!(*to, flow, "an answer goes where its request came from");
                    String::from_utf8_lossy(octets).split(' ').nth(1).unwrap_or_default().to_owned()
                }
                (true, None) => "drop".to_owned(),
                (false, Some(_)) => "both".to_owned(),
            };
            let expected = case.endpoint.as_ref().unwrap_or(&case.verdict);
            assert_eq!(&done, expected, "{} {}", case.section, case.name);
        }
    }
}

#[test]
fn a_head_that_was_cut_is_never_taken() {
    for (case, octets) in cases() {
        let Some(head) = octets.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        for end in 0..head + 4 {
            let parsed = Message::parse(octets.slice(..end));
            assert!(parsed.is_err(), "{} up to {end}", case.name);
        }
        for end in head + 4..octets.len() {
            if let Ok(message) = Message::parse(octets.slice(..end)) {
                ask_everything(&message);
            }
        }
    }
}

#[test]
fn no_changed_octet_is_a_panic() {
    let mut asked = 0;
    for (_, octets) in cases() {
        for at in 0..octets.len() {
            for change in [0xff, 0x02, octets[at] ^ b'"'] {
                let mut changed = octets.to_vec();
                changed[at] ^= change;
                let mut framer = Framer::default();
                framer.feed(&changed);
                while framer.next().is_some() {}
                if let Ok(message) = Message::parse(Bytes::from(changed)) {
                    asked += ask_everything(&message);
                }
            }
        }
    }
    assert!(asked > 0);
}

#[test]
fn no_changed_octet_panics_the_endpoint() {
    let mut world = World::new(EndpointConfig::default());
    for (_, octets) in cases() {
        for at in 0..octets.len() {
            let mut changed = octets.to_vec();
            changed[at] ^= 0x04;
            world.receive(&changed, udp());
            world.sent.clear();
            world.said.clear();
        }
    }
    world.run_until(100_000);
    assert_eq!(world.endpoint.transactions(), (0, 0), "every transaction has an end");
}

/// Of a request that is whole: what comes back, and that it comes once.
#[test]
fn the_server_of_the_apps_answers_each_as_its_clause_says() {
    let mut wrong = Vec::new();
    for (case, octets) in cases() {
        for flow in [udp(), tcp()] {
            let sent = Server::new(policy()).receive(&octets, flow);
            let statuses: Vec<_> =
                sent.iter().filter_map(|octets| std::str::from_utf8(octets.get(8..11)?).ok()).collect();
            let answered = if statuses.is_empty() { "drop".to_owned() } else { statuses.join(" ") };
            let expected = case.server.as_ref().or(case.endpoint.as_ref()).unwrap_or(&case.verdict);
            if answered != *expected {
                wrong.push(format!("{} {}: {answered}, not {expected}", case.section, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_of_the_rfcs_is_left_out() {
    for (name, count) in FOLDERS {
        let mut files: Vec<String> = std::fs::read_dir(folder(name))
            .unwrap()
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".dat")?.to_owned()))
            .collect();
        files.sort();
        let mut named: Vec<String> = cases_of(&folder(name)).into_iter().map(|(case, _)| case.name).collect();
        named.sort();
        assert_eq!(files, named);
        assert_eq!(files.len(), count, "{name}");
    }
}

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::Duration;

use iwf_model::{Connection, ConnectionId, Link, Settings, Timestamp};
use iwf_relay::Directory;
use iwf_sip::Uri;
use iwf_sip::locate::NextHop;
use iwf_store::usrloc::{Product, Row, UsrlocReport};
use socket2::{Domain, Socket, Type};

use super::ask::Asker;
use super::registrar::{Census, freshness};
use super::{Finding, Weight, certificates, ports, servers};
use crate::config::{self, Config};
use crate::elsewhere::samples::{account, registrar, row};

const NOW: Timestamp = Timestamp::from_micros(1_795_276_902_000_000);

fn written(ago: i64) -> Option<Finding> {
    let span = Duration::from_secs(ago.unsigned_abs());
    let newest = if ago < 0 { NOW.after(span) } else { NOW.before(span) };
    let report = UsrlocReport { product: Product::Kamailio, version: 9, contacts: 1, newest: Some(newest) };
    freshness(&report, NOW)
}

#[test]
fn a_clock_that_is_not_utc_is_told_with_its_offset() {
    let finding = written(-(3600 + 5)).unwrap();
    assert_eq!(finding.weight, Weight::Bad);
    assert!(finding.text.contains("utc_offset_minutes by about 60"), "{finding}");
}

#[test]
fn a_registrar_that_writes_late_is_told() {
    let finding = written(3 * 3600).unwrap();
    assert_eq!(finding.weight, Weight::Note);
    assert!(finding.text.contains("3 hours ago") && finding.text.contains("db_mode"), "{finding}");
}

#[test]
fn a_registrar_that_writes_as_it_goes_is_not() {
    assert_eq!((written(0), written(-60), written(3600)), (None, None, None));
}

/// What is said of rows with these names, domains and sockets; whether it is a fault.
fn counted(rows: &[(&str, &str, Option<&str>)]) -> Vec<(bool, String)> {
    let directory = Directory::new(Vec::new(), vec![account()], Vec::new(), Vec::new());
    let (mut census, registrar) = (Census::default(), registrar(None));
    for (username, domain, socket) in rows {
        let (username, domain) = (username.to_string(), Some(domain.to_string()));
        let socket = socket.map(str::to_owned);
        let row = Row { username, domain, socket, ..row("sip:1@10.0.0.1", None, None) };
        census.take(&row, &directory, (&registrar, None));
    }
    let mut findings = Vec::new();
    census.tell(&registrar, &mut findings);
    findings.into_iter().map(|finding| (finding.weight == Weight::Bad, finding.text)).collect()
}

const SOCKET: Option<&str> = Some("udp:192.0.2.1:5060");

#[test]
fn a_registrar_none_of_whose_users_is_ours_is_a_fault_with_its_way_out() {
    let told = counted(&[("2222", "example.com", SOCKET)]);
    assert!(told.len() == 1 && told[0].0 && told[0].1.contains("iwf account adopt"), "{told:?}");
    assert_eq!(counted(&[]).iter().filter(|(is_fault, _)| *is_fault).count(), 0, "nobody is registered");
}

#[test]
fn users_of_several_domains_and_contacts_without_a_way_are_faults() {
    let told = counted(&[("1111", "example.com", SOCKET), ("1111", "example.org", None)]);
    let faults: Vec<&String> = told.iter().filter(|(is_fault, _)| *is_fault).map(|(_, text)| text).collect();
    assert_eq!(faults.len(), 2, "{told:?}");
    assert!(faults[0].contains("example.com, example.org"), "{}", faults[0]);
    assert!(faults[1].starts_with("1 contacts have no Path"), "{}", faults[1]);
    assert!(told[0].1.starts_with("2 contacts belong to accounts here, 0 of them with a Path"), "{told:?}");
}

#[test]
fn a_certificate_weighs_by_the_time_that_it_has() {
    let days = |days: u64| NOW.after(Duration::from_secs(days * 24 * 3600 + 60));
    let judge = |ends| certificates::judge("sip.tls", Path::new("cert.pem"), Ok(Some(ends)), NOW);
    assert_eq!(judge(days(90)).weight, Weight::Good);
    let soon = judge(days(13));
    assert_eq!(soon.weight, Weight::Note);
    assert!(soon.text.contains("ends in 13 days"), "{soon}");
    assert_eq!(judge(NOW).weight, Weight::Bad);
}

fn configured(text: &str) -> Config {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("iwf-doctor-{}-{number}.toml", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let config = config::load(Some(&file), Vec::new());
    std::fs::remove_file(&file).unwrap();
    config.unwrap()
}

fn listening_on(udp: SocketAddr) -> Vec<Finding> {
    let config = configured(&format!(
        "[smpp]\nlisten = [\"127.0.0.1:0\"]\n[sip]\nudp = [\"{udp}\"]\ntcp = []\n[admin]\nlisten = \"127.0.0.1:0\"\n"
    ));
    let mut findings = Vec::new();
    ports::look(&config, Path::new("/nonexistent"), &mut findings);
    findings
}

#[tokio::test]
async fn an_address_that_another_program_has_is_named_with_its_key() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let findings = listening_on(address);
    let fault = findings.iter().find(|finding| finding.weight == Weight::Bad).unwrap();
    assert!(fault.text.starts_with(&format!("sip.udp: {address} is taken")), "{fault}");
    let free = listening_on(([127, 0, 0, 1], 0).into());
    assert!(free.iter().all(|finding| finding.weight != Weight::Bad), "{free:?}");
    let notes = free.iter().filter(|finding| finding.text.contains("loopback")).count();
    assert_eq!(notes, 2, "carriers and apps: {free:?}");
}

/// Echoes the fields that an answer needs, as a server does that is there.
fn answer(request: &[u8], status: &str) -> Vec<u8> {
    let text = std::str::from_utf8(request).unwrap();
    let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let fields = text.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
    let fields: Vec<&str> = fields.collect();
    format!("SIP/2.0 {status}\r\n{}\r\nContent-Length: 0\r\n\r\n", fields.join("\r\n")).into_bytes()
}

async fn asked(uri: &str) -> Finding {
    let mut findings = Vec::new();
    let hop = NextHop::of(&Uri::parse(uri).unwrap()).unwrap();
    let mut asker = Asker::new(&configured(""));
    asker.patience = Duration::from_secs(60);
    asker.look("The proxy", uri, &hop, &mut findings).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

#[tokio::test]
async fn a_server_that_answers_is_there_and_one_that_wants_a_password_is_a_fault() {
    for (status, weight) in
        [("200 OK", Weight::Good), ("404 Not Found", Weight::Good), ("407 Who", Weight::Bad)]
    {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let serving = std::thread::spawn(move || {
            let mut datagram = [0; 4096];
            let (length, from) = server.recv_from(&mut datagram).unwrap();
            server.send_to(&answer(&datagram[..length], status), from).unwrap();
        });
        let finding = asked(&format!("sip:127.0.0.1:{port}")).await;
        assert_eq!(finding.weight, weight, "{finding}");
        serving.join().unwrap();
    }
}

#[tokio::test]
async fn a_server_is_asked_over_its_connection() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut socket, _) = server.accept().unwrap();
        let (mut request, mut piece) = (Vec::new(), [0; 4096]);
        while !request.ends_with(b"\r\n\r\n") {
            let length = socket.read(&mut piece).unwrap();
            assert_ne!(length, 0, "it closed before it had asked");
            request.extend_from_slice(&piece[..length]);
        }
        socket.write_all(&answer(&request, "200 OK")).unwrap();
        socket
    });
    let finding = asked(&format!("sip:127.0.0.1:{port};transport=tcp")).await;
    assert_eq!(finding.weight, Weight::Good, "{finding}");
    drop(serving.join().unwrap());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault() {
    // Bound, so that nobody else gets the port, and not listening.
    let nobody = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    nobody.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = nobody.local_addr().unwrap().as_socket().unwrap().port();
    let finding = asked(&format!("sip:127.0.0.1:{port};transport=tcp")).await;
    assert_eq!(finding.weight, Weight::Bad, "{finding}");
}

#[tokio::test]
async fn a_message_centre_that_does_not_answer_is_told() {
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let connection = |id, name: &str, address: SocketAddr| {
        let mut link = Link::default();
        link.set("address", &address.to_string()).unwrap();
        link.set("carrier", "Vendor").unwrap();
        Connection { id: ConnectionId(id), name: name.to_owned(), link }
    };
    let connections = vec![connection(1, "there", there.local_addr().unwrap()), connection(2, "gone", gone)];
    let directory = Directory::new(Vec::new(), Vec::new(), connections, Vec::new());
    let mut findings = Vec::new();
    servers::connections(&directory, &mut findings).await;
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("works  Connection there"), "{told:?}");
    assert!(told[1].starts_with("fault  Connection there: its carrier Vendor"), "{told:?}");
    assert!(
        told[2].starts_with("fault  Connection gone") && told[2].contains("can not be reached"),
        "{told:?}"
    );
}

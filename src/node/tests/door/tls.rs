//! SMPP over TLS (interworking.md A.18).

use std::process::Command;

use iwf_sim::carrier::{Coding, Submission};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::version;

use crate::authority::Authority;
use crate::house::{Files, House, PATIENCE, account, until_closed};

fn hello() -> Submission {
    Submission::new("222", "111", "hello")
}

#[tokio::test]
async fn a_carrier_binds_and_submits_over_tls_1_2_and_1_3() {
    let (authority, files) = (Authority::new(), Files::new("versions"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&files.lines()).await;
    for version in [&version::TLS12, &version::TLS13] {
        let carrier = house.bind(&authority.client_of(&[version], None)).await.unwrap();
        for _ in 0..100 {
            carrier.submit(&hello()).await.unwrap();
        }
        carrier.unbind().await.unwrap();
    }
    house.counts("iwf_smpp_tls_handshakes_total{result=\"done\"}", 2.0).await;
    assert!(house.metric("iwf_tls_certificate_not_after_seconds{side=\"smpp\"}").await > 1_700_000_000.0);
    assert_eq!(house.metric("iwf_smpp_submits_total{result=\"accepted\"}").await, 200.0);
    assert_eq!(house.metric("iwf_smpp_tls_handshakes_total{result=\"failed\"}").await, 0.0);
}

/// More than rustls or a socket takes at once, and than the window lets us read.
#[tokio::test]
async fn many_submits_at_once_are_all_answered_over_tls() {
    let (authority, files) = (Authority::new(), Files::new("many"));
    files.show(&authority.issue("localhost"));
    let carrier =
        "[[carrier]]\nname = \"C\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\nwindow = 50\n";
    let house = House::open_to(&[carrier, &account()].concat(), &files.lines()).await;
    let carrier = house.bind(&authority.client(None)).await.unwrap();
    let text = "x".repeat(3000);
    let submission = Submission { text, coding: Coding::Latin1, payload: true, ..hello() };
    let mut under_way = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let (carrier, submission) = (carrier.clone(), submission.clone());
        under_way.spawn(async move { carrier.submit(&submission).await.map(drop) });
    }
    let accepted = under_way.join_all().await;
    assert!(accepted.iter().all(Result::is_ok), "{accepted:?}\n{}", house.log());
}

#[tokio::test]
async fn a_client_certificate_can_be_required() {
    let (authority, files) = (Authority::new(), Files::new("required"));
    files.show(&authority.issue("localhost"));
    files.write("ca.pem", &authority.pem);
    let mut lines = files.lines();
    lines.push(("smpp.tls", "client_ca", files.named("ca.pem")));
    lines.push(("smpp.tls", "client_certificate", "\"required\"".to_owned()));
    let house = House::open(&lines).await;

    let carrier = house.bind(&authority.client(Some(&authority.issue("carrier1.example")))).await;
    assert!(carrier.is_ok(), "{carrier:?}\n{}", house.log());
    assert!(house.bind(&authority.client(None)).await.is_err(), "no certificate");
    let stranger = Authority::new().issue("carrier1.example");
    assert!(house.bind(&authority.client(Some(&stranger))).await.is_err(), "of somebody unknown");
    house.counts("iwf_smpp_tls_handshakes_total{result=\"failed\"}", 2.0).await;
    assert!(house.log().contains("TLS was not agreed upon"), "{}", house.log());
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_and_the_old_ones_live_on() {
    let (old, new, files) = (Authority::new(), Authority::new(), Files::new("reload"));
    files.show(&old.issue("localhost"));
    let house = House::open(&files.lines()).await;
    let carrier = house.bind(&old.client(None)).await.unwrap();
    assert!(house.connect(&new.client(None)).await.is_err());

    files.show(&new.issue("localhost"));
    let deadline = Instant::now() + PATIENCE;
    while house.connect(&new.client(None)).await.is_err() {
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    carrier.submit(&hello()).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_leaves_the_old_one_in_place() {
    let (authority, files) = (Authority::new(), Files::new("broken"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&files.lines()).await;
    files.write("key.pem", &authority.issue("localhost").key);
    house.counts("iwf_tls_reloads_total{result=\"refused\"}", 1.0).await;
    assert!(house.log().contains("is not the key of the certificate"), "{}", house.log());
    assert!(house.bind(&authority.client(None)).await.is_ok());
}

#[tokio::test]
async fn sighup_reads_the_files_anew_even_if_nothing_has_changed() {
    let (authority, files) = (Authority::new(), Files::new("sighup"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&files.lines()).await;
    let carrier = house.bind(&authority.client(None)).await.unwrap();
    let pid = house.node.addresses().pid.to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -HUP {pid}")]).status().unwrap().success());
    house.counts("iwf_tls_reloads_total{result=\"taken\"}", 1.0).await;
    carrier.enquire_link().await.unwrap();
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_closed_and_keeps_nobody_waiting() {
    let (authority, files) = (Authority::new(), Files::new("silent"));
    files.show(&authority.issue("localhost"));
    let mut lines = files.lines();
    lines.push(("smpp", "session_init_seconds", "2".to_owned()));
    let house = House::open(&lines).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(tokio::net::TcpStream::connect(house.tls()).await.unwrap());
    }
    let bound = timeout(PATIENCE, house.bind(&authority.client(None))).await;
    assert!(bound.unwrap().is_ok(), "{}", house.log());
    for stream in &mut silent {
        let said = until_closed(stream).await;
        assert_eq!(said.first(), Some(&21), "nothing but an alert (RFC 8446 6): {said:?}");
    }
    let failed = house.metric("iwf_smpp_tls_handshakes_total{result=\"failed\"}").await;
    assert_eq!(failed, 0.0, "who says nothing, as a health check does, fails at nothing");
}

#[tokio::test]
async fn a_session_is_resumed_without_the_certificate_being_sent_again() {
    use tokio_rustls::rustls::HandshakeKind;
    let (authority, files) = (Authority::new(), Files::new("resumed"));
    files.show(&authority.issue("localhost"));
    let house = House::open(&files.lines()).await;
    let client = authority.client_of(&[&version::TLS12], None);
    let first = house.connect(&client).await.unwrap();
    assert_eq!(first.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    let second = house.connect(&client).await.unwrap();
    assert_eq!(second.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
}

#[test]
fn iwf_check_names_the_file_and_the_key_that_are_wrong() {
    let (authority, files) = (Authority::new(), Files::new("check"));
    let (one, other) = (authority.issue("localhost"), authority.issue("localhost"));
    files.write("certificate.pem", &one.certificate);
    files.write("key.pem", &one.key);
    files.write("other.pem", &other.key);
    files.write("empty.pem", "");
    let checked = |certificate: &str, key: &str, more: &str| {
        let text = format!(
            "[smpp.tls]\nlisten = [\"127.0.0.1:3550\"]\ncertificate = {}\nkey = {}\n{more}\n",
            files.named(certificate),
            files.named(key),
        );
        let file = files.write("iwf.toml", &text);
        let output = Command::new(env!("CARGO_BIN_EXE_iwf")).arg("check").arg(file).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(checked("certificate.pem", "key.pem", "").0);
    for (certificate, key, more, expected) in [
        ("nowhere.pem", "key.pem", "", ":3:1: smpp.tls.certificate: "),
        ("empty.pem", "key.pem", "", "empty.pem: holds no certificate in PEM form"),
        ("key.pem", "key.pem", "", "key.pem: holds no certificate in PEM form"),
        ("certificate.pem", "certificate.pem", "", ":4:1: smpp.tls.key: "),
        ("certificate.pem", "other.pem", "", "other.pem: is not the key of the certificate in "),
        (
            "certificate.pem",
            "key.pem",
            "client_ca = \"nowhere.pem\"",
            ":5:1: smpp.tls.client_ca: nowhere.pem: can't be read",
        ),
        ("certificate.pem", "key.pem", "client_certificate = \"required\"", "needs smpp.tls.client_ca"),
    ] {
        let (right, said) = checked(certificate, key, more);
        assert!(!right && said.contains(expected), "{certificate} {key} {more}: {said}");
    }
}

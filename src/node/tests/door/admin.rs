//! The command line and the admin API of a running node.

use std::path::Path;
use std::process::Command;

use iwf_sim::carrier::{Carrier, Submission};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::authority::Authority;
use crate::house::{Files, House, PATIENCE, options};

/// What a command said, and whether it was done.
fn iwf(house: &House, arguments: &[&str]) -> (bool, String) {
    run(&house.installation.data(), arguments)
}

fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iwf"));
    command.args(arguments).arg("--data").arg(data);
    let output = command.output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[track_caller]
fn done(house: &House, arguments: &[&str]) -> String {
    let (done, said) = iwf(house, arguments);
    assert!(done, "{arguments:?}: {said}\n{}", house.log());
    said
}

/// Asks the admin API by hand; the answer with its head.
async fn ask(house: &House, request: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(house.node.addresses().admin[0]).await.unwrap();
    let head =
        format!("{request}\r\nHost: iwf\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn local_token(house: &House) -> String {
    std::fs::read_to_string(house.installation.data().join("admin.token")).unwrap().trim().to_owned()
}

#[tokio::test]
async fn the_command_line_asks_the_node_that_runs() {
    let house = House::open(&[]).await;
    assert!(done(&house, &["status"]).starts_with("ok ("));
    assert_eq!(
        done(&house, &["carrier", "set", "Carrier1", "--rate", "7"]),
        "changed carrier Carrier1: rate\n"
    );
    assert!(done(&house, &["carrier", "list"]).contains("7/s"));
    let add = ["account", "add", "222", "--did", "222", "--password", "x"];
    assert_eq!(done(&house, &add), "added account 222\n");
    let (worked, said) = iwf(&house, &["account", "set", "222", "--did", "111"]);
    assert!(!worked && said.contains("the number 111 belongs to account 111"), "{said}");
    assert_eq!(done(&house, &["account", "remove", "222"]), "removed account 222\n");
    let log = house.log();
    assert!(log.contains("provisioning changed") && log.contains("by=\"local\""), "{log}");
    assert!(!log.contains(&local_token(&house)), "the token is in the log");
}

#[tokio::test]
async fn a_message_that_waits_is_listed_and_taken_back() {
    let house = House::open(&[]).await;
    let (carrier, mut receipts) = Carrier::bind(house.plain(), &options("secret1")).await.unwrap();
    let asking = Submission { registered_delivery: 1, ..Submission::new("ACME", "111", "hello") };
    let accepted = carrier.submit(&asking).await.unwrap();
    let id = accepted.id.as_str();
    let listed = done(&house, &["message", "list", "--to-account", "111", "--source", "ACME"]);
    assert!(listed.contains(id) && listed.contains("account 111"), "{listed}");
    assert!(!done(&house, &["message", "list", "--source", "other"]).contains(id));
    assert_eq!(done(&house, &["message", "cancel", id]), format!("cancelled message {id}\n"));
    let receipt = timeout(PATIENCE, receipts.recv()).await.unwrap().unwrap();
    assert_eq!(receipt.stat, "DELETED");
    let (worked, said) = iwf(&house, &["message", "cancel", id]);
    assert!(!worked && said.contains("has ended"), "{said}");
    let shown = done(&house, &["message", "show", id]);
    assert!(shown.contains("state        deleted (cancelled"), "{shown}");
}

#[tokio::test]
async fn who_is_bound_is_told_to_who_has_a_token() {
    let house = House::open(&[]).await;
    let _carrier = house.bind_plain("secret1").await.unwrap();
    let answer = ask(&house, "GET /v1/binds?carrier=Carrier1 HTTP/1.1", &local_token(&house)).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"kind\":\"transceiver\""), "{answer}");
    let answer = ask(&house, "GET /v1/binds HTTP/1.1", "guessed").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// With the token of a role that may look and no more, over the address that it is given.
#[tokio::test]
async fn a_node_is_asked_by_its_address_with_a_token_of_the_store() {
    let house = House::open(&[]).await;
    let token = done(&house, &["token", "add", "monitor", "--role", "read"]);
    let file = house.installation.directory().join("monitor.token");
    std::fs::write(&file, token).unwrap();
    let url = format!("http://{}", house.node.addresses().admin[0]);
    let elsewhere = ["--node", &url, "--token-file", &file.to_string_lossy()];
    let asks = |words: &[&str]| run(Path::new("nowhere"), &[words, elsewhere.as_slice()].concat());
    let (worked, said) = asks(&["carrier", "list"]);
    assert!(worked && said.contains("Carrier1"), "{said}");
    let (worked, said) = asks(&["carrier", "set", "Carrier1", "--rate", "7"]);
    assert!(!worked && said.contains("the token monitor has the role read; this needs admin"), "{said}");
    let (worked, said) = run(&house.installation.data(), &["token", "list"]);
    assert!(worked && !said.trim_end().ends_with('-'), "the day of its use is missing: {said}");
}

/// Where anybody may come from, the connection is encrypted and every page asks for a token.
#[tokio::test]
async fn a_node_is_administered_from_elsewhere_over_tls() {
    let (authority, files) = (Authority::new(), Files::new("admin"));
    files.show(&authority.issue("localhost"));
    let ca = files.write("ca.pem", &authority.pem);
    let lines: Vec<_> = files.lines().into_iter().map(|(_, key, value)| ("admin.tls", key, value)).collect();
    let house = House::open(&lines).await;
    let port = house.node.addresses().admin_tls[0].port();
    let file = house.installation.directory().join("other.token");
    std::fs::write(&file, done(&house, &["token", "add", "other", "--role", "admin"])).unwrap();
    let (url, file, ca) = (format!("https://localhost:{port}"), file.to_string_lossy(), ca.to_string_lossy());
    let elsewhere = ["--node", &url, "--token-file", &file, "--node-ca", &ca];
    let asks = |words: &[&str]| run(Path::new("nowhere"), &[words, elsewhere.as_slice()].concat());
    assert_eq!(asks(&["carrier", "set", "Carrier1", "--rate", "9"]).1, "changed carrier Carrier1: rate\n");
    assert!(house.log().contains("by=\"other\""), "{}", house.log());
    let (worked, said) = run(Path::new("nowhere"), &[&["status"], &elsewhere[..4]].concat());
    assert!(!worked && said.contains("does not answer"), "nobody vouches for it: {said}");

    let stream = TcpStream::connect(house.node.addresses().admin_tls[0]).await.unwrap();
    let mut stream = authority.client(None).connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 401"), "{answer}");
}

/// It has left its announcement behind, and its token is of no use to anybody.
#[tokio::test]
async fn the_store_of_a_node_that_was_killed_is_worked_on_here() {
    let House { mut installation, node } = House::open(&[]).await;
    let data = installation.data();
    let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
    node.kill().await.unwrap();
    assert!(run(&data, &["carrier", "list"]).1.contains("Carrier1"));
    let (worked, said) = run(&data, &["status"]);
    assert!(!worked && said.contains("it may have been killed: `iwf serve` starts it again"), "{said}");
    let node = installation.start().await.unwrap();
    let house = House { installation, node };
    assert_ne!(local_token(&house), token);
    let answer = ask(&house, "GET /v1/carriers HTTP/1.1", token.trim()).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

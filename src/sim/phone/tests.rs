//! The phone against a registrar made of a socket and a few lines of text.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::timeout;

use super::*;

const CHALLENGE: &str =
    "WWW-Authenticate: Digest realm=\"iwf\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n";

/// Answers a request with what it must repeat.
fn response(request: &str, status: &str, more: &str) -> String {
    let repeated: String = request
        .lines()
        .filter(|line| {
            ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"].iter().any(|n| line.starts_with(n))
        })
        .map(|line| {
            let expires = if line.starts_with("Contact:") { ";expires=3600" } else { "" };
            format!("{line}{expires}\r\n")
        })
        .collect();
    format!("SIP/2.0 {status}\r\n{repeated}{more}Content-Length: 0\r\n\r\n")
}

fn message(branch: &str, peer: SocketAddr) -> String {
    format!(
        "MESSAGE sip:111@{peer} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch={branch};rport\r\n\
         From: <sip:+4915112345@iwf>;tag=a\r\nTo: <sip:111@iwf>\r\nCall-ID: c1\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 5\r\n\r\nhallo"
    )
}

async fn heard(socket: &UdpSocket) -> (String, SocketAddr) {
    let mut buffer = vec![0; 4096];
    let (length, peer) =
        timeout(Duration::from_secs(5), socket.recv_from(&mut buffer)).await.unwrap().unwrap();
    (String::from_utf8_lossy(&buffer[..length]).into_owned(), peer)
}

async fn phone_of(socket: &UdpSocket) -> (Arc<Phone>, mpsc::Receiver<Text>) {
    let options = PhoneOptions::new("111", "secret", socket.local_addr().unwrap());
    let (phone, texts) = Phone::start(options).await.unwrap();
    (Arc::new(phone), texts)
}

async fn registrar() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn it_answers_a_challenge_once_and_reports_what_was_granted() {
    let socket = registrar().await;
    let (phone, _texts) = phone_of(&socket).await;
    let registering = tokio::spawn(async move { phone.register().await });

    let (first, peer) = heard(&socket).await;
    socket.send_to(response(&first, "401 Unauthorized", CHALLENGE).as_bytes(), peer).await.unwrap();
    let (second, _) = heard(&socket).await;
    socket.send_to(response(&second, "200 OK", "").as_bytes(), peer).await.unwrap();

    let registration = registering.await.unwrap().unwrap();
    assert_eq!(registration.granted, 3600);
    assert!(!first.contains("Authorization:"), "{first}");
    assert!(second.contains("nc=00000001") && second.contains("CSeq: 2 REGISTER"), "{second}");
}

#[tokio::test]
async fn a_second_refusal_is_the_end() {
    let socket = registrar().await;
    let (phone, _texts) = phone_of(&socket).await;
    let registering = tokio::spawn(async move { phone.register().await });
    for _ in 0..2 {
        let (request, peer) = heard(&socket).await;
        socket.send_to(response(&request, "401 Unauthorized", CHALLENGE).as_bytes(), peer).await.unwrap();
    }
    assert!(matches!(registering.await.unwrap(), Err(PhoneError::Refused("REGISTER", 401))));
}

#[tokio::test]
async fn a_retransmission_is_answered_again_and_shown_once() {
    let socket = registrar().await;
    let (phone, mut texts) = phone_of(&socket).await;
    phone.answer(&[Answer::Status(486), Answer::Status(200)]);
    let peer: SocketAddr = phone.contact().trim_start_matches("sip:111@").parse().unwrap();

    for (branch, status) in [("z9hG4bK1", "486"), ("z9hG4bK1", "486"), ("z9hG4bK2", "200")] {
        socket.send_to(message(branch, peer).as_bytes(), peer).await.unwrap();
        let (answer, _) = heard(&socket).await;
        assert!(answer.starts_with(&format!("SIP/2.0 {status}")), "{branch}: {answer}");
    }

    let (first, second) = (texts.recv().await.unwrap(), texts.recv().await.unwrap());
    assert_eq!(
        (first.sender.as_str(), first.body.as_str(), first.answer),
        ("4915112345", "hallo", Some(486))
    );
    assert_eq!(second.answer, Some(200));
    assert!(texts.try_recv().is_err());
}

#[tokio::test]
async fn over_tcp_it_is_reached_by_the_connection_that_it_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = PhoneOptions::new("111", "secret", listener.local_addr().unwrap());
    options.transport = Transport::Tcp;
    let (phone, mut texts) = Phone::start(options).await.unwrap();
    let registering = tokio::spawn(async move { phone.register().await.map(|_| phone) });

    let (mut stream, peer) = listener.accept().await.unwrap();
    let mut buffer = vec![0; 4096];
    let length = stream.read(&mut buffer).await.unwrap();
    let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let both = response(&request, "200 OK", "") + &message("z9hG4bK1", peer).replace("UDP", "TCP");
    stream.write_all(both.as_bytes()).await.unwrap();

    assert_eq!(texts.recv().await.unwrap().body, "hallo");
    let _phone = registering.await.unwrap().unwrap();
    assert!(request.contains("Contact: <sip:111@192.0.2.1:"), "{request}");
}

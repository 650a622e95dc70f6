//! RFC 3261 section 22 and RFC 7616 on the wire.

use iwf_sip::digest::{Algorithm, Challenge, DigestPolicy};
use iwf_sip::uas::UasPolicy;
use iwf_sip::{Name, Response};

use crate::server::{App, Server, nonce, policy};

const CONTACT: &str = "Contact: <sip:1@192.0.2.1:5060>\r\n";

fn server(challenge: Challenge) -> Server {
    let digest = DigestPolicy { challenge, ..policy().digest };
    Server::new(UasPolicy { digest, ..policy() })
}

fn challenges(response: &Response) -> Vec<&str> {
    response.headers(Name::WwwAuthenticate).collect()
}

/// RFC 3261 22.1; field-notes 2: one challenge, MD5 unless the policy says otherwise.
#[test]
fn a_register_without_credentials_is_challenged_once() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let response = app.send_once(&mut server, &draft, "");
    assert_eq!(response.status(), 401);
    let challenges = challenges(&response);
    assert_eq!(challenges.len(), 1);
    assert!(challenges[0].starts_with("Digest realm=\"example.com\", nonce=\""), "{challenges:?}");
    assert!(challenges[0].ends_with("\", algorithm=MD5, qop=\"auth\""), "{challenges:?}");
}

/// RFC 8760 2.4: several challenges are several header lines, the preferred one first.
#[test]
fn two_algorithms_are_two_header_lines() {
    let (mut server, mut app) = (server(Challenge::Both), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let response = app.send_once(&mut server, &draft, "");
    let challenges = challenges(&response);
    assert!(challenges[0].contains("algorithm=SHA-256") && challenges[1].contains("algorithm=MD5"));
}

/// RFC 8760: the digest of rsip under both algorithms.
#[test]
fn both_algorithms_are_understood_where_they_are_offered() {
    let cases = [
        (Challenge::Md5, Algorithm::Md5, 200),
        (Challenge::Md5, Algorithm::Sha256, 401),
        (Challenge::Sha256, Algorithm::Sha256, 200),
        (Challenge::Sha256, Algorithm::Md5, 401),
        (Challenge::Both, Algorithm::Md5, 200),
        (Challenge::Both, Algorithm::Sha256, 200),
    ];
    for (challenge, algorithm, status) in cases {
        let mut app = App { algorithm, ..App::new("111222333") };
        let response = app.register(&mut server(challenge), CONTACT);
        assert_eq!(response.status(), status, "{challenge:?} {algorithm:?}");
    }
}

/// interworking.md G.5: the two can't be told apart, but for nonce, tag and the user itself.
#[test]
fn an_unknown_user_is_answered_like_a_wrong_password() {
    let answer = |user: &'static str| {
        let mut app = App { password: "wrong", ..App::new(user) };
        let response = app.register(&mut server(Challenge::Md5), CONTACT);
        let text = String::from_utf8_lossy(response.octets()).replace(user, "USER");
        text.replace(&nonce(&response), "NONCE")
    };
    assert!(answer("111222333").starts_with("SIP/2.0 401 "));
    assert_eq!(answer("111222333"), answer("999888777"));
}

/// RFC 7616 3.3, "stale".
#[test]
fn an_old_nonce_is_stale_and_a_new_one_is_taken_without_asking_the_user() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let challenged = app.send_once(&mut server, &draft, "");
    server.wait(300);
    let authorization = app.authorization(&draft, &nonce(&challenged), 1);
    let stale = app.send_once(&mut server, &draft, &authorization);
    assert!(challenges(&stale)[0].ends_with(", stale=true"));
    let authorization = app.authorization(&draft, &nonce(&stale), 1);
    assert_eq!(app.send_once(&mut server, &draft, &authorization).status(), 200);

    app.password = "wrong";
    let authorization = app.authorization(&draft, &nonce(&challenged), 1);
    let wrong = app.send_once(&mut server, &draft, &authorization);
    assert!(!challenges(&wrong)[0].contains("stale"), "a wrong digest is never stale");
}

/// RFC 7616 3.4, "nc"; 5.5 (replay).
#[test]
fn a_nonce_serves_many_requests_and_each_count_once() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let nonce = nonce(&app.send_once(&mut server, &draft, ""));
    let mut send = |count| {
        let authorization = app.authorization(&draft, &nonce, count);
        app.send_once(&mut server, &draft, &authorization).status()
    };
    assert_eq!([send(1), send(2), send(2), send(4), send(3), send(4)], [200, 200, 401, 200, 200, 401]);
}

/// RFC 7616 3.4.6.
#[test]
fn a_digest_for_another_request_uri_is_400() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let nonce = nonce(&app.send_once(&mut server, &draft, ""));
    let other = crate::server::Draft { uri: "sip:example.org".into(), ..draft.clone() };
    let authorization = app.authorization(&other, &nonce, 1);
    assert_eq!(app.send_once(&mut server, &draft, &authorization).status(), 400);
}

/// field-notes 2: some phones answer in the header of a proxy.
#[test]
fn proxy_authorization_is_taken_too() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    let nonce = nonce(&app.send_once(&mut server, &draft, ""));
    let authorization =
        app.authorization(&draft, &nonce, 1).replace("Authorization:", "Proxy-Authorization:");
    assert_eq!(app.send_once(&mut server, &draft, &authorization).status(), 200);
}

/// interworking.md G.4.
#[test]
fn who_guesses_five_times_in_a_minute_is_shut_out_for_a_minute() {
    let (mut server, mut app) = (server(Challenge::Md5), App { password: "wrong", ..App::new("111222333") });
    for _ in 0..5 {
        assert_eq!(app.register(&mut server, CONTACT).status(), 401);
    }
    app.password = "secret";
    assert_eq!(app.register(&mut server, CONTACT).status(), 403);
    server.wait(60);
    assert_eq!(app.register(&mut server, CONTACT).status(), 200);
}

#[test]
fn garbage_for_credentials_is_challenged() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_register(CONTACT);
    for value in [
        "Basic dXNlcjpwYXNz",
        "Digest",
        "Digest username=\"",
        "",
        "Digest ,,,=,\"",
        "Digest \u{fffd}=\u{fffd}",
    ] {
        let response = app.send_once(&mut server, &draft, &format!("Authorization: {value}\r\n"));
        assert_eq!(response.status(), 401, "{value}");
    }
}

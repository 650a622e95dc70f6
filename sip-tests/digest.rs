//! RFC 3261 section 22 and RFC 7616 on the wire.

use iwf_model::{Flow, Transport};
use iwf_sip::digest::{Algorithm, Challenge, DigestPolicy};
use iwf_sip::uas::UasPolicy;
use iwf_sip::{Name, Response};

use crate::proof;
use crate::server::{App, Server, nonce, policy};
use crate::world::{address, udp};

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

/// RFC 8760: the digests of rsip, and for SHA-512/256 that of `proof`.
#[test]
fn each_algorithm_is_understood_where_it_is_offered() {
    let cases = [
        (Challenge::Sha512Trunc256, Algorithm::Sha512Trunc256, 200),
        (Challenge::Sha512Trunc256, Algorithm::Sha256, 401),
        (Challenge::Sha256, Algorithm::Sha512Trunc256, 401),
        (Challenge::Both, Algorithm::Sha512Trunc256, 401),
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

/// RFC 8760 2.3: what an account's apps can do is known better for it than for all.
#[test]
fn an_account_is_challenged_by_its_own_policy_whatever_names_it() {
    let mut server = server(Challenge::Md5);
    server.users.change("alice", |alice| alice.digest = Some(Challenge::Sha512Trunc256));
    let offers =
        |response: &Response| challenges(response).iter().map(|c| c.contains("=SHA-512-256,")).collect();
    let (mut alice, mut other) = (App::new("alice"), App::new("111222333"));

    let draft = alice.draft_register(CONTACT);
    let answers: Vec<bool> = offers(&alice.send_once(&mut server, &draft, ""));
    assert_eq!(answers, [true]);
    let by_number = crate::server::Draft { to: "<sip:+444555@example.com>".into(), ..draft.clone() };
    let answers: Vec<bool> = offers(&alice.send_once(&mut server, &by_number, ""));
    assert_eq!(answers, [true], "To of a REGISTER");
    let text = alice.draft_message("111222333", "", b"x");
    let answers: Vec<bool> = offers(&alice.send_once(&mut server, &text, ""));
    assert_eq!(answers, [true], "From of a MESSAGE");
    let draft = other.draft_register(CONTACT);
    let answers: Vec<bool> = offers(&other.send_once(&mut server, &draft, ""));
    assert_eq!(answers, [false]);

    assert_eq!(alice.register(&mut server, CONTACT).status(), 401, "MD5 does not bid it down");
    alice.algorithm = Algorithm::Sha512Trunc256;
    assert_eq!(alice.register(&mut server, CONTACT).status(), 200);
}

/// What is never asked for in the clear is never seen there.
#[test]
fn an_account_for_tls_alone_is_challenged_and_served_over_tls_and_secure_websocket_only() {
    let mut server = server(Challenge::Md5);
    server.users.change("alice", |alice| alice.tls_only = true);
    let over = |transport| Flow::Stream { transport, peer: address("192.0.2.1:40000"), connection: 7 };
    for flow in [udp(), over(Transport::Tcp), over(Transport::Ws)] {
        let mut app = App { flow, ..App::new("alice") };
        for user in ["alice", "+444555"] {
            let draft = app.draft_register(CONTACT);
            let draft = crate::server::Draft { to: format!("<sip:{user}@example.com>"), ..draft };
            let refused = app.send_once(&mut server, &draft, "");
            assert_eq!((refused.status(), challenges(&refused).len()), (403, 0), "{flow:?} {user}");
        }
        let hidden = app.draft_message("111222333", "Content-Type: text/plain\r\n", b"x");
        let hidden = crate::server::Draft { from: "<sip:anonymous@anonymous.invalid>".into(), ..hidden };
        assert_eq!(app.send(&mut server, &hidden).status(), 403, "{flow:?}: whoever From names");
    }
    for (transport, call_id) in [(Transport::Tls, "tls"), (Transport::Wss, "wss")] {
        let mut app = App { flow: over(transport), call_id, ..App::new("alice") };
        assert_eq!(app.register(&mut server, CONTACT).status(), 200, "{transport:?}");
        assert_eq!(app.text(&mut server, "111222333", "hello").status(), 202, "{transport:?}");
    }
    assert_eq!(App::new("111222333").register(&mut server, CONTACT).status(), 200, "others as before");
}

/// RFC 3323 4.1.1.3: From hides the user, the credentials name it.
#[test]
fn who_hides_in_from_is_challenged_by_the_policy_of_who_the_credentials_name() {
    let mut server = server(Challenge::Md5);
    server.users.change("alice", |alice| alice.digest = Some(Challenge::Sha256));
    let mut alice = App::new("alice");
    let text = alice.draft_message("111222333", "Privacy: id\r\nContent-Type: text/plain\r\n", b"x");
    let hidden = "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned();
    let hidden = crate::server::Draft { from: hidden, ..text };
    let first = alice.send_once(&mut server, &hidden, "");
    assert!(challenges(&first)[0].contains("algorithm=MD5"), "nobody is named yet");
    let authorization = alice.authorization(&hidden, &nonce(&first), 1);
    let second = alice.send_once(&mut server, &hidden, &authorization);
    assert!(challenges(&second)[0].contains("algorithm=SHA-256"));
    alice.algorithm = Algorithm::Sha256;
    let authorization = alice.authorization(&hidden, &nonce(&second), 1);
    assert_eq!(alice.send_once(&mut server, &hidden, &authorization).status(), 202);
}

/// RFC 7616 3.3 and 3.4.3: integrity is offered only where the policy says so and understood everywhere.
#[test]
fn auth_int_proves_the_body() {
    for offered in [false, true] {
        let digest = DigestPolicy { auth_int: offered, ..policy().digest };
        let (mut server, mut app) = (Server::new(UasPolicy { digest, ..policy() }), App::new("111222333"));
        let draft = app.draft_message("444555", "Content-Type: text/plain\r\n", b"pay 10");
        let challenged = app.send_once(&mut server, &draft, "");
        assert_eq!(challenges(&challenged)[0].contains("qop=\"auth,auth-int\""), offered);
        let authorization = proof::authorization(&app, &draft, &nonce(&challenged), 1, true);
        let changed = crate::server::Draft { body: b"pay 99".to_vec(), ..draft.clone() };
        assert_eq!(app.send_once(&mut server, &changed, &authorization).status(), 401);
        assert_eq!(app.send_once(&mut server, &draft, &authorization).status(), 202);
    }
}

/// RFC 3261 20.6, RFC 7616 3.5: who speaks again within the life of the next nonce is never challenged.
#[test]
fn an_ageing_nonce_is_replaced_by_authentication_info() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_message("444555", "Content-Type: text/plain\r\n", b"x");
    let mut nonce = nonce(&app.send_once(&mut server, &draft, ""));
    let mut count = 0;
    for minute in 0..20 {
        count += 1;
        let authorization = app.authorization(&draft, &nonce, count);
        let answer = app.send_once(&mut server, &draft, &authorization);
        assert_eq!(answer.status(), 202, "minute {minute}");
        if let Some(info) = answer.header(Name::AuthenticationInfo) {
            (nonce, count) = (info.split('"').nth(1).unwrap().to_owned(), 0);
        }
        server.wait(60);
    }
}

/// RFC 7616 3.4 and 5.5: whatever the order in which counts arrive, each is taken at most once, and none that is
/// within 63 of the highest is refused.
#[test]
fn counts_in_any_order_are_taken_once_each() {
    let (mut server, mut app) = (server(Challenge::Md5), App::new("111222333"));
    let draft = app.draft_message("444555", "Content-Type: text/plain\r\n", b"x");
    let nonce = nonce(&app.send_once(&mut server, &draft, ""));
    let (mut used, mut highest, mut state) = (std::collections::BTreeSet::new(), 0, 1_u64);
    for _ in 0..2000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let count = (highest + ((state >> 33) % 90) as u32).saturating_sub(80).max(1);
        let authorization = proof::authorization(&app, &draft, &nonce, count, false);
        let taken = app.send_once(&mut server, &draft, &authorization).status() == 202;
        assert_eq!(taken, !used.contains(&count) && count + 63 >= highest, "{count} after {highest}");
        if taken {
            used.insert(count);
            highest = highest.max(count);
        }
    }
    assert!(used.len() > 100, "{}", used.len());
}

//! RFC 3428 and RFC 3261 8.2 on the wire: what apps send, and what is answered.

use iwf_model::{Address, Origin, Refusal, Validity};
use iwf_sip::Name;
use iwf_sip::uas::UasPolicy;

use crate::server::{App, Draft, Server, nonce, policy};
use crate::world::{request, udp};

fn server() -> Server {
    Server::new(policy())
}

const TEXT: &str = "Content-Type: text/plain;charset=UTF-8\r\n";

/// RFC 3428 section 7: 202, because it was stored; no body, no Contact (sections 4 and 7).
#[test]
fn a_text_is_taken_and_answered_202_without_body_and_contact() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let response = app.text(&mut server, "222333444", "Grüße 😀");
    assert_eq!((response.status(), response.body().len()), (202, 0));
    assert_eq!((response.header(Name::Contact), response.content_length()), (None, Some(0)));
    let taken = &server.taken[0];
    assert_eq!((taken.text.as_str(), taken.destination.as_str()), ("Grüße 😀", "222333444"));
    assert_eq!(taken.source, Address::Number("111222333".parse().unwrap()));
    assert!(matches!(taken.origin, Origin::Account(_)));
    assert_eq!(taken.validity, Validity::Default);
}

/// RFC 3261 22.1: authentication comes before the body is looked at.
#[test]
fn a_message_without_credentials_is_401_whatever_it_holds() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    for headers in [TEXT, "Content-Type: image/png\r\n", ""] {
        let draft = app.draft_message("1", headers, b"x");
        assert_eq!(app.send_once(&mut server, &draft, "").status(), 401);
    }
    assert!(server.taken.is_empty());
}

/// RFC 3261 26.3.2.4: whoever has not proved who he is can't fill the table.
#[test]
fn a_flood_of_strangers_leaves_nothing_behind_and_an_app_is_served() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    for number in 0..2_000 {
        for (method, status) in
            [("OPTIONS", "200"), ("REGISTER", "401"), ("MESSAGE", "401"), ("INVITE", "405")]
        {
            let call = format!("call-{method}-{number}");
            let branch = format!("z9hG4bK{method}{number}");
            let sent =
                server.receive(request(method, &branch, "").replace("call-1", &call).as_bytes(), udp());
            assert!(sent[0].starts_with(format!("SIP/2.0 {status} ").as_bytes()), "{sent:?}");
        }
    }
    assert_eq!(server.transactions(), 0);
    assert_eq!(app.text(&mut server, "222333444", "Hello").status(), 202);
    assert_eq!(server.transactions(), 1, "the answer to the app is kept, its challenge is not");
}

/// A digest counts once: what follows from it is kept, even if it is a refusal.
#[test]
fn a_retransmitted_message_that_was_refused_gets_the_same_answer() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let draft = app.draft_message("222", "Content-Type: image/png\r\n", b"x");
    let challenged = app.send_once(&mut server, &draft, "");
    let authorization = app.authorization(&draft, &crate::server::nonce(&challenged), 1);
    let octets = app.octets(&draft, &authorization);
    let answers = [1, 2].map(|_| server.receive(&octets, udp()));
    assert!(answers[0][0].starts_with(b"SIP/2.0 415 "));
    assert_eq!(answers[0], answers[1]);
}

/// RFC 3261 17.2.2: one text, however often it comes.
#[test]
fn a_retransmitted_message_is_taken_once() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let draft = app.draft_message("222", TEXT, b"once");
    let challenged = app.send_once(&mut server, &draft, "");
    let authorization = app.authorization(&draft, &crate::server::nonce(&challenged), 1);
    let octets = app.octets(&draft, &authorization);
    let answers = [1, 2, 3].map(|_| server.receive(&octets, udp()));
    assert!(answers[0][0].starts_with(b"SIP/2.0 202 "));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(server.taken.len(), 1);
}

/// interworking.md G.2: the sender is who the digest says.
#[test]
fn a_from_of_somebody_else_is_403_and_own_numbers_are_chosen_by_it() {
    let mut server = server();
    let mut app = App::new("alice");
    let mut send = |from: &str, extra: &str| {
        let draft = Draft { from: from.to_owned(), ..app.draft_message("222", TEXT, b"x") };
        let headers = format!("{extra}{TEXT}");
        let status = app.send(&mut server, &Draft { headers, ..draft }).status();
        (status, server.taken.pop().map(|taken| taken.source.to_string()))
    };
    assert_eq!(send("<sip:alice@example.com>", ""), (202, Some("444555".into())));
    assert_eq!(send("<sip:+444556@example.com>", ""), (202, Some("444556".into())));
    assert_eq!(send("\"x\" <sip:anonymous@anonymous.invalid>", ""), (202, Some("444555".into())));
    let preferred = "P-Preferred-Identity: <sip:444556@example.com>\r\n";
    assert_eq!(send("<sip:alice@example.com>", preferred), (202, Some("444556".into())));
    let foreign = "P-Preferred-Identity: <sip:111222333@example.com>\r\nP-Asserted-Identity: <tel:+999>\r\n";
    assert_eq!(send("<sip:alice@example.com>", foreign), (202, Some("444555".into())));
    assert_eq!(send("<sip:111222333@example.com>", ""), (403, None));
    assert_eq!(send("<sip:+999@example.com>", ""), (403, None));
}

/// interworking.md C.11.
#[test]
fn the_recipient_is_read_from_the_request_uri_in_all_its_forms() {
    let mut server = server();
    let mut app = App::new("111222333");
    let mut send = |uri: &str| {
        let draft = Draft { uri: uri.to_owned(), ..app.draft_message("0", TEXT, b"x") };
        let status = app.send(&mut server, &draft).status();
        (status, server.taken.pop().map(|taken| taken.destination.to_string()))
    };
    let number = |digits: &str| (202, Some(digits.to_owned()));
    assert_eq!(send("sip:+964111222333@example.com;user=phone"), number("964111222333"));
    assert_eq!(send("sip:%2B1-555-(12)34@example.com"), number("15551234"));
    assert_eq!(send("sip:1111@198.51.100.1:5060"), number("1111"));
    assert_eq!(send("sip:alice@example.com"), number("444555"));
    assert_eq!(send("sip:444556@example.com"), number("444556"));
    assert_eq!(send("sip:nobody@example.com"), (404, None));
    assert_eq!(send("sip:123456789012345678901@example.com"), (404, None));
    assert_eq!(send("sip:example.com"), (404, None));
}

/// RFC 3966; rsip computes no digest over a tel URI, so the header is made by hand elsewhere: here it is
/// enough that the scheme is known.
#[test]
fn schemes_of_the_request_uri_that_we_do_not_know_are_416() {
    let mut server = server();
    let ask = |server: &mut Server, uri: &str, branch: &str| {
        let text =
            request("MESSAGE", branch, "").replace("sip:iwf.example.com SIP/2.0", &format!("{uri} SIP/2.0"));
        server.ask(&text, udp()).status()
    };
    assert_eq!(ask(&mut server, "tel:+15551234", "z9hG4bK1"), 401);
    assert_eq!(ask(&mut server, "im:user@example.com", "z9hG4bK2"), 416);
    assert_eq!(ask(&mut server, "urn:service:counseling", "z9hG4bK3"), 416);
}

/// RFC 3428 section 7: 415 names what is taken (RFC 3261 21.4.13).
#[test]
fn content_we_do_not_take_is_415_with_accept() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    for content_type in ["text/html", "application/octet-stream", "text/plain;charset=utf-16"] {
        let draft = app.draft_message("222", &format!("Content-Type: {content_type}\r\n"), b"x");
        let response = app.send(&mut server, &draft);
        assert_eq!(response.status(), 415, "{content_type}");
        assert!(response.header(Name::Accept).unwrap().starts_with("text/plain, message/cpim"));
    }
    let gzip = app.draft_message("222", &format!("{TEXT}Content-Encoding: gzip\r\n"), b"x");
    let response = app.send(&mut server, &gzip);
    assert_eq!((response.status(), response.header(Name::AcceptEncoding)), (415, Some("deflate, identity")));
}

#[test]
fn a_text_without_content_type_or_octets_or_sense_is_400() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    for (headers, body) in [("", &b"x"[..]), (TEXT, b""), (TEXT, b"\xff\xfe")] {
        let draft = app.draft_message("222", headers, body);
        assert_eq!(app.send(&mut server, &draft).status(), 400);
    }
    assert!(server.taken.is_empty());
}

/// field-notes 1 and 2; RFC 5438 section 7, RFC 3994 section 4: notices end here, whoever they are for.
#[test]
fn notices_are_answered_200_and_go_no_further() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let cpim = b"From: <sip:a@b>\r\nTo: <sip:c@d>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n<imdn/>";
    let deflated = miniz_oxide::deflate::compress_to_vec_zlib(cpim, 6);
    let cases = [
        ("message/imdn+xml\r\n", b"<imdn/>".to_vec()),
        ("application/im-iscomposing+xml\r\n", b"<isComposing/>".to_vec()),
        ("message/cpim\r\n", cpim.to_vec()),
        ("message/cpim\r\nContent-Encoding: deflate\r\nPriority: non-urgent\r\n", deflated),
    ];
    for (content_type, body) in cases {
        for to in ["222", "ACME%20Bank", "anonymous"] {
            let draft = app.draft_message(to, &format!("Content-Type: {content_type}"), &body);
            assert_eq!(app.send(&mut server, &draft).status(), 200, "{content_type} to {to}");
        }
    }
    assert!(server.taken.is_empty());
}

/// RFC 5438 section 7.2.1.3; interworking.md D.5.
#[test]
fn what_an_app_has_read_is_told_with_its_name_and_answered_200() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let notice = |id: &str, status: &str| {
        format!(
            "From: <sip:a@b>\r\nTo: <sip:c@d>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: x\r\n\r\n\
             Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n\
             <?xml version=\"1.0\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>{id}</message-id>\
             <display-notification><status><{status}/></status></display-notification></imdn>"
        )
    };
    let id = "734018265501928374";
    for (named, status, told) in [
        (id.to_owned(), "displayed", true),
        (format!("{id}.00ff@example.com"), "displayed", true),
        (id.to_owned(), "error", false),
        ("their-own@phone".to_owned(), "displayed", false),
    ] {
        let body = notice(&named, status);
        let draft = app.draft_message("222", "Content-Type: message/cpim\r\n", body.as_bytes());
        let response = app.send(&mut server, &draft);
        assert_eq!((response.status(), response.body().len()), (200, 0));
        let read = server.read.pop().map(|(message, _)| message);
        assert_eq!(read, told.then(|| id.parse().unwrap()), "{named} {status}");
    }
    assert!(server.taken.is_empty());
}

/// RFC 2046 5.1.
#[test]
fn a_multipart_body_is_taken_by_its_text() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let body = "--x\r\nContent-Type: text/html\r\n\r\n<b>Hi</b>\r\n--x\r\nContent-Type: text/plain\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n--x--\r\n";
    let draft = app.draft_message("222", "Content-Type: multipart/mixed; boundary=x\r\n", body.as_bytes());
    assert_eq!(app.send(&mut server, &draft).status(), 202);
    assert_eq!(server.taken[0].text, "Grüße");
}

/// RFC 3862; field-notes 2: Linphone wraps its texts.
#[test]
fn a_wrapped_text_arrives_as_the_text_it_is() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let body = "From: <sip:evil@x>\r\nTo: <sip:y@z>\r\nNS: imdn <urn:ietf:params:imdn>\r\n\
        imdn.Message-ID: 1\r\n\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nHello, 世界";
    let draft = app.draft_message("222", "Content-Type: message/cpim\r\n", body.as_bytes());
    assert_eq!(app.send(&mut server, &draft).status(), 202);
    assert_eq!(server.taken[0].text, "Hello, 世界");
    assert_eq!(server.taken[0].source.to_string(), "111222333", "the wrapper proves nothing");
}

/// RFC 3428 section 8.
#[test]
fn expires_limits_the_validity() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let draft = app.draft_message("222", &format!("{TEXT}Expires: 90\r\n"), b"x");
    app.send(&mut server, &draft);
    assert_eq!(server.taken[0].validity, Validity::For(std::time::Duration::from_secs(90)));
}

/// interworking.md D.5.
#[test]
fn each_refusal_of_the_intake_has_its_answer() {
    let expected = [
        (Refusal::UnknownDestination, 404, None),
        (Refusal::DestinationBarred, 403, None),
        (Refusal::OriginDisabled, 403, None),
        (Refusal::Throttled, 500, Some("1")),
        (Refusal::QueueFull, 503, Some("60")),
        (Refusal::StoreUnavailable, 503, Some("5")),
        (Refusal::AlreadyExpired, 400, None),
        (Refusal::Stopping, 503, Some("5")),
        (Refusal::Loop, 482, None),
    ];
    assert_eq!(expected.map(|(refusal, _, _)| refusal), Refusal::ALL);
    for (refusal, status, retry_after) in expected {
        let (mut server, mut app) = (server(), App::new("111222333"));
        server.refusal = Some(refusal);
        let response = app.text(&mut server, "222", "x");
        assert_eq!(
            (response.status(), response.header(Name::RetryAfter)),
            (status, retry_after),
            "{refusal}"
        );
    }
}

/// RFC 3261 11.2.
#[test]
fn options_tells_what_we_can_do() {
    let response = server().ask(&request("OPTIONS", "z9hG4bK1", ""), udp());
    assert_eq!(response.status(), 200);
    assert_eq!(response.header(Name::Allow), Some("OPTIONS, REGISTER, MESSAGE"));
    assert!(response.header(Name::Accept).unwrap().contains("text/plain"));
    assert_eq!(response.header(Name::Supported), Some("path, outbound"));
}

/// RFC 3261 8.2.1, 21.4.6, 21.5.2.
#[test]
fn methods_we_do_not_take_are_405_and_those_nobody_knows_501() {
    let mut server = server();
    let methods = ["INVITE", "BYE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "INFO", "UPDATE", "PRACK"];
    for (number, method) in methods.into_iter().enumerate() {
        let response = server.ask(&request(method, &format!("z9hG4bK{number}"), ""), udp());
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.header(Name::Allow), Some("OPTIONS, REGISTER, MESSAGE"), "{method}");
    }
    assert_eq!(server.ask(&request("NONSENSE", "z9hG4bKx", ""), udp()).status(), 501);
    assert!(server.receive(request("ACK", "z9hG4bKy", "").as_bytes(), udp()).is_empty());
}

/// RFC 3261 8.2.2.1, 16.3: with no hop left it must be for us.
#[test]
fn a_request_without_hops_for_somebody_else_is_483() {
    let domains = vec!["example.com".to_owned()];
    let mut server = Server::new(UasPolicy { domains, ..policy() });
    let mut ask = |host: &str, branch: &str| {
        let text = request("OPTIONS", branch, "").replace("Max-Forwards: 70", "Max-Forwards: 0");
        server.ask(&text.replace("sip:iwf.example.com", host), udp()).status()
    };
    assert_eq!(ask("sip:elsewhere.example", "z9hG4bK1"), 483);
    assert_eq!(ask("sip:EXAMPLE.com", "z9hG4bK2"), 200);
    assert_eq!(ask("sip:198.51.100.1", "z9hG4bK3"), 200);
}

/// RFC 3261 16.3, step 3, and 16.6, step 3: what is kept and sent on counts as sent on (interworking.md E.5).
#[test]
fn a_text_is_taken_with_the_hops_that_it_has_left_and_refused_without_any() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let mut send = |left: &str| {
        let draft = app.draft_message("222333444", TEXT, b"x");
        let challenged = app.send_once(&mut server, &draft, "");
        let authorization = app.authorization(&draft, &nonce(&challenged), 1);
        let text = String::from_utf8(app.octets(&draft, &authorization)).unwrap();
        let text = text.replace("Max-Forwards: 70", &format!("Max-Forwards: {left}"));
        let status = server.ask(&text, app.flow).status();
        (status, server.taken.pop().map(|taken| taken.options().max_forwards))
    };
    assert_eq!([send("70"), send("255")], [(202, Some(None)); 2], "as every new one");
    assert_eq!(send("5"), (202, Some(Some(5))));
    assert_eq!(send("0"), (483, None));
}

/// RFC 3261 8.2.2.3: before credentials are asked for.
#[test]
fn required_extensions_are_420() {
    let mut server = server();
    for (number, method) in ["MESSAGE", "REGISTER", "OPTIONS"].into_iter().enumerate() {
        let text = request(method, &format!("z9hG4bK{number}"), "Require: nothing-we-know, 100rel\r\n");
        let response = server.ask(&text, udp());
        assert_eq!(response.status(), 420, "{method}");
        assert_eq!(response.header(Name::Unsupported), Some("nothing-we-know, 100rel"), "{method}");
    }
}

#[test]
fn a_suspended_account_sends_nothing() {
    let (mut server, mut app) = (server(), App::new("off"));
    assert_eq!(app.text(&mut server, "222", "x").status(), 403);
    assert!(server.taken.is_empty());
}

/// interworking.md G.24: strangers get no more than they sent, so that we are no amplifier.
#[test]
fn a_challenge_is_not_much_larger_than_what_it_answers() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let draft = app.draft_message("222", TEXT, b"hello");
    let octets = app.octets(&draft, "");
    let answer = &server.receive(&octets, udp())[0];
    assert!(answer.len() < octets.len() * 3 / 2, "{} for {}", answer.len(), octets.len());
}

/// RFC 4475 in spirit: whatever single octet is wrong, the server answers once or not at all, and goes on.
#[test]
fn no_single_wrong_octet_upsets_the_server() {
    let (mut server, mut app) = (server(), App::new("111222333"));
    let body = b"From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi";
    let drafts = [
        app.draft_message("222", "Content-Type: message/cpim\r\nExpires: 60\r\n", body),
        app.draft_register("Contact: \"B\" <sip:1@h;transport=tcp>;q=0.5;+sip.instance=\"<urn:1>\"\r\n"),
    ];
    for draft in drafts {
        for place in 0..app.octets(&draft, "").len() + 250 {
            for wrong in [0, b'\r', b'"', b'<', b';', 0xff] {
                server.wait(61);
                let challenged = app.send_once(&mut server, &draft, "");
                let authorization = app.authorization(&draft, &crate::server::nonce(&challenged), 1);
                let mut octets = app.octets(&draft, &authorization);
                let Some(octet) = octets.get_mut(place) else { continue };
                *octet = wrong;
                assert!(server.receive(&octets, udp()).len() <= 1);
            }
        }
        server.wait(61);
        assert_eq!(app.send(&mut server, &draft).status() / 100, 2, "it still works");
    }
}

//! What goes on the wire, and what must never get there.

use iwf_model::{
    AccountId, CarrierId, Cause, MessageId, Origin, Party, Progress, ReceiptRequest, Recipient, Submission,
    Transport, Validity,
};

use super::*;

pub(super) const NOW: Timestamp = Timestamp::from_micros(1_795_253_400_000_000);

pub(super) fn binding() -> Binding {
    Binding {
        account: AccountId(1),
        aor: "sip:111222333@example.com".into(),
        contact: "sip:111222333-0x55d0@192.0.2.7:49152;transport=udp".into(),
        params: String::new(),
        instance: None,
        reg_id: None,
        q: 1000,
        call_id: "a84b4c76e66710".into(),
        cseq: 1,
        flow: Flow::datagrams("192.0.2.7:49152".parse().unwrap()),
        user_agent: String::new(),
        path: String::new(),
        expires_at: NOW.after(Duration::from_secs(3600)),
    }
}

pub(super) fn message(source: Address, ton: u8, text: &str) -> Message {
    Message {
        id: MessageId::from_u64(159_612_345_670_700_042).unwrap(),
        submission: Submission {
            origin: Origin::Carrier(CarrierId(1)),
            source,
            destination: "111222333".parse().unwrap(),
            source_as_submitted: Party { ton, npi: 1, addr: Box::default() },
            destination_as_submitted: Party::default(),
            text: text.into(),
            receipt: ReceiptRequest::NONE,
            validity: Validity::Default,
            reference: None,
            options: None,
        },
        recipient: Recipient::Account(AccountId(1)),
        accepted_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3600)),
        progress: Progress::default(),
        story: Vec::new(),
        parts: Vec::new(),
    }
}

pub(super) fn number(digits: &str) -> Address {
    Address::Number(digits.parse().unwrap())
}

fn name(text: &str) -> Address {
    Address::Name(iwf_model::Name::parse(text).unwrap())
}

fn send(message: &Message, binding: &Binding, attempt: u32) -> String {
    let attempt = Attempt {
        message,
        binding,
        number: attempt,
        flow: binding.flow,
        sent_by: "192.0.2.1:5060",
        branch: 0x1234_5678_9abc_def0,
        user_agent: "iwf/0.1",
        body: Body::Text(Form::of(message, binding, false)),
    };
    String::from_utf8(attempt.request(NOW).unwrap().to_vec()).unwrap()
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or("")
}

/// RFC 3428 section 4 and 10; interworking.md D.1.
#[test]
fn a_number_sends_a_text() {
    let request = send(&message(number("222333"), 0, "Your code is 123-456"), &binding(), 1);
    let expected = "MESSAGE sip:111222333-0x55d0@192.0.2.7:49152;transport=udp SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK123456789abcdef0\r\n\
        Max-Forwards: 70\r\n\
        From: <sip:222333@example.com>;tag=f1dd2bc2dbd7f0d3\r\n\
        To: <sip:111222333@example.com>\r\n\
        Call-ID: 159612345670700042.2c1a5bb1f1c2ad3c@example.com\r\n\
        CSeq: 1 MESSAGE\r\n\
        Date: Sat, 21 Nov 2026 09:30:00 GMT\r\n\
        Expires: 3600\r\n\
        User-Agent: iwf/0.1\r\n\
        Content-Type: text/plain;charset=UTF-8\r\n\
        Content-Length: 20\r\n\r\n\
        Your code is 123-456";
    let without_hashes = |text: &str| {
        let keep = |line: &str| !line.starts_with("From:") && !line.starts_with("Call-ID:");
        text.lines().filter(|line| keep(line)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_hashes(&request), without_hashes(expected));
    assert!(header(&request, "From").starts_with("<sip:222333@example.com>;tag="), "{request}");
    assert!(header(&request, "Call-ID").starts_with("159612345670700042."), "{request}");
    assert!(header(&request, "Call-ID").ends_with("@example.com"), "{request}");
}

#[test]
fn only_an_international_number_that_can_be_one_gets_its_plus() {
    let from = |digits: &str, ton| {
        let request = send(&message(number(digits), ton, "x"), &binding(), 1);
        header(&request, "From").split(";tag=").next().unwrap().to_owned()
    };
    assert_eq!(from("964111222333", 1), "<sip:+964111222333@example.com;user=phone>");
    for (digits, ton) in
        [("964111222333", 0), ("1111", 1), ("1111", 3), ("0111222333", 1), ("1234567890123456", 1)]
    {
        assert_eq!(from(digits, ton), format!("<sip:{digits}@example.com>"));
    }
}

#[test]
fn a_name_is_shown_quoted_and_escaped_in_its_uri() {
    let from = |text| header(&send(&message(name(text), 5, "x"), &binding(), 1), "From").to_owned();
    assert!(from("ACME Bank").starts_with("\"ACME Bank\" <sip:ACME%20Bank@example.com>;tag="));
    assert!(from("a\"b\\c").starts_with("\"a\\\"b\\\\c\" <sip:a%22b%5Cc@example.com>;tag="));
    assert!(from("100%").starts_with("\"100%\" <sip:100%25@example.com>;tag="));
    assert!(from("Über").starts_with("\"Über\" <sip:%C3%9Cber@example.com>;tag="));
}

/// RFC 3323 4.1.1.3, RFC 3325 9.3.
#[test]
fn nobody_is_anonymous() {
    let request = send(&message(Address::Absent, 0, "x"), &binding(), 1);
    assert!(header(&request, "From").starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="));
    assert_eq!(header(&request, "Privacy"), "id");
}

/// RFC 3261 8.1.1.4, 8.1.1.5, 8.1.1.7: a repeat is a request of its own under the same Call-ID.
#[test]
fn attempts_share_call_id_and_tag_and_contacts_do_not() {
    let message = message(number("222333"), 0, "x");
    let (first, second) = (send(&message, &binding(), 1), send(&message, &binding(), 2));
    assert_eq!(header(&first, "Call-ID"), header(&second, "Call-ID"));
    assert_eq!(header(&first, "From"), header(&second, "From"));
    assert_eq!(header(&second, "CSeq"), "2 MESSAGE");
    let other = Binding { contact: "sip:111222333@192.0.2.8".into(), ..binding() };
    let third = send(&message, &other, 1);
    assert_ne!(header(&first, "Call-ID"), header(&third, "Call-ID"));
}

/// RFC 3428 section 8 (Expires); interworking.md D.1, validity_period.
#[test]
fn expires_is_what_is_left_and_omitted_beyond_a_week() {
    let expires = |left: u64| {
        let expires_at = NOW.after(Duration::from_secs(left));
        let message = Message { expires_at, ..message(number("1"), 0, "x") };
        header(&send(&message, &binding(), 1), "Expires").to_owned()
    };
    assert_eq!(expires(90), "90");
    assert_eq!(expires(0), "1");
    assert_eq!(expires(7 * 86_400), "604800");
    assert_eq!(expires(7 * 86_400 + 1), "");
}

#[test]
fn the_transport_is_that_of_the_flow_and_the_text_goes_as_octets() {
    let flow =
        Flow::Stream { transport: Transport::Tcp, peer: "192.0.2.7:49152".parse().unwrap(), connection: 3 };
    let request = send(&message(number("1"), 0, "سلام 😀 @"), &Binding { flow, ..binding() }, 1);
    assert!(header(&request, "Via").starts_with("SIP/2.0/TCP 192.0.2.1:5060;rport;"));
    assert_eq!(header(&request, "Content-Length"), "15");
    assert!(request.ends_with("\r\n\r\nسلام 😀 @"));
    assert_eq!(header(&request, "Contact"), "", "RFC 3428 section 4");
}

/// interworking.md G.19.
#[test]
fn no_sender_can_end_a_line_or_leave_its_quotes() {
    let evil =
        ["a\r\nContact: <sip:x>", "a\"\r\nX: y", "\"><sip:x@y", "a\0b\nc", "\u{85}\u{2028}x", "%0d%0aX: y"];
    for text in evil {
        let Some(name) = iwf_model::Name::parse(text) else { continue };
        let request = send(&message(Address::Name(name), 5, "x"), &binding(), 1);
        let from = header(&request, "From");
        let (_, uri) = from.rsplit_once(" <sip:").unwrap();
        let (user, _) = uri.split_once("@example.com>;tag=").unwrap();
        assert!(user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()%".contains(&b)), "{from}");
        assert_eq!(request.split("\r\n\r\n").next().unwrap().lines().count(), 12, "{request}");
        assert!(!request.contains('\0'));
    }
}

/// interworking.md G.20; RFC 3261 19.1.5; RFC 4475 3.3.14.
#[test]
fn header_fields_of_a_contact_are_not_copied() {
    let contact = "sip:a@192.0.2.7;lr?Route=%3Csip:evil.example%3E".into();
    let request = send(&message(number("1"), 0, "x"), &Binding { contact, ..binding() }, 1);
    assert!(request.starts_with("MESSAGE sip:a@192.0.2.7;lr SIP/2.0\r\n"), "{request}");
}

#[test]
fn a_contact_or_an_address_of_record_that_is_no_uri_is_not_sent_to() {
    let message = message(number("1"), 0, "x");
    for evil in ["sip:a@b\r\nX: y", "sip:a@b> <sip:c@d", "sip:a@b \"x\"", "", "sip:a@b\0", "nonsense"] {
        for binding in
            [Binding { aor: evil.into(), ..binding() }, Binding { contact: evil.into(), ..binding() }]
        {
            let attempt = Attempt {
                message: &message,
                binding: &binding,
                number: 1,
                flow: binding.flow,
                sent_by: "a",
                branch: 1,
                user_agent: "iwf",
                body: Body::Text(Form::Plain),
            };
            assert!(attempt.request(NOW).is_err(), "{evil}");
        }
    }
}

#[test]
fn a_datagram_goes_to_the_contact_only_where_its_host_is_the_source() {
    let to = |contact: &str, peer: &str| {
        let flow = Flow::datagrams(peer.parse().unwrap());
        match target(&Binding { contact: contact.into(), flow, ..binding() }) {
            Target::Datagram { peer, .. } => peer.to_string(),
            connection @ Target::Connection { .. } => panic!("{connection:?}"),
        }
    };
    assert_eq!(to("sip:a@192.0.2.7:5070", "192.0.2.7:40000"), "192.0.2.7:5070");
    assert_eq!(to("sip:a@192.0.2.7", "192.0.2.7:40000"), "192.0.2.7:5060");
    assert_eq!(to("sip:a@10.0.0.1:5070", "192.0.2.7:40000"), "192.0.2.7:40000", "behind NAT");
    assert_eq!(
        to("sip:a@phone.example:5070", "192.0.2.7:40000"),
        "192.0.2.7:40000",
        "a name is not resolved"
    );
    assert_eq!(to("sip:a@[2001:db8::1]:5070", "[2001:db8::1]:4000"), "[2001:db8::1]:5070");
}

/// RFC 3261 18.1.1.
#[test]
fn what_is_too_large_for_a_datagram_goes_over_tcp_where_the_device_can_be_connected_to() {
    let stream = |contact: &str, octets| {
        let flow = Flow::datagrams("192.0.2.7:40000".parse().unwrap());
        let target = target(&Binding { contact: contact.into(), flow, ..binding() });
        target.stream_for(octets).map(|to| to.to_string())
    };
    assert_eq!(stream("sip:a@192.0.2.7:5070", 1301).as_deref(), Some("192.0.2.7:5070"));
    assert_eq!(stream("sip:a@192.0.2.7;transport=udp", 1301).as_deref(), Some("192.0.2.7:5060"));
    assert_eq!(stream("sip:a@192.0.2.7:5070", 1300), None);
    assert_eq!(stream("sip:a@10.0.0.1:5070", 60_000), None, "behind NAT");
    assert_eq!(stream("sip:a@phone.example", 60_000), None, "a name is not resolved");
}

/// RFC 3261 16.6, step 3; interworking.md E.5.
#[test]
fn a_text_that_came_over_sip_goes_on_with_a_hop_less() {
    let left = |origin, max_forwards: Option<u8>| {
        let mut message = message(number("1"), 0, "x");
        message.submission.origin = origin;
        message.submission.options = max_forwards.map(|left| {
            Box::new(iwf_model::Options { max_forwards: Some(left), ..iwf_model::Options::NONE })
        });
        header(&send(&message, &binding(), 1), "Max-Forwards").to_owned()
    };
    let (carrier, account) = (Origin::Carrier(CarrierId(1)), Origin::Account(AccountId(1)));
    assert_eq!([left(carrier, None), left(account, None)], ["70", "69"], "by SMPP, and with 70");
    assert_eq!([left(carrier, Some(70)), left(account, Some(1)), left(account, Some(0))], ["69", "0", "0"]);
}

/// Behind NAT nothing else comes through.
#[test]
fn a_datagram_leaves_from_where_the_registration_came_to() {
    let (peer, local) = ("192.0.2.7:40000".parse().unwrap(), "203.0.113.2:5060".parse().unwrap());
    let flow = Flow::Udp { peer, local };
    let hidden = Binding { contact: "sip:a@10.0.0.1:5070".into(), flow, ..binding() };
    assert_eq!(target(&hidden).flow(), flow);
}

#[test]
fn the_endpoint_gets_the_branch_and_the_flow_that_the_request_has() {
    let message = message(number("1"), 0, "x");
    let binding = binding();
    let attempt = Attempt {
        message: &message,
        binding: &binding,
        number: 1,
        flow: target(&binding).flow(),
        sent_by: "192.0.2.1",
        branch: 7,
        user_agent: "iwf",
        body: Body::Text(Form::Plain),
    };
    let outgoing = attempt.outgoing(42, NOW).unwrap();
    assert_eq!((outgoing.token, outgoing.flow), (42, binding.flow));
    let request = crate::message::Request::parse(outgoing.octets).unwrap();
    assert_eq!(request.via().unique_branch(), Some(&*outgoing.branch));
    assert_eq!((request.method(), outgoing.method), (Method::Message, Method::Message));
}

/// interworking.md G.17.
#[test]
fn a_connection_may_be_replaced_only_towards_the_source() {
    let flow =
        Flow::Stream { transport: Transport::Tcp, peer: "192.0.2.7:40000".parse().unwrap(), connection: 5 };
    let otherwise = |contact: &str| match target(&Binding { contact: contact.into(), flow, ..binding() }) {
        Target::Connection { connection: 5, otherwise, .. } => otherwise.map(|to| to.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(otherwise("sip:a@192.0.2.7:5070;transport=tcp").as_deref(), Some("192.0.2.7:5070"));
    assert_eq!(otherwise("sip:a@127.0.0.1:8025;transport=tcp"), None);
    assert_eq!(otherwise("sip:a@internal.example;transport=tcp"), None);
}

/// RFC 3327 5.3: the Path is the Route, and the proxy that sent the registration is the next hop.
#[test]
fn what_goes_to_a_device_behind_proxies_takes_their_path() {
    let path = "<sip:token@192.0.2.7:5080;lr;ob>, <sip:inner.example.com;lr>";
    let binding = Binding { path: path.into(), contact: "sip:1@10.0.0.9:5070".into(), ..binding() };
    let request = send(&message(number("222333"), 0, "x"), &binding, 1);
    assert!(request.starts_with("MESSAGE sip:1@10.0.0.9:5070 SIP/2.0\r\n"), "the Contact is the Request-URI");
    assert_eq!(header(&request, "Route"), path);
    let listening = "192.0.2.7:5080".parse().unwrap();
    assert_eq!(target(&binding).flow(), Flow::datagrams(listening), "where the proxy listens");
    let elsewhere = Binding { path: "<sip:198.51.100.9;lr>".into(), ..binding };
    let source = "192.0.2.7:49152".parse().unwrap();
    assert_eq!(target(&elsewhere).flow(), Flow::datagrams(source), "never where a Path alone points");
}

fn linphone() -> Binding {
    Binding { params: ";+org.linphone.specs=\"groupchat,lime\";q=0.5".into(), ..binding() }
}

fn asking(source: Address) -> Message {
    let mut message = message(source, 1, "Grüße\r\n\r\nX: y");
    message.submission.receipt.read = true;
    message
}

/// RFC 3862 section 2, RFC 5438 section 6; interworking.md C.12.
#[test]
fn a_text_whose_reader_is_awaited_goes_in_cpim_to_an_app_that_reads_it() {
    let message = asking(number("4915112345678"));
    let request = send(&message, &linphone(), 1);
    assert_eq!(header(&request, "Content-Type"), "message/cpim");
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let (head, content) = body.split_once("\r\n\r\n").unwrap();
    let from = header(&request, "From").split(";tag").next().unwrap();
    let lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines[..2], [format!("From: {from}"), format!("To: {}", header(&request, "To"))]);
    assert!(lines[2].starts_with("DateTime: 20") && lines[2].ends_with('Z'), "{}", lines[2]);
    assert_eq!(lines[3], "NS: imdn <urn:ietf:params:imdn>");
    assert_eq!(lines[4], format!("imdn.Message-ID: {}", message.id));
    assert_eq!(lines[5..], ["imdn.Disposition-Notification: display"]);
    let text = "Grüße\r\n\r\nX: y";
    let head = format!("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}", text.len());
    assert_eq!(content, format!("{head}\r\n\r\n{text}"));
    assert_eq!(header(&request, "Content-Length"), body.len().to_string());
}

#[test]
fn plain_is_the_rule() {
    let (asked, unasked) = (asking(number("49151")), message(number("49151"), 0, "x"));
    assert_eq!(Form::of(&asked, &linphone(), false), Form::Cpim);
    for form in [
        Form::of(&unasked, &linphone(), false),
        Form::of(&asked, &binding(), false),
        Form::of(&asked, &linphone(), true),
        Form::of(&asking(Address::Absent), &linphone(), false),
    ] {
        assert_eq!(form, Form::Plain);
    }
}

/// interworking.md D.3: 400, 406, 415, 488, 606, and what is too large in CPIM may not be without.
#[test]
fn an_app_that_refuses_cpim_gets_the_text_in_plain_form() {
    for cause in Cause::ALL {
        let expected = matches!(cause, Cause::FormatRefused | Cause::BadRequest | Cause::TooLarge);
        assert_eq!(Form::Cpim.falls_back(cause), expected, "{cause:?}");
        assert!(!Form::Plain.falls_back(cause));
    }
}

/// RFC 5438 7.2.1.1, RFC 3428 4: from whom the app wrote to, with nothing of its own text and no wish.
#[test]
fn a_notice_comes_from_whom_the_app_wrote_to() {
    let asked = iwf_model::Asked {
        name: "d834jied93rf".into(),
        written_at: "2026-11-20T10:00:00+01:00".into(),
        to: "sip:2222@example.com".into(),
        device: 7,
        short: None,
    };
    let about = MessageId::compose(1, 2, 3).unwrap();
    let notice = iwf_model::Notice { about, tells: iwf_model::Tidings::Delivered, asked };
    let imdn = Some(Box::new(iwf_model::Imdn::Notice(notice)));
    let mut message = message(number("2222"), 0, "");
    message.submission.options = Some(Box::new(iwf_model::Options { imdn, ..iwf_model::Options::NONE }));
    let request = send(&message, &binding(), 1);
    assert!(header(&request, "From").starts_with("<sip:2222@example.com>;tag="), "{request}");
    assert_eq!(header(&request, "To"), "<sip:111222333@example.com>");
    assert_eq!(header(&request, "Content-Type"), "message/cpim");
    let body = request.split_once("\r\n\r\n").unwrap().1;
    assert!(
        body.starts_with("From: <sip:2222@example.com>\r\nTo: <sip:111222333@example.com>\r\n"),
        "{body}"
    );
    assert!(body.contains("imdn.Message-ID: 159612345670700042\r\n\r\n"), "{body}");
    assert!(!body.contains("Disposition-Notification"), "{body}");
    assert!(body.contains("<message-id>d834jied93rf</message-id>"), "{body}");
}

use super::*;

/// The handshake of RFC 6455 1.3, with what RFC 7118 4.1 adds.
const ASK: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
    Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n";

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A frame of a client (RFC 6455 5.2).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut octets = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ ..126) => octets.push(0x80 | length as u8),
        Ok(length) => {
            octets.push(0x80 | 126);
            octets.extend(length.to_be_bytes());
        }
        Err(_) => {
            octets.push(0x80 | 127);
            octets.extend((payload.len() as u64).to_be_bytes());
        }
    }
    octets.extend(MASK);
    octets.extend(payload.iter().zip(MASK.iter().cycle()).map(|(octet, mask)| octet ^ mask));
    octets
}

struct Side {
    socket: WebSocket,
    said: BytesMut,
}

impl Side {
    fn new(origins: &[&str]) -> Self {
        let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        Self { socket: WebSocket::new(origins.into()), said: BytesMut::new() }
    }

    fn open() -> Self {
        let mut side = Self::new(&[]);
        assert_eq!(side.hear(ASK.as_bytes()), ["life"]);
        side.said.clear();
        side
    }

    fn hear(&mut self, octets: &[u8]) -> Vec<String> {
        self.socket.buffer().extend_from_slice(octets);
        let mut found = Vec::new();
        loop {
            found.push(match self.socket.next(&mut self.said) {
                Found::Nothing => return found,
                Found::Life => "life".to_owned(),
                Found::Over(why) => format!("over: {why}"),
                Found::Frame(iwf_sip::message::framing::Frame::Message(octets)) => {
                    String::from_utf8_lossy(&octets).into_owned()
                }
                Found::Frame(frame) => format!("{frame:?}"),
            });
        }
    }

    fn said(&mut self) -> Vec<u8> {
        self.said.split().to_vec()
    }
}

#[test]
fn the_handshake_of_the_rfc_is_agreed_to_however_it_arrives() {
    for piece in [1, 7, 1000] {
        let mut side = Side::new(&["http://example.com"]);
        let found: Vec<String> = ASK.as_bytes().chunks(piece).flat_map(|piece| side.hear(piece)).collect();
        assert_eq!(found, ["life"]);
        assert!(side.socket.is_open());
        let said = String::from_utf8(side.said()).unwrap().to_ascii_lowercase();
        assert!(said.starts_with("http/1.1 101 "), "{said}");
        assert!(said.contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{said}");
        assert!(said.contains("\r\nsec-websocket-protocol: sip\r\n"), "{said}");
    }
}

#[test]
fn who_offers_no_sip_or_asks_for_no_websocket_is_refused() {
    for (ask, status, why) in [
        (ASK.replace("Protocol: sip", "Protocol: msrp"), "400", "the subprotocol sip is not offered"),
        (ASK.replace("Upgrade: websocket\r\n", ""), "426", "no WebSocket handshake"),
        (ASK.replace("Version: 13", "Version: 8"), "426", "no WebSocket handshake"),
        (ASK.replace("GET /chat", "GET /ch at"), "400", "no HTTP request that can be read"),
        (
            ASK.replace("Host: ", &format!("X: {}\r\nHost: ", "x".repeat(MAX_REQUEST))),
            "400",
            "no HTTP request that can be read",
        ),
    ] {
        let mut side = Side::new(&[]);
        assert_eq!(side.hear(ask.as_bytes())[0], format!("over: {why}"));
        let said = String::from_utf8(side.said()).unwrap();
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        assert!(!side.socket.is_open() && side.hear(b"more").is_empty());
    }
    let mut side = Side::new(&[]);
    assert_eq!(side.hear(b"REGISTER sip:a SIP/2.0\r\n\r\n"), ["over: no HTTP request"]);
    assert_eq!(side.said(), b"", "it would not be understood");
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(MAX_REQUEST));
    assert_eq!(side_of(&endless), "over: no HTTP request that can be read");
}

fn side_of(ask: &str) -> String {
    Side::new(&[]).hear(ask.as_bytes()).remove(0)
}

#[test]
fn a_page_must_be_one_of_those_that_are_named_and_what_is_no_browser_names_none() {
    let welcome = ["https://phone.example.com"];
    assert_eq!(Side::new(&welcome).hear(ASK.as_bytes()), ["over: the page is none of sip.websocket.origins"]);
    let ours = ASK.replace("http://example.com", "https://phone.example.com");
    assert_eq!(Side::new(&welcome).hear(ours.as_bytes()), ["life"]);
    let none = ASK.replace("Origin: http://example.com\r\n", "");
    assert_eq!(Side::new(&welcome).hear(none.as_bytes()), ["life"]);
}

#[test]
fn text_binary_and_fragmented_messages_are_each_one_sip_message() {
    let mut side = Side::open();
    let stream = [
        frame(0x81, b"one"),
        frame(0x82, b"two"),
        frame(0x01, b"th"),
        frame(0x89, b"ping between"),
        frame(0x80, b"ree"),
        frame(0x81, b"\r\n\r\n"),
        frame(0x81, b"\r\n"),
    ]
    .concat();
    let mut found = Vec::new();
    for octet in stream {
        found.extend(side.hear(&[octet]));
    }
    assert_eq!(found, ["one", "two", "life", "three", "Ping", "life"]);
    assert!(side.socket.is_between_messages());
    assert_eq!(side.said(), [&[0x8A, 12][..], b"ping between"].concat(), "the pong (RFC 6455 5.5.3)");
}

#[test]
fn what_we_say_is_text_where_it_is_text() {
    let mut side = Side::open();
    side.socket.write(Bytes::from_static("grüße".as_bytes()), &mut side.said);
    side.socket.write(Bytes::from_static(b"\xFF"), &mut side.said);
    let expected = [&[0x81, 7][..], "grüße".as_bytes(), &[0x82, 1, 0xFF]].concat();
    assert_eq!(side.said(), expected);
}

#[test]
fn a_message_that_has_begun_is_known_to_be_under_way() {
    let mut side = Side::open();
    assert!(side.hear(&frame(0x01, b"part")).is_empty());
    assert!(!side.socket.is_between_messages());
    assert_eq!(side.hear(&frame(0x80, b"")), ["part"]);
    assert!(side.socket.is_between_messages());
}

#[test]
fn a_goodbye_is_answered_with_a_goodbye() {
    let mut side = Side::open();
    let found = side.hear(&frame(0x88, &1001_u16.to_be_bytes()));
    assert_eq!(found.last().unwrap(), "over: closed by the peer");
    assert_eq!(side.said(), [0x88, 2, 3, 0xE9]);
    side.socket.write(Bytes::from_static(b"late"), &mut side.said);
    assert_eq!(side.said(), b"");
}

#[test]
fn what_is_against_the_rfc_ends_the_connection_with_its_code() {
    let unmasked = vec![0x81, 1, b'x'];
    let large = frame(0x82, &vec![b'x'; MAX_MESSAGE + 1]);
    let halves = [frame(0x02, &vec![b'x'; MAX_MESSAGE]), frame(0x80, b"x")].concat();
    for (octets, code) in [
        (unmasked, 1002_u16),
        (frame(0x83, b"reserved opcode"), 1002),
        (frame(0x80, b"continues nothing"), 1002),
        (frame(0x81, b"\xFF"), 1007),
        (large[..2000].to_vec(), 1009),
        (halves, 1009),
    ] {
        let mut side = Side::open();
        let found = side.hear(&octets);
        assert!(found.last().unwrap().starts_with("over: "), "{code}: {found:?}");
        let said = side.said();
        assert_eq!((said[0], &said[2..4]), (0x88, &code.to_be_bytes()[..]), "{found:?}");
    }
}

#[test]
fn a_silent_peer_is_asked_and_we_say_goodbye_too() {
    let mut side = Side::open();
    assert!(side.socket.ping(&mut side.said));
    assert_eq!(side.said(), [0x89, 0]);
    assert_eq!(side.hear(&frame(0x8A, b"")), ["life"]);
    side.socket.close(&mut side.said);
    assert_eq!(side.said(), [0x88, 2, 3, 0xE9], "1001: going away");
}

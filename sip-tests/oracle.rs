//! rsip as a second opinion: what it reads, we read alike. What it refuses proves nothing; it refuses much.

use std::path::Path;

use bytes::Bytes;
use iwf_sip::{Builder, Fields, Message, Method, Name, Status, Uri};
use rsip::SipMessage;
use rsip::message::HasHeaders;

use crate::world::address;

/// As phones send them: linphone, baresip, sipsak.
const PHONES: [&str; 4] = [
    "MESSAGE sip:111222333@sip.example.com SIP/2.0\r\n\
     Via: SIP/2.0/UDP 192.168.1.20:51234;branch=z9hG4bK.Bx2k9aQ7f;rport\r\n\
     From: <sip:964111222333@sip.example.com>;tag=Dp4c8~Xz1\r\n\
     To: sip:111222333@sip.example.com\r\n\
     CSeq: 21 MESSAGE\r\n\
     Call-ID: o7TzQ1pR~w\r\n\
     Max-Forwards: 70\r\n\
     Supported: replaces, outbound, gruu, path, record-aware\r\n\
     Date: Sat, 21 Nov 2026 06:00:00 GMT\r\n\
     Content-Type: text/plain\r\n\
     Content-Length: 5\r\n\
     User-Agent: LinphoneAndroid/5.1 (Pixel) LinphoneSDK/5.2\r\n\r\nHello",
    "REGISTER sip:sip.example.com;transport=tcp SIP/2.0\r\n\
     Via: SIP/2.0/TCP 192.0.2.7:41000;branch=z9hG4bKb5fd0a8e6ac1b8a2;rport\r\n\
     Contact: <sip:111222333-0x55d7c0@192.0.2.7:41000;transport=tcp>;expires=3600\r\n\
     Max-Forwards: 70\r\n\
     Route: <sip:sip.example.com;transport=tcp;lr>\r\n\
     To: <sip:111222333@sip.example.com>\r\n\
     From: <sip:111222333@sip.example.com>;tag=6a1bd0e45b20b1c3\r\n\
     Call-ID: 5f2e8ab0\r\n\
     CSeq: 43962 REGISTER\r\n\
     User-Agent: baresip v1.0.0\r\n\
     Supported: gruu, outbound, path\r\n\
     Content-Length: 0\r\n\r\n",
    "OPTIONS sip:iwf@127.0.0.1 SIP/2.0\r\n\
     Via: SIP/2.0/UDP 127.0.1.1:40341;branch=z9hG4bK.46f5bcbd;rport;alias\r\n\
     From: sip:sipsak@127.0.1.1:40341;tag=7d3d3d4c\r\n\
     To: sip:iwf@127.0.0.1\r\n\
     Call-ID: 2101165388@127.0.1.1\r\n\
     CSeq: 1 OPTIONS\r\n\
     Contact: sip:sipsak@127.0.1.1:40341\r\n\
     Content-Length: 0\r\n\
     Max-Forwards: 70\r\n\
     User-Agent: sipsak 0.9.8\r\n\
     Accept: text/plain\r\n\r\n",
    "SIP/2.0 200 OK\r\n\
     Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK74bf9\r\n\
     From: <sip:964111222333@sip.example.com>;tag=9fxced76sl\r\n\
     To: <sip:111222333@sip.example.com>;tag=8321234356\r\n\
     Call-ID: 3848276298220188511@atlanta.example.com\r\n\
     CSeq: 1 MESSAGE\r\n\
     Content-Length: 0\r\n\r\n",
];

fn rsip_reads(octets: &Bytes) -> Option<SipMessage> {
    // rsip ends a datagram where it ends, whatever Content-Length says.
    SipMessage::try_from(octets.to_vec()).ok()
}

/// Compares what both say; header names by their meaning, since rsip keeps compact forms as they are.
fn compare(octets: &Bytes, theirs: &SipMessage, name: &str) {
    let ours = Message::parse(octets.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let fields: &Fields = match (&ours, theirs) {
        (Message::Request(ours), SipMessage::Request(theirs)) => {
            assert_eq!(ours.method_text(), theirs.method().to_string(), "{name}");
            let uri = theirs.uri().to_string();
            let same = Uri::parse(&uri).is_ok_and(|uri| uri.is_equivalent(&ours.request_uri()));
            assert!(same, "{name}: {uri}");
            assert_eq!(ours.body(), *theirs.body(), "{name}");
            ours
        }
        (Message::Response(ours), SipMessage::Response(theirs)) => {
            assert_eq!(ours.status(), theirs.status_code.code(), "{name}");
            ours
        }
        _ => panic!("{name}: one of us takes it for a request, the other for a response"),
    };
    let headers: Vec<String> = theirs.headers().iter().map(ToString::to_string).collect();
    assert_eq!(fields.all().count(), headers.len(), "{name}");
    for ((known, text, value), theirs) in fields.all().zip(headers) {
        let (their_name, their_value) = theirs.split_once(':').unwrap();
        let same_name = their_name.trim().eq_ignore_ascii_case(text)
            || (known != Name::Other && Name::parse(their_name.trim().as_bytes()) == known);
        assert!(same_name && their_value.trim() == value, "{name}: {text}: {value} or {theirs}");
    }
}

#[test]
fn we_read_what_phones_send_as_rsip_reads_it() {
    for text in PHONES {
        let octets = Bytes::from_static(text.as_bytes());
        let theirs = rsip_reads(&octets).expect("rsip reads these");
        compare(&octets, &theirs, text.lines().next().unwrap());
    }
}

/// Those that we refuse are left out (rsip checks no value), as are those where the RFC is against rsip: it
/// ignores Content-Length (dblreq), and changes a method or URI that is not of its kind.
#[test]
fn we_read_the_messages_of_rfc_4475_as_rsip_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("torture");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut compared = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "dat")) {
        let octets = Bytes::from(std::fs::read(file).unwrap());
        let name = file.file_stem().unwrap().to_string_lossy();
        if let (Some(theirs), Ok(_)) = (rsip_reads(&octets), Message::parse(octets.clone()))
            && name != "dblreq"
        {
            compare(&octets, &theirs, &name);
            compared += 1;
        }
    }
    assert!(compared >= 8, "only {compared} messages were compared");
}

#[test]
fn rsip_reads_what_we_write() {
    let written = Builder::request(Method::Message, "sip:111222333@192.0.2.7:41000;transport=tcp")
        .header(Name::Via, "SIP/2.0/TCP 198.51.100.1:5060;branch=z9hG4bK74bf9;rport")
        .header(Name::MaxForwards, 70)
        .header(Name::From, "<sip:964111222333@sip.example.com>;tag=1")
        .header(Name::To, "<sip:111222333@sip.example.com>")
        .header(Name::CallId, "123456789012345678")
        .header(Name::CSeq, "1 MESSAGE")
        .finish_with("text/plain;charset=UTF-8", "Your code is 123-456 \u{1f600}".as_bytes());
    let theirs = rsip_reads(&written).expect("rsip reads our request");
    compare(&written, &theirs, "request");
    let Ok(Message::Request(request)) = Message::parse(written) else { panic!("we read our request") };
    let response = Builder::response(&request, address("192.0.2.7:41000"), Status::of(415), "t2")
        .header(Name::Accept, "text/plain, message/cpim")
        .finish();
    let theirs = rsip_reads(&response).expect("rsip reads our response");
    compare(&response, &theirs, "response");
}

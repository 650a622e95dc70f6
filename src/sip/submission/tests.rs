//! RFC 3428 sections 7 and 8, RFC 3862, RFC 5438, RFC 3994: what apps really send.

use bytes::Bytes;
use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

use super::*;
use crate::imdn::{Disposition, Status};

fn read(headers: &str, body: &[u8]) -> Result<Content, Unreadable> {
    let mut octets = format!(
        "MESSAGE sip:2@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:1@a>;tag=1\r\n\
         To: <sip:2@a>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    octets.extend_from_slice(body);
    content(&Request::parse(Bytes::from(octets)).unwrap())
}

fn text(text: &str) -> Result<Content, Unreadable> {
    Ok(Content::Text(text.into()))
}

const CPIM: &str = "Content-Type: Message/CPIM\r\n";

/// RFC 3428 section 7: text/plain; without a charset it is UTF-8.
#[test]
fn plain_text_is_read_in_every_charset_we_name() {
    let plain = |charset: &str, body: &[u8]| read(&format!("Content-Type: text/plain{charset}\r\n"), body);
    assert_eq!(plain("", "سلام 😀 @".as_bytes()), text("سلام 😀 @"));
    assert_eq!(plain(";charset=UTF-8", "é".as_bytes()), text("é"));
    assert_eq!(plain("; charset=\"utf-8\"; format=flowed", "é".as_bytes()), text("é"));
    assert_eq!(plain(";charset=us-ascii", b"plain"), text("plain"));
    assert_eq!(plain(";charset=ISO-8859-1", b"caf\xe9"), text("café"));
    assert_eq!(plain(";charset=windows-1252", b"5 \x80"), text("5 €"));
}

#[test]
fn other_charsets_and_broken_utf_8_are_refused() {
    let plain = |charset: &str, body: &[u8]| read(&format!("c: TEXT/PLAIN{charset}\r\n"), body);
    assert_eq!(plain(";charset=utf-7", b"x"), Err(Unreadable::MediaType));
    assert_eq!(plain("", b"caf\xe9"), Err(Unreadable::Malformed));
    assert_eq!(plain(";charset=\"utf-8", b"x"), Err(Unreadable::Malformed));
}

#[test]
fn a_body_must_be_there_be_named_and_fit() {
    assert_eq!(read("Content-Type: text/plain\r\n", b""), Err(Unreadable::Empty));
    assert_eq!(read("", b"x"), Err(Unreadable::Empty));
    assert_eq!(read("Content-Type: text/plain\r\n", &vec![b'x'; MAX_BODY + 1]), Err(Unreadable::TooLarge));
    for media in ["text/html", "application/octet-stream", "multipart/signed;boundary=x", "text/plainer", "x"]
    {
        assert_eq!(read(&format!("Content-Type: {media}\r\n"), b"x"), Err(Unreadable::MediaType), "{media}");
    }
}

/// RFC 3261 20.11.
#[test]
fn an_unknown_disposition_is_refused_unless_it_is_optional() {
    let with =
        |value: &str| read(&format!("Content-Type: text/plain\r\nContent-Disposition: {value}\r\n"), b"x");
    assert_eq!(with("render"), text("x"));
    assert_eq!(with("alert;handling=optional"), text("x"));
    assert_eq!(with("alert;handling=required"), Err(Unreadable::MediaType));
    assert_eq!(with("alert"), Err(Unreadable::MediaType));
}

/// RFC 3862 section 2; field-notes 1: Linphone sends its texts so.
#[test]
fn a_text_is_taken_out_of_its_cpim_wrapper() {
    let wrapped = "From: <sip:1@a>\r\nTo: <sip:2@a>\r\nDateTime: 2026-11-20T09:00:00Z\r\n\
        NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 734\r\n\r\n\
        Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 7\r\n\r\nHello\r\n";
    assert_eq!(read(CPIM, wrapped.as_bytes()), text("Hello\r\n"));
    let with_lf = wrapped.replace("\r\n", "\n").replace("Length: 7", "Length: 6");
    assert_eq!(read(CPIM, with_lf.as_bytes()), text("Hello\n"));
}

#[test]
fn a_text_that_looks_like_headers_stays_a_text() {
    let wrapped = "From: <sip:1@a>\r\n\r\nContent-type: text/plain\r\n\r\n\r\nContent-Type: x/y\r\n\r\nz";
    assert_eq!(read(CPIM, wrapped.as_bytes()), text("\r\nContent-Type: x/y\r\n\r\nz"));
}

#[test]
fn a_broken_or_foreign_cpim_is_refused() {
    for (wrapped, error) in [
        ("From: <sip:1@a>\r\n", Unreadable::Malformed),
        ("From: <sip:1@a>\r\n\r\nContent-Type: text/plain\r\n", Unreadable::Malformed),
        ("a: b\r\n\r\nContent-Type: image/png\r\n\r\nx", Unreadable::MediaType),
        ("a: b\r\n\r\nContent-Type: message/cpim\r\n\r\nx", Unreadable::MediaType),
        (
            "a: b\r\n\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\neA==",
            Unreadable::MediaType,
        ),
        (
            "a: b\r\n\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\ne!==",
            Unreadable::Malformed,
        ),
        ("a: b\r\n\r\nContent-Type: text/plain\r\n\r\n", Unreadable::Empty),
    ] {
        assert_eq!(read(CPIM, wrapped.as_bytes()), Err(error), "{wrapped}");
    }
}

const NOTIFICATION: &str = "From: <sip:2@a>\r\nTo: <sip:1@a>\r\nNS: imdn <urn:ietf:params:imdn>\r\n\
    imdn.Message-ID: d834\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n\
    <?xml version=\"1.0\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>734</message-id>\
    <display-notification><status><displayed/></status></display-notification></imdn>";

/// RFC 5438 section 7, RFC 3994 section 4.
#[test]
fn notices_never_become_texts() {
    let of = |headers, body| read(headers, body);
    let unread = Ok(Content::Notification(None));
    assert_eq!(
        of("Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n", b"<imdn/>"),
        unread
    );
    assert_eq!(of("Content-Type: application/im-iscomposing+xml\r\n", b"x"), Ok(Content::Composing));
    assert_eq!(read(CPIM, NOTIFICATION.as_bytes()), displayed());
}

fn displayed() -> Result<Content, Unreadable> {
    let disposition = Disposition::Display(Status::Displayed);
    Ok(Content::Notification(Some(Imdn { message_id: "734".into(), disposition })))
}

/// field-notes 2: Linphone compresses its notifications.
#[test]
fn a_deflated_body_is_inflated() {
    let headers = format!("{CPIM}Content-Encoding: deflate\r\nPriority: non-urgent\r\n");
    assert_eq!(read(&headers, &compress_to_vec_zlib(NOTIFICATION.as_bytes(), 6)), displayed());
    assert_eq!(read(&headers, &compress_to_vec(NOTIFICATION.as_bytes(), 6)), displayed(), "bare");
    assert_eq!(read("Content-Type: text/plain\r\ne: DEFLATE\r\n", &compress_to_vec_zlib(b"x", 6)), text("x"));
}

/// interworking.md G.14.
#[test]
fn an_inflated_body_has_a_bound() {
    let headers = "Content-Type: text/plain\r\nContent-Encoding: deflate\r\n";
    let at_bound = vec![b'x'; MAX_BODY];
    assert!(read(headers, &compress_to_vec_zlib(&at_bound, 9)).is_ok());
    let bomb = vec![b'x'; 100 * MAX_BODY];
    assert_eq!(read(headers, &compress_to_vec_zlib(&bomb, 9)), Err(Unreadable::TooLarge));
    assert_eq!(read(headers, &compress_to_vec(&bomb, 9)), Err(Unreadable::TooLarge));
    assert_eq!(read(headers, b"not deflated"), Err(Unreadable::Malformed));
    assert_eq!(
        read("Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", b"x"),
        Err(Unreadable::Encoding)
    );
}

/// RFC 2045 6: phones encode what is within CPIM and multipart.
#[test]
fn a_transfer_encoding_is_taken_off() {
    let with = |encoding: &str, body: &str| {
        let wrapped = format!(
            "a: b\r\n\r\nContent-type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"
        );
        read(CPIM, wrapped.as_bytes())
    };
    assert_eq!(with("base64", "Y2Fmw6k=\r\n"), text("café"));
    assert_eq!(with("BASE64", "Y2Fm\r\nw6k"), text("café"));
    assert_eq!(with("Quoted-Printable", "caf=C3=\r\n=A9"), text("café"));
    assert_eq!(with("8bit", "café"), text("café"));
}

fn multipart(kind: &str, parts: &[&str]) -> Result<Content, Unreadable> {
    let body: String = parts.iter().map(|part| format!("--x\r\n{part}\r\n")).collect();
    read(&format!("Content-Type: multipart/{kind};boundary=x\r\n"), format!("{body}--x--\r\n").as_bytes())
}

/// RFC 2046 5.1; interworking.md D.2.
#[test]
fn of_a_multipart_body_the_first_text_counts() {
    let (html, plain) = ("Content-Type: text/html\r\n\r\n<b>x</b>", "Content-Type: text/plain\r\n\r\nHello");
    for kind in ["mixed", "Alternative", "related"] {
        assert_eq!(multipart(kind, &[html, plain, "\r\nlater"]), text("Hello"), "{kind}");
        assert_eq!(multipart(kind, &["\r\nbare", plain]), text("bare"), "{kind}");
        assert_eq!(multipart(kind, &[html]), Err(Unreadable::MediaType), "{kind}");
        assert_eq!(multipart(kind, &[]), Err(Unreadable::MediaType), "{kind}");
    }
    let attached = "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nfile";
    assert_eq!(multipart("mixed", &[attached, plain]), text("Hello"));
    assert_eq!(multipart("mixed", &[html, NOTICE, "no header ends"]), displayed());
    assert_eq!(read("Content-Type: multipart/mixed\r\n", b"--x\r\n\r\ny"), Err(Unreadable::Malformed));
}

const NOTICE: &str = "Content-Type: message/imdn+xml\r\n\r\n<imdn><message-id>734</message-id>\
    <display-notification><status><displayed/></status></display-notification></imdn>";

#[test]
fn wrappers_are_opened_to_a_depth() {
    let nested = |depth: usize| {
        let mut body = String::from("Content-Type: text/plain\r\n\r\ndeep");
        for level in (0..depth).rev() {
            body = format!(
                "Content-Type: multipart/mixed;boundary=b{level}\r\n\r\n--b{level}\r\n{body}\r\n--b{level}--"
            );
        }
        read(CPIM, format!("a: b\r\n\r\n{body}").as_bytes())
    };
    assert_eq!((nested(1), nested(2)), (text("deep"), text("deep")));
    assert_eq!(nested(3), Err(Unreadable::MediaType));
}

/// RFC 5438 7.1.1: of a text, in whatever it is wrapped; never of a notification or of typing.
#[test]
fn a_text_in_cpim_may_ask_to_be_told_of_and_nothing_else_may() {
    let head = "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m1\r\n\
                imdn.Disposition-Notification: positive-delivery\r\n\r\n";
    let asking = |body: &str| read(CPIM, format!("{head}{body}").as_bytes());
    let mixed = "Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b--";
    for body in ["Content-Type: text/plain\r\n\r\nhi", mixed] {
        let Ok(Content::Asking(text, wishes)) = asking(body) else { panic!("{body}") };
        assert_eq!((text.as_str(), wishes.name.as_str(), wishes.receipt.success), ("hi", "m1", true));
    }
    assert_eq!(asking("Content-Type: message/imdn+xml\r\n\r\n<x/>"), Ok(Content::Notification(None)));
    assert_eq!(asking("Content-Type: application/im-iscomposing+xml\r\n\r\n<x/>"), Ok(Content::Composing));
    let unasked = head.replace("positive-delivery", "processing");
    let read = read(CPIM, format!("{unasked}Content-Type: text/plain\r\n\r\nhi").as_bytes());
    assert_eq!(read, text("hi"));
}

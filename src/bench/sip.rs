//! As little SIP as a phone needs: REGISTER with digest (MD5), and a 200 to each MESSAGE.

use md5::{Digest, Md5};

/// Who registers, and where it wants to be reached.
pub(crate) struct Phone {
    pub(crate) user: String,
    pub(crate) password: String,
    /// The registrar, as host and port.
    pub(crate) registrar: String,
    /// Where the phone is, as host and port.
    pub(crate) contact: String,
    /// "UDP" or "TCP".
    pub(crate) transport: &'static str,
}

impl Phone {
    /// A REGISTER; `cseq` also makes its branch unique.
    pub(crate) fn register(&self, cseq: u32, challenge: Option<&Challenge>) -> Vec<u8> {
        let Self { user, registrar, contact, transport, .. } = self;
        let host = registrar.split(':').next().unwrap_or(registrar);
        let via = format!("SIP/2.0/{transport} {contact};branch=z9hG4bKb{user}{cseq};rport");
        let param = if *transport == "TCP" { ";transport=tcp" } else { "" };
        let authorization = challenge.map(|challenge| self.authorization(challenge)).unwrap_or_default();
        format!(
            "REGISTER sip:{registrar} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{host}>;tag=b{user}\r\nTo: <sip:{user}@{host}>\r\n\
             Call-ID: bench-{user}@{host}\r\nCSeq: {cseq} REGISTER\r\n\
             Contact: <sip:{user}@{contact}{param}>\r\nExpires: 3600\r\n{authorization}Content-Length: 0\r\n\r\n"
        )
        .into_bytes()
    }

    fn authorization(&self, challenge: &Challenge) -> String {
        let Self { user, password, registrar, .. } = self;
        let Challenge { realm, nonce, opaque } = challenge;
        let ha1 = md5_hex(&format!("{user}:{realm}:{password}"));
        let ha2 = md5_hex(&format!("REGISTER:sip:{registrar}"));
        let response = md5_hex(&format!("{ha1}:{nonce}:00000001:0badcafe:auth:{ha2}"));
        let opaque = opaque.as_ref().map(|value| format!(", opaque=\"{value}\"")).unwrap_or_default();
        format!(
            "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
             uri=\"sip:{registrar}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, \
             cnonce=\"0badcafe\"{opaque}\r\n"
        )
    }
}

/// What the registrar asks in its 401 (RFC 2617 3.2.1).
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
}

impl Challenge {
    pub(crate) fn parse(response: &[u8]) -> Option<Self> {
        let value = lines(response).find_map(|line| header(line, b"WWW-Authenticate"))?;
        let value = std::str::from_utf8(value).ok()?;
        let param = |name: &str| {
            let start = value.find(&format!("{name}=\""))? + name.len() + 2;
            value[start..].split('"').next().map(str::to_owned)
        };
        Some(Self { realm: param("realm")?, nonce: param("nonce")?, opaque: param("opaque") })
    }
}

/// The status code of a response.
pub(crate) fn status(message: &[u8]) -> Option<u16> {
    let code = message.strip_prefix(b"SIP/2.0 ")?.get(..3)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

/// The whole length of the first message in a stream, once its head is there (RFC 3261 18.3).
pub(crate) fn framed_len(stream: &[u8]) -> Option<usize> {
    let head = head_len(stream)?;
    let length = lines(stream).find_map(|line| header(line, b"Content-Length"));
    let length = length.and_then(crate::smpp::decimal).unwrap_or(0);
    Some(head + length as usize)
}

/// What a phone notes of a MESSAGE.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// The number in the text.
    pub(crate) number: u64,
    /// A hash of the topmost Via: equal in retransmissions, different in a second attempt.
    pub(crate) branch: u64,
}

/// Reads a MESSAGE and writes its 200 into `out`; `None` when it is anything else.
pub(crate) fn answer(message: &[u8], out: &mut Vec<u8>) -> Option<Seen> {
    if !message.starts_with(b"MESSAGE ") {
        return None;
    }
    let body = message.get(head_len(message)?..)?;
    let number = crate::smpp::number_in(body)?;
    out.clear();
    out.extend_from_slice(b"SIP/2.0 200 OK\r\n");
    let mut branch = 0;
    for line in lines(message).skip(1) {
        if !is_echoed(line) {
            continue;
        }
        if branch == 0 {
            branch = fnv(line);
        }
        out.extend_from_slice(line);
        if matches!(line.first(), Some(b'T' | b't')) {
            out.extend_from_slice(b";tag=bench");
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    Some(Seen { number, branch })
}

/// The headers that a response repeats (RFC 3261 8.2.6.2), by their full or compact names.
fn is_echoed(line: &[u8]) -> bool {
    let name = line.split(|octet| *octet == b':' || *octet == b' ').next().unwrap_or(line);
    const ECHOED: [&[u8]; 9] = [b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"v", b"f", b"t", b"i"];
    name.len() <= 7 && ECHOED.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The value of a header line, if it is that header.
pub(crate) fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.trim_ascii_start().strip_prefix(b":")?;
    start.eq_ignore_ascii_case(name).then_some(value.trim_ascii())
}

/// The lines of the head, without their ends.
pub(crate) fn lines(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message
        .split(|octet| *octet == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
}

fn head_len(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|part| part == b"\r\n\r\n").map(|at| at + 4)
}

fn fnv(octets: &[u8]) -> u64 {
    octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"MESSAGE sip:4477@127.0.0.1:5070 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:1@h>;tag=a\r\n\
        To: <sip:4477@h>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain;charset=UTF-8\r\n\
        Content-Length: 13\r\n\r\n#0000000042 x";

    #[test]
    fn a_message_is_answered_with_its_own_headers_and_a_tag() {
        let mut out = Vec::new();
        let seen = answer(MESSAGE, &mut out).unwrap();
        assert_eq!(seen.number, 42);
        let expected = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n\
            From: <sip:1@h>;tag=a\r\nTo: <sip:4477@h>;tag=bench\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n\
            Content-Length: 0\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_stream_is_cut_by_content_length() {
        assert_eq!(framed_len(MESSAGE), Some(MESSAGE.len()));
        assert_eq!(framed_len(&MESSAGE[..60]), None);
    }

    #[test]
    fn the_digest_is_the_one_of_rfc_2617() {
        let challenge = Challenge::parse(
            b"SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\n",
        )
        .unwrap();
        let phone = Phone {
            user: "u".into(),
            password: "p".into(),
            registrar: "127.0.0.1:5060".into(),
            contact: "127.0.0.1:5070".into(),
            transport: "UDP",
        };
        let text = String::from_utf8(phone.register(2, Some(&challenge))).unwrap();
        let ha1 = md5_hex("u:r:p");
        let ha2 = md5_hex("REGISTER:sip:127.0.0.1:5060");
        let response = md5_hex(&format!("{ha1}:n:00000001:0badcafe:auth:{ha2}"));
        assert!(text.contains(&format!("response=\"{response}\"")), "{text}");
        assert_eq!(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}

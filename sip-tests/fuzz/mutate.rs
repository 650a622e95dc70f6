//! Messages to begin with, and what can go wrong with them.

use iwf_sim::fuzz::Wild;

use crate::corpus;
use crate::torture;
use crate::world::request;

/// What the fuzzers begin with.
pub(super) struct Seeds {
    /// Right requests and responses.
    right: Vec<Vec<u8>>,
    /// The corpus and the torture messages.
    odd: Vec<Vec<u8>>,
}

impl Seeds {
    pub(super) fn new() -> Self {
        let corpus = corpus::cases().into_values().map(|case| case.octets(1, ""));
        let torture = torture::messages().into_iter().map(|octets| octets.to_vec());
        let odd = corpus.chain(torture).filter(|octets| octets.len() < 5_000);
        Self { right: right(), odd: odd.collect() }
    }

    /// One message: right, odd, or mutated.
    pub(super) fn octets(&self, wild: &mut Wild) -> Vec<u8> {
        let all = if wild.one_in(3) { &self.odd } else { &self.right };
        let mut octets = wild.pick(all).clone();
        match wild.below(8) {
            0 => {}
            1 => scratch(wild, &mut octets),
            2 => {
                let end = wild.pick(&self.odd).clone();
                octets = splice(wild, &octets, &end);
            }
            _ => octets = mutated(wild, &octets),
        }
        octets
    }
}

fn right() -> Vec<Vec<u8>> {
    let text = "Content-Type: text/plain;charset=utf-8\r\nExpires: 60\r\n";
    let contact = "Contact: \"B, c\" <sip:alice@192.0.2.1:5060;transport=tcp>;q=0.5;expires=600;\
                   +sip.instance=\"<urn:uuid:1>\";reg-id=1, <sip:alice@[2001:db8::1]>\r\n";
    let routes = "Route: <sip:a;lr>, <sip:b;lr>\r\nRequire: path, outbound\r\nSupported: path\r\n";
    let digest = "Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"a\", uri=\"sip:b\", \
                  response=\"00000000000000000000000000000000\", qop=auth, nc=00000001, cnonce=\"c\"\r\n";
    let mut all: Vec<String> = ["OPTIONS", "INVITE", "ACK", "CANCEL", "BYE", "NONSENSE"]
        .into_iter()
        .map(|method| request(method, "z9hG4bK1", ""))
        .collect();
    all.push(
        request("MESSAGE", "z9hG4bK2", text)
            .replace("Content-Length: 0\r\n\r\n", "Content-Length: 5\r\n\r\nhello"),
    );
    all.push(request("REGISTER", "z9hG4bK3", contact));
    all.push(request("REGISTER", "z9hG4bK4", &format!("Contact: *\r\nExpires: 0\r\n{digest}")));
    all.push(request("MESSAGE", "1", routes));
    let response = request("MESSAGE", "z9hG4bK5", "");
    all.push(response.replacen("MESSAGE sip:iwf.example.com SIP/2.0", "SIP/2.0 200 OK", 1));
    all.into_iter().map(String::into_bytes).collect()
}

/// Values that are on the edge of what a field may be.
const VALUES: [&str; 34] = [
    "",
    "0",
    "1",
    "-1",
    "255",
    "256",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "*",
    ",",
    ";",
    "\"",
    "\"\\",
    "<",
    ">",
    "<>",
    "<sip:>",
    "sip:a@b",
    "<sip:a@b>;tag=",
    "<sip:a@b>;tag=x;tag=y",
    "\"a\" <sip:a@b>",
    "1 MESSAGE",
    "2 REGISTER",
    "SIP/2.0/UDP a",
    "SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx",
    "Digest username=\"a",
    "text/plain;charset=\"",
    "message/cpim",
    "multipart/mixed;boundary=",
    "%00%0d%0a",
    "\u{fc}",
];

/// Names of fields that somebody reads, in forms that are read alike.
const NAMES: [&str; 30] = [
    "Via",
    "v",
    "VIA ",
    "From",
    "f",
    "To",
    "t\t",
    "Call-ID",
    "i",
    "CSeq",
    "cseq",
    "Max-Forwards",
    "Content-Length",
    "l",
    "Content-Type",
    "c",
    "Contact",
    "m",
    "Expires",
    "Require",
    "Proxy-Require",
    "Route",
    "Path",
    "Authorization",
    "Content-Encoding",
    "Content-Disposition",
    "P-Preferred-Identity",
    "Supported",
    "X",
    "Subject",
];

/// Pieces that change the meaning of what they get into.
const PIECES: [&str; 24] = [
    ";",
    ",",
    "\"",
    "\\",
    "<",
    ">",
    "=",
    "@",
    ":",
    "?",
    " ",
    "\t",
    "\r\n ",
    "\r",
    "\n",
    "\0",
    "%",
    "%00",
    "%0d%0a",
    ";lr",
    ";tag=t",
    ";branch=z9hG4bK",
    "[",
    "sips:",
];

/// A message taken apart into lines and a body, changed with some knowledge of what they are, and put together.
fn mutated(wild: &mut Wild, octets: &[u8]) -> Vec<u8> {
    let head = octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(octets.len());
    let text = String::from_utf8_lossy(&octets[..head]).into_owned();
    let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
    let mut body = octets.get(head + 4..).unwrap_or_default().to_vec();
    for _ in 0..=wild.below(3) {
        mutate(wild, &mut lines, &mut body);
    }
    if !wild.one_in(4) {
        for line in lines.iter_mut().filter(|line| line.to_ascii_lowercase().starts_with("content-length:")) {
            *line = format!("Content-Length: {}", body.len());
        }
    }
    let mut whole = lines.join("\r\n").into_bytes();
    whole.extend_from_slice(b"\r\n\r\n");
    whole.extend(body);
    whole
}

fn mutate(wild: &mut Wild, lines: &mut Vec<String>, body: &mut Vec<u8>) {
    let at = wild.below(lines.len());
    let (name, value) =
        lines[at].split_once(": ").map_or(("", lines[at].as_str()), |(name, value)| (name, value));
    let (name, value) = (name.to_owned(), value.to_owned());
    match wild.below(12) {
        0 => lines.insert(at, format!("{}: {}", wild.pick(&NAMES), wild.pick(&VALUES))),
        1 if lines.len() > 1 => drop(lines.remove(at)),
        2 => lines.insert(at, lines[at].clone()),
        3 => lines.swap(at, at.min(1)),
        4 => lines[at] = format!("{name}: {}", wild.pick(&VALUES)),
        5 => lines[at] = format!("{}: {value}", wild.pick(&NAMES)),
        6 => {
            let many = value.repeat(1 + wild.below(30)).replace(' ', ", ");
            lines[at] = format!("{name}: {many}");
        }
        7 => scratch(wild, body),
        _ => {
            let place =
                (0..=lines[at].len()).filter(|place| lines[at].is_char_boundary(*place)).nth(wild.below(60));
            if let Some(place) = place {
                let end = lines[at].len().min(place + wild.below(3));
                if lines[at].is_char_boundary(end) {
                    lines[at].replace_range(place..end, wild.pick::<&str>(&PIECES));
                }
            }
        }
    }
}

/// Flips, cuts, doubles or inserts a few octets, whatever they are.
fn scratch(wild: &mut Wild, octets: &mut Vec<u8>) {
    for _ in 0..=wild.below(3) {
        let at = wild.below(octets.len() + 1);
        match wild.below(5) {
            0 if at < octets.len() => octets[at] = wild.octet(),
            1 if at < octets.len() => octets[at] ^= 1 << wild.below(8),
            2 if octets.len() > 1 => octets.truncate(at.max(1)),
            3 => octets.insert(at, *wild.pick(b"\r\n\0;,\"<>\\:@ \xff")),
            _ => octets.extend_from_within(at..),
        }
    }
    octets.truncate(6_000);
}

/// The front of one and the end of another.
fn splice(wild: &mut Wild, front: &[u8], end: &[u8]) -> Vec<u8> {
    [&front[..wild.below(front.len() + 1)], &end[wild.below(end.len() + 1)..]].concat()
}

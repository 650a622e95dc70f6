//! Who has come to the wrong port: protocols, known by the first octets of a connection
//! (interworking.md A.19 no. 39 and 40).

use std::fmt;

/// A protocol, as somebody sees it whose port is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stranger {
    /// A TLS client.
    Tls,
    /// An HTTP client or scanner.
    Http,
    /// A SIP client or scanner, in the clear.
    Sip,
    /// An SSH client.
    Ssh,
    /// A load balancer that puts a PROXY protocol header before the connections it passes on.
    Proxy,
    /// An SMPP peer in the clear.
    ClearSmpp,
}

const HTTP: [&[u8; 4]; 9] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"DELE", b"PATC", b"CONN", b"PRI "];
const SIP: [&[u8; 4]; 10] =
    [b"REGI", b"INVI", b"MESS", b"SUBS", b"NOTI", b"PUBL", b"INFO", b"BYE ", b"ACK ", b"SIP/"];

impl Stranger {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Tls, Self::Http, Self::Sip, Self::Ssh, Self::Proxy, Self::ClearSmpp];

    /// Who speaks so. Whoever asks leaves out the protocol that is at home on the port.
    ///
    /// What SMPP begins with is the length of a PDU, and no PDU is so long that it looks like one of the others.
    pub fn of(first: &[u8]) -> Option<Self> {
        match first.first_chunk::<4>()? {
            [0x16, 0x03, ..] => Some(Self::Tls),
            b"SSH-" => Some(Self::Ssh),
            b"PROX" => Some(Self::Proxy),
            b"\r\n\r\n" if first.get(4) == Some(&0) => Some(Self::Proxy),
            b"OPTI" if first.starts_with(b"OPTIONS sip") => Some(Self::Sip),
            method if HTTP.contains(&method) => Some(Self::Http),
            method if SIP.contains(&method) => Some(Self::Sip),
            length if (16..=0xFFFF).contains(&u32::from_be_bytes(*length)) => Some(Self::ClearSmpp),
            _ => None,
        }
    }

    /// The word used in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Sip => "sip",
            Self::Ssh => "ssh",
            Self::Proxy => "proxy",
            Self::ClearSmpp => "clear-smpp",
        }
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "a TLS client hello",
            Self::Http => "an HTTP request",
            Self::Sip => "a SIP message",
            Self::Ssh => "an SSH banner",
            Self::Proxy => "a PROXY protocol header",
            Self::ClearSmpp => "SMPP in the clear",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_known_by_their_first_octets() {
        for (first, stranger) in [
            (&[0x16, 3, 1, 2, 0][..], Some(Stranger::Tls)),
            (&[0x15, 3, 1, 0], None),
            (b"GET / HTTP/1.1\r\n", Some(Stranger::Http)),
            (b"OPTIONS * HTTP/1.1\r\n", Some(Stranger::Http)),
            (b"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", Some(Stranger::Sip)),
            (b"OPTIONS sips:100@192.0.2.1 SIP/2.0\r\n", Some(Stranger::Sip)),
            (b"REGISTER sip:192.0.2.1 SIP/2.0\r\n", Some(Stranger::Sip)),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Some(Stranger::Ssh)),
            (b"PROXY TCP4 192.0.2.1", Some(Stranger::Proxy)),
            (b"\r\n\r\n\0\r\nQUIT\n", Some(Stranger::Proxy)),
            (b"\r\n\r\n", None),
            (&[0, 0, 0, 40, 0, 0, 0, 9], Some(Stranger::ClearSmpp)),
            (b"GET", None),
            (b"\x01\x02\x03\x04", None),
        ] {
            assert_eq!(Stranger::of(first), stranger, "{first:?}");
        }
    }
}

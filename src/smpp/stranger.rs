//! Who has come to the wrong port: other protocols, known by the first octets of a connection
//! (interworking.md A.19 no. 39 and 40).

use std::fmt;

/// A protocol that is not the one of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stranger {
    /// A TLS client on a port for SMPP in the clear.
    Tls,
    /// An HTTP client or scanner.
    Http,
    /// A SIP client or scanner.
    Sip,
    /// An SSH client.
    Ssh,
    /// A load balancer that puts a PROXY protocol header before the connections it passes on.
    Proxy,
    /// An SMPP peer in the clear on a port for TLS.
    ClearSmpp,
}

const HTTP: [&[u8; 4]; 9] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"DELE", b"PATC", b"CONN", b"PRI "];
const SIP: [&[u8; 4]; 10] =
    [b"REGI", b"INVI", b"MESS", b"SUBS", b"NOTI", b"PUBL", b"INFO", b"BYE ", b"ACK ", b"SIP/"];

impl Stranger {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Tls, Self::Http, Self::Sip, Self::Ssh, Self::Proxy, Self::ClearSmpp];

    /// Who speaks so on a port for SMPP. No PDU begins like one of these: its first octets say how long it
    /// is, and none is so long.
    pub fn on_smpp_port(first: &[u8]) -> Option<Self> {
        match first.first_chunk::<4>()? {
            [0x16, 0x03, ..] => Some(Self::Tls),
            b"SSH-" => Some(Self::Ssh),
            b"PROX" | b"\r\n\r\n" => Some(Self::Proxy),
            b"OPTI" if first.starts_with(b"OPTIONS sip:") => Some(Self::Sip),
            method if HTTP.contains(&method) => Some(Self::Http),
            method if SIP.contains(&method) => Some(Self::Sip),
            _ => None,
        }
    }

    /// Who speaks so on a port for TLS.
    pub fn on_tls_port(first: &[u8]) -> Option<Self> {
        let length = u32::from_be_bytes(*first.first_chunk()?);
        if (16..=0xFFFF).contains(&length) {
            return Some(Self::ClearSmpp);
        }
        Self::on_smpp_port(first).filter(|stranger| *stranger != Self::Tls)
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
            (b"GET / HTTP/1.1\r\n", Some(Stranger::Http)),
            (b"OPTIONS * HTTP/1.1\r\n", Some(Stranger::Http)),
            (b"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", Some(Stranger::Sip)),
            (b"REGISTER sip:192.0.2.1 SIP/2.0\r\n", Some(Stranger::Sip)),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Some(Stranger::Ssh)),
            (b"PROXY TCP4 192.0.2.1", Some(Stranger::Proxy)),
            (b"\r\n\r\n\0\r\nQUIT\n", Some(Stranger::Proxy)),
            (&[0, 0, 0, 40, 0, 0, 0, 9], None),
            (b"GET", None),
            (b"\x01\x02\x03\x04", None),
        ] {
            assert_eq!(Stranger::on_smpp_port(first), stranger, "{first:?}");
        }
    }

    #[test]
    fn smpp_in_the_clear_is_known_on_a_tls_port_and_tls_is_at_home_there() {
        assert_eq!(Stranger::on_tls_port(&[0, 0, 0, 40, 0, 0, 0, 9]), Some(Stranger::ClearSmpp));
        assert_eq!(Stranger::on_tls_port(b"GET / "), Some(Stranger::Http));
        assert_eq!(Stranger::on_tls_port(&[0x16, 3, 1, 2, 0]), None);
        assert_eq!(Stranger::on_tls_port(&[0x15, 3, 1, 0]), None);
    }
}

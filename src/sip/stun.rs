//! STUN Binding on the SIP port (RFC 5626 8, RFC 5389): an app behind a NAT keeps its way to us open with it, and
//! sees from the answer when the NAT has given it another address.
//!
//! Stateless and without credentials: the answer says nothing but where the request came from, and is hardly longer
//! than the request.

use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, Bytes, BytesMut};

/// RFC 5389 6.
const MAGIC_COOKIE: u32 = 0x2112_A442;
const HEADER: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// Attributes below this must be understood (RFC 5389 15); of those none means anything in a keep-alive.
const OPTIONAL: u16 = 0x8000;
/// Unknown attributes that are named in an answer; a request with more is nobody's keep-alive.
const MOST_NAMED: usize = 4;

/// Whether a datagram is STUN and not SIP: its first two bits are 0, and the cookie is there (RFC 5626 8).
pub(crate) fn is_stun(octets: &[u8]) -> bool {
    let cookie = octets.get(4..8);
    octets.first().is_some_and(|first| first & 0xC0 == 0) && cookie == Some(&MAGIC_COOKIE.to_be_bytes())
}

/// The answer to a Binding request from `source`; `None` to all else: indications, answers, what is broken.
pub(crate) fn answer(request: &[u8], source: SocketAddr) -> Option<Bytes> {
    let (header, attributes) = request.split_at_checked(HEADER)?;
    let (kind, length) = (u16_at(header, 0)?, u16_at(header, 2)?);
    if kind != BINDING_REQUEST || usize::from(length) != attributes.len() {
        return None;
    }
    let unknown = unknown(attributes)?;
    let transaction = header.get(4..HEADER)?;
    let mut body = BytesMut::with_capacity(64);
    let kind = if unknown.is_empty() {
        put_address(&mut body, source, transaction);
        BINDING_SUCCESS
    } else {
        put_refusal(&mut body, &unknown);
        BINDING_ERROR
    };
    let mut response = BytesMut::with_capacity(HEADER + body.len());
    response.put_u16(kind);
    response.put_u16(u16::try_from(body.len()).ok()?);
    response.put_slice(transaction);
    response.put_slice(&body);
    Some(response.freeze())
}

/// The attributes that would have to be understood and are not.
fn unknown(mut attributes: &[u8]) -> Option<Vec<u16>> {
    let mut unknown = Vec::new();
    while !attributes.is_empty() {
        let (kind, length) = (u16_at(attributes, 0)?, usize::from(u16_at(attributes, 2)?));
        if kind < OPTIONAL {
            unknown.push(kind);
        }
        if unknown.len() > MOST_NAMED {
            return None;
        }
        attributes = attributes.get(4 + length.next_multiple_of(4)..)?;
    }
    Some(unknown)
}

/// XOR-MAPPED-ADDRESS (RFC 5389 15.2): hidden from NATs that rewrite every address they see.
fn put_address(body: &mut BytesMut, source: SocketAddr, transaction: &[u8]) {
    let ip = source.ip().to_canonical();
    let (family, octets) = match ip {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    body.put_u16(XOR_MAPPED_ADDRESS);
    body.put_u16(4 + octets.len() as u16);
    body.put_u16(family);
    body.put_u16(source.port() ^ (MAGIC_COOKIE >> 16) as u16);
    octets.iter().zip(transaction).for_each(|(octet, mask)| body.put_u8(octet ^ mask));
}

/// 420 Unknown Attribute, with their names (RFC 5389 7.3.1, 15.6, 15.9).
fn put_refusal(body: &mut BytesMut, unknown: &[u16]) {
    body.put_u16(ERROR_CODE);
    body.put_u16(4);
    body.put_u16(0);
    body.put_u16(0x0414);
    body.put_u16(UNKNOWN_ATTRIBUTES);
    body.put_u16(2 * unknown.len() as u16);
    unknown.iter().for_each(|kind| body.put_u16(*kind));
    if unknown.len() % 2 == 1 {
        body.put_u16(0);
    }
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        let transaction = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
        [&[0, 1][..], &length, &MAGIC_COOKIE.to_be_bytes(), &transaction, attributes].concat()
    }

    /// The address of the sample response of RFC 5769 2.2, under the transaction id that it has.
    #[test]
    fn a_binding_request_is_told_where_it_came_from() {
        let answered = answer(&request(&[]), "192.0.2.1:32853".parse().unwrap()).unwrap();
        assert_eq!(answered[..4], [1, 1, 0, 12]);
        assert_eq!(answered[4..20], request(&[])[4..20], "cookie and transaction are those of the request");
        assert_eq!(answered[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
    }

    /// RFC 5769 2.3.
    #[test]
    fn an_ipv6_address_is_hidden_with_the_transaction_too() {
        let source = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        let answered = answer(&request(&[]), source).unwrap();
        let expected = b"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9";
        assert_eq!(answered[20..], expected[..]);
    }

    #[test]
    fn optional_attributes_are_passed_over_and_unknown_ones_named() {
        let software = b"\x80\x22\x00\x03iwf\x00";
        let fine = answer(&request(software), "192.0.2.1:1".parse().unwrap()).unwrap();
        assert_eq!(fine[..2], [1, 1]);
        let priority = b"\x00\x24\x00\x04\x00\x00\x00\x01";
        let refused = answer(&request(priority), "192.0.2.1:1".parse().unwrap()).unwrap();
        assert_eq!(refused[..2], [1, 0x11]);
        assert_eq!(refused[20..], [0, 9, 0, 4, 0, 0, 4, 20, 0, 10, 0, 2, 0, 0x24, 0, 0]);
    }

    #[test]
    fn what_is_no_whole_binding_request_gets_no_answer() {
        let whole = request(b"\x80\x22\x00\x03iwf\x00");
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length], "192.0.2.1:1".parse().unwrap()), None, "{length} octets");
        }
        let indication = [&[0, 0x11], &whole[2..]].concat();
        assert_eq!(answer(&indication, "192.0.2.1:1".parse().unwrap()), None);
        let many = b"\x00\x24\x00\x00".repeat(5);
        assert_eq!(answer(&request(&many), "192.0.2.1:1".parse().unwrap()), None);
        assert!(!is_stun(b"MESSAGE sip:a@b SIP/2.0") && !is_stun(b"\x00\x01") && is_stun(&whole));
    }
}

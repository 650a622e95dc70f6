//! Nonces that verify themselves: nothing is remembered of a challenge until it was answered rightly.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use iwf_model::Timestamp;
use iwf_model::network::neighbourhood;

use super::hash::{equal, hmac};

/// How long a nonce may be used (RFC 7616 5.4 leaves it to the server).
pub const NONCE_LIFE: Duration = Duration::from_secs(300);

/// When a nonce was issued, what tells it from others of that moment, and to whom: its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NonceName {
    pub(super) issued: Timestamp,
    salt: u32,
    pub(super) home: Home,
}

/// Stands for the address that a nonce was sent to. Who answers it from there can read what is sent to there.
pub(super) type Home = [u8; 4];

/// What stands for an address. An IPv6 network of 64 bits is one address: it belongs to one host.
pub(super) fn home(secret: &[u8; 32], address: IpAddr) -> Home {
    let mac = match neighbourhood(address) {
        IpAddr::V4(v4) => hmac(secret, &[b"home", &v4.octets()]),
        IpAddr::V6(v6) => hmac(secret, &[b"home", &v6.octets()]),
    };
    mac.first_chunk().copied().unwrap_or_default()
}

/// 8 octets of time, 4 of salt, 4 for the address, and the first 16 of HMAC-SHA-256(secret, all these, realm), in
/// base64. Of the salt only the low half is used.
pub(super) fn issue(secret: &[u8; 32], realm: &str, issued: Timestamp, salt: u64, home: Home) -> String {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&issued.as_micros().to_be_bytes());
    octets[8..12].copy_from_slice(&(salt as u32).to_be_bytes());
    octets[12..16].copy_from_slice(&home);
    let mac = mac(secret, realm, &octets[..16]);
    octets[16..].copy_from_slice(&mac[..16]);
    STANDARD_NO_PAD.encode(octets)
}

/// The name of a nonce that was issued under this secret for this realm, however old; `None` if it was not.
pub(super) fn verify(secret: &[u8; 32], realm: &str, nonce: &str) -> Option<NonceName> {
    let mut octets = [0; 32];
    let length = STANDARD_NO_PAD.decode_slice(nonce, &mut octets).ok()?;
    let (name, proof) = octets.split_at(16);
    if length != octets.len() || !equal(proof, &mac(secret, realm, name)[..16]) {
        return None;
    }
    let (issued, rest) = name.split_first_chunk()?;
    let (salt, home) = rest.split_first_chunk()?;
    Some(NonceName {
        issued: Timestamp::from_micros(i64::from_be_bytes(*issued)),
        salt: u32::from_be_bytes(*salt),
        home: home.try_into().ok()?,
    })
}

fn mac(secret: &[u8; 32], realm: &str, name: &[u8]) -> [u8; 32] {
    hmac(secret, &[name, realm.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const HOME: Home = [1, 2, 3, 4];
    const THEN: Timestamp = Timestamp::from_micros(1_795_219_200_000_000);

    #[test]
    fn a_nonce_of_ours_gives_back_when_it_was_issued() {
        let nonce = issue(&SECRET, "example.com", THEN, 9, HOME);
        assert_eq!(
            verify(&SECRET, "example.com", &nonce),
            Some(NonceName { issued: THEN, salt: 9, home: HOME })
        );
        assert!(nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/'), "{nonce}");
    }

    #[test]
    fn two_challenges_of_one_moment_have_two_nonces() {
        assert_ne!(issue(&SECRET, "r", THEN, 1, HOME), issue(&SECRET, "r", THEN, 2, HOME));
    }

    #[test]
    fn a_nonce_of_another_secret_realm_or_hand_is_not_ours() {
        let nonce = issue(&SECRET, "example.com", THEN, 9, HOME);
        assert_eq!(verify(&[8; 32], "example.com", &nonce), None);
        assert_eq!(verify(&SECRET, "example.org", &nonce), None);
        for place in 0..nonce.len() - 1 {
            let mut forged = nonce.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(verify(&SECRET, "example.com", std::str::from_utf8(&forged).unwrap()), None);
        }
        for garbage in ["", "AAAA", "not base64 at all!", &"A".repeat(43), &"A".repeat(500)] {
            assert_eq!(verify(&SECRET, "example.com", garbage), None, "{garbage}");
        }
    }

    #[test]
    fn a_home_is_the_same_for_one_host_and_differs_between_two() {
        let home = |address: &str| home(&SECRET, address.parse().unwrap());
        assert_eq!(home("2001:db8:1:2:aaaa::1"), home("2001:db8:1:2:bbbb::2"));
        assert_eq!(home("192.0.2.1"), home("::ffff:192.0.2.1"));
        assert_ne!(home("192.0.2.1"), home("192.0.2.2"));
    }
}

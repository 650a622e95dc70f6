//! Passwords: what is kept of them, and how they are checked. None is ever kept or printed itself.
//!
//! A carrier's password is compared with what its bind carries, so a salted hash is kept. An app proves
//! by digest that it knows its password, so HA1 is kept, which is bound to the realm (RFC 7616 3.4.2).

use iwf_sip::digest::{Algorithm, ha1};
use sha2::{Digest, Sha256};

/// The most octets of a carrier's password. SMPP 3.4 has 8; many carriers use more.
pub(crate) const MAX_SMPP_PASSWORD: usize = 64;
/// The most octets that SMPP 3.4 and 5.0 give a password (table 4-1: 9 with the NUL).
pub(crate) const SPECIFIED_SMPP_PASSWORD: usize = 8;
/// The most octets of an app's password.
pub(crate) const MAX_SIP_PASSWORD: usize = 128;

const SCHEME: &str = "sha256";
const SALT_OCTETS: usize = 16;

/// The operating system gave no random numbers: nothing can be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub(crate) struct NoRandomness(getrandom::Error);

/// What is kept of a carrier's password: `sha256$SALT$HASH`, both in hex.
pub(crate) fn hash(password: &str) -> Result<String, NoRandomness> {
    let mut salt = [0; SALT_OCTETS];
    getrandom::fill(&mut salt).map_err(NoRandomness)?;
    Ok(format!("{SCHEME}${}${}", hex(&salt), hex(&salted(&salt, password.as_bytes()))))
}

/// Whether a bind's password is the one that `kept` was made of. Takes the same time wherever they differ.
pub(crate) fn verify(kept: &str, password: &[u8]) -> bool {
    let Some((salt, expected)) = parse(kept) else { return false };
    let actual = salted(&salt, password);
    actual.iter().zip(expected).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// The HA1s of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ha1s {
    pub(crate) md5: String,
    pub(crate) sha256: String,
    pub(crate) sha512_256: String,
}

/// What is kept of an app's password, for every digest that it may be asked for.
pub(crate) fn ha1s(username: &str, realm: &str, password: &str) -> Ha1s {
    let by = |algorithm| ha1(algorithm, username, realm, password);
    Ha1s { md5: by(Algorithm::Md5), sha256: by(Algorithm::Sha256), sha512_256: by(Algorithm::Sha512Trunc256) }
}

fn salted(salt: &[u8], password: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(password).finalize().into()
}

fn parse(kept: &str) -> Option<([u8; SALT_OCTETS], [u8; 32])> {
    let mut parts = kept.split('$');
    let (scheme, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let known = scheme == SCHEME && parts.next().is_none();
    known.then_some((unhex(salt)?, unhex(hash)?))
}

/// Octets as hex digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (index, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognised_by_its_hash_and_no_other_is() {
        let kept = hash("secret1").unwrap();
        assert!(verify(&kept, b"secret1"));
        for other in [&b"secret2"[..], b"secret", b"secret11", b""] {
            assert!(!verify(&kept, other));
        }
    }

    #[test]
    fn two_hashes_of_one_password_differ_and_hold_nothing_of_it() {
        let (one, two) = (hash("secret1").unwrap(), hash("secret1").unwrap());
        assert_ne!(one, two);
        assert!(!one.contains("secret1"));
    }

    #[test]
    fn the_hash_is_salt_then_password() {
        let salt: [u8; 16] = std::array::from_fn(|index| index as u8);
        let whole: [u8; 32] = Sha256::digest([&salt[..], b"pw"].concat()).into();
        let kept = format!("sha256${}${}", hex(&salt), hex(&whole));
        assert!(verify(&kept, b"pw"));
    }

    #[test]
    fn a_hash_that_is_damaged_lets_nobody_in() {
        for kept in ["", "sha256", "sha256$$", "plain$secret", "sha256$zz$zz", "sha256$00$00$00"] {
            assert!(!verify(kept, b""), "{kept}");
        }
    }

    #[test]
    fn ha1_is_that_of_rfc_2617() {
        let kept = ha1s("Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(kept.md5, "939e7578ed9e3c518a452acee763bce9");
        assert_eq!((kept.sha256.len(), kept.sha512_256.len()), (64, 64));
        assert_ne!(kept.sha256, kept.sha512_256);
    }
}

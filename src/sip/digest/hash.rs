//! The arithmetic: hashes in hex, HA1, the response, a keyed hash, a comparison that takes equal time.

use iwf_model::{Account, Challenge};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

/// A hash that digest authentication may use (RFC 7616 3.3, RFC 8760 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5: weak, and all that most phones know.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256: SHA-512 from other initial values, cut to 256 bits (FIPS 180-4 5.3.6.2).
    Sha512Trunc256,
}

impl Algorithm {
    /// The token in the `algorithm` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512Trunc256 => "SHA-512-256",
        }
    }

    /// Reads the token, in any case. The `-sess` forms are not used in SIP and not known here.
    pub fn parse(token: &str) -> Option<Self> {
        let mut all = [Self::Md5, Self::Sha256, Self::Sha512Trunc256].into_iter();
        all.find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(token))
    }

    /// Those that a challenge names, the preferred one first (RFC 8760 2.4).
    pub(super) fn of(challenge: Challenge) -> &'static [Self] {
        match challenge {
            Challenge::Md5 => &[Self::Md5],
            Challenge::Sha256 => &[Self::Sha256],
            Challenge::Sha512Trunc256 => &[Self::Sha512Trunc256],
            Challenge::Both => &[Self::Sha256, Self::Md5],
        }
    }

    /// What is kept of the account's password by it, in as many digits as it has to have.
    pub(super) fn ha1_of(self, account: &Account) -> Option<&str> {
        let (ha1, digits) = match self {
            Self::Md5 => (account.ha1_md5.as_str(), 32),
            Self::Sha256 => (account.ha1_sha256.as_str(), 64),
            Self::Sha512Trunc256 => (account.ha1_sha512_256.as_deref()?, 64),
        };
        (ha1.len() == digits).then_some(ha1)
    }

    /// Hashes the parts with a colon between each two: the form of every hash in digest authentication.
    pub(super) fn joined(self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Md5 => Hex::of(&joined(Md5::new(), parts)),
            Self::Sha256 => Hex::of(&joined(Sha256::new(), parts)),
            Self::Sha512Trunc256 => Hex::of(&joined(Sha512_256::new(), parts)),
        }
    }
}

fn joined<H: sha2::Digest>(mut hash: H, parts: &[&[u8]]) -> sha2::digest::Output<H> {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hash.finalize()
}

/// A hash in lower-case hexadecimal, held in place.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 64],
    len: usize,
}

impl Hex {
    fn of(hash: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
        }
        Self { digits, len: (hash.len() * 2).min(64) }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

/// HA1 = H(username:realm:password) in lower-case hexadecimal (RFC 7616 3.4.2): all that is kept of a password.
pub fn ha1(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> String {
    let hex = algorithm.joined(&[username.as_bytes(), realm.as_bytes(), password.as_bytes()]);
    String::from_utf8_lossy(hex.as_bytes()).into_owned()
}

/// What a digest is calculated over besides HA1 (RFC 7616 3.4.1), each as it stands in the header, unquoted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) nonce: &'a str,
    pub(super) qop: Qop<'a>,
}

/// The quality of protection, with what it adds to the calculation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Qop<'a> {
    /// None: RFC 2069 style.
    Absent,
    /// `auth`.
    Auth { nc: &'a str, cnonce: &'a str },
    /// `auth-int`: the body is covered too.
    AuthInt { nc: &'a str, cnonce: &'a str, body: &'a [u8] },
}

/// The `response` that proves HA1 is known.
pub(super) fn response(algorithm: Algorithm, ha1: &[u8], proof: &Proof<'_>) -> Hex {
    let (method, uri, nonce) = (proof.method.as_bytes(), proof.uri.as_bytes(), proof.nonce.as_bytes());
    match proof.qop {
        Qop::Absent => {
            let ha2 = algorithm.joined(&[method, uri]);
            algorithm.joined(&[ha1, nonce, ha2.as_bytes()])
        }
        Qop::Auth { nc, cnonce } => {
            let ha2 = algorithm.joined(&[method, uri]);
            algorithm.joined(&[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), b"auth", ha2.as_bytes()])
        }
        Qop::AuthInt { nc, cnonce, body } => {
            let entity = algorithm.joined(&[body]);
            let ha2 = algorithm.joined(&[method, uri, entity.as_bytes()]);
            algorithm.joined(&[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), b"auth-int", ha2.as_bytes()])
        }
    }
}

/// HMAC-SHA-256 (RFC 2104) of the parts one after the other.
pub(super) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let keyed = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(octet, key)| *octet ^= key);
        Sha256::new().chain_update(block)
    };
    let inner = parts.iter().fold(keyed(0x36), |hash, part| hash.chain_update(part));
    keyed(0x5c).chain_update(inner.finalize()).finalize().into()
}

/// Whether the two are equal, in a time that does not tell where they differ.
pub(super) fn equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(hex: &Hex) -> &str {
        std::str::from_utf8(hex.as_bytes()).unwrap()
    }

    /// RFC 2617 3.5.
    #[test]
    fn md5_agrees_with_the_example_of_rfc_2617() {
        let ha1 = ha1(Algorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        let proof = Proof {
            method: "GET",
            uri: "/dir/index.html",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            qop: Qop::Auth { nc: "00000001", cnonce: "0a4f113b" },
        };
        assert_eq!(ha1, "939e7578ed9e3c518a452acee763bce9");
        let response = response(Algorithm::Md5, ha1.as_bytes(), &proof);
        assert_eq!(text(&response), "6629fae49393a05397450978507c4ef1");
    }

    /// RFC 2069 2.4, as corrected by its errata.
    #[test]
    fn a_digest_without_qop_is_the_one_of_rfc_2069() {
        let ha1 = ha1(Algorithm::Md5, "Mufasa", "testrealm@host.com", "CircleOfLife");
        let proof = Proof {
            method: "GET",
            uri: "/dir/index.html",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            qop: Qop::Absent,
        };
        let response = response(Algorithm::Md5, ha1.as_bytes(), &proof);
        assert_eq!(text(&response), "1949323746fe6a43ef61f9606e7febea");
    }

    /// RFC 7616 3.9.1.
    #[test]
    fn both_algorithms_agree_with_the_example_of_rfc_7616() {
        let cases = [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ];
        for (algorithm, expected) in cases {
            let ha1 = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
            let proof = Proof {
                method: "GET",
                uri: "/dir/index.html",
                nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                qop: Qop::Auth { nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" },
            };
            assert_eq!(text(&response(algorithm, ha1.as_bytes(), &proof)), expected);
        }
    }

    /// The request of RFC 7616 3.9.2. The response there is made with SHA-512 cut short instead of SHA-512/256 (errata
    /// 4897); this one is OpenSSL's.
    #[test]
    fn sha_512_256_answers_the_example_of_rfc_7616_as_openssl_does() {
        let username = "J\u{e4}s\u{f8}n Doe";
        let ha1 = ha1(Algorithm::Sha512Trunc256, username, "api@example.org", "Secret, or not?");
        let proof = Proof {
            method: "GET",
            uri: "/doe.json",
            nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            qop: Qop::Auth { nc: "00000001", cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm" },
        };
        let response = response(Algorithm::Sha512Trunc256, ha1.as_bytes(), &proof);
        assert_eq!(text(&response), "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c");
    }

    /// NIST's example of the function.
    #[test]
    fn sha_512_256_is_the_function_of_that_name() {
        let hex = Algorithm::Sha512Trunc256.joined(&[b"abc"]);
        assert_eq!(text(&hex), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
    }

    #[test]
    fn auth_int_covers_the_body() {
        let respond = |body: &[u8]| {
            let qop = Qop::AuthInt { nc: "00000001", cnonce: "c", body };
            let proof = Proof { method: "MESSAGE", uri: "sip:a", nonce: "n", qop };
            text(&response(Algorithm::Md5, b"ha1", &proof)).to_owned()
        };
        assert_ne!(respond(b"one"), respond(b"two"));
    }

    /// RFC 4231 4.3 (its key padded with zeros, which HMAC does anyway) and 4.2.
    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac(&key, &[b"what do ya want ", b"for nothing?"]);
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(text(&Hex::of(&mac)), expected);

        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(text(&Hex::of(&hmac(&key, &[b"Hi There"]))), expected);
    }

    #[test]
    fn equality_needs_every_octet_and_the_same_length() {
        assert!(equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd"));
        assert!(!equal(b"abc", b"ab"));
        assert!(!equal(b"", b"a"));
    }

    #[test]
    fn algorithms_are_read_in_any_case() {
        assert_eq!(Algorithm::parse("md5"), Some(Algorithm::Md5));
        assert_eq!(Algorithm::parse("sha-256"), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::parse("Sha-512-256"), Some(Algorithm::Sha512Trunc256));
        assert_eq!(Algorithm::parse("MD5-sess"), None);
    }
}

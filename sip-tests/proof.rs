//! The response to a challenge (RFC 7616 3.4.1), written out for what rsip can't do: SHA-512/256 and auth-int.

use iwf_sip::digest::Algorithm;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::server::{App, Draft, REALM};

/// The Authorization line of an app for a request; with `auth_int` the body is covered too.
pub fn authorization(app: &App, draft: &Draft, nonce: &str, count: u32, auth_int: bool) -> String {
    let h = |octets: &[u8]| hash(app.algorithm, octets);
    let (qop, nc) = (if auth_int { "auth-int" } else { "auth" }, format!("{count:08x}"));
    let a1 = h(format!("{}:{REALM}:{}", app.user, app.password).as_bytes());
    let a2 = match auth_int {
        true => format!("{}:{}:{}", draft.method, draft.uri, h(&draft.body)),
        false => format!("{}:{}", draft.method, draft.uri),
    };
    let response = h(format!("{a1}:{nonce}:{nc}:0a4f113b:{qop}:{}", h(a2.as_bytes())).as_bytes());
    format!(
        "Authorization: Digest username=\"{}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{}\", \
         response=\"{response}\", algorithm={}, cnonce=\"0a4f113b\", qop={qop}, nc={nc}\r\n",
        app.user,
        draft.uri,
        app.algorithm.as_str(),
    )
}

fn hash(algorithm: Algorithm, octets: &[u8]) -> String {
    let hash = match algorithm {
        Algorithm::Md5 => Md5::digest(octets).to_vec(),
        Algorithm::Sha256 => Sha256::digest(octets).to_vec(),
        Algorithm::Sha512Trunc256 => Sha512_256::digest(octets).to_vec(),
    };
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

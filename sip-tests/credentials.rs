//! The answer to a challenge, computed with nothing of the product (RFC 2617 3.2.2, RFC 3261 22.4).

use std::fmt::Write as _;

use md5::{Digest as _, Md5};

fn hash(text: &str) -> String {
    Md5::digest(text).iter().fold(String::new(), |mut digits, octet| {
        let _ = write!(digits, "{octet:02x}");
        digits
    })
}

/// What a server asks to be proven.
#[derive(Debug)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
}

impl Challenge {
    /// The first challenge in a response, which has to be one for MD5.
    pub(crate) fn read(response: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(response);
        let value = |name: &str| Some(text.split_once(name)?.1.split('"').next()?.to_owned());
        Some(Self { realm: value("realm=\"")?, nonce: value("nonce=\"")? })
    }

    /// An Authorization field of an account whose password is `secret`, without its line end.
    pub(crate) fn answered(&self, account: &str, request: &(String, String)) -> String {
        self.answered_again(account, request, 1)
    }

    /// The same, with a nonce count.
    pub(crate) fn answered_again(
        &self,
        account: &str,
        (method, uri): &(String, String),
        count: u32,
    ) -> String {
        let Self { realm, nonce } = self;
        let (own, asked) = (hash(&format!("{account}:{realm}:secret")), hash(&format!("{method}:{uri}")));
        let response = hash(&format!("{own}:{nonce}:{count:08x}:0a4f113b:auth:{asked}"));
        format!(
            "Authorization: Digest username=\"{account}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=MD5, qop=auth, nc={count:08x}, cnonce=\"0a4f113b\""
        )
    }
}

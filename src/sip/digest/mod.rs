//! Digest authentication of the apps (RFC 3261 section 22, RFC 7616, RFC 8760).
//!
//! [`Authenticator`] makes challenges and checks the answers. It keeps no state for a challenge: a nonce
//! proves itself. State begins with a right answer (which counts were used) or a wrong one (who guesses),
//! both in tables of bounded size. A user that does not exist is answered like a wrong password, in the
//! same words and the same time. Passwords are unknown here: HA1 is enough.
//!
//! The transaction layer has absorbed retransmissions before, so a repeated count is a replay.

mod credentials;
mod guard;
mod hash;
mod nonce;
mod replay;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use iwf_model::{Account, Now};

use crate::directory::Directory;
use crate::message::{Scheme, Uri};
use credentials::Credentials;
use guard::{Guard, Guesser};
pub use hash::{Algorithm, ha1};
use hash::{Proof, Qop, equal, hmac, response};
pub use nonce::NONCE_LIFE;
use replay::Replay;

/// Which algorithms a challenge names; only these are accepted in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Challenge {
    /// MD5 alone: the one that every phone answers.
    #[default]
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// SHA-256 and MD5, each in its own header, the stronger first (RFC 8760 2.4). Locks some apps out.
    Both,
}

impl Challenge {
    fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Md5 => &[Algorithm::Md5],
            Self::Sha256 => &[Algorithm::Sha256],
            Self::Both => &[Algorithm::Sha256, Algorithm::Md5],
        }
    }
}

/// How apps prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestPolicy {
    /// The realm of every challenge; an account's HA1 is bound to it.
    pub realm: String,
    /// The algorithms offered.
    pub challenge: Challenge,
    /// Accept digests without qop (RFC 2069), which can't be protected against replay within a nonce's life.
    pub allow_without_qop: bool,
}

/// A request, as far as it matters to its authentication.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The method, as in the request line.
    pub method: &'a str,
    /// The Request-URI, as in the request line.
    pub uri: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// Where it came from.
    pub source: IpAddr,
}

/// What the credentials of a request are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is this account, whatever its state.
    Authentic(Arc<Account>),
    /// Challenge it: 401.
    Challenge {
        /// The digest was right and only the nonce no longer is (RFC 7616 3.3): the app tries again unasked.
        stale: bool,
    },
    /// The digest is for another Request-URI: 400 (RFC 7616 3.4.6).
    OtherUri,
    /// This user was guessed at too often from there: 403, without a look at the digest.
    ShutOut,
}

/// Makes challenges and checks the answers.
#[derive(Debug)]
pub struct Authenticator {
    policy: DigestPolicy,
    secret: [u8; 32],
    replay: Replay,
    guard: Guard,
    wrong: u64,
}

/// The most live nonces whose counts are remembered.
const NONCES: usize = 100_000;
/// The most pairs of user and address whose wrong digests are counted.
const GUESSERS: usize = 20_000;
/// Stands for the HA1 of a user that does not exist, so that finding out takes as long as for one that does.
const NOBODY: &str = "00000000000000000000000000000000";

impl Authenticator {
    /// Takes the policy and 32 secret random octets. With the same secret on several nodes, or after a
    /// restart, each takes the nonces of the other.
    pub fn new(policy: DigestPolicy, secret: [u8; 32]) -> Self {
        Self { policy, secret, replay: Replay::new(NONCES), guard: Guard::new(GUESSERS), wrong: 0 }
    }

    /// The values of WWW-Authenticate, one header for each. `salt` makes the nonce unlike all others of this
    /// moment: a random number, which need not be secret.
    pub fn challenges(&self, stale: bool, now: Now, salt: u64) -> impl Iterator<Item = String> {
        let realm = &self.policy.realm;
        let nonce = nonce::issue(&self.secret, realm, now.utc, salt);
        let stale = if stale { ", stale=true" } else { "" };
        self.policy.challenge.algorithms().iter().map(move |algorithm| {
            let algorithm = algorithm.as_str();
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        })
    }

    /// How many digests were wrong so far, for metrics: a first request without any is not.
    pub fn wrong_digests(&self) -> u64 {
        self.wrong
    }

    /// Judges a request by the values of its Authorization and Proxy-Authorization headers.
    pub fn check<'a>(
        &mut self,
        attempt: &Attempt<'a>,
        headers: impl IntoIterator<Item = &'a str>,
        directory: &dyn Directory,
        now: Now,
    ) -> Verdict {
        let ours =
            headers.into_iter().filter_map(Credentials::parse).find_map(|c| self.acceptable(c, attempt));
        let Some((credentials, algorithm, qop)) = ours else { return Verdict::Challenge { stale: false } };

        let guesser = self.guesser(&credentials, attempt.source);
        if self.guard.is_shut_out(&guesser, now.instant) {
            return Verdict::ShutOut;
        }
        let account = account(directory, credentials.username).filter(|account| self.is_usable(account));
        let ha1 = account.as_deref().map_or(NOBODY, |account| match algorithm {
            Algorithm::Md5 => &account.ha1_md5,
            Algorithm::Sha256 => &account.ha1_sha256,
        });
        let Credentials { uri, nonce, .. } = credentials;
        let right = response(algorithm, ha1.as_bytes(), &Proof { method: attempt.method, uri, nonce, qop });
        let proven = equal(right.as_bytes(), credentials.response.to_ascii_lowercase().as_bytes());
        let Some(account) = account.filter(|_| proven) else {
            self.guard.count(guesser, now.instant);
            self.wrong = self.wrong.saturating_add(1);
            return Verdict::Challenge { stale: false };
        };
        if !is_for(uri, attempt.uri) {
            return Verdict::OtherUri;
        }
        if !self.is_fresh(&credentials, qop, now) {
            return Verdict::Challenge { stale: true };
        }
        Verdict::Authentic(account)
    }

    /// Whether the account has hashes of this realm: without them, anybody could compute its digest.
    fn is_usable(&self, account: &Account) -> bool {
        account.realm == self.policy.realm && account.ha1_md5.len() == 32 && account.ha1_sha256.len() == 64
    }

    /// The credentials with what they are calculated by, if they answer a challenge that we might have made.
    fn acceptable<'a>(
        &self,
        credentials: Credentials<'a>,
        attempt: &Attempt<'a>,
    ) -> Option<(Credentials<'a>, Algorithm, Qop<'a>)> {
        let algorithm = credentials.algorithm()?;
        let qop = credentials.qop(attempt.body)?;
        let offered = self.policy.challenge.algorithms().contains(&algorithm);
        let protected = self.policy.allow_without_qop || !matches!(qop, Qop::Absent);
        let ours = credentials.realm == self.policy.realm;
        (offered && protected && ours).then_some((credentials, algorithm, qop))
    }

    /// Whether the nonce is ours and alive and its count was not used before.
    fn is_fresh(&mut self, credentials: &Credentials<'_>, qop: Qop<'_>, now: Now) -> bool {
        let Some(name) = nonce::verify(&self.secret, &self.policy.realm, credentials.nonce) else {
            return false;
        };
        if !self.replay.is_live(name, now.utc) {
            return false;
        }
        match (qop, credentials.count()) {
            (Qop::Absent, _) => true,
            (Qop::Auth { .. } | Qop::AuthInt { .. }, Some(count)) => self.replay.take(name, count, now.utc),
            (Qop::Auth { .. } | Qop::AuthInt { .. }, None) => false,
        }
    }

    fn guesser(&self, credentials: &Credentials<'_>, source: IpAddr) -> Guesser {
        let mac = hmac(&self.secret, &[b"guesser", credentials.username.as_bytes()]);
        let mut user = [0; 16];
        user.copy_from_slice(&mac[..16]);
        (source, user)
    }
}

/// The account that a digest username names: `user`, or `user@domain` (RFC 3261 22.4 leaves the form open).
fn account(directory: &dyn Directory, username: &str) -> Option<Arc<Account>> {
    let user = username.split_once('@').map_or(username, |(user, _)| user);
    directory.account(user.strip_prefix('+').unwrap_or(user))
}

/// Whether a digest is for this Request-URI: scheme, user, host and port are equal, where the default port may
/// be left out. Parameters don't count, because apps add `;transport` to one and not to the other; a digest
/// without a user names the server, as SIPp and old adapters write it whatever they ask for.
fn is_for(digest_uri: &str, request_uri: &str) -> bool {
    let (Ok(digest), Ok(request)) = (Uri::parse(digest_uri), Uri::parse(request_uri)) else { return false };
    let port = |uri: &Uri<'_>| uri.port().unwrap_or(if uri.scheme() == Scheme::Sips { 5061 } else { 5060 });
    digest.as_str() == request.as_str()
        || digest.scheme() == request.scheme()
            && !digest.host().is_empty()
            && (digest.user().is_none() || digest.user() == request.user())
            && digest.host().eq_ignore_ascii_case(request.host())
            && port(&digest) == port(&request)
}

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

pub use iwf_model::Challenge;
use iwf_model::network::neighbourhood;
use iwf_model::{Account, Flow, Now};

use crate::directory::{Directory, user_of};
use crate::message::{Scheme, Uri};
use credentials::Credentials;
pub use guard::Shut;
use guard::{Guard, Guesser};
pub use hash::{Algorithm, ha1};
use hash::{Proof, Qop, equal, hmac, response};
pub use nonce::NONCE_LIFE;
use nonce::NonceName;
use replay::Replay;

/// How apps prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestPolicy {
    /// The realm of every challenge; an account's HA1 is bound to it.
    pub realm: String,
    /// What is asked for where the account says nothing else.
    pub challenge: Challenge,
    /// Offer auth-int, which protects the body too, beside auth. It is understood either way; some phones refuse a
    /// challenge that names it.
    pub auth_int: bool,
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
    /// The address that it claims to come from: without credentials, the challenge follows the policy of that user.
    pub claimed: Uri<'a>,
    /// How it came.
    pub flow: Flow,
    /// A proxy stands there, and so many names are nothing unusual: guessing is counted by name alone.
    pub is_proxy: bool,
}

impl Attempt<'_> {
    fn source(&self) -> IpAddr {
        self.flow.peer().ip().to_canonical()
    }
}

/// What a 401 has to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// With which algorithms.
    pub challenge: Challenge,
    /// The digest was right and only the nonce no longer is (RFC 7616 3.3): the app tries again unasked.
    pub stale: bool,
}

/// What the credentials of a request are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is proven.
    Authentic {
        /// To be this account, whatever its state.
        account: Arc<Account>,
        /// The nonce has lived for more than half of its life: the answer should carry the next one.
        ageing: bool,
    },
    /// Challenge it: 401.
    Challenge(Asked),
    /// The digest is for another Request-URI: 400 (RFC 7616 3.4.6).
    OtherUri,
    /// There was too much guessing there: refused without a look at the digest.
    ShutOut(Shut),
}

/// Credentials that are worth a look.
struct Claim<'a> {
    credentials: Credentials<'a>,
    algorithm: Algorithm,
    qop: Qop<'a>,
    account: Option<Arc<Account>>,
    /// What is asked of that account.
    challenge: Challenge,
}

/// Makes challenges and checks the answers.
#[derive(Debug)]
pub struct Authenticator {
    policy: DigestPolicy,
    secret: [u8; 32],
    replay: Replay,
    guard: Guard,
    wrong: u64,
    /// What the last wrong digest led to, and whose it was.
    begun: Option<(Shut, String)>,
}

/// The most live nonces whose counts are remembered.
const NONCES: usize = 100_000;
/// The most pairs of user and address whose wrong digests are counted.
const GUESSERS: usize = 20_000;
/// The most pairs of user and address that are remembered as having been right.
const KNOWN: usize = 100_000;
/// Stands for the HA1 of a user that does not exist, so that finding out takes as long as for one that does.
const NOBODY: &str = "00000000000000000000000000000000";

impl Authenticator {
    /// Takes the policy and 32 secret random octets. With the same secret on several nodes, or after a
    /// restart, each takes the nonces of the other.
    pub fn new(policy: DigestPolicy, secret: [u8; 32]) -> Self {
        let guard = Guard::new(GUESSERS, KNOWN);
        Self { policy, secret, replay: Replay::new(NONCES), guard, wrong: 0, begun: None }
    }

    /// The values of WWW-Authenticate, one header for each, for somebody at `source`. `salt` makes the nonce unlike all
    /// others of this moment: a random number, which need not be secret.
    pub fn challenges(
        &self,
        asked: Asked,
        source: IpAddr,
        now: Now,
        salt: u64,
    ) -> impl Iterator<Item = String> {
        let realm = &self.policy.realm;
        let nonce = self.nonce(source, now, salt);
        let qop = if self.policy.auth_int { "auth,auth-int" } else { "auth" };
        let stale = if asked.stale { ", stale=true" } else { "" };
        Algorithm::of(asked.challenge).iter().map(move |algorithm| {
            let algorithm = algorithm.as_str();
            format!(
                "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"{qop}\"{stale}"
            )
        })
    }

    /// The value of Authentication-Info (RFC 7616 3.5): a nonce for the next request, so that it needs no challenge.
    pub fn next_nonce(&self, source: IpAddr, now: Now, salt: u64) -> String {
        format!("nextnonce=\"{}\"", self.nonce(source, now, salt))
    }

    fn nonce(&self, source: IpAddr, now: Now, salt: u64) -> String {
        let home = nonce::home(&self.secret, source);
        nonce::issue(&self.secret, &self.policy.realm, now.utc, salt, home)
    }

    /// How many digests were wrong so far, for metrics: a first request without any is not.
    pub fn wrong_digests(&self) -> u64 {
        self.wrong
    }

    /// Who is shut out from now on, and the user name that was claimed: at most one for each request.
    pub fn take_begun(&mut self) -> Option<(Shut, String)> {
        self.begun.take()
    }

    /// Judges a request by the values of its Authorization and Proxy-Authorization headers.
    pub fn check<'a>(
        &mut self,
        attempt: &Attempt<'a>,
        headers: impl IntoIterator<Item = &'a str>,
        directory: &dyn Directory,
        now: Now,
    ) -> Verdict {
        let mut named = None;
        for credentials in headers.into_iter().filter_map(Credentials::parse) {
            if credentials.realm != self.policy.realm {
                continue;
            }
            let account = self.account(directory, credentials.username);
            let challenge = self.challenge(account.as_deref());
            if let Some((algorithm, qop)) = self.acceptable(&credentials, challenge, attempt) {
                let claim = Claim { credentials, algorithm, qop, account, challenge };
                return self.judge(claim, attempt, directory, now);
            }
            named.get_or_insert(challenge);
        }
        let challenge = named.unwrap_or_else(|| {
            self.challenge(self.account(directory, &user_of(&attempt.claimed)).as_deref())
        });
        Verdict::Challenge(Asked { challenge, stale: false })
    }

    fn judge(
        &mut self,
        claim: Claim<'_>,
        attempt: &Attempt<'_>,
        directory: &dyn Directory,
        now: Now,
    ) -> Verdict {
        let Claim { credentials, algorithm, qop, account, challenge } = claim;
        // A nonce that was not sent to there proves nothing about who sends from there: its digest is not looked at,
        // so that it tells nothing and nobody can be made a guesser by others.
        let name = nonce::verify(&self.secret, &self.policy.realm, credentials.nonce);
        let home = nonce::home(&self.secret, attempt.source());
        let Some(name) = name.filter(|name| name.home == home) else {
            return Verdict::Challenge(Asked { challenge, stale: true });
        };
        let guesser = self.guesser(&credentials, attempt.source());
        if let Some(shut) = self.guard.shuts_out(&guesser, now.instant)
            && !(attempt.is_proxy && matches!(shut, Shut::Address { .. }))
            && !account.as_deref().is_some_and(|account| is_at_home(account, attempt.flow, shut, directory))
        {
            return Verdict::ShutOut(shut);
        }
        let ha1 = account.as_deref().and_then(|account| algorithm.ha1_of(account));
        let Credentials { uri, nonce, .. } = credentials;
        let proof = Proof { method: attempt.method, uri, nonce, qop };
        let right = response(algorithm, ha1.unwrap_or(NOBODY).as_bytes(), &proof);
        let proven =
            ha1.is_some() && equal(right.as_bytes(), credentials.response.to_ascii_lowercase().as_bytes());
        let Some(account) = account.filter(|_| proven) else {
            let begun = self.guard.wrong(guesser, attempt.is_proxy, now.instant);
            self.begun = begun.map(|shut| (shut, credentials.username.to_owned()));
            self.wrong = self.wrong.saturating_add(1);
            return Verdict::Challenge(Asked { challenge, stale: false });
        };
        if !is_for(uri, attempt.uri) {
            return Verdict::OtherUri;
        }
        self.guard.right(guesser);
        if self.uses_up(name, &credentials, qop, now) {
            Verdict::Authentic { account, ageing: now.utc.since(name.issued) > NONCE_LIFE / 2 }
        } else {
            Verdict::Challenge(Asked { challenge, stale: true })
        }
    }

    /// The account that a user name stands for, if its hashes are of this realm.
    fn account(&self, directory: &dyn Directory, username: &str) -> Option<Arc<Account>> {
        account(directory, username).filter(|account| account.realm == self.policy.realm)
    }

    /// What is asked of an account; of a user that does not exist, what is asked of most.
    fn challenge(&self, account: Option<&Account>) -> Challenge {
        account.map_or(self.policy.challenge, |account| account.challenge(self.policy.challenge))
    }

    /// By what the credentials are calculated, if they answer a challenge that we might have made. Hashed user
    /// names are not offered, so they are nobody's (RFC 7616 3.4.4).
    fn acceptable<'a>(
        &self,
        credentials: &Credentials<'a>,
        challenge: Challenge,
        attempt: &Attempt<'a>,
    ) -> Option<(Algorithm, Qop<'a>)> {
        let algorithm = credentials.algorithm()?;
        let qop = credentials.qop(attempt.body)?;
        let offered = Algorithm::of(challenge).contains(&algorithm) && !credentials.has_hashed_username();
        let protected = self.policy.allow_without_qop || !matches!(qop, Qop::Absent);
        (offered && protected).then_some((algorithm, qop))
    }

    /// Uses up a count of the nonce; false: it is too old, or this count was used before.
    fn uses_up(&mut self, name: NonceName, credentials: &Credentials<'_>, qop: Qop<'_>, now: Now) -> bool {
        self.replay.is_live(name, now.utc)
            && match (qop, credentials.count()) {
                (Qop::Absent, _) => true,
                (Qop::Auth { .. } | Qop::AuthInt { .. }, Some(count)) => {
                    self.replay.take(name, count, now.utc)
                }
                (Qop::Auth { .. } | Qop::AuthInt { .. }, None) => false,
            }
    }

    fn guesser(&self, credentials: &Credentials<'_>, source: IpAddr) -> Guesser {
        let mac = hmac(&self.secret, &[b"guesser", credentials.username.as_bytes()]);
        let mut user = [0; 16];
        user.copy_from_slice(&mac[..16]);
        Guesser::new(source, user)
    }
}

/// Whether a device of the account is registered over this very flow, which nobody else can use; or, where it is only that
/// many names are tried, from the same address.
fn is_at_home(account: &Account, flow: Flow, shut: Shut, directory: &dyn Directory) -> bool {
    let here = neighbourhood(flow.peer().ip());
    directory.bindings(account.id).iter().any(|binding| match shut {
        Shut::User { .. } => binding.flow == flow,
        Shut::Address { .. } => neighbourhood(binding.flow.peer().ip()) == here,
    })
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

//! RFC 7616 and RFC 3261 section 22, from the side of the server.

use std::cell::Cell;
use std::time::{Duration, Instant};

use iwf_model::{AccountId, AccountState, Binding, CarrierId, Flow, Timestamp};

use super::*;

const REALM: &str = "example.com";
const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

struct OneAccount(Arc<Account>);

impl Directory for OneAccount {
    fn account(&self, user: &str) -> Option<Arc<Account>> {
        (user == self.0.username).then(|| Arc::clone(&self.0))
    }

    fn bindings(&self, _: AccountId) -> Vec<Binding> {
        Vec::new()
    }

    fn carrier(&self, _: &str) -> Option<CarrierId> {
        None
    }
}

fn directory() -> OneAccount {
    OneAccount(Arc::new(Account {
        id: AccountId(1),
        username: "111222333".into(),
        ha1_md5: ha1(Algorithm::Md5, "111222333", REALM, "secret"),
        ha1_sha256: ha1(Algorithm::Sha256, "111222333", REALM, "secret"),
        tls_only: false,
        ha1_sha512_256: Some(ha1(Algorithm::Sha512Trunc256, "111222333", REALM, "secret")),
        realm: REALM.into(),
        digest: None,
        dids: Vec::new(),
        state: AccountState::Active,
    }))
}

fn account_with(change: fn(&mut Account)) -> OneAccount {
    let mut account = Account::clone(&directory().0);
    change(&mut account);
    OneAccount(Arc::new(account))
}

#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
fn start() -> Now {
    Now { instant: Instant::now(), utc: Timestamp::from_micros(1_795_219_200_000_000) }
}

/// An app with its password, and the server it speaks to.
struct World {
    server: Authenticator,
    users: OneAccount,
    source: IpAddr,
    now: Now,
    salt: Cell<u64>,
}

/// An answer to a challenge; tests change what they are about.
struct Reply<'a> {
    algorithm: Algorithm,
    username: &'a str,
    password: &'a str,
    nonce: String,
    nc: u32,
    uri: &'a str,
    qop: bool,
}

impl World {
    fn new(challenge: Challenge) -> Self {
        let policy =
            DigestPolicy { realm: REALM.into(), challenge, auth_int: false, allow_without_qop: false };
        let server = Authenticator::new(policy, [9; 32]);
        Self { server, users: directory(), source: SOURCE, now: start(), salt: Cell::new(0) }
    }

    fn flow(&self) -> Flow {
        Flow::datagrams((self.source, 5060).into())
    }

    fn challenge(&self) -> String {
        self.salt.set(self.salt.get() + 1);
        let asked = Asked { challenge: Challenge::Md5, stale: false };
        self.server.challenges(asked, self.source, self.now, self.salt.get()).next().unwrap()
    }

    fn reply(&self) -> Reply<'static> {
        let challenge = self.challenge();
        let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Reply {
            algorithm: Algorithm::Md5,
            username: "111222333",
            password: "secret",
            nonce,
            nc: 1,
            uri: "sip:example.com",
            qop: true,
        }
    }

    fn check(&mut self, reply: &Reply<'_>) -> Verdict {
        self.check_headers(&[&reply.header()])
    }

    fn check_headers(&mut self, headers: &[&str]) -> Verdict {
        let attempt = Attempt {
            method: "REGISTER",
            uri: "sip:example.com",
            body: b"",
            claimed: claimed(),
            flow: self.flow(),
            is_proxy: false,
        };
        self.server.check(&attempt, headers.iter().copied(), &self.users, self.now)
    }
}

impl Reply<'_> {
    fn header(&self) -> String {
        let Self { username, nonce, uri, nc, .. } = self;
        let nc = format!("{nc:08x}");
        let user = username.split('@').next().unwrap();
        let ha1 = ha1(self.algorithm, user, REALM, self.password);
        let qop = if self.qop { Qop::Auth { nc: &nc, cnonce: "c" } } else { Qop::Absent };
        let hex = response(self.algorithm, ha1.as_bytes(), &Proof { method: "REGISTER", uri, nonce, qop });
        let hex = std::str::from_utf8(hex.as_bytes()).unwrap();
        let algorithm = self.algorithm.as_str();
        let tail = if self.qop { format!(", qop=auth, nc={nc}, cnonce=\"c\"") } else { String::new() };
        format!(
            "Digest username=\"{username}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{hex}\", algorithm={algorithm}{tail}"
        )
    }
}

fn is_authentic(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Authentic { account, .. } if account.id == AccountId(1))
}

fn claimed() -> Uri<'static> {
    Uri::parse("sip:111222333@example.com").unwrap()
}

const REFUSED: Verdict = Verdict::Challenge(Asked { challenge: Challenge::Md5, stale: false });
const STALE: Verdict = Verdict::Challenge(Asked { challenge: Challenge::Md5, stale: true });

/// RFC 7616 3.3.
#[test]
fn a_challenge_names_realm_nonce_algorithm_and_quoted_qop() {
    let challenge = World::new(Challenge::Md5).challenge();
    assert!(challenge.starts_with("Digest realm=\"example.com\", nonce=\""), "{challenge}");
    assert!(challenge.ends_with("\", algorithm=MD5, qop=\"auth\""), "{challenge}");
}

/// RFC 8760 2.4: one header for each algorithm, the preferred one first.
#[test]
fn the_policy_decides_how_many_challenges_there_are() {
    let named = |challenge| {
        let world = World::new(challenge);
        let asked = Asked { challenge, stale: true };
        let all: Vec<String> = world.server.challenges(asked, SOURCE, world.now, 1).collect();
        assert!(all.iter().all(|challenge| challenge.ends_with(", stale=true")));
        all.iter().map(|challenge| challenge.contains("algorithm=SHA-256")).collect::<Vec<_>>()
    };
    assert_eq!(named(Challenge::Md5), [false]);
    assert_eq!(named(Challenge::Sha256), [true]);
    assert_eq!(named(Challenge::Both), [true, false]);
    assert_eq!(named(Challenge::Sha512Trunc256), [false]);
}

/// RFC 3261 22.1.
#[test]
fn the_right_digest_is_the_account() {
    let mut world = World::new(Challenge::Md5);
    let reply = world.reply();
    assert!(is_authentic(&world.check(&reply)));
}

#[test]
fn sha_256_is_taken_where_it_is_offered_and_nowhere_else() {
    for (challenge, expected) in [(Challenge::Sha256, true), (Challenge::Both, true), (Challenge::Md5, false)]
    {
        let mut world = World::new(challenge);
        let reply = Reply { algorithm: Algorithm::Sha256, ..world.reply() };
        assert_eq!(is_authentic(&world.check(&reply)), expected, "{challenge:?}");
    }
    let mut world = World::new(Challenge::Sha256);
    let reply = world.reply();
    let asked = Asked { challenge: Challenge::Sha256, stale: false };
    assert_eq!(world.check(&reply), Verdict::Challenge(asked), "MD5 must not bid SHA-256 down");
}

/// RFC 8760 2.2.
#[test]
fn sha_512_256_is_taken_where_it_is_asked_for_and_never_else() {
    for challenge in Challenge::ALL {
        let mut world = World::new(challenge);
        let reply = Reply { algorithm: Algorithm::Sha512Trunc256, ..world.reply() };
        let expected = challenge == Challenge::Sha512Trunc256;
        assert_eq!(is_authentic(&world.check(&reply)), expected, "{challenge:?}");
    }
}

/// What an account's apps can do wins over what the installation asks for.
#[test]
fn the_policy_of_an_account_is_asked_for_and_kept_to() {
    let mut world = World::new(Challenge::Md5);
    world.users = account_with(|account| account.digest = Some(Challenge::Sha256));
    let asked = Verdict::Challenge(Asked { challenge: Challenge::Sha256, stale: false });
    assert_eq!(world.check_headers(&[]), asked, "by the user that it claims to come from");
    let weak = world.reply();
    assert_eq!(world.check(&weak), asked, "MD5 is not enough for this account");
    let strong = Reply { algorithm: Algorithm::Sha256, ..world.reply() };
    assert!(is_authentic(&world.check(&strong)));
}

#[test]
fn a_password_set_before_sha_512_256_was_kept_is_asked_for_by_sha_256() {
    let mut world = World::new(Challenge::Sha512Trunc256);
    world.users = account_with(|account| account.ha1_sha512_256 = None);
    let reply = Reply { algorithm: Algorithm::Sha256, ..world.reply() };
    assert!(is_authentic(&world.check(&reply)));
    let other = Reply { algorithm: Algorithm::Sha512Trunc256, ..world.reply() };
    let asked = Asked { challenge: Challenge::Sha256, stale: false };
    assert_eq!(world.check(&other), Verdict::Challenge(asked), "nobody can prove what is not kept");
}

/// RFC 7616 3.4.4: we don't offer it, so a hashed name is never the name of anybody.
#[test]
fn a_hashed_user_name_is_challenged_and_not_counted() {
    let mut world = World::new(Challenge::Md5);
    let header = world.reply().header();
    assert_eq!(world.check_headers(&[&format!("{header}, userhash=true")]), REFUSED);
    assert_eq!(world.server.wrong_digests(), 0);
    assert!(is_authentic(&world.check_headers(&[&format!("{header}, userhash=false")])));
}

/// RFC 7616 3.3, "qop".
#[test]
fn auth_int_is_offered_where_the_policy_says_so() {
    let mut world = World::new(Challenge::Md5);
    world.server.policy.auth_int = true;
    assert!(world.challenge().ends_with(", qop=\"auth,auth-int\""), "{}", world.challenge());
}

/// RFC 7616 3.5.
#[test]
fn the_next_nonce_comes_when_half_the_life_of_one_is_over_and_is_good() {
    let mut world = World::new(Challenge::Md5);
    let nonce = world.reply().nonce;
    let reply = |nonce: &str, nc| Reply { nonce: nonce.to_owned(), nc, ..World::new(Challenge::Md5).reply() };
    let ageing = |verdict| matches!(verdict, Verdict::Authentic { ageing: true, .. });
    assert!(!ageing(world.check(&reply(&nonce, 1))));
    world.now = world.now.after(NONCE_LIFE / 2 + Duration::from_secs(1));
    assert!(ageing(world.check(&reply(&nonce, 2))));
    let info = world.server.next_nonce(SOURCE, world.now, 77);
    let next = info.strip_prefix("nextnonce=\"").and_then(|rest| rest.strip_suffix('"')).unwrap();
    world.now = world.now.after(NONCE_LIFE - Duration::from_secs(1));
    assert!(is_authentic(&world.check(&reply(next, 1))));
}

#[test]
fn no_credentials_and_those_for_another_realm_are_challenged() {
    let mut world = World::new(Challenge::Md5);
    assert_eq!(world.check_headers(&[]), REFUSED);
    let other = world.reply().header().replace("realm=\"example.com\"", "realm=\"else\"");
    assert_eq!(world.check_headers(&[&other, "Basic x"]), REFUSED);
    let ours = world.reply().header();
    assert!(is_authentic(&world.check_headers(&[&other, &ours])), "ours is found among others");
}

/// interworking.md G.5: nobody learns who exists.
#[test]
fn an_unknown_user_is_answered_like_a_wrong_password() {
    let mut world = World::new(Challenge::Md5);
    let wrong = Reply { password: "guess", ..world.reply() };
    let unknown = Reply { username: "nobody", ..world.reply() };
    assert_eq!(world.check(&wrong), REFUSED);
    assert_eq!(world.check(&unknown), REFUSED);
    assert_eq!(world.server.wrong_digests(), 2);
}

/// RFC 7616 3.3, "stale".
#[test]
fn an_old_nonce_is_stale_only_if_the_digest_is_right() {
    let mut world = World::new(Challenge::Md5);
    let right = world.reply();
    let wrong = Reply { password: "guess", ..world.reply() };
    world.now = world.now.after(NONCE_LIFE);
    assert_eq!(world.check(&right), STALE);
    assert_eq!(world.check(&wrong), REFUSED);
}

#[test]
fn a_nonce_that_is_not_ours_is_stale() {
    let mut world = World::new(Challenge::Md5);
    let reply = Reply { nonce: "b2xk".into(), ..world.reply() };
    assert_eq!(world.check(&reply), STALE);
}

/// Else a guesser could ask at one address and answer from another, or make others look like guessers.
#[test]
fn a_nonce_sent_to_another_address_is_stale_and_its_digest_not_looked_at() {
    let mut world = World::new(Challenge::Md5);
    let right = world.reply();
    let wrong = Reply { password: "guess", ..world.reply() };
    world.source = IpAddr::from([127, 0, 0, 2]);
    assert_eq!(world.check(&right), STALE);
    assert_eq!(world.check(&wrong), STALE);
    assert_eq!(world.server.wrong_digests(), 0);
}

/// RFC 7616 3.4, "nc".
#[test]
fn a_nonce_serves_many_requests_but_each_count_once() {
    let mut world = World::new(Challenge::Md5);
    let nonce = world.reply().nonce;
    let reply = |nc| Reply { nonce: nonce.clone(), nc, ..World::new(Challenge::Md5).reply() };
    assert!(is_authentic(&world.check(&reply(1))));
    assert!(is_authentic(&world.check(&reply(2))));
    assert_eq!(world.check(&reply(2)), STALE);
    assert!(is_authentic(&world.check(&reply(3))));
}

/// RFC 7616 3.4.6.
#[test]
fn the_digest_must_be_for_this_request_uri() {
    let is_for_bob = |uri: &str| is_for(uri, "sip:bob@example.com;transport=tcp");
    let same =
        ["sip:bob@example.com", "sip:bob@EXAMPLE.com:5060", "SIP:%62ob@example.com;lr", "sip:example.com"];
    for uri in same {
        assert!(is_for_bob(uri), "{uri}");
    }
    let other =
        ["sip:bob@example.org", "sips:bob@example.com", "sip:eve@example.com", "sip:bob@example.com:5062"];
    for uri in other.into_iter().chain(["sip:example.org", "tel:1", "", ":", "example.com"]) {
        assert!(!is_for_bob(uri), "{uri}");
    }
    assert!(!is_for("sip:bob@example.com", "sip:example.com"));
    assert!(is_for("tel:+1555", "tel:+1555") && !is_for("tel:+1555", "tel:+1556"));

    let mut world = World::new(Challenge::Md5);
    let reply = Reply { uri: "sip:example.org", ..world.reply() };
    assert_eq!(world.check(&reply), Verdict::OtherUri);
}

#[test]
fn the_user_name_may_carry_its_domain_or_a_plus() {
    let mut world = World::new(Challenge::Md5);
    let reply = Reply { username: "111222333@example.com", ..world.reply() };
    assert!(is_authentic(&world.check(&reply)));
}

/// RFC 8760 2.6: qop is mandatory.
#[test]
fn a_digest_without_qop_needs_the_policy() {
    let mut world = World::new(Challenge::Md5);
    let reply = Reply { qop: false, ..world.reply() };
    assert_eq!(world.check(&reply), REFUSED);
    world.server.policy.allow_without_qop = true;
    assert!(is_authentic(&world.check(&reply)));
}

/// interworking.md G.4.
#[test]
fn five_wrong_digests_shut_the_user_out_at_that_address_for_a_minute() {
    let mut world = World::new(Challenge::Md5);
    for _ in 0..5 {
        let wrong = Reply { password: "guess", ..world.reply() };
        assert_eq!(world.check(&wrong), REFUSED);
    }
    let right = world.reply();
    assert_eq!(world.check(&right), Verdict::ShutOut(Shut::User { span: Duration::from_secs(60) }));
    world.source = IpAddr::from([127, 0, 0, 2]);
    let elsewhere = world.reply();
    assert!(is_authentic(&world.check(&elsewhere)), "the owner elsewhere is not harmed");
    world.source = SOURCE;
    world.now = world.now.after(Duration::from_secs(60));
    assert!(is_authentic(&world.check(&right)));
}

#[test]
fn an_account_without_hashes_of_this_realm_is_never_authentic() {
    let refused = |change: fn(&mut Account)| {
        let mut account = Account::clone(&directory().0);
        change(&mut account);
        let ha1 = account.ha1_md5.clone();
        let mut world = World::new(Challenge::Md5);
        let reply = world.reply();
        let qop = Qop::Auth { nc: "00000001", cnonce: "c" };
        let proof = Proof { method: "REGISTER", uri: reply.uri, nonce: &reply.nonce, qop };
        let right = response(Algorithm::Md5, ha1.as_bytes(), &proof);
        let right = std::str::from_utf8(right.as_bytes()).unwrap();
        let (before, rest) =
            reply.header().split_once("response=\"").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let header = format!("{before}response=\"{right}{}", rest.get(32..).unwrap());
        let attempt = Attempt {
            method: "REGISTER",
            uri: "sip:example.com",
            body: b"",
            claimed: claimed(),
            flow: Flow::datagrams((SOURCE, 5060).into()),
            is_proxy: false,
        };
        let users = OneAccount(Arc::new(account));
        world.server.check(&attempt, [header.as_str()], &users, world.now) == REFUSED
    };
    assert!(!refused(|_| {}));
    assert!(refused(|account| account.realm = "old.example.com".into()));
    assert!(refused(|account| account.ha1_md5 = String::new()), "an empty HA1 is known to all");
}

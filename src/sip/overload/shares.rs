//! Who gets how much of what can be done: everybody alike, and what one does not use goes to the others.
//!
//! A source is an account that has proven itself, at the address where it did; a trunk; or all strangers of one
//! address together, because a name that was not proven can be another one each time. What each asked for lately says
//! how much it gets in the next interval (max-min fairness: who asks for less than its share gets all of it), in parts
//! of what it asks for then: how fast we read what waits must not decide who gets it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use iwf_model::Flow;
use iwf_model::network::neighbourhood;

use super::recent::Recent;
use crate::message::{Method, Name, Request};

/// Who sent a request, as far as can be seen without checking anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sender {
    address: IpAddr,
    /// The user it names, hashed; [`STRANGERS`] if it names none.
    user: u64,
    /// It gave credentials for that user.
    has_credentials: bool,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Work that begins here.
    New,
    /// What keeps the network going and costs little: registrations, whose loss makes many more of them; the
    /// question whether we are there; notices, which are sent until they are taken.
    Upkeep,
}

/// What is known of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing: it may be anybody, somebody who borrowed the address included.
    Stranger,
    /// An account that has proven itself at this address; others may come the same way.
    Account,
    /// The address is trusted as it is.
    Trunk,
}

type Source = (IpAddr, u64);

#[derive(Debug)]
pub(crate) struct Shares {
    secret: u64,
    known: Recent<Source>,
    sources: BTreeMap<Source, [Share; 2]>,
    /// How many of them are strangers.
    strangers: usize,
    /// Whether there is anything to share, by kind.
    any: [bool; 2],
    /// Requests that were turned away: one that is sent again is not taken behind the back of its sender.
    shed: Recent<u64>,
}

/// What one source asks for of one kind, and gets.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// In this interval.
    asked: u32,
    /// Before it, each interval half as much as the next.
    before: u32,
    /// So many of a thousand are taken.
    kept: u32,
    /// Thousandths that are due: at a thousand it is a request's turn.
    due: u32,
}

/// Sources that are remembered as proven: 8 MB at most.
const KNOWN: usize = 100_000;
/// Sources that are told apart, and strangers among them; those beyond share one place. Addresses of strangers cost
/// nothing.
const SOURCES: usize = 20_000;
const STRANGE_SOURCES: usize = 1000;
/// Who asks for so little is never over its share while there is any.
const LITTLE: u32 = 4;
/// Turned-away requests that are remembered: 8 MB at most.
const SHED: usize = 200_000;

impl Shares {
    pub(super) fn new(secret: u64) -> Self {
        Self {
            secret,
            known: Recent::new(KNOWN),
            sources: BTreeMap::new(),
            strangers: 0,
            any: [true; 2],
            shed: Recent::new(SHED),
        }
    }

    /// Who sent a request.
    pub(super) fn sender(&self, request: &Request, flow: Flow) -> Sender {
        let address = neighbourhood(flow.peer().ip());
        let credentials =
            request.header(Name::Authorization).or_else(|| request.header(Name::ProxyAuthorization));
        let named = credentials.and_then(username);
        let user = named.map(Cow::Borrowed).or_else(|| request.from().uri().user());
        let user = user.map_or(STRANGERS, |user| self.hash(user.as_bytes()));
        Sender { address, user, has_credentials: named.is_some() }
    }

    /// What is known of a sender.
    pub(super) fn standing(&self, sender: Sender) -> Standing {
        match (sender.address, sender.user) {
            account if self.known.contains(&account) => Standing::Account,
            (address, _) if self.known.contains(&(address, STRANGERS)) => Standing::Trunk,
            _ => Standing::Stranger,
        }
    }

    /// Counts what a source asks for; whether it gets it.
    pub(super) fn admit(&mut self, sender: Sender, kind: Kind) -> bool {
        let standing = self.standing(sender);
        let mut source = match standing {
            Standing::Account => (sender.address, sender.user),
            Standing::Trunk | Standing::Stranger => (sender.address, STRANGERS),
        };
        if !self.sources.contains_key(&source) {
            let is_stranger = standing == Standing::Stranger;
            if self.sources.len() >= SOURCES || (is_stranger && self.strangers >= STRANGE_SOURCES) {
                source = EVERYBODY_ELSE;
            }
            self.strangers += usize::from(is_stranger);
        }
        let fresh = self.any.map(Share::new);
        let [new, upkeep] = self.sources.entry(source).or_insert(fresh);
        match kind {
            Kind::New => new.take(),
            Kind::Upkeep => upkeep.take(),
        }
    }

    /// A sender has proven who it is: the user if it gave credentials, else the address (a trunk).
    pub(super) fn vouch(&mut self, sender: Sender) {
        let user = if sender.has_credentials { sender.user } else { STRANGERS };
        self.known.add((sender.address, user));
    }

    /// An interval is over: what was asked for, and how many percent of it can be done, make the shares of the next.
    pub(super) fn divide(&mut self, percent: [u8; 2]) {
        self.any = percent.map(|percent| percent > 0);
        self.strangers = 0;
        for share in self.sources.values_mut().flatten() {
            share.before = (share.before / 2).saturating_add(share.asked);
            share.asked = 0;
        }
        self.sources.retain(|_, shares| shares.iter().any(|share| share.before > 0));
        let of =
            |kind: fn(&[Share; 2]) -> &Share| self.sources.values().map(|both| kind(both).before).collect();
        let [new, upkeep] = [of(|[new, _]| new), of(|[_, upkeep]| upkeep)];
        let most = [fair(new, percent[0]), fair(upkeep, percent[1])];
        for shares in self.sources.values_mut() {
            for (share, most) in shares.iter_mut().zip(most) {
                share.limit(most);
            }
        }
    }

    /// Nobody is turned away any more.
    pub(super) fn forget(&mut self) {
        self.sources.clear();
        self.strangers = 0;
    }

    /// Whether a request with this identity was turned away. It is turned away again: its sender was told so.
    pub(super) fn was_shed(&self, identity: &[u8]) -> bool {
        !self.shed.is_empty() && self.shed.contains(&self.hash(identity))
    }

    /// What was turned away is not sent again any more.
    pub(super) fn forget_shed(&mut self) {
        self.shed.clear();
    }

    pub(super) fn note_shed(&mut self, identity: &[u8]) {
        self.shed.add(self.hash(identity));
    }

    pub(super) fn hash(&self, octets: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.secret);
        hasher.write(octets);
        hasher.finish().max(1)
    }
}

/// The user of those who have not proven to be one.
const STRANGERS: u64 = 0;
const EVERYBODY_ELSE: Source = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), STRANGERS);

impl Share {
    fn new(any: bool) -> Self {
        Self { asked: 0, before: 0, kept: if any { 1000 } else { 0 }, due: 0 }
    }

    fn take(&mut self) -> bool {
        self.asked = self.asked.saturating_add(1);
        self.due += self.kept;
        let turn = self.due >= 1000;
        if turn {
            self.due -= 1000;
        }
        turn
    }

    fn limit(&mut self, most: u32) {
        let kept = u64::from(most) * 1000 / u64::from(self.before.max(1));
        self.kept = u32::try_from(kept).unwrap_or(1000).min(1000);
    }
}

/// The most that each may have so that all together have so many percent of what they asked for. The few requests of a
/// quiet source are worth more than its share of a number.
fn fair(mut asked: Vec<u32>, percent: u8) -> u32 {
    asked.sort_unstable();
    let all: u64 = asked.iter().map(|asked| u64::from(*asked)).sum();
    let (mut left, mut sources) = (all * u64::from(percent) / 100, asked.len() as u64);
    for asked in asked {
        let share = left / sources.max(1);
        if u64::from(asked) > share {
            let least = if percent == 0 { 0 } else { LITTLE };
            return u32::try_from(share).unwrap_or(u32::MAX).max(least);
        }
        left -= u64::from(asked);
        sources -= 1;
    }
    u32::MAX
}

/// The user of digest credentials. What is not understood here is refused by the digest.
fn username(credentials: &str) -> Option<&str> {
    let (_, rest) = credentials.split_once("username=\"")?;
    rest.split_once('"').map(|(username, _)| username)
}

impl Kind {
    /// What a request asks for.
    pub(crate) fn of(request: &Request) -> Self {
        match request.method() {
            Method::Register | Method::Options => Self::Upkeep,
            Method::Message if is_notice(request) => Self::Upkeep,
            _ => Self::New,
        }
    }
}

/// Disposition notifications and "is composing" (RFC 5438, 3994). One inside of CPIM counts as new work: bodies are
/// not read here.
fn is_notice(request: &Request) -> bool {
    let is = |value: &str, word: &str| {
        value.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let content = request.header(Name::ContentType).unwrap_or_default();
    is(content, "message/imdn+xml") || is(content, "application/im-iscomposing+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(host: u8, user: u64) -> Sender {
        Sender { address: IpAddr::from([192, 0, 2, host]), user, has_credentials: true }
    }

    /// How many of so many requests are taken.
    fn taken(shares: &mut Shares, sender: Sender, asked: u32) -> u32 {
        (0..asked).map(|_| u32::from(shares.admit(sender, Kind::New))).sum()
    }

    #[test]
    fn each_has_as_much_as_the_others_and_what_one_does_not_use_goes_to_them() {
        assert_eq!(fair(vec![10, 100, 1000], 100), u32::MAX);
        assert_eq!(fair(vec![10, 100, 1000], 50), 445);
        assert_eq!(fair(vec![10, 100, 1000], 10), 50);
        assert_eq!(fair(vec![10, 100, 1000], 1), LITTLE);
        assert_eq!(fair(vec![10, 100, 1000], 0), 0);
        assert_eq!(fair(Vec::new(), 50), u32::MAX);
    }

    #[test]
    fn one_account_behind_an_address_can_not_take_the_share_of_another_there() {
        let mut shares = Shares::new(1);
        let (flood, other) = (sender(1, 10), sender(1, 20));
        shares.vouch(flood);
        shares.vouch(other);
        for _ in 0..5 {
            taken(&mut shares, flood, 1000);
            taken(&mut shares, other, 100);
            shares.divide([20, 100]);
        }
        assert_eq!(taken(&mut shares, other, 100), 100);
        assert!((110..=130).contains(&taken(&mut shares, flood, 1000)), "20 % of 1100, less 100");
    }

    #[test]
    fn names_that_were_not_proven_are_one_source_for_each_address() {
        let mut shares = Shares::new(1);
        shares.vouch(sender(1, 10));
        for interval in 0..5 {
            for user in 0..1000 {
                shares.admit(sender(1, 100 + interval * 1000 + user), Kind::New);
            }
            taken(&mut shares, sender(1, 10), 50);
            taken(&mut shares, sender(2, 7), 50);
            shares.divide([20, 100]);
        }
        assert_eq!(shares.sources.len(), 3);
        assert_eq!(taken(&mut shares, sender(1, 10), 50) + taken(&mut shares, sender(2, 7), 50), 100);
        assert!(taken(&mut shares, sender(1, 9999), 100) < 20);
    }

    #[test]
    fn addresses_without_end_cost_those_who_are_known_nothing_and_no_memory() {
        let mut shares = Shares::new(1);
        let known = sender(1, 10);
        shares.vouch(known);
        let stranger =
            |n: u32| Sender { address: IpAddr::from(n.to_be_bytes()), user: 1, has_credentials: false };
        for interval in 0..5 {
            for n in 1..=50_000 {
                shares.admit(stranger(interval * 50_000 + n), Kind::New);
            }
            shares.divide([10, 100]);
            assert!(shares.sources.len() <= 6 * STRANGE_SOURCES, "{}", shares.sources.len());
        }
        assert_eq!(taken(&mut shares, known, 100), 100);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent = Recent::new(10);
        (0..1000).for_each(|one| recent.add(one));
        assert!(
            recent.len() <= 20 && recent.contains(&999) && recent.contains(&990) && !recent.contains(&900)
        );
    }

    #[test]
    fn the_user_is_the_one_of_the_credentials() {
        assert_eq!(username("Digest realm=\"a\", username=\"111\", nonce=\"b\""), Some("111"));
        assert_eq!(username("Digest username=111"), None);
    }
}

//! Peers that have asked us to hold back (RFC 7339 5.3): who, how much, until when.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::oc::Request;
use crate::message::Params;

/// The peers that are overloaded now.
#[derive(Debug, Default)]
pub(crate) struct Downstream {
    peers: BTreeMap<SocketAddr, Holding>,
}

#[derive(Debug)]
struct Holding {
    asked: Request,
    until: Instant,
    /// Percent that are still to be held back: at 100 it is a request's turn.
    owed: u8,
}

/// Peers remembered; more of them ask in vain until one is in time again.
const PEERS: usize = 1000;
/// Nobody holds us back longer at one asking; the default is half a second.
const LONGEST: Duration = Duration::from_secs(10);

impl Downstream {
    /// A response of this peer has come, with these parameters in its top Via.
    pub(crate) fn heard(&mut self, peer: SocketAddr, params: Params<'_>, now: Instant) {
        let Some(asked) = Request::parse(params) else { return };
        let known = self.peers.get(&peer);
        if known.is_some_and(|known| known.asked.sequence > asked.sequence) {
            return;
        }
        if asked.percent == 0 || asked.validity.is_zero() {
            self.peers.remove(&peer);
            return;
        }
        let owed = known.map_or(0, |known| known.owed);
        if known.is_none() && self.peers.len() >= PEERS {
            self.peers.retain(|_, holding| holding.until > now);
            if self.peers.len() >= PEERS {
                return;
            }
        }
        self.peers.insert(peer, Holding { asked, until: now + asked.validity.min(LONGEST), owed });
    }

    /// Whether the next request to this peer is to be held back: evenly, so many of a hundred.
    pub(crate) fn holds_back(&mut self, peer: SocketAddr, now: Instant) -> bool {
        let Some(holding) = self.peers.get_mut(&peer) else { return false };
        if holding.until <= now {
            self.peers.remove(&peer);
            return false;
        }
        holding.owed += holding.asked.percent;
        let turn = holding.owed >= 100;
        if turn {
            holding.owed -= 100;
        }
        turn
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn hear(downstream: &mut Downstream, said: &str, now: Instant) {
        downstream.heard(peer(1), Params::parse(said).unwrap(), now);
    }

    fn held_of_100(downstream: &mut Downstream, now: Instant) -> usize {
        (0..100).filter(|_| downstream.holds_back(peer(1), now)).count()
    }

    #[test]
    fn as_many_are_held_back_as_the_peer_asks_for_and_as_long() {
        let (mut downstream, now) = (Downstream::default(), Instant::now());
        hear(&mut downstream, ";oc=30;oc-algo=\"loss\";oc-validity=2000;oc-seq=5.1", now);
        assert_eq!(held_of_100(&mut downstream, now), 30);
        assert!(!downstream.holds_back(peer(2), now), "others are sent to");
        assert_eq!(held_of_100(&mut downstream, now + Duration::from_millis(1999)), 30);
        assert_eq!(held_of_100(&mut downstream, now + Duration::from_secs(2)), 0);
        hear(&mut downstream, ";oc=100;oc-algo=\"loss\"", now);
        assert_eq!(
            held_of_100(&mut downstream, now + Duration::from_millis(499)),
            100,
            "the default validity"
        );
        assert_eq!(held_of_100(&mut downstream, now + Duration::from_millis(500)), 0);
    }

    #[test]
    fn the_newer_word_counts_and_zero_ends_it() {
        let (mut downstream, now) = (Downstream::default(), Instant::now());
        hear(&mut downstream, ";oc=50;oc-algo=\"loss\";oc-seq=7.5", now);
        hear(&mut downstream, ";oc=90;oc-algo=\"loss\";oc-seq=7.05", now);
        assert_eq!(held_of_100(&mut downstream, now), 50, "7.05 is older than 7.5");
        hear(&mut downstream, ";oc=0;oc-algo=\"loss\";oc-seq=7.6", now);
        assert_eq!(held_of_100(&mut downstream, now), 0);
        hear(&mut downstream, ";oc=50;oc-algo=\"loss\";oc-seq=8.0", now);
        hear(&mut downstream, ";oc=50;oc-algo=\"loss\";oc-validity=0;oc-seq=8.1", now);
        assert_eq!(held_of_100(&mut downstream, now), 0);
    }

    #[test]
    fn what_is_not_understood_changes_nothing() {
        let (mut downstream, now) = (Downstream::default(), Instant::now());
        for said in [
            "",
            ";oc",
            ";oc=50",
            ";oc=101;oc-algo=\"loss\"",
            ";oc=-1;oc-algo=\"loss\"",
            ";oc=50;oc-algo=\"rate\"",
            ";oc=50;oc-algo=\"loss\";oc-validity=soon",
            ";oc=50;oc-algo=\"loss\";oc-seq=new",
            ";oc=50;oc-algo=\"loss\";oc-seq=1.99999999999",
        ] {
            hear(&mut downstream, said, now);
            assert_eq!(held_of_100(&mut downstream, now), 0, "{said}");
        }
    }

    #[test]
    fn the_table_is_bounded_and_nobody_holds_us_back_for_ever() {
        let (mut downstream, now) = (Downstream::default(), Instant::now());
        let said = Params::parse(";oc=100;oc-algo=\"loss\";oc-validity=4000000000").unwrap();
        (0..2000).for_each(|port| downstream.heard(peer(port), said, now));
        assert_eq!(downstream.peers.len(), PEERS);
        let later = now + LONGEST;
        downstream.heard(peer(1999), said, later);
        assert_eq!(downstream.peers.len(), 1, "who is in time again makes room");
    }
}

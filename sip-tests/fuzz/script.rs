//! What happens to an endpoint, as data: made from a seed, printed to be read.

use std::fmt;

use iwf_model::Refusal;
use iwf_sim::fuzz::Wild;

use super::mutate::Seeds;

/// How many peers there are: two over UDP, two over TCP.
pub(super) const PEERS: usize = 4;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A peer asks something.
    Ask { who: usize, ask: Ask },
    /// A peer sends anything.
    Octets { who: usize, octets: Shown },
    /// Something that was sent before is sent again, by the same peer or by another one.
    Again { which: usize, by: Option<usize> },
    /// The intake decides on one of the texts that wait.
    Decide { which: usize, refusal: Option<Refusal> },
    /// We send a MESSAGE to a peer.
    Send { who: usize },
    /// A peer answers one of ours.
    Respond { which: usize, who: usize, status: u16 },
    /// Time goes by; every timer fires at its own time.
    Wait(u64),
    /// The flow of a peer breaks.
    Break { who: usize },
}

/// Octets that are printed as text.
#[derive(Clone)]
pub(super) struct Shown(pub(super) Vec<u8>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// A request that is sound; few of each, so that there are retransmissions and merged ones. Its branch is made of all three
/// numbers: one that is used for something else would be a retransmission.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) branch: usize,
    pub(super) call: usize,
    pub(super) cseq: usize,
    /// With the credentials of an account.
    pub(super) proven: bool,
}

/// The settings of an endpoint, and its life.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// Every answer is kept for its retransmissions, as if everybody had proved who he is.
    pub(super) keeps: bool,
    pub(super) max_clients: usize,
    pub(super) max_servers: usize,
    pub(super) max_lingering: usize,
    pub(super) steps: Vec<Step>,
}

const METHODS: [&str; 12] = [
    "MESSAGE",
    "MESSAGE",
    "MESSAGE",
    "REGISTER",
    "REGISTER",
    "OPTIONS",
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "NONSENSE",
    "SUBSCRIBE",
];

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keeps, max_clients, max_servers, max_lingering, steps } = self;
        writeln!(f, "keeps {keeps}, at most {max_clients} and {max_servers}, {max_lingering} octets")?;
        steps.iter().enumerate().try_for_each(|(number, step)| writeln!(f, "{number} {step:?}"))
    }
}

impl Script {
    pub(super) fn new(wild: &mut Wild, seeds: &Seeds) -> Self {
        let keeps = wild.one_in(2);
        let steps = (0..4 + wild.below(60)).map(|_| step(wild, seeds)).collect();
        Self {
            keeps,
            max_clients: 1 + wild.below(8),
            max_servers: 1 + wild.below(20),
            // What is forgotten early is answered anew: there is nothing to compare then.
            max_lingering: if keeps { 1 << 20 } else { 1 + wild.below(4_000) },
            steps,
        }
    }
}

fn step(wild: &mut Wild, seeds: &Seeds) -> Step {
    let who = wild.below(PEERS);
    match wild.below(32) {
        0..=11 => Step::Ask { who, ask: ask(wild) },
        12..=15 => Step::Octets { who, octets: Shown(seeds.octets(wild)) },
        16..=20 => {
            let by = wild.one_in(4).then_some(who);
            Step::Again { which: wild.below(8), by }
        }
        21..=23 => {
            Step::Decide { which: wild.below(4), refusal: wild.one_in(3).then(|| *wild.pick(&Refusal::ALL)) }
        }
        24 | 25 => Step::Send { who },
        26 | 27 => {
            let status = *wild.pick(&[100, 183, 200, 202, 404, 480, 503, 603]);
            Step::Respond { which: wild.below(4), who, status }
        }
        28 if wild.one_in(3) => Step::Break { who },
        _ => Step::Wait(*wild.pick(&[0, 1, 499, 500, 3_499, 3_501, 5_000, 31_999, 33_000])),
    }
}

fn ask(wild: &mut Wild) -> Ask {
    Ask {
        method: wild.pick::<&str>(&METHODS),
        branch: wild.below(3),
        call: wild.below(3),
        cseq: 1 + wild.below(2),
        proven: wild.one_in(2),
    }
}

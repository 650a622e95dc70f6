//! A fuzzer for the session as it ships: what a carrier sends, what its driver does, and the time, at random.
//!
//! A script is a list of steps made from a seed: PDUs of the corpus and right ones, mutated with some knowledge of
//! their fields (`mutate`), in random order with binds decided, submits answered, receipts sent and timers fired
//! between them (`script`). `play` runs it and asks after each step whether the session has kept its promises, with
//! a reader of PDUs of its own (`walker`); `cuts` gives the same octets in other pieces. A script that fails is cut
//! down (`shrink`) and printed; nothing else is written.
//!
//! `IWF_FUZZ_SECONDS=600 cargo test -p iwf-smpp-tests fuzz` runs for so long instead of the usual three seconds,
//! `IWF_FUZZ_SEED=0x…` begins with that script: a failure prints the seed that shows it at once.

mod cuts;
mod mutate;
mod play;
mod promises;
mod script;
mod shrink;
mod walker;
mod wild;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use self::mutate::Seeds;
use self::script::Script;
use self::wild::Wild;

/// Scripts of a run that has no time given.
const SCRIPTS: u64 = 30_000;

/// The seed of a run that has none given.
const SEED: u64 = 0x1D0C_5EED_0000_0001;

/// How long to go on.
enum Until {
    Count(u64),
    Moment(Instant),
}

impl Until {
    fn from_env() -> Self {
        match std::env::var("IWF_FUZZ_SECONDS").ok().map(|seconds| seconds.parse()) {
            Some(seconds) => Self::Moment(
                Instant::now() + Duration::from_secs(seconds.expect("IWF_FUZZ_SECONDS is a number")),
            ),
            None => Self::Count(SCRIPTS),
        }
    }

    fn is_over(&self, count: u64) -> bool {
        match self {
            Self::Count(limit) => count >= *limit,
            Self::Moment(end) => Instant::now() >= *end,
        }
    }
}

fn first_seed() -> u64 {
    let Ok(given) = std::env::var("IWF_FUZZ_SEED") else { return SEED };
    let digits = given.strip_prefix("0x");
    let read = digits.map_or_else(|| given.parse(), |digits| u64::from_str_radix(digits, 16));
    read.expect("IWF_FUZZ_SEED is a number, in hexadecimal with 0x in front")
}

/// The seed of the script after that of `seed`.
fn next_seed(seed: u64) -> u64 {
    seed.wrapping_add(0x9E37_79B9_7F4A_7C15)
}

#[test]
fn a_session_keeps_its_promises_whatever_comes() {
    let (until, seeds) = (Until::from_env(), Seeds::new());
    let (mut seed, mut count, mut answered) = (first_seed(), 0, BTreeSet::new());
    while !until.is_over(count) {
        let script = Script::new(&mut Wild::new(seed), &seeds);
        match play::play(&script) {
            Ok(statuses) => answered.extend(statuses),
            Err(fault) => {
                let (script, fault) = shrink::shrink(script, fault, play::play);
                panic!("IWF_FUZZ_SEED={seed:#x}, script {count}: {fault}\n{script}");
            }
        }
        (seed, count) = (next_seed(seed), count + 1);
    }
    println!("{count} scripts, up to seed {seed:#x}; statuses {answered:x?}");
    // A fuzzer that is refused at the door finds nothing.
    assert!(count < SCRIPTS || answered.len() >= 25, "only {answered:x?} were reached");
}

#[test]
fn the_same_octets_in_other_pieces_get_the_same_answers() {
    let (until, seeds) = (Until::from_env(), Seeds::new());
    let (mut seed, mut count) = (first_seed(), 0);
    while !until.is_over(count * 3) {
        if let Err(fault) = cuts::compare(&mut Wild::new(seed), &seeds) {
            panic!("IWF_FUZZ_SEED={seed:#x}, stream {count}: {fault}");
        }
        (seed, count) = (next_seed(seed), count + 1);
    }
}

//! A fuzzer for the session as it ships: what a carrier sends, what its driver does, and the time, at random.
//!
//! A script is a list of steps made from a seed: PDUs of the corpus and right ones, mutated with some knowledge of
//! their fields (`mutate`), in random order with binds decided, submits answered, receipts sent and timers fired
//! between them (`script`). `play` runs it and asks after each step whether the session has kept its promises, with
//! a reader of PDUs of its own (`walker`); `cuts` gives the same octets in other pieces, `program` gives them to
//! the whole program. A script that fails is cut down (`shrink`) and printed; nothing else is written.
//!
//! `IWF_FUZZ_SECONDS=600 cargo test -p iwf-smpp-tests fuzz` runs for so long instead of the usual three seconds,
//! `IWF_FUZZ_SEED=0x…` begins with that script: a failure prints the seed that shows it at once.

mod cuts;
mod mutate;
mod play;
mod program;
mod promises;
mod script;
mod shrink;
mod walker;
pub(crate) mod wild;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::mutate::Seeds;
use self::script::Script;
use self::wild::Wild;

/// Scripts of a run that has no time given.
const SCRIPTS: u64 = 15_000;

/// A script that takes so long has no end.
const STUCK: Duration = Duration::from_secs(30);

/// The seed of a run that has none given.
const SEED: u64 = 0x1D0C_5EED_0000_0001;

/// How long to go on.
enum Until {
    Count(u64),
    Moment(Instant),
}

impl Until {
    fn from_env(otherwise: u64) -> Self {
        match std::env::var("IWF_FUZZ_SECONDS").ok().map(|seconds| seconds.parse()) {
            Some(seconds) => Self::Moment(
                Instant::now() + Duration::from_secs(seconds.expect("IWF_FUZZ_SECONDS is a number")),
            ),
            None => Self::Count(otherwise),
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

/// Runs scripts one after the other; `try_one` says what is wrong with the script of a seed.
fn run(until: &Until, tried: &AtomicU64, mut try_one: impl FnMut(u64) -> Result<(), String>) -> u64 {
    let (mut seed, mut count) = (first_seed(), 0);
    while !until.is_over(count) {
        tried.store(seed, Ordering::Relaxed);
        if let Err(fault) = try_one(seed) {
            panic!("IWF_FUZZ_SEED={seed:#x}, script {count}: {fault}");
        }
        (seed, count) = (next_seed(seed), count + 1);
    }
    count
}

/// Runs it in a thread of its own, so that a script that never ends is told as well.
fn watched(run: impl FnOnce(&AtomicU64) + Send + 'static) {
    let tried = Arc::new(AtomicU64::new(0));
    let runner = std::thread::spawn({
        let tried = Arc::clone(&tried);
        move || run(&tried)
    });
    let (mut last, mut since) = (0, Instant::now());
    while !runner.is_finished() {
        std::thread::park_timeout(Duration::from_millis(50));
        let seed = tried.load(Ordering::Relaxed);
        if seed != last {
            (last, since) = (seed, Instant::now());
        }
        assert!(since.elapsed() < STUCK, "IWF_FUZZ_SEED={seed:#x}: no end after {STUCK:?}");
    }
    runner.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn a_session_keeps_its_promises_whatever_comes() {
    watched(|tried| {
        let (seeds, mut answered) = (Seeds::new(), BTreeSet::new());
        let count = run(&Until::from_env(SCRIPTS), tried, |seed| {
            let script = Script::new(&mut Wild::new(seed), &seeds);
            let statuses = play::play(&script).map_err(|fault| {
                let (script, fault) = shrink::shrink(script, fault, play::play);
                format!("{fault}\n{script}")
            });
            answered.extend(statuses?);
            Ok(())
        });
        println!("{count} scripts; answered with {answered:x?}");
        // A fuzzer that is refused at the door finds nothing.
        assert!(count < SCRIPTS || answered.len() >= 38, "only {answered:x?} were reached");
    });
}

#[test]
fn the_same_octets_in_other_pieces_get_the_same_answers() {
    watched(|tried| {
        let seeds = Seeds::new();
        run(&Until::from_env(SCRIPTS / 3), tried, |seed| cuts::compare(&mut Wild::new(seed), &seeds));
    });
}

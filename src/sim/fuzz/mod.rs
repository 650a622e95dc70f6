//! What fuzzers have in common: random numbers, how long to go on, and how a failure is told.
//!
//! `IWF_FUZZ_SECONDS=600` runs for so long instead of a number of scripts, `IWF_FUZZ_SEED=0x…` begins with that script: a
//! failure prints the seed that shows it at once.

mod wild;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use wild::Wild;

/// A script that takes so long has no end.
const STUCK: Duration = Duration::from_secs(30);

/// The seed of a run that has none given.
const SEED: u64 = 0x1D0C_5EED_0000_0001;

/// How long to go on.
#[derive(Debug)]
pub enum Until {
    /// So many scripts.
    Count(u64),
    /// Until then.
    Moment(Instant),
}

impl Until {
    /// As long as `IWF_FUZZ_SECONDS` says, or so many scripts where it is not set.
    ///
    /// # Panics
    ///
    /// If that is no number.
    pub fn from_env(otherwise: u64) -> Self {
        match std::env::var("IWF_FUZZ_SECONDS").ok().map(|seconds| seconds.parse()) {
            Some(seconds) => Self::Moment(
                Instant::now() + Duration::from_secs(seconds.expect("IWF_FUZZ_SECONDS is a number")),
            ),
            None => Self::Count(otherwise),
        }
    }

    /// Whether so many were enough.
    pub fn is_over(&self, count: u64) -> bool {
        match self {
            Self::Count(limit) => count >= *limit,
            Self::Moment(end) => Instant::now() >= *end,
        }
    }
}

/// `IWF_FUZZ_SEED`, or always the same one.
///
/// # Panics
///
/// If it is no number.
pub fn first_seed() -> u64 {
    let Ok(given) = std::env::var("IWF_FUZZ_SEED") else { return SEED };
    let digits = given.strip_prefix("0x");
    let read = digits.map_or_else(|| given.parse(), |digits| u64::from_str_radix(digits, 16));
    read.expect("IWF_FUZZ_SEED is a number, in hexadecimal with 0x in front")
}

/// The seed of the script after that of `seed`.
pub fn next_seed(seed: u64) -> u64 {
    seed.wrapping_add(0x9E37_79B9_7F4A_7C15)
}

/// Runs scripts one after the other; `try_one` says what is wrong with the script of a seed. Gives how many ran.
///
/// # Panics
///
/// With the seed, as soon as something is wrong.
pub fn run(until: &Until, tried: &AtomicU64, mut try_one: impl FnMut(u64) -> Result<(), String>) -> u64 {
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
///
/// # Panics
///
/// If one never ends, or with what it panicked with.
pub fn watched(run: impl FnOnce(&AtomicU64) + Send + 'static) {
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

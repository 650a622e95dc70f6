//! Fuzzers for what ships: the parser and the framer, and endpoint and server of the apps together.
//!
//! `messages` reads mutated messages and asks whether parser, framer and builder agree on them. `play` runs scripts of
//! several peers over UDP and TCP, on a virtual clock, and asks after each step whether the endpoint has kept its
//! promises. `program` sends mutated messages to the whole program and asks whether it goes on. All begin with the corpus
//! and the torture messages, mutated with some knowledge of their fields (`mutate`); nothing is written but what a failure
//! prints.
//!
//! `IWF_FUZZ_SECONDS=600 cargo test -p iwf-sip-tests --lib fuzz::` runs for so long, `IWF_FUZZ_SEED=0x…` begins with that
//! script.

mod messages;
mod mutate;
mod play;
mod program;
mod promises;
mod script;

use std::collections::BTreeSet;

use iwf_sim::fuzz::{Until, Wild, run, watched};

use self::mutate::Seeds;
use self::script::Script;

/// Messages of a run that has no time given.
const MESSAGES: u64 = 10_000;
/// Scripts of a run that has no time given.
const SCRIPTS: u64 = 1_000;

#[test]
fn parser_framer_and_builder_agree_on_any_message() {
    watched(|tried| {
        let (seeds, mut read) = (Seeds::new(), 0);
        let count = run(&Until::from_env(MESSAGES), tried, |seed| {
            read += u64::from(messages::agree(&mut Wild::new(seed), &seeds)?);
            Ok(())
        });
        println!("{count} messages, {read} of them sound");
        // A fuzzer that is refused by the parser finds nothing behind it.
        assert!(read * 10 > count, "{read} of {count}");
    });
}

#[test]
fn an_endpoint_keeps_its_promises_whatever_comes() {
    watched(|tried| {
        let (seeds, mut answered) = (Seeds::new(), BTreeSet::new());
        let count = run(&Until::from_env(SCRIPTS), tried, |seed| {
            let script = Script::new(&mut Wild::new(seed), &seeds);
            answered.extend(play::play(&script).map_err(|fault| format!("{fault}\n{script}"))?);
            Ok(())
        });
        println!("{count} scripts; answered with {answered:?}");
        assert!(count < SCRIPTS || answered.len() >= 14, "only {answered:?} were reached");
    });
}

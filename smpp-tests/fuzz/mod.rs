//! A fuzzer for the session as it ships: what a carrier sends, what its driver does, and the time, at random. So for
//! the client session, by its own `client`, and message centres.
//!
//! A script is a list of steps made from a seed: PDUs of the corpus and right ones, mutated with some knowledge of
//! their fields (`mutate`), in random order with binds decided, submits answered, receipts sent and timers fired
//! between them (`script`). `play` runs it and asks after each step whether the session has kept its promises, with
//! a reader of PDUs of its own (`walker`); `cuts` gives the same octets in other pieces, `program` gives them to
//! the whole program. A script that fails is cut down (`shrink`) and printed; nothing else is written.
//!
//! `IWF_FUZZ_SECONDS=600 cargo test -p iwf-smpp-tests fuzz` runs for so long instead of the usual three seconds,
//! `IWF_FUZZ_SEED=0x…` begins with that script: a failure prints the seed that shows it at once.

mod client;
mod cuts;
mod mutate;
mod play;
mod program;
mod promises;
mod script;
mod shrink;
mod walker;

use std::collections::BTreeSet;

use iwf_sim::fuzz::{Until, Wild, run, watched};

use self::mutate::Seeds;
use self::script::Script;

/// Scripts of a run that has no time given.
const SCRIPTS: u64 = 15_000;

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
fn a_client_keeps_its_promises_whatever_comes() {
    watched(|tried| {
        let (seeds, mut answered) = (Seeds::of_centres(), BTreeSet::new());
        let count = run(&Until::from_env(SCRIPTS), tried, |seed| {
            answered.extend(client::play(&mut Wild::new(seed), &seeds)?);
            Ok(())
        });
        println!("{count} scripts; answered with {answered:x?}");
        assert!(count < SCRIPTS || answered.len() >= 18, "only {answered:x?} were reached");
    });
}

#[test]
fn the_same_octets_in_other_pieces_get_the_same_answers() {
    watched(|tried| {
        let seeds = Seeds::new();
        run(&Until::from_env(SCRIPTS / 3), tried, |seed| cuts::compare(&mut Wild::new(seed), &seeds));
    });
}

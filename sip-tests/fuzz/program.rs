//! Mutated messages against the whole program, over UDP and TCP: it goes on serving others.

use std::sync::Arc;
use std::time::Duration;

use iwf_sim::fuzz::{Until, Wild, first_seed, next_seed};
use iwf_sim::node::Node;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::mutate::Seeds;
use crate::corpus::Over;
use crate::verdicts_net::{Back, Peer, installation, is_probe, probe};

/// Peers of a round; one round where no time is given.
const PEERS: u64 = 400;
/// So many at a time.
const AT_ONCE: usize = 16;
/// How often a peer asks over UDP whether somebody is there, and how soon again: a datagram may be lost.
const TRIES: usize = 40;
const AGAIN: Duration = Duration::from_millis(500);
/// Messages of a peer.
const MESSAGES: usize = 8;

/// One peer sends a few messages, asks whether somebody is there, and has no more to say.
async fn talk(node: &Node, seed: u64, seeds: &Seeds) -> Result<(), String> {
    let mut wild = Wild::new(seed);
    let over = *wild.pick(&Over::ALL);
    let mut peer = Peer::new(over, node).await;
    for _ in 0..MESSAGES {
        peer.send(&seeds.octets(&mut wild)).await;
    }
    peer.send(&probe()).await;
    peer.finish().await;
    let mut tries = 1;
    loop {
        let next = match over {
            Over::Udp => timeout(AGAIN, peer.next()).await.unwrap_or(Back::Silence),
            Over::Tcp => peer.next().await,
        };
        match next {
            Back::Response(octets) if is_probe(&octets) => return Ok(()),
            Back::Response(octets) if octets.starts_with(b"SIP/2.0 ") => {}
            Back::Response(octets) => return Err(format!("{octets:?} is no response")),
            Back::Pong => {}
            // A stream may have lost its frame before the probe.
            Back::Closed if over == Over::Tcp => return Ok(()),
            Back::Silence if over == Over::Udp && tries < TRIES => {
                tries += 1;
                peer.send(&probe()).await;
            }
            Back::Closed | Back::Silence => return Err("the probe is not answered".to_owned()),
        }
    }
}

/// One node and so many peers from `seed` on. Gives the seed that is next.
async fn round(mut seed: u64, seeds: &Arc<Seeds>) -> u64 {
    let (place, node) = installation().await;
    let node = Arc::new(node);
    let (mut left, mut talking) = (PEERS, JoinSet::new());
    loop {
        if talking.len() < AT_ONCE && left > 0 {
            let (seeds, node) = (Arc::clone(seeds), Arc::clone(&node));
            talking.spawn(async move { (seed, talk(&node, seed, &seeds).await) });
            (seed, left) = (next_seed(seed), left - 1);
            continue;
        }
        match talking.join_next().await.transpose().unwrap() {
            Some((seed, Err(fault))) => panic!("IWF_FUZZ_SEED={seed:#x}: {fault}\n{}", place.log_tail()),
            Some(_) => {}
            None => break,
        }
    }
    place.stop(Arc::into_inner(node).unwrap()).await.unwrap();
    // A task that panics just ends; only the log has it.
    let log = std::fs::read_to_string(place.directory().join("node.log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    seed
}

#[tokio::test]
async fn the_program_survives_the_same() {
    let (until, seeds) = (Until::from_env(PEERS), Arc::new(Seeds::new()));
    let (mut seed, mut count) = (first_seed(), 0);
    while !until.is_over(count) {
        seed = round(seed, &seeds).await;
        count += PEERS;
    }
}

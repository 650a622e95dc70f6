//! The same streams against the whole program, over TCP: what it writes is SMPP, and it goes on serving others.

use std::net::SocketAddr;
use std::sync::Arc;

use iwf_sim::fuzz::{Until, Wild, first_seed, next_seed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::mutate::Seeds;
use super::script::{Script, Step};
use super::walker::walk;
use crate::verdicts_tcp::{PATIENCE, installation};

/// Streams of a round; one round where no time is given.
const STREAMS: u64 = 600;
/// So many connections at a time.
const AT_ONCE: usize = 16;

/// Everything a script has the peer send, in pieces.
async fn talk(address: SocketAddr, pieces: Vec<Vec<u8>>) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    for piece in pieces {
        // The program may have closed: then there is something to read, and nothing more to say.
        if stream.write_all(&piece).await.is_err() {
            break;
        }
    }
    let _ = stream.shutdown().await;
    let mut written = Vec::new();
    // What was sent and not read makes the end a reset; what came before it counts.
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut written)).await;
    let closed = end.map_err(|_| "the connection is not closed".to_owned())?;
    let mut rest = &written[..];
    while !rest.is_empty() {
        match walk(rest) {
            Ok((_, after)) => rest = after,
            Err(_) if closed.is_err() => break,
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn pieces(seed: u64, seeds: &Seeds) -> Vec<Vec<u8>> {
    let octets = |step| if let Step::Octets(octets) = step { Some(octets) } else { None };
    Script::new(&mut Wild::new(seed), seeds).steps.into_iter().filter_map(octets).collect()
}

/// One node and so many streams from `seed` on: the door slows a carrier that binds again and again, and at some time
/// streams would wait at it instead of trying anything. Gives the seed that is next.
async fn round(mut seed: u64, seeds: &Arc<Seeds>) -> u64 {
    let (place, node) = installation().await;
    let address = node.addresses().smpp[0];
    let (mut left, mut talking) = (STREAMS, JoinSet::new());
    loop {
        if talking.len() < AT_ONCE && left > 0 {
            let seeds = Arc::clone(seeds);
            talking.spawn(async move { (seed, talk(address, pieces(seed, &seeds)).await) });
            (seed, left) = (next_seed(seed), left - 1);
            continue;
        }
        match talking.join_next().await.transpose().unwrap() {
            Some((seed, Err(fault))) => panic!("IWF_FUZZ_SEED={seed:#x}: {fault}\n{}", place.log_tail()),
            Some(_) => {}
            None => break,
        }
    }
    let enquire_link = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1].to_vec();
    talk(address, vec![enquire_link]).await.unwrap();
    place.stop(node).await.unwrap();
    // A connection whose task panics just ends; only the log has it.
    let log = std::fs::read_to_string(place.directory().join("node.log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    seed
}

#[tokio::test]
async fn the_program_survives_the_same() {
    let (until, seeds) = (Until::from_env(STREAMS), Arc::new(Seeds::new()));
    let (mut seed, mut count) = (first_seed(), 0);
    while !until.is_over(count) {
        seed = round(seed, &seeds).await;
        count += STREAMS;
    }
}

//! A read may end anywhere: the same octets in other pieces are the same PDUs.

use bytes::BytesMut;
use iwf_sim::fuzz::Wild;

use super::mutate::Seeds;
use super::play::World;
use super::script::{self, Script};

/// Feeds a random stream whole and in random pieces: octets written and events told are the same.
pub(super) fn compare(wild: &mut Wild, seeds: &Seeds) -> Result<(), String> {
    let mut script = Script::new(wild, seeds);
    // The refusals of a full window depend on when the driver answers, which is not what is asked here.
    script.window = 1000;
    let mut stream = Vec::new();
    for step in &script.steps {
        if let script::Step::Octets(octets) = step {
            stream.extend(octets);
        }
    }
    let cuts = cut(wild, stream.len());
    let whole = fed(&script, &stream, &[])?;
    let pieces = fed(&script, &stream, &cuts)?;
    if whole == pieces {
        return Ok(());
    }
    let digits: Vec<String> = stream.iter().map(|octet| format!("{octet:02x}")).collect();
    let ((a, at_a), (b, at_b)) = (whole, pieces);
    Err(format!("cut at {cuts:?}, {}\n{a:?}\n{at_a:02x?}\n{b:?}\n{at_b:02x?}", digits.join(" ")))
}

/// Where a stream of so many octets is cut: now and then after each octet.
fn cut(wild: &mut Wild, length: usize) -> Vec<usize> {
    if wild.one_in(4) {
        return (1..length).collect();
    }
    let mut cuts: Vec<usize> = (0..wild.below(12)).map(|_| wild.below(length)).collect();
    cuts.sort_unstable();
    cuts
}

type Told = (Vec<String>, Vec<u8>);

fn fed(script: &Script, stream: &[u8], cuts: &[usize]) -> Result<Told, String> {
    let mut world = World::new(script);
    let mut begin = 0;
    for end in cuts.iter().copied().chain([stream.len()]) {
        world.receives(&stream[begin..end])?;
        begin = end;
    }
    world.ends()?;
    let mut written = world.session.output().split();
    without_lost_number(&mut written);
    // Nor is it always known by four octets which other protocol it is.
    let told = |event: String| event.split("Closed(Frame(").next().unwrap_or_default().to_owned();
    Ok((world.events.into_iter().map(told).collect(), written.to_vec()))
}

/// A length that can't be is nacked under the number of its header, or 0 when that had not come: the one thing
/// that may depend on how the octets came.
fn without_lost_number(written: &mut BytesMut) {
    let mut at = 0;
    while let Some(length) =
        written.get(at..at + 4).map(|l| u32::from_be_bytes([l[0], l[1], l[2], l[3]]) as usize)
    {
        if written[at + 4..at + 12] == [0x80, 0, 0, 0, 0, 0, 0, 2] {
            written[at + 12..at + 16].fill(0);
        }
        at += length;
    }
}

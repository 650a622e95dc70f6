//! Cuts a failing script down to what still fails.

use super::script::{Script, Step};

/// So many scripts are tried.
const MOST: usize = 3_000;

/// The shortest script found that still breaks a promise, and which.
pub(super) fn shrink<T>(
    script: Script,
    fault: String,
    play: impl Fn(&Script) -> Result<T, String>,
) -> (Script, String) {
    // What is tried here fails on purpose: its panics are nobody's news.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut best = (script, fault);
    let mut tried = 0;
    loop {
        let smaller = candidates(&best.0).into_iter().find_map(|candidate| {
            tried += 1;
            let fault = (tried <= MOST).then(|| play(&candidate).err()).flatten()?;
            Some((candidate, fault))
        });
        match smaller {
            Some(found) => best = found,
            None => break,
        }
    }
    std::panic::set_hook(hook);
    best
}

/// Scripts that are a little shorter, the shortest first.
fn candidates(script: &Script) -> Vec<Script> {
    let with = |steps: Vec<Step>| Script { steps, ..script.clone() };
    let count = script.steps.len();
    let mut shorter = Vec::new();
    for piece in [count / 2, count / 4, 1] {
        for from in (0..count).step_by(piece.max(1)) {
            let steps = [&script.steps[..from], &script.steps[(from + piece).min(count)..]].concat();
            if steps.len() < count {
                shorter.push(with(steps));
            }
        }
    }
    for (at, step) in script.steps.iter().enumerate() {
        if let Step::Octets(octets) = step {
            for less in pieces(octets) {
                let mut steps = script.steps.clone();
                steps[at] = Step::Octets(less);
                shorter.push(with(steps));
            }
        }
    }
    shorter
}

/// The octets without one of their PDUs.
fn pieces(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut ends = vec![0];
    while let Some(length) = octets.get(ends[ends.len() - 1]..).and_then(|rest| rest.first_chunk::<4>()) {
        let end = ends[ends.len() - 1] + (u32::from_be_bytes(*length) as usize).max(4);
        if end > octets.len() {
            break;
        }
        ends.push(end);
    }
    let whole = ends.windows(2).map(|pair| [&octets[..pair[0]], &octets[pair[1]..]].concat());
    whole.filter(|less| less.len() < octets.len()).collect()
}

#[test]
fn what_fails_is_cut_down_to_why() {
    use super::mutate::Seeds;
    use iwf_sim::fuzz::Wild;
    let seeds = Seeds::new();
    let mut scripts = (1..).map(|seed| Script::new(&mut Wild::new(seed), &seeds));
    let receipts = |script: &Script| script.steps.iter().filter(|step| matches!(step, Step::Receipt)).count();
    let fails = |script: &Script| if receipts(script) > 0 { Err("a receipt".to_owned()) } else { Ok(()) };
    let script = scripts.find(|script| receipts(script) > 1 && script.steps.len() > 10).unwrap();
    let (least, _) = shrink(script, String::new(), fails);
    assert_eq!((least.steps.len(), receipts(&least)), (1, 1), "{least}");
}

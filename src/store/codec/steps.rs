//! Steps of a story as text: a line each, `MICROS KIND DETAIL`, so that one story is appended to another.

use std::fmt::Write;

use iwf_model::{Step, StepKind, Timestamp};

use super::lines::{push_escaped, unescape};

pub(crate) fn encode_steps(steps: &[Step]) -> String {
    let mut text = String::with_capacity(steps.iter().map(|step| step.detail.len() + 40).sum());
    for step in steps {
        append(&mut text, step);
    }
    text
}

pub(crate) fn encode_step(step: &Step) -> String {
    encode_steps(std::slice::from_ref(step))
}

/// `None` when the text holds a line that is not a step.
pub(crate) fn decode_steps(text: &str) -> Option<Vec<Step>> {
    text.split_terminator('\n').map(decode_line).collect()
}

fn append(text: &mut String, step: &Step) {
    // Writing to a String can't fail.
    let _ = write!(text, "{} {} ", step.at.as_micros(), step.kind.as_str());
    push_escaped(text, &step.detail);
    text.push('\n');
}

fn decode_line(line: &str) -> Option<Step> {
    let (at, rest) = line.split_once(' ')?;
    let (kind, detail) = rest.split_once(' ')?;
    Some(Step {
        at: Timestamp::from_micros(at.parse().ok()?),
        kind: StepKind::parse(kind)?,
        detail: unescape(detail)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: i64, kind: StepKind, detail: &str) -> Step {
        Step { at: Timestamp::from_micros(at), kind, detail: detail.to_owned() }
    }

    #[test]
    fn details_of_any_characters_come_back() {
        // A generator of our own: the same texts in every run, all of them of the characters that hurt.
        const HARD: [char; 12] =
            ['\\', '\n', '\0', ' ', 'n', '0', '\r', '"', '\u{2028}', 'ع', '😀', '\u{7F}'];
        let mut state = 42u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for _ in 0..2_000 {
            let steps: Vec<Step> = (0..next() % 5)
                .map(|_| {
                    let detail: String = (0..next() % 9).map(|_| HARD[next() % HARD.len()]).collect();
                    step(next() as i64 - (1 << 30), StepKind::Attempt, &detail)
                })
                .collect();
            assert_eq!(decode_steps(&encode_steps(&steps)), Some(steps));
        }
    }

    #[test]
    fn stories_are_joined_by_joining_their_texts() {
        let first = [step(1, StepKind::Accepted, ""), step(2, StepKind::Attempt, "a\nb")];
        let second = [step(3, StepKind::Finished, "\\")];
        let joined = encode_steps(&first) + &encode_steps(&second);
        assert_eq!(decode_steps(&joined).unwrap(), [&first[..], &second[..]].concat());
    }

    #[test]
    fn the_extremes_of_time_come_back() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            let steps = vec![step(at, StepKind::Waiting, "x")];
            assert_eq!(decode_steps(&encode_steps(&steps)), Some(steps));
        }
    }

    #[test]
    fn what_is_no_step_is_none() {
        for text in
            ["x", "1 accepted", "1 nonsense x", "x accepted x", "1 accepted \\x", "1 accepted \\", "\n"]
        {
            assert_eq!(decode_steps(text), None, "{text:?}");
        }
        assert_eq!(decode_steps(""), Some(vec![]));
    }
}

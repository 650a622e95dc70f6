//! What is known of the attempts of a message: the part of its row that changes.

use std::time::Duration;

use iwf_model::{Cause, Outcome, Progress};

use super::octets::{Reader, Writer};

const VERSION: u8 = 1;

pub(crate) fn encode_progress(progress: &Progress) -> Vec<u8> {
    let mut w = Writer::new(VERSION, 48);
    w.unsigned(progress.attempts.into());
    w.time(progress.due_at);
    w.u8(progress.in_doubt.into());
    w.u8(progress.last.is_some().into());
    if let Some(last) = &progress.last {
        w.text(last.cause.as_str());
        w.unsigned(last.code.into());
        w.optional(last.retry_after.map(|span| u64::try_from(span.as_micros()).unwrap_or(u64::MAX)));
    }
    w.finish()
}

pub(crate) fn decode_progress(octets: &[u8]) -> Option<Progress> {
    let (version, mut r) = Reader::new(octets)?;
    if version != VERSION {
        return None;
    }
    let progress = Progress {
        attempts: r.number()?,
        due_at: r.time()?,
        in_doubt: r.flag()?,
        last: if r.flag()? { Some(outcome(&mut r)?) } else { None },
    };
    r.end()?;
    Some(progress)
}

fn outcome(r: &mut Reader<'_>) -> Option<Outcome> {
    Some(Outcome {
        cause: Cause::parse(r.text()?)?,
        code: r.number()?,
        retry_after: r.optional()?.map(Duration::from_micros),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::Timestamp;

    #[test]
    fn progress_of_every_cause_comes_back() {
        for cause in Cause::ALL {
            for retry_after in [None, Some(Duration::ZERO), Some(Duration::from_secs(60))] {
                let progress = Progress {
                    attempts: u16::MAX,
                    due_at: Timestamp::MAX,
                    last: Some(Outcome { cause, code: u32::MAX, retry_after }),
                    in_doubt: true,
                };
                assert_eq!(decode_progress(&encode_progress(&progress)), Some(progress));
            }
        }
        assert_eq!(decode_progress(&encode_progress(&Progress::default())), Some(Progress::default()));
    }

    #[test]
    fn octets_cut_short_are_none() {
        let last = Some(Outcome::new(Cause::Busy, 486));
        let octets = encode_progress(&Progress { last, ..Progress::default() });
        for len in 0..octets.len() {
            assert_eq!(decode_progress(&octets[..len]), None, "{len}");
        }
    }
}

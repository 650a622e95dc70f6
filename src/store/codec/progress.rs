//! What is known of the attempts of a message: the part of its row that changes.

use std::time::Duration;

use iwf_model::{Cause, ConnectionId, Joined, MessageId, Outcome, Progress, Taken};

use super::octets::{Reader, Writer};

/// Version 1 ended with the last failure, version 2 with what it was joined with.
const VERSION: u8 = 3;

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
    w.u8(progress.joined.is_some().into());
    if let Some(joined) = &progress.joined {
        w.unsigned(joined.leader.as_u64());
        w.unsigned(joined.messages.into());
        w.u8(joined.late.into());
    }
    w.u8(progress.taken.is_some().into());
    if let Some(taken) = &progress.taken {
        w.optional(taken.connection.and_then(|ConnectionId(id)| u64::try_from(id).ok()));
        w.time(taken.at);
    }
    w.finish()
}

pub(crate) fn decode_progress(octets: &[u8]) -> Option<Progress> {
    let (version, mut r) = Reader::new(octets)?;
    if !(1..=VERSION).contains(&version) {
        return None;
    }
    let progress = Progress {
        attempts: r.number()?,
        due_at: r.time()?,
        in_doubt: r.flag()?,
        last: if r.flag()? { Some(outcome(&mut r)?) } else { None },
        joined: if version > 1 && r.flag()? { Some(joined(&mut r)?) } else { None },
        taken: if version > 2 && r.flag()? { Some(taken(&mut r)?) } else { None },
    };
    r.end()?;
    Some(progress)
}

fn taken(r: &mut Reader<'_>) -> Option<Taken> {
    Some(Taken { connection: r.optional()?.map(ConnectionId), at: r.time()? })
}

fn outcome(r: &mut Reader<'_>) -> Option<Outcome> {
    Some(Outcome {
        cause: Cause::parse(r.text()?)?,
        code: r.number()?,
        retry_after: r.optional()?.map(Duration::from_micros),
    })
}

fn joined(r: &mut Reader<'_>) -> Option<Joined> {
    Some(Joined { leader: MessageId::from_u64(r.unsigned()?)?, messages: r.number()?, late: r.flag()? })
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
                    joined: Some(Joined {
                        leader: MessageId::compose(1, 2, 3).unwrap(),
                        messages: u16::MAX,
                        late: true,
                    }),
                    taken: Some(Taken {
                        connection: retry_after.map(|_| ConnectionId(7)),
                        at: Timestamp::MAX,
                    }),
                };
                assert_eq!(decode_progress(&encode_progress(&progress)), Some(progress));
            }
        }
        assert_eq!(decode_progress(&encode_progress(&Progress::default())), Some(Progress::default()));
    }

    #[test]
    fn progress_that_an_older_release_wrote_is_read() {
        let mut octets = encode_progress(&Progress::default());
        for version in [2, 1] {
            octets.pop();
            octets[0] = version;
            assert_eq!(decode_progress(&octets), Some(Progress::default()));
        }
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

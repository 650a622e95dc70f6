//! What was sent and what came back, noted while a run goes on and counted when it is over.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Notes of all threads. Counters are for watching the run, logs for counting it.
pub(crate) struct Tally {
    epoch: Instant,
    next_number: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) arrived: AtomicU64,
    pub(crate) receipts: AtomicU64,
    pub(crate) broken: AtomicBool,
    logs: Mutex<Logs>,
}

/// Everything that happened in one run; times are nanoseconds since the tally began.
#[derive(Default)]
pub(crate) struct Logs {
    pub(crate) sent: Vec<Sent>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) receipts: Vec<Receipt>,
}

pub(crate) struct Sent {
    pub(crate) number: u64,
    pub(crate) at: u64,
}

/// A submit_sm_resp; `id` only if it says ESME_ROK.
pub(crate) struct Answer {
    pub(crate) number: u64,
    pub(crate) at: u64,
    pub(crate) id: Option<u64>,
}

/// A MESSAGE at a phone.
pub(crate) struct Arrival {
    pub(crate) number: u64,
    pub(crate) branch: u64,
    pub(crate) at: u64,
}

/// A receipt at the carrier.
pub(crate) struct Receipt {
    pub(crate) id: u64,
    pub(crate) delivered: bool,
    pub(crate) at: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            next_number: AtomicU64::new(1),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            receipts: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            logs: Mutex::default(),
        }
    }

    /// Nanoseconds since the tally began.
    pub(crate) fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// A number that no other message has.
    pub(crate) fn number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    /// The logs, to add to; once per batch.
    pub(crate) fn logs(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a run: all counters at zero, all logs empty. Returns the first number to come.
    pub(crate) fn begin(&self) -> u64 {
        *self.logs() = Logs::default();
        for counter in [&self.accepted, &self.refused, &self.arrived, &self.receipts] {
            counter.store(0, Ordering::Relaxed);
        }
        self.next_number.load(Ordering::Relaxed)
    }

    /// Ends a run that began with number `first`.
    pub(crate) fn end(&self, first: u64) -> Counts {
        let logs = std::mem::take(&mut *self.logs());
        let end = self.next_number.load(Ordering::Relaxed);
        Counts::of(logs, first, end)
    }
}

/// What became of the messages of one run.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) submitted: u64,
    /// Answered with ESME_ROK.
    pub(crate) accepted: u64,
    /// Answered with another status.
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    /// Arrived at a phone that answered 200.
    pub(crate) delivered: u64,
    /// Accepted, and never arrived.
    pub(crate) lost: u64,
    /// Arrived again in another transaction.
    pub(crate) duplicates: u64,
    /// Arrived again in the same transaction (RFC 3261 17.1.2.2).
    pub(crate) retransmissions: u64,
    /// Receipts for accepted messages, each counted once.
    pub(crate) receipts: u64,
    pub(crate) receipts_repeated: u64,
    /// Receipts that did not say DELIVRD.
    pub(crate) receipts_wrong: u64,
    pub(crate) answer: Latency,
    pub(crate) delivery: Latency,
    pub(crate) receipt: Latency,
    /// From the first submit to the last answer, arrival or receipt.
    pub(crate) seconds: f64,
}

/// Times since the submit, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Counts {
    fn of(mut logs: Logs, first: u64, end: u64) -> Self {
        let ours = first..end;
        let mut sent = vec![0; (end - first) as usize];
        for Sent { number, at } in &logs.sent {
            sent[(number - first) as usize] = *at;
        }
        let since = |number: u64, at: u64| at.saturating_sub(sent[(number - first) as usize]);
        let start = logs.sent.iter().map(|sent| sent.at).min().unwrap_or(0);
        let mut last = start;

        logs.answers.retain(|answer| ours.contains(&answer.number));
        let accepted: HashMap<u64, u64> =
            logs.answers.iter().filter_map(|answer| answer.id.map(|id| (id, answer.number))).collect();
        let mut counts = Self { submitted: end - first, accepted: accepted.len() as u64, ..Self::default() };
        counts.refused = logs.answers.iter().filter(|answer| answer.id.is_none()).count() as u64;
        counts.unanswered = counts.submitted.saturating_sub(logs.answers.len() as u64);
        counts.answer = Latency::of(logs.answers.iter().map(|answer| since(answer.number, answer.at)));
        last = last.max(logs.answers.iter().map(|answer| answer.at).max().unwrap_or(0));

        logs.arrivals.retain(|arrival| ours.contains(&arrival.number));
        logs.arrivals.sort_by_key(|arrival| (arrival.number, arrival.at));
        let mut delays = Vec::with_capacity(logs.arrivals.len());
        for same in logs.arrivals.chunk_by(|a, b| a.number == b.number) {
            delays.push(since(same[0].number, same[0].at));
            last = last.max(same[0].at);
            let again = same.iter().enumerate().skip(1);
            let resent = again.filter(|(at, this)| same[..*at].iter().any(|one| one.branch == this.branch));
            let resent = resent.count() as u64;
            counts.retransmissions += resent;
            counts.duplicates += same.len() as u64 - 1 - resent;
        }
        counts.delivered = delays.len() as u64;
        counts.delivery = Latency::of(delays.into_iter());
        let arrived = |number: u64| logs.arrivals.binary_search_by_key(&number, |one| one.number).is_ok();
        counts.lost = accepted.values().filter(|number| !arrived(**number)).count() as u64;

        counts.count_receipts(logs.receipts, &accepted, &mut last, since);
        counts.seconds = Duration::from_nanos(last - start).as_secs_f64();
        counts
    }

    fn count_receipts(
        &mut self,
        mut receipts: Vec<Receipt>,
        accepted: &HashMap<u64, u64>,
        last: &mut u64,
        since: impl Fn(u64, u64) -> u64,
    ) {
        receipts.retain(|receipt| accepted.contains_key(&receipt.id));
        receipts.sort_by_key(|receipt| (receipt.id, receipt.at));
        let firsts = receipts.chunk_by(|a, b| a.id == b.id).map(|same| &same[0]);
        self.receipt = Latency::of(firsts.clone().map(|receipt| since(accepted[&receipt.id], receipt.at)));
        self.receipts = firsts.clone().count() as u64;
        self.receipts_repeated = receipts.len() as u64 - self.receipts;
        self.receipts_wrong = receipts.iter().filter(|receipt| !receipt.delivered).count() as u64;
        *last = firsts.map(|receipt| receipt.at).fold(*last, u64::max);
    }
}

impl Latency {
    fn of(nanoseconds: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = nanoseconds.collect();
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = (sorted.len() as f64 * share) as usize;
            let value = sorted.get(place.min(sorted.len().saturating_sub(1)));
            value.map_or(0.0, |nanoseconds| *nanoseconds as f64 / 1e6)
        };
        Self { p50: at(0.50), p99: at(0.99), max: at(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(number: u64, branch: u64, at: u64) -> Arrival {
        Arrival { number, branch, at }
    }

    #[test]
    fn what_was_accepted_and_did_not_arrive_is_lost_and_what_came_again_is_told_apart() {
        let logs = Logs {
            sent: (10..14).map(|number| Sent { number, at: 1_000_000 }).collect(),
            answers: (10..13).map(|number| Answer { number, at: 2_000_000, id: Some(number + 90) }).collect(),
            arrivals: vec![
                arrival(10, 1, 3_000_000),
                arrival(10, 1, 4_000_000),
                arrival(11, 2, 3_000_000),
                arrival(11, 3, 5_000_000),
                arrival(3, 9, 3_000_000),
            ],
            receipts: [100, 101, 101, 7].map(|id| Receipt { id, delivered: id != 100, at: 9_000_000 }).into(),
        };
        let counts = Counts::of(logs, 10, 14);
        assert_eq!((counts.submitted, counts.accepted, counts.unanswered), (4, 3, 1));
        assert_eq!((counts.delivered, counts.lost), (2, 1));
        assert_eq!((counts.duplicates, counts.retransmissions), (1, 1));
        assert_eq!((counts.receipts, counts.receipts_repeated, counts.receipts_wrong), (2, 1, 1));
        assert_eq!((counts.delivery.p50, counts.receipt.max, counts.seconds), (2.0, 8.0, 0.008));
    }
}

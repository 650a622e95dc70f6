//! Receipts that belong to nothing we know. One may have come before the answer to its submit, so it is looked at again
//! for a while; after that it is there for people to see.

use std::collections::VecDeque;
use std::time::Duration;

use iwf_model::{Timestamp, Unmatched};
use iwf_relay::upstream::HOPE;
use iwf_store::{Store, StoreError, Write};

/// What is held in memory; older ones are in the store alone.
const MOST: usize = 10_000;
/// What is kept in the store, and for how long.
const MOST_KEPT: usize = 100_000;
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Read and removed at a time.
const PAGE: u32 = 500;

/// Receipts that may yet belong to something.
#[derive(Debug, Default)]
pub(super) struct Held {
    waiting: VecDeque<Unmatched>,
    last_id: i64,
    kept: usize,
}

impl Held {
    /// What the last run left.
    pub(super) async fn load(store: &dyn Store, now: Timestamp) -> Result<Self, StoreError> {
        let (mut held, mut after) = (Self::default(), None);
        loop {
            let page = store.unmatched(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(held) };
            (after, held.last_id) = (Some(last.id), last.id);
            held.kept += page.len();
            page.into_iter().filter(|it| now.since(it.at) < HOPE).for_each(|it| held.put(it));
        }
    }

    /// A name for one more: later ones are larger.
    pub(super) fn next_id(&mut self, now: Timestamp) -> i64 {
        self.last_id = now.as_micros().max(self.last_id + 1);
        self.last_id
    }

    /// One more, that is in the store or will be.
    pub(super) fn keep(&mut self, unmatched: Unmatched) {
        self.kept += 1;
        self.put(unmatched);
    }

    fn put(&mut self, unmatched: Unmatched) {
        if self.waiting.len() >= MOST {
            self.waiting.pop_front();
        }
        self.waiting.push_back(unmatched);
    }

    /// Those that are to be looked at again.
    pub(super) fn hopeful(&mut self, now: Timestamp) -> Vec<Unmatched> {
        while self.waiting.front().is_some_and(|it| now.since(it.at) >= HOPE) {
            self.waiting.pop_front();
        }
        self.waiting.drain(..).collect()
    }

    /// One belongs to nothing still.
    pub(super) fn put_back(&mut self, unmatched: Unmatched) {
        self.put(unmatched);
    }

    /// One has found what it belongs to.
    pub(super) fn found(&mut self) {
        self.kept = self.kept.saturating_sub(1);
    }

    /// What is too old, or too much, is removed: a little at a time.
    pub(super) async fn tidy(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        let oldest = store.unmatched(None, PAGE).await?;
        let surplus = self.kept.saturating_sub(MOST_KEPT);
        let goes = |(place, it): &(usize, Unmatched)| *place < surplus || now.since(it.at) > KEPT;
        let gone: Vec<Write> = oldest
            .into_iter()
            .enumerate()
            .filter(goes)
            .map(|(_, it)| Write::ForgetUnmatched(it.id))
            .collect();
        self.kept = self.kept.saturating_sub(gone.len());
        store.write(gone).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{CarrierId, FinalState, Party, UpstreamNews, UpstreamReceipt};

    fn unmatched(id: i64, at: Timestamp) -> Unmatched {
        let receipt = UpstreamReceipt {
            name: "1".into(),
            tells: UpstreamNews::Ended(FinalState::Delivered),
            error: 0,
            source: Party::default(),
            destination: Party::default(),
            done_at: None,
        };
        Unmatched { id, carrier: CarrierId(1), connection: None, receipt, at }
    }

    #[test]
    fn a_receipt_is_looked_at_again_for_ten_minutes() {
        let (mut held, now) = (Held::default(), Timestamp::from_micros(1_000_000));
        held.keep(unmatched(1, now));
        let again = held.hopeful(now.after(Duration::from_secs(599)));
        assert_eq!(again.len(), 1);
        again.into_iter().for_each(|it| held.put_back(it));
        assert_eq!(held.hopeful(now.after(HOPE)).len(), 0);
    }

    #[test]
    fn memory_holds_so_many_and_names_grow() {
        let (mut held, now) = (Held::default(), Timestamp::from_micros(5));
        for _ in 0..MOST + 5 {
            let id = held.next_id(now);
            held.keep(unmatched(id, now));
        }
        let waiting = held.hopeful(now);
        assert_eq!((waiting.len(), waiting[0].id), (MOST, 10));
        assert!(waiting.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}

//! What is shown of the binds of a connection: how each stands, since when, why not, and what it did.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iwf_model::Timestamp;
use iwf_smpp::Version;
use serde::{Deserialize, Serialize};

/// The binds of one connection, by kind and number.
#[derive(Debug, Default)]
pub(crate) struct Board {
    cards: Mutex<BTreeMap<(&'static str, u32), Arc<Shown>>>,
}

/// One bind of ours, as it shows itself; it is taken off the board when this is dropped.
#[derive(Debug)]
pub(crate) struct Card {
    board: Arc<Board>,
    key: (&'static str, u32),
    shown: Arc<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    state: Mutex<State>,
    counts: Counts,
}

/// What a bind did since the node started.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Texts that were given to it.
    pub(crate) submitted: AtomicU64,
    /// Those of them that the message centre took.
    pub(crate) accepted: AtomicU64,
    /// Those that it did not.
    pub(crate) refused: AtomicU64,
    /// How often it said that texts come too fast.
    pub(crate) throttled: AtomicU64,
    /// Receipts that came.
    pub(crate) receipts: AtomicU64,
    /// Texts that came.
    pub(crate) texts: AtomicU64,
    /// Requests of ours that are unanswered now.
    pub(crate) in_window: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    word: BindState,
    since: Timestamp,
    bound: Option<Bound>,
    failure: Option<(Timestamp, String)>,
}

/// A bind that holds.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// Where.
    pub(crate) peer: SocketAddr,
    /// Which TLS it uses, if any.
    pub(crate) tls: Option<&'static str>,
    /// What is spoken.
    pub(crate) version: Version,
    /// What the message centre calls itself.
    pub(crate) system_id: String,
}

/// How a bind stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BindState {
    /// It is being made.
    #[default]
    Connecting,
    /// It holds.
    Bound,
    /// It could not be made, or was lost, and will be tried again.
    Waiting,
}

/// One bind, as it is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BindReport {
    /// Transmitter, receiver or transceiver.
    pub(crate) kind: String,
    /// Which of them, from 1.
    pub(crate) number: u32,
    /// How it stands.
    pub(crate) state: BindState,
    /// Since when.
    pub(crate) since: String,
    /// Where, while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<String>,
    /// Which TLS it uses, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<String>,
    /// What is spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// What the message centre calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system_id: Option<String>,
    /// Why it could not be made, or ended, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error_at: Option<String>,
    /// Texts that were given to it.
    pub(crate) submitted: u64,
    /// Those of them that the message centre took.
    pub(crate) accepted: u64,
    /// Those that it did not.
    pub(crate) refused: u64,
    /// How often the message centre said that texts come too fast.
    pub(crate) throttled: u64,
    /// Receipts that came.
    pub(crate) receipts: u64,
    /// Texts that came.
    pub(crate) texts: u64,
    /// Requests of ours that are unanswered now.
    pub(crate) in_window: usize,
}

impl Board {
    /// A bind is to be there from now on.
    pub(crate) fn enter(self: &Arc<Self>, kind: &'static str, number: u32, now: Timestamp) -> Card {
        let shown = Arc::new(Shown::default());
        shown.lock().since = now;
        self.lock().insert((kind, number), Arc::clone(&shown));
        Card { board: Arc::clone(self), key: (kind, number), shown }
    }

    /// Every bind that is to be there.
    pub(crate) fn report(&self) -> Vec<BindReport> {
        self.lock().iter().map(|(key, shown)| shown.report(*key)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, u32), Arc<Shown>>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Card {
    /// What it did.
    pub(crate) fn counts(&self) -> &Counts {
        &self.shown.counts
    }

    /// A connection is being made.
    pub(super) fn calls(&self, now: Timestamp) {
        self.shown.turn(BindState::Connecting, None, now);
    }

    /// The bind holds.
    pub(super) fn binds(&self, bound: Bound, now: Timestamp) {
        self.shown.turn(BindState::Bound, Some(bound), now);
    }

    /// It could not be made, or has ended; true when that is for another reason than before.
    pub(super) fn fails(&self, why: &str, now: Timestamp) -> bool {
        self.shown.turn(BindState::Waiting, None, now);
        let mut state = self.shown.lock();
        let is_new = state.failure.as_ref().is_none_or(|(_, known)| known != why);
        state.failure = Some((now, why.to_owned()));
        is_new
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        let mut cards = self.board.lock();
        // One that came after it may have its place.
        if cards.get(&self.key).is_some_and(|shown| Arc::ptr_eq(shown, &self.shown)) {
            cards.remove(&self.key);
        }
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, word: BindState, bound: Option<Bound>, now: Timestamp) {
        let mut state = self.lock();
        (state.word, state.since, state.bound) = (word, now, bound);
    }

    fn report(&self, (kind, number): (&'static str, u32)) -> BindReport {
        let (state, counts) = (self.lock(), &self.counts);
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let bound = state.bound.as_ref();
        let failure = state.failure.as_ref();
        BindReport {
            kind: kind.to_owned(),
            number,
            state: state.word,
            since: state.since.to_string(),
            peer: bound.map(|bound| bound.peer.to_string()),
            tls: bound.and_then(|bound| bound.tls).map(str::to_owned),
            version: bound.map(|bound| bound.version.as_str().to_owned()),
            system_id: bound.map(|bound| bound.system_id.clone()),
            last_error: failure.map(|(_, why)| why.clone()),
            last_error_at: failure.map(|(at, _)| at.to_string()),
            submitted: count(&counts.submitted),
            accepted: count(&counts.accepted),
            refused: count(&counts.refused),
            throttled: count(&counts.throttled),
            receipts: count(&counts.receipts),
            texts: count(&counts.texts),
            in_window: counts.in_window.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_shown_as_long_as_it_is_to_be_there() {
        let (board, now) = (Arc::new(Board::default()), Timestamp::from_micros(1_000_000));
        let card = board.enter("transceiver", 1, now);
        assert!(card.fails("refused", now) && !card.fails("refused", now) && card.fails("lost", now));
        card.counts().accepted.fetch_add(3, Ordering::Relaxed);
        let [report] = &board.report()[..] else { panic!("{board:?}") };
        assert_eq!((report.state, report.accepted), (BindState::Waiting, 3));
        assert_eq!(report.last_error.as_deref(), Some("lost"));
        let later = board.enter("transceiver", 1, now);
        drop(card);
        assert_eq!(board.report().len(), 1, "the place is the later one's");
        drop(later);
        assert!(board.report().is_empty());
    }
}

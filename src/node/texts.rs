//! Texts on their way to carriers and over connections: the queue gives them, a bind takes them, and says how that
//! ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use iwf_model::{CarrierId, Cause, ConnectionId, Message, MessageId, Outcome, Timestamp};

use crate::tray::Tray;

/// The texts that wait for a receiving bind of one carrier, or a transmitting bind of one connection, to take them. No
/// more than there are lanes: the others wait in the queue.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    receivers: usize,
    /// A text found no receiver, and none came since.
    missed: bool,
    waiting: VecDeque<Arc<Message>>,
}

/// Who takes texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taker {
    /// The receivers that a carrier bound to us.
    Carrier(CarrierId),
    /// Our binds of a connection.
    Connection(ConnectionId),
}

/// What the driver of the queue hears of binds that take texts.
#[derive(Debug)]
pub(crate) enum FromCarriers {
    /// One was bound: what waits for it may go.
    Bound(Taker),
    /// Other routes are in force: what waits for one may go another way.
    Rerouted,
    /// How giving a text to one ended.
    Ended(Taker, TextEnd),
}

/// How giving a text to a bind ended.
#[derive(Debug)]
pub(crate) struct TextEnd {
    /// The text.
    pub(crate) message: MessageId,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Where it went and what was answered, for the story.
    pub(crate) detail: String,
    /// What the parts that were taken are called by who took them, in their order; empty where nobody says later what
    /// became of them.
    pub(crate) names: Vec<Option<Box<str>>>,
}

impl TextEnd {
    /// It could not be given to the carrier.
    pub(crate) fn not_sent(message: MessageId) -> Self {
        Self {
            message,
            outcome: Outcome::new(Cause::Offline, 0),
            detail: String::from("no bind took it"),
            names: Vec::new(),
        }
    }
}

impl Texts {
    /// Adds a text; false, and it is not added, when no receiver is bound.
    pub(crate) fn put(&self, message: &Arc<Message>) -> bool {
        let mut state = self.lock();
        let bound = state.receivers > 0;
        if bound {
            state.waiting.push_back(Arc::clone(message));
        }
        bound
    }

    /// The text that has waited longest.
    pub(crate) fn take(&self) -> Option<Arc<Message>> {
        self.lock().waiting.pop_front()
    }

    /// Whether somebody is there to take texts.
    pub(crate) fn has_receiver(&self) -> bool {
        self.lock().receivers > 0
    }

    /// The same, asked for a text that is to go: if nobody is there, somebody is missed.
    pub(crate) fn finds_receiver(&self) -> bool {
        let mut state = self.lock();
        state.missed = state.receivers == 0;
        !state.missed
    }

    /// Whether a text found no receiver, and none came since.
    pub(crate) fn misses_receiver(&self) -> bool {
        self.lock().missed
    }

    /// We stop: gives back what no bind has taken.
    pub(crate) fn withdraw(&self) -> VecDeque<Arc<Message>> {
        std::mem::take(&mut self.lock().waiting)
    }

    fn enter(&self) {
        let mut state = self.lock();
        state.receivers += 1;
        state.missed = false;
    }

    /// One receiver less; what waits when the last one is gone.
    fn leave(&self) -> VecDeque<Arc<Message>> {
        let mut state = self.lock();
        state.receivers = state.receivers.saturating_sub(1);
        if state.receivers == 0 { std::mem::take(&mut state.waiting) } else { VecDeque::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A bind that takes texts, as long as it holds.
#[derive(Debug)]
pub(crate) struct Receiver {
    taker: Taker,
    texts: Arc<Texts>,
    news: Arc<Tray<FromCarriers>>,
}

impl Receiver {
    /// One is bound: from now on texts come.
    pub(crate) fn enter(taker: Taker, texts: Arc<Texts>, news: Arc<Tray<FromCarriers>>) -> Self {
        texts.enter();
        news.put([FromCarriers::Bound(taker)]);
        Self { taker, texts, news }
    }

    /// The next text. One whose time ended while it waited for the carrier's window goes back: it is not told.
    pub(crate) fn take(&self, now: Timestamp) -> Option<Arc<Message>> {
        loop {
            let message = self.texts.take()?;
            if message.expires_at > now {
                return Some(message);
            }
            self.ended([TextEnd::not_sent(message.id)]);
        }
    }

    /// Tells how texts ended.
    pub(crate) fn ended(&self, ends: impl IntoIterator<Item = TextEnd>) {
        self.news.put(ends.into_iter().map(|end| FromCarriers::Ended(self.taker, end)));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let left = self.texts.leave();
        self.ended(left.into_iter().map(|message| TextEnd::not_sent(message.id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{Address, Origin, Party, Progress, ReceiptRequest, Recipient, Submission, Validity};

    fn text(counter: u32, expires_at: i64) -> Arc<Message> {
        let submission = Submission {
            origin: Origin::Carrier(CarrierId(2)),
            source: Address::Absent,
            destination: "2221".parse().unwrap(),
            source_as_submitted: Party::default(),
            destination_as_submitted: Party::default(),
            text: "hi".into(),
            receipt: ReceiptRequest::NONE,
            validity: Validity::Default,
            reference: None,
            options: None,
        };
        Arc::new(Message {
            id: MessageId::compose(5_000_000_000, 1, counter).unwrap(),
            submission,
            recipient: Recipient::Carrier(CarrierId(1)),
            accepted_at: Timestamp::default(),
            expires_at: Timestamp::from_micros(expires_at),
            progress: Progress::default(),
            story: Vec::new(),
            parts: Vec::new(),
        })
    }

    #[test]
    fn a_text_whose_time_ended_before_a_receiver_took_it_is_not_told() {
        let (texts, news) = (Arc::new(Texts::default()), Arc::new(Tray::default()));
        let receiver = Receiver::enter(Taker::Carrier(CarrierId(1)), Arc::clone(&texts), Arc::clone(&news));
        let (short, long) = (text(1, 10), text(2, 20));
        assert!(texts.put(&short) && texts.put(&long));
        let taken = receiver.take(Timestamp::from_micros(10));
        assert_eq!(taken.map(|message| message.id), Some(long.id));
        let mut told = Vec::new();
        news.take(&mut told);
        let [FromCarriers::Bound(_), FromCarriers::Ended(_, end)] = &told[..] else { panic!("{told:?}") };
        assert_eq!(end.message, short.id);
    }
}

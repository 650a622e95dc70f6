//! Which acceptances are on their way from the store to the queue.
//!
//! A message that is durable may be read from the store, and even end, before it comes to the queue from its
//! acceptance: its origin is answered first, and may be slow to read. What is to be remembered of it until then is
//! forgotten when nothing is on its way any more that entered before. That costs a batch a count, and a message nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use arc_swap::ArcSwap;
use iwf_relay::Since;

/// What batches of acceptances pass through.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    entered: ArcSwap<()>,
}

/// Held by a batch until it has come to the queue.
pub(crate) type OnItsWay = Arc<()>;

impl Passage {
    /// A batch that is about to be stored enters.
    pub(crate) fn enter(&self) -> OnItsWay {
        self.entered.load_full()
    }

    /// From now on others enter: those that entered so far.
    fn turn(&self) -> OnItsWay {
        self.entered.swap(Arc::default())
    }
}

/// Those that entered before each turn, and what the queue calls them.
#[derive(Debug)]
pub(crate) struct Turns {
    now: Since,
    before: VecDeque<(OnItsWay, Since)>,
}

impl Turns {
    /// None so far; the queue calls those that enter from now on so.
    pub(crate) fn new(now: Since) -> Self {
        Self { now, before: VecDeque::new() }
    }

    /// Others enter from now on, and are called so.
    pub(crate) fn turn(&mut self, passage: &Passage, next: Since) {
        self.before.push_back((passage.turn(), std::mem::replace(&mut self.now, next)));
    }

    /// Those that have all come, if the first have.
    pub(crate) fn come(&mut self) -> Option<Since> {
        let (first, _) = self.before.front_mut()?;
        Arc::get_mut(first)?;
        self.before.pop_front().map(|(_, since)| since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_relay::Queue;

    #[test]
    fn those_before_a_turn_have_come_when_the_last_of_them_has() {
        let (passage, mut queue) = (Passage::default(), Queue::new(1));
        let mut turns = Turns::new(queue.begin_acceptances());
        let (early, also_early) = (passage.enter(), passage.enter());
        turns.turn(&passage, queue.begin_acceptances());
        let late = passage.enter();
        drop(early);
        assert_eq!(turns.come(), None);
        drop(also_early);
        assert!(turns.come().is_some());
        assert_eq!(turns.come(), None, "no turn came since");
        turns.turn(&passage, queue.begin_acceptances());
        assert_eq!(turns.come(), None);
        drop(late);
        assert!(turns.come().is_some());
    }
}

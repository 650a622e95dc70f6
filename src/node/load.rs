//! How much we hold, and how much we may: what makes a full node answer "later" instead of growing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dashmap::DashMap;
use iwf_model::{Recipient, Refusal};
use iwf_store::Start;

use crate::config::LimitsConfig;

/// The counters that admission looks at. All are of messages accepted and not yet finished.
#[derive(Debug)]
pub(crate) struct Load {
    waiting: AtomicUsize,
    per_recipient: DashMap<Recipient, u32>,
    most: usize,
    most_per_account: u32,
    most_per_carrier: u32,
    stopping: AtomicBool,
}

impl Load {
    /// With limits: on all messages, and on those to one account and to one carrier.
    pub(crate) fn new(most: usize, (most_per_account, most_per_carrier): (u32, u32)) -> Self {
        let (waiting, stopping) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { waiting, per_recipient: DashMap::new(), most, most_per_account, most_per_carrier, stopping }
    }

    /// With those of the configuration, and with what waits at a start.
    pub(crate) fn at_start(limits: &LimitsConfig, start: &Start) -> Self {
        let most = [limits.waiting_per_account, limits.waiting_per_carrier];
        let [per_account, per_carrier] = most.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
        let load = Self::new(limits.waiting_in_all, (per_account, per_carrier));
        start.waiting.iter().for_each(|(recipient, count)| load.add(*recipient, *count));
        load
    }

    /// Takes a place for one message to a recipient.
    pub(crate) fn enter(&self, recipient: Recipient) -> Result<(), Refusal> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Refusal::Stopping);
        }
        if self.waiting.load(Ordering::Relaxed) >= self.most {
            return Err(Refusal::QueueFull);
        }
        let mut count = self.per_recipient.entry(recipient).or_insert(0);
        let most = match recipient {
            Recipient::Account(_) => self.most_per_account,
            Recipient::Carrier(_) => self.most_per_carrier,
            // A route may be to the rest of the world: the limit on all is its own.
            Recipient::Route(_) => u32::MAX,
        };
        if *count >= most {
            return Err(Refusal::QueueFull);
        }
        *count += 1;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Takes a place for a notice to an account, also while we stop; false when notices and texts to it take half of its
    /// places already, so that what an app asked to hear does not keep texts from it.
    pub(crate) fn enter_notice(&self, recipient: Recipient) -> bool {
        let has_room = self.of(recipient) < self.most_per_account.div_ceil(2);
        if has_room {
            self.add(recipient, 1);
        }
        has_room
    }

    /// Counts messages found in the store at the start, beyond any limit.
    pub(crate) fn add(&self, recipient: Recipient, count: u64) {
        *self.per_recipient.entry(recipient).or_insert(0) += u32::try_from(count).unwrap_or(u32::MAX);
        self.waiting.fetch_add(usize::try_from(count).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, recipient: Recipient) {
        if let dashmap::Entry::Occupied(mut count) = self.per_recipient.entry(recipient) {
            *count.get_mut() = count.get().saturating_sub(1);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// How many messages are accepted and not finished.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many messages to a recipient are accepted and not finished.
    pub(crate) fn of(&self, recipient: Recipient) -> u32 {
        self.per_recipient.get(&recipient).map_or(0, |count| *count)
    }

    /// How full we are, 0-100.
    pub(crate) fn percent(&self) -> u8 {
        let percent = self.waiting().saturating_mul(100) / self.most.max(1);
        u8::try_from(percent).unwrap_or(100).min(100)
    }

    /// From now on nothing is accepted.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether we are stopping.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{AccountId, CarrierId};

    #[test]
    fn places_are_limited_in_all_and_for_each_account_and_given_back() {
        let load = Load::new(3, (2, 1));
        let (anna, ben) = (Recipient::Account(AccountId(1)), Recipient::Carrier(CarrierId(1)));
        assert_eq!((load.enter(anna), load.enter(anna)), (Ok(()), Ok(())));
        assert_eq!(load.enter(anna), Err(Refusal::QueueFull));
        assert_eq!((load.enter(ben), load.enter(ben)), (Ok(()), Err(Refusal::QueueFull)), "its own limit");
        let others = Recipient::Account(AccountId(2));
        assert_eq!(load.enter(others), Err(Refusal::QueueFull), "the limit on all");
        load.leave(anna);
        assert_eq!((load.enter(others), load.waiting()), (Ok(()), 3));
        assert_eq!([anna, ben].map(|one| load.of(one)), [1, 1]);
        assert_eq!(load.percent(), 100);
        load.leave(Recipient::Account(AccountId(99)));
        assert_eq!(load.waiting(), 3, "one that has no place gives none back");
        let asker = Recipient::Account(AccountId(3));
        assert!(load.enter_notice(asker), "beyond the limit on all");
        assert!(!load.enter_notice(asker) && !load.enter_notice(anna), "half of two");
        load.leave(asker);
        load.stop();
        load.leave(ben);
        assert_eq!(load.enter(ben), Err(Refusal::Stopping));
    }
}

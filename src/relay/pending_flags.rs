//! Delivery pending flags (SMPP 5.0 4.1.3, 4.8.4.52): which carriers wait to hear that an account is there again.
//!
//! Best effort: in memory alone, for a day, and the oldest give way when there are too many.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use iwf_model::{AccountId, CarrierId, Cause, Message, Origin, Party, Recipient, Timestamp};

/// What a carrier is told once: somebody it could not reach is there again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alert {
    /// Whom to tell.
    pub carrier: CarrierId,
    /// Who is there again: the recipient as submitted.
    pub source: Party,
    /// Who asked to hear of it: the sender as submitted.
    pub esme: Party,
}

/// The flags that are set.
#[derive(Debug)]
pub struct PendingFlags {
    most: usize,
    next_turn: u64,
    /// By whom they wait for, each with the turn in which it was set last.
    flags: HashMap<AccountId, HashMap<Arc<Alert>, u64>>,
    /// By that turn: the oldest first.
    ages: BTreeMap<u64, (Timestamp, AccountId, Arc<Alert>)>,
}

/// Flags that are kept.
const MOST: usize = 100_000;
/// A flag that nobody came for is news no more.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// The flag that a message sets when `cause` ends it or makes it wait, and the account it waits for: if its origin
/// asked for that, and the recipient was away.
pub fn pending_flag(message: &Message, cause: Cause) -> Option<(AccountId, Alert)> {
    let submission = &message.submission;
    let away = matches!(
        cause,
        Cause::Offline | Cause::Asleep | Cause::NoAnswer | Cause::ContactGone | Cause::Unavailable
    );
    if !away || !submission.options().dpf {
        return None;
    }
    let (Origin::Carrier(carrier), Recipient::Account(account)) = (submission.origin, message.recipient)
    else {
        return None;
    };
    let source = submission.destination_as_submitted.clone();
    let esme = submission.source_as_submitted.clone();
    Some((account, Alert { carrier, source, esme }))
}

impl Default for PendingFlags {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl PendingFlags {
    /// No flags, and room for `most`.
    pub fn new(most: usize) -> Self {
        Self { most, next_turn: 0, flags: HashMap::new(), ages: BTreeMap::new() }
    }

    /// Sets a flag; one that is set already is as if set now.
    pub fn set(&mut self, account: AccountId, alert: Alert, now: Timestamp) {
        let (alert, turn) = (Arc::new(alert), self.next_turn);
        self.next_turn += 1;
        let before = self.flags.entry(account).or_default().insert(Arc::clone(&alert), turn);
        if let Some(before) = before {
            self.ages.remove(&before);
        }
        self.ages.insert(turn, (now, account, alert));
        self.drop_oldest(now);
    }

    /// The account is there again: whom to tell, who asked first is first. Their flags are no longer set.
    pub fn take(&mut self, account: AccountId, now: Timestamp) -> Vec<Alert> {
        let Some(flags) = self.flags.remove(&account) else { return Vec::new() };
        let mut turns: Vec<u64> = flags.into_values().collect();
        turns.sort_unstable();
        let set = turns.into_iter().filter_map(|turn| self.ages.remove(&turn));
        let alive = set.filter(|(set_at, ..)| set_at.after(LIFE) >= now);
        alive.map(|(_, _, alert)| Arc::unwrap_or_clone(alert)).collect()
    }

    /// Those that are too old, and those beyond the limit.
    fn drop_oldest(&mut self, now: Timestamp) {
        loop {
            let too_many = self.ages.len() > self.most;
            let Some(oldest) = self.ages.first_entry() else { return };
            if !too_many && oldest.get().0.after(LIFE) >= now {
                return;
            }
            let (_, account, alert) = oldest.remove();
            let Some(flags) = self.flags.get_mut(&account) else { continue };
            flags.remove(&alert);
            if flags.is_empty() {
                self.flags.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, id, submission};
    use iwf_model::{Options, Progress};

    const ANNA: AccountId = AccountId(1);
    const BERT: AccountId = AccountId(2);

    fn alert(esme: u8) -> Alert {
        let party = |octet: u8| Party { ton: 1, npi: 1, addr: [octet].into() };
        Alert { carrier: CarrierId(1), source: party(b'9'), esme: party(esme) }
    }

    fn after(seconds: u64) -> Timestamp {
        NOW.after(Duration::from_secs(seconds))
    }

    #[test]
    fn each_flag_is_told_once_at_the_next_registration() {
        let mut flags = PendingFlags::new(10);
        for (account, esme) in [(ANNA, 1), (BERT, 3), (ANNA, 2), (ANNA, 1)] {
            flags.set(account, alert(esme), NOW);
        }
        assert_eq!(flags.take(ANNA, NOW), [alert(2), alert(1)]);
        assert_eq!(flags.take(ANNA, NOW), []);
        assert_eq!(flags.take(BERT, NOW), [alert(3)]);
        assert!(flags.flags.is_empty() && flags.ages.is_empty());
    }

    #[test]
    fn a_flag_ends_after_a_day() {
        let mut flags = PendingFlags::new(10);
        flags.set(ANNA, alert(1), NOW);
        flags.set(BERT, alert(1), NOW);
        assert_eq!(flags.take(ANNA, after(86_400)), [alert(1)]);
        assert_eq!(flags.take(BERT, after(86_401)), []);
        flags.set(ANNA, alert(1), NOW);
        flags.set(BERT, alert(1), after(86_401));
        assert_eq!((flags.ages.len(), flags.flags.len()), (1, 1), "nothing is kept of it");
    }

    #[test]
    fn the_oldest_flag_gives_way() {
        let mut flags = PendingFlags::new(2);
        for esme in 1..=3 {
            flags.set(ANNA, alert(esme), NOW);
        }
        flags.set(ANNA, alert(2), NOW);
        flags.set(BERT, alert(4), NOW);
        assert_eq!((flags.take(ANNA, NOW), flags.take(BERT, NOW)), (vec![alert(2)], vec![alert(4)]));
    }

    #[test]
    fn a_message_sets_a_flag_if_asked_to_and_its_recipient_is_away() {
        let message = |origin, dpf, recipient| Message {
            id: id(1),
            submission: iwf_model::Submission {
                origin,
                source_as_submitted: alert(1).esme,
                destination_as_submitted: alert(1).source,
                options: Some(Box::new(Options { dpf, ..Options::NONE })),
                ..submission("1111")
            },
            recipient,
            accepted_at: NOW,
            expires_at: after(3600),
            progress: Progress::default(),
            story: Vec::new(),
            parts: Vec::new(),
        };
        let (carrier, account) = (Origin::Carrier(CarrierId(1)), Recipient::Account(ANNA));
        for cause in Cause::ALL {
            let away =
                ["offline", "asleep", "no-answer", "contact-gone", "unavailable"].contains(&cause.as_str());
            let flag = pending_flag(&message(carrier, true, account), cause);
            assert_eq!(flag, away.then(|| (ANNA, alert(1))), "{cause:?}");
            assert_eq!(pending_flag(&message(carrier, false, account), cause), None);
            assert_eq!(pending_flag(&message(Origin::Account(BERT), true, account), cause), None);
            let other = Recipient::Carrier(CarrierId(2));
            assert_eq!(pending_flag(&message(carrier, true, other), cause), None);
        }
    }
}

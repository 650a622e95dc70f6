//! Short messages that phones were sent and have not reported on (TS 24.341 5.3.2.4; interworking.md C.13).
//!
//! The SIP response proves that an RP-DATA was carried. What became of it is in a MESSAGE of the phone's own, which names
//! it by its reference and, if the phone does as it should, by the Call-ID of the MESSAGE that carried it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use iwf_model::AccountId;

use super::cause::RpCause;

/// How long a phone has for its report after it has answered the RP-DATA with 2xx (interworking.md C.13).
pub const WAIT: Duration = Duration::from_secs(40);

/// An RP-DATA on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whose phone it goes to: nobody else is believed about it.
    pub account: AccountId,
    /// RP-Message Reference.
    pub reference: u8,
    /// That of the MESSAGE which carries it.
    pub call_id: Box<str>,
}

/// What a phone says of an RP-DATA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Who says so.
    pub account: AccountId,
    /// RP-Message Reference.
    pub reference: u8,
    /// In-Reply-To.
    pub in_reply_to: Option<Box<str>>,
    /// RP-ACK, or the cause of its RP-ERROR.
    pub result: Result<(), RpCause>,
}

/// The RP-DATAs without a report, each under a number of the caller's. There is one for each device that is being sent
/// something, so there are never more than devices.
#[derive(Debug, Default)]
pub struct Exchanges {
    open: BTreeMap<u64, Open>,
    references: BTreeSet<(AccountId, u8, u64)>,
    deadlines: BTreeSet<(Instant, u64)>,
}

#[derive(Debug)]
struct Open {
    sent: Sent,
    /// Set when the phone has answered 2xx.
    deadline: Option<Instant>,
}

impl Exchanges {
    /// An RP-DATA is sent, or sent again over another flow. Its SIP transaction bounds how long it may take until
    /// [`Self::carried`].
    pub fn begin(&mut self, number: u64, sent: Sent) {
        self.end(number);
        self.references.insert((sent.account, sent.reference, number));
        self.open.insert(number, Open { sent, deadline: None });
    }

    /// The phone has answered it with 2xx: its report is waited for.
    pub fn carried(&mut self, number: u64, now: Instant) {
        if let Some(open) = self.open.get_mut(&number).filter(|open| open.deadline.is_none()) {
            let deadline = now + WAIT;
            open.deadline = Some(deadline);
            self.deadlines.insert((deadline, number));
        }
    }

    /// Whether nothing is waited for.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the phone has it, and only its report is waited for.
    pub fn is_carried(&self, number: u64) -> bool {
        self.open.get(&number).is_some_and(|open| open.deadline.is_some())
    }

    /// What a report is about; it is waited for no longer. `None`: about nothing that is waited for.
    pub fn reported(&mut self, report: &Report) -> Option<u64> {
        let (account, reference) = (report.account, report.reference);
        let named = self.references.range((account, reference, 0)..=(account, reference, u64::MAX));
        let is_meant = |number: &u64| {
            let call_id = self.open.get(number).map(|open| &open.sent.call_id);
            report.in_reply_to.is_none() || report.in_reply_to.as_ref() == call_id
        };
        let number = named.map(|(_, _, number)| *number).find(is_meant)?;
        self.end(number);
        Some(number)
    }

    /// Nothing is waited for any more.
    pub fn end(&mut self, number: u64) {
        if let Some(Open { sent, deadline }) = self.open.remove(&number) {
            self.references.remove(&(sent.account, sent.reference, number));
            if let Some(deadline) = deadline {
                self.deadlines.remove(&(deadline, number));
            }
        }
    }

    /// When [`Self::handle_timeout`] is next wanted: a report is overdue.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The next RP-DATA whose report did not come; it is waited for no longer.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<u64> {
        let (_, number) = self.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now)?;
        self.end(number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: AccountId = AccountId(1);

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
        Instant::now()
    }

    fn sent(reference: u8, call_id: &str) -> Sent {
        Sent { account: ALICE, reference, call_id: call_id.into() }
    }

    fn ack(account: AccountId, reference: u8, in_reply_to: Option<&str>) -> Report {
        Report { account, reference, in_reply_to: in_reply_to.map(Box::from), result: Ok(()) }
    }

    #[test]
    fn a_report_is_found_by_account_reference_and_call_id() {
        let mut exchanges = Exchanges::default();
        exchanges.begin(1, sent(7, "a"));
        exchanges.begin(2, sent(7, "b"));
        for stray in [ack(AccountId(2), 7, None), ack(ALICE, 8, None), ack(ALICE, 7, Some("c"))] {
            assert_eq!(exchanges.reported(&stray), None, "{stray:?}");
        }
        assert_eq!(exchanges.reported(&ack(ALICE, 7, Some("b"))), Some(2));
        assert_eq!(exchanges.reported(&ack(ALICE, 7, Some("b"))), None, "it counts once");
        assert_eq!(exchanges.reported(&ack(ALICE, 7, None)), Some(1), "not every phone names the Call-ID");
        assert!(exchanges.is_empty() && exchanges.references.is_empty());
    }

    #[test]
    fn a_report_is_waited_for_forty_seconds_from_the_answer_of_the_phone() {
        let (mut exchanges, start) = (Exchanges::default(), start());
        exchanges.begin(1, sent(7, "a"));
        assert_eq!((exchanges.poll_timeout(), exchanges.is_carried(1)), (None, false));
        exchanges.carried(1, start);
        exchanges.carried(1, start + Duration::from_secs(9));
        assert_eq!((exchanges.poll_timeout(), exchanges.is_carried(1)), (Some(start + WAIT), true));
        assert_eq!(exchanges.handle_timeout(start + WAIT - Duration::from_millis(1)), None);
        assert_eq!(exchanges.handle_timeout(start + WAIT), Some(1));
        assert_eq!((exchanges.handle_timeout(start + WAIT), exchanges.poll_timeout()), (None, None));
        assert_eq!(exchanges.reported(&ack(ALICE, 7, None)), None, "too late");
    }

    #[test]
    fn what_was_reported_is_not_overdue() {
        let (mut exchanges, start) = (Exchanges::default(), start());
        exchanges.begin(1, sent(7, "a"));
        exchanges.carried(1, start);
        assert_eq!(exchanges.reported(&ack(ALICE, 7, Some("a"))), Some(1));
        exchanges.carried(1, start);
        assert_eq!((exchanges.poll_timeout(), exchanges.handle_timeout(start + WAIT)), (None, None));
    }
}

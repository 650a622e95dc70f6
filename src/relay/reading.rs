//! What an app tells of a message that it got: whether it may, and what the origin of the message hears.

use std::collections::BTreeMap;

use iwf_model::{
    AccountId, Awaited, MessageId, Owed, PendingReceipt, Receipt, Recipient, Step, StepKind, Submission,
    Timestamp,
};

/// What is known of a message that somebody says was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nobody waits to hear of it: it did not ask, has heard already, or was never here.
    Unasked,
    /// It went to somebody else.
    Foreign,
    /// Its origin hears this: of each message that it submitted for the text.
    Told(Vec<Awaited>),
}

/// Who says that a message was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// An app of this account.
    Account(AccountId),
    /// The system that took it, and that has been asked whether it is that one.
    System,
}

impl Teller {
    fn has(self, reader: Recipient) -> bool {
        match (self, reader) {
            (Self::Account(teller), Recipient::Account(account)) => teller == account,
            (Self::System, Recipient::Carrier(_) | Recipient::Route(_)) => true,
            _ => false,
        }
    }
}

/// What follows when `teller` says that it has read what `awaited` is kept of.
pub fn reading(awaited: Vec<Awaited>, teller: Teller) -> Reading {
    match awaited.first() {
        None => Reading::Unasked,
        Some(first) if teller.has(first.reader) => Reading::Told(awaited),
        Some(_) => Reading::Foreign,
    }
}

/// What the origin of a message hears when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A carrier: an acknowledgement.
    Receipt(Box<PendingReceipt>),
    /// An app: a notice.
    Notice(Box<Submission>),
}

/// What the origin hears, an acknowledgement under a name of its own; and the step for the story of the message.
pub fn word(awaited: Awaited, name: MessageId, now: Timestamp) -> (Word, Step) {
    let step = Step { at: now, kind: StepKind::Read, detail: String::from("its recipient says so") };
    let word = match awaited.owed {
        Owed::Notice(notice) => Word::Notice(notice),
        Owed::Receipt(receipt) => {
            let acknowledges = Some(awaited.message);
            let receipt = Receipt { message: name, acknowledges, done_at: now, ..receipt };
            Word::Receipt(Box::new(PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: now }))
        }
    };
    (word, step)
}

/// Messages that somebody says were read before we know that they were delivered: the answer to our request comes
/// behind what the reader says. Kept in memory, for a moment; the oldest give way.
#[derive(Debug, Default)]
pub struct ReadEarly(BTreeMap<MessageId, Teller>);

/// The most of them.
const MOST_EARLY: usize = 1_000;

impl ReadEarly {
    /// `teller` says that it has read a message that is still under way.
    pub fn note(&mut self, message: MessageId, teller: Teller) {
        self.0.insert(message, teller);
        if self.0.len() > MOST_EARLY {
            self.0.pop_first();
        }
    }

    /// The message is delivered: who has said that it was read.
    pub fn take(&mut self, message: MessageId) -> Option<Teller> {
        self.0.remove(&message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, id};
    use iwf_model::{CarrierId, FinalState, Party};
    use std::time::Duration;

    fn awaited(account: i64) -> Awaited {
        Awaited {
            message: id(1),
            sent_as: id(1),
            reader: Recipient::Account(AccountId(account)),
            since: NOW,
            until: NOW.after(Awaited::LIFE),
            owed: Owed::Receipt(receipt()),
        }
    }

    fn receipt() -> Receipt {
        let party = |addr: &[u8]| Party { ton: 1, npi: 1, addr: addr.into() };
        Receipt {
            message: id(1),
            acknowledges: None,
            told_as: id(7),
            carrier: CarrierId(3),
            source: party(b"4915112345678"),
            destination: party(b"1111"),
            state: FinalState::Delivered,
            error: 0,
            code: 200,
            submitted_at: NOW,
            done_at: NOW,
            reference: Some(5),
            service_type: "CMT".into(),
        }
    }

    #[test]
    fn only_the_account_that_has_a_message_can_say_that_it_was_read() {
        assert_eq!(reading(vec![awaited(1)], Teller::Account(AccountId(1))), Reading::Told(vec![awaited(1)]));
        assert_eq!(reading(vec![awaited(1)], Teller::Account(AccountId(2))), Reading::Foreign);
        assert_eq!(reading(vec![], Teller::Account(AccountId(1))), Reading::Unasked);
        assert_eq!(reading(vec![awaited(1)], Teller::System), Reading::Foreign);
        let routed = Awaited { reader: Recipient::Route(iwf_model::RouteId(1)), ..awaited(1) };
        assert_eq!(reading(vec![routed.clone()], Teller::Account(AccountId(1))), Reading::Foreign);
        assert_eq!(reading(vec![routed.clone()], Teller::System), Reading::Told(vec![routed]));
    }

    #[test]
    fn an_acknowledgement_is_a_receipt_with_a_name_of_its_own() {
        let later = NOW.after(Duration::from_secs(60));
        let (word, step) = word(awaited(1), id(9), later);
        let receipt = Receipt { message: id(9), acknowledges: Some(id(1)), done_at: later, ..receipt() };
        let expected = PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: later };
        assert_eq!(word, Word::Receipt(Box::new(expected)));
        assert_eq!((step.kind, step.at), (StepKind::Read, later));
    }

    #[test]
    fn an_app_hears_what_was_kept_for_it() {
        let notice = crate::admission::tests::submission("1111");
        let awaited = Awaited { owed: Owed::Notice(Box::new(notice.clone())), ..awaited(1) };
        let (word, step) = word(awaited, id(9), NOW);
        assert_eq!((word, step.kind), (Word::Notice(Box::new(notice)), StepKind::Read));
    }

    #[test]
    fn what_is_read_too_early_is_kept_within_a_bound() {
        let mut early = ReadEarly::default();
        (0..=MOST_EARLY as u32).for_each(|number| early.note(id(number), Teller::System));
        assert_eq!((early.take(id(0)), early.take(id(1))), (None, Some(Teller::System)));
        assert_eq!(early.take(id(1)), None);
    }
}

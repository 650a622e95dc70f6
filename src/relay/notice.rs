//! What an app hears of a text that it sent (RFC 5438): a message of its own, on the way of all messages to its account.
//!
//! So it waits for a device as texts do, one at a time and in order. It is no text: nobody counts it, nothing is recorded
//! of it, and nobody hears what became of it.

use iwf_model::{
    Address, FinalState, Imdn, Message, MessageId, Notice, Options, Origin, Party, Progress, ReceiptRequest,
    Recipient, Submission, Tidings, Timestamp, Validity,
};

/// What its app hears when a text ends so, if it asked to.
pub(crate) fn notice_of_end(text: &Message, state: FinalState) -> Option<Box<Submission>> {
    let tells = if state == FinalState::Delivered { Tidings::Delivered } else { Tidings::Failed };
    text.submission.receipt.wants(state).then(|| notice(text, tells))?
}

/// What its app hears when a text is read.
pub(crate) fn notice_of_reading(text: &Message) -> Option<Box<Submission>> {
    notice(text, Tidings::Displayed)
}

fn notice(text: &Message, tells: Tidings) -> Option<Box<Submission>> {
    let (asked, submission) = (text.asked()?, &text.submission);
    let destination = match submission.source {
        Address::Number(number) => number,
        // Nothing is routed by it: the account is known.
        Address::Name(_) | Address::Absent => submission.destination,
    };
    let notice = Imdn::Notice(Notice { about: text.id, tells, asked: asked.clone() });
    Some(Box::new(Submission {
        origin: submission.origin,
        source: Address::Number(submission.destination),
        destination,
        source_as_submitted: Party::default(),
        destination_as_submitted: Party::default(),
        text: String::new(),
        receipt: ReceiptRequest::NONE,
        validity: Validity::For(Notice::LIFE),
        reference: None,
        options: Some(Box::new(Options { imdn: Some(Box::new(notice)), ..Options::NONE })),
    }))
}

/// A notice on its way: under a name of its own, to the account that the text came from. `None` when no account sent it.
pub fn told(notice: Submission, name: MessageId, now: Timestamp) -> Option<Message> {
    let Origin::Account(account) = notice.origin else { return None };
    Some(Message {
        id: name,
        submission: notice,
        recipient: Recipient::Account(account),
        accepted_at: now,
        expires_at: now.after(Notice::LIFE),
        progress: Progress { due_at: now, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::admission::tests::{NOW, id, submission};
    use iwf_model::{AccountId, Asked};

    /// A text of account 1, whose app wants to hear this of it.
    pub(crate) fn text(receipt: ReceiptRequest) -> Message {
        let asked = Asked {
            name: "d834jied93rf".into(),
            written_at: "2026-11-20T10:00:00+01:00".into(),
            to: "sip:2222@example.com".into(),
            device: 7,
            short: None,
        };
        let options = Options { imdn: Some(Box::new(Imdn::Asked(asked))), ..Options::NONE };
        Message {
            id: id(1),
            submission: Submission {
                origin: Origin::Account(AccountId(1)),
                receipt,
                options: Some(Box::new(options)),
                ..submission("2222")
            },
            recipient: Recipient::Account(AccountId(2)),
            accepted_at: NOW,
            expires_at: NOW.after(std::time::Duration::from_secs(60)),
            progress: Progress { due_at: NOW, ..Progress::default() },
            story: Vec::new(),
            parts: Vec::new(),
        }
    }

    #[test]
    fn an_app_hears_of_the_ends_that_it_asked_for() {
        let success = ReceiptRequest { success: true, ..ReceiptRequest::NONE };
        let failure = ReceiptRequest { failure: true, ..ReceiptRequest::NONE };
        for state in FinalState::ALL {
            let tells = |receipt| {
                let notice = notice_of_end(&text(receipt), state)?;
                Some(told(*notice, id(9), NOW)?.notice()?.tells)
            };
            let delivered = state == FinalState::Delivered;
            assert_eq!(tells(success), delivered.then_some(Tidings::Delivered), "{state:?}");
            assert_eq!(tells(failure), (!delivered).then_some(Tidings::Failed), "{state:?}");
            assert_eq!(tells(ReceiptRequest::NONE), None);
        }
    }

    #[test]
    fn a_notice_goes_to_the_account_of_the_text_under_a_name_of_its_own_and_asks_for_nothing() {
        let text = text(ReceiptRequest::ANY);
        let notice = told(*notice_of_reading(&text).unwrap(), id(9), NOW).unwrap();
        assert_eq!((notice.id, notice.recipient), (id(9), Recipient::Account(AccountId(1))));
        assert_eq!(notice.expires_at, NOW.after(Notice::LIFE));
        assert_eq!((notice.submission.receipt, notice.asked()), (ReceiptRequest::NONE, None));
        let told = notice.notice().unwrap();
        assert_eq!((told.about, told.tells, Some(&told.asked)), (id(1), Tidings::Displayed, text.asked()));
        assert_eq!(notice_of_end(&notice, FinalState::Delivered), None, "no notice about a notice");
    }

    #[test]
    fn nothing_is_told_of_a_text_that_did_not_ask() {
        let mut text = text(ReceiptRequest::ANY);
        text.submission.options = None;
        assert_eq!(notice_of_end(&text, FinalState::Delivered), None);
    }
}

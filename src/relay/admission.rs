//! A submission becomes a message, or is refused with a reason. Nothing is stored here: what this admits
//! is promised to its origin only when the store has it.

use std::time::Duration;

use iwf_model::{
    AccountState, Message, MessageId, Mode, Origin, Progress, Recipient, Refusal, Submission, Timestamp,
    Validity,
};

use crate::directory::Directory;

/// How long the answer to a transaction may take (interworking.md A.16).
const LONGEST_TRANSACTION: Duration = Duration::from_secs(25);

/// How long messages may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For messages whose origin did not say.
    pub default_validity: Duration,
    /// Longer wishes are cut to this.
    pub max_validity: Duration,
}

impl Default for Limits {
    /// 72 hours, at most 7 days (interworking.md A.11).
    fn default() -> Self {
        Self {
            default_validity: Duration::from_secs(72 * 3600),
            max_validity: Duration::from_secs(7 * 86_400),
        }
    }
}

/// Decides whether we take a message, and until when it may wait.
///
/// The rate of the carrier is checked before (see [`crate::throttle`]), because it must cost nothing to refuse.
pub fn admit(
    submission: Submission,
    id: MessageId,
    directory: &Directory,
    limits: &Limits,
    now: Timestamp,
) -> Result<Message, Refusal> {
    if let Origin::Carrier(carrier) = submission.origin {
        let enabled = directory.carrier(carrier).is_some_and(|carrier| carrier.enabled);
        enabled.then_some(()).ok_or(Refusal::OriginDisabled)?;
    }
    let recipient = recipient(&submission, directory)?;
    let options = submission.options();
    let due_at = options.schedule.map_or(now, |schedule| schedule.max(now));
    let expires_at = match options.mode {
        Mode::Transaction => now.after(LONGEST_TRANSACTION),
        _ => expiry(submission.validity, limits, now, due_at).ok_or(Refusal::AlreadyExpired)?,
    };
    let progress = Progress { due_at, ..Progress::default() };
    Ok(Message {
        id,
        submission,
        recipient,
        accepted_at: now,
        expires_at,
        progress,
        story: Vec::new(),
        parts: Vec::new(),
    })
}

/// Whose the destination is. What an account owns is its own, whatever the patterns of carriers say; and nothing
/// goes back to the carrier it came from.
fn recipient(submission: &Submission, directory: &Directory) -> Result<Recipient, Refusal> {
    match directory.owner(&submission.destination) {
        Some(account) if account.state == AccountState::Active => Ok(Recipient::Account(account.id)),
        Some(_) => Err(Refusal::DestinationBarred),
        None => {
            let carrier = directory.server(&submission.destination).map(|carrier| carrier.id);
            let onward = carrier.filter(|carrier| submission.origin != Origin::Carrier(*carrier));
            onward.map(Recipient::Carrier).ok_or(Refusal::UnknownDestination)
        }
    }
}

/// When a message that is due at `due_at` stops waiting; `None` when it would never be due.
///
/// What the origin stated counts from `now` (interworking.md A.11). What we add, the default and the ceiling, counts
/// from when it is due, so that it makes no schedule impossible.
pub(crate) fn expiry(
    validity: Validity,
    limits: &Limits,
    now: Timestamp,
    due_at: Timestamp,
) -> Option<Timestamp> {
    let latest = due_at.after(limits.max_validity);
    let expires_at = match validity {
        Validity::Default => due_at.after(limits.default_validity),
        Validity::For(span) => now.after(span).min(latest),
        Validity::Until(moment) => moment.min(latest),
    };
    (expires_at > now && (expires_at > due_at || due_at <= now)).then_some(expires_at)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::directory::tests::account;
    use iwf_model::Settings;
    use iwf_model::{
        AccountId, Address, Alphabet, Carrier, CarrierId, Options, Party, Profile, ReceiptRequest,
    };

    pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    pub(crate) fn submission(to: &str) -> Submission {
        Submission {
            origin: Origin::Carrier(CarrierId(1)),
            source: Address::Number("4915112345678".parse().unwrap()),
            destination: to.parse().unwrap(),
            source_as_submitted: Party { ton: 1, npi: 1, addr: b"4915112345678".as_slice().into() },
            destination_as_submitted: Party { ton: 0, npi: 1, addr: to.as_bytes().into() },
            text: "Your code is 123-456".into(),
            receipt: ReceiptRequest::ANY,
            validity: Validity::Default,
            reference: Some(7),
            options: None,
        }
    }

    pub(crate) fn id(counter: u32) -> MessageId {
        MessageId::compose(5_000_000_000, 1, counter).unwrap()
    }

    pub(crate) fn carrier(enabled: bool) -> Carrier {
        Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled,
            max_binds: 1,
            rate: 0,
            window: 10,
            alphabet: Alphabet::Gsm7,
            profile: Profile::default(),
        }
    }

    fn directory() -> Directory {
        let mut barred = account(2, "222", &["222"]);
        barred.state = AccountState::Suspended;
        Directory::new(vec![carrier(true)], vec![account(1, "111222333", &["111222333", "1111"]), barred])
    }

    fn admit_one(submission: Submission) -> Result<Message, Refusal> {
        admit(submission, id(0), &directory(), &Limits::default(), NOW)
    }

    #[test]
    fn a_number_of_any_length_that_an_account_owns_is_a_destination() {
        for to in ["111222333", "1111"] {
            let message = admit_one(submission(to)).unwrap();
            assert_eq!((message.recipient, message.progress.due_at), (Recipient::Account(AccountId(1)), NOW));
        }
        assert_eq!(admit_one(submission("11112")), Err(Refusal::UnknownDestination));
    }

    #[test]
    fn a_number_that_a_carrier_serves_is_a_destination_unless_an_account_owns_it() {
        let mut serving = Carrier { id: CarrierId(2), ..carrier(true) };
        serving.profile.set("numbers", "1111%").unwrap();
        let directory = Directory::new(vec![carrier(true), serving], vec![account(1, "a", &["1111"])]);
        let to = |to| admit(submission(to), id(0), &directory, &Limits::default(), NOW);
        let carrier = Recipient::Carrier(CarrierId(2));
        assert_eq!(to("11112").map(|message| message.recipient), Ok(carrier));
        assert_eq!(to("1111").map(|message| message.recipient), Ok(Recipient::Account(AccountId(1))));
        assert_eq!(to("1112").err(), Some(Refusal::UnknownDestination));
    }

    #[test]
    fn nothing_goes_back_to_the_carrier_it_came_from() {
        let mut own = carrier(true);
        own.profile.set("numbers", "1111%").unwrap();
        let directory = Directory::new(vec![own], vec![]);
        let answer = admit(submission("11112"), id(0), &directory, &Limits::default(), NOW);
        assert_eq!(answer, Err(Refusal::UnknownDestination));
        let from_app = Submission { origin: Origin::Account(AccountId(1)), ..submission("11112") };
        assert!(admit(from_app, id(0), &directory, &Limits::default(), NOW).is_ok());
    }

    #[test]
    fn a_suspended_account_and_a_disabled_carrier_are_refused() {
        assert_eq!(admit_one(submission("222")), Err(Refusal::DestinationBarred));
        let directory = Directory::new(vec![carrier(false)], vec![account(1, "1111", &["1111"])]);
        let answer = admit(submission("1111"), id(0), &directory, &Limits::default(), NOW);
        assert_eq!(answer, Err(Refusal::OriginDisabled));
    }

    #[test]
    fn a_schedule_is_when_it_is_due_and_must_be_before_its_end() {
        let hour = Duration::from_secs(3600);
        let schedule = NOW.after(10 * 24 * hour);
        let scheduled = |validity| {
            let options = Some(Box::new(Options { schedule: Some(schedule), ..Options::default() }));
            let message = admit_one(Submission { validity, options, ..submission("1111") });
            message.map(|message| (message.progress.due_at, message.expires_at))
        };
        assert_eq!(scheduled(Validity::Default), Ok((schedule, schedule.after(72 * hour))));
        assert_eq!(scheduled(Validity::For(20 * 24 * hour)), Ok((schedule, schedule.after(7 * 24 * hour))));
        assert_eq!(scheduled(Validity::For(240 * hour)), Err(Refusal::AlreadyExpired));
        assert_eq!(scheduled(Validity::Until(NOW.after(hour))), Err(Refusal::AlreadyExpired));
    }

    #[test]
    fn a_transaction_has_25_seconds() {
        let options = Some(Box::new(Options { mode: Mode::Transaction, ..Options::default() }));
        let message = admit_one(Submission { options, ..submission("1111") }).unwrap();
        assert_eq!(message.expires_at, NOW.after(Duration::from_secs(25)));
    }

    #[test]
    fn validity_has_a_default_a_ceiling_and_an_end() {
        let hour = Duration::from_secs(3600);
        let cases = [
            (Validity::Default, Ok(NOW.after(72 * hour))),
            (Validity::For(Duration::from_secs(30)), Ok(NOW.after(Duration::from_secs(30)))),
            (Validity::For(1000 * hour), Ok(NOW.after(7 * 24 * hour))),
            (Validity::Until(NOW.after(hour)), Ok(NOW.after(hour))),
            (Validity::Until(NOW), Err(Refusal::AlreadyExpired)),
            (Validity::For(Duration::ZERO), Err(Refusal::AlreadyExpired)),
        ];
        for (validity, expected) in cases {
            let answer = admit_one(Submission { validity, ..submission("1111") });
            assert_eq!(answer.map(|message| message.expires_at), expected, "{validity:?}");
        }
    }
}
